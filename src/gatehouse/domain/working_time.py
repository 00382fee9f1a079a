"""Working-time reports over workdays: weekly hours, rest between shifts, overtime of the month.

The limits are data with their sources; a country or a contract with others hands in its own. Weeks run Monday
to Sunday by the date of the shift.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from gatehouse.domain.reckoning import Workday
from gatehouse.domain.shifts import minutes

# Fair Labor Standards Act, 29 U.S.C. 207(a)(1): time and a half over 40 hours a week.
US_WEEK_MIN = 40 * 60
# Directive 2003/88/EC, articles 3 (11 hours of daily rest) and 6 (48 hours a week).
EU_REST_MIN = 11 * 60
EU_WEEK_MIN = 48 * 60
# Labour Law of the People's Republic of China, article 41: 36 hours of overtime a month.
CN_MONTH_OVERTIME_MIN = 36 * 60


class TimeFlag(StrEnum):
    REST_SHORT = "rest_short"
    WEEK_OVER_LIMIT = "week_over_limit"
    OT_MONTH_OVER_LIMIT = "ot_month_over_limit"


@dataclass(frozen=True, slots=True)
class SplitWeek:
    """Worked minutes of one week, cut at the weekly limit. `monday` is its first date."""

    monday: date
    total_min: int
    regular_min: int
    overtime_min: int


@dataclass(frozen=True, slots=True)
class RestDay:
    """A workday and the rest before it, None where a punch that would bound it lacks."""

    workday: Workday
    rest_min: int | None
    flags: tuple[TimeFlag, ...]


@dataclass(frozen=True, slots=True)
class TimeSum:
    """Minutes of a week or a month, by its first date."""

    first: date
    total_min: int
    flags: tuple[TimeFlag, ...]


def split_weeks(workdays: Iterable[Workday], limit_min: int = US_WEEK_MIN) -> tuple[SplitWeek, ...]:
    """Regular and overtime minutes per week; one week never offsets another."""
    sums = _sums(workdays, monday, lambda w: w.worked_min)
    return tuple(SplitWeek(first, total, min(total, limit_min), max(0, total - limit_min)) for first, total in sums)


def rests(workdays: Sequence[Workday], limit_min: int = EU_REST_MIN) -> tuple[RestDay, ...]:
    """Each workday with its rest: from the last out of the latest earlier *date* that has an out to its first
    in, as punched, in elapsed minutes. Exactly the limit is enough."""
    outs: dict[date, datetime] = {}
    for workday in workdays:
        if workday.last_out is not None:
            outs[workday.date] = max(outs.get(workday.date, workday.last_out), workday.last_out)
    answers = []
    for workday in workdays:
        earlier = [day for day in outs if day < workday.date]
        arrived = workday.first_in
        rest = minutes(outs[max(earlier)], arrived) if earlier and arrived else None
        short = rest is not None and rest < limit_min
        answers.append(RestDay(workday, rest, (TimeFlag.REST_SHORT,) if short else ()))
    return tuple(answers)


def week_sums(workdays: Iterable[Workday], limit_min: int = EU_WEEK_MIN) -> tuple[TimeSum, ...]:
    """Worked and overtime minutes per week, flagged above the limit."""
    sums = _sums(workdays, monday, lambda w: w.worked_min + w.ot_worked_min)
    return tuple(_flagged(first, total, limit_min, TimeFlag.WEEK_OVER_LIMIT) for first, total in sums)


def month_overtime(workdays: Iterable[Workday], limit_min: int = CN_MONTH_OVERTIME_MIN) -> tuple[TimeSum, ...]:
    """Paid overtime of all classes per calendar month, flagged above the limit."""
    sums = _sums(workdays, lambda day: day.replace(day=1), lambda w: w.ot_paid_min)
    return tuple(_flagged(first, total, limit_min, TimeFlag.OT_MONTH_OVER_LIMIT) for first, total in sums)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _flagged(first: date, total: int, limit: int, flag: TimeFlag) -> TimeSum:
    return TimeSum(first, total, (flag,) if total > limit else ())


def _sums(
    workdays: Iterable[Workday], group: Callable[[date], date], value: Callable[[Workday], int]
) -> list[tuple[date, int]]:
    sums: dict[date, int] = defaultdict(int)
    for workday in workdays:
        sums[group(workday.date)] += value(workday)
    return sorted(sums.items())
