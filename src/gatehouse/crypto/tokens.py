"""The signed text of a pass or receipt, short enough for a QR code that a cheap camera reads.

    issue(kind, claims, sign_key) -> text                             raises TooLong
    check(text, kind, verify_key, now_s=None) -> Token | Flaw         never raises

    GH1.<base64url claims>.<base64url Ed25519 signature>, no "=".

Claims are a MessagePack map of short names to text or whole numbers; canonical UUIDs travel as 16 bytes. The kind
lies in the map as "k" and before the claims in the signed bytes, so that a receipt never passes for a pass. `nbf` and
`exp` are Unix seconds, half-open: valid when nbf <= now < exp.
"""

import base64
import binascii
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from gatehouse.crypto.errors import TooLong
from gatehouse.crypto.signing import sign, verify

LENGTH_LIMIT = 300
_CONTEXT = b"gatehouse token/1\x00"
_TEXT = re.compile(r"GH1\.([A-Za-z0-9_-]{1,200})\.([A-Za-z0-9_-]{86})")
_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_claims = msgspec.msgpack.Decoder(dict[str, object])


class Flaw(StrEnum):
    """Why a text is no valid token."""

    MALFORMED = "malformed"
    FORGED = "forged"
    WRONG_KIND = "wrong_kind"
    NOT_YET = "not_yet"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    claims: dict[str, str | int]


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unbase64(text: str) -> bytes | None:
    """None also for a spelling other than the one `_base64` writes."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return None
    return data if _base64(data) == text else None


def _packed(value: str | int) -> str | int | bytes:
    if isinstance(value, str) and len(value) == 36:
        try:
            as_uuid = uuid.UUID(value)
        except ValueError:
            return value
        return as_uuid.bytes if str(as_uuid) == value else value
    return value


def _unpacked(value: object) -> str | int:
    """Raises ValueError for what `_packed` never writes."""
    if isinstance(value, bytes):
        return str(uuid.UUID(bytes=value))
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    raise ValueError("claim")


def issue(kind: str, claims: Mapping[str, str | int], sign_key: bytes) -> str:
    """The text of a token. Raises TooLong beyond LENGTH_LIMIT, and ValueError for a claim named "k"."""
    if "k" in claims:
        raise ValueError("the claim k is the kind's")
    body = _encode({"k": kind, **{name: _packed(value) for name, value in claims.items()}})
    signature = sign(sign_key, _CONTEXT + kind.encode() + b"\x00" + body)
    text = f"GH1.{_base64(body)}.{_base64(signature)}"
    if _TEXT.fullmatch(text) is None:
        raise TooLong("token")
    return text


def _parse(text: str) -> tuple[bytes, bytes, Token] | None:
    match = _TEXT.fullmatch(text) if len(text) <= LENGTH_LIMIT else None
    if match is None:
        return None
    body, signature = _unbase64(match[1]), _unbase64(match[2])
    if body is None or signature is None:
        return None
    try:
        claims = {name: _unpacked(value) for name, value in _claims.decode(body).items()}
    except (msgspec.MsgspecError, ValueError):
        return None
    kind = claims.pop("k", None)
    return (body, signature, Token(kind, claims)) if isinstance(kind, str) else None


def check(text: str, kind: str, verify_key: bytes, now_s: float | None = None) -> Token | Flaw:
    """The token, or why it is none. Times are checked when `now_s` is given (Unix seconds)."""
    parsed = _parse(text)
    if parsed is None:
        return Flaw.MALFORMED
    body, signature, token = parsed
    if not verify(verify_key, _CONTEXT + token.kind.encode() + b"\x00" + body, signature):
        return Flaw.FORGED
    if token.kind != kind:
        return Flaw.WRONG_KIND
    return token if now_s is None else _in_time(token, now_s)


def _in_time(token: Token, now_s: float) -> Token | Flaw:
    starts, ends = token.claims.get("nbf", 0), token.claims.get("exp")
    if not isinstance(starts, int) or not isinstance(ends, int):
        return Flaw.MALFORMED
    if now_s < starts:
        return Flaw.NOT_YET
    return token if now_s < ends else Flaw.EXPIRED
