"""Flexible hours: a core to be there in, minutes that the day owes, a band to make them in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.attendance_vectors import site_rules

from gatehouse.domain.attendance import Approval, Facts, workdays
from gatehouse.domain.periods import DAY, at_local
from gatehouse.domain.punches import Direction, Punch
from gatehouse.domain.shifts import (
    Flex,
    HalfDay,
    Leave,
    LeavePart,
    OneMissing,
    Pairing,
    PlannedShift,
    ShiftError,
    ShiftPattern,
)

MONDAY = date(2026, 3, 2)
BERLIN = "Europe/Berlin"
# There from 10:00 to 15:00, eight hours a day, anywhere between 06:00 and 20:00; 30 minutes of break after six hours.
F = ShiftPattern(
    code="F",
    start=time(6),
    end=time(20),
    opens_before_min=60,
    closes_after_min=180,
    pairing=Pairing.EVERY_PAIR,
    break_min=30,
    break_over_min=360,
    grace_in_min=5,
    grace_out_min=5,
    overtime_from_min=15,
    halves=(
        HalfDay(LeavePart.MORNING, time(13), time(20), 240),
        HalfDay(LeavePart.AFTERNOON, time(6), time(12), 240),
    ),
    flex=Flex(time(10), time(15), 480),
)


def day(*walls: str, on: date = MONDAY, pattern: ShiftPattern = F, zone: str = BERLIN, **more):
    """The one workday of punches such as "09:00 in"."""
    punches = []
    for text in walls:
        clock, way = text.split()
        at = at_local(on, time.fromisoformat(clock), ZoneInfo(zone))
        punches.append(Punch(text, at, Direction(way)))
    known = Facts(punches, plan=(PlannedShift(on, pattern),), **more)
    (found,) = workdays(known, site_rules(zone), on, on + DAY).workdays
    return found


def rules(found) -> dict[str, int]:
    return {step.rule.value: step.minutes for step in found.explanation if step.minutes}


def test_who_makes_the_days_minutes_around_the_core_is_right_whenever_they_come() -> None:
    for came, left in (("06:00", "15:00"), ("08:00", "16:30"), ("10:00", "18:30")):
        found = day(f"{came} in", f"{left} out")
        assert (found.late_min, found.early_min, found.worked_min, found.owed_min) == (0, 0, 480, 480)


def test_late_and_early_are_measured_by_the_core() -> None:
    assert day("10:05 in", "18:35 out").late_min == 0
    assert day("10:06 in", "18:36 out").late_min == 6
    assert day("06:00 in", "14:55 out").early_min == 0
    assert day("06:00 in", "14:54 out").early_min == 6


def test_the_graces_minutes_are_forgiven_and_not_given() -> None:
    found = day("10:04 in", "15:00 out")
    assert (found.late_min, found.worked_min) == (0, 296)


def test_coming_within_the_grace_of_the_bands_start_gives_no_minutes_either() -> None:
    assert day("06:04 in", "12:04 out").worked_min == 360


def test_the_core_of_a_night_may_begin_after_midnight() -> None:
    night = replace(F, start=time(20), end=time(8), flex=Flex(time(0, 30), time(4), 480), halves=())
    late, right = (at_local(MONDAY + DAY, time(0, minute), ZoneInfo(BERLIN)) for minute in (40, 30))
    for came, minutes in ((late, 10), (right, 0)):
        out = at_local(MONDAY + DAY, time(5), ZoneInfo(BERLIN))
        punches = (Punch("a", came, Direction.IN), Punch("b", out, Direction.OUT))
        known = Facts(punches, plan=(PlannedShift(MONDAY, night),))
        (found,) = workdays(known, site_rules(BERLIN), MONDAY, MONDAY + DAY).workdays
        assert (found.late_min, found.early_min) == (minutes, 0)


def test_a_day_short_of_what_it_owes_says_by_how_much() -> None:
    found = day("10:00 in", "15:00 out")
    assert (found.worked_min, rules(found)["flex_short"]) == (300, 180)
    assert found.flags == ()


def test_more_than_the_day_owes_is_overtime_that_waits_for_an_approval() -> None:
    found = day("08:00 in", "18:00 out")
    assert (found.worked_min, found.ot_worked_min, found.ot_paid_min) == (480, 90, 0)
    assert [flag.value for flag in found.flags] == ["ot_unapproved"]
    assert rules(found) == {
        "counted": 600, "break": -30, "flex_over": -90, "overtime": 90, "overtime_unapproved": 90,
    }  # fmt: skip
    approved = day("08:00 in", "18:00 out", approvals=(Approval(MONDAY, 60),))
    assert (approved.worked_min, approved.ot_paid_min) == (480, 60)


def test_a_little_more_than_owed_is_no_overtime() -> None:
    found = day("08:00 in", "16:44 out")
    assert (found.worked_min, found.ot_worked_min, found.flags) == (480, 0, ())


def test_time_outside_the_band_does_not_make_up_the_day() -> None:
    early = day("05:10 in", "15:00 out")
    assert early.worked_min == 480
    assert early.ot_worked_min == 30
    late = day("14:00 in", "21:00 out")
    assert (late.worked_min, late.late_min, late.ot_worked_min) == (360, 240, 60)


def test_half_a_day_of_leave_halves_what_is_owed_and_cuts_the_core() -> None:
    leave = (Leave("l", MONDAY, LeavePart.MORNING),)
    found = day("13:00 in", "17:00 out", leaves=leave)
    assert (found.late_min, found.owed_min, found.leave_min, found.worked_min) == (0, 240, 240, 240)
    assert day("13:10 in", "17:10 out", leaves=leave).late_min == 10
    afternoon = day("08:00 in", "12:00 out", leaves=(Leave("l", MONDAY, LeavePart.AFTERNOON),))
    assert (afternoon.early_min, afternoon.worked_min) == (0, 240)


def test_where_the_leave_takes_all_of_the_core_nobody_is_late() -> None:
    pattern = replace(F, halves=(HalfDay(LeavePart.MORNING, time(16), time(20), 240),))
    leave = (Leave("l", MONDAY, LeavePart.MORNING),)
    found = day("16:30 in", "19:00 out", pattern=pattern, leaves=leave)
    assert (found.late_min, found.early_min, found.worked_min) == (0, 0, 150)


def test_a_whole_day_of_leave_owes_nothing_and_nobody_at_all_is_absent() -> None:
    assert day(leaves=(Leave("l", MONDAY, LeavePart.WHOLE),)).owed_min == 0
    assert [flag.value for flag in day().flags] == ["absent"]


def test_a_missing_punch_stands_at_the_core() -> None:
    pattern = replace(F, pairing=Pairing.FIRST_LAST, one_missing=OneMissing.TO_SCHEDULE)
    assert day("09:00 in", pattern=pattern).worked_min == 360
    assert day("16:00 out", pattern=pattern).worked_min == 360


def test_a_change_of_the_clocks_makes_no_minute() -> None:
    night = replace(F, start=time(20), end=time(8), flex=Flex(time(23), time(4), 480), halves=())
    for on, worked in ((date(2026, 3, 28), 420), (date(2026, 10, 24), 480)):
        came = at_local(on, time(22), ZoneInfo(BERLIN))
        left = at_local(on + DAY, time(6, 30), ZoneInfo(BERLIN))
        known = Facts(
            (Punch("a", came, Direction.IN), Punch("b", left, Direction.OUT)), plan=(PlannedShift(on, night),)
        )
        (found,) = workdays(known, site_rules(BERLIN), on, on + DAY).workdays
        assert (found.worked_min, found.owed_min, found.late_min) == (worked, 480, 0)


@pytest.mark.parametrize(
    "flex",
    [
        Flex(time(5), time(15), 480),
        Flex(time(10), time(21), 480),
        Flex(time(15), time(10), 480),
        Flex(time(10), time(15), 0),
        Flex(time(10), time(15), 811),
    ],
)
def test_a_core_outside_the_band_or_more_than_fits_is_refused(flex) -> None:
    with pytest.raises(ShiftError, match="the core lies in the band"):
        replace(F, flex=flex)


def test_the_most_that_fits_is_the_band_less_the_break() -> None:
    assert replace(F, flex=Flex(time(10), time(15), 810)).flex


instants = st.integers(0, 30 * 60).map(lambda n: datetime(2026, 3, 2, 3, tzinfo=ZoneInfo("UTC")) + timedelta(minutes=n))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(instants, st.sampled_from(Direction)), max_size=8), st.integers(0, 600))
def test_nobody_is_counted_more_than_the_day_owes_and_the_steps_add_up(made, approved) -> None:
    punches = tuple(Punch(f"p{n}", at, way) for n, (at, way) in enumerate(made))
    known = Facts(punches, plan=(PlannedShift(MONDAY, F),), approvals=(Approval(MONDAY, approved),))
    found = workdays(known, site_rules(BERLIN), MONDAY, MONDAY + DAY).workdays[0]
    assert 0 <= found.worked_min <= 480
    steps = [s.minutes for s in found.explanation if s.rule.value in {"counted", "break", "flex_over"}]
    assert sum(steps) == found.worked_min
    assert found.ot_paid_min <= min(found.ot_worked_min, approved)
