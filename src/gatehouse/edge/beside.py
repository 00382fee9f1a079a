"""What is told of an attempt while the gate itself shows nothing of it."""

from gatehouse.domain.decisions import Reason
from gatehouse.domain.policy import Direction, Gate
from gatehouse.domain.sightings import Sighting
from gatehouse.edge.bays import sighted_vehicle
from gatehouse.edge.roster import Knowledge
from gatehouse.edge.writing import Writing
from gatehouse.wire import Attempt, Body


def told_beside(sighting: Sighting, gate: Gate, known: Knowledge, attempt: Attempt, writing: Writing) -> list[Body]:
    """A blocked vehicle that is not held on its way out, a PIN that was typed under threat, somebody who comes in
    twice."""
    subject = sighted_vehicle(sighting, known)
    beside: list[Body] = []
    if gate.direction is Direction.OUT and subject is not None and subject.is_blocked(attempt.at):
        beside.append(writing.event("blocked_leaves"))
    if sighting.duress and sighting.subject is not None:
        beside.append(writing.event("duress", attempt.id))
    if attempt.granted and attempt.reason == Reason.PASSBACK:
        beside.append(writing.event("passback", attempt.id))
    return beside
