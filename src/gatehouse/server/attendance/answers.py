"""Answers to what people ask for, of their managers and of HR: sealed, and seen by HR and by the asker."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance.actions import answer_note
from gatehouse.server.attendance.models import NoteAnswer, NoteKind, NoteState, WorkNote
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Person, Site

LABEL = "note.answer/1"


class AnswerFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """note.answer/1: who answered, as the manager of which department (or in whose place), or as an operator, and then
    of none; why, and since when it does not hold any more."""

    by: str
    department: str
    at: datetime
    approved: bool
    reason: str
    stands_in_for: str | None = None
    taken_back_at: datetime | None = None

    @property
    def stands(self) -> bool:
        return self.taken_back_at is None


def asked_of(people: Iterable[UUID]) -> QuerySet[WorkNote]:
    """What these people asked for and nobody has answered."""
    found = WorkNote.objects.filter(person_id__in=list(people), state=NoteState.ASKED)
    return found.select_related("person__site").order_by("id")


def approved_leave_of(people: Iterable[UUID]) -> QuerySet[WorkNote]:
    """Rows only: the dates are sealed."""
    found = WorkNote.objects.filter(person_id__in=list(people), state=NoteState.APPROVED, kind=NoteKind.LEAVE)
    return found.select_related("person__site").order_by("id")


def note(note_id: UUID, site: Site) -> WorkNote | None:
    return WorkNote.objects.filter(pk=note_id, person__site=site).select_related("person__site").first()


def write_answer(note: WorkNote, facts: AnswerFacts, *, to_reckon: bool, by: By, at: datetime) -> bool:
    """Answer and word of who answered, both or neither; False when it was answered before. Raises KeeperAway."""
    new_id = uuid4()
    cell = keeping.seal_one(LABEL, note.person_id, new_id, msgspec.json.encode(facts))
    with transaction.atomic():
        state = NoteState.APPROVED if facts.approved else NoteState.DECLINED
        if not answer_note(note, state, by=by, at=at):
            return False
        NoteAnswer.objects.create(id=new_id, note=note, to_reckon=to_reckon, cell=cell)
    return True


def write_word(note: WorkNote, *, approved: bool, reason: str, by: By, at: datetime) -> bool:
    """As `write_answer`, by an operator, who has the date reckoned at once. Raises KeeperAway."""
    return write_answer(note, AnswerFacts(by.actor, "", at, approved, reason), to_reckon=False, by=by, at=at)


def take_back(row: NoteAnswer, facts: AnswerFacts, *, to_reckon: bool, by: By, at: datetime) -> bool:
    """The request waits again, and its answer says that it was taken back; False when somebody was first. Raises
    KeeperAway."""
    cell = keeping.seal_one(LABEL, row.note.person_id, row.pk, msgspec.json.encode(facts))
    with transaction.atomic():
        answered = [NoteState.APPROVED, NoteState.DECLINED]
        if not WorkNote.objects.filter(pk=row.note_id, state__in=answered).update(state=NoteState.ASKED):
            return False
        NoteAnswer.objects.filter(pk=row.pk).update(cell=cell, to_reckon=to_reckon)
        record("note.taken_back", "person", row.note.person_id, by=by, at=at)
    return True


def answers(sites: Iterable[Site]) -> QuerySet[NoteAnswer]:
    """Those first whose date waits to be reckoned anew."""
    found = NoteAnswer.objects.filter(note__person__site__in=list(sites)).select_related("note__person__site")
    return found.order_by("-to_reckon", "id")


def answers_to(person: Person) -> QuerySet[NoteAnswer]:
    return NoteAnswer.objects.filter(note__person=person).select_related("note").order_by("id")


def answer(answer_id: UUID, sites: Iterable[Site]) -> NoteAnswer | None:
    return answers(sites).filter(pk=answer_id).first()


@transaction.atomic
def reckoned(row: NoteAnswer, *, by: By, at: datetime) -> None:
    NoteAnswer.objects.filter(pk=row.pk).update(to_reckon=False)
    record("note.reckoned", "person", row.note.person_id, by=by, at=at)


def read(rows: Sequence[NoteAnswer], by: Authority, purpose: str) -> dict[UUID, AnswerFacts] | Refused:
    """By the answer's id; one whose key is gone is left out. Raises KeeperAway."""
    data = keeping.reveal([keeping.cell(LABEL, row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(data, Refused):
        return data
    found = zip(rows, data, strict=True)
    return {row.pk: msgspec.json.decode(text, type=AnswerFacts) for row, text in found if text is not None}
