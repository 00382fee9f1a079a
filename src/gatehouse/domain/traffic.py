"""Cars in and out by the hour of a site's clock, and how many were inside, reckoned back from a known number.

A day has 24 places whatever its clock did: the repeated hour of autumn counts into one place, the skipped one is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import Period, local
from gatehouse.domain.stays import whole_second

HOURS = 24


@dataclass(frozen=True, slots=True)
class Move:
    """A vehicle passed: `step` is 1 in and -1 out."""

    at: datetime
    step: int


@dataclass(frozen=True, slots=True)
class Hour:
    """`car_seconds` of standing within `seconds` of the hour that have passed; `peak` the most inside at once."""

    came: int = 0
    left: int = 0
    car_seconds: int = 0
    seconds: int = 0
    peak: int = 0


def hours(span: Period, moves: Iterable[Move], inside_at_end: int, zone: ZoneInfo) -> list[Hour]:
    """The hours of a day's `span`, which may end early for a day that is not over.

    Who was inside is reckoned back from the end. It is never below 0: a car that was not seen on its way in had been
    there all the same.
    """
    within = sorted((Move(whole_second(m.at), m.step) for m in moves if span.holds(m.at)), key=lambda move: move.at)
    inside = max(0, inside_at_end - sum(move.step for move in within))
    places = [[0, 0, 0, 0, 0] for _ in range(HOURS)]
    since = span.start
    for move in within:
        _stand(places, Period(since, move.at), inside, zone)
        inside, since = max(0, inside + move.step), move.at
        place = places[local(move.at, zone).hour]
        place[0 if move.step > 0 else 1] += 1
        place[4] = max(place[4], inside)
    _stand(places, Period(since, whole_second(span.end)), inside, zone)
    return [Hour(*place) for place in places]


def _stand(places: list[list[int]], stretch: Period, inside: int, zone: ZoneInfo) -> None:
    """Count `inside` cars over the stretch, hour by hour."""
    start = stretch.start
    while start < stretch.end:
        shown = local(start, zone)
        left = 3600 - shown.minute * 60 - shown.second
        end = min(stretch.end, datetime.fromtimestamp(start.timestamp() + left, tz=start.tzinfo))
        place, seconds = places[shown.hour], round((end - start).total_seconds())
        place[2] += inside * seconds
        place[3] += seconds
        place[4] = max(place[4], inside)
        start = end


def added(one: Sequence[Hour], other: Sequence[Hour]) -> list[Hour]:
    """Two garages' hours of the same day: their peaks add up to no less than the truth."""
    return [
        Hour(
            a.came + b.came, a.left + b.left, a.car_seconds + b.car_seconds, max(a.seconds, b.seconds), a.peak + b.peak
        )
        for a, b in zip(one, other, strict=True)
    ]


def after_one_another(one: Sequence[Hour], other: Sequence[Hour]) -> list[Hour]:
    """Two days' hours: averages over both, the higher peak."""
    return [
        Hour(
            a.came + b.came, a.left + b.left, a.car_seconds + b.car_seconds, a.seconds + b.seconds, max(a.peak, b.peak)
        )
        for a, b in zip(one, other, strict=True)
    ]


def average(hour: Hour) -> Fraction:
    """Cars inside on average; 0 for an hour that has not been."""
    return Fraction(hour.car_seconds, hour.seconds) if hour.seconds else Fraction(0)
