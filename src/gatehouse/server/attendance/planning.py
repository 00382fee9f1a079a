"""Many planned shifts at once, as a file brings them, and away with them again."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from gatehouse.server.attendance.models import PlannedShift, Workday
from gatehouse.server.attendance.queries import people_with_plan_near
from gatehouse.server.audit.actions import Written, record_all
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Site

Planned = tuple[UUID, date, UUID]  # person, date, pattern
_AT_ONCE = 400


def plan_all(wanted: Sequence[Planned], *, by: By, at: datetime) -> list[PlannedShift]:
    """Those that were not planned yet. Must run inside a transaction."""
    assert connection.in_atomic_block
    people = list({person for person, _, _ in wanted})
    days = [day for _, day, _ in wanted]
    held: set[Planned] = set()
    for start in range(0, len(people), _AT_ONCE):
        rows = PlannedShift.objects.filter(
            person_id__in=people[start : start + _AT_ONCE], date__gte=min(days), date__lte=max(days)
        )
        held |= set(rows.values_list("person_id", "date", "pattern_id"))
    fresh = [one for one in dict.fromkeys(wanted) if one not in held]
    made = PlannedShift.objects.bulk_create(
        [PlannedShift(person_id=person, date=day, pattern_id=pattern) for person, day, pattern in fresh], batch_size=250
    )
    touched = dict.fromkeys(person for person, _, _ in fresh)
    record_all([Written("shifts.planned", "person", person) for person in touched], by=by, at=at)
    return made


def unplan_rows(site: Site, ids: Iterable[int], *, by: By, at: datetime) -> set[date]:
    """These planned shifts, as far as they are there still; their dates. A date for which nobody counts the person any
    more keeps no workday of theirs. Must run inside a transaction."""
    assert connection.in_atomic_block
    wanted, gone = list(ids), list[tuple[UUID, date]]()
    for start in range(0, len(wanted), _AT_ONCE):
        rows = PlannedShift.objects.filter(pk__in=wanted[start : start + _AT_ONCE], person__site=site)
        gone += rows.values_list("person_id", "date")
        rows.delete()
    record_all([Written("shifts.unplanned", "person", one) for one in dict.fromkeys(p for p, _ in gone)], by=by, at=at)
    for day in sorted({day for _, day in gone}):
        _forget_workdays(site, day, {person for person, on in gone if on == day})
    return {day for _, day in gone}


def _forget_workdays(site: Site, day: date, people: Collection[UUID]) -> None:
    still = set(people_with_plan_near(site, day))
    Workday.objects.filter(date=day, person_id__in=[one for one in people if one not in still]).delete()
