"""Keys derived from keys, and the day tokens by which a row knows its person without naming one.

derive(key, purpose, *context) -> 32 bytes
person_day_key(day_key, access_key) -> 32 bytes       opens a person's passages of one site-day
token_key(access_key) -> 32 bytes                     kept in the keeper's memory, one per person
person_token(day_key, token_key) -> 16 bytes          the person's day token
plate_token(day_key, plate) -> 16 bytes               a plate's day token; `plate` already normalised
folded_plate_token(day_key, folded) -> 16 bytes      the same for every plate that looks so
pseudonym(key, subject) -> 16 bytes                   a subject in the log
"""

import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TOKEN_BYTES = 16


def derive(key: bytes, purpose: str, *context: bytes) -> bytes:
    """HKDF-SHA256 of `key` (32 random bytes, no salt) for one purpose; context parts are length-prefixed."""
    info = f"gatehouse {purpose}".encode() + b"".join(struct.pack(">I", len(part)) + part for part in context)
    return HKDF(SHA256(), 32, None, info).derive(key)


def person_day_key(day_key: bytes, access_key: bytes) -> bytes:
    """Either half gone ends it: the day's at retention, the person's at erasure."""
    return derive(day_key + access_key, "person day/1")


def token_key(access_key: bytes) -> bytes:
    return derive(access_key, "token/1")


def person_token(day_key: bytes, person: bytes) -> bytes:
    """`person` is that person's `token_key`."""
    return _token(day_key, b"person/1\x00" + person)


def plate_token(day_key: bytes, plate: str) -> bytes:
    return _token(day_key, b"plate/1\x00" + plate.encode())


def folded_plate_token(day_key: bytes, folded: str) -> bytes:
    """Equal for plates that are one once folded; never a `plate_token`, whose message begins otherwise."""
    return _token(day_key, b"folded/1\x00" + folded.encode())


def _token(day_key: bytes, message: bytes) -> bytes:
    return hmac.digest(day_key, message, "sha256")[:TOKEN_BYTES]


def pseudonym(key: bytes, subject: str) -> bytes:
    return hmac.digest(key, b"subject/1\x00" + subject.encode(), "sha256")[:16]


def bearer_hash(secret: str) -> bytes:
    """How a bearer token or one-time code is stored. Both are 100 random bits or more: a plain hash is enough."""
    return hashlib.sha256(b"gatehouse bearer/1\x00" + secret.encode()).digest()
