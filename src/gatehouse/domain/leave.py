"""Leave: what may be taken, and what is left of it, reckoned from facts in any order and explained line by line.

A balance is never kept as a number: it is the sum of its lines. The leave year is the calendar year. Days are
Fractions; half a day is 1/2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum
from fractions import Fraction

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import DAY
from gatehouse.domain.shifts import LeavePart, dates, takes_whole

NOTHING = Fraction(0)
HALF = Fraction(1, 2)
LONGEST = 366  # dates of one request
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

    `days_a_year` None: there is no balance, each request is somebody's decision (sick leave). Of a year in which
    somebody joins or leaves they have the share of its calendar days, rounded down to `step`. At the end of a year at
    most `carried_at_most` days go on into the next, and fall away after `carried_until` (month, day) of it; None: they
    stay. `in_advance`: how far below zero a balance may go. `from_overtime`: approved overtime that is given back as
    time off adds to it. Raises LeaveError.
    """

    code: str
    paid: bool = True
    days_a_year: Fraction | None = None
    grows: Grows = Grows.UP_FRONT
    counted: Counted = Counted.WORKDAYS
    halves: bool = True
    step: Fraction = HALF
    carried_at_most: Fraction = NOTHING
    carried_until: tuple[int, int] | None = None
    in_advance: Fraction = NOTHING
    from_overtime: bool = False

    def __post_init__(self) -> None:
        for name in ("days_a_year", "carried_at_most", "in_advance"):
            days = getattr(self, name)
            if days is not None and not 0 <= days <= _MOST:
                raise LeaveError("days", f"{name} is {days}; it is 0 to {_MOST} days", field=name)
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
        return self.days_a_year is not None or self.from_overtime


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
    the date on which it was worked."""

    employment: Employment
    taken: Sequence[Taken] = ()
    given: Sequence[Given] = ()
    banked: Mapping[date, Fraction] = field(default_factory=dict)


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
    for year in range(_first_year(facts, on), on.year):
        ended = _lines(kind, facts, year, date(year, 12, 31), carried)
        left = Balance(ended).left - _falls_away_with_the_year(kind, ended, carried)
        carried = min(left, kind.carried_at_most)  # a debt goes on whole
    return Balance(_lines(kind, facts, on.year, on, carried))


def _first_year(facts: LeaveFacts, on: date) -> int:
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
    lines += [line for line in _entitled(kind, facts.employment, year) if line.on <= until]
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


def _entitled(kind: LeaveType, employment: Employment, year: int) -> Iterable[Line]:
    """The year's own days, as they come."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    if not kind.days_a_year:
        return
    a_day = kind.days_a_year / (after - first).days
    if kind.grows is Grows.UP_FRONT:
        days = _down(a_day * employment.days_in(first, after), kind.step)
        if days:
            yield Line(max(first, employment.since), Because.ENTITLED, days)
        return
    before = NOTHING
    for month in range(1, 13):
        ends = date(year, month + 1, 1) if month < 12 else after
        so_far = _down(a_day * employment.days_in(first, ends), kind.step)
        if so_far > before:
            yield Line(ends - DAY, Because.ENTITLED, so_far - before)
        before = so_far


def _down(days: Fraction, step: Fraction) -> Fraction:
    return days // step * step


# --- a request ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """Leave from `first` to `last`, both inclusive; `from_noon` and `until_noon` leave half a date out."""

    first: date
    last: date
    from_noon: bool = False
    until_noon: bool = False

    def parts(self, kind: LeaveType, owed: Collection[date]) -> tuple[Taken, ...]:
        """The dates that it takes; `owed` are those with a shift."""
        span = dates(self.first, self.last + DAY)
        counted = [day for day in span if kind.counted is Counted.CALENDAR or day in owed]
        return tuple(Taken(day, self._part(day)) for day in counted)

    def _part(self, day: date) -> LeavePart:
        if self.from_noon and day == self.first:
            return LeavePart.AFTERNOON
        return LeavePart.MORNING if self.until_noon and day == self.last else LeavePart.WHOLE


class Against(Enum):
    """Why a request can not be granted as it is."""

    BACKWARDS = "backwards"
    TOO_LONG = "too_long"
    NO_HALVES = "no_halves"
    NOT_EMPLOYED = "not_employed"
    NOTHING_OWED = "nothing_owed"
    OVERLAPS = "overlaps"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Objection:
    """What speaks against a request: on which date, and how many days are missing there."""

    against: Against
    on: date
    days: Fraction = NOTHING


def object_to(
    kind: LeaveType, facts: LeaveFacts, request: Request, owed: Collection[date], others: Iterable[Taken] = ()
) -> Objection | None:
    """The first thing that speaks against a request, None where nothing does. `others` is leave of other types, which
    it may not overlap."""
    span = (request.last - request.first).days + 1
    if span < 1 or (span == 1 and request.from_noon and request.until_noon):
        return Objection(Against.BACKWARDS, request.first)
    if span > LONGEST:
        return Objection(Against.TOO_LONG, request.last)
    if (request.from_noon or request.until_noon) and not kind.halves:
        return Objection(Against.NO_HALVES, request.first)
    for day in (request.first, request.last):
        if not facts.employment.holds(day):
            return Objection(Against.NOT_EMPLOYED, day)
    asked = request.parts(kind, owed)
    if not asked:
        return Objection(Against.NOTHING_OWED, request.first)
    return _overlap(asked, [*facts.taken, *others]) or _shortage(kind, facts, asked)


def _overlap(asked: Iterable[Taken], held: Iterable[Taken]) -> Objection | None:
    parts: dict[date, set[LeavePart]] = {}
    for one in held:
        parts.setdefault(one.date, set()).add(one.part)
    for one in asked:
        own = parts.get(one.date, set())
        if own and (one.part in own or takes_whole(own) or one.part is LeavePart.WHOLE):
            return Objection(Against.OVERLAPS, one.date)
    return None


def _shortage(kind: LeaveType, facts: LeaveFacts, asked: Sequence[Taken]) -> Objection | None:
    """Looked for on every date from the first that is asked for on which leave is taken or falls away: a day that is
    approved for December is not to be taken in March."""
    if not kind.has_balance:
        return None
    with_it = LeaveFacts(facts.employment, [*facts.taken, *asked], facts.given, facts.banked)
    first = min(one.date for one in asked)
    for day in sorted({one.date for one in with_it.taken if one.date >= first}):
        left = balance(kind, with_it, day).left
        if left < -kind.in_advance:
            return Objection(Against.SHORT, day, -kind.in_advance - left)
    return None


def banked_days(minutes: Mapping[date, int], day_min: int) -> dict[date, Fraction]:
    """Overtime minutes that are given back, as days of `day_min` minutes. Raises LeaveError."""
    if day_min <= 0:
        raise LeaveError("days", "a day has at least one minute")
    return {on: Fraction(length, day_min) for on, length in minutes.items()}
