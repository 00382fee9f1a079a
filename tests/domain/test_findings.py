"""What waits about somebody's time: found from workdays alone, answered once, and open again when there is more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.attendance_vectors import PATTERNS, site_rules

from gatehouse.domain.attendance import Facts, workdays
from gatehouse.domain.errors import DomainError
from gatehouse.domain.findings import (
    CHANGING,
    AnswerError,
    Beside,
    Finding,
    Kind,
    LoosePunch,
    SiteLimits,
    Way,
    answered,
    approvals,
    corrections,
    far_pairs,
    findings,
    standing,
)
from gatehouse.domain.periods import DAY, instant
from gatehouse.domain.punches import Direction, Punch
from gatehouse.domain.reckoning import Flag, Workday
from gatehouse.domain.shifts import DayCalendar, DayClass, Leave, LeavePart, PlannedShift
from gatehouse.domain.work_limits import TABLES, Limit, LimitError, Measured, passed, span_looked_at

MONDAY = date(2026, 6, 1)
ZONE = ZoneInfo("Europe/Berlin")
NIGHT = 23 * 60  # longer than any stretch here, where that is not the question
AT = datetime(2026, 6, 30, 9, tzinfo=UTC)
PLAIN = SiteLimits()


def at(text: str) -> datetime:
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZONE))


def a_day(day: date = MONDAY, **facts: Any) -> Workday:
    blank = Workday(day, PATTERNS["D"], DayClass.WORKDAY, 0, 0, 0, 0, 0, 0, 0, 480, None, None, (), ())
    return replace(blank, **facts)


def found(*days: Workday, site: SiteLimits = PLAIN, beside: Beside | None = None) -> tuple[Finding, ...]:
    return findings(days, {MONDAY: beside} if beside else {}, site, ZONE)


def only(*days: Workday, **more: Any) -> Finding:
    (one,) = found(*days, **more)
    return one


def answer(finding: Finding, way: Way, **more: Any):
    return answered(finding, way, id="a1", reason="said so", by="clerk", at=AT, **more)


# --- each kind ---------------------------------------------------------------------------------------------------


def test_a_day_as_planned_has_nothing():
    assert found(a_day(worked_min=480, first_in=at("2026-06-01 09:00"), last_out=at("2026-06-01 18:00"))) == ()


@pytest.mark.parametrize(
    ("facts", "kind", "minutes", "ways"),
    [
        ({"late_min": 7, "worked_min": 473}, Kind.LATE, 7, {Way.EXCUSE, Way.AS_IS}),
        ({"early_min": 9, "worked_min": 471}, Kind.EARLY, 9, {Way.EXCUSE, Way.AS_IS}),
        (
            {"flags": (Flag.ABSENT,)},
            Kind.ABSENT,
            480,
            {Way.LEAVE, Way.ADD_PUNCH, Way.EXCUSE, Way.AS_IS},
        ),
        (
            {"flags": (Flag.MISSING_OUT,), "first_in": at("2026-06-01 08:58")},
            Kind.MISSING_OUT,
            480,
            {Way.ADD_PUNCH, Way.EXCUSE, Way.AS_IS},
        ),
        (
            {"flags": (Flag.MISSING_IN,), "last_out": at("2026-06-01 18:02"), "worked_min": 400},
            Kind.MISSING_IN,
            80,
            {Way.ADD_PUNCH, Way.EXCUSE, Way.AS_IS},
        ),
        (
            {"flags": (Flag.OT_UNAPPROVED,), "worked_min": 480, "ot_worked_min": 90, "ot_paid_min": 20,
             "ot_banked_min": 10},
            Kind.OVERTIME,
            60,
            {Way.PAY, Way.BANK, Way.EXCUSE, Way.AS_IS},
        ),
        (
            {"flags": (Flag.WORKED_ON_LEAVE,), "owed_min": 0, "leave_min": 480},
            Kind.WORKED_ON_LEAVE,
            480,
            {Way.EXCUSE, Way.AS_IS},
        ),
    ],
)  # fmt: skip
def test_each_kind_says_how_much_and_how_it_is_likely_answered(facts, kind, minutes, ways):
    one = only(a_day(**facts))
    assert (one.kind, one.minutes, set(one.ways)) == (kind, minutes, ways)


def test_a_missing_punch_is_added_at_the_planned_time_on_the_shifts_own_dates():
    day = only(a_day(flags=(Flag.MISSING_OUT,), first_in=at("2026-06-01 08:58")))
    assert day.adds == ((Direction.OUT, at("2026-06-01 18:00")),)
    night = replace(PATTERNS["D"], start=PATTERNS["D"].end, end=PATTERNS["D"].start)  # 18:00 to 09:00
    absent = only(a_day(pattern=night, flags=(Flag.ABSENT,)))
    assert absent.adds == ((Direction.IN, at("2026-06-01 18:00")), (Direction.OUT, at("2026-06-02 09:00")))


@pytest.mark.parametrize(
    "facts",
    [
        {"leave_min": 240, "first_in": at("2026-06-01 13:00")},  # of half a day the plan here does not tell the times
        {"owed_min": 0, "first_in": at("2026-06-01 10:00")},  # nothing planned
        {"first_in": at("2026-06-01 19:00")},  # came after the planned end
        {"first_in": at("2026-06-01 09:00"), "last_out": at("2026-06-01 12:00")},  # a pair in between lacks its half
    ],
)
def test_where_the_plan_does_not_tell_the_missing_punch_none_is_proposed(facts):
    one = only(a_day(flags=(Flag.MISSING_OUT,), **facts))
    assert (one.kind, one.adds, Way.ADD_PUNCH in one.ways) == (Kind.MISSING_OUT, (), False)


def test_a_clock_out_that_was_forgotten_is_no_overtime_and_passes_no_limit():
    """In at 9, out the next day at 9: the shift, and 15 hours that nobody worked."""
    endless = a_day(
        worked_min=480, ot_worked_min=900, first_in=at("2026-06-01 09:00"), last_out=at("2026-06-02 09:00"),
        flags=(Flag.OT_UNAPPROVED,),
    )  # fmt: skip
    site = SiteLimits(TABLES["cn"])
    one = only(endless, site=site)
    assert (one.kind, one.minutes) == (Kind.FORGOTTEN_OUT, 900)
    kinds = [one.kind for one in found(endless, site=replace(site, longest_min=24 * 60))]
    assert kinds == [Kind.OVER_DAY_OVERTIME, Kind.OVERTIME]
    approved = replace(endless, ot_paid_min=200)
    assert Kind.OVER_DAY_OVERTIME in {one.kind for one in found(approved, site=site)}


def test_a_stretch_of_exactly_the_longest_can_be_true():
    day = a_day(first_in=at("2026-06-01 08:00"), last_out=at("2026-06-02 00:00"), worked_min=480)
    assert found(day, site=SiteLimits(longest_min=16 * 60)) == ()
    assert only(day, site=SiteLimits(longest_min=16 * 60 - 1)).kind is Kind.FORGOTTEN_OUT


def test_what_a_date_has_beside_its_shifts():
    loose = LoosePunch(at("2026-06-01 04:00"), Direction.IN)
    assert only(site=PLAIN, beside=Beside((loose, loose))).minutes == 2
    pairs = far_pairs([(at("2026-06-01 09:00"), "a"), (at("2026-06-01 09:10"), "b")], 30)
    one = only(site=PLAIN, beside=Beside(far=pairs))
    assert (one.kind, one.minutes, one.far) == (Kind.FAR_PUNCHES, 20, pairs[0])


def test_only_punches_in_a_row_at_two_sites_within_the_way_are_far():
    nine = at("2026-06-01 09:00")
    assert far_pairs([(nine, "a"), (nine + timedelta(minutes=30), "b")], 30) == ()
    assert far_pairs([(nine, "a"), (nine + timedelta(minutes=1), "a")], 30) == ()
    (pair,) = far_pairs([(nine + timedelta(minutes=29), "b"), (nine, "a")], 30)
    assert (pair.first_site, pair.second_site, pair.gap_min) == ("a", "b", 29)


# --- legal limits ------------------------------------------------------------------------------------------------


def days_of(count: int, start: date = MONDAY, **facts: Any) -> list[Workday]:
    return [a_day(start + n * DAY, **facts) for n in range(count)]


@pytest.mark.parametrize(("extra", "over"), [(0, None), (1, 1)])
def test_36_hours_of_overtime_a_month_and_a_minute_more(extra, over):
    """Twelve days of three hours, then the rest: the law's day limit is not passed by any of them."""
    days = days_of(12, ot_worked_min=180, worked_min=480)
    days.append(a_day(MONDAY + 12 * DAY, ot_worked_min=extra, worked_min=480))
    past = [(one.limit.of, one.date, one.over_min) for one in passed(days, TABLES["cn"], NIGHT)]
    assert past == ([] if over is None else [(Measured.MONTH_OVERTIME, MONDAY + 12 * DAY, over)])


def test_a_month_begins_anew_and_overtime_counts_whether_approved_or_not():
    days = days_of(12, date(2026, 5, 20), ot_worked_min=180)
    days += days_of(11, MONDAY, ot_worked_min=180)
    assert passed(days, TABLES["cn"], NIGHT) == ()


def test_a_week_over_48_hours_is_dated_when_it_passes_and_judged_whole():
    days = days_of(7, worked_min=600)  # 70 hours, passed on the fifth day
    (one,) = [past for past in passed(days, TABLES["eu"], NIGHT) if past.limit.of is Measured.WEEK_HOURS]
    assert (one.date, one.over_min) == (MONDAY + 4 * DAY, 22 * 60)
    assert passed(days_of(6, worked_min=480), TABLES["eu"], NIGHT) == ()


def test_an_average_is_judged_only_over_all_its_weeks():
    """One week of 56 hours in seventeen of 48 is above the average; the same in sixteen is not judged."""

    def weeks(count: int, last: int):
        start = MONDAY - (count - 1) * 7 * DAY
        long = [a_day(start + n * 7 * DAY, worked_min=48 * 60) for n in range(count - 1)]
        return [*long, a_day(MONDAY, worked_min=last)]

    average = [Limit(Measured.WEEK_AVERAGE, 48 * 60, "test", weeks=17)]
    (one,) = passed(weeks(17, 56 * 60), average, NIGHT)
    assert (one.date, one.over_min) == (MONDAY, 29)  # 480 minutes over 17 weeks, rounded up
    assert passed(weeks(17, 48 * 60), average, NIGHT) == ()
    assert passed(weeks(16, 120 * 60), average, NIGHT) == ()


def test_over_40_hours_a_week_in_the_united_states():
    (one,) = passed(days_of(6, worked_min=480), TABLES["us"], NIGHT)
    assert (one.limit.of, one.date, one.over_min) == (Measured.WEEK_OVERTIME, MONDAY + 5 * DAY, 480)
    assert passed(days_of(5, worked_min=480), TABLES["us"], NIGHT) == ()


def test_less_than_11_hours_of_rest():
    evening = a_day(first_in=at("2026-06-01 14:00"), last_out=at("2026-06-01 23:00"))
    early = a_day(MONDAY + DAY, first_in=at("2026-06-02 09:40"), last_out=at("2026-06-02 18:00"))
    (one,) = passed([evening, early], TABLES["eu"], 16 * 60)
    assert (one.limit.of, one.date, one.over_min) == (Measured.REST, MONDAY + DAY, 20)
    late_enough = replace(early, first_in=at("2026-06-02 10:00"))
    assert passed([evening, late_enough], TABLES["eu"], 16 * 60) == ()
    forgot = replace(evening, first_in=at("2026-06-01 06:00"))  # 17 hours: when it ended is not known
    assert passed([forgot, early], TABLES["eu"], 16 * 60) == ()


def test_every_limit_has_a_source_and_the_span_reaches_over_whole_weeks():
    assert all(limit.source for limits in TABLES.values() for limit in limits)
    assert span_looked_at((), date(2026, 6, 3), date(2026, 7, 1)) == (MONDAY, date(2026, 7, 6))
    begin, _ = span_looked_at(TABLES["eu"], MONDAY, date(2026, 7, 1))
    assert begin == MONDAY - 16 * 7 * DAY


@pytest.mark.parametrize(
    ("of", "minutes", "weeks"),
    [(Measured.REST, 0, 1), (Measured.WEEK_HOURS, -1, 1), (Measured.WEEK_HOURS, 10**9, 1), (Measured.REST, 60, 17),
     (Measured.WEEK_AVERAGE, 60, 0), (Measured.WEEK_AVERAGE, 60, 53)],
)  # fmt: skip
def test_a_limit_that_cannot_be_is_none(of, minutes, weeks):
    with pytest.raises(LimitError):
        Limit(of, minutes, "nobody", weeks)


# --- answers -----------------------------------------------------------------------------------------------------

OVERTIME = a_day(flags=(Flag.OT_UNAPPROVED,), worked_min=480, ot_worked_min=90)


def test_an_answer_covers_what_was_there_and_more_is_a_new_question():
    one = only(a_day(late_min=7, worked_min=473))
    excused = answer(one, Way.EXCUSE)
    assert standing([one], [excused]) == ()
    assert standing([replace(one, minutes=8)], [excused]) == (replace(one, minutes=8),)
    other = only(a_day(MONDAY + DAY, late_min=7, worked_min=473))
    assert standing([one, other], [excused]) == (other,)


def test_an_answer_that_was_taken_back_answers_nothing():
    one = only(OVERTIME)
    paid = answer(one, Way.PAY)
    taken = replace(paid, undone_by="other", undone_at=AT)
    assert standing([one], [taken]) == (one,)
    assert approvals([taken], MONDAY) == []
    assert approvals([paid], MONDAY + DAY) == []


def test_overtime_is_approved_in_full_or_up_to_a_number_and_the_rest_is_settled():
    one = only(OVERTIME)
    assert answer(one, Way.PAY).minutes == 90
    part = answer(one, Way.BANK, at_most_min=60)
    assert (part.minutes, part.covers_min) == (60, 30)
    assert standing([replace(one, minutes=30)], [part]) == ()
    assert standing([replace(one, minutes=31)], [part]) != ()
    with pytest.raises(AnswerError, match="nothing"):
        answer(one, Way.PAY, at_most_min=0)


def test_an_answer_that_the_finding_does_not_take_is_refused():
    with pytest.raises(DomainError) as fault:
        answer(only(a_day(late_min=7)), Way.PAY)
    assert fault.value.code == "not_likely"


def test_a_change_settles_only_by_what_it_changes():
    """Leave or a punch that was added and did not help leaves the question open."""
    absent = only(a_day(flags=(Flag.ABSENT,)))
    for way in (Way.LEAVE, Way.ADD_PUNCH):
        assert standing([absent], [answer(absent, way)]) == (absent,)


# --- whatever the punches ----------------------------------------------------------------------------------------

FIRST = date(2026, 3, 28)  # clocks go forward in Berlin on the 29th
BEGIN = datetime(2026, 3, 27, 22, tzinfo=UTC)
SITE = site_rules("Europe/Berlin", DayCalendar({FIRST + 2 * DAY: DayClass.HOLIDAY}))
instants = st.integers(0, 4 * 24 * 60).map(lambda m: BEGIN + timedelta(minutes=m))
punch_lists = st.lists(st.tuples(instants, st.sampled_from(Direction)), max_size=10).map(
    lambda made: tuple(Punch(f"p{n}", at, way) for n, (at, way) in enumerate(made))
)
shifts = st.builds(
    PlannedShift, st.integers(0, 2).map(lambda n: FIRST + n * DAY), st.sampled_from(list(PATTERNS.values()))
)
known = st.builds(Facts, punches=punch_lists, plan=st.lists(shifts, min_size=1, max_size=4).map(tuple))
thorough = settings(max_examples=200, deadline=None)


def reckoned(facts: Facts):
    return workdays(facts, SITE, FIRST - DAY, FIRST + 4 * DAY).workdays


def waits(facts: Facts, answers=()) -> tuple[Finding, ...]:
    days = reckoned(facts)
    return standing(findings(days, {}, SiteLimits(TABLES["cn"]), SITE.zone), answers)


def with_answers(facts: Facts, answers) -> Facts:
    days = {one.key.date for one in answers}
    leaves = [Leave(a.id, a.key.date, LeavePart.WHOLE) for a in answers if a.stands and a.way is Way.LEAVE]
    return replace(
        facts,
        corrections=(*facts.corrections, *corrections(answers)),
        approvals=(*facts.approvals, *(one for day in days for one in approvals(answers, day))),
        leaves=(*facts.leaves, *leaves),
    )


@thorough
@given(known, st.data())
def test_an_answer_and_its_taking_back_leave_no_trace_in_any_minute(facts, data):
    every = waits(facts)
    if not every:
        return
    one = data.draw(st.sampled_from(every))
    given_to = answer(one, data.draw(st.sampled_from(one.ways)))
    taken = replace(given_to, undone_by="other", undone_at=AT)
    assert reckoned(with_answers(facts, [taken])) == reckoned(facts)
    assert waits(with_answers(facts, [taken]), [taken]) == every


@thorough
@given(known, st.data())
def test_what_is_excused_or_left_changes_no_minute_and_is_not_asked_again(facts, data):
    every = waits(facts)
    answers = [replace(answer(one, data.draw(st.sampled_from([Way.EXCUSE, Way.AS_IS]))), id=f"a{n}")
               for n, one in enumerate(every)]  # fmt: skip
    assert reckoned(with_answers(facts, answers)) == reckoned(facts)
    assert waits(facts, answers) == ()


@thorough
@given(known, st.data())
def test_approving_pays_exactly_what_the_answer_says_and_asks_no_more(facts, data):
    every = [one for one in waits(facts) if Way.PAY in one.ways]
    if not every:
        return
    one = data.draw(st.sampled_from(every))
    # Two shifts of one date use up its approval in order: the first takes it.
    if [o.date for o in every].count(one.date) > 1:
        return
    part = answer(one, data.draw(st.sampled_from([Way.PAY, Way.BANK])), at_most_min=data.draw(st.integers(1, 2000)))
    after = with_answers(facts, [part])

    def approved(of: Facts) -> int:
        return sum(w.ot_paid_min + w.ot_banked_min for w in reckoned(of))

    assert approved(after) - approved(facts) == part.minutes <= one.minutes
    assert one.key not in {waiting.key for waiting in waits(after, [part])}


@thorough
@given(known)
def test_a_missing_punch_that_is_added_mends_its_shift_or_stays_asked(facts):
    for one in waits(facts):
        if Way.ADD_PUNCH not in one.ways:
            continue
        mended = answer(one, Way.ADD_PUNCH)
        after = reckoned(with_answers(facts, [mended]))
        counted = sum(w.worked_min for w in after if w.date == one.date)
        before = sum(w.worked_min for w in reckoned(facts) if w.date == one.date)
        still = one.key in {waiting.key for waiting in waits(with_answers(facts, [mended]), [mended])}
        assert still or counted >= before


@thorough
@given(known, st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_finding(facts, random):
    shuffled = [*facts.punches, *facts.punches[:2]]
    random.shuffle(shuffled)
    assert waits(replace(facts, punches=tuple(shuffled))) == waits(facts)


def test_the_ways_that_change_something_are_those_that_the_pages_warn_of():
    assert {Way.ADD_PUNCH, Way.LEAVE, Way.PAY, Way.BANK} == CHANGING
