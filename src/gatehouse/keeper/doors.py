"""Signing in, and enrolling edges: who is let near the keeper at all."""

from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gatehouse.crypto.letters import hpke_seal
from gatehouse.crypto.sealing import may_own
from gatehouse.keeper.accounts import name_of
from gatehouse.keeper.lockout import Count
from gatehouse.keeper.protocol import (
    Budget,
    Done,
    EnrolEdge,
    Entered,
    Invite,
    Refused,
    Role,
    SignIn,
    SignOut,
    Text,
    Ticket,
    TicketReply,
    WhoAmI,
)
from gatehouse.keeper.signing_in import reaches_as_far
from gatehouse.keeper.store import Edge
from gatehouse.keeper.tickets import FAILURES
from gatehouse.keeper.vault import Asker, Vault
from gatehouse.wire import FEED_INFO


def invite(vault: Vault, request: Invite) -> Text | Refused:
    """A worker's code needs an owner or HR and names the person; any other needs an owner or the keeper's own shell.
    A contractor's names the contractor."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    worker = request.role is Role.WORKER
    if not asker.is_shell and not asker.may("invite.worker" if worker else "invite"):
        return Refused("not_allowed")
    named = request.role in (Role.WORKER, Role.CONTRACTOR)
    if named != (request.subject is not None) or not request.actor:
        return Refused("bad_request")
    if any(not asker.reaches(site) for site in request.sites or ("",)) or _widens(asker, request):
        return Refused("not_allowed")
    draft = Ticket(request.actor, request.role, request.sites, request.subject, vault.now())
    if not reaches_as_far(vault, asker, name_of(draft)):
        return Refused("not_allowed")
    refused = _written_down(vault, asker, request)
    if refused is not None:
        return refused
    vault.unlock(name_of(draft), asker)
    return Text(vault.tickets.invite(request.actor, request.role, request.sites, request.subject, vault.now()))


def _written_down(vault: Vault, asker: Asker, request: Invite) -> Refused | None:
    """A worker's ticket shows everything of one person, and whoever hands it out could use it: that is a look at them,
    and it counts as one. Otherwise an invitation for everybody would be a way around every cap."""
    purpose = f"{request.role}:{request.actor}"
    if request.subject is not None and request.role is Role.WORKER:
        return vault.look(asker, "invite", purpose, {Budget.SENSITIVE: {request.subject}})
    vault.record("invite", asker, purpose=purpose)
    return None


def _widens(asker: Asker, request: Invite) -> bool:
    """Somebody of some sites would let in somebody of all."""
    return asker.ticket is not None and bool(asker.ticket.sites) and not request.sites


def sign_in(vault: Vault, request: SignIn) -> Entered | Refused:
    """After many wrong codes a source waits; others do not: nobody is locked out by a stranger elsewhere."""
    now = vault.now()
    counts = [Count(vault.accounts.mark("code", request.source.encode()), FAILURES)]
    wait = vault.lockout.wait(counts, now)
    if wait > timedelta(0):
        return Refused("locked", {"seconds": int(wait.total_seconds()) + 1})
    entered = vault.tickets.enter(request.code, now)
    if isinstance(entered, Refused):
        vault.lockout.fail(counts, now)
        vault.record("refused", Asker("", ""), purpose=f"sign_in:{entered.code}")
        return entered
    vault.accounts.renew_right(entered.ticket)
    vault.record("sign_in", Asker(entered.ticket.actor, entered.ticket.role), purpose="code")
    return entered


def whoami(vault: Vault, request: WhoAmI) -> TicketReply | Refused:
    ticket = vault.tickets.ticket(request.ticket, vault.now())
    locked = ticket is not None and vault.is_locked(name_of(ticket))
    return Refused("no_ticket") if ticket is None or locked else TicketReply(ticket)


def sign_out(vault: Vault, request: SignOut) -> Done:
    vault.tickets.leave(request.ticket)
    return Done()


def _are_keys(sign_key: bytes, seal_key: bytes) -> bool:
    """Keys that letters can be sealed to and checked by: not every 32 bytes are an X25519 key that shares a secret."""
    if len(sign_key) != 32 or len(seal_key) != 32:
        return False
    try:
        hpke_seal(b"", info=FEED_INFO, aad=b"", public_key=seal_key)
    except ValueError:
        return False
    return True


def enrol_edge(vault: Vault, request: EnrolEdge) -> Done | Refused:
    """By an owner's ticket or the keeper's own shell, never by the server alone."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.is_shell and not (asker.may("enrol_edge") and asker.reaches(request.site)):
        return Refused("not_allowed")
    try:
        ZoneInfo(request.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Refused("bad_request", {"field": "zone"})
    if not may_own(request.edge) or not may_own(request.site) or not _are_keys(request.sign_key, request.seal_key):
        return Refused("bad_request", {"field": "keys"})
    vault.store.enrol(Edge(request.edge, request.site, request.zone, request.sign_key, request.seal_key))
    vault.days.make_ahead(request.site, vault.today(request.site))
    vault.record("enrol_edge", asker, purpose=f"{request.site}:{request.edge}")
    return Done()
