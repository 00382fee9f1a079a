"""Months compared with the person's own months; medians; who sees a month when."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.test_performance import LATE, ON_TIME, week

from gatehouse.domain.medians import median
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import Measure
from gatehouse.domain.performance_trend import FEWEST_EARLIER, by_month, months_back, trends
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.seen_first import open_from, others_see

MARCH = Month(2026, 3)


def in_month(number: int, *days: tuple[str, ...]) -> list[Workday]:
    """The week of 2 March moved into another month of 2026."""
    return [
        Workday(**{f: getattr(w, f) for f in w.__slots__} | {"date": w.date.replace(month=number)}) for w in week(*days)
    ]


def test_each_month_has_its_own_days_and_a_month_without_has_no_value():
    months = by_month(in_month(3, ON_TIME, LATE) + in_month(5, LATE), months_back(Month(2026, 5), 3))
    (punctual, *_rest) = trends(months)
    assert [str(month) for month, _figure in punctual.points] == ["2026-03", "2026-04", "2026-05"]
    assert [figure.value for _month, figure in punctual.points] == [Fraction(1, 2), None, Fraction(0)]


def test_usual_is_the_median_of_the_months_before_and_leave_is_no_month():
    days = in_month(1, LATE, LATE) + in_month(2, LATE) + in_month(4, ON_TIME) + in_month(5, LATE)
    late = next(t for t in trends(by_month(days, months_back(Month(2026, 5), 5))) if t.measure is Measure.LATE_MINUTES)
    assert (late.usual, late.difference) == (20, 0)


def test_one_earlier_month_is_not_usual():
    days = in_month(4, ON_TIME) + in_month(5, LATE)
    found = trends(by_month(days, months_back(Month(2026, 5), 6)))
    assert FEWEST_EARLIER == 2
    assert {(trend.usual, trend.difference) for trend in found} == {(None, None)}


def test_no_months_have_no_trend():
    assert {(trend.points, trend.difference) for trend in trends(())} == {((), None)}


def test_months_back_run_across_the_year():
    assert [str(one) for one in months_back(Month(2026, 2), 4)] == ["2025-11", "2025-12", "2026-01", "2026-02"]


@given(st.lists(st.fractions(), min_size=1))
def test_a_median_has_as_many_below_as_above(values: list[Fraction]):
    middle = median(values)
    assert middle is not None
    assert abs(sum(v < middle for v in values) - sum(v > middle for v in values)) <= sum(v == middle for v in values)
    assert median(reversed(values)) == middle


def test_nothing_has_no_median():
    assert median(()) is None


@pytest.mark.parametrize(
    ("today", "days", "seen", "see"),
    [
        (date(2026, 3, 31), 5, False, False),
        (date(2026, 4, 5), 5, False, False),
        (date(2026, 4, 6), 5, False, True),
        (date(2026, 4, 1), 0, False, True),
        (date(2026, 3, 31), 0, False, False),
        (date(2026, 3, 10), 31, True, True),
    ],
)
def test_a_month_is_the_persons_alone_until_they_said_seen_or_the_days_are_over(today, days, seen, see):
    assert others_see(MARCH, today, days, seen=seen) is see


def test_five_whole_days_after_the_month_lie_between():
    assert open_from(MARCH, 5) - MARCH.until == timedelta(days=5)
