"""What is said about ways to sign in, and about the certificate of the door that people come through."""

from datetime import datetime
from typing import Literal

import msgspec

from gatehouse.keeper.terms import Authority, Reply, Request


class Certify(Request, frozen=True, tag="certify"):
    """A certificate of 90 days for the name that this keeper was started with, and for private addresses. -> Certified;
    bad_request for another name, not_allowed where there is none."""

    csr: bytes  # PEM, PKCS 10, P-256


class Certified(Reply, frozen=True, tag="certified"):
    certificate: bytes  # PEM
    authority: bytes  # PEM: what browsers must trust


class BeginPasskey(Request, frozen=True, tag="begin_passkey"):
    """A challenge, to sign in (no ticket) or to add a passkey (a fresh ticket). -> PasskeyAsked"""

    ticket: str | None = None


class PasskeyAsked(Reply, frozen=True, tag="passkey_asked"):
    """What a browser's `navigator.credentials` is given. `user`, `handle` and `known` only where one is added."""

    challenge: bytes
    rp_id: str
    user: bytes = b""
    handle: str = ""
    known: list[bytes] = []


class AddPasskey(Request, frozen=True, tag="add_passkey"):
    """What the browser made of that challenge. -> WayList"""

    ticket: str
    client_data: bytes
    attestation: bytes
    on_device: bool = False


class PasskeySignIn(Request, frozen=True, tag="passkey_sign_in"):
    """What the browser signed. -> Entered, or Refused bad_passkey."""

    credential: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes


class BeginPassword(Request, frozen=True, tag="begin_password"):
    """A new secret for an authenticator app, shown once; nothing changes before `set_password`. By a fresh ticket.
    -> PasswordAsked"""

    ticket: str


class PasswordAsked(Reply, frozen=True, tag="password_asked"):
    handle: str
    secret: str  # base32
    uri: str  # otpauth://totp/...


class SetPassword(Request, frozen=True, tag="set_password"):
    """A password, and the app's first code of the secret that was shown. In place of what there was. -> WayList"""

    ticket: str
    password: str
    code: str


class PasswordSignIn(Request, frozen=True, tag="password_sign_in"):
    """-> Entered, or Refused bad_sign_in (whatever was wrong), locked (seconds), busy."""

    handle: str
    password: str
    code: str
    source: str = ""


class Ways(Request, frozen=True, tag="ways"):
    """The asker's own ways to sign in. -> WayList"""

    ticket: str


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    kind: Literal["passkey", "password"]
    made: datetime
    used: datetime | None
    on_device: bool = False  # a passkey of the device itself, not of a key that is plugged in or a phone beside it


class WayList(Reply, frozen=True, tag="ways"):
    """`fresh`: ways may be added and removed by this ticket now."""

    handle: str
    ways: list[Way]
    tickets: int  # that are good now, this one among them
    fresh: bool


class RemoveWay(Request, frozen=True, tag="remove_way"):
    """By a fresh ticket. -> WayList"""

    ticket: str
    way: str


class SignOutEverywhere(Request, frozen=True, tag="sign_out_everywhere"):
    """Every ticket of the asker ends, this one too. -> Done"""

    ticket: str


class CloseAccount(Request, frozen=True, tag="close_account"):
    """Every way, ticket and open invitation of somebody ends: a lost phone, or somebody who leaves. By an owner (HR for
    workers) who reaches as far, or the shell. -> Done"""

    actor: str
    worker: bool
    by: Authority
