"""Ways to sign in again. The keeper verifies all of it; here bytes are carried, and who is not active stays out."""

from gatehouse.keeper.protocol import (
    AddPasskey,
    Authority,
    BeginPasskey,
    BeginPassword,
    CloseAccount,
    Done,
    Entered,
    PasskeyAsked,
    PasskeySignIn,
    PasswordAsked,
    PasswordSignIn,
    Refused,
    RemoveWay,
    SetPassword,
    SignOutEverywhere,
    WayList,
    Ways,
)
from gatehouse.server import keeping
from gatehouse.server.accounts.actions import let_in
from gatehouse.server.accounts.signed_in import forget_tickets


def begin_passkey(token: str | None = None) -> PasskeyAsked | Refused:
    """A challenge: to sign in, or with a token to add a passkey. Raises KeeperAway, as all of these."""
    return keeping.ask(BeginPasskey(ticket=token), PasskeyAsked)


def add_passkey(made: AddPasskey) -> WayList | Refused:
    return keeping.ask(made, WayList)


def sign_in_by_passkey(used: PasskeySignIn) -> Entered | Refused:
    return let_in(keeping.ask(used, Entered))


def sign_in_by_password(handle: str, password: str, code: str, source: str) -> Entered | Refused:
    """`source` is the keyed hash of where it is asked from."""
    return let_in(keeping.ask(PasswordSignIn(handle, password, code, source), Entered))


def begin_password(token: str) -> PasswordAsked | Refused:
    return keeping.ask(BeginPassword(ticket=token), PasswordAsked)


def set_password(token: str, password: str, code: str) -> WayList | Refused:
    return keeping.ask(SetPassword(token, password, code), WayList)


def ways_of(token: str) -> WayList | Refused:
    return keeping.ask(Ways(ticket=token), WayList)


def remove_way(token: str, way: str) -> WayList | Refused:
    return keeping.ask(RemoveWay(token, way), WayList)


def sign_out_everywhere(token: str) -> Done | Refused:
    reply = keeping.ask(SignOutEverywhere(ticket=token), Done)
    forget_tickets()
    return reply


def close_account(actor: object, by: Authority, *, worker: bool) -> Done | Refused:
    """Every way and ticket of somebody ends, at once on this server, too."""
    reply = keeping.ask(CloseAccount(str(actor), worker, by), Done)
    forget_tickets()
    return reply
