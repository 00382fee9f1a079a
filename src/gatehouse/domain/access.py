"""Who may pass where and when: the policy as facts, and the decision as a pure function of them.

The same facts travel in the feed from server to edge (`gatehouse.wire.Feed`) and are read by an auditor who
replays a decision, so they hold ids and codes only, never a name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import DAY, Period, at_local, local_date
from gatehouse.domain.plates import fold
from gatehouse.domain.sightings import Means, Sighting


class GateKind(StrEnum):
    DOOR = "door"
    TURNSTILE = "turnstile"
    LANE = "lane"  # vehicles


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    BOTH = "both"


class Reason(StrEnum):
    """Every answer a gate can give; worded for people in the pages, never here."""

    RULE = "rule"  # grant: a rule covers this person here and now
    PERMIT = "permit"  # grant: the vehicle's permit is in force
    VISITOR = "visitor"  # grant: the lane admits vehicles that it does not know
    CLEARED = "cleared"  # grant: the stay is paid or free of charge
    BY_HAND = "by_hand"  # grant: an operator opened
    GATE_OPEN = "gate_open"  # grant: the gate's mode admits everybody
    UNKNOWN_FACE = "unknown_face"
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_PIN = "unknown_pin"
    UNKNOWN_PLATE = "unknown_plate"
    INVALID_PASS = "invalid_pass"  # noqa: S105 -- forged, taken back, or not this site's
    EXPIRED_PASS = "expired_pass"  # noqa: S105
    USED_PASS = "used_pass"  # noqa: S105
    NO_RULE = "no_rule"  # no rule names this person at this gate
    SCHEDULE = "schedule"  # a rule names them, but not at this time
    DENIED = "denied"  # a deny rule; it beats every grant
    BLOCKED = "blocked"  # the vehicle is on the blocked list
    UNPAID = "unpaid"
    MEANS_NOT_ACCEPTED = "means_not_accepted"
    LEASE_EXPIRED = "lease_expired"  # the edge's copy of the people is too old for a face alone
    STALE = "stale"  # the evidence is older than the gate's freshness limit: recorded, never acted on
    ALREADY_GRANTED = "already_granted"  # a grant for the same approach is still in force
    GATE_CLOSED = "gate_closed"  # the gate's mode admits nobody
    NOT_CONFIRMED = "not_confirmed"  # granted, but nobody passed


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Half-open wall-clock window on some weekdays (Monday 0) of the site's zone; an end not after its start
    is on the next date. `dates` empty means every date; otherwise only those. A window belongs to the date
    that it starts on."""

    weekdays: frozenset[int]
    start: time
    end: time
    dates: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Schedule:
    id: str
    windows: tuple[TimeWindow, ...]
    closed_on: frozenset[date] = frozenset()  # holidays: no window starts on them


@dataclass(frozen=True, slots=True)
class Rule:
    """who (groups) x where (gates) x when (schedule; from/until if temporary). `deny` beats every grant."""

    id: str
    groups: frozenset[str]
    gates: frozenset[str]
    schedule: str | None = None  # None: always
    deny: bool = False
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """An enrolled person or registered vehicle as the gate knows it: an id, groups and the span in which it
    is known. `permits` name gates and spans for vehicles."""

    id: str
    groups: frozenset[str] = frozenset()
    starts: datetime | None = None
    ends: datetime | None = None
    permits: tuple["Permit", ...] = ()
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Permit:
    """The right of one vehicle to be in a garage's zone during [starts, ends)."""

    id: str
    gates: frozenset[str]
    starts: datetime
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Clearance:
    """A paid, or free, stay may leave until `ends`. `plate` is normalised. `alone`: no other vehicle inside has a plate
    that looks the same."""

    id: str
    plate: str
    ends: datetime
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate's policy. Codes are unique within a site."""

    code: str
    kind: GateKind
    direction: Direction
    means: frozenset[Means]
    open_s: float = 3.0  # relay pulse, timed by the device
    confirm_s: float = 15.0  # how long to wait for the passage; also the time in which one grant serves
    freshness_s: float = 10.0  # evidence older than this is recorded, never acted on
    admits_unknown: bool = False  # an entry lane that lets in vehicles that it does not know
    collects: bool = False  # an exit lane that lets only cleared stays out
    has_sensor: bool = False
    mode: str = "controlled"  # controlled | closed | open


@dataclass(frozen=True, slots=True)
class Policy:
    """All that `decide` needs for one site, besides the sighting and the time."""

    zone: str  # IANA name
    gates: dict[str, Gate] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    subjects: dict[str, Subject] = field(default_factory=dict)
    clearances: dict[str, Clearance] = field(default_factory=dict)  # by normalised plate
    looks: dict[str, Clearance] = field(default_factory=dict)  # by folded plate: `by_looks(clearances)`
    lease_ends: datetime | None = None  # after this, a face alone is refused
    dead_passes: frozenset[str] = frozenset()  # ids of passes that were taken back before their end


@dataclass(frozen=True, slots=True)
class Grant:
    reason: Reason
    rule: str | None = None  # id of the rule, permit or clearance that decided


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Reason
    rule: str | None = None


Decision = Grant | Refusal


# --- the decision --------------------------------------------------------------------------------------

_UNKNOWN = {
    Means.FACE: Reason.UNKNOWN_FACE,
    Means.CARD: Reason.UNKNOWN_CARD,
    Means.PIN: Reason.UNKNOWN_PIN,
    Means.PASS: Reason.INVALID_PASS,
    Means.PLATE: Reason.UNKNOWN_PLATE,
}
_REFUSED_EVEN_WHEN_OPEN = frozenset({Reason.DENIED, Reason.BLOCKED})


def decide(sighting: Sighting, gate: Gate, policy: Policy, now: datetime) -> Decision:
    """May what was sighted pass this gate now? Every sighting gets an answer, which names what decided.

    In this order: evidence that is not fresh is never acted on; an operator opens whatever the gate's mode; a
    closed gate admits nobody else; a deny, or a blocked vehicle on its way in, beats every grant and even an
    open gate. A mode that is not known is a closed one. Raises ZoneInfoNotFoundError for a zone that is none.
    """
    if abs(now - sighting.last_at) > timedelta(seconds=gate.freshness_s):
        return Refusal(Reason.STALE)
    if sighting.means is Means.OPERATOR:
        return Grant(Reason.BY_HAND)
    if gate.mode not in ("controlled", "open"):
        return Refusal(Reason.GATE_CLOSED)
    answer = _controlled(sighting, gate, policy, now)
    match answer:
        case Refusal(reason=why) if gate.mode == "open" and why not in _REFUSED_EVEN_WHEN_OPEN:
            return Grant(Reason.GATE_OPEN)
        case _:
            return answer


def _controlled(sighting: Sighting, gate: Gate, policy: Policy, now: datetime) -> Decision:
    subject = _known(sighting, policy, now)
    denied = subject and _denied(subject, gate, policy, now)
    if denied:
        return denied
    if sighting.means not in gate.means:
        return Refusal(Reason.MEANS_NOT_ACCEPTED)
    if sighting.means is Means.PLATE:
        return _vehicle(sighting, subject, gate, policy, now)
    if sighting.means is Means.FACE and policy.lease_ends is not None and now >= policy.lease_ends:
        return Refusal(Reason.LEASE_EXPIRED)
    if subject is None:
        return Refusal(_UNKNOWN[sighting.means])
    if sighting.means is Means.PASS and (flaw := _flaw(sighting, policy, now)):
        return flaw
    return _person(subject, gate, policy, now)


def _known(sighting: Sighting, policy: Policy, now: datetime) -> Subject | None:
    """The subject, if the policy knows it at this time: outside its span an enrolled person is a stranger."""
    subject = policy.subjects.get(sighting.subject) if sighting.subject is not None else None
    return subject if subject is not None and _within(subject.starts, subject.ends, now) else None


def _within(starts: datetime | None, ends: datetime | None, now: datetime) -> bool:
    return (starts is None or starts <= now) and (ends is None or now < ends)


def _flaw(sighting: Sighting, policy: Policy, now: datetime) -> Refusal | None:
    """What is wrong with a genuine pass of a known person."""
    if sighting.value in policy.dead_passes:
        return Refusal(Reason.INVALID_PASS)
    if sighting.ends is not None and now >= sighting.ends:
        return Refusal(Reason.EXPIRED_PASS)
    return Refusal(Reason.USED_PASS) if sighting.used else None


def _denied(subject: Subject, gate: Gate, policy: Policy, now: datetime) -> Refusal | None:
    # The blocked list keeps vehicles out; it is no reason to lock one in.
    if subject.blocked and gate.direction is not Direction.OUT:
        return Refusal(Reason.BLOCKED, subject.id)
    for rule in policy.rules:
        if rule.deny and _names(rule, subject, gate) and _in_force(rule, policy, now):
            return Refusal(Reason.DENIED, rule.id)
    return None


def _person(subject: Subject, gate: Gate, policy: Policy, now: datetime) -> Decision:
    grants = [rule for rule in policy.rules if not rule.deny and _names(rule, subject, gate)]
    for rule in grants:
        if _in_force(rule, policy, now):
            return Grant(Reason.RULE, rule.id)
    return Refusal(Reason.SCHEDULE, grants[0].id) if grants else Refusal(Reason.NO_RULE)


def _vehicle(sighting: Sighting, subject: Subject | None, gate: Gate, policy: Policy, now: datetime) -> Decision:
    """Permit first, since it costs the driver nothing; then the clearance of exactly this plate, then the only one of a
    plate that looks the same."""
    if subject is not None and not subject.blocked:
        for permit in subject.permits:
            if gate.code in permit.gates and _within(permit.starts, permit.ends, now):
                return Grant(Reason.PERMIT, permit.id)
    if gate.collects:
        clearance = policy.clearances.get(sighting.value) or policy.looks.get(fold(sighting.value))
        if clearance is not None and now < clearance.ends:
            return Grant(Reason.CLEARED, clearance.id)
        return Refusal(Reason.UNPAID)
    if gate.admits_unknown:
        return Grant(Reason.VISITOR)
    return Refusal(Reason.UNKNOWN_PLATE if subject is None else Reason.NO_RULE)


def by_looks(clearances: Iterable[Clearance]) -> dict[str, Clearance]:
    """Those that a plate may use which only looks the same: one alone, of the garage as of the clearances."""
    found: dict[str, Clearance] = {}
    shared: set[str] = set()
    for clearance in clearances:
        looks = fold(clearance.plate)
        other = found.setdefault(looks, clearance)
        if other.id != clearance.id or not clearance.alone:
            shared.add(looks)
    return {looks: clearance for looks, clearance in found.items() if looks not in shared}


def _names(rule: Rule, subject: Subject, gate: Gate) -> bool:
    return gate.code in rule.gates and not rule.groups.isdisjoint(subject.groups)


def _in_force(rule: Rule, policy: Policy, now: datetime) -> bool:
    """A rule whose schedule is missing errs to the safe side: a grant never holds, a deny always does."""
    if not _within(rule.starts, rule.ends, now):
        return False
    if rule.schedule is None:
        return True
    schedule = policy.schedules.get(rule.schedule)
    return rule.deny if schedule is None else open_at(schedule, now, ZoneInfo(policy.zone))


def open_at(schedule: Schedule, now: datetime, zone: ZoneInfo) -> bool:
    """True when a window of the schedule holds this instant."""
    today = local_date(now, zone)
    return any(
        window_on(window, day, zone).holds(now)
        for day in (today - DAY, today)  # yesterday's windows may reach into today
        if day not in schedule.closed_on
        for window in schedule.windows
        if day.weekday() in window.weekdays and (not window.dates or day in window.dates)
    )


def window_on(window: TimeWindow, day: date, zone: ZoneInfo) -> Period:
    """The window that starts on `day` as instants; an hour longer or shorter in a night of changing clocks.

    Of a wall time that is shown twice the first showing counts, for starts and ends alike, so that windows
    that meet on the clock meet without gap or overlap; a skipped time is the instant of the jump over it.
    """
    last = day if window.start < window.end else day + DAY
    start, end = at_local(day, window.start, zone), at_local(last, window.end, zone)
    return Period(start, max(start, end))
