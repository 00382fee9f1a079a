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
    group_figures,
    person_figures,
    trend,
)
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


class TestGroups:
    def test_a_group_is_measured_over_all_its_days(self):
        found = values(group_figures([week(ON_TIME, LATE), *[week(ON_TIME)] * 4]))
        assert found[Measure.PUNCTUALITY] == Fraction(5, 6)

    def test_four_people_give_no_figure_and_no_count(self):
        found = group_figures([week(ON_TIME)] * 4)
        assert {(f.value, f.people, f.withheld) for f in found} == {(None, 0, Withheld.GROUP_TOO_SMALL)}

    def test_people_without_a_day_in_it_do_not_make_a_group_larger(self):
        on_leave = week((), leaves=((0, LeavePart.WHOLE),))
        found = values(group_figures([week(LATE), *[on_leave] * 9]))
        assert set(found.values()) == {None}

    def test_absent_people_hide_nobody_s_punctuality(self):
        found = values(group_figures([week(LATE), *[week(())] * 9]))
        assert found[Measure.PUNCTUALITY] is None
        assert found[Measure.ATTENDANCE_RATE] == Fraction(1, 10)

    def test_the_smallest_group_is_the_site_s_to_raise(self):
        assert {f.value for f in group_figures([week(ON_TIME)] * 9, smallest=10)} == {None}


def test_a_trend_is_later_less_earlier_and_nothing_where_either_lacks():
    earlier, later = person_figures(week(LATE, ON_TIME)), person_figures(week(ON_TIME, ON_TIME))
    changes = {change.measure: change.difference for change in trend(earlier, later)}
    assert changes[Measure.PUNCTUALITY] == Fraction(1, 2)
    assert changes[Measure.LATE_MINUTES] == -20
    assert {change.difference for change in trend(person_figures(()), later)} == {None}


def test_every_figure_and_change_names_its_definition():
    figures = person_figures(week(ON_TIME))
    assert {f.definition for f in figures} == {f"performance.{m.value}.definition" for m in Measure}
    assert [c.definition for c in trend(figures, figures)] == [f.definition for f in figures]
