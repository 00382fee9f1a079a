"""Passwords and the six digits beside them.

hash_password(text) -> str;  password_fits(hashed, text) -> bool     Argon2id, RFC 9106's second parameters
new_secret() -> bytes;  totp(secret, step) -> str                    RFC 6238, SHA-1, 6 digits, 30 s
step_of(secret, code, now_s, after) -> int | None                    whose step the code is; each counts once
"""

import base64
import hashlib
import hmac
import os
import unicodedata
from urllib.parse import quote

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

SECRET_BYTES = 20  # RFC 4226, 4: at least 128 bits, 160 recommended
STEP_S, DIGITS, DRIFT = 30, 6, 1
SHORTEST, LONGEST = 12, 256  # characters
_hasher = PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)
# What is compared where nobody has a password, so that an answer's time does not tell who is known.
NOBODYS = _hasher.hash(os.urandom(16))


def _plain(text: str) -> bytes:
    """The same characters however a keyboard composes them."""
    return unicodedata.normalize("NFKC", text).encode()


def is_long_enough(text: str) -> bool:
    """Length alone (NIST SP 800-63B, 5.1.1.2), and not one character over and over."""
    return SHORTEST <= len(text) <= LONGEST and len(set(text)) > 4


def hash_password(text: str) -> str:
    return _hasher.hash(_plain(text))


def password_fits(hashed: str, text: str) -> bool:
    try:
        return _hasher.verify(hashed, _plain(text))
    except (VerificationError, InvalidHashError):
        return False


def new_secret() -> bytes:
    return os.urandom(SECRET_BYTES)


def as_base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode()


def totp(secret: bytes, step: int) -> str:
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    number = int.from_bytes(digest[digest[-1] & 15 :][:4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: bytes, code: str, now_s: float, after: int) -> int | None:
    """The half minute whose code this is: now, the one before or the next, and later than `after`, the last that was
    used. None for every other code."""
    typed = "".join(code.split())
    now = int(now_s) // STEP_S
    for step in range(max(now - DRIFT, after + 1), now + DRIFT + 1):
        if typed.isascii() and hmac.compare_digest(totp(secret, step), typed):
            return step
    return None


def app_uri(secret: bytes, name: str, issuer: str) -> str:
    """What an authenticator app reads from a QR code (Key Uri Format)."""
    label = quote(f"{issuer}:{name}", safe="")
    return f"otpauth://totp/{label}?secret={as_base32(secret)}&issuer={quote(issuer, safe='')}"
