"""Balances of leave: worked examples, and what holds for any facts."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.leave import (
    HALF,
    Because,
    Counted,
    Employment,
    Given,
    Grows,
    LeaveError,
    LeaveFacts,
    LeaveType,
    Taken,
    balance,
    banked_days,
    served,
)
from gatehouse.domain.leave_requests import Against, Objection, Request, object_to
from gatehouse.domain.shifts import LeavePart

ANNUAL = LeaveType("annual", days_a_year=Fraction(24), carried_at_most=Fraction(5), carried_until=(3, 31))
ALWAYS = Employment(date(2020, 1, 1))
MARCH = date(2026, 3, 2)  # a Monday


def on(*texts: str) -> list[Taken]:
    return [Taken(date.fromisoformat(text)) for text in texts]


def left(kind: LeaveType, facts: LeaveFacts, day: str) -> Fraction:
    return balance(kind, facts, date.fromisoformat(day)).left


class TestWorked:
    def test_the_years_days_less_what_was_taken(self):
        facts = LeaveFacts(
            Employment(date(2026, 1, 1)), [*on("2026-02-02", "2026-02-03"), Taken(MARCH, LeavePart.MORNING)]
        )
        assert left(ANNUAL, facts, "2026-01-31") == 24
        assert left(ANNUAL, facts, "2026-12-31") == Fraction(43, 2)

    def test_somebody_who_joins_in_july_has_the_share_of_the_year_rounded_down_to_half_days(self):
        # 184 of 365 days of 24: 12.09.
        facts = LeaveFacts(Employment(date(2026, 7, 1)))
        assert left(ANNUAL, facts, "2026-07-01") == 12
        assert left(ANNUAL, facts, "2026-06-30") == 0
        assert left(replace(ANNUAL, step=Fraction(1, 100)), facts, "2026-12-31") == Fraction(1209, 100)

    def test_a_leaver_has_the_share_up_to_the_last_day(self):
        # 135 of 365 days of 10: 3.69 (case P12 of the payroll, rounded down to whole days).
        kind = LeaveType("cn", days_a_year=Fraction(10), step=Fraction(1))
        assert left(kind, LeaveFacts(Employment(date(2026, 1, 1), date(2026, 5, 16))), "2026-05-15") == 3

    def test_monthly_days_come_on_the_last_date_of_the_month(self):
        kind = replace(ANNUAL, grows=Grows.MONTHLY)
        facts = LeaveFacts(Employment(date(2026, 1, 1)))
        # 31 of 365 days of 24 are 2.04, 59 are 3.88, 90 are 5.92.
        assert [left(kind, facts, day) for day in ("2026-01-30", "2026-01-31", "2026-02-28", "2026-03-31")] == [
            0, 2, Fraction(7, 2), Fraction(11, 2),
        ]  # fmt: skip
        assert left(kind, facts, "2026-12-31") == 24

    def test_five_days_go_on_into_the_next_year_and_fall_away_in_april(self):
        facts = LeaveFacts(Employment(date(2025, 1, 1)), on("2025-08-04", "2026-02-02", "2026-02-03"))
        assert left(ANNUAL, facts, "2025-12-31") == 23
        assert left(ANNUAL, facts, "2026-01-01") == 29
        assert left(ANNUAL, facts, "2026-03-31") == 27
        found = balance(ANNUAL, facts, date(2026, 4, 1))
        assert found.left == 24
        assert [(line.because, line.days) for line in found.lines] == [
            (Because.CARRIED, 5), (Because.ENTITLED, 24), (Because.TAKEN, -1), (Because.TAKEN, -1),
            (Because.FELL_AWAY, -3),
        ]  # fmt: skip

    def test_a_day_taken_in_april_saves_nothing_of_what_fell_away_in_march(self):
        facts = LeaveFacts(Employment(date(2025, 1, 1)), on("2026-02-02", "2026-04-10"))
        assert left(ANNUAL, facts, "2026-04-30") == 5 - 1 - 4 + 24 - 1

    def test_what_was_carried_up_to_the_last_date_of_a_year_is_not_carried_a_second_time(self):
        kind = LeaveType("small", days_a_year=Fraction(2), carried_at_most=Fraction(5), carried_until=(12, 31))
        facts = LeaveFacts(Employment(date(2024, 1, 1)), on("2025-06-02"))
        assert left(kind, facts, "2025-12-31") == 2 + 2 - 1
        assert left(kind, facts, "2026-01-01") == 2 + 2  # the one carried day that was left is gone
        assert left(kind, facts, "2027-01-01") == 2 + 2
        more = replace(facts, taken=on("2025-06-02", "2025-06-03", "2025-06-04"))
        assert left(kind, more, "2026-01-01") == 1 + 2

    def test_what_was_carried_without_an_end_stays(self):
        kind = replace(ANNUAL, carried_until=None)
        assert left(kind, LeaveFacts(Employment(date(2025, 1, 1))), "2026-12-31") == 29

    def test_a_debt_goes_on_whole(self):
        kind = LeaveType("annual", days_a_year=Fraction(1), in_advance=Fraction(2))
        facts = LeaveFacts(Employment(date(2025, 1, 1)), on("2025-03-03", "2025-03-04", "2025-03-05"))
        assert left(kind, facts, "2026-01-01") == -1

    def test_days_that_somebody_gave_or_took_away(self):
        facts = LeaveFacts(ALWAYS, given=[Given(MARCH, Fraction(3)), Given(date(2026, 5, 1), -HALF)])
        kind = LeaveType("extra", days_a_year=Fraction(0))
        assert (left(kind, facts, "2026-03-02"), left(kind, facts, "2026-05-01")) == (3, Fraction(5, 2))

    def test_overtime_is_given_back_where_the_type_says_so(self):
        banked = banked_days({MARCH: 120, date(2026, 3, 3): 360}, 480)
        facts = LeaveFacts(ALWAYS, on("2026-03-09"), banked=banked)
        assert left(LeaveType("comp", from_overtime=True), facts, "2026-03-03") == 1
        assert left(LeaveType("comp", from_overtime=True), facts, "2026-03-09") == 0
        assert left(LeaveType("other", days_a_year=NONE), facts, "2026-03-09") == -1


NONE = Fraction(0)
WEEK = [MARCH + timedelta(days=n) for n in range(5)]


class TestRequests:
    def parts(self, request: Request, kind: LeaveType = ANNUAL) -> list[tuple[int, LeavePart]]:
        return [(one.date.day, one.part) for one in request.parts(kind, WEEK)]

    def test_only_dates_with_a_shift_are_taken_or_every_date(self):
        request = Request(date(2026, 3, 5), date(2026, 3, 9))
        assert [day for day, _ in self.parts(request)] == [5, 6]
        assert [day for day, _ in self.parts(request, replace(ANNUAL, counted=Counted.CALENDAR))] == [5, 6, 7, 8, 9]

    def test_half_days_at_both_ends(self):
        request = Request(WEEK[0], WEEK[2], from_noon=True, until_noon=True)
        assert self.parts(request) == [(2, LeavePart.AFTERNOON), (3, LeavePart.WHOLE), (4, LeavePart.MORNING)]

    @pytest.mark.parametrize(
        ("request_", "kind", "against"),
        [
            (Request(WEEK[1], WEEK[0]), ANNUAL, Against.BACKWARDS),
            (Request(WEEK[0], WEEK[0], from_noon=True, until_noon=True), ANNUAL, Against.BACKWARDS),
            (Request(WEEK[0], WEEK[0] + timedelta(days=366)), ANNUAL, Against.TOO_LONG),
            (Request(WEEK[0], WEEK[0], from_noon=True), replace(ANNUAL, halves=False), Against.NO_HALVES),
            (Request(date(2019, 12, 30), date(2020, 1, 2)), ANNUAL, Against.NOT_EMPLOYED),
            (Request(date(2026, 3, 7), date(2026, 3, 8)), ANNUAL, Against.NOTHING_OWED),
        ],
    )
    def test_what_speaks_against_it(self, request_, kind, against):
        found = object_to(kind, LeaveFacts(ALWAYS), request_, WEEK)
        assert found is not None
        assert found.against is against

    def test_a_leaver_is_away_up_to_the_last_day_and_no_further(self):
        facts = LeaveFacts(Employment(date(2020, 1, 1), WEEK[2]))
        assert object_to(ANNUAL, facts, Request(WEEK[0], WEEK[1]), WEEK) is None
        assert object_to(ANNUAL, facts, Request(WEEK[0], WEEK[2]), WEEK) == Objection(Against.NOT_EMPLOYED, WEEK[2])

    def test_several_days_may_begin_at_noon_and_end_at_noon(self):
        request = Request(WEEK[0], WEEK[1], from_noon=True, until_noon=True)
        assert object_to(ANNUAL, LeaveFacts(ALWAYS), request, WEEK) is None

    def test_two_halves_of_a_day_do_not_overlap_but_a_third_does(self):
        morning, noon = Request(MARCH, MARCH, until_noon=True), Request(MARCH, MARCH, from_noon=True)
        held = LeaveFacts(ALWAYS, [Taken(MARCH, LeavePart.MORNING)])
        assert object_to(ANNUAL, held, noon, WEEK) is None
        assert object_to(ANNUAL, held, morning, WEEK) == Objection(Against.OVERLAPS, MARCH)
        assert object_to(ANNUAL, held, Request(MARCH, MARCH), WEEK) == Objection(Against.OVERLAPS, MARCH)
        whole = LeaveFacts(ALWAYS, [Taken(MARCH)])
        assert object_to(ANNUAL, whole, noon, WEEK) == Objection(Against.OVERLAPS, MARCH)
        sick = [Taken(MARCH, LeavePart.MORNING), Taken(MARCH, LeavePart.AFTERNOON)]
        assert object_to(ANNUAL, LeaveFacts(ALWAYS), noon, WEEK, sick) == Objection(Against.OVERLAPS, MARCH)

    def test_too_little_is_left(self):
        kind = LeaveType("annual", days_a_year=Fraction(3))
        whole = Request(WEEK[0], WEEK[4])
        assert object_to(kind, LeaveFacts(ALWAYS), whole, WEEK) == Objection(Against.SHORT, WEEK[3], Fraction(1))
        assert object_to(replace(kind, in_advance=Fraction(2)), LeaveFacts(ALWAYS), whole, WEEK) is None

    def test_a_day_that_is_promised_for_december_is_not_taken_in_march(self):
        kind = LeaveType("annual", days_a_year=Fraction(1))
        facts = LeaveFacts(ALWAYS, on("2026-12-21"))
        assert object_to(kind, facts, Request(MARCH, MARCH), WEEK) == Objection(
            Against.SHORT, date(2026, 12, 21), Fraction(1)
        )

    def test_time_off_for_overtime_is_no_more_than_was_worked(self):
        facts = LeaveFacts(ALWAYS, banked={date(2026, 3, 1): HALF})
        found = object_to(LeaveType("comp", from_overtime=True), facts, Request(MARCH, MARCH), WEEK)
        assert found == Objection(Against.SHORT, MARCH, HALF)

    def test_without_a_balance_nothing_is_short(self):
        assert object_to(LeaveType("sick"), LeaveFacts(ALWAYS), Request(WEEK[0], WEEK[4]), WEEK) is None


@pytest.mark.parametrize(
    "faulty",
    [
        {"days_a_year": Fraction(-1)}, {"days_a_year": Fraction(400)}, {"in_advance": Fraction(-1)},
        {"carried_at_most": Fraction(999)}, {"step": Fraction(0)}, {"step": Fraction(3, 2)}, {"carried_until": (2, 29)},
    ],
)  # fmt: skip
def test_a_type_that_cannot_be_is_refused(faulty):
    with pytest.raises(LeaveError):
        LeaveType("x", **faulty)


def test_a_day_of_no_minutes_gives_no_days_back():
    with pytest.raises(LeaveError):
        banked_days({MARCH: 60}, 0)


_DATES = st.dates(date(2024, 1, 1), date(2027, 12, 31))
_DAYS = st.integers(0, 60).map(lambda halves: Fraction(halves, 2))
_TYPES = st.builds(
    LeaveType,
    code=st.just("x"),
    days_a_year=st.none() | _DAYS,
    grows=st.sampled_from(Grows),
    step=st.sampled_from([HALF, Fraction(1), Fraction(1, 100)]),
    carried_at_most=_DAYS,
    carried_until=st.none() | st.sampled_from([(3, 31), (6, 30), (12, 31)]),
    from_overtime=st.booleans(),
)
_FACTS = st.builds(
    LeaveFacts,
    employment=st.builds(
        lambda since, more: Employment(since, since + timedelta(days=more) if more else None),
        _DATES,
        st.integers(0, 900),
    ),
    taken=st.lists(st.builds(Taken, _DATES, st.sampled_from(LeavePart)), max_size=8),
    given=st.lists(st.builds(Given, _DATES, _DAYS), max_size=4),
    banked=st.dictionaries(_DATES, _DAYS, max_size=4),
)


@given(_TYPES, _FACTS, _DATES, st.randoms())
def test_the_order_of_facts_does_not_matter(kind, facts, day, dice):
    taken, more = list(facts.taken), list(facts.given)
    dice.shuffle(taken)
    dice.shuffle(more)
    assert balance(kind, replace(facts, taken=taken, given=more), day) == balance(kind, facts, day)


@given(_TYPES, _FACTS, st.integers(2024, 2027))
def test_a_year_gives_at_most_its_days_however_it_grows(kind, facts, year):
    ends = date(year, 12, 31)
    lines = balance(kind, facts, ends).lines
    entitled = sum((line.days for line in lines if line.because is Because.ENTITLED), NONE)
    assert 0 <= entitled <= (kind.days_a_year or 0)
    other = replace(kind, grows=Grows.MONTHLY if kind.grows is Grows.UP_FRONT else Grows.UP_FRONT)
    same = balance(replace(other, carried_at_most=NONE), replace(facts, taken=()), ends).lines
    assert entitled == sum((line.days for line in same if line.because is Because.ENTITLED), NONE)


@given(_TYPES, _FACTS, _DATES)
def test_no_more_is_carried_than_the_type_says_and_nothing_falls_away_twice(kind, facts, day):
    lines = balance(kind, facts, day).lines
    carried = sum((line.days for line in lines if line.because is Because.CARRIED), NONE)
    away = sum((line.days for line in lines if line.because is Because.FELL_AWAY), NONE)
    assert carried <= kind.carried_at_most
    assert -max(carried, NONE) <= away <= 0


@given(_TYPES, _FACTS, _DATES, _DATES)
def test_a_granted_request_never_overdraws(kind, facts, first, last):
    owed = {first + timedelta(days=n) for n in range(10)}
    request = Request(first, last)
    before = all(balance(kind, facts, one.date).left >= -kind.in_advance for one in facts.taken)
    if object_to(kind, facts, request, owed) is None and kind.has_balance and before:
        asked = request.parts(kind, owed)
        after = replace(facts, taken=[*facts.taken, *asked])
        assert all(balance(kind, after, one.date).left >= -kind.in_advance for one in asked)


# --- by years of work, one's own days, the first year written here -------------------------------------------------

# Source: Regulation on Paid Annual Leave of Employees, State Council Decree No. 514 (2008), article 3.
CHINA = LeaveType("annual", by_service=((1, Fraction(5)), (10, Fraction(10)), (20, Fraction(15))), step=Fraction(1))


@pytest.mark.parametrize(
    ("since", "days"),
    [
        ("2025-07-01", 2),
        ("2024-01-01", 5),
        ("2016-07-02", 7),
        ("2006-01-01", 15),
        ("2017-01-01", 5),
        ("2016-01-01", 10),
    ],
)
def test_china_gives_5_10_and_15_days_by_years_of_work(since: str, days: int) -> None:
    """A step within the year gives the share of its calendar days: 182 x 5 + 183 x 10 over 365 is 7.5, cut to 7."""
    facts = LeaveFacts(Employment(date.fromisoformat(since)))
    assert left(replace(CHINA, begins=2026), facts, "2026-12-31") == days


def test_work_elsewhere_counts_and_a_later_date_takes_nothing_away() -> None:
    facts = LeaveFacts(Employment(date(2026, 1, 1)), works_since=date(2010, 5, 1))
    assert left(CHINA, facts, "2026-06-30") == 10
    assert left(CHINA, replace(facts, works_since=date(2030, 1, 1)), "2026-06-30") == 0


def test_days_of_ones_own_hold_from_their_date() -> None:
    facts = LeaveFacts(ALWAYS, own=[(date(2026, 7, 1), Fraction(30)), (date(2020, 1, 1), Fraction(20))])
    exact = Fraction(20 * 181 + 30 * 184, 365)
    kind = replace(ANNUAL, begins=2026)
    assert left(kind, facts, "2026-12-31") == exact // HALF * HALF
    assert left(kind, replace(facts, own=list(reversed(facts.own))), "2026-12-31") == left(kind, facts, "2026-12-31")


def test_a_year_before_the_first_that_is_written_here_carries_nothing() -> None:
    assert left(replace(ANNUAL, begins=2026), LeaveFacts(ALWAYS), "2026-01-01") == 24
    assert left(ANNUAL, LeaveFacts(ALWAYS), "2026-01-01") == 29


def test_somebody_born_on_29_february_reaches_a_step_on_1_march() -> None:
    assert served(date(2004, 2, 29), 1) == date(2005, 3, 1)
    assert served(date(2004, 2, 29), 4) == date(2008, 2, 29)


@given(st.permutations(list(range(8))), st.integers(0, 7))
def test_requests_in_any_order_and_one_that_is_cancelled_leave_the_same(order: list[int], cancelled: int) -> None:
    days = [
        Taken(date(2026, 3, 2) + timedelta(days=n), LeavePart.MORNING if n % 2 else LeavePart.WHOLE) for n in range(8)
    ]
    kept = LeaveFacts(ALWAYS, taken=[one for n, one in enumerate(days) if n != cancelled])
    shuffled = LeaveFacts(ALWAYS, taken=[days[n] for n in order if n != cancelled])
    asked = LeaveFacts(ALWAYS, taken=[days[n] for n in order])
    assert balance(ANNUAL, kept, date(2026, 12, 31)) == balance(ANNUAL, shuffled, date(2026, 12, 31))
    gone = left(ANNUAL, kept, "2026-12-31") - left(ANNUAL, asked, "2026-12-31")
    assert gone == days[cancelled].days


def test_a_span_to_the_end_of_time_is_refused_and_does_not_crash() -> None:
    far = Request(date(9999, 12, 30), date.max)
    assert [one.date for one in far.leaves("n")] == [date(9999, 12, 30), date.max]
    found = object_to(ANNUAL, LeaveFacts(ALWAYS), Request(date(2026, 1, 1), date.max), ())
    assert found == Objection(Against.TOO_LONG, date.max)
