"""What a worker was shown and is shown now: a published date that is changed afterwards is told as changed."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from gatehouse.domain.shifts import ShiftPattern as ShiftPatternFact
from gatehouse.server.attendance.models import PlanChange, PlannedShift, ShiftPattern
from gatehouse.server.attendance.versions import Versions
from gatehouse.server.people.models import Person, Site

Key = tuple[UUID, date]
CHUNK = 500  # parameters of one query


def said(name: str, pattern: ShiftPatternFact) -> str:
    """A shift as a worker reads it: "Early 06:00–14:00"."""
    return f"{name} {pattern.start:%H:%M}–{pattern.end:%H:%M}"


def said_shifts(site: Site, keys: Iterable[Key]) -> dict[Key, list[str]]:
    """The published shifts of these people's dates as they are read; an empty list for a day off."""
    wanted = set(keys)
    found: dict[Key, list[str]] = {key: [] for key in wanted}
    if not wanted:
        return found
    versions = Versions(ShiftPattern.objects.filter(site=site))
    days = [day for _person, day in wanted]
    people = sorted({person for person, _day in wanted})
    for start in range(0, len(people), CHUNK):
        rows = PlannedShift.objects.filter(
            person_id__in=people[start : start + CHUNK], date__gte=min(days), date__lte=max(days)
        ).select_related("pattern")
        for row in rows:
            key = (row.person_id, row.date)
            if key in wanted:
                found[key].append(said(row.pattern.name, versions.on(row.pattern, row.date)))
    return {key: sorted(texts) for key, texts in found.items()}


def note_changes(before: Mapping[Key, list[str]], after: Mapping[Key, list[str]]) -> int:
    """Remember what was shown first wherever it is another now, and forget it where it is the same again; how many
    dates differ from what they were just before."""
    differing = [key for key in before if before[key] != after[key]]
    held: dict[Key, PlanChange] = {}
    people = sorted({person for person, _day in differing})
    for start in range(0, len(people), CHUNK):
        for row in PlanChange.objects.filter(person_id__in=people[start : start + CHUNK]):
            held[row.person_id, row.date] = row
    new: list[PlanChange] = []
    for key in differing:
        told = held.get(key)
        if told is None:
            new.append(PlanChange(person_id=key[0], date=key[1], was=before[key]))
        elif told.was == after[key]:
            told.delete()
    PlanChange.objects.bulk_create(new)
    return len(differing)


def changes_of(person: Person, since: date, until: date) -> dict[date, list[str]]:
    """What was shown first, of the changed dates in [since, until)."""
    rows = PlanChange.objects.filter(person=person, date__gte=since, date__lt=until)
    return {row.date: list(row.was) for row in rows}
