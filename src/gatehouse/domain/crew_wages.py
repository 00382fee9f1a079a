"""Wage reports of a construction site by contractor and team, from the same payslips and workdays as the pay itself.

Nothing is reckoned anew here: an amount of the report is the sum of pay lines that a run or a draft holds, so that the
sums of all teams are those of the run to the last minor unit. Everybody stands in exactly one group; who is in no team
stands in a group of their own, and who has no payslip is listed with the reason, without an amount.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from gatehouse.domain.earnings import Section
from gatehouse.domain.money import Money, total
from gatehouse.domain.pay_facts import Contract, Month, PayKind, days_worked
from gatehouse.domain.payroll import Payslip, section_total
from gatehouse.domain.reckoning import Workday


class Standing(StrEnum):
    """How sure the amounts are."""

    PAID = "paid"  # by locked runs
    DUE = "due"  # in a run that is not locked
    DRAFT = "draft"  # a preview; no run has it yet
    NONE = "none"  # no payslip


@dataclass(frozen=True, slots=True)
class Work:
    """A month's work of one person: dates with minutes, minutes within shifts, minutes beyond them."""

    days: Fraction = Fraction(0)
    worked_min: int = 0
    overtime_min: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(self.days + other.days, self.worked_min + other.worked_min, self.overtime_min + other.overtime_min)


def work_of(workdays: Sequence[Workday]) -> Work:
    """Person-days are those by which a daily contract is paid."""
    return Work(
        days_worked(workdays), sum(day.worked_min for day in workdays), sum(day.ot_worked_min for day in workdays)
    )


@dataclass(frozen=True, slots=True)
class Amounts:
    """`gross` what was earned, `kept` contributions and tax (0 or below), `recovered` what was taken back (0 or below):
    `net` is their sum. `paid` is the net of locked runs."""

    gross: Money
    kept: Money
    recovered: Money
    paid: Money

    @property
    def net(self) -> Money:
        return self.gross + self.kept + self.recovered

    @property
    def currency(self) -> str:
        return self.gross.currency

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.gross + other.gross,
            self.kept + other.kept,
            self.recovered + other.recovered,
            self.paid + other.paid,
        )


def amounts(slips: Sequence[Payslip], standing: Standing) -> Amounts | None:
    """The sum of one person's payslips of a month (ordinary, final, off the cycle), which are in one currency; None
    without any. Raises MoneyError for two currencies."""
    if not slips:
        return None
    currency = slips[0].currency

    def of(*sections: Section) -> Money:
        return total((section_total(slip.lines, one, slip.currency) for slip in slips for one in sections), currency)

    net = total((slip.net for slip in slips), currency)
    paid = net if standing is Standing.PAID else Money.zero(currency)
    return Amounts(of(Section.EARNING), of(Section.CONTRIBUTION, Section.TAX), of(Section.RECOVERY), paid)


@dataclass(frozen=True, slots=True)
class Terms:
    """By what somebody is paid at the end of the month: the kind of contract and its rate."""

    kind: PayKind
    rate: Money


def terms_of(contract: Contract | None, month: Month) -> Terms | None:
    """The last terms that hold in the month."""
    held = contract.within(month) if contract else ()
    return Terms(held[-1].kind, held[-1].rate) if held else None


@dataclass(frozen=True, slots=True)
class Line:
    """One worker in the report. `person`, `team` and `contractor` are opaque ids, "" for none; `without` is why there
    is no payslip."""

    person: str
    contractor: str
    team: str
    trade: str
    terms: Terms | None
    work: Work
    standing: Standing
    amounts: tuple[Amounts, ...] = ()
    without: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """What some lines come to; amounts by currency, in the order of the codes."""

    people: int
    work: Work
    amounts: tuple[Amounts, ...]


@dataclass(frozen=True, slots=True)
class Crew:
    """A team's lines and their sums."""

    contractor: str
    team: str
    lines: tuple[Line, ...]

    @property
    def sums(self) -> Sums:
        return sums(self.lines)


def sums(lines: Iterable[Line]) -> Sums:
    rows = list(lines)
    by_currency: dict[str, Amounts] = {}
    for one in (amount for row in rows for amount in row.amounts):
        held = by_currency.get(one.currency)
        by_currency[one.currency] = held + one if held else one
    work = Work()
    for row in rows:
        work += row.work
    return Sums(len(rows), work, tuple(by_currency[code] for code in sorted(by_currency)))


def crews(lines: Iterable[Line]) -> tuple[Crew, ...]:
    """The lines by contractor and team, in the order of their ids; those of no team last."""
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        found[line.contractor, line.team].append(line)
    ordered = sorted(found, key=lambda key: (not key[0], key[0], not key[1], key[1]))
    return tuple(Crew(contractor, team, tuple(found[contractor, team])) for contractor, team in ordered)
