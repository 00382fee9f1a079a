"""What comes with each type of site when it is set up: first groups, zones and hours, what its gates are like, how long
things are kept, and which pages its people need. Data; every part can be changed afterwards.

Codes here have their words in `console/words_setup.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from gatehouse.domain.policy import Direction, Gate, GateKind
from gatehouse.domain.retention import Retention
from gatehouse.domain.schedules import TimeWindow
from gatehouse.domain.sightings import Means

_PEOPLE = frozenset({Means.FACE, Means.PASS, Means.CARD, Means.PIN})
_WORKDAYS = frozenset(range(5))
_SIX_DAYS = frozenset(range(6))

# Pages of the navigation that a type may do without; everything else is shown to whoever has the role for it.
OPTIONAL_PAGES = ("lanes", "parking", "people", "muster", "month", "payruns")


@dataclass(frozen=True, slots=True)
class GateKit:
    """A gate as it is mostly wanted: how it stands and whom it takes. `counts`: its passages are punches."""

    code: str
    kind: GateKind
    direction: Direction
    means: frozenset[Means]
    open_s: float = 3.0
    admits_unknown: bool = False
    collects: bool = False
    counts: bool = False

    def gate(self, code: str, *, has_sensor: bool = False) -> Gate:
        return Gate(
            code,
            self.kind,
            self.direction,
            self.means,
            open_s=self.open_s,
            admits_unknown=self.admits_unknown,
            collects=self.collects,
            has_sensor=has_sensor,
        )


DOOR = GateKit("door", GateKind.DOOR, Direction.BOTH, _PEOPLE)
DOOR_IN = GateKit("door_in", GateKind.DOOR, Direction.IN, _PEOPLE)
PUNCH_DOOR = GateKit("punch_door", GateKind.DOOR, Direction.BOTH, _PEOPLE, counts=True)
PUNCH_IN = GateKit("punch_in", GateKind.TURNSTILE, Direction.IN, _PEOPLE, counts=True)
PUNCH_OUT = GateKit("punch_out", GateKind.TURNSTILE, Direction.OUT, _PEOPLE, counts=True)
CARD_DOOR = GateKit("card_door", GateKind.DOOR, Direction.BOTH, _PEOPLE - {Means.FACE})
LANE_IN = GateKit("lane_in", GateKind.LANE, Direction.IN, frozenset({Means.PLATE}), 5.0, admits_unknown=True)
LANE_OUT = GateKit("lane_out", GateKind.LANE, Direction.OUT, frozenset({Means.PLATE}), 5.0, collects=True)
STAFF_LANE = GateKit("staff_lane", GateKind.LANE, Direction.BOTH, frozenset({Means.PLATE}), 5.0)


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours to begin with."""

    code: str
    window: TimeWindow


@dataclass(frozen=True, slots=True)
class Kit:
    """What comes with a type of site. The first of `gates` is offered first; `first_group` is whom the first rule
    lets in, "" where gates let in whoever comes."""

    groups: tuple[str, ...]
    zones: tuple[str, ...]
    hours: tuple[Hours, ...]
    gates: tuple[GateKit, ...]
    retention: Retention
    hidden: tuple[str, ...]
    first_group: str = ""


def _hours(code: str, days: frozenset[int], start: time, end: time) -> Hours:
    return Hours(code, TimeWindow(days, start, end))


KITS: Mapping[str, Kit] = {
    "workplace": Kit(
        groups=("staff", "cleaning", "management"),
        zones=("building",),
        hours=(_hours("office", _WORKDAYS, time(7), time(20)), _hours("cleaning", _WORKDAYS, time(18), time(22))),
        gates=(PUNCH_DOOR, DOOR, PUNCH_IN, PUNCH_OUT, STAFF_LANE),
        retention=Retention(others=30, staff=90),
        hidden=("lanes", "parking"),
        first_group="staff",
    ),
    # Of children less is known for less long, and their doors ask for no face to begin with.
    "school": Kit(
        groups=("teachers", "pupils", "guardians"),
        zones=("school",),
        hours=(_hours("school", _WORKDAYS, time(7), time(18)),),
        gates=(CARD_DOOR, DOOR_IN, STAFF_LANE),
        retention=Retention(others=7, staff=45),
        hidden=("lanes", "parking", "payruns"),
        first_group="teachers",
    ),
    "construction": Kit(
        groups=("crew", "site_management", "suppliers"),
        zones=("works",),
        hours=(_hours("works", _SIX_DAYS, time(6), time(19)),),
        gates=(PUNCH_IN, PUNCH_OUT, PUNCH_DOOR, STAFF_LANE),
        retention=Retention(others=30, staff=180, work=3),
        hidden=("lanes", "parking"),
        first_group="crew",
    ),
    "garage": Kit(
        groups=("attendants",),
        zones=("garage",),
        hours=(),
        gates=(LANE_IN, LANE_OUT, DOOR),
        retention=Retention(others=30, staff=90),
        hidden=("muster", "month", "payruns"),
        first_group="attendants",
    ),
}
