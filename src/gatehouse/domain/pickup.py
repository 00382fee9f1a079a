"""Who may take a pupil from school, and when: permissions of collectors, and the word that somebody must not.

A "must not" beats everything, at every hour of its dates. Dates and hours are the school's, on its wall; last days are
inclusive, the end of an hour is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import at_local, instant, local_date

EVERY_DAY = frozenset(range(7))


class PickupError(DomainError):
    """Codes: `ends_before_start`, `hours_in_order`, `no_weekday`, `deny_is_whole`."""


class Word(StrEnum):
    MAY = "may"
    MUST_NOT = "must_not"


@dataclass(frozen=True, slots=True)
class Permission:
    """A word on one collector and one pupil: from `since` until and with `until` (None: open), on `weekdays` (0 is
    Monday), within [`opens`, `closes`) of each such day. Raises PickupError."""

    collector: str
    word: Word = Word.MAY
    since: date | None = None
    until: date | None = None
    weekdays: frozenset[int] = EVERY_DAY
    opens: time | None = None
    closes: time | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise PickupError("ends_before_start", "the last day is before the first")
        if self.opens is not None and self.closes is not None and self.closes <= self.opens:
            raise PickupError("hours_in_order", "the hours end after they begin")
        if not self.weekdays or not self.weekdays <= EVERY_DAY:
            raise PickupError("no_weekday", "a permission holds on some day of the week")
        whole = self.weekdays == EVERY_DAY and self.opens is None and self.closes is None
        if self.word is Word.MUST_NOT and not whole:
            raise PickupError("deny_is_whole", "who must not collect must not at any hour")

    def covers(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class No(StrEnum):
    """Why not, from what helps most: a hand-over fails by the nearest miss."""

    MUST_NOT = "must_not"
    NOT_AT_THIS_HOUR = "not_at_this_hour"
    NOT_ON_THIS_DAY = "not_on_this_day"
    NOT_YET = "not_yet"
    OVER = "over"
    NOT_LISTED = "not_listed"


_NEAREST = (No.NOT_AT_THIS_HOUR, No.NOT_ON_THIS_DAY, No.NOT_YET, No.OVER)


def refusal(permissions: Sequence[Permission], collector: str, at: datetime, zone: ZoneInfo) -> No | None:
    """Why this collector may not take the pupil at this instant; None where they may."""
    day = local_date(at, zone)
    own = [one for one in permissions if one.collector == collector]
    if any(one.word is Word.MUST_NOT and one.covers(day) for one in own):
        return No.MUST_NOT
    misses = {_miss(one, at, day, zone) for one in own if one.word is Word.MAY}
    if None in misses:
        return None
    return next((one for one in _NEAREST if one in misses), No.NOT_LISTED)


def _miss(one: Permission, at: datetime, day: date, zone: ZoneInfo) -> No | None:
    if one.since is not None and day < one.since:
        return No.NOT_YET
    if one.until is not None and one.until < day:
        return No.OVER
    if day.weekday() not in one.weekdays:
        return No.NOT_ON_THIS_DAY
    opens = one.opens is None or instant(at_local(day, one.opens, zone)) <= instant(at)
    closes = one.closes is None or instant(at) < instant(at_local(day, one.closes, zone))
    return None if opens and closes else No.NOT_AT_THIS_HOUR


def says(one: Permission, at: datetime, zone: ZoneInfo) -> bool:
    """Whether this word alone has something to say at this instant."""
    return refusal([one], one.collector, at, zone) in (None, No.MUST_NOT)
