"""What a gate saw and answered, as the facts that letters carry."""

from datetime import datetime
from typing import Literal

import msgspec

from gatehouse.domain.approaches import Answer
from gatehouse.domain.decisions import Decision, Grant, Reason
from gatehouse.domain.policy import Direction, Gate, Policy, Subject
from gatehouse.domain.sightings import Means, Sighting
from gatehouse.edge.presence import Answered
from gatehouse.edge.spool import Pending
from gatehouse.wire import GROUP_LETTERS, Attempt, Passage, new_id


def _way(gate: Gate) -> Literal["in", "out"]:
    return "out" if gate.direction is Direction.OUT else "in"


def attempt_of(sighting: Sighting, gate: Gate, answer: Decision, now: datetime, own: str = "") -> Attempt:
    return Attempt(
        id=own or new_id(now),
        gate=gate.code,
        at=now,
        seen_at=sighting.last_at,
        direction=_way(gate),
        means=sighting.means.value,
        subject=sighting.subject,
        plate=sighting.value if sighting.means is Means.PLATE else None,
        granted=isinstance(answer, Grant),
        reason=answer.reason.value,
        rule=answer.rule,
    )


def sighted_person(sighting: Sighting, policy: Policy) -> Subject | None:
    """The enrolled person who was sighted; None for a vehicle, a stranger and an operator's order."""
    if sighting.means in (Means.PLATE, Means.RECEIPT, Means.OPERATOR) or sighting.subject is None:
        return None
    return policy.subjects.get(sighting.subject)


def told(attempt: Attempt, answered: Answered, person: Subject | None, policy: Policy) -> Attempt:
    """The attempt with what its answer rests on, so that it can be gone through again: see `domain.replay`."""
    if person is None:
        return msgspec.structs.replace(attempt, policy=policy.number)
    groups = sorted(group[:GROUP_LETTERS] for group in person.groups)
    return msgspec.structs.replace(
        attempt, policy=policy.number, groups=groups, was_in=answered.was_in, inside=answered.inside
    )


def with_(attempt: Attempt, subject: str) -> Attempt:
    """The same grant for somebody who goes in together with whoever was answered."""
    return msgspec.structs.replace(attempt, id=new_id(attempt.at), subject=subject, groups=[], was_in=None)


def given(pending: Pending, at: datetime) -> Answer:
    """The answer that a granted attempt had been given, as if it were still in view at `at`."""
    attempt = pending.attempt
    value = attempt.plate or ""
    sighting = Sighting(Means(attempt.means), value, attempt.subject, attempt.seen_at, attempt.seen_at, 1)
    return Answer(sighting, True, Reason(attempt.reason), 0, at)


def passage_of(attempt: Attempt, at: datetime, *, sensed: bool) -> Passage:
    return Passage(
        id=new_id(at),
        attempt=attempt.id,
        gate=attempt.gate,
        at=at,
        direction=attempt.direction,
        means=attempt.means,
        subject=attempt.subject,
        plate=attempt.plate,
        reason=attempt.reason,
        sensed=sensed,
    )
