"""Key pairs, the edge's signed requests, and the edge's sealed cache.

    new_device_keys() -> DeviceKeys                       Ed25519 seed and X25519 private key, 32 bytes each
    DeviceKeys.public() -> PublicKeys                     what an owner enrols at the keeper
    sign(sign_key, message) -> 64 bytes;  verify(verify_key, message, signature) -> bool
    sign_request(sign_key, edge=, at_s=, method=, target=, body=) -> the value of the Authorization header
    read_request(header) -> RequestProof | None           None: no such header
    verify_request(verify_key, proof, method=, target=, body=) -> bool
    seal_cache(keys, data) -> bytes;  open_cache(keys, sealed) -> bytes      raises Malformed, Unreadable

`target` is the path with its query, as sent: "/edge/feed?roster=3". A verifier also checks that `proof.at_s` is
near its own clock; this room has none.
"""

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatehouse.crypto.errors import Malformed, Unreadable
from gatehouse.crypto.keyring import derive

_REQUEST = b"gatehouse request/1\n"
_HEADER = re.compile(r"Gatehouse ([A-Za-z0-9_-]{1,64})\.([0-9]{1,12})\.([A-Za-z0-9_-]{86})")
_CACHE = b"GHC\x01"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class PublicKeys:
    sign_key: bytes
    seal_key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class DeviceKeys:
    """Two private keys. `to_bytes` is what its key file holds; that file's mode is the caller's duty."""

    sign_key: bytes
    seal_key: bytes

    def public(self) -> PublicKeys:
        return PublicKeys(public_sign_key(self.sign_key), public_seal_key(self.seal_key))

    def to_bytes(self) -> bytes:
        return self.sign_key + self.seal_key

    @staticmethod
    def from_bytes(data: bytes) -> "DeviceKeys":
        """Raises Malformed unless 64 bytes."""
        if len(data) != 64:
            raise Malformed("device key")
        return DeviceKeys(data[:32], data[32:])


def new_device_keys() -> DeviceKeys:
    return DeviceKeys(os.urandom(32), os.urandom(32))


def public_sign_key(sign_key: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(sign_key).public_key().public_bytes_raw()


def public_seal_key(seal_key: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(seal_key).public_key().public_bytes_raw()


def sign(sign_key: bytes, message: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(sign_key).sign(message)


def verify(verify_key: bytes, message: bytes, signature: bytes) -> bool:
    """Also False for a key or signature that is none."""
    try:
        Ed25519PublicKey.from_public_bytes(verify_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class RequestProof:
    """What a request's header claims: nothing of it is true before `verify_request`."""

    edge: str
    at_s: int
    signature: bytes


def _request(edge: str, at_s: int, method: str, target: str, body: bytes) -> bytes:
    lines = (edge, str(at_s), method.upper(), target, hashlib.sha256(body).hexdigest())
    return _REQUEST + "\n".join(lines).encode()


def sign_request(sign_key: bytes, *, edge: str, at_s: int, method: str, target: str, body: bytes = b"") -> str:
    """The value of the Authorization header, bound to the method, target, body and second."""
    signature = sign(sign_key, _request(edge, at_s, method, target, body))
    return f"Gatehouse {edge}.{at_s}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def read_request(header: str) -> RequestProof | None:
    """The claim of an Authorization header, or None when it is not one of ours."""
    match = _HEADER.fullmatch(header)
    if match is None:
        return None
    try:
        signature = base64.urlsafe_b64decode(match[3] + "==")
    except binascii.Error:
        return None
    return RequestProof(match[1], int(match[2]), signature)


def verify_request(verify_key: bytes, proof: RequestProof, *, method: str, target: str, body: bytes = b"") -> bool:
    """True when the holder of the key signed exactly this request at `proof.at_s`."""
    return verify(verify_key, _request(proof.edge, proof.at_s, method, target, body), proof.signature)


def seal_cache(keys: DeviceKeys, data: bytes) -> bytes:
    """`data` under a key that only this device can derive: "GHC" 0x01, nonce 12, AES-256-GCM text + tag."""
    nonce = os.urandom(_NONCE)
    return _CACHE + nonce + AESGCM(derive(keys.sign_key, "edge cache/1")).encrypt(nonce, data, _CACHE)


def open_cache(keys: DeviceKeys, sealed: bytes) -> bytes:
    """Raises Malformed, or Unreadable for another device's cache and for any changed byte."""
    if len(sealed) < len(_CACHE) + _NONCE + 16 or not sealed.startswith(_CACHE):
        raise Malformed("cache")
    nonce, text = sealed[len(_CACHE) : len(_CACHE) + _NONCE], sealed[len(_CACHE) + _NONCE :]
    try:
        return AESGCM(derive(keys.sign_key, "edge cache/1")).decrypt(nonce, text, _CACHE)
    except InvalidTag as fault:
        raise Unreadable("cache") from fault
