"""Income tax withheld from pay: China's cumulative method, and a flat rate as the plain example.

A rule is data; `withhold` answers with the figures that it used, so that the payslip can show them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from gatehouse.domain.money import Money, round_half_up
from gatehouse.domain.pay_facts import PayError


@dataclass(frozen=True, slots=True)
class YearToDate:
    """What accepted payslips of one calendar year have booked so far; `gross` is without a year-end bonus that was
    taxed apart, which `year_end_bonus` remembers."""

    year: int
    gross: Money
    contributions: Money
    withheld: Money
    year_end_bonus: Money | None = None

    @classmethod
    def start(cls, year: int, currency: str) -> YearToDate:
        zero = Money.zero(currency)
        return cls(year, zero, zero, zero)

    def plus(self, gross: Money, contributions: Money, tax: Money) -> YearToDate:
        return replace(
            self,
            gross=self.gross + gross,
            contributions=self.contributions + contributions,
            withheld=self.withheld + tax,
        )


@dataclass(frozen=True, slots=True)
class Income:
    """This month's taxable figures; `months` and `special_to_date` count from January to this month."""

    gross: Money
    contributions: Money
    special_to_date: Money
    months: int


@dataclass(frozen=True, slots=True)
class Bracket:
    """Tax on a base above the bracket before, up to and including `up_to`: base x rate - quick."""

    up_to: Money | None
    rate: Fraction
    quick: Money


@dataclass(frozen=True, slots=True)
class CumulativeWithholding:
    """Tax on the income of the year so far, less what was withheld before; never paid back within the year.

    Brackets rise, only the last is open. Raises PayError.
    """

    brackets: tuple[Bracket, ...]
    exempt_a_month: Money

    def __post_init__(self) -> None:
        _check_brackets(self.brackets)


@dataclass(frozen=True, slots=True)
class YearEndTax:
    """A year-end bonus taxed apart from the year's income, once a year, while the rule is in force: a twelfth of it
    finds the bracket, and the whole of it is taxed by that bracket's rate less its quick deduction.

    A fen more can therefore cost far more than a fen: 36,000.00 yuan owe 1,080.00 and 36,000.01 owe 3,390.00. That is
    the law's own edge. `until` is the first date on which it no longer holds. Raises PayError.
    """

    brackets: tuple[Bracket, ...]
    until: date

    def __post_init__(self) -> None:
        _check_brackets(self.brackets)


@dataclass(frozen=True, slots=True)
class FlatTax:
    """One rate on the month's gross less contributions and an allowance."""

    rate: Fraction
    allowance: Money


Withholding = CumulativeWithholding | FlatTax


@dataclass(frozen=True, slots=True)
class Tax:
    """Tax of the month, 0 or more; `figures` are the named amounts (minor units) and rates it came from."""

    amount: Money
    figures: tuple[tuple[str, Fraction], ...]


def withhold(rule: Withholding, income: Income, so_far: YearToDate) -> Tax:
    """The tax of this month. The cumulative or monthly tax is rounded once, half up."""
    if isinstance(rule, FlatTax):
        return _flat(rule, income)
    return _cumulative(rule, income, so_far)


def year_end_tax(rule: YearEndTax, bonus: Money) -> Tax:
    """The tax on a year-end bonus, rounded once, half up; it adds nothing to the year's cumulative income."""
    bracket = next(b for b in rule.brackets if b.up_to is None or bonus.minor <= 12 * b.up_to.minor)
    amount = Money(round_half_up(bonus.minor * bracket.rate - bracket.quick.minor), bonus.currency)
    figures = (
        ("base", Fraction(bonus.minor)),
        ("a_twelfth", Fraction(bonus.minor, 12)),
        ("rate", bracket.rate),
        ("quick_deduction", Fraction(bracket.quick.minor)),
    )
    return Tax(_not_below_zero(amount), figures)


def _check_brackets(brackets: Sequence[Bracket]) -> None:
    edges = [bracket.up_to for bracket in brackets]
    closed = [edge for edge in edges[:-1] if edge is not None]
    if not edges or edges[-1] is not None or len(closed) < len(edges) - 1 or closed != sorted(closed):
        raise PayError("bad_brackets", "brackets rise and only the last one is open", edges=edges)


def _flat(rule: FlatTax, income: Income) -> Tax:
    base = _not_below_zero(income.gross - income.contributions - rule.allowance)
    figures = (("base", Fraction(base.minor)), ("rate", rule.rate))
    return Tax(base.share(rule.rate), figures)


def _cumulative(rule: CumulativeWithholding, income: Income, so_far: YearToDate) -> Tax:
    base = _not_below_zero(
        so_far.gross
        + income.gross
        - rule.exempt_a_month * income.months
        - so_far.contributions
        - income.contributions
        - income.special_to_date
    )
    bracket = _bracket(rule.brackets, base)
    exact = base.minor * bracket.rate - bracket.quick.minor
    cumulative = Money(round_half_up(exact), base.currency)
    figures = (
        ("base_to_date", Fraction(base.minor)),
        ("rate", bracket.rate),
        ("quick_deduction", Fraction(bracket.quick.minor)),
        ("cumulative", Fraction(cumulative.minor)),
        ("withheld_before", Fraction(so_far.withheld.minor)),
    )
    return Tax(_not_below_zero(cumulative - so_far.withheld), figures)


def _bracket(brackets: Sequence[Bracket], base: Money) -> Bracket:
    """The first bracket that reaches the base; an edge belongs to the lower one."""
    return next(b for b in brackets if b.up_to is None or base <= b.up_to)


def _not_below_zero(amount: Money) -> Money:
    return max(amount, Money.zero(amount.currency))
