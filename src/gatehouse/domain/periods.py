"""Stretches of time between instants, and the way from a site's wall clock to instants.

Two ideas are kept apart: an *instant* (an aware datetime, held in UTC here) and a *wall time* (a date and a
time that a site's clock shows). Lengths are elapsed time between instants. A wall time may be skipped (clocks
go forward) or shown twice (clocks go back), and the rule for either is written in `at_local`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from zoneinfo import ZoneInfo

from gatehouse.domain.errors import DomainError

DAY = timedelta(days=1)
# A date outside of these is somebody's slip, and reckoning with zones near the calendar's ends would leave it.
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
_SECOND = timedelta(seconds=1)


class PeriodError(DomainError):
    """Codes: `naive_time`, `ends_before_start`."""


class WallTime(Enum):
    """How often a wall time is shown on its date."""

    ONCE = "once"
    TWICE = "twice"
    SKIPPED = "skipped"


def can_be_meant(day: date) -> bool:
    """Whether somebody who writes this date can mean it: from EARLIEST to LATEST."""
    return EARLIEST <= day <= LATEST


def within(starts: datetime | None, ends: datetime | None, now: datetime) -> bool:
    """Whether an instant is in the half-open stretch [starts, ends), of which either end may be open."""
    return (starts is None or starts <= now) and (ends is None or now < ends)


def instant(moment: datetime) -> datetime:
    """The same instant in UTC. Raises PeriodError for a datetime without an offset.

    Python compares and subtracts two datetimes of one zone by their wall times, which is wrong across a clock
    change; in UTC the two agree.
    """
    if moment.utcoffset() is None:
        raise PeriodError("naive_time", f"{moment.isoformat()} has no UTC offset; hand in an aware time")
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """The half-open stretch [start, end) of aware instants; empty when both are equal.

    Both ends are held in UTC whatever zone they came in. Raises PeriodError when the end is before the start
    or a time is naive.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", instant(self.start))
        object.__setattr__(self, "end", instant(self.end))
        if self.end < self.start:
            raise PeriodError(
                "ends_before_start",
                f"a period ends at or after its start, not at {self.end} for {self.start}",
                start=self.start,
                end=self.end,
            )

    @classmethod
    def local_day(cls, day: date, zone: ZoneInfo) -> Period:
        """The instants whose local date is `day`: 23, 24 or 25 hours long, empty for a date that the zone
        skipped altogether. Neighbouring days meet without gap or overlap."""
        return cls(start_of_day(day, zone), start_of_day(day + DAY, zone))

    @property
    def length(self) -> timedelta:
        """Elapsed time, whatever the clocks showed."""
        return self.end - self.start

    @property
    def is_empty(self) -> bool:
        return self.start == self.end

    def holds(self, moment: datetime) -> bool:
        """True from `start` on, false from `end` on."""
        return self.start <= instant(moment) < self.end

    def covers(self, other: Period) -> bool:
        """True when no instant of `other` lies outside."""
        return other.is_empty or (self.start <= other.start and other.end <= self.end)

    def overlap(self, other: Period) -> Period | None:
        """The instants in both, None when there is none (touching is none)."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    def without(self, other: Period) -> tuple[Period, ...]:
        """What is left of this period when `other` is taken out: none, one or two pieces, in order."""
        shared = self.overlap(other)
        if shared is None:
            return () if self.is_empty else (self,)
        pieces = (Period(self.start, shared.start), Period(shared.end, self.end))
        return tuple(piece for piece in pieces if not piece.is_empty)


def wall_time(day: date, clock: time, zone: ZoneInfo) -> WallTime:
    """Whether the zone's clocks show this time of this date once, twice or never."""
    first, second = _readings(day, clock, zone)
    if first.utcoffset() == second.utcoffset():
        return WallTime.ONCE
    return WallTime.TWICE if first.astimezone(UTC) < second.astimezone(UTC) else WallTime.SKIPPED


def at_local(day: date, clock: time, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The instant (UTC) at which the zone's clocks show `clock` on `day`.

    Shown twice: `fold` 0 is the first showing, 1 the second. Skipped: the first instant after the gap,
    whatever `fold` is, since that is when the clocks pass it; so 02:30 on the night when 02:00 becomes 03:00
    is the instant of 03:00.
    """
    first, second = _readings(day, clock, zone)
    if wall_time(day, clock, zone) is WallTime.SKIPPED:
        return offset_change(second.astimezone(UTC), first.astimezone(UTC), zone)
    return (second if fold else first).astimezone(UTC)


@lru_cache(maxsize=4096)  # ten years of dates: a long stay asks for each, and pricing it for each again
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) whose local date is `day` (or, where the zone skipped it, the next date)."""
    return at_local(day, time(0), zone)


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The instant as the zone's clocks show it; its `fold` tells the showings of a repeated hour apart."""
    return instant(moment).astimezone(zone)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    return local(moment, zone).date()


def local_days(period: Period, zone: ZoneInfo) -> tuple[date, ...]:
    """The local dates that the period has an instant on, in order; none for an empty period."""
    if period.is_empty:
        return ()
    day, last = local_date(period.start, zone), local_date(period.end - timedelta.resolution, zone)
    days = [day]
    while day < last:
        day += DAY
        days.append(day)
    return tuple(d for d in days if not Period.local_day(d, zone).is_empty)


def _readings(day: date, clock: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The wall time read with the offset before, and with the one after, a clock change (PEP 495)."""
    wall = datetime.combine(day, clock.replace(tzinfo=None), tzinfo=zone)
    return wall.replace(fold=0), wall.replace(fold=1)


def offset_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of the one clock change that lies in (before, after], both UTC; by halving."""
    before, after = before.replace(microsecond=0), after.replace(microsecond=0)
    offset = after.astimezone(zone).utcoffset()
    low, high = 0, (after - before) // _SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return before + high * _SECOND
