"""Reading patterns, rotations, drafts and the calendar for those who plan."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.domain.rosters import Rotation as RotationFact
from gatehouse.domain.rosters import Shifts, rotation_from_text
from gatehouse.server.attendance.models import (
    CalendarDay,
    CalendarUndo,
    DraftDay,
    NoteKind,
    NoteState,
    PlannedShift,
    RosterUndo,
    RosterWeek,
    Rotation,
    ShiftPattern,
    WorkNote,
)
from gatehouse.server.attendance.plan_changes import changes_of
from gatehouse.server.people.models import Person, PersonState, Site

__all__ = ["changes_of"]


@dataclass(frozen=True, slots=True)
class Planned:
    """What is published and what is drafted of some people's dates, as ids of patterns."""

    published: dict[UUID, dict[date, Shifts]]
    drafts: dict[UUID, dict[date, Shifts]]


def pattern(pattern_id: UUID, sites: Iterable[Site]) -> ShiftPattern | None:
    return ShiftPattern.objects.filter(pk=pattern_id, site__in=list(sites)).select_related("site").first()


def patterns_by_id(site: Site) -> dict[str, ShiftPattern]:
    return {str(row.pk): row for row in ShiftPattern.objects.filter(site=site).order_by("code")}


def rotations(site: Site) -> QuerySet[Rotation]:
    return Rotation.objects.filter(site=site).order_by("name")


def rotation_fact(row: Rotation, by_code: dict[str, str]) -> RotationFact:
    """The rotation with ids of patterns in place of their codes, those that are gone left out. Raises RosterError."""
    fact = rotation_from_text(row.weeks)
    return RotationFact(
        tuple(tuple(tuple(by_code[c] for c in day if c in by_code) for day in week) for week in fact.weeks)
    )


def on_roster(site: Site, since: date, until: date) -> QuerySet[Person]:
    """Everybody who is here, and leavers who are still planned on the dates [since, until); in no telling order."""
    span = {"date__gte": since, "date__lt": until, "person__site": site}
    planned = PlannedShift.objects.filter(**span).values("person_id")
    active = Person.objects.filter(site=site, state=PersonState.ACTIVE).values("pk")
    return Person.objects.filter(pk__in=active.union(planned)).select_related("site").order_by("id")


def planned(people: Sequence[Person], since: date, until: date) -> Planned:
    """Of the dates [since, until)."""
    span = {"person__in": people, "date__gte": since, "date__lt": until}
    published: dict[UUID, dict[date, Shifts]] = {}
    rows = PlannedShift.objects.filter(**span).order_by("pattern__code")
    for person, day, shift in rows.values_list("person_id", "date", "pattern_id"):
        held = published.setdefault(person, {})
        held[day] = (*held.get(day, ()), str(shift))
    drafts: dict[UUID, dict[date, Shifts]] = {}
    for row in DraftDay.objects.filter(**span):
        drafts.setdefault(row.person_id, {})[row.date] = tuple(row.shifts)
    return Planned(published, drafts)


def draft_count(site: Site, since: date | None = None, until: date | None = None) -> int:
    found = DraftDay.objects.filter(person__site=site)
    found = found.filter(date__gte=since) if since else found
    return (found.filter(date__lt=until) if until else found).count()


def last_draft_day(site: Site) -> date | None:
    return DraftDay.objects.filter(person__site=site).order_by("-date").values_list("date", flat=True).first()


def is_published(site: Site, monday: date) -> bool:
    return RosterWeek.objects.filter(site=site, monday=monday).exists()


def can_undo_drafts(site: Site) -> bool:
    return RosterUndo.objects.filter(site=site).exists()


def can_undo_calendar(site: Site) -> bool:
    return CalendarUndo.objects.filter(site=site).exists()


def calendar_days(site: Site, year: int) -> QuerySet[CalendarDay]:
    return CalendarDay.objects.filter(site=site, date__year=year).order_by("date")


def special_days(site: Site, since: date, days: int) -> dict[date, CalendarDay]:
    rows = CalendarDay.objects.filter(site=site, date__gte=since, date__lt=since + timedelta(days=days))
    return {row.date: row for row in rows}


def approved_leave(people: Iterable[Person]) -> QuerySet[WorkNote]:
    """Rows only: the dates of leave are sealed."""
    found = WorkNote.objects.filter(person__in=list(people), state=NoteState.APPROVED, kind=NoteKind.LEAVE)
    return found.order_by("id")
