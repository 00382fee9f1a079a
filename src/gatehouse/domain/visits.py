"""Visits: who may be invited for how long, when their pass opens, where a visit stands, and when it is destroyed.

The pass dies by itself at the end of the visit: the span goes to the edge, which needs nobody to tell it so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import DAY, instant, local_date
from gatehouse.domain.plates import normalise, shape

EARLY = timedelta(minutes=30)  # so long before the visit begins its pass opens
LONGEST = 14 * DAY
FURTHEST = 180 * DAY  # nobody is invited for a day that lies further ahead
MOST_NAME, MOST_PURPOSE, MOST_MAIL = 80, 120, 120
LONGEST_KEPT = 30  # days
KEPT = 1


class VisitError(DomainError):
    """Codes: `no_name`, `no_end`, `too_long`, `over`, `too_far`, `no_plate`, `keep_days`."""


class Standing(StrEnum):
    EXPECTED = "expected"
    HERE = "here"
    OVERDUE = "overdue"  # the visit is over and they have not left
    LEFT = "left"
    MISSED = "missed"  # the visit is over and they never came
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when somebody is expected, and when they came and left, as far as gates or the desk know."""

    starts: datetime
    ends: datetime
    arrived: datetime | None = None
    left: datetime | None = None

    @property
    def opens(self) -> datetime:
        """From when on the pass opens gates; until `ends`."""
        return instant(self.starts) - EARLY

    def holds(self, now: datetime) -> bool:
        """Whether a pass opens now."""
        return self.opens <= instant(now) < instant(self.ends)


def check(name: str, span: Span, plate: str, now: datetime) -> None:
    """Whether somebody may be invited so. Raises VisitError."""
    if not name.strip():
        raise VisitError("no_name", "a visitor has a name")
    if instant(span.ends) <= instant(span.starts):
        raise VisitError("no_end", "a visit ends later than it begins")
    if instant(span.ends) - instant(span.starts) > LONGEST:
        raise VisitError("too_long", f"a visit lasts at most {LONGEST.days} days")
    if instant(span.ends) <= instant(now):
        raise VisitError("over", "a visit ends in the future")
    if instant(span.starts) > instant(now) + FURTHEST:
        raise VisitError("too_far", f"a visit begins within {FURTHEST.days} days")
    if plate and shape(normalise(plate)) is None:
        raise VisitError("no_plate", "this is no number plate")


def standing(span: Span, now: datetime) -> Standing:
    """Where a visit that was not taken back stands."""
    over = instant(now) >= instant(span.ends)
    if span.arrived is None:
        return Standing.MISSED if over else Standing.EXPECTED
    if span.left is not None and instant(span.left) >= instant(span.arrived):
        return Standing.LEFT
    return Standing.OVERDUE if over else Standing.HERE


@dataclass(frozen=True, slots=True)
class Step:
    """One passage of a visitor through a gate of the site."""

    at: datetime
    is_in: bool


def after(span: Span, steps: Iterable[Step]) -> Span:
    """The span with what the gates saw, in any order and however often it is told. What the desk wrote stays where the
    gates saw nothing later: somebody who came through a door that stood open was at no gate."""
    ordered = sorted(steps, key=lambda step: (instant(step.at), not step.is_in))
    came = [instant(step.at) for step in ordered if step.is_in]
    arrived = min([*came, *([] if span.arrived is None else [instant(span.arrived)])], default=None)
    last = ordered[-1] if ordered else None
    left = span.left
    if last is not None and (left is None or instant(last.at) > instant(left)):
        left = None if last.is_in else instant(last.at)
    if arrived is None and left is not None:
        arrived = instant(left)  # seen on the way out alone: they had come
    return Span(span.starts, span.ends, arrived, left)


def ended(span: Span, now: datetime) -> Span:
    """They have left for good: the pass opens nothing more."""
    at = instant(now)
    return Span(span.starts, min(instant(span.ends), at), span.arrived or at, at)


def last_date(span: Span, zone: ZoneInfo) -> date:
    """The last date of the visit on the site's wall; one that ends at midnight does not reach into the next."""
    return local_date(instant(span.ends) - timedelta(microseconds=1), zone)


def is_due(last_on: date, keep_days: int, today: date, *, inside: bool) -> bool:
    """Whether all that was said of a visit is destroyed in the night that begins `today`. Somebody who has not left is
    kept one day more, so that a roll call at night finds them."""
    return last_on + timedelta(days=keep_days + inside) < today


def destroyed_on(last_on: date, keep_days: int) -> date:
    """In the small hours of this date, at the latest one later."""
    return last_on + timedelta(days=keep_days + 1)
