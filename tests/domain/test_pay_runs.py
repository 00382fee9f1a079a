"""Pay beside the ordinary month: year-end bonus, runs off the cycle, allowances with dates, rulebooks, differences and
the journal of the books."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from tests.domain.payroll_vectors import money, pay_rules

from gatehouse.domain.earnings import Section
from gatehouse.domain.money import decimal_text
from gatehouse.domain.pay_changes import Kind, changes, large, starts_or_ends
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
    Recurring,
    ShareOfBasic,
    SpecialDeduction,
    Term,
    components_of,
    special_to_date,
)
from gatehouse.domain.pay_journal import DEFAULT_ACCOUNTS, Accounts, JournalError, balance, journal
from gatehouse.domain.pay_law import CN_WITHHOLDING, CN_YEAR_END
from gatehouse.domain.pay_year import StatementError, statement
from gatehouse.domain.payroll import Payslip, Reason, Refusal, off_cycle_payslip, payslip
from gatehouse.domain.rulebooks import RulebookError, rulebook
from gatehouse.domain.shifts import DayCalendar, DayClass
from gatehouse.domain.withholding import YearToDate, year_end_tax

BOOKS = Path(__file__).parents[2] / "src" / "gatehouse" / "server" / "payroll" / "rulebooks"
CHINA = replace(pay_rules("china"), year_end=CN_YEAR_END)
START = YearToDate.start(2026, "CNY")
HIRED = date(2020, 1, 1)


def salary(rate="15000.00", since=HIRED, until=None):
    return Contract((Term(PayKind.MONTHLY, money(rate), since, until),))


JANUARY = Month(2026, 1)


def facts(month=JANUARY, **given):
    return MonthFacts(month, month.workdays(DayCalendar()), **given)


def amounts(slip):
    return [(line.code, decimal_text(line.amount)) for line in slip.lines]


class TestYearEndBonus:
    @pytest.mark.parametrize(
        ("bonus", "tax"),
        [
            ("36000.00", "1080.00"),
            ("36000.01", "3390.00"),
            ("144000.00", "14190.00"),
            ("144000.01", "27390.00"),
            ("300000.00", "58590.00"),
            ("420000.00", "102340.00"),
            ("660000.00", "193590.00"),
            ("960000.00", "328840.00"),
            ("960000.01", "416840.00"),
            ("0.01", "0.00"),
        ],
    )
    def test_a_twelfth_finds_the_bracket_and_the_whole_is_taxed_by_it(self, bonus, tax):
        assert year_end_tax(CN_YEAR_END, money(bonus)).amount == money(tax)

    def test_it_is_taxed_apart_and_adds_nothing_to_the_years_income(self):
        slip = payslip(salary(), facts(year_end_bonus=money("36000.00")), START, CHINA)
        assert amounts(slip) == [
            ("basic", "15000.00"),
            ("year_end_bonus", "36000.00"),
            ("income_tax", "-300.00"),
            ("year_end_bonus_tax", "-1080.00"),
        ]
        assert slip.to_date == YearToDate(2026, money("15000"), money("0"), money("300"), money("36000"))
        february = payslip(salary(), facts(Month(2026, 2)), slip.to_date, CHINA)
        assert february.tax == money("300.00")

    def test_a_second_one_in_the_year_is_refused(self):
        had = payslip(salary(), facts(year_end_bonus=money("1000.00")), START, CHINA).to_date
        again = facts(Month(2026, 6), year_end_bonus=money("1000.00"))
        assert payslip(salary(), again, had, CHINA) == Refusal(Reason.SECOND_YEAR_END_BONUS)

    def test_after_the_rule_has_ended_or_where_there_is_none_it_is_refused(self):
        later = facts(Month(2028, 1), year_end_bonus=money("1000.00"))
        assert payslip(salary(), later, YearToDate.start(2028, "CNY"), CHINA) == Refusal(Reason.NO_YEAR_END_RULE)
        none = replace(CHINA, year_end=None)
        now = facts(year_end_bonus=money("1000.00"))
        assert payslip(salary(), now, START, none) == Refusal(Reason.NO_YEAR_END_RULE)

    def test_one_below_nought_can_not_be(self):
        with pytest.raises(PayError):
            facts(year_end_bonus=money("-1.00"))


class TestOffCycle:
    def test_it_pays_fixed_amounts_and_arrears_and_no_salary_or_contribution(self):
        insured = replace(pay_rules("china", ("T1", "T2")), year_end=CN_YEAR_END)
        month = payslip(salary(), facts(), START, insured)
        given = facts(components=(FixedPay("bonus", money("5000.00")),), arrears=(Arrear(Month(2025, 12), "basic",
                      money("10.00")),), recoveries=(Recovery("advance", money("100.00")),))  # fmt: skip
        beside = off_cycle_payslip(salary(), given, month.to_date, insured)
        tax = -beside.tax
        assert amounts(beside) == [
            ("bonus", "5000.00"), ("basic", "10.00"), ("income_tax", decimal_text(tax)), ("advance", "-100.00"),
        ]  # fmt: skip
        whole = facts(components=(FixedPay("bonus", money("5010.00")),))
        at_once = payslip(salary(), whole, START, insured)
        assert month.tax + beside.tax == at_once.tax
        assert beside.to_date.withheld == at_once.to_date.withheld
        assert beside.to_date.gross == at_once.to_date.gross

    def test_what_goes_by_the_months_work_has_no_place_in_it(self):
        given = facts(components=(PayPerDay("meals", money("10.00")),))
        with pytest.raises(PayError) as refused:
            off_cycle_payslip(salary(), given, START, CHINA)
        assert refused.value.code == "not_off_cycle"

    def test_a_net_below_nought_is_refused_there_too(self):
        given = facts(recoveries=(Recovery("advance", money("1.00")),))
        refused = off_cycle_payslip(salary(), given, START, CHINA)
        assert (refused.reason, refused.would_be) == (Reason.NET_BELOW_ZERO, money("-1.00"))

    def test_a_leaver_gets_it_after_the_last_day(self):
        left = salary(until=date(2026, 2, 1))
        given = facts(Month(2026, 4), components=(FixedPay("bonus", money("1000.00")),))
        assert off_cycle_payslip(left, given, START, CHINA).gross == money("1000.00")


class TestRecurring:
    def test_an_amount_a_month_is_shared_by_the_workdays_on_which_it_holds(self):
        post = Recurring(FixedPay("post", money("2200.00")), date(2026, 1, 16))
        slip = payslip(salary(), facts(components=components_of((post,), Month(2026, 1))), START, CHINA)
        assert ("post", "1100.00") in amounts(slip)

    def test_a_joiner_gets_it_for_the_days_employed(self):
        post = Recurring(FixedPay("post", money("2200.00")), HIRED)
        given = facts(components=components_of((post,), Month(2026, 1)))
        slip = payslip(salary(since=date(2026, 1, 16)), given, START, CHINA)
        assert amounts(slip)[:2] == [("basic", "7500.00"), ("post", "1100.00")]

    def test_it_holds_from_its_first_date_until_its_last(self):
        meals = Recurring(PayPerDay("meals", money("15.00")), date(2026, 2, 1), date(2026, 4, 1))
        share = Recurring(ShareOfBasic("heat", Fraction(1, 10)), date(2026, 3, 31))
        found = [[c.code for c in components_of((meals, share), Month(2026, n))] for n in (1, 2, 3, 4)]
        assert found == [[], ["meals"], ["heat", "meals"], ["heat"]]


class TestChanges:
    def test_each_changed_line_names_the_factors_that_changed(self):
        before = payslip(salary(), facts(overtime_min={DayClass.WORKDAY: 120}), START, CHINA)
        now = payslip(salary("16000.00"), facts(Month(2026, 2), absence_min=60), before.to_date, CHINA)
        found = changes(before, now)
        assert [(line.kind, line.code, line.difference) for line in found.lines] == [
            (Kind.CHANGED, "basic", money("1000.00")),
            (Kind.GONE, "overtime.workday", money("-258.62")),
            (Kind.NEW, "absence", money("-91.95")),
            (Kind.CHANGED, "income_tax", money("-19.48")),
        ]
        assert [(f.name, f.before, f.now) for f in found.lines[0].because] == [("rate_a_month", 1500000, 1600000)]
        assert found.difference == now.net - before.net

    def test_a_first_payslip_is_all_new_and_large(self):
        found = changes(None, payslip(salary(), facts(), START, CHINA))
        assert {line.kind for line in found.lines} == {Kind.NEW}
        assert large(found)
        assert starts_or_ends(found)

    def test_the_same_month_again_is_no_change(self):
        slip = payslip(salary(), facts(), START, CHINA)
        assert changes(slip, slip).lines == ()
        assert not large(changes(slip, slip))

    def test_ten_per_cent_is_not_yet_large(self):
        before = Payslip(Month(2026, 1), "CNY", payslip(salary("1000.00"), facts(), START, CHINA).lines, START)
        at, above = (payslip(salary(rate), facts(), START, CHINA) for rate in ("1100.00", "1100.01"))
        assert (large(changes(before, at)), large(changes(before, above))) == (False, True)


class TestJournal:
    slip = payslip(salary(), facts(recoveries=(Recovery("advance", money("100.00")),)), START, CHINA)

    def test_it_posts_costs_what_is_withheld_and_what_is_owed(self):
        rows = journal([self.slip], Accounts(DEFAULT_ACCOUNTS))
        assert [(row.account, decimal_text(row.debit), decimal_text(row.credit)) for row in rows] == [
            ("1221", "0.00", "100.00"), ("2211", "0.00", "14600.00"), ("2221", "0.00", "300.00"),
            ("6600", "15000.00", "0.00"),
        ]  # fmt: skip
        assert balance(rows, "CNY") == (money("15000.00"), money("15000.00"))

    def test_a_lines_own_account_goes_before_its_sections(self):
        own = Accounts({**DEFAULT_ACCOUNTS, "earning.basic": "6601"})
        assert "6601" in {row.account for row in journal([self.slip], own)}

    def test_without_an_account_nothing_is_posted(self):
        few = Accounts({key: value for key, value in DEFAULT_ACCOUNTS.items() if key != Section.TAX})
        with pytest.raises(JournalError) as refused:
            journal([self.slip], few)
        assert (refused.value.code, refused.value.facts["key"]) == ("no_account", "tax")
        with pytest.raises(JournalError):
            Accounts({"earning": "66\n00"})

    def test_two_currencies_are_two_journals(self):
        other = Payslip(self.slip.month, "EUR", (), YearToDate.start(2026, "EUR"))
        with pytest.raises(JournalError):
            journal([self.slip, other], Accounts(DEFAULT_ACCOUNTS))


class TestRulebooks:
    @pytest.mark.parametrize("path", sorted(BOOKS.glob("*.toml")), ids=lambda path: path.stem)
    def test_every_book_of_the_house_reads(self, path):
        book = rulebook(path.read_text("utf-8"))
        assert book.source
        assert book.rules.earning.days_per_month == Fraction(87, 4)

    def test_the_books_say_what_the_law_says(self):
        cn, city, us, eu = (
            rulebook((BOOKS / f"{name}.toml").read_text("utf-8")) for name in ("cn", "cn-city", "us", "eu-flat")
        )
        assert cn.rules == CHINA
        tables = pay_rules("china", ("T1", "T2")).contribution_tables
        for ours, case in zip(city.rules.contribution_tables, tables, strict=True):
            assert (ours.since, ours.until) == (case.since, case.until)
            assert [(r.rate, r.floor, r.ceiling) for r in ours.rates] == [
                (r.rate, r.floor, r.ceiling) for r in case.rates
            ]
        assert us.rules.week_limit_min == 2400
        assert (eu.rules.withholding, eu.rules.contribution_tables) == (
            pay_rules("eu").withholding, pay_rules("eu").contribution_tables,
        )  # fmt: skip
        assert cn.rules.withholding == CN_WITHHOLDING

    @pytest.mark.parametrize(
        ("old", "new", "where"),
        [
            ('currency = "CNY"', 'currency = "RMB"', "file"),
            ('currency = "CNY"', "", "currency"),
            ('"21.75"', "21.75", "earning.days_per_month"),
            ('"21.75"', '"0"', "earning.days_per_month"),
            ('"21.75"', '"1e9999"', "earning.days_per_month"),
            ('"21.75"', '"1/0"', "earning.days_per_month"),
            ('holiday = "3"', 'holydays = "3"', "earning.overtime.holydays"),
            ('method = "cumulative"', 'method = "__import__"', "tax.method"),
            ('rate = "0.45", quick = "181920.00"', 'rate = "0.45", quick = "181920.001"', "tax.brackets[6].quick"),
            ('up_to = "36000.00"', 'up_to = "999999999.00"', "file"),
            ("until = 2028-01-01", 'until = "never"', "year_end.until"),
            ("[year_end]", "[year_end", "file"),
            ('title = "China, income tax only"', "title = 3", "title"),
        ],
    )
    def test_a_fault_is_refused_with_its_place(self, old, new, where):
        text = (BOOKS / "cn.toml").read_text("utf-8")
        assert old in text
        with pytest.raises(RulebookError) as refused:
            rulebook(text.replace(old, new, 1))
        assert refused.value.facts["where"] == where

    def test_two_tables_of_one_date_are_refused(self):
        text = (BOOKS / "cn-city.toml").read_text("utf-8")
        with pytest.raises(RulebookError) as refused:
            rulebook(text.replace("until = 2026-07-01", "until = 2026-08-01"))
        assert refused.value.facts["where"] == "contributions"


class TestSpecialDeductions:
    def test_one_declared_in_april_from_january_on_counts_from_january(self):
        declared = (SpecialDeduction(money("3000.00"), date(2026, 1, 1)),)
        found = [special_to_date(declared, salary(), Month(2026, n), "CNY") for n in (4, 5)]
        assert found == [money("12000.00"), money("15000.00")]

    def test_it_counts_in_months_employed_and_while_it_holds(self):
        declared = (SpecialDeduction(money("1000.00"), date(2026, 3, 1), date(2026, 6, 1)),)
        joined = salary(since=date(2026, 4, 30))
        assert special_to_date(declared, joined, Month(2026, 12), "CNY") == money("2000.00")


class TestYearStatement:
    def test_its_lines_add_up_to_what_was_paid_out_in_the_year(self):
        to_date, slips = START, []
        for number in range(1, 13):
            of = Month(2026, number)
            given = facts(of, overtime_min={DayClass.WORKDAY: 60 * (number % 3)})
            slips.append(payslip(salary("17000.00"), given, to_date, CHINA))
            to_date = slips[-1].to_date
        found = statement(slips)
        assert found.net.minor == sum(slip.net.minor for slip in slips)
        assert -found.of(Section.TAX) == to_date.withheld
        assert [(line.code, line.months) for line in found.lines] == [
            ("basic", 12), ("overtime.workday", 8), ("income_tax", 12),
        ]  # fmt: skip

    def test_nothing_and_two_currencies_have_none(self):
        slip = payslip(salary(), facts(), START, CHINA)
        euro = replace(slip, currency="EUR", lines=())
        for wrong, code in (([], "nothing_paid"), ([slip, euro], "currencies")):
            with pytest.raises(StatementError) as refused:
                statement(wrong)
            assert refused.value.code == code
