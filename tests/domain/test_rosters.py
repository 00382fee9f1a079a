"""Rotations, drafts over what is published, and what is doubtful about a plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.attendance_vectors import PATTERNS

from gatehouse.domain.periods import DAY
from gatehouse.domain.rosters import (
    MOST_A_DAY,
    WEEK,
    Doubt,
    Doubted,
    Limits,
    RosterError,
    Rotation,
    doubts,
    laid_over,
    moved,
    put,
    put_beside,
    rotated,
    rotation_from_text,
    rotation_to_text,
    same,
    standing,
    week_min,
)
from gatehouse.domain.shifts import Counting, DayCalendar, DayClass, Flex, Leave, LeavePart, PlannedShift, lay
from gatehouse.domain.working_time import monday

MONDAY = date(2026, 3, 2)
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NONE = DayCalendar()
E, L, N = PATTERNS["E"], PATTERNS["L"], PATTERNS["N"]  # 06-14, 14-22, 22-06, half an hour of break each
THREE = "E E E E E - -\nL L L L L - -\nN N N N - - E+L"


def shift(text: str) -> PlannedShift:
    """From "2026-03-02 E"."""
    day, code = text.split()
    return PlannedShift(date.fromisoformat(day), PATTERNS[code])


def doubted(*plan: str, calendar=NONE, leaves=(), zone=SHANGHAI, limits=None) -> list[Doubted]:
    return list(doubts([shift(one) for one in plan], leaves, calendar, zone, MONDAY, MONDAY + WEEK, limits))


# --- rotations -----------------------------------------------------------------------------------------------------


def test_a_rotation_is_read_week_by_week() -> None:
    rotation = rotation_from_text(f"\n  {THREE}\n\n")
    assert len(rotation.weeks) == 3
    assert rotation.weeks[2] == (("N",), ("N",), ("N",), ("N",), (), (), ("E", "L"))
    assert rotation.shifts == {"E", "L", "N"}
    assert rotation_to_text(rotation) == THREE


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_weeks"),
        (" \n ", "no_weeks"),
        ("E E E E E -", "not_seven_days"),
        ("E E E E E - - -", "not_seven_days"),
        (f"{THREE}\nE", "not_seven_days"),
        ("E+E - - - - - -", "twice"),
        ("a+b+c+d+e - - - - - -", "too_many_shifts"),
        ("\n".join(["- - - - - - -"] * 13), "too_many_weeks"),
    ],
)
def test_what_is_no_rotation_is_refused_with_its_code(text, code) -> None:
    with pytest.raises(RosterError) as fault:
        rotation_from_text(text)
    assert fault.value.code == code


def test_a_rotation_begins_with_the_week_that_is_asked_for_and_begins_again() -> None:
    rotation = rotation_from_text(THREE)
    found = rotated(rotation, MONDAY + 2 * DAY, 2, MONDAY, MONDAY + 4 * WEEK)
    assert [found[MONDAY + n * WEEK] for n in range(4)] == [("L",), ("N",), ("E",), ("L",)]
    assert found[MONDAY + WEEK + 6 * DAY] == ("E", "L")
    assert rotated(rotation, MONDAY, 2, MONDAY - WEEK, MONDAY)[MONDAY - WEEK] == ("E",)


days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
codes = st.lists(st.sampled_from("abcdefgh"), max_size=MOST_A_DAY, unique=True).map(tuple)
rotations = st.lists(st.lists(codes, min_size=7, max_size=7).map(tuple), min_size=1, max_size=12).map(
    lambda weeks: Rotation(tuple(weeks))
)


@given(rotations)
def test_a_rotation_written_is_the_one_read(rotation) -> None:
    assert rotation_from_text(rotation_to_text(rotation)) == rotation


@given(rotations, days, st.integers(1, 12), st.integers(0, 60), st.integers(0, 60))
def test_two_spans_side_by_side_are_rotated_as_one(rotation, begins, week, one, two) -> None:
    since, cut, until = begins, begins + one * DAY, begins + (one + two) * DAY
    left, right = rotated(rotation, begins, week, since, cut), rotated(rotation, begins, week, cut, until)
    assert left | right == rotated(rotation, begins, week, since, until)
    assert not set(left) & set(right)


@given(rotations, days, st.integers(1, 12), st.integers(-40, 40))
def test_a_rotation_comes_round_and_starting_a_week_later_is_one_week_on(rotation, begins, week, n) -> None:
    day = begins + n * DAY
    here = rotated(rotation, begins, week, day, day + DAY)[day]
    round_ = day + len(rotation.weeks) * WEEK
    assert rotated(rotation, begins, week, round_, round_ + DAY)[round_] == here
    assert rotated(rotation, begins + WEEK, week + 1, day, day + DAY)[day] == here


# --- strokes, drafts -----------------------------------------------------------------------------------------------


def test_a_stroke_replaces_and_the_same_again_takes_away() -> None:
    assert put(("E",), "L") == ("L",)
    assert put(("E", "L"), "L") == ("L",)
    assert put(("L",), "L") == ()


def test_a_stroke_beside_adds_up_to_four_and_takes_away() -> None:
    assert put_beside(("E",), "L") == ("E", "L")
    assert put_beside(("E", "L"), "E") == ("L",)
    assert put_beside(("a", "b", "c", "d"), "e") == ("a", "b", "c", "d")


@given(codes, st.sampled_from("abcdefgh"))
def test_two_strokes_beside_leave_no_trace(held, stroke) -> None:
    twice = put_beside(put_beside(held, stroke), stroke)
    assert same(twice, held) or len(held) == MOST_A_DAY


plans = st.dictionaries(st.dates(MONDAY, MONDAY + 9 * DAY), codes, max_size=8)


@given(plans, plans)
def test_a_draft_stands_alone_on_its_date_and_touches_no_other(published, drafts) -> None:
    laid = laid_over(published, drafts)
    assert {day: laid[day] for day in drafts} == drafts
    assert {day: found for day, found in laid.items() if day not in drafts} == {
        day: found for day, found in published.items() if day not in drafts
    }


@given(plans, st.integers(-30, 30))
def test_moving_there_and_back_is_nothing(plan, n) -> None:
    assert moved(moved(plan, n), -n) == plan


def test_a_holiday_or_a_day_off_is_left_out_and_a_make_up_day_is_not() -> None:
    calendar = DayCalendar(
        {MONDAY: DayClass.HOLIDAY, MONDAY + DAY: DayClass.RESTDAY, MONDAY + 5 * DAY: DayClass.WORKDAY}
    )
    plan = {MONDAY + n * DAY: ("E",) for n in range(7)}
    assert [day for day, found in standing(plan, calendar).items() if not found] == [MONDAY, MONDAY + DAY]


# --- doubts --------------------------------------------------------------------------------------------------------


def test_a_usual_week_is_beyond_doubt() -> None:
    assert doubted(*(f"2026-03-0{n} E" for n in range(2, 7))) == []
    assert doubted() == []


def test_under_eleven_hours_between_two_dates_are_short() -> None:
    assert doubted("2026-03-02 L", "2026-03-03 E") == [Doubted(date(2026, 3, 3), Doubt.REST_SHORT, 480)]
    late = PlannedShift(MONDAY, replace(L, end=time(19)))
    for start, found in ((time(6), []), (time(5, 59), [Doubted(MONDAY + DAY, Doubt.REST_SHORT, 659)])):
        early = PlannedShift(MONDAY + DAY, replace(E, start=start))
        assert list(doubts([late, early], (), NONE, SHANGHAI, MONDAY, MONDAY + WEEK)) == found


def test_the_rest_is_measured_from_the_week_before_too() -> None:
    assert doubted("2026-03-01 N", "2026-03-02 L") == [Doubted(MONDAY, Doubt.REST_SHORT, 480)]


def test_the_night_that_the_clocks_go_forward_takes_an_hour_of_rest() -> None:
    late = PlannedShift(date(2026, 3, 28), replace(L, end=time(19, 30)))
    early = PlannedShift(date(2026, 3, 29), replace(E, start=time(6, 30)))
    span = (date(2026, 3, 23), date(2026, 3, 30))
    assert list(doubts([late, early], (), NONE, BERLIN, *span)) == [Doubted(date(2026, 3, 29), Doubt.REST_SHORT, 600)]
    assert list(doubts([late, early], (), NONE, SHANGHAI, *span)) == []


def test_a_split_shifts_gap_is_no_rest() -> None:
    assert doubted("2026-03-02 S1", "2026-03-02 S2") == []


def test_overlapping_shifts_are_doubted_once_a_date_with_the_longest() -> None:
    assert doubted("2026-03-02 D", "2026-03-02 E") == [Doubted(MONDAY, Doubt.OVERLAP, 300)]
    assert doubted("2026-03-02 N", "2026-03-03 E") == [Doubted(MONDAY + DAY, Doubt.REST_SHORT, 0)]
    night = PlannedShift(MONDAY, replace(N, end=time(6, 30)))
    found = list(doubts([night, shift("2026-03-03 E")], (), NONE, SHANGHAI, MONDAY, MONDAY + WEEK))
    assert found == [Doubted(MONDAY + DAY, Doubt.OVERLAP, 30)]


def test_the_overlap_of_a_shift_inside_another_is_its_own_length() -> None:
    assert doubted("2026-03-02 D", "2026-03-02 S1") == [Doubted(MONDAY, Doubt.OVERLAP, 240)]


def test_the_rest_begins_when_the_last_of_all_earlier_shifts_has_ended() -> None:
    long = PlannedShift(MONDAY, replace(N, start=time(23), end=time(22, 59)))
    within = PlannedShift(MONDAY + DAY, replace(E, start=time(0), end=time(4)))
    early = shift("2026-03-04 E")
    found = doubts([long, within, early], (), NONE, SHANGHAI, MONDAY + 2 * DAY, MONDAY + WEEK)
    assert list(found) == [Doubted(MONDAY + 2 * DAY, Doubt.REST_SHORT, 7 * 60 + 1)]


def test_over_48_planned_hours_a_week_are_long_and_exactly_48_are_not() -> None:
    six = [f"2026-03-0{n} D" for n in range(2, 8)]
    assert doubted(*six) == []
    assert doubted(*six, "2026-03-08 S1") == [Doubted(MONDAY, Doubt.WEEK_LONG, 48 * 60 + 240)]
    assert doubted(*six, limits=Limits(week_min=2879)) == [Doubted(MONDAY, Doubt.WEEK_LONG, 2880)]


def test_a_cancelled_or_leave_shift_is_said_and_asks_nothing() -> None:
    holiday = DayCalendar({MONDAY: DayClass.HOLIDAY})
    assert doubted("2026-03-02 L", "2026-03-03 E", calendar=holiday) == [Doubted(MONDAY, Doubt.CANCELLED)]
    leave = (Leave("l", MONDAY, LeavePart.WHOLE),)
    assert doubted("2026-03-02 L", "2026-03-03 E", leaves=leave) == [Doubted(MONDAY, Doubt.ON_LEAVE)]
    halves = (Leave("a", MONDAY, LeavePart.MORNING), Leave("b", MONDAY, LeavePart.AFTERNOON))
    assert doubted("2026-03-02 D", leaves=halves) == [Doubted(MONDAY, Doubt.ON_LEAVE)]
    assert doubted("2026-03-02 D", leaves=halves[:1]) == []


def test_planned_time_is_less_the_break_the_half_and_what_flexible_hours_owe() -> None:
    flexible = PlannedShift(MONDAY, replace(PATTERNS["D"], halves=(), flex=Flex(time(10), time(15), 420)))
    assert week_min([flexible], (), NONE, SHANGHAI) == 420
    assert week_min([shift("2026-03-02 D")], (), NONE, SHANGHAI) == 480
    half = (Leave("l", MONDAY, LeavePart.MORNING),)
    assert week_min([shift("2026-03-02 D")], half, NONE, SHANGHAI) == 240
    extra = PlannedShift(MONDAY, replace(PATTERNS["D"], halves=(), counting=Counting.ALL_OVERTIME))
    assert week_min([extra], (), NONE, SHANGHAI) == 480
    assert week_min([shift("2026-03-02 D")], (), DayCalendar({MONDAY: DayClass.HOLIDAY}), SHANGHAI) == 0


shifts = st.builds(
    PlannedShift, st.integers(-2, 9).map(lambda n: MONDAY + n * DAY), st.sampled_from(list(PATTERNS.values()))
)
leaves = st.builds(Leave, st.just("l"), st.integers(0, 6).map(lambda n: MONDAY + n * DAY), st.sampled_from(LeavePart))
calendars = st.dictionaries(
    st.integers(0, 6).map(lambda n: MONDAY + n * DAY), st.sampled_from(DayClass), max_size=3
).map(DayCalendar)
zones = st.sampled_from([SHANGHAI, BERLIN])
facts = (st.lists(shifts, max_size=12), st.lists(leaves, max_size=3), calendars, zones)
thorough = settings(max_examples=200, deadline=None)


@thorough
@given(*facts, st.randoms(use_true_random=False))
def test_the_order_of_the_plan_and_a_shift_told_twice_make_no_difference(plan, free, calendar, zone, random) -> None:
    again = [*plan, *plan[:4]]
    random.shuffle(again)
    span = (MONDAY, MONDAY + WEEK)
    assert doubts(again, free, calendar, zone, *span) == doubts(plan, free, calendar, zone, *span)


@thorough
@given(*facts)
def test_doubts_lie_in_the_span_one_of_a_kind_a_date_and_weeks_on_mondays(plan, free, calendar, zone) -> None:
    found = doubts(plan, free, calendar, zone, MONDAY, MONDAY + WEEK)
    assert len({(one.date, one.doubt) for one in found}) == len(found)
    for one in found:
        assert MONDAY <= one.date < MONDAY + WEEK
        assert one.minutes >= 0
        assert one.doubt is not Doubt.WEEK_LONG or one.date == monday(one.date)
        assert one.doubt is not Doubt.REST_SHORT or one.minutes < 660


@thorough
@given(*facts)
def test_every_two_shifts_that_share_a_minute_are_said_and_no_others(plan, free, calendar, zone) -> None:
    kept = [s for s in set(plan) if calendar.owes_shift(s.date)]
    found = {one.date for one in doubts(kept, (), calendar, zone, MONDAY - WEEK, MONDAY + 2 * WEEK)
             if one.doubt is Doubt.OVERLAP}  # fmt: skip
    shared = set()
    for one in kept:
        for other in kept:
            if one is other:
                continue
            a, b = _span(one, zone), _span(other, zone)
            if a[0] < b[1] and b[0] < a[1] and (a, one.pattern.code) < (b, other.pattern.code):
                shared.add(other.date)
    assert found == shared


def _span(of: PlannedShift, zone: ZoneInfo):
    duty = lay(of, NONE, frozenset(), zone)
    return duty.start, duty.end


@thorough
@given(st.integers(0, 3 * 24 * 60))
def test_a_rest_is_short_exactly_under_eleven_hours(gap) -> None:
    """The first shift ends at 04:00 on Monday, the second begins `gap` minutes later."""
    later = 4 * 60 + gap
    on, start = MONDAY + later // 1440 * DAY, time(later % 1440 // 60, later % 60)
    second = PlannedShift(on, replace(E, start=start, end=time(0)))
    found = doubts(
        [PlannedShift(MONDAY, replace(E, start=time(0), end=time(4))), second],
        (),
        NONE,
        SHANGHAI,
        MONDAY,
        MONDAY + WEEK,
    )
    short = Doubt.REST_SHORT in {one.doubt for one in found}
    assert short == (on > MONDAY and gap < 660)
