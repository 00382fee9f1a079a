"""The bays of a vehicle's contracts, as one gate sees them: which there are, and which a grant inward takes."""

from gatehouse.domain.bays import NO_BAYS, Bays
from gatehouse.domain.decisions import Grant
from gatehouse.domain.policy import Direction, Gate, Subject
from gatehouse.domain.sightings import Means, Sighting
from gatehouse.domain.vehicles import shared_right
from gatehouse.edge.roster import Knowledge
from gatehouse.edge.spool import Spool, TakenBay


def sighted_vehicle(sighting: Sighting, known: Knowledge) -> Subject | None:
    if sighting.means is not Means.PLATE or sighting.subject is None:
        return None
    return known.policy.subjects.get(sighting.subject)


def bays_of(sighting: Sighting, known: Knowledge, spool: Spool) -> Bays:
    """Those of the vehicle's contracts; the disk is asked only where there are any."""
    subject = sighted_vehicle(sighting, known)
    pools = {permit.pool for permit in subject.permits if permit.pool is not None} if subject else set()
    return spool.bays(sighting.value, pools) if pools else NO_BAYS


def taken_bay(sighting: Sighting, gate: Gate, answer: Grant, known: Knowledge) -> TakenBay | None:
    """The bay that a grant inward takes."""
    permit = shared_right(sighted_vehicle(sighting, known), answer)
    if permit is None or permit.pool is None or gate.direction is Direction.OUT:
        return None
    return TakenBay(permit.pool, sighting.value, permit.bays, permit.once)
