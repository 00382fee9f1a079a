"""Leave: what may be taken, and what is left of it, reckoned from facts in any order and explained line by line.

A balance is never kept as a number: it is the sum of its lines. The leave year is the calendar year. Days are
Fractions; half a day is 1/2.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import DAY
from gatehouse.domain.shifts import LeavePart

NOTHING = Fraction(0)
HALF = Fraction(1, 2)
LONGEST_SERVICE = 80  # years
_MOST = Fraction(366)


class LeaveError(DomainError):
    """A type of leave that can not be. Codes: `days`, `step`, `until`."""


class Grows(StrEnum):
    UP_FRONT = "up_front"  # the year's days on its first date
    MONTHLY = "monthly"  # a share on the last date of each month


class Counted(StrEnum):
    WORKDAYS = "workdays"  # dates on which a shift is owed
    CALENDAR = "calendar"  # every date of the span


@dataclass(frozen=True, slots=True)
class LeaveType:
    """One kind of leave as data.

    `pay_share` is the share of pay that goes on: 1 paid, 0 unpaid. `days_a_year` None: there is no balance, each
    request is somebody's decision (sick leave). `by_service`: (full years of work, days a year) from which on so many
    days hold, none before the first. Of a year in which somebody joins, leaves or reaches such a step they have the
    share of its calendar days, rounded down to `step`. At the end of a year at most `carried_at_most` days go on into
    the next, and fall away after `carried_until` (month, day) of it; None: they stay. `in_advance`: how far below zero
    a balance may go. `from_overtime`: approved overtime that is given back as time off adds to it. `begins`: the first
    year that is written down here; what was before comes in as days that somebody adds. Raises LeaveError.
    """

    code: str
    pay_share: Fraction = Fraction(1)
    days_a_year: Fraction | None = None
    by_service: tuple[tuple[int, Fraction], ...] = ()
    grows: Grows = Grows.UP_FRONT
    counted: Counted = Counted.WORKDAYS
    halves: bool = True
    step: Fraction = HALF
    carried_at_most: Fraction = NOTHING
    carried_until: tuple[int, int] | None = None
    in_advance: Fraction = NOTHING
    from_overtime: bool = False
    begins: int | None = None

    def __post_init__(self) -> None:
        for name in ("days_a_year", "carried_at_most", "in_advance"):
            days = getattr(self, name)
            if days is not None and not 0 <= days <= _MOST:
                raise LeaveError("days", f"{name} is {days}; it is 0 to {_MOST} days", field=name)
        if not 0 <= self.pay_share <= 1:
            raise LeaveError("share", "the share of pay is 0 to 1", field="pay_share")
        if any(not 0 <= days <= _MOST or not 0 <= years <= LONGEST_SERVICE for years, days in self.by_service):
            raise LeaveError("days", "a step is 0 to 80 years and 0 to 366 days", field="by_service")
        if not 0 < self.step <= 1:
            raise LeaveError("step", "days are rounded down to a step above 0 and of at most one day")
        if self.carried_until is not None:
            month, day = self.carried_until
            try:
                date(2001, month, day)  # a year without 29 February
            except ValueError as fault:
                raise LeaveError("until", f"{month}-{day} is no date of every year") from fault

    @property
    def has_balance(self) -> bool:
        return self.days_a_year is not None or bool(self.by_service) or self.from_overtime


@dataclass(frozen=True, slots=True)
class Employment:
    """The dates [since, until); `until` None: open."""

    since: date
    until: date | None = None

    def holds(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    def days_in(self, since: date, until: date) -> int:
        """Calendar days of [since, until) within it."""
        last = until if self.until is None else min(until, self.until)
        return max(0, (last - max(since, self.since)).days)


@dataclass(frozen=True, slots=True)
class Taken:
    """Leave of one date that is approved or asked for."""

    date: date
    part: LeavePart = LeavePart.WHOLE

    @property
    def days(self) -> Fraction:
        return Fraction(1) if self.part is LeavePart.WHOLE else HALF


@dataclass(frozen=True, slots=True)
class Given:
    """Days that somebody added (or, below 0, took away) on a date: an opening balance, a reward, a correction."""

    on: date
    days: Fraction


@dataclass(frozen=True, slots=True)
class LeaveFacts:
    """All that is known of one person's leave of one type, in any order. `banked` is overtime to be given back: days by
    the date on which it was worked. `own`: (since, days a year) of this person in place of the type's. `works_since`:
    the beginning of their working life, where it counts from before they came here."""

    employment: Employment
    taken: Sequence[Taken] = ()
    given: Sequence[Given] = ()
    banked: Mapping[date, Fraction] = field(default_factory=dict)
    own: Sequence[tuple[date, Fraction]] = ()
    works_since: date | None = None


class Because(StrEnum):
    """Why a line stands in a balance."""

    CARRIED = "carried"
    ENTITLED = "entitled"
    GIVEN = "given"
    OVERTIME = "overtime"
    TAKEN = "taken"
    FELL_AWAY = "fell_away"


@dataclass(frozen=True, slots=True)
class Line:
    """`days` that came (above 0) or went on a date."""

    on: date
    because: Because
    days: Fraction


@dataclass(frozen=True, slots=True)
class Balance:
    """The lines of one year up to a date, in order; what is left is their sum."""

    lines: tuple[Line, ...]

    @property
    def left(self) -> Fraction:
        return sum((line.days for line in self.lines), NOTHING)


def balance(kind: LeaveType, facts: LeaveFacts, on: date) -> Balance:
    """What is left at the end of the date `on`."""
    carried = NOTHING
    for year in range(_first_year(kind, facts, on), on.year):
        ended = _lines(kind, facts, year, date(year, 12, 31), carried)
        left = Balance(ended).left - _falls_away_with_the_year(kind, ended, carried)
        carried = min(left, kind.carried_at_most)  # a debt goes on whole
    return Balance(_lines(kind, facts, on.year, on, carried))


def _first_year(kind: LeaveType, facts: LeaveFacts, on: date) -> int:
    if kind.begins is not None:
        return min(on.year, kind.begins)
    known = [
        facts.employment.since,
        *(one.date for one in facts.taken),
        *(one.on for one in facts.given),
        *facts.banked,
    ]
    return min(on.year, min(known).year)


def _lines(kind: LeaveType, facts: LeaveFacts, year: int, until: date, carried: Fraction) -> tuple[Line, ...]:
    """Of the dates of `year` up to and including `until`."""
    new_year = date(year, 1, 1)

    def is_in(day: date) -> bool:
        return new_year <= day <= until

    lines = [Line(new_year, Because.CARRIED, carried)] if carried else []
    lines += [line for line in _entitled(kind, facts, year) if line.on <= until]
    lines += [Line(one.on, Because.GIVEN, one.days) for one in facts.given if is_in(one.on)]
    if kind.from_overtime:
        lines += [Line(on, Because.OVERTIME, days) for on, days in facts.banked.items() if is_in(on) and days]
    taken = [Line(one.date, Because.TAKEN, -one.days) for one in facts.taken if is_in(one.date)]
    lines += taken
    if kind.carried_until is not None:
        ends = date(year, *kind.carried_until)
        used = -sum((line.days for line in taken if line.on <= ends), NOTHING)  # what was carried is used first
        if until > ends and carried > used:
            lines.append(Line(ends + DAY, Because.FELL_AWAY, used - carried))
    return tuple(sorted(lines, key=lambda line: (line.on, list(Because).index(line.because), line.days)))


def _falls_away_with_the_year(kind: LeaveType, lines: Iterable[Line], carried: Fraction) -> Fraction:
    """What was carried into a year up to its last date and not taken: no line of that year can say so any more."""
    if kind.carried_until != (12, 31):
        return NOTHING
    used = -sum((line.days for line in lines if line.because is Because.TAKEN), NOTHING)
    return max(NOTHING, carried - used)


def _entitled(kind: LeaveType, facts: LeaveFacts, year: int) -> Iterable[Line]:
    """The year's own days, as they come."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    if kind.grows is Grows.UP_FRONT:
        days = _down(_earned(kind, facts, first, after), kind.step)
        if days:
            yield Line(max(first, facts.employment.since), Because.ENTITLED, days)
        return
    before = NOTHING
    for month in range(1, 13):
        ends = date(year, month + 1, 1) if month < 12 else after
        so_far = _down(_earned(kind, facts, first, ends), kind.step)
        if so_far > before:
            yield Line(ends - DAY, Because.ENTITLED, so_far - before)
        before = so_far


def _earned(kind: LeaveType, facts: LeaveFacts, first: date, until: date) -> Fraction:
    """By calendar days from 1 January `first` up to `until`, each at the days a year that hold on it."""
    changes = {since for since, _ in facts.own} | {served(_service(facts), years) for years, _ in kind.by_service}
    cuts = [first, *sorted(day for day in changes if first < day < until), until]
    year = (date(first.year + 1, 1, 1) - first).days
    return sum(
        (days_a_year(kind, facts, since) * facts.employment.days_in(since, to) / year for since, to in pairwise(cuts)),
        NOTHING,
    )


def days_a_year(kind: LeaveType, facts: LeaveFacts, on: date) -> Fraction:
    """So many a year hold on this date: the person's own, else by their years of work, else the type's."""
    own = [one for one in facts.own if one[0] <= on]
    if own:
        return max(own, key=lambda one: one[0])[1]
    if kind.by_service:
        reached = [step for step in kind.by_service if served(_service(facts), step[0]) <= on]
        return max(reached)[1] if reached else NOTHING
    return kind.days_a_year or NOTHING


def served(since: date, years: int) -> date:
    """The date on which so many years of work are full."""
    if since.year + years > date.max.year:
        return date.max
    year = since.year + years
    return date(year, 3, 1) if (since.month, since.day) == (2, 29) and not isleap(year) else since.replace(year=year)


def _service(facts: LeaveFacts) -> date:
    return min(facts.works_since or facts.employment.since, facts.employment.since)


def _down(days: Fraction, step: Fraction) -> Fraction:
    return days // step * step


def banked_days(minutes: Mapping[date, int], day_min: int) -> dict[date, Fraction]:
    """Overtime minutes that are given back, as days of `day_min` minutes. Raises LeaveError."""
    if day_min <= 0:
        raise LeaveError("days", "a day has at least one minute")
    return {on: Fraction(length, day_min) for on, length in minutes.items()}
