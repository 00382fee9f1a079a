"""Signing in again: by a passkey, or by a password and an app's code together. All of it is verified here; the server
carries bytes. docs/specs/keeper.md, "Signing in"."""

import threading
from datetime import datetime, timedelta

from gatehouse.crypto import passkeys, passwords
from gatehouse.keeper.accounts import PASSKEYS, Account, Passkey, Password, name_of
from gatehouse.keeper.lockout import Count
from gatehouse.keeper.protocol import (
    AddPasskey,
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
    Role,
    SetPassword,
    SignOutEverywhere,
    Ticket,
    WayList,
    Ways,
)
from gatehouse.keeper.tickets import TICKET_LIVES
from gatehouse.keeper.vault import Asker, Vault

FRESH = timedelta(minutes=15)  # since signing in, in which ways may be added and removed
PAIR_FREE, SOURCE_FREE, HANDLE_FREE = 5, 20, 50  # failures that cost no wait: see lockout.py
SOURCES = 10  # that a handle is remembered to have signed in from
HASHES_AT_ONCE, QUEUE_S = 2, 5.0  # of 64 MiB each
_SIGN_IN = "sign_in"
_hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)


def _holder(vault: Vault, token: str) -> Ticket | Refused:
    return vault.tickets.ticket(token, vault.now()) or Refused("no_ticket")


def _is_fresh(ticket: Ticket, now: datetime) -> bool:
    return now < ticket.ends - TICKET_LIVES + FRESH


def _fresh_holder(vault: Vault, token: str) -> Ticket | Refused:
    """Somebody who has just signed in: a cookie that was stolen later adds no way in that would outlive it."""
    ticket = _holder(vault, token)
    if isinstance(ticket, Ticket) and not _is_fresh(ticket, vault.now()):
        return Refused("not_fresh")
    return ticket


def _account(vault: Vault, ticket: Ticket) -> Account:
    return vault.accounts.of(ticket) or vault.accounts.new(ticket)


def _listed(vault: Vault, ticket: Ticket) -> WayList:
    now, account = vault.now(), vault.accounts.of(ticket)
    count = vault.tickets.count(name_of(ticket), now)
    if account is None:
        return WayList("", [], count, _is_fresh(ticket, now))
    return WayList(account.shown, account.ways(), count, _is_fresh(ticket, now))


def ways(vault: Vault, request: Ways) -> WayList | Refused:
    ticket = _holder(vault, request.ticket)
    return ticket if isinstance(ticket, Refused) else _listed(vault, ticket)


# --- passkeys ---


def begin_passkey(vault: Vault, request: BeginPasskey) -> PasskeyAsked | Refused:
    rp_id, now = vault.origin_at.name, vault.now()
    if request.ticket is None:
        return PasskeyAsked(vault.challenges.make(_SIGN_IN, now), rp_id)
    ticket = _fresh_holder(vault, request.ticket)
    if isinstance(ticket, Refused):
        return ticket
    with vault.accounts.lock:
        account = _account(vault, ticket)
        vault.accounts.write(account)  # the authenticator remembers its user: a second try must be the same one
    known = [one.id for one in account.passkeys]
    challenge = vault.challenges.make(f"add:{name_of(ticket)}", now)
    return PasskeyAsked(challenge, rp_id, account.user, account.shown, known)


def add_passkey(vault: Vault, request: AddPasskey) -> WayList | Refused:
    ticket = _fresh_holder(vault, request.ticket)
    if isinstance(ticket, Refused):
        return ticket
    now, met = vault.now(), _Meeting(vault, f"add:{name_of(ticket)}")
    try:
        made = passkeys.read_new(
            request.client_data, request.attestation,
            rp_id=vault.origin_at.name, is_origin=vault.origin_at.is_from, challenge_ok=met,
        )  # fmt: skip
    except passkeys.BadPasskey:
        return Refused("bad_passkey")
    with vault.accounts.lock:
        account = _account(vault, ticket)
        full = len(account.passkeys) >= PASSKEYS
        if full or vault.accounts.by_credential(made.id) is not None or not met.spend():
            return Refused("bad_passkey")
        account.passkeys.append(
            Passkey(id=made.id, public_key=made.public_key, counter=made.counter, made=now, on_device=request.on_device)
        )
        vault.record("way_added", Asker(ticket.actor, ticket.role), purpose="passkey")
        vault.accounts.write(account)
    return _listed(vault, ticket)


class _Meeting:
    """Whether a challenge is ours, for this purpose; and that it counts once."""

    def __init__(self, vault: Vault, purpose: str) -> None:
        self._vault, self._purpose, self._met = vault, purpose, b""

    def __call__(self, challenge: bytes) -> bool:
        self._met = challenge
        return self._vault.challenges.is_good(challenge, self._purpose, self._vault.now())

    def spend(self) -> bool:
        return self._vault.challenges.spend(self._met, self._vault.now())


def passkey_sign_in(vault: Vault, request: PasskeySignIn) -> Entered | Refused:
    """By whoever holds the authenticator and unlocked it. No count of failures: a signature cannot be guessed, and no
    stranger makes its owner wait."""
    now, met = vault.now(), _Meeting(vault, _SIGN_IN)
    use = passkeys.Use(request.client_data, request.authenticator_data, request.signature)
    with vault.accounts.lock:
        account = vault.accounts.by_credential(request.credential)
        held = next((one for one in account.passkeys if one.id == request.credential), None) if account else None
        if account is None or held is None:
            return Refused("bad_passkey")  # no line in the log: anybody could fill it
        try:
            counter = passkeys.check_use(
                use, passkeys.Credential(held.id, held.public_key, held.counter),
                rp_id=vault.origin_at.name, is_origin=vault.origin_at.is_from, challenge_ok=met,
            )  # fmt: skip
        except passkeys.BadPasskey as fault:
            return _turned_away(vault, "bad_passkey", str(fault), account)
        if not met.spend():
            return _turned_away(vault, "bad_passkey", "replayed", account)
        held.counter, held.used = counter, now
        vault.accounts.write(account)
        return _let_in(vault, account, "passkey")


def _turned_away(vault: Vault, code: str, why: str, account: Account | None = None) -> Refused:
    actor = account.ticket.actor if account else ""
    vault.record("refused", Asker(actor, ""), purpose=f"sign_in:{why.replace(' ', '_')}")
    return Refused(code)


def _let_in(vault: Vault, account: Account, way: str) -> Entered | Refused:
    """Not whoever looked at a honey record: not before somebody else let them in anew."""
    if vault.is_locked(account.name):
        return _turned_away(vault, "locked_out", "locked_out", account)
    vault.record("sign_in", Asker(account.ticket.actor, account.ticket.role), purpose=way)
    return vault.tickets.issue(account.ticket, vault.now())


# --- a password and an app's code ---


def begin_password(vault: Vault, request: BeginPassword) -> PasswordAsked | Refused:
    ticket = _fresh_holder(vault, request.ticket)
    if isinstance(ticket, Refused):
        return ticket
    with vault.accounts.lock:
        account = _account(vault, ticket)
        vault.accounts.write(account)
    secret = passwords.new_secret()
    vault.pending.put(account.name, secret, vault.now() + FRESH)
    uri = passwords.app_uri(secret, account.shown, f"Gatehouse {vault.origin_at.name}")
    return PasswordAsked(account.shown, passwords.as_base32(secret), uri)


def set_password(vault: Vault, request: SetPassword) -> WayList | Refused:
    ticket = _fresh_holder(vault, request.ticket)
    if isinstance(ticket, Refused):
        return ticket
    account = _account(vault, ticket)
    if not passwords.is_long_enough(request.password) or account.handle in request.password.upper().replace("-", ""):
        return Refused("weak_password", {"shortest": passwords.SHORTEST})
    confirmed = vault.pending.take(account.name, request.code, vault.now())
    if confirmed is None:
        return Refused("bad_app_code")
    if not _hashing.acquire(timeout=QUEUE_S):
        return Refused("busy")
    try:
        hashed = passwords.hash_password(request.password)
    finally:
        _hashing.release()
    secret, step = confirmed
    with vault.accounts.lock:
        account = _account(vault, ticket)
        account.password = Password(hashed=hashed, secret=secret, step=step, made=vault.now())
        vault.record("way_added", Asker(ticket.actor, ticket.role), purpose="password")
        vault.accounts.write(account)
    return _listed(vault, ticket)


def password_sign_in(vault: Vault, request: PasswordSignIn) -> Entered | Refused:
    """Whatever was wrong, the answer is the same, after the same work."""
    account = vault.accounts.by_handle(request.handle)
    source = vault.accounts.mark("source", request.source.encode())
    counts = _counts(vault, request, source, account)
    if not _hashing.acquire(timeout=QUEUE_S):
        return Refused("busy")
    try:
        wait = vault.lockout.wait(counts, vault.now())
        if wait > timedelta(0):
            return Refused("locked", {"seconds": int(wait.total_seconds()) + 1})
        held = account.password if account else None
        fits = passwords.password_fits(held.hashed if held else passwords.NOBODYS, request.password[:1024])
        entered = _with_code(vault, account.name, request.code, source) if account and fits and held else None
        if entered is None:
            vault.lockout.fail(_counts(vault, request, source, None), vault.now())
            return _turned_away(vault, "bad_sign_in", "password", account)
        vault.lockout.forgive(counts[:1])
        return entered
    finally:
        _hashing.release()


def _counts(vault: Vault, request: PasswordSignIn, source: bytes, account: Account | None) -> list[Count]:
    """The pair first. All sources together do not count where this handle has signed in before."""
    handle = vault.accounts.mark("tried", request.handle.upper().encode("utf-8", "replace"))
    counts = [
        Count(vault.accounts.mark("pair", handle + source), PAIR_FREE),
        Count(vault.accounts.mark("from", source), SOURCE_FREE),
    ]
    if account is None or source not in account.sources:
        counts.append(Count(vault.accounts.mark("handle", handle), HANDLE_FREE))
    return counts


def _with_code(vault: Vault, name: str, code: str, source: bytes) -> Entered | Refused | None:
    """The app's code on top, each once."""
    with vault.accounts.lock:
        account = vault.accounts.named(name)
        if account is None or account.password is None:
            return None
        held, now = account.password, vault.now()
        step = passwords.step_of(held.secret, code, now.timestamp(), held.step)
        if step is None:
            return None
        held.step, held.used = step, now
        account.sources = [*(one for one in account.sources if one != source), source][-SOURCES:]
        vault.accounts.write(account)
        return _let_in(vault, account, "password")


# --- fewer ways ---


def remove_way(vault: Vault, request: RemoveWay) -> WayList | Refused:
    ticket = _fresh_holder(vault, request.ticket)
    if isinstance(ticket, Refused):
        return ticket
    with vault.accounts.lock:
        account = _account(vault, ticket)
        left = [one for one in account.passkeys if one.as_way().id != request.way]
        gone = len(left) < len(account.passkeys)
        if request.way == "password" and account.password is not None:
            account.password, account.sources, gone = None, [], True
        account.passkeys = left
        if gone:
            vault.record("way_removed", Asker(ticket.actor, ticket.role))
            vault.accounts.write(account)
    return _listed(vault, ticket)


def sign_out_everywhere(vault: Vault, request: SignOutEverywhere) -> Done | Refused:
    ticket = _holder(vault, request.ticket)
    if isinstance(ticket, Refused):
        return ticket
    vault.tickets.end(name_of(ticket), invitations=False)
    vault.record("signed_out_everywhere", Asker(ticket.actor, ticket.role))
    return Done()


def close_account(vault: Vault, request: CloseAccount) -> Done | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    role = Role.WORKER if request.worker else Role.OWNER
    name = name_of(Ticket(request.actor, role, (), request.actor, vault.now()))
    if not asker.is_shell and not asker.may("invite.worker" if request.worker else "invite"):
        return Refused("not_allowed")
    if not reaches_as_far(vault, asker, name):
        return Refused("not_allowed")
    vault.record("account_closed", asker, purpose=name)
    vault.accounts.drop(name)
    vault.tickets.end(name, invitations=True)
    return Done()


def reaches_as_far(vault: Vault, asker: Asker, name: str) -> bool:
    """Whether everything that this account opens is within the asker's own sites: an owner of one site neither narrows
    nor ends the account of an owner of all."""
    account = vault.accounts.named(name)
    if account is None or asker.ticket is None or not asker.ticket.sites:
        return True
    return bool(account.ticket.sites) and set(account.ticket.sites) <= set(asker.ticket.sites)
