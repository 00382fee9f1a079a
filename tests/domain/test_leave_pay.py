"""From leave to pay: whose minutes they are, what a salary loses, what a day or an hour of leave earns."""

from dataclasses import replace
from datetime import date, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain import attendance
from gatehouse.domain.attendance import Facts, SiteRules
from gatehouse.domain.earnings import EarningRules, earnings
from gatehouse.domain.leave_requests import Request
from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import (
    FixedPay,
    LeaveTaken,
    Month,
    MonthFacts,
    PayError,
    PayKind,
    Term,
    days_worked,
    leave_taken,
    unpaid_absence,
)
from gatehouse.domain.periods import DAY
from gatehouse.domain.shifts import (
    DayCalendar,
    DayClass,
    HalfDay,
    Leave,
    LeavePart,
    LeaveTime,
    Pairing,
    PlannedShift,
    ShiftPattern,
    shared_out,
)

MARCH = Month(2026, 3)
FIRST = date(2026, 3, 2)  # a Monday
CHINA = EarningRules(Fraction(87, 4), Fraction(8), {one: Fraction(2) for one in DayClass}, leave_payout=Fraction(2))
SHIFT = ShiftPattern(
    "D", time(9), time(18), 120, 300, Pairing.FIRST_LAST, break_min=60, break_over_min=360,
    halves=(HalfDay(LeavePart.MORNING, time(14), time(18), 240), HalfDay(LeavePart.AFTERNOON, time(9), time(13), 240)),
)  # fmt: skip
SITE = SiteRules(ZoneInfo("Asia/Shanghai"), DayCalendar(), SHIFT, 2)
WORKDAYS = MARCH.workdays(DayCalendar())


def days_of(*leaves: Leave, days: int = 5):
    plan = [PlannedShift(FIRST + n * DAY, SHIFT) for n in range(days)]
    return attendance.workdays(Facts(plan=plan, leaves=leaves), SITE, FIRST, FIRST + days * DAY).workdays


def lines(kind: PayKind, rate: str, *taken: LeaveTaken, **more: object) -> dict[str, int]:
    term = Term(kind, Money(round(float(rate) * 100), "CNY"), date(2020, 1, 1))
    found = earnings((term,), MonthFacts(MARCH, WORKDAYS, leaves=taken, **more), CHINA)
    return {line.code: line.amount.minor for line in found}


def leave(kind: str, share: str, hours: int) -> LeaveTaken:
    return LeaveTaken(kind, Fraction(share), hours * 60, Fraction(hours, 8))


def test_a_week_of_leave_is_no_absence_and_five_days_of_its_type() -> None:
    found = days_of(*Request(FIRST, FIRST + 4 * DAY).leaves("a", "annual"))
    assert unpaid_absence(found) == 0
    assert days_worked(found) == 0
    assert leave_taken(found) == (LeaveTaken("annual", Fraction(1), 5 * 480, Fraction(5)),)


def test_halves_of_two_types_share_the_day_and_order_does_not_matter() -> None:
    morning = Leave("a", FIRST, LeavePart.MORNING, "annual")
    afternoon = Leave("b", FIRST, LeavePart.AFTERNOON, "unpaid", Fraction(0))
    for pair in ((morning, afternoon), (afternoon, morning)):
        assert days_of(*pair, days=1)[0].leaves == (
            LeaveTime("annual", 240), LeaveTime("unpaid", 240, Fraction(0)),
        )  # fmt: skip


@given(st.integers(0, 1441), st.lists(st.sampled_from(list(LeavePart)), max_size=5))
def test_minutes_of_leave_add_up(minutes: int, parts: list[LeavePart]) -> None:
    leaves = [Leave(str(n), FIRST, part, f"k{n % 2}") for n, part in enumerate(parts)]
    found = shared_out(minutes, leaves)
    assert sum(one.minutes for one in found) == (minutes if leaves else 0)
    assert shared_out(minutes, reversed(leaves)) == found


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(list(LeavePart))), max_size=8))
def test_days_of_leave_and_days_owed_add_up_to_the_days_planned(chosen: list[tuple[int, LeavePart]]) -> None:
    found = days_of(*(Leave(str(n), FIRST + day * DAY, part) for n, (day, part) in enumerate(chosen)))
    owed = sum((Fraction(one.owed_min, one.owed_min + one.leave_min) for one in found), Fraction(0))
    assert owed + sum((one.days for one in leave_taken(found)), Fraction(0)) == 5


def test_a_salary_goes_on_through_paid_leave() -> None:
    assert lines(PayKind.MONTHLY, "10440.00", leave("annual", "1", 40)) == {"basic": 1_044_000}


def test_unpaid_leave_is_taken_off_a_salary_by_the_hour_and_partly_paid_leave_by_its_share() -> None:
    found = lines(PayKind.MONTHLY, "10440.00", leave("sick", "3/5", 16), leave("unpaid", "0", 8))
    assert found == {"basic": 1_044_000, "leave.sick": -38_400, "leave.unpaid": -48_000}  # 60.00 an hour


@pytest.mark.parametrize("days", [22, 23])
def test_a_month_of_nothing_but_unpaid_leave_pays_nothing_and_never_less(days: int) -> None:
    """22 workdays of 8 hours are more than the 21.75 by which the hour is reckoned."""
    assert sum(lines(PayKind.MONTHLY, "8705.22", leave("unpaid", "0", 8 * days)).values()) == 0
    two = (leave("sick", "0", 80), leave("unpaid", "0", 8 * days - 80))
    assert sum(lines(PayKind.MONTHLY, "8705.22", *two).values()) == 0


def test_a_short_month_of_unpaid_leave_pays_nothing_either() -> None:
    """February 2026 has 20 workdays: by the hour 8 % of the salary would be left."""
    february = Month(2026, 2)
    term = Term(PayKind.MONTHLY, Money(1_000_000, "CNY"), date(2020, 1, 1))
    facts = MonthFacts(february, february.workdays(DayCalendar()), leaves=(leave("unpaid", "0", 160),))
    assert sum(line.amount.minor for line in earnings((term,), facts, CHINA)) == 0


def test_a_day_and_an_hour_of_leave_are_paid_as_at_work() -> None:
    assert lines(PayKind.DAILY, "400.00", leave("annual", "1", 12), days_worked=Fraction(10)) == {
        "basic": 400_000, "leave.annual": 60_000,
    }  # fmt: skip
    assert lines(PayKind.HOURLY, "25.50", leave("sick", "4/5", 8), worked_min=600)["leave.sick"] == 16_320
    assert lines(PayKind.HOURLY, "25.50", leave("unpaid", "0", 8), worked_min=600) == {"basic": 25_500}


def test_leave_of_no_type_is_paid_and_leave_by_the_piece_earns_nothing() -> None:
    assert lines(PayKind.DAILY, "400.00", leave("", "1", 8), days_worked=Fraction(0))["leave"] == 40_000
    assert "leave.annual" not in lines(PayKind.PIECE, "2.00", leave("annual", "1", 8), pieces=10)


def test_an_allowance_may_not_be_called_like_a_line_of_leave() -> None:
    for code in ("leave", "leave.annual"):
        with pytest.raises(PayError):
            lines(PayKind.MONTHLY, "100.00", components=(FixedPay(code, Money(1, "CNY")),))


def test_a_share_that_is_none_is_refused() -> None:
    for share in ("-1/2", "3/2"):
        with pytest.raises(PayError):
            leave("sick", share, 8)


def test_what_is_asked_and_cancelled_changes_no_minute() -> None:
    before = days_of()
    assert days_of(*()) == before
    assert days_of(*Request(FIRST + timedelta(days=30), FIRST + timedelta(days=40)).leaves("far")) == before
    assert replace(before[0], leaves=()) == before[0]
