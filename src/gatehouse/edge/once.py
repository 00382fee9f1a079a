"""What may happen once: a pass or receipt that opens, an order that is carried out, a stay that leaves.

A receipt opens once, at whichever lane of this edge it is shown first. It is also good for nobody else once its stay is
leaving by its plate: whoever was let out that way cannot hand the code to the car behind.
"""

from dataclasses import dataclass
from datetime import timedelta

from gatehouse.domain.decisions import Reason
from gatehouse.domain.sightings import Means, Sighting
from gatehouse.edge.spool import Mark, Spool
from gatehouse.wire import Attempt

# How long it is remembered: far longer than any server keeps offering an order, or any pass holds.
MARK_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a grant takes: `once` must be free, `takes` need not be. `shown` is good again if nothing moved."""

    once: Mark | None = None
    takes: Mark | None = None
    shown: Mark | None = None


def of_grant(sighting: Sighting, attempt: Attempt) -> Marks:
    """The marks of this granted attempt."""
    # Longer than the pass is good: a clock that was ahead for a while makes no used pass new.
    shown = Mark(sighting.means.value, sighting.value, (sighting.ends or attempt.at) + MARK_KEPT)
    if sighting.means is Means.PASS:
        return Marks(once=shown, shown=shown)
    if sighting.means is Means.RECEIPT:
        return Marks(once=leaving(attempt), takes=shown, shown=shown)
    return Marks(takes=leaving(attempt))


def leaving(attempt: Attempt) -> Mark | None:
    """That the stay which this grant lets out is on its way."""
    if attempt.reason not in (Reason.CLEARED, Reason.RECEIPT) or attempt.rule is None:
        return None
    return Mark("leaves", attempt.rule, attempt.at + MARK_KEPT)


def is_spent(sighting: Sighting, spool: Spool) -> bool:
    """Whether a pass or receipt has opened before. Raises SpoolFailed."""
    if spool.taken(sighting.means.value, sighting.value):
        return True
    return sighting.means is Means.RECEIPT and spool.taken("leaves", sighting.subject or "")
