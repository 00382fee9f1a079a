"""Social contributions: dated tables of rates with floors and ceilings, all of it data.

A city, a country or a fund is one sequence of tables; the one in force on the first day of the month holds
for the whole month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fractions import Fraction

from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Month, PayError


class Base(Enum):
    """What a contribution is a share of."""

    SALARY = "the contract's monthly salary"
    GROSS = "the gross of the month"


@dataclass(frozen=True, slots=True)
class ContributionRate:
    """One employee's contribution: a share of the base, raised to the floor and cut to the ceiling."""

    code: str
    rate: Fraction
    base: Base
    floor: Money | None = None
    ceiling: Money | None = None

    def base_amount(self, salary: Money, gross: Money) -> Money:
        """The insured amount. A gross below 0 insures nothing."""
        amount = salary if self.base is Base.SALARY else max(gross, Money.zero(gross.currency))
        if self.floor is not None:
            amount = max(amount, self.floor)
        return amount if self.ceiling is None else min(amount, self.ceiling)


@dataclass(frozen=True, slots=True)
class ContributionTable:
    """Rates in force on the dates [since, until)."""

    since: date
    until: date | None
    rates: tuple[ContributionRate, ...]

    def holds(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


def table_for(tables: Sequence[ContributionTable], month: Month) -> ContributionTable | None:
    """The table of the month, None when no table covers it. Raises PayError when two do."""
    found = [table for table in tables if table.holds(month.first)]
    if len(found) > 1:
        raise PayError("overlap", f"two contribution tables hold on {month.first}", day=month.first)
    return found[0] if found else None
