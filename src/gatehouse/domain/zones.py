"""What a zone asks of people who come in, besides the rules of who may when: anti-passback, a limit, company.

Nothing here refuses who leaves. A lock on the way out is for the door's own hardware, never for a program.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gatehouse.domain.decisions import Decision, Grant, Reason, Refusal
from gatehouse.domain.periods import local_date
from gatehouse.domain.policy import Direction, Gate, Passback, Policy, Subject, ZoneRules
from gatehouse.domain.whereabouts import INSIDE, NOWHERE, OUTSIDE, Move, Whereabouts

# What waits for somebody else is looked at again after this.
LOOK_AGAIN = timedelta(seconds=2)
WAITING = frozenset({Reason.ZONE_FULL, Reason.SECOND_PERSON, Reason.FIRST_PERSON, Reason.ESCORT, Reason.INTERLOCK})


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody whom a rule lets in here showed themselves at `at`; `waits` while they were not let in."""

    subject: str
    groups: frozenset[str]
    at: datetime
    waits: bool


@dataclass(frozen=True, slots=True)
class Around:
    """What an edge knows of people and doors as somebody stands before one gate. `coming` are those who were let into a
    zone and have not passed yet; `shown` those who stood at this gate before; `ajar` the gates that are open;
    `arrived` when a zone's first person came last."""

    whereabouts: Whereabouts = NOWHERE
    coming: Mapping[str, frozenset[str]] = field(default_factory=dict)
    shown: tuple[Shown, ...] = ()
    ajar: frozenset[str] = frozenset()
    arrived: Mapping[str, datetime] = field(default_factory=dict)


NOBODY_AROUND = Around()


def leads_to(gate: Gate) -> str | None:
    """The zone that a passage ends in, OUTSIDE for the street; None for a gate that does not tell which way."""
    match gate.direction:
        case Direction.IN:
            return gate.stands_in or INSIDE
        case Direction.OUT:
            return gate.outer
        case _:
            return None


def comes_from(gate: Gate) -> str | None:
    """The zone that a passage begins in, as `leads_to`."""
    match gate.direction:
        case Direction.IN:
            return gate.outer
        case Direction.OUT:
            return gate.stands_in or INSIDE
        case _:
            return None


def entered(gate: Gate, policy: Policy) -> Iterator[ZoneRules]:
    """The rules of what this gate leads into: its zone and, from the street, the site."""
    if gate.direction is not Direction.IN:
        return
    zone = leads_to(gate)
    for code in (zone, INSIDE if gate.outer == OUTSIDE and zone != INSIDE else None):
        rules = policy.zones.get(code) if code is not None else None
        if rules is not None:
            yield rules


def is_interlocked(gate: Gate, policy: Policy, around: Around) -> bool:
    """Whether another door of the same vestibule is open."""
    return bool(gate.interlock) and any(
        code != gate.code and code in policy.gates and policy.gates[code].interlock == gate.interlock
        for code in around.ajar
    )


def decide_zone(
    subject: Subject, gate: Gate, policy: Policy, now: datetime, around: Around, granted: Grant
) -> Decision:
    """What becomes of the grant that a rule gave, where it leads into a zone with rules of its own."""
    soft = _is_elsewhere(subject, gate, policy, now, around)
    strict = _passback(gate, policy)
    if soft and gate.direction is Direction.IN and _holds(subject, gate, policy, now, around, strict):
        return Refusal(Reason.PASSBACK, granted.rule)
    company: Grant | None = None
    for rules in entered(gate, policy):
        answer = _enter(subject, rules, policy, now, around, granted)
        if isinstance(answer, Refusal):
            return answer
        company = company or answer
    if company is not None:
        return company
    return Grant(Reason.PASSBACK, granted.rule) if soft else granted


def companions(subject: str, gate: Gate, policy: Policy, now: datetime, around: Around) -> tuple[str, ...]:
    """Who waits at this gate to go in with this person, where two go in together: the one who waited longest."""
    for rules in entered(gate, policy):
        if rules.two_person and (other := _second(subject, rules, now, around)) is not None:
            return (other.subject,)
    return ()


def leaves_alone(move: Move, policy: Policy, after: Whereabouts, before: Whereabouts, now: datetime) -> str | None:
    """The zone that this move leaves one person alone in, though its rule asks for two; None for none."""
    held = before.people.get(move.subject)
    rules = policy.zones.get(held.zone) if held is not None else None
    if held is None or rules is None or not rules.two_person or held.zone == move.zone:
        return None
    lasts = policy.lasts()
    was, left = before.inside(held.zone, now, lasts), after.inside(held.zone, now, lasts)
    return held.zone if len(was) > 1 and len(left) == 1 else None


def _passback(gate: Gate, policy: Policy) -> Passback:
    """The kind of the zone that the gate leads into; the site's own where the zone leaves it to the site."""
    zone = leads_to(gate)
    rules = policy.zones.get(zone) if zone is not None else None
    kind = Passback.SITE if rules is None else rules.passback
    if kind is Passback.SITE:
        site = policy.zones.get(INSIDE)
        kind = Passback.OFF if site is None or site.passback is Passback.SITE else site.passback
    return kind


def _times(gate: Gate, policy: Policy) -> ZoneRules | None:
    zone = leads_to(gate)
    rules = policy.zones.get(zone) if zone is not None else None
    return policy.zones.get(INSIDE) if rules is None or rules.passback is Passback.SITE else rules


def _is_elsewhere(subject: Subject, gate: Gate, policy: Policy, now: datetime, around: Around) -> bool:
    """Whether this person is known to be somewhere else than where they would come from."""
    start = comes_from(gate)
    if start is None or _passback(gate, policy) is Passback.OFF:
        return False
    move = around.whereabouts.of(subject.id, now, policy.lasts())
    return move is not None and move.zone != start and not (start == INSIDE and move.zone != OUTSIDE)


def _holds(subject: Subject, gate: Gate, policy: Policy, now: datetime, around: Around, kind: Passback) -> bool:
    rules = _times(gate, policy)
    away = rules is not None and rules.soft_when_away and policy.contact.silent_s >= gate.server_away_s
    if kind is Passback.SOFT or away:
        return False
    if kind is Passback.HARD:
        return True
    # Without a time that can be trusted nobody is held up for one.
    move = around.whereabouts.of(subject.id, now, policy.lasts())
    if rules is None or move is None or policy.contact.clock_doubtful:
        return False
    return now - move.at < timedelta(seconds=rules.passback_s)


def _enter(
    subject: Subject, rules: ZoneRules, policy: Policy, now: datetime, around: Around, granted: Grant
) -> Grant | Refusal | None:
    """The refusal, the grant for two who go in together, or None where the zone asks for nothing."""
    there = around.whereabouts.inside(rules.id, now, policy.lasts()) | around.coming.get(rules.id, frozenset())
    others = there - {subject.id}
    if rules.first_in and not (subject.groups & rules.first_in) and not _is_begun(rules, policy, now, around):
        return Refusal(Reason.FIRST_PERSON, granted.rule)
    if subject.groups & rules.escorted and not _is_escorted(subject, rules, now, around):
        return Refusal(Reason.ESCORT, granted.rule)
    second = _second(subject.id, rules, now, around) if rules.two_person and not others else None
    coming = 1 + (second is not None)
    if rules.limit is not None and len(others) + coming > rules.limit:
        return Refusal(Reason.ZONE_FULL, granted.rule)
    if rules.two_person and not others:
        return Grant(Reason.TWO_PERSON, granted.rule) if second else Refusal(Reason.SECOND_PERSON, granted.rule)
    return None


def _is_begun(rules: ZoneRules, policy: Policy, now: datetime, around: Around) -> bool:
    """Whether one of those who must come first has come since the site's midnight."""
    came, zone = around.arrived.get(rules.id), ZoneInfo(policy.zone)
    return came is not None and local_date(came, zone) == local_date(now, zone)


def _is_escorted(subject: Subject, rules: ZoneRules, now: datetime, around: Around) -> bool:
    return any(
        one.subject != subject.id and one.groups & rules.escorts and _is_fresh(one, rules, now) for one in around.shown
    )


def _second(subject: str, rules: ZoneRules, now: datetime, around: Around) -> Shown | None:
    waiting = (one for one in around.shown if one.waits and one.subject != subject and _is_fresh(one, rules, now))
    return min(waiting, key=lambda one: one.at, default=None)


def _is_fresh(one: Shown, rules: ZoneRules, now: datetime) -> bool:
    return timedelta() <= now - one.at <= timedelta(seconds=rules.together_s)
