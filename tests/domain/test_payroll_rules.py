"""Payslips at their edges: every way of paying, changes within a month, arrears, refusals, garbage."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.attendance_vectors import PATTERNS, punch, site_rules
from tests.domain.payroll_vectors import line_amount, money, pay_rules

from gatehouse.domain.attendance import Approval, Facts, workdays
from gatehouse.domain.contributions import Base, ContributionRate, ContributionTable, table_for
from gatehouse.domain.earnings import Section, earnings
from gatehouse.domain.leaver import earned_leave_days, unused_leave_days
from gatehouse.domain.money import Money, MoneyError, decimal_text, round_half_up, total
from gatehouse.domain.pay_facts import (
    Arrear,
    Contract,
    FixedPay,
    Month,
    MonthFacts,
    PayError,
    PayKind,
    PayPerDay,
    Recovery,
    ShareOfBasic,
    Term,
    days_worked,
    paid_overtime,
    unpaid_absence,
)
from gatehouse.domain.payroll import PayRules, Payslip, Reason, Refusal, arrears, payslip
from gatehouse.domain.shifts import DayCalendar, DayClass, PlannedShift
from gatehouse.domain.withholding import Bracket, CumulativeWithholding, YearToDate

CHINA = pay_rules("china")
INSURED = pay_rules("china", ("T1", "T2"))
JANUARY = Month(2026, 1)
HIRED = date(2020, 1, 1)
START = YearToDate.start(2026, "CNY")


def contract(kind: PayKind = PayKind.MONTHLY, rate: str = "10000.00", **term: Any) -> Contract:
    return Contract((Term(kind, money(rate), **{"since": HIRED} | term),))


def facts(month: Month = JANUARY, **given_: Any) -> MonthFacts:
    return MonthFacts(month, month.workdays(DayCalendar()), **given_)


def slip(who: Contract, month_facts: MonthFacts, rules: Any = CHINA, so_far: YearToDate = START) -> Payslip:
    found = payslip(who, month_facts, so_far, rules)
    assert isinstance(found, Payslip), found
    return found


def amounts(found: Payslip) -> dict[str, str]:
    return {line.code: decimal_text(line.amount) for line in found.lines if line.section is Section.EARNING}


class TestWaysOfPaying:
    def test_a_daily_contract_pays_the_days_and_overtime_by_an_eighth_of_a_day(self):
        found = slip(
            contract(PayKind.DAILY, "400.00"),
            facts(days_worked=Fraction(21, 2), overtime_min={DayClass.RESTDAY: 90}, absence_min=480),
        )
        assert amounts(found) == {"basic": "4200.00", "overtime.restday": "150.00"}

    def test_an_hourly_contract_pays_minutes_and_classes_of_overtime(self):
        month_facts = facts(worked_min=6_001, overtime_min={DayClass.HOLIDAY: 60})
        found = slip(contract(PayKind.HOURLY, "30.00"), month_facts)
        assert amounts(found) == {"basic": "3000.50", "overtime.holiday": "90.00"}

    def test_a_piece_contract_pays_pieces_and_overtime_by_the_piece(self):
        month_facts = facts(pieces=1000, overtime_pieces={DayClass.WORKDAY: 11}, overtime_min={DayClass.WORKDAY: 120})
        found = slip(contract(PayKind.PIECE, "2.35"), month_facts)
        assert amounts(found) == {"basic": "2350.00", "overtime.workday": "38.78"}

    def test_components_are_amounts_days_and_shares(self):
        parts = (
            FixedPay("uniform", money("-50.00")),
            PayPerDay("meals", money("15.50")),
            ShareOfBasic("post", Fraction(1, 3)),
        )
        found = slip(contract(), facts(components=parts, days_worked=Fraction(20)))
        assert amounts(found) == {
            "basic": "10000.00",
            "uniform": "-50.00",
            "meals": "310.00",
            "post": "3333.33",
        }

    def test_a_raise_within_the_month_pays_each_salary_for_its_workdays(self):
        raised = Contract(
            (
                Term(PayKind.MONTHLY, money("12000.00"), date(2026, 1, 16)),
                Term(PayKind.MONTHLY, money("10000.00"), HIRED, date(2026, 1, 16)),
            )
        )
        basics = [line.amount for line in slip(raised, facts()).lines if line.code == "basic"]
        assert basics == [money("5000.00"), money("6000.00")]

    def test_there_is_no_payslip_where_the_way_of_paying_changes_within_the_month(self):
        mixed = Contract(
            (
                Term(PayKind.DAILY, money("400.00"), HIRED, date(2026, 1, 16)),
                Term(PayKind.MONTHLY, money("10000.00"), date(2026, 1, 16)),
            )
        )
        assert payslip(mixed, facts(), START, CHINA) == Refusal(Reason.MIXED_TERMS)

    def test_there_is_no_payslip_where_the_currency_changes_within_the_month(self):
        until = date(2026, 1, 15)
        yuan = Term(PayKind.MONTHLY, Money(1_000_000, "CNY"), HIRED, until)
        euro = Term(PayKind.MONTHLY, Money(200_000, "EUR"), until)
        for rules in (CHINA, PayRules(CHINA.earning)):
            refused = payslip(Contract((yuan, euro)), facts(), START, rules)
            assert refused == Refusal(Reason.MIXED_CURRENCIES)

    def test_totals_in_another_currency_begin_anew_unless_a_tax_goes_by_them(self):
        euro = Contract((Term(PayKind.MONTHLY, Money(200_000, "EUR"), HIRED),))
        paid = YearToDate(2026, Money(1_000_000, "CNY"), Money(0, "CNY"), Money(5_000, "CNY"))
        found = slip(euro, facts(), PayRules(CHINA.earning), paid)
        assert found.to_date == YearToDate(2026, Money(200_000, "EUR"), Money(0, "EUR"), Money(0, "EUR"))
        in_euro = YearToDate(2026, Money(200_000, "EUR"), Money(0, "EUR"), Money(0, "EUR"))
        assert payslip(contract(), facts(), in_euro, CHINA) == Refusal(Reason.CURRENCY_CHANGED)

    def test_there_is_no_payslip_before_the_first_and_after_the_last_day(self):
        short = contract(since=date(2026, 2, 1), until=date(2026, 3, 1))
        refused = Refusal(Reason.NOT_EMPLOYED)
        assert payslip(short, facts(), START, CHINA) == refused
        assert payslip(short, facts(Month(2026, 3)), START, CHINA) == refused
        assert isinstance(payslip(short, facts(Month(2026, 2)), START, CHINA), Payslip)


class TestContributions:
    def test_the_table_of_the_month_holds_and_a_month_without_one_is_refused(self):
        june, july = (slip(contract(rate="2000.00"), facts(Month(2026, n)), INSURED) for n in (6, 7))
        assert line_amount(june.lines, "pension") == money("590.72")
        assert line_amount(july.lines, "pension") == money("603.68")
        old = facts(Month(2025, 6))
        found = payslip(contract(), old, YearToDate.start(2025, "CNY"), INSURED)
        assert found == Refusal(Reason.NO_CONTRIBUTION_TABLE)

    def test_the_base_is_the_salary_of_the_contract_not_what_the_month_came_to(self):
        half = slip(contract(since=date(2026, 1, 16)), facts(), INSURED)
        assert line_amount(half.lines, "pension") == money("800.00")

    def test_a_declared_base_goes_before_the_salary(self):
        found = slip(contract(insured_salary=money("9000.00")), facts(), INSURED)
        assert line_amount(found.lines, "pension") == money("720.00")

    def test_a_daily_contract_without_a_declared_base_is_insured_by_its_gross(self):
        found = slip(contract(PayKind.DAILY, "400.00"), facts(days_worked=Fraction(20)), INSURED)
        assert line_amount(found.lines, "pension") == money("640.00")

    def test_a_gross_below_nought_insures_nothing(self):
        rate = ContributionRate("c", Fraction(1, 10), Base.GROSS)
        assert rate.base_amount(money("100.00"), money("-5.00")) == money("0.00")

    def test_two_tables_for_one_month_can_not_be(self):
        twice = [ContributionTable(date(2026, 1, 1), None, ())] * 2
        with pytest.raises(PayError) as refused:
            table_for(twice, JANUARY)
        assert refused.value.code == "overlap"


class TestTax:
    def test_a_refused_month_still_counts_as_employed(self):
        """Its allowance is not lost: tax is reckoned by months employed, not by payslips accepted."""
        advance = (Recovery("advance", money("99999.00")),)
        assert isinstance(payslip(contract(), facts(recoveries=advance), START, CHINA), Refusal)
        assert slip(contract(rate="10000.00"), facts(Month(2026, 2))).tax == money("0.00")

    def test_months_before_joining_and_between_contracts_bring_no_allowance(self):
        back = Contract(
            (
                Term(PayKind.MONTHLY, money("9000.00"), date(2025, 3, 1), date(2026, 1, 10)),
                Term(PayKind.MONTHLY, money("9000.00"), date(2026, 4, 30)),
            )
        )
        employed = [back.months_employed(Month(2026, n)) for n in (1, 2, 3, 4, 5)]
        assert employed == [1, 1, 1, 2, 3]

    def test_an_edge_belongs_to_the_lower_bracket(self):
        """36,000.00 to date is all taxed at 3 %; a fen more stands in the next bracket."""
        at_edge = slip(contract(rate="41000.00"), facts())
        beyond = slip(contract(rate="41000.01"), facts())
        rates = [f.value for s in (at_edge, beyond) for f in s.lines[-1].because if f.name == "rate"]
        assert rates == [Fraction(3, 100), Fraction(10, 100)]

    def test_brackets_rise_and_only_the_last_is_open(self):
        closed = Bracket(money("1.00"), Fraction(1, 10), money("0"))
        top = Bracket(None, Fraction(1, 5), money("0"))
        for wrong in ((), (closed,), (top, closed), (top, top)):
            with pytest.raises(PayError):
                CumulativeWithholding(wrong, money("0"))

    def test_totals_of_another_year_are_refused(self):
        with pytest.raises(PayError) as refused:
            payslip(contract(), facts(), YearToDate.start(2025, "CNY"), CHINA)
        assert refused.value.code == "wrong_year"


class TestArrears:
    locked = slip(contract(rate="10440.00"), facts(overtime_min={DayClass.WORKDAY: 120}, absence_min=480))

    def anew(self, **corrected: Any) -> tuple[Any, ...]:
        return earnings(contract(rate="10440.00").terms, facts(**corrected), CHINA.earning)

    def test_lines_that_stayed_are_left_out(self):
        assert arrears(self.locked, self.locked.lines) == ()

    def test_a_line_that_fell_away_or_shrank_is_claimed_back(self):
        found = arrears(self.locked, self.anew(overtime_min={DayClass.RESTDAY: 60}, absence_min=480))
        assert {(a.code, a.amount) for a in found} == {
            ("overtime.workday", money("-180.00")),
            ("overtime.restday", money("120.00")),
        }

    def test_a_second_correction_pays_only_what_the_first_left_open(self):
        first = arrears(self.locked, self.anew(overtime_min={DayClass.WORKDAY: 120}))
        second = arrears(self.locked, self.anew(overtime_min={DayClass.WORKDAY: 160}), first)
        assert [(a.code, a.amount) for a in second] == [("overtime.workday", money("60.00"))]

    def test_arrears_of_other_months_are_not_part_of_a_month_reckoned_anew(self):
        late = Arrear(Month(2025, 12), "basic", money("7.00"))
        paid_in = slip(contract(rate="10440.00"), facts(arrears=(late,)))
        assert arrears(paid_in, self.anew(), (late,)) == ()

    def test_the_locked_payslip_stays_as_it_is(self):
        before = self.locked.net
        arrears(self.locked, self.anew())
        assert self.locked.net == before


class TestLeaver:
    def test_the_fraction_of_a_day_is_dropped_and_the_last_day_counts(self):
        assert earned_leave_days(10, date(2026, 5, 15)) == 3
        assert [earned_leave_days(5, date(2026, 3, n)) for n in (13, 14)] == [0, 1]
        assert [earned_leave_days(365, date(2026, 1, n)) for n in (1, 2)] == [1, 2]
        assert earned_leave_days(15, date(2026, 12, 31)) == 15

    def test_leave_taken_in_advance_is_not_claimed_back(self):
        assert unused_leave_days(10, Fraction(7), date(2026, 5, 15)) == 0
        assert unused_leave_days(10, Fraction(1, 2), date(2026, 5, 15)) == Fraction(5, 2)

    def test_leave_can_not_be_paid_out_by_the_piece(self):
        found = payslip(contract(PayKind.PIECE, "1.00"), facts(unused_leave_days=Fraction(1)), START, CHINA)
        assert found == Refusal(Reason.NO_LEAVE_RATE)


class TestGarbage:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"absence_min": -1},
            {"overtime_min": {DayClass.WORKDAY: -1}},
            {"pieces": -1},
            {"days_worked": Fraction(-1, 2)},
            {"recoveries": (Recovery("advance", money("-1.00")),)},
        ],
    )
    def test_facts_below_nought_are_refused(self, wrong):
        with pytest.raises(PayError) as refused:
            facts(**wrong)
        assert refused.value.code == "negative_fact"

    def test_a_component_can_not_take_the_name_of_a_line(self):
        with pytest.raises(PayError):
            slip(contract(), facts(components=(FixedPay("basic", money("1.00")),)))

    def test_a_salary_can_not_be_shared_by_no_workdays(self):
        with pytest.raises(PayError):
            payslip(contract(), MonthFacts(JANUARY, ()), START, CHINA)

    def test_terms_that_overlap_are_refused(self):
        with pytest.raises(PayError):
            Contract((contract().terms[0], Term(PayKind.DAILY, money("1.00"), date(2026, 1, 1))))

    def test_another_currency_does_not_add_up(self):
        with pytest.raises(MoneyError):
            payslip(contract(), facts(components=(FixedPay("bonus", Money(1, "EUR")),)), START, CHINA)


def test_a_month_of_workdays_becomes_the_facts_of_a_payslip():
    site = site_rules("Asia/Shanghai", DayCalendar({date(2026, 3, 5): DayClass.HOLIDAY}))
    times = ("02 09:00 in", "02 19:00 out", "05 09:00 in", "05 12:00 out", "03 09:00 in", "03 18:00 out")
    known = Facts(
        punches=tuple(punch(f"2026-03-{t}", site.zone) for t in times),
        plan=tuple(PlannedShift(date(2026, 3, n), PATTERNS["D"]) for n in (2, 3, 4)),
        approvals=(Approval(date(2026, 3, 2), 45), Approval(date(2026, 3, 5), 999)),
    )
    found = workdays(known, site, date(2026, 3, 1), date(2026, 4, 1)).workdays
    assert paid_overtime(found) == {DayClass.WORKDAY: 45, DayClass.HOLIDAY: 180}
    assert unpaid_absence(found) == 480
    assert days_worked(found) == 3


def test_december_is_followed_by_january():
    assert Month(2026, 12).after == Month(2027, 1)
    assert (Month(2026, 12).until, str(Month.of(date(2026, 3, 9)))) == (date(2027, 1, 1), "2026-03")


minutes = st.integers(0, 6_000)
month_facts = st.builds(
    facts,
    overtime_min=st.dictionaries(st.sampled_from(DayClass), minutes),
    absence_min=minutes,
    components=st.lists(
        st.builds(FixedPay, st.just("bonus"), st.integers(-500_000, 5_000_000).map(lambda n: Money(n, "CNY"))),
        max_size=2,
    ).map(tuple),
    recoveries=st.lists(
        st.builds(Recovery, st.just("advance"), st.integers(0, 2_000_000).map(lambda n: Money(n, "CNY"))),
        max_size=2,
    ).map(tuple),
    special_deductions_to_date=st.integers(0, 500_000).map(lambda n: Money(n, "CNY")),
)
salaries = st.integers(100_000, 9_000_000).map(lambda n: contract(rate=str(Fraction(n, 100))))


@settings(max_examples=150, deadline=None)
@given(salaries, month_facts)
def test_the_lines_add_up_to_the_net_and_the_net_is_never_below_nought(who, given_facts):
    found = payslip(who, given_facts, START, INSURED)
    lines = found.lines
    added = total((line.amount for line in lines), "CNY")
    if isinstance(found, Refusal):
        assert (found.reason, found.would_be) == (Reason.NET_BELOW_ZERO, added)
        assert added.minor < 0
    else:
        assert found.net == added == found.gross - found.contributions - found.tax - found.recoveries
        assert added.minor >= 0
        assert found.to_date == START.plus(found.gross, found.contributions, found.tax)


@settings(max_examples=150, deadline=None)
@given(salaries, month_facts)
def test_a_line_is_the_product_of_its_factors_rounded_once(who, given_facts):
    for line in payslip(who, given_facts, START, INSURED).lines:
        if line.section is not Section.TAX:
            exact = prod((factor.value for factor in line.because), start=Fraction(1))
            assert line.amount.minor == round_half_up(exact)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 20_000_000), min_size=12, max_size=12))
def test_tax_is_never_paid_back_and_never_more_than_the_year_owes_at_its_highest(grosses):
    to_date, highest = START, 0
    for n, gross in enumerate(grosses, start=1):
        bonus = (FixedPay("bonus", Money(gross, "CNY")),)
        found = slip(contract(rate="0.01"), facts(Month(2026, n), components=bonus), CHINA, to_date)
        owed = next(f.value for line in found.lines for f in line.because if f.name == "cumulative")
        highest = max(highest, int(owed))
        assert found.tax.minor >= 0
        to_date = found.to_date
        assert to_date.withheld.minor == highest
