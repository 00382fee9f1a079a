"""WebAuthn (W3C, Level 2): what a browser made of a challenge, checked. The only user of `fido2`.

    read_new(reply, rp_id=, is_origin=, challenge_ok=) -> Credential           raises BadPasskey
    check_use(use, credential, rp_id=, is_origin=, challenge_ok=) -> Used      raises BadPasskey

Attestations are not looked at: which make an authenticator is of opens nothing. User verification is always wanted, for
a passkey stands alone here, without a password beside it.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fido2 import cbor
from fido2.cose import CoseKey, UnsupportedKey
from fido2.webauthn import AttestationObject, AuthenticatorData, CollectedClientData

from gatehouse.crypto.errors import CryptoError

ID_BYTES = 1023  # WebAuthn, 4: a credential's id is at most so long
ALGORITHMS = (-7, -8, -257)  # ES256, EdDSA, RS256: what phones, keys and Windows make
Says = Callable[[str], bool]
Knows = Callable[[bytes], bool]


class BadPasskey(CryptoError):
    """It does not check out; nothing tells a caller which part."""


@dataclass(frozen=True, slots=True)
class Credential:
    id: bytes
    public_key: bytes  # COSE_Key
    counter: int


@dataclass(frozen=True, slots=True)
class Use:
    """An assertion as it came: nothing of it is true before `check_use`."""

    client_data: bytes
    authenticator_data: bytes
    signature: bytes


def read_new(client_data: bytes, attestation: bytes, *, rp_id: str, is_origin: Says, challenge_ok: Knows) -> Credential:
    """The credential that was made for this challenge, at this origin, by somebody who proved who they are."""
    try:
        _check_client(client_data, CollectedClientData.TYPE.CREATE, is_origin, challenge_ok)
        data = AttestationObject(attestation).auth_data
        _check_flags(data, rp_id)
        made = data.credential_data
        if made is None or not 0 < len(made.credential_id) <= ID_BYTES or made.public_key.get(3) not in ALGORITHMS:
            raise BadPasskey("credential")
        _key(cbor.encode(dict(made.public_key)))
        return Credential(bytes(made.credential_id), cbor.encode(dict(made.public_key)), data.counter)
    except BadPasskey:
        raise
    except Exception as fault:
        raise BadPasskey("registration") from fault


def check_use(use: Use, credential: Credential, *, rp_id: str, is_origin: Says, challenge_ok: Knows) -> int:
    """The authenticator's counter now. One that does not go up where it counts at all is a copy of the authenticator
    (WebAuthn, 7.2 step 21), and refused."""
    try:
        _check_client(use.client_data, CollectedClientData.TYPE.GET, is_origin, challenge_ok)
        data = AuthenticatorData(use.authenticator_data)
        _check_flags(data, rp_id)
        signed = use.authenticator_data + hashlib.sha256(use.client_data).digest()
        _key(credential.public_key).verify(signed, use.signature)
    except BadPasskey:
        raise
    except Exception as fault:
        raise BadPasskey("assertion") from fault
    if (data.counter or credential.counter) and data.counter <= credential.counter:
        raise BadPasskey("counter")
    return data.counter


def _check_client(data: bytes, kind: str, is_origin: Says, challenge_ok: Knows) -> None:
    said = CollectedClientData(data)
    if said.type != kind or not is_origin(said.origin) or said.cross_origin or not challenge_ok(said.challenge):
        raise BadPasskey("client data")


def _check_flags(data: AuthenticatorData, rp_id: str) -> None:
    same = hmac.compare_digest(data.rp_id_hash, hashlib.sha256(rp_id.encode()).digest())
    if not same or not data.is_user_present() or not data.is_user_verified():
        raise BadPasskey("authenticator data")


def _key(encoded: bytes) -> CoseKey:
    held = cbor.decode(encoded)
    if not isinstance(held, Mapping):
        raise BadPasskey("key")
    key = CoseKey.parse(held)
    if isinstance(key, UnsupportedKey):
        raise BadPasskey("algorithm")
    return key
