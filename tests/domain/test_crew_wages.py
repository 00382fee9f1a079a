"""Wage reports by contractor and team: the sums are those of the payslips, whoever stands where; and who may enter."""

import random
from datetime import date, time
from fractions import Fraction

import pytest

from gatehouse.domain.crew_wages import (
    Amounts,
    Line,
    Standing,
    Terms,
    Work,
    amounts,
    crews,
    sums,
    terms_of,
    work_of,
)
from gatehouse.domain.earnings import PayLine, Section
from gatehouse.domain.money import Money, MoneyError
from gatehouse.domain.pay_facts import Contract, Month, PayKind, Term
from gatehouse.domain.payroll import Payslip
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.shifts import DayClass, Pairing, ShiftPattern
from gatehouse.domain.withholding import YearToDate

MARCH = Month(2026, 3)
SHIFT = ShiftPattern("D", time(8), time(17), 60, 60, Pairing.FIRST_LAST)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def slip(earned: int, contributions: int = 0, tax: int = 0, recovered: int = 0, currency: str = "CNY") -> Payslip:
    parts = (
        (Section.EARNING, earned),
        (Section.CONTRIBUTION, -contributions),
        (Section.TAX, -tax),
        (Section.RECOVERY, -recovered),
    )
    lines = tuple(PayLine(str(s), s, Money(minor, currency), ()) for s, minor in parts)
    zero = Money.zero(currency)
    return Payslip(MARCH, currency, lines, YearToDate(2026, zero, zero, zero))


def day(on: int, worked: int, overtime: int = 0) -> Workday:
    return Workday(date(2026, 3, on), SHIFT, DayClass.WORKDAY, 0, 0, worked, overtime, 0, 0, 0, 480, None, None, (), ())


def line(person: str, contractor: str, team: str, *slips: Payslip, standing: Standing = Standing.PAID) -> Line:
    found = amounts(slips, standing)
    return Line(
        person, contractor, team, "mason", None, Work(Fraction(1), 480, 60), standing, (found,) if found else ()
    )


def test_one_workers_month() -> None:
    """22 days at 300.00 are 6,600.00; 693.00 contributions, 27.21 tax, 500.00 advance: 5,379.79."""
    found = amounts([slip(660000, 69300, 2721, 50000)], Standing.PAID)
    assert found == Amounts(cny(660000), cny(-72021), cny(-50000), cny(537979))
    assert found is not None
    assert found.net == cny(537979)


def test_what_is_not_locked_is_due_and_not_paid() -> None:
    for standing in (Standing.DUE, Standing.DRAFT):
        found = amounts([slip(660000)], standing)
        assert found is not None
        assert (found.net, found.paid) == (cny(660000), cny(0))


def test_a_second_run_of_the_month_is_added() -> None:
    found = amounts([slip(660000, recovered=50000), slip(10000, tax=300)], Standing.PAID)
    assert found == Amounts(cny(670000), cny(-300), cny(-50000), cny(619700))
    assert amounts([], Standing.NONE) is None
    with pytest.raises(MoneyError):
        amounts([slip(1), slip(1, currency="EUR")], Standing.PAID)


def test_person_days_are_dates_with_minutes() -> None:
    assert work_of([day(2, 480, 60), day(2, 120), day(3, 0), day(4, 0, 30)]) == Work(Fraction(2), 600, 90)


def test_the_last_terms_of_the_month_are_named() -> None:
    monthly = Term(PayKind.MONTHLY, cny(600000), date(2026, 1, 1), date(2026, 3, 16))
    daily = Term(PayKind.DAILY, cny(30000), date(2026, 3, 16))
    assert terms_of(Contract((daily, monthly)), MARCH) == Terms(PayKind.DAILY, cny(30000))
    assert terms_of(Contract((daily,)), Month(2026, 2)) is None
    assert terms_of(None, MARCH) is None


def test_everybody_stands_in_one_crew_and_those_of_none_last() -> None:
    rows = [line("1", "", ""), line("2", "b", "x"), line("3", "a", ""), line("4", "a", "z"), line("5", "a", "z")]
    found = crews(rows)
    assert [(crew.contractor, crew.team, len(crew.lines)) for crew in found] == [
        ("a", "z", 2), ("a", "", 1), ("b", "x", 1), ("", "", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_the_sums_of_the_crews_are_those_of_the_payslips(seed: int) -> None:
    """Whoever is in whichever crew, in two currencies, with people without a payslip: nothing is lost or doubled."""
    rng = random.Random(seed)
    slips: list[Payslip] = []
    rows = []
    for n in range(rng.randrange(1, 60)):
        own = [
            slip(rng.randrange(10**7), rng.randrange(10**5), rng.randrange(10**5), rng.randrange(10**4),
                 rng.choice(["CNY", "EUR"]))
            for _ in range(rng.choice([0, 1, 1, 1]))
        ]  # fmt: skip
        slips += own
        rows.append(line(str(n), rng.choice("ab"), rng.choice(["", "x", "y"]), *own))
    parts = [crew.sums for crew in crews(rows)]
    for currency in ("CNY", "EUR"):
        net = sum(s.net.minor for s in slips if s.currency == currency)
        gross = sum(s.gross.minor for s in slips if s.currency == currency)
        of = [amount for part in parts for amount in part.amounts if amount.currency == currency]
        assert sum(amount.net.minor for amount in of) == net
        assert sum(amount.gross.minor for amount in of) == gross
        assert sum(amount.paid.minor for amount in of) == net
    assert sum(part.people for part in parts) == len(rows)
    assert sum(part.work.worked_min for part in parts) == sums(rows).work.worked_min == 480 * len(rows)
