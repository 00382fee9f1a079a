"""Passes of visitors. The one on their phone is good for minutes and opens once; the page asks for the next by itself,
so that a picture of it is worth little. The one on a badge holds until the end of the visit, and opens once too."""

from datetime import datetime, timedelta
from uuid import uuid4

from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.visits.actions import VISITS
from gatehouse.server.visits.cells import VisitSpan
from gatehouse.server.visits.models import Visit, VisitState

LIVES = timedelta(minutes=3)
ASKED_EVERY_S = 75


def phone_pass(visit: Visit, said: VisitSpan, at: datetime) -> str | Refused | None:
    """None outside the time of the visit, or when it was taken back. Raises KeeperAway."""
    if visit.state == VisitState.CANCELLED or not said.span.holds(at):
        return None
    return _signed(visit, at, min(at + LIVES, said.ends), VISITS.authority)


def badge_pass(visit: Visit, said: VisitSpan, at: datetime, by: Authority) -> str | Refused:
    """By somebody's own ticket. Raises KeeperAway."""
    return _signed(visit, at, said.ends, by)


def _signed(visit: Visit, starts: datetime, ends: datetime, by: Authority) -> str | Refused:
    claims: dict[str, str | int] = {
        "id": str(uuid4()),
        "sub": str(visit.pk),
        "site": str(visit.site_id),
        "nbf": int(starts.timestamp()),
        "exp": int(ends.timestamp()),
    }
    return keeping.sign_pass(claims, by)
