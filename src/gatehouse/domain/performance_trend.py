"""One person's figures month by month, and what is usual for them: compared with themselves and with nobody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gatehouse.domain.medians import median
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import Figure, Measure, person_figures
from gatehouse.domain.reckoning import Workday

# Of fewer earlier months "usual" would be the last month under another name.
FEWEST_EARLIER = 2


@dataclass(frozen=True, slots=True)
class MonthFigures:
    month: Month
    figures: tuple[Figure, ...]

    def of(self, measure: Measure) -> Figure:
        return next(figure for figure in self.figures if figure.measure is measure)


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure over months, in order of time. `usual` is the median of the months before the last, None of fewer
    than FEWEST_EARLIER with a value; `difference` is the last month's value less the usual one."""

    measure: Measure
    points: tuple[tuple[Month, Figure], ...]
    usual: Fraction | None
    difference: Fraction | None


def by_month(workdays: Iterable[Workday], months: Sequence[Month]) -> tuple[MonthFigures, ...]:
    """Every measure of each of these months; workdays of other months are left out."""
    found: dict[Month, list[Workday]] = defaultdict(list)
    for workday in workdays:
        found[Month.of(workday.date)].append(workday)
    return tuple(MonthFigures(month, person_figures(found.get(month, ()))) for month in months)


def trends(months: Sequence[MonthFigures]) -> tuple[Trend, ...]:
    """Every measure over these months. A month without a value is no point of the usual: nobody is held against a
    month of leave."""
    return tuple(_trend(measure, sorted(months, key=lambda one: one.month)) for measure in Measure)


def _trend(measure: Measure, months: Sequence[MonthFigures]) -> Trend:
    points = tuple((one.month, one.of(measure)) for one in months)
    earlier = [figure.value for _month, figure in points[:-1] if figure.value is not None]
    usual = median(earlier) if len(earlier) >= FEWEST_EARLIER else None
    last = points[-1][1].value if points else None
    return Trend(measure, points, usual, None if usual is None or last is None else last - usual)


def months_back(last: Month, count: int) -> tuple[Month, ...]:
    """So many months in order of time, `last` the last of them."""
    of = last.year * 12 + last.number - 1
    return tuple(Month(at // 12, at % 12 + 1) for at in range(of - count + 1, of + 1))
