"""Who is missed when the bell has rung: pupils of whom no passage and no excuse is known, some minutes after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import at_local, instant
from gatehouse.domain.registers import Entry, Session, SessionPlan, Status

LONGEST_GRACE = timedelta(minutes=120)


def rung(plan: SessionPlan, on: date, zone: ZoneInfo, grace: timedelta, now: datetime) -> Session | None:
    """The session that runs and whose bell rang at least `grace` ago; None before, between and after sessions."""
    for session in plan.sessions:
        bell, end = (instant(at_local(on, wall, zone)) for wall in (session.start, session.end))
        if bell + grace <= instant(now) < end:
            return session
    return None


def missed(session: Session, entries: Mapping[str, Sequence[Entry]]) -> tuple[str, ...]:
    """Of these pupils those whose session is absent or not known, and of whom nobody has said anything yet, in order.
    Who was marked by a teacher, is on leave or came late is not missed: somebody knows of them."""
    return tuple(pupil for pupil in sorted(entries) if any(_is_missed(e, session) for e in entries[pupil]))


def _is_missed(entry: Entry, session: Session) -> bool:
    unknown = entry.status in (Status.EXPECTED, Status.ABSENT) and entry.seen.came is None
    return entry.session == session.code and not entry.marks and unknown
