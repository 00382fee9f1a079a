"""Legal limits of working time as data, each with its source, and which of them somebody's days go past.

A limit that no table here has is one more line of data. Weeks run Monday to Sunday by the date of the shift.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gatehouse.domain.errors import DomainError
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.shifts import minutes
from gatehouse.domain.working_time import CN_MONTH_OVERTIME_MIN, EU_REST_MIN, EU_WEEK_MIN, US_WEEK_MIN, monday, rests

WEEK = timedelta(days=7)
LONGEST_LIMIT_MIN = 31 * 24 * 60
MOST_WEEKS = 52


class LimitError(DomainError):
    """Codes: `bad_limit`."""


class Measured(StrEnum):
    """What a limit is about. All but the rest are upper limits in minutes."""

    DAY_OVERTIME = "day_overtime"
    WEEK_HOURS = "week_hours"
    WEEK_AVERAGE = "week_average"
    WEEK_OVERTIME = "week_overtime"
    MONTH_OVERTIME = "month_overtime"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Limit:
    """`minutes` is the most that is allowed, of a rest the least; exactly so much is within. `weeks` is the length of
    the reference period of an average, 1 for everything else. Raises LimitError."""

    of: Measured
    minutes: int
    source: str
    weeks: int = 1

    def __post_init__(self) -> None:
        plain = self.weeks == 1 or self.of is Measured.WEEK_AVERAGE
        if not (0 < self.minutes <= LONGEST_LIMIT_MIN and 1 <= self.weeks <= MOST_WEEKS and plain):
            raise LimitError("bad_limit", f"{self.minutes} minutes over {self.weeks} weeks is no limit of {self.of}")


@dataclass(frozen=True, slots=True)
class Passed:
    """A limit that was gone past on `date` (the first date beyond it), by `over_min` minutes in all."""

    limit: Limit
    date: date
    over_min: int


TABLES: Mapping[str, tuple[Limit, ...]] = {
    "none": (),
    "cn": (
        Limit(Measured.DAY_OVERTIME, 3 * 60, "Labour Law of the People's Republic of China, article 41"),
        Limit(
            Measured.MONTH_OVERTIME, CN_MONTH_OVERTIME_MIN, "Labour Law of the People's Republic of China, article 41"
        ),
    ),
    "eu": (
        Limit(Measured.REST, EU_REST_MIN, "Directive 2003/88/EC, article 3"),
        Limit(Measured.WEEK_HOURS, EU_WEEK_MIN, "Directive 2003/88/EC, article 6 (any single week, as an early sign)"),
        # Article 16(b): a reference period of at most four months.
        Limit(Measured.WEEK_AVERAGE, EU_WEEK_MIN, "Directive 2003/88/EC, articles 6(b) and 16(b)", weeks=17),
    ),
    "us": (Limit(Measured.WEEK_OVERTIME, US_WEEK_MIN, "Fair Labor Standards Act, 29 U.S.C. 207(a)(1)"),),
}


def span_looked_at(limits: Sequence[Limit], since: date, until: date) -> tuple[date, date]:
    """The half-open dates whose workdays must be known to judge [since, until): whole weeks, and an average's."""
    back = max((limit.weeks for limit in limits), default=1) - 1
    return monday(since) - back * WEEK, monday(until - timedelta(days=1)) + WEEK


def at_work_min(workday: Workday, longest_min: int) -> int:
    """Worked and overtime minutes. Of a stretch too long to be true only approved overtime counts: a clock-out that was
    forgotten breaks no law."""
    return workday.worked_min + overtime_min(workday, longest_min)


def overtime_min(workday: Workday, longest_min: int) -> int:
    if too_long(workday, longest_min):
        return workday.ot_paid_min + workday.ot_banked_min
    return workday.ot_worked_min


def too_long(workday: Workday, longest_min: int) -> bool:
    """Whether more than `longest_min` minutes lie between the first punch in and the last one out."""
    first, last = workday.first_in, workday.last_out
    return first is not None and last is not None and minutes(first, last) > longest_min


def passed(workdays: Sequence[Workday], limits: Iterable[Limit], longest_min: int) -> tuple[Passed, ...]:
    """What these workdays (one person's, in order of date) go past, by date."""
    found: list[Passed] = []
    for limit in limits:
        found += _BY_MEASURE[limit.of](workdays, limit, longest_min)
    return tuple(sorted(found, key=lambda one: (one.date, one.limit.of, one.limit.minutes)))


Judge = Callable[[Sequence[Workday], Limit, int], list[Passed]]


def _judge(group: Callable[[date], date], value: Callable[[Workday, int], int]) -> Judge:
    """Sums of a day, week or month against the limit; gone past on the date on which the sum first exceeds it."""

    def judge(workdays: Sequence[Workday], limit: Limit, longest_min: int) -> list[Passed]:
        sums: dict[date, int] = {}
        crossed: dict[date, date] = {}
        for workday in workdays:
            key = group(workday.date)
            sums[key] = sums.get(key, 0) + value(workday, longest_min)
            if sums[key] > limit.minutes:
                crossed.setdefault(key, workday.date)
        return [Passed(limit, day, sums[key] - limit.minutes) for key, day in crossed.items()]

    return judge


def _average(workdays: Sequence[Workday], limit: Limit, longest_min: int) -> list[Passed]:
    """The average of the weeks that end with each one; only where the days reach back over all of them."""
    if not workdays:
        return []
    most, found = limit.minutes * limit.weeks, []
    by_week: dict[date, list[Workday]] = {}
    for workday in workdays:
        by_week.setdefault(monday(workday.date), []).append(workday)
    sums = {week: sum(at_work_min(w, longest_min) for w in days) for week, days in by_week.items()}
    first = monday(workdays[0].date)
    for week, days in by_week.items():
        before = [week - n * WEEK for n in range(1, limit.weeks)]
        if before and before[-1] < first:
            continue
        total = sum(sums.get(one, 0) for one in before)
        crossed = None
        for workday in days:
            total += at_work_min(workday, longest_min)
            if crossed is None and total > most:
                crossed = workday.date
        if crossed is not None and total > most:
            found.append(Passed(limit, crossed, -(-(total - most) // limit.weeks)))
    return found


def _short_rest(workdays: Sequence[Workday], limit: Limit, longest_min: int) -> list[Passed]:
    """A stretch too long to be true bounds no rest: its end is not known."""
    known = [workday for workday in workdays if not too_long(workday, longest_min)]
    short: dict[date, int] = {}
    for day in rests(known, limit.minutes):
        if day.flags and day.rest_min is not None:
            short[day.workday.date] = max(short.get(day.workday.date, 0), limit.minutes - day.rest_min)
    return [Passed(limit, day, lacking) for day, lacking in short.items()]


_BY_MEASURE: Mapping[Measured, Judge] = {
    Measured.DAY_OVERTIME: _judge(lambda day: day, overtime_min),
    Measured.WEEK_HOURS: _judge(monday, at_work_min),
    Measured.WEEK_OVERTIME: _judge(monday, at_work_min),
    Measured.MONTH_OVERTIME: _judge(lambda day: day.replace(day=1), overtime_min),
    Measured.WEEK_AVERAGE: _average,
    Measured.REST: _short_rest,
}
