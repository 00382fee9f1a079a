"""Who is signed in: the keeper's word on a bearer ticket, kept for at most 30 seconds."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from gatehouse.clock import monotonic_s
from gatehouse.keeper.protocol import Authority, Refused, Role, Ticket, TicketReply, WhoAmI
from gatehouse.server import keeping, moment
from gatehouse.server.accounts.models import Operator
from gatehouse.server.audit.by import By

COOKIE = "gatehouse_ticket"
KEPT_S = 30.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody whom the keeper knows. `operator` is None for a worker, who sees only `subject`'s own data."""

    ticket: Ticket
    token: str
    operator: Operator | None

    @property
    def role(self) -> Role:
        return self.ticket.role

    @property
    def by(self) -> By:
        return By(self.ticket.actor, Authority(ticket=self.token), worker=self.role is Role.WORKER)

    @property
    def subject(self) -> str | None:
        return self.ticket.subject

    def sees_site(self, site: UUID | str) -> bool:
        """Both the ticket and the operator's own list must allow the site; an empty list is every site."""
        return all(not allowed or str(site) in allowed for allowed in self._lists)

    @property
    def sees_every_site(self) -> bool:
        """Also those that are added tomorrow."""
        return not any(self._lists)

    def reaches_as_far_as(self, sites: Sequence[str]) -> bool:
        """Whether somebody who is let in at these sites (none: at every site) sees nothing that this one does not."""
        return self.sees_every_site or (bool(sites) and all(self.sees_site(site) for site in sites))

    @property
    def _lists(self) -> tuple[Sequence[str], Sequence[str]]:
        return self.ticket.sites, self.operator.sites if self.operator else ()


_kept: dict[bytes, tuple[float, Ticket]] = {}
_lock = threading.Lock()


def _mark(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def ticket_of(token: str) -> Ticket | None:
    """What the keeper says of this bearer token; None when it says nothing. Raises KeeperAway."""
    mark, now = _mark(token), monotonic_s()
    with _lock:
        kept = _kept.get(mark)
    if kept and now < kept[0]:  # what is kept never outlives the ticket
        return kept[1] if moment.now() < kept[1].ends else None
    reply = keeping.ask(WhoAmI(ticket=token), TicketReply)
    with _lock:
        for old in [key for key, (until, _) in _kept.items() if until <= now]:
            del _kept[old]
        if isinstance(reply, Refused):
            _kept.pop(mark, None)
            return None
        _kept[mark] = (now + KEPT_S, reply.ticket)
    return reply.ticket


def forget_ticket(token: str) -> None:
    with _lock:
        _kept.pop(_mark(token), None)


def forget_tickets() -> None:
    """Ask the keeper anew for everybody: some tickets have ended, and which is not known here."""
    with _lock:
        _kept.clear()


def signed_in(token: str) -> SignedIn | None:
    """Who holds this token, or None. An operator who is not active here is nobody. Raises KeeperAway."""
    ticket = ticket_of(token)
    if ticket is None:
        return None
    if ticket.role is Role.WORKER:
        return SignedIn(ticket, token, None)
    operator = Operator.objects.filter(pk=ticket.actor, active=True).first()
    return SignedIn(ticket, token, operator) if operator and operator.role == ticket.role else None
