"""What must hold of pay whatever the figures are, and that each rule's breach is seen: named mutants of the code, each
of which one of these properties catches."""

from __future__ import annotations

import inspect
import sys
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.payroll_vectors import pay_rules

from gatehouse.domain import earnings, pay_changes, pay_facts, pay_journal, payroll, withholding
from gatehouse.domain import money as coins
from gatehouse.domain.money import Money, total
from gatehouse.domain.pay_facts import (
    Contract,
    FixedPay,
    Month,
    MonthFacts,
    PayKind,
    PayPerDay,
    Recovery,
    Recurring,
    Term,
)
from gatehouse.domain.pay_law import CN_YEAR_END
from gatehouse.domain.payroll import Payslip
from gatehouse.domain.shifts import DayCalendar, DayClass
from gatehouse.domain.withholding import YearToDate

RULES = replace(pay_rules("china", ("T1", "T2")), year_end=CN_YEAR_END)
ACCOUNTS = pay_journal.Accounts(pay_journal.DEFAULT_ACCOUNTS)
MARCH = Month(2026, 3)
START = YearToDate.start(2026, "CNY")


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


def some_contract(rng: Random) -> Contract:
    joined = date(2026, 3, rng.randint(1, 28)) if rng.random() < 0.3 else date(2020, 1, 1)
    first = Term(PayKind.MONTHLY, yuan(rng.randint(300_000, 5_000_000)), joined)
    raised_on = joined + timedelta(days=rng.randint(1, 20))
    if rng.random() < 0.3:
        later = Term(PayKind.MONTHLY, yuan(rng.randint(300_000, 5_000_000)), raised_on)
        return Contract((replace(first, until=raised_on), later))
    return Contract((first,))


def some_facts(rng: Random, month: Month = MARCH) -> MonthFacts:
    return MonthFacts(
        month,
        month.workdays(DayCalendar()),
        overtime_min={c: rng.randint(0, 3_000) for c in DayClass if rng.random() < 0.6},
        absence_min=rng.choice((0, 0, rng.randint(1, 2_000))),
        days_worked=Fraction(rng.randint(0, 22)),
        components=(FixedPay("bonus", yuan(rng.randint(-5_000, 900_000))), PayPerDay("meals", yuan(1_501))),
        recoveries=(Recovery("advance", yuan(rng.randint(0, 90_000))),),
        year_end_bonus=yuan(rng.randint(1, 9_000_000)) if rng.random() < 0.3 else None,
    )


# --- the properties; `house` is the code, or a mutant of it -------------------------------------------------------


def lines_add_up_to_the_net(house, rng):
    facts = some_facts(rng)
    slip = house.payslip(some_contract(rng), facts, START, RULES)
    if isinstance(slip, Payslip):
        bonus = facts.year_end_bonus or yuan(0)
        apart = total((-line.amount for line in slip.lines if line.code == payroll.BONUS_TAX), "CNY")
        assert slip.net == total((line.amount for line in slip.lines), "CNY")
        assert slip.net == slip.gross - slip.contributions - slip.tax - slip.recoveries
        assert total((r.amount for r in facts.recoveries), "CNY") == slip.recoveries
        assert slip.to_date.gross == slip.gross - bonus
        assert slip.to_date.withheld == slip.tax - apart
        assert bool(bonus) == any(line.code == payroll.BONUS_TAX for line in slip.lines)


def the_journal_balances(house, rng):
    found = (house.payslip(some_contract(rng), some_facts(rng), START, RULES) for _ in range(3))
    slips = [slip for slip in found if isinstance(slip, Payslip)]
    postings = house.journal(slips, ACCOUNTS)
    debit, credit = pay_journal.balance(postings, "CNY")
    assert debit == credit
    owed = sum(posting.credit.minor - posting.debit.minor for posting in postings if posting.account == "2211")
    assert owed == sum(slip.net.minor for slip in slips)


def a_period_cut_in_two_loses_no_cent(house, rng):
    """A term of the same salary from another date on, and an allowance of the same amount, change no amount."""
    salary, extra = yuan(rng.randint(300_000, 5_000_000)), FixedPay("post", yuan(rng.randint(1, 99_999)))
    start, cut = date(2020, 1, 1), date(2026, 3, rng.randint(2, 31))
    whole = Contract((Term(PayKind.MONTHLY, salary, start),))
    parts = Contract((Term(PayKind.MONTHLY, salary, start, cut), Term(PayKind.MONTHLY, salary, cut)))
    once, twice = (Recurring(extra, start),), (Recurring(extra, start, cut), Recurring(extra, cut))

    def amounts(contract, recurring):
        facts = replace(some_facts(Random(1)), components=house.components_of(recurring, MARCH))
        return [(line.code, line.amount) for line in house.earnings(contract.within(MARCH), facts, RULES.earning)]

    assert amounts(whole, once) == amounts(parts, twice)


def a_split_adds_back(house, rng):
    amount, weights = yuan(rng.randint(-10_000, 10_000)), [rng.randint(0, 9) for _ in range(rng.randint(1, 6))]
    weights[0] += 1
    parts = house.split(amount, weights)
    assert total(parts, "CNY") == amount
    exact = [Fraction(amount.minor * weight, sum(weights)) for weight in weights]
    assert all(abs(part.minor - share) < 1 for part, share in zip(parts, exact, strict=True))


def arrears_bring_the_total_to_what_a_fresh_reckoning_gives(house, rng):
    """Paid once, corrected twice, each correction paid in a later month."""
    contract, facts = some_contract(rng), some_facts(rng)
    locked = house.payslip(contract, facts, START, RULES)
    if not isinstance(locked, Payslip):
        return
    paid: list[pay_facts.Arrear] = []
    for _ in range(2):
        wanted = replace(some_facts(rng), year_end_bonus=facts.year_end_bonus)
        anew = house.earnings(contract.within(MARCH), wanted, RULES.earning)
        due = house.arrears(locked, anew, paid)
        assert all(arrear.amount and arrear.of_month == MARCH for arrear in due)
        paid += due
        got = locked.gross + total((arrear.amount for arrear in paid), "CNY")
        assert got == total((line.amount for line in anew), "CNY")


def changes_add_up_to_the_change_of_the_net(house, rng):
    before, now = (house.payslip(some_contract(rng), some_facts(rng), START, RULES) for _ in range(2))
    if isinstance(before, Payslip) and isinstance(now, Payslip):
        found = house.changes(before, now)
        assert total((line.difference for line in found.lines), "CNY") == now.net - before.net
        assert all(line.difference for line in found.lines)
        assert house.changes(now, now).lines == ()


def a_year_withholds_what_its_income_owes(house, rng):
    """What is withheld by any month is the most that the year owed by then: it never falls, and is never paid back."""
    to_date, most = START, Fraction(0)
    contract = Contract((Term(PayKind.MONTHLY, yuan(rng.randint(400_000, 6_000_000)), date(2020, 1, 1)),))
    for number in range(1, 13):
        month = Month(2026, number)
        facts = MonthFacts(month, month.workdays(DayCalendar()))
        slip = house.payslip(contract, facts, to_date, RULES)
        to_date = slip.to_date
        base = max(yuan(0), to_date.gross - to_date.contributions - yuan(500_000 * number))
        reached = next(b for b in RULES.withholding.brackets if b.up_to is None or base <= b.up_to)
        most = max(most, base.minor * reached.rate - reached.quick.minor)
        assert abs(to_date.withheld.minor - most) < 1


PROPERTIES = (
    lines_add_up_to_the_net,
    the_journal_balances,
    a_period_cut_in_two_loses_no_cent,
    a_split_adds_back,
    arrears_bring_the_total_to_what_a_fresh_reckoning_gives,
    changes_add_up_to_the_change_of_the_net,
    a_year_withholds_what_its_income_owes,
)


def house_of(**other: ModuleType) -> SimpleNamespace:
    """The functions under test, of our modules or of a mutant's."""
    pay = other.get("payroll", payroll)
    return SimpleNamespace(
        payslip=pay.payslip,
        arrears=pay.arrears,
        earnings=other.get("earnings", earnings).earnings,
        components_of=other.get("pay_facts", pay_facts).components_of,
        journal=other.get("pay_journal", pay_journal).journal,
        changes=other.get("pay_changes", pay_changes).changes,
        split=other.get("coins", coins).split,
    )


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda p: p.__name__)
@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_it_holds_for_every_figure(holds, seed):
    holds(house_of(), Random(seed))


# --- mutants ------------------------------------------------------------------------------------------------------

# name: (module, what it says, what the mutant says instead, the property that must see it)
MUTANTS = {
    "a recovery is added instead of taken": (
        payroll, "Fraction(-recovery.amount.minor)", "Fraction(recovery.amount.minor)", lines_add_up_to_the_net),
    "the year's gross holds the bonus that is taxed apart": (
        payroll, "in pay), currency) - bonus", "in pay), currency)", lines_add_up_to_the_net),
    "a year-end bonus goes untaxed": (
        payroll, "if rule is None or not bonus:", "if True:", lines_add_up_to_the_net),
    "tax is taken twice into the year's total": (
        withholding, "self.withheld + tax", "self.withheld + tax + tax", lines_add_up_to_the_net),
    "the journal posts the gross as what is owed to people": (
        pay_journal, "-= slip.net.minor", "-= slip.gross.minor", the_journal_balances),
    "the journal leaves recoveries out": (
        pay_journal, "for line in slip.lines:", "for line in slip.lines[:-1]:", the_journal_balances),
    "a salary cut in two is rounded twice": (
        earnings, "key=lambda term: (term.kind, term.rate)", "key=lambda term: term.since",
        a_period_cut_in_two_loses_no_cent),
    "an allowance cut in two is rounded twice": (
        pay_facts, "last.until == one.since", "False", a_period_cut_in_two_loses_no_cent),
    "a split drops its remainder": (coins, "parts[i] += 1", "parts[i] += 0", a_split_adds_back),
    "a negative split loses its sign": (
        coins, "sign = -1 if amount.minor < 0 else 1", "sign = 1", a_split_adds_back),
    "a second correction pays the first one again": (
        payroll, "difference[arrear.code, arrear.week] -= arrear.amount", "pass",
        arrears_bring_the_total_to_what_a_fresh_reckoning_gives),
    "a line that fell away is not claimed back": (
        payroll, "for line in locked.lines:\n        if ",
        "for line in locked.lines:\n        if (line.code, line.week) in difference and ",
        arrears_bring_the_total_to_what_a_fresh_reckoning_gives),
    "a line that is gone is no change": (
        pay_changes, "[*new, *(key for key in old if key not in new)]", "list(new)",
        changes_add_up_to_the_change_of_the_net),
    "of two basic lines only the last is compared": (
        pay_changes, "found.setdefault((line.code, line.section, line.of_month), []).append(line)",
        "found[line.code, line.section, line.of_month] = [line]", changes_add_up_to_the_change_of_the_net),
    "an edge belongs to the bracket above": (
        withholding, "b.up_to is None or base <= b.up_to)", "b.up_to is None or base * 2 <= b.up_to)",
        a_year_withholds_what_its_income_owes),
    "each month is taxed by itself": (
        withholding, "        so_far.gross\n        + income.gross", "        income.gross",
        a_year_withholds_what_its_income_owes),
}  # fmt: skip


def mutant(module: ModuleType, old: str, new: str) -> dict[str, ModuleType]:
    """The module with that one change, and those that use it bound to the changed one."""
    source = inspect.getsource(module)
    assert source.count(old) == 1, f"{module.__name__} says it {source.count(old)} times: {old}"
    names = {coins: "coins"} | {m: m.__name__.rpartition(".")[2] for m in (earnings, pay_facts, payroll, withholding)}
    changed = _loaded(module, source.replace(old, new))
    mutants = {names.get(module, module.__name__.rpartition(".")[2]): changed}
    if module in (withholding, earnings):
        user = _loaded(payroll, inspect.getsource(payroll))
        for name in ("earnings", "withhold", "year_end_tax"):
            if hasattr(changed, name):
                setattr(user, name, getattr(changed, name))
        mutants["payroll"] = user
    return mutants


def _loaded(module: ModuleType, source: str) -> ModuleType:
    made = ModuleType(f"{module.__name__}_mutant")
    sys.modules[made.__name__] = made  # dataclasses look their module up
    exec(compile(source, made.__name__, "exec"), made.__dict__)
    for name, value in vars(module).items():
        # Classes stay the originals: a mutant's functions answer with types that the properties know.
        if inspect.isclass(value) and value.__module__ == module.__name__ and name != "YearToDate":
            setattr(made, name, value)
    return made


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_seen(name, monkeypatch):
    module, old, new, holds = MUTANTS[name]
    mutants = mutant(module, old, new)
    if module is withholding:
        monkeypatch.setattr(YearToDate, "plus", mutants["withholding"].YearToDate.plus)
    house = house_of(**mutants)
    with pytest.raises(AssertionError):
        all(holds(house, Random(seed)) or True for seed in range(400))
