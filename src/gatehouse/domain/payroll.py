"""The payslip: one month of one person, line by line, or a refusal that says why there is none.

Pure: contract, facts, year to date and rules in, payslip out. A locked month stays as it is; what a later
correction changes comes as arrears lines of the next open run (`arrears`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fractions import Fraction

from gatehouse.domain.contributions import ContributionRate, ContributionTable, table_for
from gatehouse.domain.earnings import EarningRules, Factor, PayLine, Section, earnings, multiply
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
from gatehouse.domain.withholding import Income, Withholding, YearToDate, withhold


class Reason(Enum):
    """Why a month has no payslip."""

    NOT_EMPLOYED = "no term of the contract holds in this month"
    MIXED_TERMS = "the way of paying changes within the month; reckon the parts apart"
    MIXED_CURRENCIES = "the currency changes within the month; reckon the parts apart"
    CURRENCY_CHANGED = "the year so far was paid in another currency, so the year's tax can not be reckoned on"
    NO_LEAVE_RATE = "leave can not be paid out by a piece rate"
    NO_CONTRIBUTION_TABLE = "no contribution table covers this month"
    NET_BELOW_ZERO = "deductions are more than the pay"


@dataclass(frozen=True, slots=True)
class PayRules:
    """Everything that the law, the city and the company lay down. No tables means no contributions, no
    withholding means no tax."""

    earning: EarningRules
    contribution_tables: tuple[ContributionTable, ...] = ()
    withholding: Withholding | None = None


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
    if so_far.year != facts.month.year:
        raise PayError("wrong_year", f"totals of {so_far.year} do not go with {facts.month}")
    terms = contract.within(facts.month)
    refused = _refuse_terms(terms, facts) or _refuse_currency(terms, so_far, rules)
    if refused is not None:
        return Refusal(refused)
    table = table_for(rules.contribution_tables, facts.month)
    if rules.contribution_tables and table is None:
        return Refusal(Reason.NO_CONTRIBUTION_TABLE)
    currency = terms[-1].rate.currency
    pay = earnings(terms, facts, rules.earning)
    gross = total((line.amount for line in pay), currency)
    insured = _contributions(table.rates if table else (), terms[-1], gross)
    contributions = -total((line.amount for line in insured), currency)
    special = facts.special_deductions_to_date or Money.zero(currency)
    if so_far.gross.currency != currency:
        so_far = YearToDate.start(so_far.year, currency)
    income = Income(gross, contributions, special, contract.months_employed(facts.month))
    tax = _tax(rules.withholding, income, so_far)
    lines = (*pay, *insured, *tax, *(_recovery(recovery) for recovery in facts.recoveries))
    net = total((line.amount for line in lines), currency)
    if net.minor < 0:
        return Refusal(Reason.NET_BELOW_ZERO, net, lines)
    taxed = -total((line.amount for line in tax), currency)
    return Payslip(facts.month, currency, lines, so_far.plus(gross, contributions, taxed))


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
    if len(terms) > 1 and any(term.kind is not PayKind.MONTHLY for term in terms):
        return Reason.MIXED_TERMS
    if facts.unused_leave_days and terms[-1].kind is PayKind.PIECE:
        return Reason.NO_LEAVE_RATE
    return None


def _refuse_currency(terms: Sequence[Term], so_far: YearToDate, rules: PayRules) -> Reason | None:
    """Money of two currencies does not add up; totals of the year begin anew where no tax goes by them."""
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
    return (PayLine("income_tax", Section.TAX, -tax.amount, figures),)


def _recovery(recovery: Recovery) -> PayLine:
    amount = Factor("amount", Fraction(-recovery.amount.minor))
    return multiply(recovery.code, Section.RECOVERY, recovery.amount.currency, amount)
