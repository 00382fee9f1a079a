"""A vehicle's stay as facts, and the states it goes through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.periods import instant
from gatehouse.domain.plates import CAR
from gatehouse.domain.tariff_rules import FIRST_YEAR, LAST_YEAR

LONGEST_STAY = timedelta(days=3660)  # ten years; a longer one is a wrong date, not a parked car
MOST_VALIDATED = timedelta(days=366)


class StayError(DomainError):
    """Codes: `ends_before_entry`, `impossible_time`, `too_long`, `bad_validation`, `no_version_in_force`."""


@dataclass(frozen=True, slots=True)
class ValidatedTime:
    """Time that a merchant gives: added to the free minutes, used from entry on. `by` names the merchant."""

    length: timedelta
    by: str = ""

    def __post_init__(self) -> None:
        if self.length % timedelta(seconds=1) or not timedelta(0) < self.length <= MOST_VALIDATED:
            raise StayError(
                "bad_validation",
                f"validated time is whole seconds, above 0, at most 366 days, not {self.length}",
                length=self.length,
            )


@dataclass(frozen=True, slots=True)
class ValidatedAmount:
    """Money that a merchant takes over: lowers the total to no less than 0; what is left of it is lost."""

    amount: Money
    by: str = ""

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise StayError("bad_validation", "a validated amount is above 0", minor=self.amount.minor)


Validation = ValidatedTime | ValidatedAmount


@dataclass(frozen=True, slots=True)
class StayFact:
    """One stay [entry, exit) between two instants, `exit` None while the vehicle is inside.

    Both are held in UTC and cut to whole seconds. Raises StayError for an exit before entry, a stay of more
    than ten years, a time outside the years 1970 to 2999.
    """

    entry: datetime
    exit: datetime | None = None
    vehicle_class: str = CAR
    validations: tuple[Validation, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "entry", whole_second(self.entry))
        if self.exit is None:
            return
        object.__setattr__(self, "exit", whole_second(self.exit))
        if self.exit < self.entry:
            raise StayError(
                "ends_before_entry",
                f"exit {self.exit} is before entry {self.entry}; two stays were mixed up",
                entry=self.entry,
                exit=self.exit,
            )
        check_length(self.entry, self.exit)


def whole_second(moment: datetime) -> datetime:
    """The instant in UTC, its part of a second dropped. Raises StayError, and PeriodError when naive."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise StayError("impossible_time", f"{moment} is no time of a stay; check the clock", moment=moment)
    return instant(moment).replace(microsecond=0)


def check_length(entry: datetime, until: datetime) -> None:
    if until - entry > LONGEST_STAY:
        raise StayError(
            "too_long",
            f"{entry} to {until} is more than {LONGEST_STAY.days} days; close the stay by hand",
            entry=entry,
            until=until,
        )


class StayState(Enum):
    """`OPEN` inside and owing, `VALIDATED` inside and a merchant gave time or money, `PAID` all that was owed
    at the time, `CLEARED` the exit may let it out, `CLOSED` it has left, `DISPUTED` a person must look."""

    OPEN = "open"
    VALIDATED = "validated"
    PAID = "paid"
    CLEARED = "cleared"
    CLOSED = "closed"
    DISPUTED = "disputed"


# Why the less obvious ones are there: PAID and CLEARED fall back to OPEN when the driver overstays the time
# to leave; CLOSED from any state inside, since a barrier can be driven through or lifted by hand; OPEN from
# CLOSED, because a stay closed by a misread plate is taken up again.
NEXT_STATES: dict[StayState, frozenset[StayState]] = {
    StayState.OPEN: frozenset(
        {StayState.VALIDATED, StayState.PAID, StayState.CLEARED, StayState.CLOSED, StayState.DISPUTED}
    ),
    StayState.VALIDATED: frozenset(
        {StayState.OPEN, StayState.PAID, StayState.CLEARED, StayState.CLOSED, StayState.DISPUTED}
    ),
    StayState.PAID: frozenset({StayState.OPEN, StayState.CLEARED, StayState.CLOSED, StayState.DISPUTED}),
    StayState.CLEARED: frozenset({StayState.OPEN, StayState.CLOSED, StayState.DISPUTED}),
    StayState.CLOSED: frozenset({StayState.OPEN, StayState.DISPUTED}),
    StayState.DISPUTED: frozenset({StayState.OPEN, StayState.PAID, StayState.CLEARED, StayState.CLOSED}),
}


def may_become(now: StayState, then: StayState) -> bool:
    """Whether a stay may go from one state to another; staying where it is is no move."""
    return then in NEXT_STATES[now]
