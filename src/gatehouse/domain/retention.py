"""How long a site keeps what: bounds and defaults, what is due on a date, and until when pay records must stay.

Sources of the bounds: pay records two years at least in China (Interim Provisions on Payment of Wages, 1994, article
6), three on construction sites (Regulation on Wages of Migrant Workers, 2020, article 15); books five years at least,
the shortest that the keeper destroys, and ten to thirty by the accounting laws of most countries: the site says which.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gatehouse.domain.errors import DomainError


class Kept(StrEnum):
    OTHERS = "others"  # passages and refusals of strangers and vehicles
    STAFF = "staff"  # passages and punches of people who are known
    WORK = "work"  # time and pay of those who left
    BOOKS = "books"  # stays, receipts, invoices


@dataclass(frozen=True, slots=True)
class Bounds:
    """In days, or in years for `WORK` and `BOOKS`."""

    least: int
    default: int
    most: int

    def allow(self, value: int) -> bool:
        return self.least <= value <= self.most


BOUNDS: dict[Kept, Bounds] = {
    Kept.OTHERS: Bounds(7, 30, 365),
    Kept.STAFF: Bounds(45, 90, 1100),  # a month's time is corrected for 40 days
    Kept.WORK: Bounds(2, 3, 30),
    Kept.BOOKS: Bounds(5, 10, 30),
}
IN_YEARS = frozenset({Kept.WORK, Kept.BOOKS})


@dataclass(frozen=True, slots=True)
class Retention:
    """A site's numbers. Strangers go no later than people who are known: both lie in one day."""

    others: int = BOUNDS[Kept.OTHERS].default
    staff: int = BOUNDS[Kept.STAFF].default
    work: int = BOUNDS[Kept.WORK].default
    books: int = BOUNDS[Kept.BOOKS].default

    def __post_init__(self) -> None:
        """Raises DomainError `out_of_bounds`, `strangers_longer`."""
        for kept, bounds in BOUNDS.items():
            if not bounds.allow(self.of(kept)):
                raise DomainError("out_of_bounds", f"{kept}: {bounds.least} to {bounds.most}", kept=kept.value)
        if self.others > self.staff:
            raise DomainError("strangers_longer", "strangers are kept no longer than people who are known")

    def of(self, kept: Kept) -> int:
        return {Kept.OTHERS: self.others, Kept.STAFF: self.staff, Kept.WORK: self.work, Kept.BOOKS: self.books}[kept]


def days_before(kept: Retention, which: Kept, today: date) -> date:
    """The days before this date are due to be destroyed."""
    return today - timedelta(days=kept.of(which))


def books_before(kept: Retention, today: date) -> int:
    """The books of the years before this one are due: a year counts from its end."""
    return today.year - kept.books


def law_keeps_until(left_on: date, kept: Retention) -> date:
    """When the law's hold on the pay records of somebody who left is over."""
    try:
        return left_on.replace(year=left_on.year + kept.work)
    except ValueError:  # the 29th of February
        return date(left_on.year + kept.work, 3, 1)
