"""Registers: worked examples of sessions, what a mark may say, and what the sums are."""

from datetime import date, datetime, time
from fractions import Fraction
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from gatehouse.domain.periods import at_local
from gatehouse.domain.punches import Direction, Punch
from gatehouse.domain.registers import (
    REASONS,
    SIGNS,
    Counts,
    Entry,
    Inside,
    Mark,
    RegisterError,
    Seen,
    Session,
    SessionPlan,
    Status,
    Tally,
    check_mark,
    entries,
    inside_now,
    insides,
    on_leave,
    seen,
    tally,
)

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 2)
MORNING = Session("morning", time(8), time(8, 10), time(8, 30), time(11, 30), time(11, 40))
AFTERNOON = Session("afternoon", time(13, 30), time(13, 40), time(14), time(16), time(16, 10))
PLAN = SessionPlan((AFTERNOON, MORNING))


def at(clock: str, on: date = DAY, zone: ZoneInfo = ZONE) -> datetime:
    return at_local(on, time.fromisoformat(clock), zone)


def passed(*times: str) -> tuple[Inside, ...]:
    """Stretches of "08:01 in" and "16:20 out"."""
    made = []
    for n, one in enumerate(times):
        clock, way = one.split()
        made.append(Punch(str(n), at(clock), Direction(way)))
    return insides(made)


EVENING = at("20:00")
# The day's passages, and what morning and afternoon come to.
CASES = {
    "the whole day": (["07:55 in", "16:20 out"], "present", "present"),
    "home for lunch": (["07:55 in", "11:45 out", "13:20 in", "16:11 out"], "present", "present"),
    "to the minute on time": (["08:09 in", "16:20 out"], "present", "present"),
    "the first late minute": (["08:10 in", "16:20 out"], "late", "present"),
    "the last minute of the register": (["08:29 in", "16:20 out"], "late", "present"),
    "after the register has closed": (["08:30 in", "16:20 out"], "absent", "present"),
    "only the afternoon": (["13:00 in", "16:20 out"], "absent", "present"),
    "only the morning": (["07:55 in", "11:35 out"], "present", "absent"),
    "left early": (["07:55 in", "11:29 out", "13:00 in", "15:59 out"], "left_early", "left_early"),
    "left as soon as they may": (["07:55 in", "11:30 out", "13:00 in", "16:00 out"], "present", "present"),
    "to the dentist and back": (["07:55 in", "09:00 out", "10:00 in", "16:20 out"], "present", "present"),
    "never seen going out": (["07:55 in"], "present", "present"),
    "only seen going out": (["16:20 out"], "present", "present"),
    "nobody came": ([], "absent", "absent"),
    "came after school": (["17:00 in", "17:10 out"], "absent", "absent"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_day_of_passages_is_two_sessions(case: str) -> None:
    times, morning, afternoon = CASES[case]
    found = [seen(session, DAY, ZONE, passed(*times), EVENING).status for session in PLAN.sessions]
    assert found == [Status(morning), Status(afternoon)]


def test_late_and_left_early_is_late_and_both_are_counted() -> None:
    found = seen(MORNING, DAY, ZONE, passed("08:15 in", "10:00 out"), EVENING)
    assert (found.status, found.left_early) == (Status.LATE, True)
    assert (found.came, found.went) == (at("08:15"), at("10:00"))
    sums = tally([Entry("morning", found)])
    assert (sums.attended, sums.late, sums.left_early) == (1, 1, 1)


def test_nobody_is_absent_before_the_register_closes() -> None:
    assert seen(MORNING, DAY, ZONE, (), at("08:29")).status is Status.EXPECTED
    assert seen(MORNING, DAY, ZONE, (), at("08:30")).status is Status.ABSENT
    assert seen(AFTERNOON, DAY, ZONE, passed("07:55 in"), at("09:00")).status is Status.PRESENT


def test_the_order_in_which_passages_arrive_changes_nothing() -> None:
    times = ["07:55 in", "09:00 out", "10:00 in", "16:20 out"]
    found = {passed(*order) for order in permutations(times)}
    assert len(found) == 1


def test_a_session_on_the_day_when_clocks_change_goes_by_the_wall() -> None:
    berlin, spring = ZoneInfo("Europe/Berlin"), date(2026, 3, 29)
    came = at("08:05", spring, berlin)
    assert came.hour == 6  # UTC: summer time already
    found = seen(MORNING, spring, berlin, [Inside(came, None)], at("20:00", spring, berlin))
    assert found.status is Status.PRESENT


def test_who_is_inside_now() -> None:
    ins = [Punch("1", at("08:00"), Direction.IN)]
    assert inside_now(ins)
    assert not inside_now([*ins, Punch("2", at("09:00"), Direction.OUT)])
    assert not inside_now([])


def test_approved_leave_excuses_who_was_not_there_and_nobody_else() -> None:
    assert on_leave(Seen(Status.ABSENT)).status is Status.EXCUSED
    assert on_leave(Seen(Status.LATE)).status is Status.LATE
    assert Entry("morning", on_leave(Seen(Status.ABSENT))).counts is Counts.AUTHORISED


@pytest.mark.parametrize(
    ("times", "code"),
    [
        ((time(8), time(7), time(9), time(11), time(12)), "times_in_order"),
        ((time(8), time(9), time(8, 30), time(11), time(12)), "times_in_order"),
        ((time(8), time(8), time(13), time(11), time(12)), "times_in_order"),
        ((time(8), time(8), time(9), time(8), time(12)), "times_in_order"),
        ((time(8), time(8), time(9), time(13), time(12)), "times_in_order"),
        ((time(8), time(8), time(8), time(8), time(8)), "times_in_order"),
    ],
)
def test_the_times_of_a_session_follow_one_another(times: tuple[time, ...], code: str) -> None:
    with pytest.raises(RegisterError) as fault:
        Session("x", *times)
    assert fault.value.code == code


def test_a_plan_has_sessions_that_do_not_overlap() -> None:
    assert PLAN.codes() == ("morning", "afternoon")
    late = Session("late", time(11, 39), time(11, 50), time(12), time(13), time(13))
    many = tuple(Session(str(n), time(n), time(n), time(n), time(n, 30), time(n, 40)) for n in range(5))
    for sessions, code in (
        ((), "no_sessions"),
        ((MORNING, MORNING), "same_session"),
        ((MORNING, late), "overlap"),
        (many, "too_many_sessions"),
    ):
        with pytest.raises(RegisterError) as fault:
            SessionPlan(sessions)
        assert fault.value.code == code


NO = Seen(Status.ABSENT)
YES = Seen(Status.PRESENT)


@pytest.mark.parametrize(
    ("mark", "before", "code"),
    [
        (Mark("evening", Status.PRESENT), NO, "unknown_session"),
        (Mark("morning", Status.EXPECTED), NO, "nothing_to_say"),
        (Mark("morning", Status.EXCUSED), NO, "reason_needed"),
        (Mark("morning", Status.EXCUSED, "unauthorised"), NO, "reason_needed"),
        (Mark("morning", Status.EXCUSED, "gone fishing"), NO, "unknown_reason"),
        (Mark("morning", Status.ABSENT, "sickness"), NO, "no_reason_here"),
        (Mark("morning", Status.PRESENT, "sickness", "was there"), NO, "no_reason_here"),
        (Mark("morning", Status.PRESENT), NO, "say_why"),
        (Mark("morning", Status.ABSENT), YES, "say_why"),
        (Mark("morning", Status.ABSENT, text="  "), YES, "say_why"),
        (Mark("morning", Status.EXCUSED, "trip"), Mark("morning", Status.EXCUSED, "sickness"), "say_why"),
        (Mark("morning", Status.PRESENT, text="x" * 81), NO, "text_too_long"),
    ],
)
def test_what_a_mark_may_not_say(mark: Mark, before: Seen | Mark, code: str) -> None:
    with pytest.raises(RegisterError) as fault:
        check_mark(mark, PLAN, before)
    assert fault.value.code == code


@pytest.mark.parametrize(
    ("mark", "before"),
    [
        (Mark("morning", Status.PRESENT), YES),
        (Mark("morning", Status.EXCUSED, "sickness"), NO),
        (Mark("morning", Status.ABSENT, "unexplained"), NO),
        (Mark("morning", Status.LATE), Seen(Status.EXPECTED)),
        (Mark("morning", Status.PRESENT, text="stood at the other gate"), NO),
    ],
)
def test_what_a_mark_may_say(mark: Mark, before: Seen | Mark) -> None:
    check_mark(mark, PLAN, before)


def test_both_sides_stay_visible_and_the_last_word_holds() -> None:
    marks = (
        Mark("morning", Status.PRESENT, text="camera was dark"),
        Mark("morning", Status.EXCUSED, "sickness", "was another pupil"),
        Mark("gone", Status.PRESENT),
    )
    first, second = entries(PLAN, {"morning": NO}, marks)
    assert (first.seen, first.status, first.reason, first.sign) == (NO, Status.EXCUSED, "sickness", "S")
    assert len(first.marks) == 2
    assert first.overridden
    assert (second.status, second.sign, second.counts) == (Status.EXPECTED, "", None)


def test_a_month_worked_by_hand() -> None:
    """Ten sessions: 6 present, 1 late, 1 at an exam, 1 sick, 1 without a word; one holiday counts for nothing, one is
    not decided. 8 of 10 sessions: 80 %."""
    rows = [Entry("m", YES)] * 6 + [Entry("m", Seen(Status.LATE))]
    rows += [Entry("m", NO, (Mark("m", Status.EXCUSED, reason),)) for reason in ("exam", "sickness", "closed")]
    rows += [Entry("m", NO), Entry("m", Seen(Status.EXPECTED))]
    found = tally(rows)
    assert found == Tally(attended=8, authorised=1, unauthorised=1, late=1, left_early=0, undecided=1)
    assert found.rate == Fraction(8, 10)
    assert Tally().rate is None


def test_a_class_weighs_everybody_by_their_own_sessions() -> None:
    always, once = Tally(attended=10), Tally(unauthorised=1, attended=0)
    assert (always + once).rate == Fraction(10, 11)


def test_signs_tell_everything_apart() -> None:
    used = [*SIGNS.values(), *(reason.sign for reason in REASONS.values() if reason.code != "authorised")]
    assert len(set(used)) == len(used)
    assert SIGNS[Status.EXCUSED] == REASONS["authorised"].sign
