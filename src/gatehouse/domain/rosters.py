"""Rosters: shifts put on people's dates by hand or by a rotation, and what is doubtful about a plan.

A shift is called by any text here (a pattern's code or id). Drafts lie over what is published and replace the whole
date of a person; a date with no shift at all is a draft too. Nothing here forbids a plan: the warnings stand beside
it, and whoever plans decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import takewhile
from zoneinfo import ZoneInfo

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import DAY
from gatehouse.domain.shifts import (
    Counting,
    DayCalendar,
    Duty,
    Leave,
    LeavePart,
    PlannedShift,
    dates,
    full_count,
    lay,
    minutes,
    takes_whole,
)
from gatehouse.domain.working_time import EU_REST_MIN, EU_WEEK_MIN, monday

WEEK = 7 * DAY
MOST_WEEKS = 12  # of one rotation
MOST_A_DAY = 4  # shifts of one person and date
OFF = "-"
BESIDE = "+"

Shifts = tuple[str, ...]


class RosterError(DomainError):
    """Codes, with their facts: `no_weeks`, `too_many_weeks`, `not_seven_days` (week, days), `too_many_shifts` (week),
    `twice` (week, shift)."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Weeks that follow each other and begin again, Monday to Sunday, each date with its shifts. Raises RosterError."""

    weeks: tuple[tuple[Shifts, ...], ...]

    def __post_init__(self) -> None:
        if not self.weeks:
            raise RosterError("no_weeks", "a rotation has a week at least")
        if len(self.weeks) > MOST_WEEKS:
            raise RosterError("too_many_weeks", f"a rotation has at most {MOST_WEEKS} weeks", weeks=len(self.weeks))
        for number, week in enumerate(self.weeks, 1):
            _check_week(number, week)

    @property
    def shifts(self) -> frozenset[str]:
        """Everything that it puts anywhere."""
        return frozenset(shift for week in self.weeks for day in week for shift in day)


def _check_week(number: int, week: Sequence[Shifts]) -> None:
    if len(week) != 7:
        raise RosterError("not_seven_days", f"week {number} has {len(week)} days", week=number, days=len(week))
    for day in week:
        if len(day) > MOST_A_DAY:
            raise RosterError("too_many_shifts", f"week {number} has a day of {len(day)} shifts", week=number)
        twice = next((shift for shift in day if day.count(shift) > 1), None)
        if twice is not None:
            raise RosterError("twice", f"week {number} has {twice} twice on a day", week=number, shift=twice)


def rotation_from_text(text: str) -> Rotation:
    """A week a line, seven words a week: a shift's code, several joined by "+", or "-" for a day off. Empty lines do
    not count. Raises RosterError."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    return Rotation(tuple(tuple(_day_from(word) for word in words) for words in lines))


def _day_from(word: str) -> Shifts:
    return () if word == OFF else tuple(part for part in word.split(BESIDE) if part)


def rotation_to_text(rotation: Rotation) -> str:
    return "\n".join(" ".join(BESIDE.join(day) or OFF for day in week) for week in rotation.weeks)


def rotated(rotation: Rotation, begins: date, week: int, since: date, until: date) -> dict[date, Shifts]:
    """The shifts of the dates [since, until), where week number `week` (from 1) of the rotation is the week that
    `begins` lies in. Dates before it follow too: a rotation has no beginning."""
    first = monday(begins)
    found = {}
    for day in dates(since, until):
        weeks_on = (monday(day) - first).days // 7
        found[day] = rotation.weeks[(week - 1 + weeks_on) % len(rotation.weeks)][day.weekday()]
    return found


def standing(shifts: Mapping[date, Shifts], calendar: DayCalendar) -> dict[date, Shifts]:
    """The same dates, without shifts on those that the calendar takes out (holidays, days off)."""
    return {day: found if calendar.owes_shift(day) else () for day, found in shifts.items()}


def moved(shifts: Mapping[date, Shifts], days: int) -> dict[date, Shifts]:
    """The same shifts so many days later."""
    return {day + days * DAY: found for day, found in shifts.items()}


def laid_over(published: Mapping[date, Shifts], drafts: Mapping[date, Shifts]) -> dict[date, Shifts]:
    """What the plan will be: a draft stands in place of all that was published on its date."""
    return {**published, **drafts}


def same(one: Shifts, other: Shifts) -> bool:
    """Whether two dates have the same shifts, in whatever order."""
    return sorted(one) == sorted(other)


def put(held: Shifts, shift: str) -> Shifts:
    """The date with this shift alone; without any, where it was alone already: a second stroke takes it away."""
    return () if held == (shift,) else (shift,)


def put_beside(held: Shifts, shift: str) -> Shifts:
    """The date with this shift among its others, or without it where it was there; at most MOST_A_DAY of them."""
    if shift in held:
        return tuple(one for one in held if one != shift)
    return (*held, shift) if len(held) < MOST_A_DAY else held


class Doubt(StrEnum):
    """What is doubtful about a plan; pages word each."""

    OVERLAP = "overlap"
    REST_SHORT = "rest_short"
    WEEK_LONG = "week_long"
    CANCELLED = "cancelled"
    ON_LEAVE = "on_leave"


@dataclass(frozen=True, slots=True)
class Limits:
    """Directive 2003/88/EC, articles 3 and 6, unless a site has others. The 48 hours are an average there; a single
    planned week above them is worth a look, not yet a breach."""

    rest_min: int = EU_REST_MIN
    week_min: int = EU_WEEK_MIN


@dataclass(frozen=True, slots=True)
class Doubted:
    """One doubt on one date (of a week: its Monday). `minutes` are the overlap, the rest, or the planned time of the
    week, 0 for the others."""

    date: date
    doubt: Doubt
    minutes: int = 0


def planned_min(duty: Duty) -> int:
    """What a planned shift asks of the person: its length less the break, or what flexible hours or a half day owe."""
    if duty.pattern.counting is Counting.ALL_OVERTIME:
        return full_count(duty.pattern, minutes(duty.start, duty.end))
    return duty.owed_min


def week_min(plan: Iterable[PlannedShift], leaves: Iterable[Leave], calendar: DayCalendar, zone: ZoneInfo) -> int:
    """Planned minutes of all these shifts; what the calendar or a leave takes out asks nothing."""
    return sum(planned_min(duty) for duty in _duties(plan, _parts(leaves), calendar, zone))


def doubts(
    plan: Iterable[PlannedShift],
    leaves: Iterable[Leave],
    calendar: DayCalendar,
    zone: ZoneInfo,
    since: date,
    until: date,
    limits: Limits | None = None,
) -> tuple[Doubted, ...]:
    """What is doubtful on the dates [since, until), by date. The plan reaches two days beyond on both sides; the weeks
    whose Monday lies in the span are in it as a whole. Lengths are elapsed time, so a night in which clocks change is
    right. The order of the plan makes no difference."""
    limits = limits or Limits()
    shifts = sorted(set(plan), key=lambda s: (s.date, s.pattern.start, s.pattern.code))
    parts = _parts(leaves)
    duties = _duties(shifts, parts, calendar, zone)
    found = [
        *(Doubted(day, Doubt.CANCELLED) for day in {s.date for s in shifts} if not calendar.owes_shift(day)),
        *(Doubted(day, Doubt.ON_LEAVE) for day in {s.date for s in shifts} if takes_whole(parts.get(day, ()))),
        *_overlaps(duties),
        *_rests(duties, limits.rest_min),
        *_weeks(duties, limits.week_min),
    ]
    order = list(Doubt)
    return tuple(
        sorted((one for one in found if since <= one.date < until), key=lambda d: (d.date, order.index(d.doubt)))
    )


def _parts(leaves: Iterable[Leave]) -> dict[date, frozenset[LeavePart]]:
    found: dict[date, set[LeavePart]] = defaultdict(set)
    for leave in leaves:
        found[leave.date].add(leave.part)
    return {day: frozenset(parts) for day, parts in found.items()}


def _duties(
    plan: Iterable[PlannedShift], parts: Mapping[date, frozenset[LeavePart]], calendar: DayCalendar, zone: ZoneInfo
) -> list[Duty]:
    """The shifts at which somebody is expected, by their start."""
    kept = (s for s in set(plan) if calendar.owes_shift(s.date) and not takes_whole(parts.get(s.date, ())))
    laid = (lay(s, calendar, parts.get(s.date, frozenset()), zone) for s in kept)
    return sorted(laid, key=lambda d: (d.start, d.end, d.pattern.code))


def _overlaps(duties: Sequence[Duty]) -> list[Doubted]:
    """On each date, the longest overlap of one of its shifts with one that began no later."""
    longest: dict[date, int] = {}
    for place, before in enumerate(duties):
        for duty in takewhile(lambda d, end=before.end: d.start < end, duties[place + 1 :]):  # type: ignore[misc]
            shared = minutes(duty.start, min(before.end, duty.end))
            longest[duty.date] = max(shared, longest.get(duty.date, 0))
    return [Doubted(day, Doubt.OVERLAP, shared) for day, shared in longest.items()]


def _rests(duties: Sequence[Duty], limit_min: int) -> list[Doubted]:
    """The rest before a date: from the last end of earlier dates to its first start. The gap of a split shift is none,
    and where shifts overlap there is no rest to measure."""
    found = []
    ended: datetime | None = None
    for day in sorted({duty.date for duty in duties}):
        own = [duty for duty in duties if duty.date == day]
        first = min(duty.start for duty in own)
        if ended is not None and 0 <= (rest := minutes(ended, first)) < limit_min:
            found.append(Doubted(day, Doubt.REST_SHORT, rest))
        ended = max([duty.end for duty in own] + ([ended] if ended else []))
    return found


def _weeks(duties: Iterable[Duty], limit_min: int) -> list[Doubted]:
    sums: dict[date, int] = defaultdict(int)
    for duty in duties:
        sums[monday(duty.date)] += planned_min(duty)
    return [Doubted(first, Doubt.WEEK_LONG, total) for first, total in sums.items() if total > limit_min]
