"""Letters from an edge to the keeper, and what the keeper re-seals to an edge.

    seal_letter(body, info=, aad=, context=, seal_key=, sign_key=) -> (sealed body, signature)
    verify_letter(sealed, signature, aad=, context=, verify_key=) -> bool
    hpke_seal(data, info=, aad=, public_key=) -> bytes
    hpke_open(sealed, info=, aad=, private_key=) -> bytes                    raises Unreadable

The caller passes the constants of `gatehouse.wire`: info = LETTER_INFO or FEED_INFO,
context = LETTER_SIGNATURE, aad = letter_aad(edge, seq) or feed_aad(edge, label, owner). Keys are raw 32 bytes.

HPKE (RFC 9180), base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM;
output: enc 32 | text | tag 16. The library binds only `info`, so `info | 0x00 | aad` is passed
as HPKE's info; infos hold no 0x00.
"""

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from gatehouse.crypto.errors import Unreadable
from gatehouse.crypto.signing import sign, verify

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_SHORTEST = 32 + 16


def hpke_seal(data: bytes, *, info: bytes, aad: bytes, public_key: bytes) -> bytes:
    """`data` readable only by the holder of the X25519 key, and only under the same info and aad."""
    return _SUITE.encrypt(data, X25519PublicKey.from_public_bytes(public_key), info + b"\x00" + aad)


def hpke_open(sealed: bytes, *, info: bytes, aad: bytes, private_key: bytes) -> bytes:
    """Raises Unreadable for another recipient, info or aad, and for any changed byte."""
    if len(sealed) < _SHORTEST:
        raise Unreadable("sealed to another")
    try:
        return _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(private_key), info + b"\x00" + aad)
    except (InvalidTag, ValueError) as fault:
        raise Unreadable("sealed to another") from fault


def _signed(sealed: bytes, aad: bytes, context: bytes) -> bytes:
    return context + aad + hashlib.sha256(sealed).digest()


def seal_letter(
    body: bytes, *, info: bytes, aad: bytes, context: bytes, seal_key: bytes, sign_key: bytes
) -> tuple[bytes, bytes]:
    """A letter's two fields: `body` sealed to the keeper's public `seal_key`, signed by the device's `sign_key`."""
    sealed = hpke_seal(body, info=info, aad=aad, public_key=seal_key)
    return sealed, sign(sign_key, _signed(sealed, aad, context))


def verify_letter(sealed: bytes, signature: bytes, *, aad: bytes, context: bytes, verify_key: bytes) -> bool:
    """True when the device signed this very ciphertext under this edge and number."""
    return verify(verify_key, _signed(sealed, aad, context), signature)
