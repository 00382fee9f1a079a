"""Asking for leave: the dates that a request takes, and what speaks against it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from fractions import Fraction

from gatehouse.domain.leave import NOTHING, Counted, LeaveFacts, LeaveType, Taken, balance
from gatehouse.domain.shifts import Leave, LeavePart, dates, takes_whole

LONGEST = 366  # dates of one request


@dataclass(frozen=True, slots=True)
class Request:
    """Leave from `first` to `last`, both inclusive; `from_noon` and `until_noon` leave half a date out."""

    first: date
    last: date
    from_noon: bool = False
    until_noon: bool = False

    def parts(self, kind: LeaveType, owed: Collection[date]) -> tuple[Taken, ...]:
        """The dates that it takes; `owed` are those with a shift."""
        span = (*dates(self.first, self.last), self.last) if self.first <= self.last else ()
        counted = [day for day in span if kind.counted is Counted.CALENDAR or day in owed]
        return tuple(Taken(day, self._part(day)) for day in counted)

    def leaves(self, id: str, kind: str = "", pay_share: Fraction = Fraction(1)) -> tuple[Leave, ...]:
        """As the workday reads it: every date of the span, whether or not a shift is owed on it."""
        span = (*dates(self.first, self.last), self.last) if self.first <= self.last else ()
        return tuple(Leave(id, day, self._part(day), kind, pay_share) for day in span)

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
    with_it = replace(facts, taken=[*facts.taken, *asked])
    first = min(one.date for one in asked)
    for day in sorted({one.date for one in with_it.taken if one.date >= first}):
        left = balance(kind, with_it, day).left
        if left < -kind.in_advance:
            return Objection(Against.SHORT, day, -kind.in_advance - left)
    return None
