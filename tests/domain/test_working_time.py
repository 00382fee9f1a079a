"""Rest, weekly hours and the overtime of a month, at their limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.domain.attendance_vectors import PATTERNS

from gatehouse.domain.periods import DAY, instant
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.shifts import DayClass
from gatehouse.domain.working_time import TimeFlag, month_overtime, rests, split_weeks, week_sums

MONDAY = date(2026, 6, 1)


def at(text: str) -> datetime:
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")))


def a_day(day: date, **facts: Any) -> Workday:
    blank = Workday(day, PATTERNS["D"], DayClass.WORKDAY, 0, 0, 0, 0, 0, 0, 0, 480, None, None, (), ())
    return replace(blank, **facts)


def test_rest_runs_from_the_latest_earlier_date_with_an_out_and_11_hours_are_enough():
    found = rests(
        (
            a_day(MONDAY, first_in=at("2026-06-01 09:00"), last_out=at("2026-06-01 20:00")),
            a_day(MONDAY, last_out=at("2026-06-01 22:00")),
            a_day(MONDAY + DAY, first_in=at("2026-06-02 09:00")),
            a_day(MONDAY + 2 * DAY, first_in=at("2026-06-03 08:59")),
            a_day(MONDAY + 3 * DAY),
        )
    )
    assert [day.rest_min for day in found] == [None, None, 660, 660 + 24 * 60 - 1, None]
    assert all(day.flags == () for day in found)


def test_a_minute_less_than_the_rest_owed_is_flagged():
    yesterday = a_day(MONDAY, last_out=at("2026-06-01 22:01"))
    (_, today) = rests((yesterday, a_day(MONDAY + DAY, first_in=at("2026-06-02 09:00"))))
    assert (today.rest_min, today.flags) == (659, (TimeFlag.REST_SHORT,))


def test_rest_over_a_clock_change_is_elapsed_time():
    """Clocks go forward on 29 March: 22:00 to 09:00 is ten hours."""
    saturday, sunday = date(2026, 3, 28), date(2026, 3, 29)
    evening = a_day(saturday, last_out=at("2026-03-28 22:00"))
    (_, morning) = rests((evening, a_day(sunday, first_in=at("2026-03-29 09:00"))))
    assert (morning.rest_min, morning.flags) == (600, (TimeFlag.REST_SHORT,))


@pytest.mark.parametrize(("minutes", "flags"), [(2880, ()), (2881, (TimeFlag.WEEK_OVER_LIMIT,))])
def test_a_week_is_flagged_above_48_hours_of_worked_and_overtime(minutes, flags):
    week = (a_day(MONDAY, worked_min=minutes - 100), a_day(MONDAY + 6 * DAY, ot_worked_min=100))
    (found,) = week_sums((*week,))
    assert (found.first, found.total_min, found.flags) == (MONDAY, minutes, flags)


@pytest.mark.parametrize(("minutes", "flags"), [(2160, ()), (2161, (TimeFlag.OT_MONTH_OVER_LIMIT,))])
def test_a_month_is_flagged_above_36_hours_of_paid_overtime(minutes, flags):
    first, last = date(2026, 6, 1), date(2026, 6, 30)
    days = (a_day(first, ot_paid_min=minutes - 60, ot_worked_min=9999), a_day(last, ot_paid_min=60))
    (found,) = month_overtime(days)
    assert (found.first, found.total_min, found.flags) == (first, minutes, flags)


def test_weeks_run_monday_to_sunday_and_are_never_averaged():
    sunday = MONDAY + 6 * DAY
    found = split_weeks((a_day(sunday, worked_min=2500), a_day(sunday + timedelta(days=1), worked_min=100)))
    assert [(w.monday, w.regular_min, w.overtime_min) for w in found] == [
        (MONDAY, 2400, 100),
        (MONDAY + 7 * DAY, 100, 0),
    ]
