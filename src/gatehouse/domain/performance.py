"""Figures about a person's attendance, for that person first: what was on time, late, absent, over hours.

They come from the same workdays as the pay and from nothing else, and each names the text that defines it, so
it can be read and contested. Leave, holidays and days off never count against anybody: only what was owed is
measured. Nothing here ranks, weighs measures against each other or acts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum, StrEnum
from fractions import Fraction

from gatehouse.domain.reckoning import Flag, Workday


class Measure(StrEnum):
    PUNCTUALITY = "punctuality"
    ATTENDANCE_RATE = "attendance_rate"
    LATE_MINUTES = "late_minutes"
    OVERTIME_MINUTES = "overtime_minutes"
    ABSENCE_DAYS = "absence_days"

    @property
    def definition(self) -> str:
        """Key of the text that says how the figure is made."""
        return f"performance.{self.value}.definition"


class Withheld(Enum):
    """Why a figure has no value."""

    NOTHING_TO_MEASURE = "no day in the period that the measure is about"
    GROUP_TOO_SMALL = "too few people for a figure that speaks of none of them"


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of one person (ratio in [0, 1], minutes, or days), or the reason why there is none."""

    measure: Measure
    value: Fraction | None
    withheld: Withheld | None = None

    @property
    def definition(self) -> str:
        return self.measure.definition


@dataclass(frozen=True, slots=True)
class Tally:
    """What figures are made of. Days are dates; of a date with two shifts each is a half, and of a shift with
    half a day of leave only the owed part counts."""

    attended_days: Fraction = Fraction(0)
    on_time_days: Fraction = Fraction(0)
    owed_days: Fraction = Fraction(0)
    absence_days: Fraction = Fraction(0)
    late_minutes: Fraction = Fraction(0)
    overtime_days: Fraction = Fraction(0)
    overtime_minutes: Fraction = Fraction(0)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a measure is read off a tally: the days it is about, and the value over them."""

    days: Callable[[Tally], Fraction]
    value: Callable[[Tally], Fraction]


_RECIPES: Mapping[Measure, _Recipe] = {
    Measure.PUNCTUALITY: _Recipe(lambda t: t.attended_days, lambda t: t.on_time_days / t.attended_days),
    Measure.ATTENDANCE_RATE: _Recipe(lambda t: t.owed_days, lambda t: 1 - t.absence_days / t.owed_days),
    Measure.LATE_MINUTES: _Recipe(lambda t: t.attended_days, lambda t: t.late_minutes),
    Measure.OVERTIME_MINUTES: _Recipe(lambda t: t.owed_days + t.overtime_days, lambda t: t.overtime_minutes),
    Measure.ABSENCE_DAYS: _Recipe(lambda t: t.owed_days, lambda t: t.absence_days),
}


def tally(workdays: Iterable[Workday]) -> Tally:
    """One person's workdays of a period, added up.

    Punctual is a date on which a shift was attended and none of the attended ones was late; a forgotten punch
    is not lateness.
    """
    by_date: dict[date, list[Workday]] = defaultdict(list)
    for workday in workdays:
        by_date[workday.date].append(workday)
    return sum((_day(found) for found in by_date.values()), Tally())


def person_figures(workdays: Iterable[Workday]) -> tuple[Figure, ...]:
    """Every measure of one person over one period."""
    whole = tally(workdays)
    return tuple(_figure(measure, whole) for measure in Measure)


def is_about(measure: Measure, of: Tally) -> bool:
    """Whether there is a day that the measure is about."""
    return bool(_RECIPES[measure].days(of))


def value_of(measure: Measure, of: Tally) -> Fraction | None:
    """The measure's value over a tally; None where there is no day that it is about."""
    return _RECIPES[measure].value(of) if is_about(measure, of) else None


def _day(found: Sequence[Workday]) -> Tally:
    shifts = [w for w in found if w.owed_min or w.leave_min]
    owed = [w for w in shifts if w.owed_min]
    attended = [w for w in owed if Flag.ABSENT not in w.flags]
    absent = [w for w in owed if Flag.ABSENT in w.flags]
    overtime = sum(w.ot_worked_min for w in found)
    return Tally(
        attended_days=Fraction(bool(attended)),
        on_time_days=Fraction(bool(attended) and all(not w.late_min for w in attended)),
        owed_days=_owed_part(owed, len(shifts)),
        absence_days=_owed_part(absent, len(shifts)),
        late_minutes=Fraction(sum(w.late_min for w in attended)),
        overtime_days=Fraction(bool(overtime)),
        overtime_minutes=Fraction(overtime),
    )


def _owed_part(workdays: Sequence[Workday], shifts: int) -> Fraction:
    """The part of a date with so many shifts that these make up, leave taken off."""
    parts = (Fraction(w.owed_min, (w.owed_min + w.leave_min) * shifts) for w in workdays)
    return sum(parts, Fraction(0))


def _figure(measure: Measure, of: Tally) -> Figure:
    value = value_of(measure, of)
    return Figure(measure, value, None if value is not None else Withheld.NOTHING_TO_MEASURE)
