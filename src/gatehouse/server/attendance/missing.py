"""Punches that somebody says are missing: which instants the times of day mean."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gatehouse.server.attendance import queries
from gatehouse.server.attendance.notes import CorrectionNote
from gatehouse.server.people.models import Person

CORRECTABLE = timedelta(days=400)  # back from today; a punch of tomorrow cannot be missing


def wanted(on: date, came: str, left: str, zone: ZoneInfo) -> list[tuple[str, datetime]]:
    """What was typed, as a direction and an instant each. Raises ValueError for what is no time."""
    return [
        (direction, datetime.combine(on, time.fromisoformat(said), zone))
        for direction, said in (("in", came), ("out", left))
        if said
    ]


def in_order(person: Person, on: date, said: list[tuple[str, datetime]]) -> list[tuple[str, datetime]]:
    """Who leaves before they came leaves on the next date, as does one whose planned shift runs past midnight."""
    times = dict(said)
    left = times.get("out")
    if left is None:
        return said
    came = times.get("in")
    if came is not None:
        late = left.time() <= came.time()
    else:
        planned = [shift.pattern for _name, shift in queries.shifts_of(person, on, on + timedelta(days=1))]
        nights = [pattern for pattern in planned if pattern.end <= pattern.start]
        late = len(nights) == len(planned) > 0 and all(left.time() < pattern.start for pattern in nights)
    return [("out", left + timedelta(days=1)) if late and way == "out" else (way, at) for way, at in said]


def notes(on: date, punches: list[tuple[str, datetime]], why: str) -> list[CorrectionNote]:
    return [
        CorrectionNote(date=on, reason=why, at=at, direction="in" if direction == "in" else "out")
        for direction, at in punches
    ]
