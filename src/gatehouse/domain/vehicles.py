"""What a vehicle may at a lane: by a list, a permit, a clearance or a receipt, and without any of them."""

from datetime import datetime

from gatehouse.domain.bays import Bays
from gatehouse.domain.decisions import Decision, Grant, Reason, Refusal
from gatehouse.domain.offline import Contact, Lane, ServerAway
from gatehouse.domain.periods import within
from gatehouse.domain.plates import fold, is_emergency
from gatehouse.domain.policy import Direction, Gate, Permit, Policy, Subject
from gatehouse.domain.sightings import Means, Sighting


def decide_rescue(
    sighting: Sighting, subject: Subject | None, gate: Gate, policy: Policy, now: datetime
) -> Grant | None:
    """An ambulance is let in and out at once: it is listed, or its plate says so and the lane goes by that."""
    if sighting.means is not Means.PLATE or Means.PLATE not in gate.means:
        return None
    for listed in subject.emergency if subject else ():
        if gate.code in listed.gates and within(listed.starts, listed.ends, now):
            return Grant(Reason.EMERGENCY, listed.id)
    by_form = gate.code in policy.emergency and is_emergency(sighting.value, policy.countries)
    return Grant(Reason.EMERGENCY) if by_form else None


def decide_vehicle(
    sighting: Sighting, subject: Subject | None, gate: Gate, policy: Policy, now: datetime, bays: Bays
) -> Decision:
    """A right of its own first, since it costs the driver nothing; then the clearance of exactly this
    plate, then the only one of a plate that looks the same; then what the lane does without a server."""
    crowded: str | None = None
    if subject is not None and not subject.is_blocked(now):
        for listed in subject.welcome:
            if gate.code in listed.gates and within(listed.starts, listed.ends, now):
                return Grant(Reason.WELCOME, listed.id)
        for permit in sorted(subject.permits, key=lambda one: one.pool is not None):
            if gate.code in permit.gates and within(permit.starts, permit.ends, now):
                if _serves(permit, gate, bays):
                    return Grant(Reason.BOOKING if permit.once else Reason.PERMIT, permit.id)
                crowded = crowded if permit.once else permit.id
    if gate.collects:
        clearance = policy.clearances.get(sighting.value) or policy.looks.get(fold(sighting.value))
        if clearance is not None and now < clearance.ends:
            return Grant(Reason.CLEARED, clearance.id)
    lane = gate.offline()
    if lane.is_cut_off(policy.contact) and (gate.collects or gate.admits_unknown or lane.away() is ServerAway.ADMIT):
        return _cut_off(lane, policy.contact)
    if gate.collects:
        return Refusal(Reason.UNPAID)
    if gate.admits_unknown and gate.code in policy.full:
        return Refusal(Reason.FULL)
    if crowded is not None:
        return Grant(Reason.POOL_FULL, crowded) if gate.admits_unknown else Refusal(Reason.POOL_FULL, crowded)
    if gate.admits_unknown:
        return Grant(Reason.VISITOR)
    return Refusal(Reason.UNKNOWN_PLATE if subject is None else Reason.NO_RULE)


def decide_receipt(sighting: Sighting, gate: Gate, now: datetime) -> Decision:
    """A lane that collects takes every genuine receipt of its garage, whatever means it has besides."""
    if not gate.collects:
        return Refusal(Reason.MEANS_NOT_ACCEPTED)
    if sighting.subject is None:
        return Refusal(Reason.INVALID_RECEIPT)
    if sighting.ends is None or now >= sighting.ends:
        return Refusal(Reason.EXPIRED_RECEIPT)
    return Refusal(Reason.USED_RECEIPT) if sighting.used else Grant(Reason.RECEIPT, sighting.subject)


def _cut_off(lane: Lane, contact: Contact) -> Decision:
    """A vehicle of which this lane knows no right. What a stay costs cannot be told from times that are in doubt."""
    match lane.away():
        case ServerAway.HOLD:
            return Refusal(Reason.SERVER_AWAY)
        case ServerAway.OPEN_FREE:
            return Grant(Reason.OFFLINE_FREE)
        case _ if contact.clock_doubtful:
            return Grant(Reason.CLOCK_DOUBTFUL)
        case ServerAway.OPEN_AFTER:
            return Grant(Reason.OFFLINE_OWED)
        case _:
            return Grant(Reason.VISITOR)


def _serves(permit: Permit, gate: Gate, bays: Bays) -> bool:
    """On the way in there must be a bay; a vehicle that came in as a visitor is one until it has left."""
    if permit.pool is None:
        return True
    if gate.direction is Direction.OUT:
        return permit.pool in bays.held or not gate.collects
    return bays.has_room(permit.pool, permit.bays)


def shared_right(subject: Subject | None, decision: Decision) -> Permit | None:
    """The permit that decided, where it holds a bay."""
    if subject is None or not isinstance(decision, Grant) or decision.reason not in (Reason.PERMIT, Reason.BOOKING):
        return None
    return next((one for one in subject.permits if one.id == decision.rule and one.pool is not None), None)
