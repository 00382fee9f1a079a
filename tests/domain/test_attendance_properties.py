"""What holds for any punches at all, garbage included."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.domain.attendance_vectors import PATTERNS, site_rules

from gatehouse.domain.attendance import Approval, Facts, Settlement, workdays
from gatehouse.domain.periods import DAY
from gatehouse.domain.punches import AddPunch, Direction, Punch, Reversal, VoidPunch, clean, holding
from gatehouse.domain.shifts import Counting, DayCalendar, DayClass, Leave, LeavePart, PlannedShift

FIRST = date(2026, 3, 28)
SPAN = (FIRST - 2 * DAY, FIRST + 5 * DAY)
BEGIN = datetime(2026, 3, 27, 22, tzinfo=UTC)
CALENDAR = DayCalendar({FIRST + 2 * DAY: DayClass.HOLIDAY})
SITES = [site_rules(zone, CALENDAR) for zone in ("Asia/Shanghai", "Europe/Berlin", "America/New_York")]

instants = st.integers(0, 3 * 24 * 60 * 60).map(lambda s: BEGIN + timedelta(seconds=s))
punch_lists = st.lists(st.tuples(instants, st.sampled_from(Direction)), max_size=14).map(
    lambda made: tuple(Punch(f"p{n}", at, way) for n, (at, way) in enumerate(made))
)
days = st.integers(0, 2).map(lambda n: FIRST + n * DAY)
shifts = st.builds(PlannedShift, days, st.sampled_from(list(PATTERNS.values())))
facts = st.builds(
    Facts,
    punches=punch_lists,
    plan=st.lists(shifts, max_size=4).map(tuple),
    leaves=st.lists(st.builds(Leave, st.just("l"), days, st.sampled_from(LeavePart)), max_size=2).map(tuple),
    approvals=st.lists(st.builds(Approval, days, st.integers(0, 300), st.sampled_from(Settlement)), max_size=3).map(
        tuple
    ),
)
sites = st.sampled_from(SITES)
thorough = settings(max_examples=150, deadline=None)


@thorough
@given(facts, sites, st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_a_fact_told_twice_make_no_difference(known, site, random):
    shuffled = [*known.punches, *known.punches[:3]]
    random.shuffle(shuffled)
    plan = [*known.plan, *known.plan]
    random.shuffle(plan)
    again = replace(known, punches=tuple(shuffled), plan=tuple(plan))
    assert workdays(again, site, *SPAN) == workdays(known, site, *SPAN)


@thorough
@given(facts, sites, instants, st.sampled_from(Direction), st.data())
def test_a_correction_and_its_reversal_leave_no_trace(known, site, at, direction, data):
    laid = [AddPunch("c1", Punch("added", at, direction)), Reversal("r1", "c1")]
    if known.punches:
        voided = data.draw(st.sampled_from(known.punches))
        laid += [VoidPunch("c2", voided.id), Reversal("r2", "c2")]
    corrected = replace(known, corrections=tuple(data.draw(st.permutations(laid))))
    assert workdays(corrected, site, *SPAN) == workdays(known, site, *SPAN)


@thorough
@given(facts, sites)
def test_no_minute_is_counted_that_did_not_elapse(known, site):
    for day in workdays(known, site, *SPAN).workdays:
        counted = day.worked_min + day.ot_worked_min
        pattern = day.pattern
        slack = pattern.grace_in_min + pattern.grace_out_min + 2 * (pattern.round_to_min - 1)
        if pattern.counting is not Counting.WITHIN_SHIFT:
            slack = 0
        if day.first_in and day.last_out and day.last_out > day.first_in:
            assert counted <= (day.last_out - day.first_in) // timedelta(minutes=1) + slack
        elif "missing_in" in day.flags or "missing_out" in day.flags:
            assert counted <= day.owed_min + pattern.break_min
        else:
            assert counted == 0


@thorough
@given(facts, sites)
def test_every_kept_punch_is_in_exactly_one_place(known, site):
    found = workdays(known, site, *SPAN)
    kept, _ = clean(holding(known.punches, ()), site.duplicate_within_min)
    placed = [
        punch_id
        for day in found.workdays
        for step in day.explanation
        if step.rule == "assigned"
        for punch_id in step.punches
    ]
    assert sorted([*placed, *(p.id for p in found.unassigned)]) == sorted(p.id for p in kept)


def split_day() -> Facts:
    """A split shift on Saturday 28 March in Shanghai, with overtime in both parts and one hour of it approved."""
    times = ((2, 0, "in"), (6, 50, "out"), (9, 0, "in"), (13, 50, "out"))
    made = (
        Punch(f"p{n}", datetime(2026, 3, 28, h, m, tzinfo=UTC), Direction(way)) for n, (h, m, way) in enumerate(times)
    )
    plan = tuple(PlannedShift(FIRST, PATTERNS[code]) for code in ("S1", "S2"))
    return Facts(tuple(made), plan=plan, approvals=(Approval(FIRST, 60, Settlement.PAID),))


@thorough
@example(split_day(), SITES[0])
@given(facts, sites)
def test_minutes_are_never_negative_and_pay_stays_within_work_and_approval(known, site):
    found = workdays(known, site, *SPAN).workdays
    for day in found:
        numbers = (day.late_min, day.early_min, day.worked_min, day.ot_worked_min, day.ot_paid_min)
        assert min(*numbers, day.ot_banked_min, day.leave_min, day.owed_min) >= 0
        assert day.ot_paid_min + day.ot_banked_min <= day.ot_worked_min
        assert ("ot_unapproved" in day.flags) == (day.ot_paid_min + day.ot_banked_min < day.ot_worked_min)
    for on in {day.date for day in found}:
        paid = sum(day.ot_paid_min for day in found if day.date == on)
        banked = sum(day.ot_banked_min for day in found if day.date == on)
        for settled, used in ((Settlement.PAID, paid), (Settlement.TIME_OFF, banked)):
            assert used <= sum(a.minutes for a in known.approvals if (a.date, a.settled_as) == (on, settled))


@thorough
@given(facts, sites)
def test_two_spans_side_by_side_tell_the_same_as_one(known, site):
    since, until = SPAN
    whole = workdays(known, site, since, until)
    for cut in (FIRST, FIRST + DAY, FIRST + 2 * DAY):
        left, right = workdays(known, site, since, cut), workdays(known, site, cut, until)
        assert left.workdays + right.workdays == whole.workdays
        assert left.unassigned + right.unassigned == whole.unassigned


@pytest.mark.parametrize("within", [0, 2])
def test_kept_punches_of_one_direction_are_further_apart_than_the_limit(within):
    punches = tuple(Punch(f"p{n}", BEGIN + timedelta(seconds=40 * n), Direction.IN) for n in range(20))
    kept, dropped = clean(punches, within)
    gaps = [(b.minute - a.minute) // timedelta(minutes=1) for a, b in pairwise(kept)]
    assert min(gaps) == within + 1
    assert len(kept) + len(dropped) == 20
