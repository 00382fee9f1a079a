"""The policy of one site as facts: its gates, who is known at them, and by which rules, permits and clearances.

The same facts travel in the feed from server to edge (`gatehouse.wire.Feed`) and are read by an auditor who
replays a decision, so they hold ids and codes only, never a name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gatehouse.domain.liveness import Liveness
from gatehouse.domain.offline import ALL_WELL, CameraLost, Contact, Lane, ServerAway
from gatehouse.domain.papers import Paper
from gatehouse.domain.plates import fold
from gatehouse.domain.rule_index import RuleIndex
from gatehouse.domain.schedules import Schedule
from gatehouse.domain.sightings import Means


class GateKind(StrEnum):
    DOOR = "door"
    TURNSTILE = "turnstile"
    LANE = "lane"  # vehicles


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    BOTH = "both"


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


class Passback(StrEnum):
    """What is done with somebody who comes in where they cannot be, as they are inside already."""

    SITE = "site"  # as the site does
    OFF = "off"
    SOFT = "soft"  # let in, and somebody is told
    HARD = "hard"  # refused until they went out, or were forgotten
    TIMED = "timed"  # refused for a while after they came in


class Alert(StrEnum):
    """What a whole site was told to do."""

    NONE = ""
    LOCKDOWN = "lockdown"
    EVACUATION = "evacuation"


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """What a zone asks of those who come in; the site as a whole is the zone `whereabouts.INSIDE`. `first_in`: nobody
    else comes in before one of these groups came that day. `escorted` come in only after somebody of `escorts`."""

    id: str
    passback: Passback = Passback.SITE
    passback_s: float = 300.0  # of TIMED
    soft_when_away: bool = False  # without the server, which could forget somebody, nobody is held up
    limit: int | None = None  # how many may be in it
    two_person: bool = False  # never one alone: two go in together
    first_in: frozenset[str] = frozenset()
    escorted: frozenset[str] = frozenset()
    escorts: frozenset[str] = frozenset()
    together_s: float = 30.0  # how long somebody waits for the second person, or may follow an escort
    lasts_s: float = 57_600.0  # of the site: who was not seen for so long is nowhere


@dataclass(frozen=True, slots=True)
class Subject:
    """An enrolled person or registered vehicle as the gate knows it: an id, groups and the span in which it
    is known. `permits` name gates and spans for vehicles; `papers` are what a worker holds, None for whom none are
    asked."""

    id: str
    groups: frozenset[str] = frozenset()
    starts: datetime | None = None
    ends: datetime | None = None
    permits: tuple["Permit", ...] = ()
    blocked: bool = False
    blocked_until: datetime | None = None  # None: for good
    welcome: tuple["Permit", ...] = ()
    emergency: tuple["Permit", ...] = ()
    papers: tuple[Paper, ...] | None = None

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
    mode: str = "controlled"  # controlled | closed | open | unlocked
    stands_in: str = ""  # id of the zone that a lane stands in, or that a door leads into from outside
    server_away: ServerAway = ServerAway.BY_LANE
    server_away_s: float = 120.0  # not heard for so long, the server counts as away
    camera_lost: CameraLost = CameraLost.BY_LANE
    outer: str = ""  # id of the zone on the other side of a door, "" for the street
    interlock: str = ""  # doors with the same word are never open at once
    unlocks: str | None = None  # the schedule in whose windows the door stands unlocked
    unlock_after: frozenset[str] = frozenset()  # but only once one of these groups was let in
    held_s: float = 30.0  # a door that stands open longer is reported
    liveness: Liveness = Liveness.NONE  # asked of somebody who is known by their face alone

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
    zones: dict[str, ZoneRules] = field(default_factory=dict)
    alert: Alert = Alert.NONE
    number: int = 0  # of the published version, 0 for none
    papers: frozenset[str] = frozenset()  # kinds that everybody must hold to come in
    index: RuleIndex = field(default=RuleIndex.of(()), compare=False, repr=False)

    def __post_init__(self) -> None:
        # `replace` hands on the index of the same rules; other rules are indexed anew.
        if self.index.rules is not self.rules:
            object.__setattr__(self, "index", RuleIndex.of(self.rules))

    def lasts(self) -> timedelta:
        """How long somebody counts as being where they were seen last."""
        site = self.zones.get("*")
        return timedelta(seconds=site.lasts_s if site is not None else 57_600.0)


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
