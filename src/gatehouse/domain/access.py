"""Who may pass where and when: the policy as facts, and the decision as a pure function of them.

The same facts travel in the feed from server to edge (`gatehouse.wire.Feed`) and are read by an auditor who
replays a decision, so they hold ids and codes only, never a name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from gatehouse.domain.bays import NO_BAYS, Bays
from gatehouse.domain.offline import ALL_WELL, CameraLost, Contact, Lane, ServerAway
from gatehouse.domain.periods import DAY, Period, at_local, local_date
from gatehouse.domain.plates import fold, is_emergency
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
    WELCOME = "welcome"  # grant: the vehicle is on the welcome list
    BOOKING = "booking"  # grant: the stay was booked
    EMERGENCY = "emergency"  # grant: an ambulance, the fire brigade, the police
    POOL_FULL = "pool_full"  # grant as a visitor, or refusal: all bays of the vehicle's contract are taken
    CLEARED = "cleared"  # grant: the stay is paid or free of charge
    BY_HAND = "by_hand"  # grant: an operator opened
    RECEIPT = "receipt"  # grant: the signed receipt of a paid stay was shown
    GATE_OPEN = "gate_open"  # grant: the gate's mode admits everybody
    OFFLINE_OWED = "offline_owed"  # grant: the server is away; let out, and what the stay costs is owed
    OFFLINE_FREE = "offline_free"  # grant: the server is away; let out free of charge
    UNKNOWN_FACE = "unknown_face"
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_PIN = "unknown_pin"
    UNKNOWN_PLATE = "unknown_plate"
    INVALID_PASS = "invalid_pass"  # noqa: S105 -- forged, taken back, or not this site's
    EXPIRED_PASS = "expired_pass"  # noqa: S105
    USED_PASS = "used_pass"  # noqa: S105
    INVALID_RECEIPT = "invalid_receipt"  # forged, or of another site or garage
    EXPIRED_RECEIPT = "expired_receipt"  # the time to leave is over
    USED_RECEIPT = "used_receipt"  # it has opened, or its stay has left
    NO_RULE = "no_rule"  # no rule names this person at this gate
    SCHEDULE = "schedule"  # a rule names them, but not at this time
    DENIED = "denied"  # a deny rule; it beats every grant
    BLOCKED = "blocked"  # the vehicle is on the blocked list
    FULL = "full"  # the garage has no bay for a visitor
    UNPAID = "unpaid"
    MEANS_NOT_ACCEPTED = "means_not_accepted"
    SERVER_AWAY = "server_away"  # the server is away and the gate's policy is to wait for it
    CAMERA_LOST = "camera_lost"  # no picture: by its policy the lane stands open (grant) or stays shut
    CLOCK_DOUBTFUL = "clock_doubtful"  # the time cannot be trusted: let through (grant) without a price, or not
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
    blocked_until: datetime | None = None  # None: for good
    welcome: tuple["Permit", ...] = ()
    emergency: tuple["Permit", ...] = ()

    def is_blocked(self, now: datetime) -> bool:
        return self.blocked and (self.blocked_until is None or now < self.blocked_until)


@dataclass(frozen=True, slots=True)
class Permit:
    """The right of one vehicle to be in a garage's zone during [starts, ends). With a `pool` it shares `bays` bays with
    others; `once`: the right is a booking and serves for one stay. `holder` is the registered vehicle that has it,
    where several were registered with one plate."""

    id: str
    gates: frozenset[str]
    starts: datetime
    ends: datetime | None
    pool: str | None = None
    bays: int = 1
    once: bool = False
    holder: str = ""


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
    stands_in: str = ""  # id of the zone that a lane stands in; a receipt is good at the lanes of its own
    server_away: ServerAway = ServerAway.BY_LANE
    server_away_s: float = 120.0  # not heard for so long, the server counts as away
    camera_lost: CameraLost = CameraLost.BY_LANE

    def offline(self) -> Lane:
        """What this gate does without what it leans on."""
        return Lane(self.collects, self.admits_unknown, self.server_away, self.server_away_s, self.camera_lost)


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
    contact: Contact = ALL_WELL  # what the gate can lean on at this moment
    countries: tuple[str, ...] = ()  # whose plates are expected here
    emergency: frozenset[str] = frozenset()  # lanes that vehicles pass whose plates say that they are on duty
    full: frozenset[str] = frozenset()  # entries of garages that have no bay for a visitor


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
_TIMED = (Means.FACE, Means.PASS)  # what holds until a moment, and cannot be judged without the time
_REFUSED_EVEN_WHEN_OPEN = frozenset({Reason.DENIED, Reason.BLOCKED})


def decide(sighting: Sighting, gate: Gate, policy: Policy, now: datetime, bays: Bays = NO_BAYS) -> Decision:
    """May what was sighted pass this gate now? Every sighting gets an answer, which names what decided.

    In this order: evidence that is not fresh is never acted on; an operator opens whatever the gate's mode; an
    emergency vehicle passes whatever else holds; a closed gate admits nobody else; a deny, or a blocked vehicle on its
    way in, beats every grant and even an open gate. A mode that is not known is a closed one. `bays` are those of the
    vehicle's contracts. While the clock is doubtful, `now` is the earliest time that it can be. Raises
    ZoneInfoNotFoundError for a zone that is none.
    """
    if abs(now - sighting.last_at) > timedelta(seconds=gate.freshness_s):
        return Refusal(Reason.STALE)
    if sighting.means is Means.OPERATOR:
        return Grant(Reason.BY_HAND)
    if rescue := _emergency(sighting, gate, policy, now):
        return rescue
    if gate.mode not in ("controlled", "open"):
        return Refusal(Reason.GATE_CLOSED)
    answer = _controlled(sighting, gate, policy, now, bays)
    match answer:
        case Refusal(reason=why) if gate.mode == "open" and why not in _REFUSED_EVEN_WHEN_OPEN:
            return Grant(Reason.GATE_OPEN)
        case _:
            return answer


def decide_unseen(gate: Gate, policy: Policy) -> Decision:
    """May whoever comes pass this gate, of which no camera gives a picture?"""
    if gate.kind is not GateKind.LANE:
        return Refusal(Reason.CAMERA_LOST)
    match gate.mode:
        case "open":
            return Grant(Reason.GATE_OPEN)
        case "controlled":
            opens = gate.offline().stands_open(policy.contact)
            return Grant(Reason.CAMERA_LOST) if opens else Refusal(Reason.CAMERA_LOST)
        case _:
            return Refusal(Reason.GATE_CLOSED)


def thinks_again_at(sighting: Sighting, gate: Gate, policy: Policy, now: datetime) -> datetime | None:
    """When what was refused may get another answer though nothing new was told; None for never."""
    if sighting.means is not Means.PLATE or gate.kind is not GateKind.LANE:
        return None
    return gate.offline().thinks_again_at(policy.contact, now)


def _emergency(sighting: Sighting, gate: Gate, policy: Policy, now: datetime) -> Grant | None:
    """An ambulance is let in and out at once: it is listed, or its plate says so and the lane goes by that."""
    if sighting.means is not Means.PLATE or Means.PLATE not in gate.means:
        return None
    subject = _known(sighting, policy, now)
    for listed in subject.emergency if subject else ():
        if gate.code in listed.gates and _within(listed.starts, listed.ends, now):
            return Grant(Reason.EMERGENCY, listed.id)
    by_form = gate.code in policy.emergency and is_emergency(sighting.value, policy.countries)
    return Grant(Reason.EMERGENCY) if by_form else None


def _controlled(sighting: Sighting, gate: Gate, policy: Policy, now: datetime, bays: Bays) -> Decision:
    subject = _known(sighting, policy, now)
    denied = subject and _denied(subject, gate, policy, now)
    if denied:
        return denied
    if sighting.means is Means.RECEIPT:
        return _receipt(sighting, gate, now)
    if sighting.means not in gate.means:
        return Refusal(Reason.MEANS_NOT_ACCEPTED)
    if sighting.means is Means.PLATE:
        return _vehicle(sighting, subject, gate, policy, now, bays)
    if policy.contact.clock_doubtful and sighting.means in _TIMED and gate.direction is not Direction.OUT:
        return Refusal(Reason.CLOCK_DOUBTFUL)
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
    if subject.is_blocked(now) and gate.direction is not Direction.OUT:
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


def _vehicle(
    sighting: Sighting, subject: Subject | None, gate: Gate, policy: Policy, now: datetime, bays: Bays
) -> Decision:
    """A right of its own first, since it costs the driver nothing; then the clearance of exactly this
    plate, then the only one of a plate that looks the same; then what the lane does without a server."""
    crowded: str | None = None
    if subject is not None and not subject.is_blocked(now):
        for listed in subject.welcome:
            if gate.code in listed.gates and _within(listed.starts, listed.ends, now):
                return Grant(Reason.WELCOME, listed.id)
        for permit in sorted(subject.permits, key=lambda one: one.pool is not None):
            if gate.code in permit.gates and _within(permit.starts, permit.ends, now):
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


def _receipt(sighting: Sighting, gate: Gate, now: datetime) -> Decision:
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
