"""Who may pass where and when: the decision as a pure function of what was sighted, the policy's facts and the time.

Here is what holds at every gate, and what a person may; what a vehicle may is in `vehicles`.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gatehouse.domain.bays import NO_BAYS, Bays
from gatehouse.domain.decisions import Decision, Grant, Reason, Refusal
from gatehouse.domain.liveness import TRY_AGAIN, Liveness
from gatehouse.domain.modes import FREE, Stand, stand_at
from gatehouse.domain.papers import Why, lack
from gatehouse.domain.periods import local_date, within
from gatehouse.domain.policy import Direction, Gate, GateKind, Policy, Rule, Subject
from gatehouse.domain.schedules import open_at
from gatehouse.domain.sightings import Means, Sighting
from gatehouse.domain.vehicles import decide_receipt, decide_rescue, decide_vehicle
from gatehouse.domain.zones import LOOK_AGAIN, NOBODY_AROUND, WAITING, Around, decide_zone, is_interlocked

_UNKNOWN = {
    Means.FACE: Reason.UNKNOWN_FACE,
    Means.CARD: Reason.UNKNOWN_CARD,
    Means.PIN: Reason.UNKNOWN_PIN,
    Means.PASS: Reason.INVALID_PASS,
    Means.PLATE: Reason.UNKNOWN_PLATE,
}
_LACKING = {
    Why.MISSING: Reason.PAPER_MISSING,
    Why.NOT_YET: Reason.PAPER_NOT_YET,
    Why.ENDED: Reason.PAPER_ENDED,
}
_TIMED = (Means.FACE, Means.PASS)  # what holds until a moment, and cannot be judged without the time
_REFUSED_EVEN_WHEN_OPEN = frozenset({Reason.DENIED, Reason.BLOCKED})
_SHUT = {Stand.CLOSED: Reason.GATE_CLOSED, Stand.LOCKDOWN: Reason.LOCKDOWN}


def decide(
    sighting: Sighting,
    gate: Gate,
    policy: Policy,
    now: datetime,
    bays: Bays = NO_BAYS,
    around: Around = NOBODY_AROUND,
) -> Decision:
    """May what was sighted pass this gate now? Every sighting gets an answer, which names what decided.

    In this order: evidence that is not fresh is never acted on; while a site is left everybody passes; of a vestibule
    one door opens; an operator opens whatever the gate's mode; an emergency vehicle passes whatever else holds; a
    closed gate admits nobody else; a deny, or a blocked vehicle on its way in, beats every grant and even an open gate;
    then a rule grants, where no paper is lacking, a face must have been alive where the gate asks for that, and what
    the gate leads into has its say. A mode that is not known is a closed one. `bays` are those of the vehicle's
    contracts, `around` is what the edge knows of people and doors. While the clock is doubtful, `now` is the earliest
    time that it can be. Raises ZoneInfoNotFoundError for a zone that is none.
    """
    if abs(now - sighting.last_at) > timedelta(seconds=gate.freshness_s):
        return Refusal(Reason.STALE)
    stand = stand_at(gate, policy, now, around.arrived.get(gate.code))
    if stand is Stand.EVACUATION:
        return Grant(Reason.EVACUATION)
    if is_interlocked(gate, policy, around):
        return Refusal(Reason.INTERLOCK)
    if sighting.means is Means.OPERATOR:
        return Grant(Reason.BY_HAND)
    if rescue := decide_rescue(sighting, _known(sighting, policy, now), gate, policy, now):
        return rescue
    if stand in _SHUT:
        return Refusal(_SHUT[stand])
    answer = _controlled(sighting, gate, policy, now, bays, around)
    match answer:
        case Refusal(reason=why) if stand in FREE and why not in _REFUSED_EVEN_WHEN_OPEN:
            return Grant(Reason.GATE_OPEN)
        case _:
            return answer


def decide_unseen(gate: Gate, policy: Policy, now: datetime) -> Decision:
    """May whoever comes pass this gate, of which no camera gives a picture?"""
    stand = stand_at(gate, policy, now)
    if gate.kind is not GateKind.LANE:
        return Refusal(Reason.CAMERA_LOST)
    if stand in FREE:
        return Grant(Reason.EVACUATION if stand is Stand.EVACUATION else Reason.GATE_OPEN)
    if stand is Stand.CONTROLLED:
        opens = gate.offline().stands_open(policy.contact)
        return Grant(Reason.CAMERA_LOST) if opens else Refusal(Reason.CAMERA_LOST)
    return Refusal(_SHUT[stand])


def thinks_again_at(
    sighting: Sighting, gate: Gate, policy: Policy, now: datetime, why: Reason | None = None
) -> datetime | None:
    """When what was refused, for the reason `why`, may get another answer though nothing new was told; None for
    never."""
    if why in WAITING:
        return now + LOOK_AGAIN
    if why is Reason.LIVENESS:
        return now + TRY_AGAIN
    if sighting.means is not Means.PLATE or gate.kind is not GateKind.LANE:
        return None
    return gate.offline().thinks_again_at(policy.contact, now)


def _controlled(sighting: Sighting, gate: Gate, policy: Policy, now: datetime, bays: Bays, around: Around) -> Decision:
    subject = _known(sighting, policy, now)
    denied = subject and _denied(subject, gate, policy, now)
    if denied:
        return denied
    if sighting.means is Means.RECEIPT:
        return decide_receipt(sighting, gate, now)
    if sighting.means not in gate.means:
        return Refusal(Reason.MEANS_NOT_ACCEPTED)
    if sighting.means is Means.PLATE:
        return decide_vehicle(sighting, subject, gate, policy, now, bays)
    if policy.contact.clock_doubtful and sighting.means in _TIMED and gate.direction is not Direction.OUT:
        return Refusal(Reason.CLOCK_DOUBTFUL)
    if sighting.means is Means.FACE and policy.lease_ends is not None and now >= policy.lease_ends:
        return Refusal(Reason.LEASE_EXPIRED)
    if subject is None:
        return Refusal(_UNKNOWN[sighting.means])
    if sighting.means is Means.PASS and (flaw := _flaw(sighting, policy, now)):
        return flaw
    return _person(sighting, subject, gate, policy, now, around)


def _lacks_proof(sighting: Sighting, gate: Gate) -> bool:
    """Whether a face would be let in here once it has shown that it is no picture; nobody else is asked for that."""
    return gate.liveness is not Liveness.NONE and sighting.means is Means.FACE and sighting.alive is not True


def _known(sighting: Sighting, policy: Policy, now: datetime) -> Subject | None:
    """The subject, if the policy knows it at this time: outside its span an enrolled person is a stranger."""
    subject = policy.subjects.get(sighting.subject) if sighting.subject is not None else None
    return subject if subject is not None and within(subject.starts, subject.ends, now) else None


def _flaw(sighting: Sighting, policy: Policy, now: datetime) -> Refusal | None:
    """What is wrong with a genuine pass of a known person."""
    if sighting.value in policy.dead_passes:
        return Refusal(Reason.INVALID_PASS)
    if sighting.ends is not None and now >= sighting.ends:
        return Refusal(Reason.EXPIRED_PASS)
    return Refusal(Reason.USED_PASS) if sighting.used else None


def _denied(subject: Subject, gate: Gate, policy: Policy, now: datetime) -> Refusal | None:
    # The blocked list keeps vehicles out; it is no reason to lock one in.
    if subject.is_blocked(now) and gate.direction is not Direction.OUT:
        return Refusal(Reason.BLOCKED, subject.id)
    for rule in policy.index.naming(gate.code, subject.groups):
        if rule.deny and _in_force(rule, policy, now):
            return Refusal(Reason.DENIED, rule.id)
    return None


def _person(
    sighting: Sighting, subject: Subject, gate: Gate, policy: Policy, now: datetime, around: Around
) -> Decision:
    grants = [rule for rule in policy.index.naming(gate.code, subject.groups) if not rule.deny]
    for rule in grants:
        if _in_force(rule, policy, now):
            if lacking := _lacking(subject, gate, policy, now):
                return lacking
            if _lacks_proof(sighting, gate):
                # Before zones: nobody goes in as the second person of a picture.
                return Refusal(Reason.LIVENESS, rule.id)
            return decide_zone(subject, gate, policy, now, around, Grant(Reason.RULE, rule.id))
    return Refusal(Reason.SCHEDULE, grants[0].id) if grants else Refusal(Reason.NO_RULE)


def _lacking(subject: Subject, gate: Gate, policy: Policy, now: datetime) -> Refusal | None:
    """A paper that is not held keeps people out, and locks nobody in."""
    if subject.papers is None or gate.direction is Direction.OUT:
        return None
    found = lack(subject.papers, policy.papers, local_date(now, ZoneInfo(policy.zone)))
    return Refusal(_LACKING[found.why], found.about) if found else None


def _in_force(rule: Rule, policy: Policy, now: datetime) -> bool:
    """A rule whose schedule is missing errs to the safe side: a grant never holds, a deny always does."""
    if not within(rule.starts, rule.ends, now):
        return False
    if rule.schedule is None:
        return True
    schedule = policy.schedules.get(rule.schedule)
    return rule.deny if schedule is None else open_at(schedule, now, ZoneInfo(policy.zone))
