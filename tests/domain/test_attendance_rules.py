"""The rules at their edges: windows, clock changes, leave, corrections, seconds, garbage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from tests.domain.attendance_vectors import PATTERNS, punch, site_rules

from gatehouse.domain.attendance import Approval, Facts, Settlement, workdays
from gatehouse.domain.periods import DAY, PeriodError, at_local
from gatehouse.domain.punches import AddPunch, Direction, Punch, Reversal, VoidPunch
from gatehouse.domain.reckoning import Rule, Workday
from gatehouse.domain.shifts import (
    Counting,
    DayCalendar,
    DayClass,
    HalfDay,
    Leave,
    LeavePart,
    PlannedShift,
    ShiftError,
    ShiftPattern,
    rota,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 2)
D = PATTERNS["D"]


def days(
    *punches: str | Punch,
    plan: dict[date, ShiftPattern] | None = None,
    zone: str = "Asia/Shanghai",
    **facts: object,
) -> tuple[Workday, ...]:
    """Workdays of everything within the plan's dates, or around 2 March 2026."""
    shifts = {MONDAY: D} if plan is None else plan
    made = tuple(p if isinstance(p, Punch) else punch(p, ZoneInfo(zone)) for p in punches)
    known = Facts(made, plan=tuple(PlannedShift(day, pattern) for day, pattern in shifts.items()))
    known = replace(known, **facts)  # type: ignore[arg-type]
    dates = [*shifts, *(p.at.date() for p in made)]
    return workdays(known, site_rules(zone), min(dates) - DAY, max(dates) + 2 * DAY).workdays


def steps(day: Workday, rule: Rule) -> list[int]:
    return [step.minutes for step in day.explanation if step.rule is rule]


def test_a_window_is_open_at_both_its_ends_and_closed_a_minute_beyond():
    site = site_rules("Asia/Shanghai")

    def unassigned(*punches: str) -> list[str]:
        made = tuple(punch(text, SHANGHAI) for text in punches)
        known = Facts(made, plan=(PlannedShift(MONDAY, D),))
        return [p.id for p in workdays(known, site, MONDAY, MONDAY + DAY).unassigned]

    assert unassigned("2026-03-02 07:00 in", "2026-03-02 23:00 out") == []
    assert unassigned("2026-03-02 06:59 in", "2026-03-02 23:01 out") == [
        "2026-03-02 06:59 in",
        "2026-03-02 23:01 out",
    ]


def test_a_punch_as_near_to_two_shifts_goes_to_the_earlier():
    plan = {"E": PATTERNS["E"], "L": PATTERNS["L"]}
    found = workdays(
        Facts(
            tuple(punch(f"2026-03-02 {t}", SHANGHAI) for t in ("13:00 in", "18:00 out")),
            plan=tuple(
                PlannedShift(MONDAY, replace(p, opens_before_min=600, closes_after_min=600)) for p in plan.values()
            ),
        ),
        site_rules("Asia/Shanghai"),
        MONDAY,
        MONDAY + DAY,
    )
    early, late = found.workdays
    assert (early.last_out, late.last_out) == (at_local(MONDAY, time(18), SHANGHAI), None)
    assert (early.first_in, late.first_in) == (None, at_local(MONDAY, time(13), SHANGHAI))


def test_seconds_are_cut_to_the_minute_that_the_clock_showed():
    at = at_local(MONDAY, time(9, 5), SHANGHAI).replace(second=59)
    (day,) = days(Punch("a", at, Direction.IN), "2026-03-02 18:00 out")
    assert (day.late_min, day.worked_min) == (0, 480)
    late = at_local(MONDAY, time(9, 10), SHANGHAI).replace(second=30)
    (day,) = days(Punch("a", late, Direction.IN), "2026-03-02 18:00 out")
    assert (day.late_min, day.worked_min) == (10, 470)


def test_gaps_on_an_open_date_reduce_its_break():
    """09:00 to 19:00 with 20 minutes away: 580 minutes, of the break of 60 only 40 are left to take."""
    times = ("09:00 in", "12:00 out", "12:20 in", "19:00 out")
    (day,) = days(*(f"2026-03-02 {t}" for t in times), plan={})
    assert (day.ot_worked_min, day.worked_min) == (540, 0)


class TestEveryPair:
    def day(self, *times: str) -> Workday:
        (found,) = days(*(f"2026-03-02 {t}" for t in times), plan={MONDAY: PATTERNS["P"]})
        return found

    def test_who_begins_with_an_out_is_not_late_since_nobody_knows(self):
        found = self.day("08:10 out", "08:20 in", "17:00 out")
        assert (found.late_min, found.flags, found.worked_min) == (0, ("missing_in",), 460)

    def test_who_ends_with_an_in_is_not_early_since_nobody_knows(self):
        found = self.day("08:00 in", "16:00 out", "16:30 in")
        assert (found.early_min, found.flags, found.worked_min) == (0, ("missing_out",), 420)

    def test_a_gap_before_the_start_is_no_break_taken(self):
        found = self.day("07:00 in", "07:30 out", "08:00 in", "17:00 out")
        assert (found.worked_min, steps(found, Rule.BREAK)) == (480, [-60])

    def test_pairs_after_the_end_are_overtime_without_the_gap_between(self):
        found = self.day("08:00 in", "17:00 out", "18:00 in", "19:00 out")
        assert (found.worked_min, found.ot_worked_min) == (480, 60)


def test_in_and_out_at_one_instant_are_an_in_without_an_out():
    (day,) = days("2026-03-02 09:00 in", "2026-03-02 09:00 out")
    assert (day.flags, day.worked_min) == (("missing_out",), 480)


def test_a_duplicate_is_named_beside_the_punch_that_stayed():
    (day,) = days("2026-03-02 09:00 in", "2026-03-02 18:00 out", "2026-03-02 18:02 out")
    assert day.last_out == at_local(MONDAY, time(18), SHANGHAI)
    (step,) = [s for s in day.explanation if s.rule is Rule.DUPLICATE]
    assert step.punches == ("2026-03-02 18:02 out", "2026-03-02 18:00 out")


def test_out_and_in_at_one_instant_are_a_moment_outside_not_a_missing_punch():
    (day,) = days(
        "2026-03-02 08:00 in",
        "2026-03-02 12:00 in",
        "2026-03-02 12:00 out",
        "2026-03-02 17:00 out",
        plan={MONDAY: PATTERNS["P"]},
    )
    assert (day.worked_min, day.flags) == (480, ())


def test_an_out_before_the_in_is_no_end_of_the_shift():
    (day,) = days("2026-03-02 08:30 out", "2026-03-02 09:00 in")
    assert day.flags == ("missing_out",)
    assert (day.worked_min, day.early_min, day.last_out) == (480, 0, None)


def test_one_punch_past_the_planned_end_counts_nothing_by_schedule():
    (day,) = days("2026-03-02 18:30 in")
    assert (day.worked_min, day.ot_worked_min, day.flags) == (0, 0, ("missing_out",))


def test_overtime_is_all_or_nothing_at_the_threshold_and_says_so():
    (short,) = days("2026-03-02 09:00 in", "2026-03-02 18:14 out")
    (long,) = days("2026-03-02 09:00 in", "2026-03-02 18:15 out")
    assert (short.ot_worked_min, steps(short, Rule.OVERTIME_TOO_SHORT)) == (0, [14])
    assert (long.ot_worked_min, steps(long, Rule.OVERTIME)) == (15, [15])


def test_the_explanation_names_the_rules_the_punches_and_the_minutes_in_order():
    came, went = "2026-03-02 09:03 in", "2026-03-02 18:23 out"
    (day,) = days(came, went, plan={MONDAY: PATTERNS["Q"]}, approvals=(Approval(MONDAY, 20),))
    assert [(step.rule, step.minutes, step.punches) for step in day.explanation] == [
        (Rule.ASSIGNED, 0, (came, went)),
        (Rule.IN_GRACE, 3, (came,)),
        (Rule.ROUNDED, 7, (went,)),
        (Rule.COUNTED, 540, (came, went)),
        (Rule.BREAK, -60, ()),
        (Rule.OVERTIME, 30, ()),
        (Rule.OVERTIME_PAID, 20, ()),
        (Rule.OVERTIME_UNAPPROVED, 10, ()),
    ]


def test_the_break_is_due_only_above_its_limit():
    (at_limit,) = days("2026-03-02 09:00 in", "2026-03-02 15:00 out")
    (above,) = days("2026-03-02 09:00 in", "2026-03-02 15:01 out")
    assert (at_limit.worked_min, steps(at_limit, Rule.BREAK)) == (360, [])
    assert (above.worked_min, steps(above, Rule.BREAK)) == (301, [-60])


def test_two_shifts_of_a_date_use_up_its_approval_one_after_the_other():
    approvals = (Approval(MONDAY, 30), Approval(MONDAY, 10))
    site = site_rules("Asia/Shanghai")
    plan = (PlannedShift(MONDAY, PATTERNS["S1"]), PlannedShift(MONDAY, PATTERNS["S2"]))
    times = ("10:00 in", "14:25 out", "17:00 in", "21:30 out")
    made = tuple(punch(f"2026-03-02 {t}", SHANGHAI) for t in times)
    first, second = workdays(Facts(made, (), plan, (), approvals), site, MONDAY, MONDAY + DAY).workdays
    assert (first.ot_paid_min, second.ot_paid_min) == (25, 15)
    assert (first.flags, second.flags) == ((), ("ot_unapproved",))


def test_overtime_approved_as_time_off_is_banked_after_what_is_paid():
    approvals = (Approval(MONDAY, 45, Settlement.TIME_OFF), Approval(MONDAY, 30))
    (day,) = days("2026-03-02 09:00 in", "2026-03-02 19:00 out", approvals=approvals)
    assert (day.ot_worked_min, day.ot_paid_min, day.ot_banked_min, day.flags) == (60, 30, 30, ())


class TestLeave:
    def test_a_whole_day_owes_nothing_and_is_no_absence(self):
        (day,) = days(leaves=(Leave("l", MONDAY, LeavePart.WHOLE),))
        assert (day.leave_min, day.owed_min, day.flags) == (480, 0, ())

    def test_two_halves_are_a_whole_day(self):
        parts = (Leave("a", MONDAY, LeavePart.MORNING), Leave("b", MONDAY, LeavePart.AFTERNOON))
        (day,) = days(leaves=parts)
        assert (day.leave_min, day.owed_min, day.flags) == (480, 0, ())

    def test_who_comes_in_on_leave_is_neither_late_nor_early_and_is_flagged(self):
        leaves = (Leave("l", MONDAY, LeavePart.WHOLE),)
        (day,) = days("2026-03-02 11:00 in", "2026-03-02 12:00 out", leaves=leaves)
        assert (day.late_min, day.early_min, day.worked_min) == (0, 0, 60)
        assert day.flags == ("worked_on_leave",)

    def test_one_punch_on_a_day_of_leave_is_not_filled_up_to_a_shift(self):
        leaves = (Leave("l", MONDAY, LeavePart.WHOLE),)
        (day,) = days("2026-03-02 11:00 in", leaves=leaves)
        assert (day.worked_min, day.leave_min) == (0, 480)

    @pytest.mark.parametrize(
        ("part", "night", "came", "went", "worked", "late", "early"),
        [
            (LeavePart.MORNING, date(2026, 3, 2), "2026-03-03 02:10", "2026-03-03 06:00", 230, 10, 0),
            (LeavePart.AFTERNOON, date(2026, 3, 2), "2026-03-02 21:50", "2026-03-03 01:40", 220, 0, 20),
            # Clocks jump from 02:00 to 03:00: the half that begins in the gap begins behind it, and is shorter.
            (LeavePart.MORNING, date(2026, 3, 28), "2026-03-29 03:00", "2026-03-29 06:00", 180, 0, 0),
        ],
    )
    def test_half_a_night_is_laid_on_the_date_that_it_is_on(
        self, part: LeavePart, night: date, came: str, went: str, worked: int, late: int, early: int
    ):
        halves = (
            HalfDay(LeavePart.MORNING, time(2), time(6), 240),
            HalfDay(LeavePart.AFTERNOON, time(22), time(2), 240),
        )
        pattern = replace(PATTERNS["N"], halves=halves)
        leaves = (Leave("l", night, part),)
        zone = "Europe/Berlin"
        (day,) = days(f"{came} in", f"{went} out", plan={night: pattern}, zone=zone, leaves=leaves)
        assert (day.worked_min, day.late_min, day.early_min, day.leave_min) == (worked, late, early, 240)
        assert day.flags == ()

    def test_leave_that_meets_no_shift_is_reported(self):
        leaves = (Leave("l", MONDAY + DAY, LeavePart.WHOLE), Leave("m", MONDAY, LeavePart.MORNING))
        known = Facts(plan=(PlannedShift(MONDAY, PATTERNS["P"]),), leaves=leaves)
        found = workdays(known, site_rules("Asia/Shanghai"), MONDAY, MONDAY + 2 * DAY)
        assert found.unapplied_leaves == leaves
        assert [day.flags for day in found.workdays] == [("absent",)]


class TestClockChanges:
    def test_an_open_date_has_23_or_25_hours(self):
        spring = days("2026-03-29 00:00 in", "2026-03-29 23:59 out", plan={}, zone="Europe/Berlin")
        autumn = days("2026-10-25 00:00 in", "2026-10-25 23:59 out", plan={}, zone="Europe/Berlin")
        assert [d.ot_worked_min for d in (*spring, *autumn)] == [23 * 60 - 1 - 60, 25 * 60 - 1 - 60]

    def test_the_two_showings_of_a_repeated_hour_are_an_hour_apart(self):
        first = Punch("a", at_local(date(2026, 10, 25), time(2, 30), BERLIN), Direction.IN)
        second = Punch("b", at_local(date(2026, 10, 25), time(2, 30), BERLIN, fold=1), Direction.OUT)
        (day,) = days(first, second, plan={})[:1]
        assert day.ot_worked_min == 60

    def test_a_shift_that_starts_in_the_skipped_hour_starts_when_the_clocks_pass_it(self):
        pattern = replace(D, code="gap", start=time(2, 30), end=time(10, 30))
        (day,) = days(
            "2026-03-29 03:00 in",
            "2026-03-29 10:30 out",
            plan={date(2026, 3, 29): pattern},
            zone="Europe/Berlin",
        )
        assert (day.late_min, day.owed_min, day.worked_min) == (0, 390, 390)

    def test_grace_and_lateness_are_elapsed_minutes(self):
        night = {date(2026, 10, 24): replace(PATTERNS["N"], start=time(1), end=time(9))}
        # 01:00 is followed by 02:00 twice; 03:00 is three hours later.
        (day,) = days(
            "2026-10-25 03:00 in",
            "2026-10-25 09:00 out",
            plan={d + DAY: p for d, p in night.items()},
            zone="Europe/Berlin",
        )
        assert (day.late_min, day.owed_min) == (180, 9 * 60 - 30)

    def test_rounding_goes_by_the_site_s_own_clock(self):
        """Kathmandu is 5:45 ahead of UTC: its half hours are no half hours of UTC."""
        pattern = replace(PATTERNS["Q"], round_to_min=30)
        (day,) = days(
            "2026-03-02 09:14 in",
            "2026-03-02 18:45 out",
            plan={MONDAY: pattern},
            zone="Asia/Kathmandu",
        )
        assert (day.worked_min, day.ot_worked_min) == (480, 60)
        assert steps(day, Rule.ROUNDED) == [-14, 15]


class TestCorrections:
    def test_an_added_punch_can_be_voided_like_any_other(self):
        added = AddPunch("c1", punch("2026-03-02 18:00 out", SHANGHAI))
        (day,) = days("2026-03-02 09:00 in", corrections=(added, VoidPunch("c2", added.punch.id)))
        assert day.flags == ("missing_out",)

    def test_a_voided_punch_hides_no_duplicate(self):
        """The clean-up runs over what holds: with 18:00 void, 18:02 is the first."""
        texts = ("2026-03-02 09:00 in", "2026-03-02 18:00 out", "2026-03-02 18:02 out")
        (day,) = days(*texts, corrections=(VoidPunch("c", texts[1]),))
        assert day.last_out == at_local(MONDAY, time(18, 2), SHANGHAI)

    def test_corrections_of_what_is_not_there_change_nothing(self):
        nothing = (VoidPunch("c1", "no such punch"), Reversal("r1", "no such correction"))
        texts = ("2026-03-02 09:00 in", "2026-03-02 18:00 out")
        assert days(*texts, corrections=nothing) == days(*texts)


def test_a_rota_follows_the_week_and_the_calendar_outranks_it():
    calendar = DayCalendar({date(2026, 2, 14): DayClass.WORKDAY, date(2026, 2, 16): DayClass.RESTDAY})
    planned = rota(D, date(2026, 2, 13), date(2026, 2, 18), calendar)
    assert [shift.date.day for shift in planned] == [13, 14, 17]


def test_an_open_pattern_may_count_as_worked_time_instead_of_overtime():
    site = site_rules("America/New_York")
    site = replace(site, open_pattern=replace(site.open_pattern, counting=Counting.AS_PUNCHED))
    made = tuple(punch(f"2026-06-06 {t}", site.zone) for t in ("09:00 in", "12:00 out"))
    (day,) = workdays(Facts(made), site, date(2026, 6, 6), date(2026, 6, 7)).workdays
    assert (day.worked_min, day.ot_worked_min, day.late_min, day.flags) == (180, 0, 0, ())


def test_nobody_is_listed_without_a_plan_or_a_punch():
    assert days(plan={MONDAY: D}, corrections=())[0].flags == ("absent",)
    assert workdays(Facts(), site_rules("Asia/Shanghai"), MONDAY, MONDAY + 31 * DAY).workdays == ()


def test_a_punch_without_an_offset_is_refused():
    with pytest.raises(PeriodError):
        Punch("a", datetime(2026, 3, 2, 9), Direction.IN)  # noqa: DTZ001


def test_a_punch_is_held_in_utc_whatever_it_came_in():
    made = Punch("a", datetime(2026, 3, 2, 9, tzinfo=SHANGHAI), Direction.IN)
    assert (made.at, made.at.tzinfo) == (datetime(2026, 3, 2, 1, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"round_to_min": 7}, "bad_rounding"),
        ({"round_to_min": 0}, "bad_rounding"),
        ({"grace_in_min": -1}, "negative_minutes"),
        ({"break_min": -1}, "negative_minutes"),
    ],
)
def test_a_pattern_that_can_not_be_is_refused(change, code):
    with pytest.raises(ShiftError) as refused:
        replace(D, **change)
    assert refused.value.code == code


def test_negative_minutes_can_not_be_approved():
    with pytest.raises(ShiftError):
        Approval(MONDAY, -1)
