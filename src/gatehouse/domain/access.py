"""Who may pass where and when: the policy as facts, and the decision as a pure function of them.

The same facts travel in the feed from server to edge (`gatehouse.wire.Feed`) and are read by an auditor who replays a
decision, so they hold ids and codes only, never a name.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from gatehouse.domain.sightings import Means


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
    INVALID_PASS = "invalid_pass"  # forged, or not this site's
    EXPIRED_PASS = "expired_pass"
    USED_PASS = "used_pass"
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
    """Half-open wall-clock window on some weekdays (Monday 0) of the site's zone; an end not after its start is on the
    next date. `dates` empty means every date; otherwise only those."""

    weekdays: frozenset[int]
    start: time
    end: time
    dates: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Schedule:
    id: str
    windows: tuple[TimeWindow, ...]
    closed_on: frozenset[date] = frozenset()  # holidays


@dataclass(frozen=True, slots=True)
class Rule:
    """who (groups) x where (gates) x when (schedule, and from/until if temporary). `deny` beats every grant."""

    id: str
    groups: frozenset[str]
    gates: frozenset[str]
    schedule: str | None = None  # None: always
    deny: bool = False
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """An enrolled person or registered vehicle as the gate knows it: an id, groups and the span in which it is known.
    `permits` name gates and spans for vehicles."""

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
    """A paid, or free, stay may leave until `ends`. `plate` is normalised."""

    id: str
    plate: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate's policy. Codes are unique within a site."""

    code: str
    kind: GateKind
    direction: Direction
    means: frozenset[Means]
    open_s: float = 3.0  # relay pulse, timed by the device
    confirm_s: float = 15.0  # how long to wait for the passage after a grant; also the time in which one grant serves
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
    lease_ends: datetime | None = None  # after this, a face alone is refused


@dataclass(frozen=True, slots=True)
class Grant:
    reason: Reason
    rule: str | None = None  # id of the rule, permit or clearance that decided


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Reason
    rule: str | None = None


Decision = Grant | Refusal
