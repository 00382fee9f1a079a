"""What pay is reckoned from: contracts with effective dates, the facts of a month, and pay components.

All of it is data. A component is one of a few typed shapes with amounts in it; there is no formula text and
nothing that is executed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, total
from gatehouse.domain.reckoning import Flag, Workday
from gatehouse.domain.shifts import DayCalendar, DayClass, dates
from gatehouse.domain.working_time import SplitWeek


class PayError(DomainError):
    """Codes: `negative_fact`, `no_workdays`, `overlap`, `reserved_code`, `wrong_year`, `bad_brackets`."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month; `first` and `until` are its half-open span of dates."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def until(self) -> date:
        return self.after.first

    @property
    def after(self) -> Month:
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def workdays(self, calendar: DayCalendar) -> tuple[date, ...]:
        return tuple(day for day in dates(self.first, self.until) if calendar.is_workday(day))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


class PayKind(StrEnum):
    """What the rate of a contract is for."""

    MONTHLY = "month"
    DAILY = "day"
    HOURLY = "hour"
    PIECE = "piece"


@dataclass(frozen=True, slots=True)
class Term:
    """A rate in force on the dates [since, until), open-ended without `until`.

    `insured_salary` is the declared base of contributions where it is not the monthly salary itself.
    """

    kind: PayKind
    rate: Money
    since: date
    until: date | None = None
    insured_salary: Money | None = None

    def meets(self, since: date, until: date) -> bool:
        return self.since < until and (self.until is None or since < self.until)

    def holds(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Contract:
    """One person's terms in order of time, without overlap; gaps are times not employed. Raises PayError."""

    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.terms, key=lambda term: term.since))
        object.__setattr__(self, "terms", ordered)
        for earlier, later in pairwise(ordered):
            if earlier.until is None or earlier.until > later.since:
                raise PayError("overlap", f"two terms hold on {later.since}", day=later.since)

    def within(self, month: Month) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.meets(month.first, month.until))

    def months_employed(self, month: Month) -> int:
        """Months of the year with at least one day employed, up to and including this one."""
        return sum(bool(self.within(Month(month.year, n))) for n in range(1, month.number + 1))


@dataclass(frozen=True, slots=True)
class FixedPay:
    """An amount for the month: a bonus, an allowance, a deduction when negative."""

    code: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PayPerDay:
    """An amount for each day worked, such as a meal or heat allowance."""

    code: str
    amount: Money


@dataclass(frozen=True, slots=True)
class ShareOfBasic:
    """A share of the basic line, such as a post allowance of 1/10."""

    code: str
    share: Fraction


@dataclass(frozen=True, slots=True)
class MonthlyPay:
    """An amount a month on the dates [since, until), such as a post allowance: paid, like a salary, for the workdays
    employed on which it held, as a share of the month's workdays. Negative: a deduction of every month."""

    code: str
    amount: Money
    since: date
    until: date | None = None

    def holds(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


Component = FixedPay | PayPerDay | ShareOfBasic | MonthlyPay


@dataclass(frozen=True, slots=True)
class Recurring:
    """A component of every month on the dates [since, until), open-ended without `until`."""

    component: FixedPay | PayPerDay | ShareOfBasic
    since: date
    until: date | None = None


def components_of(recurring: Sequence[Recurring], month: Month) -> tuple[Component, ...]:
    """Those in force in the month: an amount a month for the dates on which it holds, an amount a day or a share of
    basic pay for the whole month as soon as it holds on one of its dates."""
    found: list[Component] = []
    for one in _joined(recurring):
        if one.since < month.until and (one.until is None or month.first < one.until):
            fixed = one.component
            if isinstance(fixed, FixedPay):
                found.append(MonthlyPay(fixed.code, fixed.amount, one.since, one.until))
            else:
                found.append(fixed)
    return tuple(found)


def _joined(recurring: Sequence[Recurring]) -> list[Recurring]:
    """Where one ends as the next like it begins they are one: in two lines they would be rounded twice."""
    found: list[Recurring] = []
    for one in sorted(recurring, key=lambda r: (r.component.code, r.since)):
        last = found[-1] if found else None
        if last is not None and last.component == one.component and last.until == one.since:
            found[-1] = replace(last, until=one.until)
        else:
            found.append(one)
    return found


@dataclass(frozen=True, slots=True)
class Arrear:
    """A difference of a locked month, by pay line (and its week), paid in a later run."""

    of_month: Month
    code: str
    amount: Money
    week: date | None = None


@dataclass(frozen=True, slots=True)
class Recovery:
    """An amount taken back from net pay, such as an advance; positive."""

    code: str
    amount: Money


@dataclass(frozen=True, slots=True)
class LeaveTaken:
    """A month's leave of one type: its minutes, the days that they are of what was owed on their dates, and the share
    of pay that goes on. Raises PayError."""

    kind: str
    pay_share: Fraction
    minutes: int
    days: Fraction

    def __post_init__(self) -> None:
        if self.minutes < 0 or self.days < 0 or not 0 <= self.pay_share <= 1:
            raise PayError("negative_fact", f"leave {self.kind} is no length with a share of 0 to 1", fact=self.kind)


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """What happened in one month. `workdays` are the month's working dates by the calendar.

    `overtime_min` is paid overtime by class; `absence_min` unpaid absence. Daily contracts use `days_worked`,
    hourly ones `worked_min` or, with weekly overtime, `weeks`; piece contracts the pieces. `leaves` is leave by type.
    Where the way of paying changes within the month, `parts` are the facts of each way in turn: minutes, days and
    pieces of its own dates. `special_deductions_to_date` are declared special additional deductions from January on;
    `year_end_bonus` is one that is taxed apart from the year's income. Raises PayError.
    """

    month: Month
    workdays: tuple[date, ...]
    overtime_min: Mapping[DayClass, int] = field(default_factory=dict)
    absence_min: int = 0
    days_worked: Fraction = Fraction(0)
    worked_min: int = 0
    weeks: tuple[SplitWeek, ...] = ()
    pieces: int = 0
    overtime_pieces: Mapping[DayClass, int] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    arrears: tuple[Arrear, ...] = ()
    unused_leave_days: Fraction = Fraction(0)
    special_deductions_to_date: Money | None = None
    recoveries: tuple[Recovery, ...] = ()
    year_end_bonus: Money | None = None
    parts: tuple[MonthFacts, ...] = ()
    leaves: tuple[LeaveTaken, ...] = ()

    def __post_init__(self) -> None:
        numbers: dict[str, int | Fraction] = {
            "absence_min": self.absence_min,
            "days_worked": self.days_worked,
            "worked_min": self.worked_min,
            "pieces": self.pieces,
            "unused_leave_days": self.unused_leave_days,
            **{f"overtime_min {day_class}": n for day_class, n in self.overtime_min.items()},
            **{f"overtime_pieces {day_class}": n for day_class, n in self.overtime_pieces.items()},
            "year_end_bonus": self.year_end_bonus.minor if self.year_end_bonus else 0,
            **{f"recovery {recovery.code}": recovery.amount.minor for recovery in self.recoveries},
        }
        for name, value in numbers.items():
            if value < 0:
                raise PayError("negative_fact", f"{name} is {value}; it can not be below 0", fact=name)


@dataclass(frozen=True, slots=True)
class SpecialDeduction:
    """A special additional deduction a month, declared for the months of [since, until), whenever it was declared."""

    a_month: Money
    since: date
    until: date | None = None

    def holds(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


def special_to_date(declared: Sequence[SpecialDeduction], contract: Contract, month: Month, currency: str) -> Money:
    """The sum from January to this month, over the months with at least one day employed. A declaration holds for a
    month when it holds on its last date."""
    found = Money.zero(currency)
    for number in range(1, month.number + 1):
        of = Month(month.year, number)
        last = of.until - timedelta(days=1)
        if contract.within(of):
            found += total((one.a_month for one in declared if one.holds(last)), currency)
    return found


def paid_overtime(workdays: Sequence[Workday]) -> dict[DayClass, int]:
    """Paid overtime minutes by class of day, classes without any left out."""
    sums = {c: sum(w.ot_paid_min for w in workdays if w.day_class is c) for c in DayClass}
    return {day_class: length for day_class, length in sums.items() if length}


def unpaid_absence(workdays: Sequence[Workday]) -> int:
    """Minutes owed on shifts without any punch and without leave."""
    return sum(w.owed_min for w in workdays if Flag.ABSENT in w.flags)


def days_worked(workdays: Sequence[Workday]) -> Fraction:
    """Dates with worked or overtime minutes."""
    return Fraction(len({w.date for w in workdays if w.worked_min + w.ot_worked_min}))


def leave_taken(workdays: Sequence[Workday]) -> tuple[LeaveTaken, ...]:
    """Leave by type and share of pay, in order of the type. A date of which leave took everything is one day, whatever
    its length."""
    lengths: Counter[date] = Counter()
    for workday in workdays:
        lengths[workday.date] += workday.owed_min + workday.leave_min
    minutes: Counter[tuple[str, Fraction]] = Counter()
    days: dict[tuple[str, Fraction], Fraction] = {}
    for workday in workdays:
        for one in workday.leaves:
            of = (one.kind, one.pay_share)
            minutes[of] += one.minutes
            days[of] = days.get(of, Fraction(0)) + Fraction(one.minutes, lengths[workday.date])
    return tuple(LeaveTaken(kind, share, minutes[kind, share], days[kind, share]) for kind, share in sorted(days))
