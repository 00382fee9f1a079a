"""Windows of the week on a site's clock, and whether one of a schedule's holds an instant."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import DAY, Period, at_local, local_date


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
