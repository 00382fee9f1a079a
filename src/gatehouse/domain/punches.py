"""Punches: immutable facts, corrections laid over them, and which shift each of them belongs to.

Facts may arrive in any order and more than once; everything here goes by the order of the instants. Punches
carry seconds, reckoning goes by whole minutes: an instant counts as the minute that the clock showed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import instant, local_date
from gatehouse.domain.shifts import Duty, minutes


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Punch:
    """One person's passage of the clock at `at` (aware, held in UTC)."""

    id: str
    at: datetime
    direction: Direction

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", instant(self.at))

    @property
    def minute(self) -> datetime:
        """The minute the clock showed, which is what counts."""
        return self.at.replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class AddPunch:
    """An approved correction: this punch holds as if made. The punch has an id of its own."""

    id: str
    punch: Punch


@dataclass(frozen=True, slots=True)
class VoidPunch:
    """An approved correction: the punch, made or added, does not hold."""

    id: str
    punch_id: str


@dataclass(frozen=True, slots=True)
class Reversal:
    """Takes an addition or a voiding away again, for good; to restore it, correct anew."""

    id: str
    correction_id: str


Correction = AddPunch | VoidPunch | Reversal


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A punch dropped because `kept_id`, of the same direction, came shortly before."""

    dropped: Punch
    kept_id: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """Kept punches by duty (in order of time), by open date, and those that belong nowhere."""

    by_duty: Mapping[Duty, Sequence[Punch]]
    by_open_date: Mapping[date, Sequence[Punch]]
    unassigned: tuple[Punch, ...]


def holding(punches: Iterable[Punch], corrections: Iterable[Correction]) -> tuple[Punch, ...]:
    """The punches that hold under the corrections, in order of their instants.

    At one instant an out stands before an in: who leaves and comes back in the same moment was there before
    and after. The order of arrival, and a fact delivered twice, make no difference.
    """
    laid = tuple(corrections)
    reversed_ids = {c.correction_id for c in laid if isinstance(c, Reversal)}
    standing = [c for c in laid if c.id not in reversed_ids]
    added = (c.punch for c in standing if isinstance(c, AddPunch))
    void = {c.punch_id for c in standing if isinstance(c, VoidPunch)}
    facts = {p for p in (*punches, *added) if p.id not in void}
    return tuple(sorted(facts, key=lambda p: (p.at, p.direction is Direction.IN, p.id)))


def clean(punches: Sequence[Punch], within_min: int) -> tuple[tuple[Punch, ...], tuple[Duplicate, ...]]:
    """Kept punches and duplicates, of punches in order of time.

    A punch at most `within_min` (inclusive) after the last *kept* one of its direction is a duplicate. The
    earlier one stays, for in and out alike.
    """
    last: dict[Direction, Punch] = {}
    kept: list[Punch] = []
    dropped: list[Duplicate] = []
    for punch in punches:
        before = last.get(punch.direction)
        if before is not None and minutes(before.minute, punch.minute) <= within_min:
            dropped.append(Duplicate(punch, before.id))
        else:
            last[punch.direction] = punch
            kept.append(punch)
    return tuple(kept), tuple(dropped)


def assign(punches: Iterable[Punch], duties: Sequence[Duty], zone: ZoneInfo) -> Assignment:
    """Each punch to the duty whose window holds it.

    Of several, an in goes to the nearest start, an out to the nearest end, a tie to the earlier duty. Outside
    every window a punch goes to its local date if that has no duty, else nowhere.
    """
    in_order = sorted(duties, key=lambda d: (d.opens, d.start, d.end, d.pattern.code))
    opens = [d.opens for d in in_order]
    longest = max((d.closes - d.opens for d in in_order), default=None)
    taken = {d.date for d in in_order}
    by_duty: dict[Duty, list[Punch]] = defaultdict(list)
    by_open: dict[date, list[Punch]] = defaultdict(list)
    unassigned: list[Punch] = []
    for punch in punches:
        at = punch.minute
        near = in_order[bisect_left(opens, at - longest) : bisect_right(opens, at)] if longest else []
        candidates = [duty for duty in near if at <= duty.closes]
        if candidates:
            by_duty[_nearest(punch, candidates)].append(punch)
        elif (day := local_date(at, zone)) in taken:
            unassigned.append(punch)
        else:
            by_open[day].append(punch)
    return Assignment(by_duty, by_open, tuple(unassigned))


def _nearest(punch: Punch, candidates: Sequence[Duty]) -> Duty:
    def distance(duty: Duty) -> tuple[int, datetime]:
        aim = duty.start if punch.direction is Direction.IN else duty.end
        return abs(minutes(aim, punch.minute)), duty.start

    return min(candidates, key=distance)
