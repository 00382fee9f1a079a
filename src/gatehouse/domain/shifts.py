"""Shifts: what a person owes on which date, as data, and that data laid on real instants.

A site may have any patterns; nothing here knows one by name. A shift belongs to the local date on which it
starts, whatever date it ends on. Lengths are elapsed minutes, so a night over a clock change is 7 or 9 hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum, StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import DAY, at_local

MINUTE = timedelta(minutes=1)
SATURDAY, SUNDAY = 5, 6


class ShiftError(DomainError):
    """Codes: `bad_rounding`, `negative_minutes`, `bad_flex`."""


class DayClass(StrEnum):
    """What a date is for pay; overtime multipliers hang on it."""

    WORKDAY = "workday"
    RESTDAY = "restday"
    HOLIDAY = "holiday"


class Pairing(Enum):
    """Which punches of a shift make its time."""

    FIRST_LAST = "first in to last out"
    EVERY_PAIR = "every in with the out right after it"


class OneMissing(Enum):
    """What a first/last shift with only one of its two punches counts."""

    TO_SCHEDULE = "the missing punch stands at the planned start or end"
    ZERO = "no minutes"


class Counting(Enum):
    """Which of the paired time is worked time, which is overtime."""

    WITHIN_SHIFT = "between start and end is worked, after the end is overtime; grace and rounding apply"
    AS_PUNCHED = "all paired time is worked, none of it is daily overtime"
    ALL_OVERTIME = "all paired time is overtime, nothing is owed"


class LeavePart(Enum):
    WHOLE = "whole day"
    MORNING = "morning"
    AFTERNOON = "afternoon"


@dataclass(frozen=True, slots=True)
class HalfDay:
    """What stays owed of a shift beside half a day of leave, and the leave minutes that the half takes."""

    leave: LeavePart
    start: time
    end: time
    leave_min: int


@dataclass(frozen=True, slots=True)
class Flex:
    """Flexible hours inside a shift's band: who is there from `core_start` to `core_end` and makes `owed_min` is right.

    Late and early are measured by the core; its grace forgives and adds no minutes. Time inside the band counts as
    punched, up to `owed_min`; what is beyond, and time after the band, is overtime and needs an approval.
    """

    core_start: time
    core_end: time
    owed_min: int


@dataclass(frozen=True, slots=True)
class ShiftPattern:
    """A shift as wall times and rules. An `end` not later than `start` lies on the next date.

    With `flex` the span from `start` to `end` is the band, and the rules of `Flex` hold.
    A punch belongs here from `opens_before_min` before the start to `closes_after_min` after the end, both
    inclusive. The break of `break_min` is taken in full when more than `break_over_min` were counted. Time
    after the end is overtime from `overtime_from_min` on, and then all of it. `round_to_min` 1 means none.
    Raises ShiftError.
    """

    code: str
    start: time
    end: time
    opens_before_min: int
    closes_after_min: int
    pairing: Pairing
    one_missing: OneMissing = OneMissing.ZERO
    counting: Counting = Counting.WITHIN_SHIFT
    break_min: int = 0
    break_over_min: int = 0
    grace_in_min: int = 0
    grace_out_min: int = 0
    round_to_min: int = 1
    overtime_from_min: int = 0
    halves: tuple[HalfDay, ...] = ()
    flex: Flex | None = None

    def __post_init__(self) -> None:
        if self.round_to_min < 1 or 60 % self.round_to_min:
            raise ShiftError(
                "bad_rounding",
                f"rounding steps divide the hour (1, 5, 15, 30 ...), {self.round_to_min} does not",
                minutes=self.round_to_min,
            )
        spans = (self.opens_before_min, self.closes_after_min, self.break_min, self.break_over_min)
        if min(*spans, self.grace_in_min, self.grace_out_min, self.overtime_from_min) < 0:
            raise ShiftError("negative_minutes", f"pattern {self.code} has a negative length", pattern=self.code)
        if self.flex and not _fits(self, self.flex):
            raise ShiftError(
                "bad_flex",
                f"pattern {self.code}: the core lies in the band, and what is owed fits into the band less the break",
                pattern=self.code,
            )


def wall_minutes(start: time, end: time) -> int:
    """Minutes that a clock without a change shows from `start` to the next `end`; a whole day when both are equal."""
    length = (end.hour - start.hour) * 60 + end.minute - start.minute
    return length if length > 0 else length + 24 * 60


def _fits(pattern: ShiftPattern, flex: Flex) -> bool:
    band = wall_minutes(pattern.start, pattern.end)
    before = wall_minutes(pattern.start, flex.core_start) % (24 * 60)
    within = before + wall_minutes(flex.core_start, flex.core_end) <= band
    counted = pattern.counting is Counting.WITHIN_SHIFT
    return within and counted and 0 < flex.owed_min <= full_count(pattern, band)


@dataclass(frozen=True, slots=True)
class PlannedShift:
    date: date
    pattern: ShiftPattern


@dataclass(frozen=True, slots=True)
class Leave:
    """Approved leave on one date. Two halves make a whole day. `kind` is the code of its type, `pay_share` the share of
    pay that goes on."""

    id: str
    date: date
    part: LeavePart
    kind: str = ""
    pay_share: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class LeaveTime:
    """Minutes that leave of one type took off a shift."""

    kind: str
    minutes: int
    pay_share: Fraction = Fraction(1)


def shared_out(leave_min: int, leaves: Iterable[Leave]) -> tuple[LeaveTime, ...]:
    """Whose minutes these are: those of the leave that takes the whole day, else halves of them by morning and
    afternoon. The shares add up to `leave_min`, whatever the order of the leaves."""
    found = sorted(leaves, key=lambda one: (one.part is not LeavePart.WHOLE, one.part is not LeavePart.MORNING, one.id))
    if not leave_min or not found:
        return ()
    first = found[0]
    second = next((one for one in found if one.part is LeavePart.AFTERNOON), None)
    if first.part is not LeavePart.MORNING or second is None or _same_type(first, second):
        return (LeaveTime(first.kind, leave_min, first.pay_share),)
    half = leave_min // 2
    return (
        LeaveTime(first.kind, leave_min - half, first.pay_share),
        LeaveTime(second.kind, half, second.pay_share),
    )


def _same_type(one: Leave, other: Leave) -> bool:
    return (one.kind, one.pay_share) == (other.kind, other.pay_share)


@dataclass(frozen=True, slots=True)
class DayCalendar:
    """The site's exceptions to the week: holidays, days off, make-up working days."""

    days: Mapping[date, DayClass] = field(default_factory=dict)
    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})

    def owes_shift(self, day: date) -> bool:
        """Whether a shift planned on this date stands; on a holiday or a day off it is cancelled."""
        return self.days.get(day, DayClass.WORKDAY) is DayClass.WORKDAY

    def class_with_shift(self, day: date) -> DayClass:
        return self.days.get(day, DayClass.WORKDAY)

    def class_without_shift(self, day: date) -> DayClass:
        return self.days.get(day, DayClass.RESTDAY)

    def is_workday(self, day: date) -> bool:
        """Whether a rota plans work here: the calendar's word, else the week's."""
        usual = DayClass.RESTDAY if day.weekday() in self.weekend else DayClass.WORKDAY
        return self.days.get(day, usual) is DayClass.WORKDAY

    def workdays_between(self, since: date, until: date) -> int:
        """Workdays of the half-open span of dates."""
        return sum(self.is_workday(day) for day in dates(since, until))


@dataclass(frozen=True, slots=True)
class Duty:
    """A pattern laid on one date: real instants (UTC), leave already taken off.

    `opens` and `closes` are the ends of the window. `owed_min` is what full presence would count, or what flexible
    hours owe; 0 where nothing is owed (an open date, a whole day of leave): then nobody is late, early or absent.
    `due_in` and `due_out` are when one must be there at the latest and may go at the earliest: start and end, or the
    core of flexible hours, less half a day of leave.
    """

    date: date
    pattern: ShiftPattern
    day_class: DayClass
    opens: datetime
    closes: datetime
    start: datetime
    end: datetime
    leave_min: int
    owed_min: int
    due_in: datetime
    due_out: datetime


def dates(since: date, until: date) -> tuple[date, ...]:
    """The dates of the half-open span, in order."""
    return tuple(since + n * DAY for n in range((until - since).days))


def rota(pattern: ShiftPattern, since: date, until: date, calendar: DayCalendar) -> tuple[PlannedShift, ...]:
    """The pattern on every workday of the half-open span of dates."""
    return tuple(PlannedShift(day, pattern) for day in dates(since, until) if calendar.is_workday(day))


def minutes(since: datetime, until: datetime) -> int:
    """Whole elapsed minutes between two UTC instants; negative when they stand the other way round."""
    return (until - since) // MINUTE


def lay(shift: PlannedShift, calendar: DayCalendar, parts: frozenset[LeavePart], zone: ZoneInfo) -> Duty:
    """The planned shift on its instants, with the leave `parts` of that date that its pattern knows."""
    pattern, day = shift.pattern, shift.date
    start, end = _span(day, pattern.start, pattern.end, zone)
    owed = full_count(pattern, minutes(start, end))
    opens, closes = start - pattern.opens_before_min * MINUTE, end + pattern.closes_after_min * MINUTE
    due_in, due_out, leave = start, end, 0
    if pattern.flex:
        due_in, due_out = _core(day, pattern, pattern.flex, zone)
        owed = pattern.flex.owed_min
    if takes_whole(parts):
        leave, owed = owed, 0
    else:
        for half in (half for half in pattern.halves if half.leave in parts):
            first, last = _span(_half_begins(day, pattern, half), half.start, half.end, zone)
            leave = half.leave_min
            if pattern.flex:
                owed = max(0, owed - leave)
                due_in, due_out = max(due_in, first), min(due_out, last)
                if due_in >= due_out:  # nothing is left of the core: nobody is late or leaves early
                    due_in, due_out = end, start
            else:
                start, end, owed = first, last, full_count(pattern, minutes(first, last))
                due_in, due_out = start, end
    if pattern.counting is Counting.ALL_OVERTIME:
        owed = 0
    day_class = calendar.class_with_shift(day)
    return Duty(day, pattern, day_class, opens, closes, start, end, leave, owed, due_in, due_out)


def _core(day: date, pattern: ShiftPattern, flex: Flex, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The core of flexible hours; of a band over midnight it may begin on the next date."""
    begins = day + DAY if pattern.end <= pattern.start and flex.core_start < pattern.start else day
    return _span(begins, flex.core_start, flex.core_end, zone)


def _half_begins(day: date, pattern: ShiftPattern, half: HalfDay) -> date:
    """The date on which a half begins: the second half of a night is on the next one."""
    over_midnight = pattern.end <= pattern.start
    return day + DAY if over_midnight and half.start < pattern.start else day


def lay_open(day: date, pattern: ShiftPattern, calendar: DayCalendar, zone: ZoneInfo) -> Duty:
    """A date without a shift: the site's open pattern from midnight to midnight; nothing is owed."""
    start, end = _span(day, pattern.start, pattern.end, zone)
    return Duty(day, pattern, calendar.class_without_shift(day), start, end, start, end, 0, 0, start, end)


def takes_whole(parts: Iterable[LeavePart]) -> bool:
    """Whether these parts of leave leave nothing owed of the date."""
    given = frozenset(parts)
    return LeavePart.WHOLE in given or given >= {LeavePart.MORNING, LeavePart.AFTERNOON}


def full_count(pattern: ShiftPattern, counted_min: int, gaps_min: int = 0) -> int:
    """Counted minutes less the break, of which gaps already taken are a part."""
    return counted_min - break_due(pattern, counted_min, gaps_min)


def break_due(pattern: ShiftPattern, counted_min: int, gaps_min: int) -> int:
    """The break still to deduct: none up to `break_over_min`, above it all that the gaps did not take."""
    if counted_min <= pattern.break_over_min:
        return 0
    return min(max(0, pattern.break_min - gaps_min), counted_min)


def _span(day: date, start: time, end: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    last = day if end > start else day + DAY
    return at_local(day, start, zone), at_local(last, end, zone)
