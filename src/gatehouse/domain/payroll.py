"""The payslip: one month of one person, line by line, or a refusal that says why there is none.

Pure: contract, facts, year to date and rules in, payslip out. A locked month stays as it is; what a later
correction changes comes as arrears lines of the next open run (`arrears`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from fractions import Fraction

from gatehouse.domain.contributions import ContributionRate, ContributionTable, table_for
from gatehouse.domain.earnings import (
    YEAR_END_BONUS,
    EarningRules,
    Factor,
    PayLine,
    Section,
    earnings,
    multiply,
    one_off,
    ways_of_paying,
)
from gatehouse.domain.money import Money, total
from gatehouse.domain.pay_facts import (
    Arrear,
    Contract,
    Month,
    MonthFacts,
    PayError,
    PayKind,
    Recovery,
    Term,
)
from gatehouse.domain.withholding import (
    Income,
    Withholding,
    YearEndTax,
    YearToDate,
    withhold,
    year_end_tax,
)

INCOME_TAX, BONUS_TAX = "income_tax", "year_end_bonus_tax"


class Reason(Enum):
    """Why a month has no payslip."""

    NOT_EMPLOYED = "no term of the contract holds in this month"
    MIXED_TERMS = "the way of paying changes within the month, and the facts of its parts are not told apart"
    MIXED_CURRENCIES = "the currency changes within the month; reckon the parts apart"
    CURRENCY_CHANGED = "the year so far was paid in another currency, so the year's tax can not be reckoned on"
    NO_LEAVE_RATE = "leave can not be paid out by a piece rate"
    NO_CONTRIBUTION_TABLE = "no contribution table covers this month"
    NO_YEAR_END_RULE = "no rule of these books taxes a year-end bonus apart in this month"
    SECOND_YEAR_END_BONUS = "a year-end bonus is taxed apart once a year, and this year had one"
    NET_BELOW_ZERO = "deductions are more than the pay"


@dataclass(frozen=True, slots=True)
class PayRules:
    """Everything that the law, the city and the company lay down. No tables means no contributions, no
    withholding means no tax, no `year_end` that no bonus is taxed apart. With `week_limit_min` hourly contracts are
    paid by the week, overtime being what exceeds it."""

    earning: EarningRules
    contribution_tables: tuple[ContributionTable, ...] = ()
    withholding: Withholding | None = None
    year_end: YearEndTax | None = None
    week_limit_min: int | None = None


@dataclass(frozen=True, slots=True)
class Payslip:
    """Signed lines that add up to `net`, which is never below 0; `to_date` includes this month."""

    month: Month
    currency: str
    lines: tuple[PayLine, ...]
    to_date: YearToDate

    @property
    def gross(self) -> Money:
        return section_total(self.lines, Section.EARNING, self.currency)

    @property
    def contributions(self) -> Money:
        return -section_total(self.lines, Section.CONTRIBUTION, self.currency)

    @property
    def tax(self) -> Money:
        return -section_total(self.lines, Section.TAX, self.currency)

    @property
    def recoveries(self) -> Money:
        return -section_total(self.lines, Section.RECOVERY, self.currency)

    @property
    def net(self) -> Money:
        return total((line.amount for line in self.lines), self.currency)


@dataclass(frozen=True, slots=True)
class Refusal:
    """No payslip. `would_be` is the net that was refused, with the lines that led to it, for the person who
    has to decide; nothing of it may be booked."""

    reason: Reason
    would_be: Money | None = None
    lines: tuple[PayLine, ...] = ()


def payslip(contract: Contract, facts: MonthFacts, so_far: YearToDate, rules: PayRules) -> Payslip | Refusal:
    """The payslip of a month after the accepted ones in `so_far`.

    Raises PayError when the facts can not be (another year's totals, a salary without workdays).
    """
    _same_year(facts, so_far)
    terms = contract.within(facts.month)
    refused = _refuse_terms(terms, facts) or _refuse_money(terms, facts, so_far, rules)
    if refused is not None:
        return Refusal(refused)
    table = table_for(rules.contribution_tables, facts.month)
    if rules.contribution_tables and table is None:
        return Refusal(Reason.NO_CONTRIBUTION_TABLE)
    pay = earnings(terms, facts, rules.earning)
    regular = total((line.amount for line in pay if line.code != YEAR_END_BONUS), terms[-1].rate.currency)
    insured = _contributions(table.rates if table else (), terms[-1], regular)
    return _slip(contract, facts, so_far, rules, pay, insured)


def off_cycle_payslip(contract: Contract, facts: MonthFacts, so_far: YearToDate, rules: PayRules) -> Payslip | Refusal:
    """A payslip beside the month's ordinary one: fixed amounts, arrears and a year-end bonus. Contributions are those
    of the ordinary run; the tax goes on from `so_far`. Raises PayError."""
    _same_year(facts, so_far)
    terms = contract.within(facts.month) or contract.terms[-1:]
    refused = None if terms else Reason.NOT_EMPLOYED
    refused = refused or _refuse_money(terms, facts, so_far, rules)
    if refused is not None:
        return Refusal(refused)
    return _slip(contract, facts, so_far, rules, one_off(facts), ())


def _slip(
    contract: Contract,
    facts: MonthFacts,
    so_far: YearToDate,
    rules: PayRules,
    pay: tuple[PayLine, ...],
    insured: tuple[PayLine, ...],
) -> Payslip | Refusal:
    currency = (contract.within(facts.month) or contract.terms)[-1].rate.currency
    bonus = facts.year_end_bonus or Money.zero(currency)
    gross = total((line.amount for line in pay), currency) - bonus
    contributions = -total((line.amount for line in insured), currency)
    if so_far.gross.currency != currency:
        so_far = YearToDate.start(so_far.year, currency)
    special = facts.special_deductions_to_date or Money.zero(currency)
    income = Income(gross, contributions, special, contract.months_employed(facts.month))
    tax = _tax(rules.withholding, income, so_far)
    apart = _bonus_tax(rules.year_end, bonus)
    lines = (*pay, *insured, *tax, *apart, *(_recovery(recovery) for recovery in facts.recoveries))
    net = total((line.amount for line in lines), currency)
    if net.minor < 0:
        return Refusal(Reason.NET_BELOW_ZERO, net, lines)
    to_date = so_far.plus(gross, contributions, -total((line.amount for line in tax), currency))
    return Payslip(facts.month, currency, lines, replace(to_date, year_end_bonus=bonus) if bonus else to_date)


def _same_year(facts: MonthFacts, so_far: YearToDate) -> None:
    if so_far.year != facts.month.year:
        raise PayError("wrong_year", f"totals of {so_far.year} do not go with {facts.month}")


def arrears(locked: Payslip, anew: Iterable[PayLine], paid_since: Iterable[Arrear] = ()) -> tuple[Arrear, ...]:
    """What a locked month still owes (or is owed) after a correction, by pay line; equal lines are left out.

    `anew` are the month's earnings reckoned again, `paid_since` the arrears of that month that later runs
    have paid already. Contributions and taxes of the locked month stay as they are: arrears are income of the
    month they are paid in.
    """
    difference: dict[tuple[str, date | None], Money] = defaultdict(lambda: Money.zero(locked.currency))
    for line in anew:
        if line.section is Section.EARNING and line.of_month is None:
            difference[line.code, line.week] += line.amount
    for line in locked.lines:
        if line.section is Section.EARNING and line.of_month is None:
            difference[line.code, line.week] -= line.amount
    for arrear in paid_since:
        if arrear.of_month == locked.month:
            difference[arrear.code, arrear.week] -= arrear.amount
    return tuple(Arrear(locked.month, code, amount, week) for (code, week), amount in difference.items() if amount)


def section_total(lines: Iterable[PayLine], section: Section, currency: str) -> Money:
    return total((line.amount for line in lines if line.section is section), currency)


def _refuse_terms(terms: Sequence[Term], facts: MonthFacts) -> Reason | None:
    if not terms:
        return Reason.NOT_EMPLOYED
    ways = ways_of_paying(tuple(terms))
    if len(ways) > 1 and len(facts.parts) != len(ways):
        return Reason.MIXED_TERMS
    if facts.unused_leave_days and terms[-1].kind is PayKind.PIECE:
        return Reason.NO_LEAVE_RATE
    return None


def _refuse_money(terms: Sequence[Term], facts: MonthFacts, so_far: YearToDate, rules: PayRules) -> Reason | None:
    """Money of two currencies does not add up; totals of the year begin anew where no tax goes by them."""
    if facts.year_end_bonus and (rules.year_end is None or facts.month.first >= rules.year_end.until):
        return Reason.NO_YEAR_END_RULE
    if facts.year_end_bonus and so_far.year_end_bonus:
        return Reason.SECOND_YEAR_END_BONUS
    if len({term.rate.currency for term in terms}) > 1:
        return Reason.MIXED_CURRENCIES
    if rules.withholding is not None and so_far.gross and so_far.gross.currency != terms[-1].rate.currency:
        return Reason.CURRENCY_CHANGED
    return None


def _contributions(rates: Sequence[ContributionRate], term: Term, gross: Money) -> tuple[PayLine, ...]:
    salary = term.rate if term.kind is PayKind.MONTHLY else gross
    if term.insured_salary is not None:
        salary = term.insured_salary
    lines = []
    for rate in rates:
        base = Factor("base", Fraction(rate.base_amount(salary, gross).minor))
        share = Factor("rate", -rate.rate)
        lines.append(multiply(rate.code, Section.CONTRIBUTION, gross.currency, base, share))
    return tuple(lines)


def _tax(rule: Withholding | None, income: Income, so_far: YearToDate) -> tuple[PayLine, ...]:
    if rule is None:
        return ()
    tax = withhold(rule, income, so_far)
    figures = tuple(Factor(name, value) for name, value in tax.figures)
    return (PayLine(INCOME_TAX, Section.TAX, -tax.amount, figures),)


def _bonus_tax(rule: YearEndTax | None, bonus: Money) -> tuple[PayLine, ...]:
    if rule is None or not bonus:
        return ()
    tax = year_end_tax(rule, bonus)
    figures = tuple(Factor(name, value) for name, value in tax.figures)
    return (PayLine(BONUS_TAX, Section.TAX, -tax.amount, figures),)


def _recovery(recovery: Recovery) -> PayLine:
    amount = Factor("amount", Fraction(-recovery.amount.minor))
    return multiply(recovery.code, Section.RECOVERY, recovery.amount.currency, amount)
