"""Punches from passages, plans, calendars and notes. Workdays are reckoned in `attendance.workdays`."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import connection, transaction

from gatehouse.domain.shifts import DayClass
from gatehouse.keeper.protocol import Admitted
from gatehouse.server import keeping
from gatehouse.server.attendance.models import (
    CalendarDay,
    NoteKind,
    NoteState,
    PlannedShift,
    Punch,
    ShiftPattern,
    WorkNote,
)
from gatehouse.server.attendance.notes import ApprovalNote, CorrectionNote, LeaveNote, Note, as_facts, to_bytes
from gatehouse.server.attendance.patterns import pattern_fact
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Person, Site
from gatehouse.server.plainrows import insert_new

_KINDS: dict[type[Note], NoteKind] = {
    CorrectionNote: NoteKind.CORRECTION,
    LeaveNote: NoteKind.LEAVE,
    ApprovalNote: NoteKind.APPROVAL,
}


def punch(passages: Sequence[Admitted], counting: frozenset[str]) -> int:
    """Passages of people through gates whose codes are in `counting` become punches; how many. Must run inside
    intake's transaction."""
    assert connection.in_atomic_block
    rows = [
        (UUID(fact.id), UUID(fact.site), fact.gate, fact.at, fact.direction, fact.token)
        for fact in passages
        if fact.gate in counting and fact.token is not None and fact.lane is None
    ]
    insert_new(Punch, ("id", "site_id", "gate", "at", "direction", "token"), rows)
    return len(rows)


@transaction.atomic
def add_pattern(site: Site, code: str, name: str, rules: dict[str, object], *, by: By, at: datetime) -> ShiftPattern:
    """Raises msgspec.ValidationError, ShiftError, KeyError for rules that are none."""
    pattern_fact(code, rules)
    pattern = ShiftPattern.objects.create(site=site, code=code, name=name, rules=rules)
    record("pattern.added", "pattern", pattern.pk, by=by, at=at)
    return pattern


@transaction.atomic
def plan(person: Person, pattern: ShiftPattern, days: Iterable[date], *, by: By, at: datetime) -> None:
    """The person is to work this shift on these dates; what was planned already stays."""
    rows = [PlannedShift(person=person, pattern=pattern, date=day) for day in days]
    PlannedShift.objects.bulk_create(rows, ignore_conflicts=True)
    record("shifts.planned", "person", person.pk, by=by, at=at)


@transaction.atomic
def unplan(person: Person, days: Iterable[date], *, by: By, at: datetime) -> None:
    PlannedShift.objects.filter(person=person, date__in=list(days)).delete()
    record("shifts.unplanned", "person", person.pk, by=by, at=at)


@transaction.atomic
def set_calendar_day(site: Site, day: date, day_class: DayClass, *, by: By, at: datetime) -> None:
    CalendarDay.objects.update_or_create(site=site, date=day, defaults={"day_class": day_class.value})
    record("calendar.set", "site", site.pk, by=by, at=at)


def add_note(person: Person, note: Note, *, state: NoteState, by: By, at: datetime) -> WorkNote:
    """A correction, leave or approval, asked for or approved at once. Raises KeeperAway, ValueError."""
    new_id = uuid4()
    as_facts(str(new_id), note)
    cell = keeping.seal_one("work.note/1", person.pk, new_id, to_bytes(note))
    with transaction.atomic():
        row = WorkNote.objects.create(id=new_id, person=person, kind=_KINDS[type(note)], state=state, cell=cell)
        record(f"note.{state}", "person", person.pk, by=by, at=at)
    return row


@transaction.atomic
def answer_note(note: WorkNote, state: NoteState, *, by: By, at: datetime) -> bool:
    """Approve or decline what was asked; False when it was answered before."""
    if not WorkNote.objects.filter(pk=note.pk, state=NoteState.ASKED).update(state=state):
        return False
    record(f"note.{state}", "person", note.person_id, by=by, at=at)
    return True
