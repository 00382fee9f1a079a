"""Figures about people: what is owed is measured, what is not never counts against anybody."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.domain.attendance_vectors import PATTERNS, punch, site_rules

from gatehouse.domain.attendance import Facts, workdays
from gatehouse.domain.performance import (
    Figure,
    Measure,
    Withheld,
    person_figures,
    tally,
)
from gatehouse.domain.performance_groups import group_sheet
from gatehouse.domain.periods import DAY
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.shifts import DayCalendar, DayClass, Leave, LeavePart, PlannedShift, rota

MONDAY = date(2026, 3, 2)
ZONE = ZoneInfo("Asia/Shanghai")
ON_TIME, LATE = ("09:00 in", "18:00 out"), ("09:20 in", "18:00 out")


def week(
    *days: tuple[str, ...],
    leaves: tuple[tuple[int, LeavePart], ...] = (),
    calendar: DayCalendar | None = None,
    codes: tuple[str, ...] = ("D",),
) -> tuple[Workday, ...]:
    """The workdays of a week from Monday 2 March: the n-th tuple holds the punches of the n-th date."""
    calendar = calendar or DayCalendar()
    plan = [s for code in codes for s in rota(PATTERNS[code], MONDAY, MONDAY + len(days) * DAY, DayCalendar())]
    known = Facts(
        punches=tuple(punch(f"{MONDAY + n * DAY} {t}", ZONE) for n, made in enumerate(days) for t in made),
        plan=tuple(PlannedShift(s.date, s.pattern) for s in plan),
        leaves=tuple(Leave(str(n), MONDAY + n * DAY, part) for n, part in leaves),
    )
    return workdays(known, site_rules("Asia/Shanghai", calendar), MONDAY, MONDAY + 7 * DAY).workdays


def values(figures: tuple[Figure, ...]) -> dict[Measure, Fraction | None]:
    return {figure.measure: figure.value for figure in figures}


def test_punctuality_is_on_time_days_over_days_attended():
    found = values(person_figures(week(ON_TIME, LATE, ON_TIME, ())))
    assert found[Measure.PUNCTUALITY] == Fraction(2, 3)
    assert found[Measure.LATE_MINUTES] == 20
    assert found[Measure.ATTENDANCE_RATE] == Fraction(3, 4)
    assert found[Measure.ABSENCE_DAYS] == 1


def test_leave_and_holidays_change_no_figure():
    plain = person_figures(week(ON_TIME, LATE))
    calendar = DayCalendar({MONDAY + 3 * DAY: DayClass.HOLIDAY, MONDAY + 4 * DAY: DayClass.RESTDAY})
    with_leave = week(ON_TIME, LATE, (), (), (), leaves=((2, LeavePart.WHOLE),), calendar=calendar)
    assert person_figures(with_leave) == plain


def test_who_comes_late_on_a_day_of_leave_or_a_holiday_is_not_late():
    calendar = DayCalendar({MONDAY + DAY: DayClass.HOLIDAY})
    found = values(person_figures(week(LATE, LATE, leaves=((0, LeavePart.WHOLE),), calendar=calendar)))
    assert (found[Measure.PUNCTUALITY], found[Measure.ABSENCE_DAYS]) == (None, None)


def test_an_absence_beside_half_a_day_of_leave_is_half_a_day():
    found = values(person_figures(week((), ON_TIME, leaves=((0, LeavePart.MORNING),))))
    assert found[Measure.ABSENCE_DAYS] == Fraction(1, 2)
    assert found[Measure.ATTENDANCE_RATE] == Fraction(2, 3)


def test_each_part_of_a_split_shift_is_half_a_day():
    found = values(person_figures(week(("10:00 in", "14:00 out"), codes=("S1", "S2"))))
    assert found[Measure.ABSENCE_DAYS] == Fraction(1, 2)
    assert found[Measure.PUNCTUALITY] == 1


def test_a_date_is_on_time_only_if_no_part_of_it_was_late():
    day = ("10:00 in", "14:00 out", "17:10 in", "21:00 out")
    assert values(person_figures(week(day, codes=("S1", "S2"))))[Measure.PUNCTUALITY] == 0


def test_overtime_counts_as_worked_on_open_dates_too():
    saturday = ((), (), (), (), (), ("09:00 in", "12:00 out"))
    found = week(("09:00 in", "19:00 out"), *saturday[1:])
    assert values(person_figures(found))[Measure.OVERTIME_MINUTES] == 60 + 180


def test_no_days_give_no_figure_rather_than_nought():
    assert {f.withheld for f in person_figures(())} == {Withheld.NOTHING_TO_MEASURE}


def test_a_group_s_ratio_is_over_all_its_days_and_its_minutes_the_mean_of_a_person():
    people = {n: tally(week(ON_TIME)) for n in range(4)} | {4: tally(week(ON_TIME, LATE))}
    found = {f.measure: f for f in group_sheet(people, {}).whole}
    assert (found[Measure.PUNCTUALITY].value, found[Measure.PUNCTUALITY].median) == (Fraction(5, 6), 1)
    assert (found[Measure.LATE_MINUTES].value, found[Measure.LATE_MINUTES].median) == (4, 0)


def test_absent_people_hide_nobody_s_punctuality():
    people = {n: tally(week(())) for n in range(9)} | {9: tally(week(LATE))}
    found = {f.measure: f.value for f in group_sheet(people, {}).whole}
    assert found[Measure.PUNCTUALITY] is None
    assert found[Measure.ATTENDANCE_RATE] == Fraction(1, 10)


def test_every_figure_names_its_definition():
    figures = person_figures(week(ON_TIME))
    assert {f.definition for f in figures} == {f"performance.{m.value}.definition" for m in Measure}
