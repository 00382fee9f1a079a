"""What the cells of mail hold."""

from typing import Literal, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)
Security = Literal["tls", "starttls", "none"]
OUTBOX = "mail"  # the owner of the key that envelopes are sealed with


class ServerFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """mail.server/1: `tls` from the first byte, `starttls` after the greeting, `none` for this very machine alone."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    security: Security = "starttls"
    sender: str = ""


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """mail.envelope/1: a sealed mail address, which is a cell of a label that `keeper.rules.MAILABLE` names, and the
    row under which it opens. Whoever was erased meanwhile has none any more."""

    label: str
    row: str
    cell: bytes


def pack(facts: msgspec.Struct) -> bytes:
    return msgspec.msgpack.encode(facts)


def unpack(data: bytes, kind: type[T]) -> T:
    """Raises msgspec.MsgspecError."""
    return msgspec.msgpack.decode(data, type=kind)
