"""My shifts of the next weeks, as they are published, and what was changed after I had seen it."""

from dataclasses import dataclass
from datetime import date, timedelta

from gatehouse.domain.shifts import ShiftPattern
from gatehouse.server.attendance import queries as work
from gatehouse.server.attendance.plan_changes import changes_of, said
from gatehouse.server.people.models import Person

__all__ = ["my_shifts", "said"]

SHOWN_DAYS = 28
FIRST_DAYS = 7  # shown at once; the rest folds out


@dataclass(frozen=True, slots=True)
class MyDay:
    """One date with shifts, or with a change. `was` is what was shown before a change, None without one; `off` says
    that the calendar takes the shifts out."""

    date: date
    shifts: list[dict[str, object]]
    was: list[str] | None
    off: bool


def my_shifts(person: Person, today: date) -> dict[str, object]:
    """For the template `portal/me_shifts.html`: the dates from today on, the nearest ones apart."""
    until = today + timedelta(days=SHOWN_DAYS)
    calendar = work.calendar(person.site)
    changed = changes_of(person, today, until)
    by_day: dict[date, list[dict[str, object]]] = {day: [] for day in changed}
    for name, shift in work.shifts_of(person, today, until):
        by_day.setdefault(shift.date, []).append(_shift(name, shift.pattern))
    days = [
        MyDay(day, shifts, changed.get(day), bool(shifts) and not calendar.owes_shift(day))
        for day, shifts in sorted(by_day.items())
    ]
    near = today + timedelta(days=FIRST_DAYS)
    return {"near": [day for day in days if day.date < near], "later": [day for day in days if day.date >= near]}


def _shift(name: str, pattern: ShiftPattern) -> dict[str, object]:
    return {
        "name": name,
        "start": f"{pattern.start:%H:%M}",
        "end": f"{pattern.end:%H:%M}",
        "next_day": pattern.end <= pattern.start,
        "core": (f"{pattern.flex.core_start:%H:%M}", f"{pattern.flex.core_end:%H:%M}") if pattern.flex else None,
    }
