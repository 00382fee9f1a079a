"""A year's statement of one person: every kind of line with its sum over the year's payslips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gatehouse.domain.earnings import Section
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, total
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.payroll import Payslip


class StatementError(DomainError):
    """Codes: `nothing_paid`, `currencies`."""


@dataclass(frozen=True, slots=True)
class YearLine:
    """What a kind of line came to in the year, and in how many of its months it stood."""

    code: str
    section: Section
    amount: Money
    months: int


@dataclass(frozen=True, slots=True)
class YearStatement:
    """The lines add up to `net`, which is what was paid out."""

    first: Month
    last: Month
    lines: tuple[YearLine, ...]

    @property
    def net(self) -> Money:
        return total((line.amount for line in self.lines), self.lines[0].amount.currency)

    def of(self, section: Section) -> Money:
        currency = self.lines[0].amount.currency
        return total((line.amount for line in self.lines if line.section is section), currency)


def statement(slips: Iterable[Payslip]) -> YearStatement:
    """Of payslips of one year in the order in which they were paid; arrears count in the month that paid them. Raises
    StatementError."""
    rows = list(slips)
    if not any(slip.lines for slip in rows):
        raise StatementError("nothing_paid", "no payslip of the year has a line")
    if len({slip.currency for slip in rows}) > 1:
        raise StatementError("currencies", "two currencies do not add up; make a statement of each")
    sums: dict[tuple[str, Section], tuple[Money, set[Month]]] = {}
    for slip in rows:
        for line in slip.lines:
            amount, months = sums.get((line.code, line.section), (Money.zero(slip.currency), set()))
            sums[line.code, line.section] = (amount + line.amount, months | {slip.month})
    order = list(Section)
    lines = [YearLine(code, section, amount, len(months)) for (code, section), (amount, months) in sums.items()]
    lines.sort(key=lambda line: order.index(line.section))
    return YearStatement(rows[0].month, rows[-1].month, tuple(lines))
