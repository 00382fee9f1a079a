"""Signatures of what is told to another program, as Standard Webhooks 1.0 has them (github.com/standard-webhooks).

The signed text is `id.timestamp.body`; the header carries `v1,` and base64 of HMAC-SHA256. A receiver takes its secret
as `whsec_` and base64.
"""

import base64
import hashlib
import hmac

PREFIX = "whsec_"
TOLERANCE_S = 300  # how far a receiver lets the timestamp be off


def sign(secret: bytes, message_id: str, at_s: int, body: bytes) -> str:
    """The header `webhook-signature`."""
    text = f"{message_id}.{at_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()


def is_signed(secret: bytes, message_id: str, at_s: int, body: bytes, header: str, *, now_s: int) -> bool:
    """Whether one of the header's signatures is ours, in constant time, and the message is of these minutes."""
    if abs(now_s - at_s) > TOLERANCE_S:
        return False
    wanted = sign(secret, message_id, at_s, body)
    return any(hmac.compare_digest(wanted.encode(), one.encode()) for one in header.split(" "))


def written(secret: bytes) -> str:
    """The secret as it is typed into a receiver."""
    return PREFIX + base64.b64encode(secret).decode()


def read(text: str) -> bytes:
    """Raises ValueError."""
    if not text.startswith(PREFIX):
        raise ValueError("a secret begins with whsec_")
    return base64.b64decode(text.removeprefix(PREFIX), validate=True)
