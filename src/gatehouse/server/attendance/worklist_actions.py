"""Writing answers, taking them back, listing what waits, and the site's limits.

An answer goes into the person's book for the month by compare-and-set on the sealed cell: of two clerks who answer the
same finding, the second one meets the first one's answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from django.db import transaction

from gatehouse.domain.errors import DomainError
from gatehouse.domain.findings import Answer
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.work_limits import TABLES, Limit, LimitError, Measured
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import queries, worklist_looks
from gatehouse.server.attendance import worklist_queries as rows
from gatehouse.server.attendance.models import NoteAnswer, NoteState, WorkNote
from gatehouse.server.attendance.worklist_cells import ListedPerson, book_to_bytes, list_to_bytes
from gatehouse.server.attendance.worklist_models import AnswerBook, WorkLimits, Worklist
from gatehouse.server.audit.actions import Written, record, record_all
from gatehouse.server.audit.by import By
from gatehouse.server.people.cells import File, unpack
from gatehouse.server.people.models import Person, Site
from gatehouse.server.people.queries import people as people_of

JOB = By.job("workdays")
PURPOSE = "workdays"
TRIES = 8
SEAL_AT_ONCE = 200
LONGEST_ALLOWED_MIN = 48 * 60
TRAVEL_ALLOWED_MIN = 24 * 60

Change = Callable[[list[Answer]], list[Answer] | None]


class WorklistBusy(Exception):
    """Others wrote the same book again and again."""


class WorklistRefused(Exception):
    """The keeper would not open what is to be changed; `code` is its reason."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.code)
        self.code = refused.code


# --- answers -----------------------------------------------------------------------------------------------------


def give(
    person: Person, month: date, answers: Sequence[Answer], *, seen: frozenset[str] = frozenset(), by: By, at: datetime
) -> list[Answer]:
    """Write these answers into the person's month; those that were written. `seen` are the ids of the answers that
    whoever answers knew of: a finding with another one that stands is left alone, since somebody was first. Raises
    KeeperAway, WorklistRefused, WorklistBusy."""
    written: list[Answer] = []

    def add(held: list[Answer]) -> list[Answer] | None:
        taken = {one.key for one in held if one.stands and one.id not in seen}
        written[:] = [answer for answer in answers if answer.key not in taken]
        return [*held, *written] if written else None

    _change(person, month, add, ["finding.answered"], by=by, at=at)
    return written


def take_back(person: Person, month: date, answer_id: str, *, by: By, at: datetime) -> Answer | None:
    """The answer, now taken back; None where there is none or it was taken back before. It stays in the book. Raises
    KeeperAway, WorklistRefused, WorklistBusy."""
    taken: list[Answer] = []

    def undo(held: list[Answer]) -> list[Answer] | None:
        taken[:] = [one for one in held if one.id == answer_id and one.stands]
        if not taken:
            return None
        return [replace(one, undone_by=by.actor, undone_at=at) if one in taken else one for one in held]

    _change(person, month, undo, ["finding.answer_undone"], by=by, at=at)
    return replace(taken[0], undone_by=by.actor, undone_at=at) if taken else None


def note_taken(person: Person, month: date, answer_id: str, note: str, *, by: By, at: datetime) -> None:
    """Which leave an answer wrote. Raises KeeperAway, WorklistRefused, WorklistBusy."""

    def tell(held: list[Answer]) -> list[Answer] | None:
        return [replace(one, note=note) if one.id == answer_id else one for one in held]

    _change(person, month, tell, [], by=by, at=at)


def _change(person: Person, month: date, change: Change, verbs: Sequence[str], *, by: By, at: datetime) -> None:
    for _ in range(TRIES):
        row = rows.book(person, month)
        held = worklist_looks.answers([row] if row else [], JOB.authority, PURPOSE)
        if isinstance(held, Refused):
            raise WorklistRefused(held)
        changed = change(held.get(row.pk, []) if row else [])
        if changed is None:
            return
        new_id = row.pk if row else uuid4()
        cell = keeping.seal_one("work.answers/1", person.pk, new_id, book_to_bytes(changed))
        with transaction.atomic():
            if _put(person, month, row, new_id, cell):
                record_all([Written(verb, "person", person.pk) for verb in verbs], by=by, at=at)
                return
    raise WorklistBusy


def _put(person: Person, month: date, row: AnswerBook | None, new_id: UUID, cell: bytes) -> bool:
    if row is not None:
        return AnswerBook.objects.filter(pk=row.pk, cell=bytes(row.cell)).update(cell=cell) == 1
    made = AnswerBook(id=new_id, person=person, month=month, cell=cell)
    AnswerBook.objects.bulk_create([made], ignore_conflicts=True)
    return AnswerBook.objects.filter(pk=new_id).exists()


@transaction.atomic
def reopen_note(note: WorkNote, state: NoteState, *, by: By, at: datetime) -> bool:
    """A note that was approved or declined waits again, or (`state` declined) does not hold any more; False when
    somebody else was first."""
    standing = [NoteState.APPROVED, NoteState.DECLINED]
    if not WorkNote.objects.filter(pk=note.pk, state__in=standing).exclude(state=state).update(state=state):
        return False
    NoteAnswer.objects.filter(note=note).delete()  # what was answered stays in the book
    record("note.taken_back", "person", note.person_id, by=by, at=at)
    return True


# --- books and lists ---------------------------------------------------------------------------------------------


def keep_worklist(site: Site, day: date, *, at: datetime) -> None:
    """The night's part, once a date is counted: the books and the list of its month and of the one before. Raises
    KeeperAway, WorklistRefused, WorklistBusy."""
    month = Month.of(day)
    for of in (Month.of(month.first - timedelta(days=1)), month):
        refresh_books(site, of, at=at)
        list_waiting(site, of, at=at)


def refresh_books(site: Site, month: Month, *, at: datetime, by: By = JOB) -> int:
    """A book for everybody with a plan, and every book sealed anew: which of them was written since last night cannot
    be told from two copies. Raises KeeperAway, WorklistRefused."""
    people = sorted(queries.people_in_span([site], month.first, month.until))
    for start in range(0, len(people), SEAL_AT_ONCE):
        some = people[start : start + SEAL_AT_ONCE]
        held = list(rows.books(some, month.first, month.until))
        _give_books(set(some) - {row.person_id for row in held}, month)
        _seal_anew(held, by)
    with transaction.atomic():
        record("answers.sealed_anew", "site", site.pk, by=by, at=at)
    return len(people)


def _give_books(people: set[UUID], month: Month) -> None:
    new = [AnswerBook(id=uuid4(), person_id=person, month=month.first) for person in sorted(people)]
    plains = [keeping.plain("work.answers/1", row.person_id, row.pk, book_to_bytes(())) for row in new]
    for row, cell in zip(new, keeping.seal_many(plains), strict=True):
        row.cell = cell
    AnswerBook.objects.bulk_create(new, ignore_conflicts=True)


def _seal_anew(olds: Sequence[AnswerBook], by: By) -> None:
    found = worklist_looks.answers(olds, by.authority, PURPOSE)
    if isinstance(found, Refused):
        raise WorklistRefused(found)
    kept = [row for row in olds if row.pk in found]
    plains = [keeping.plain("work.answers/1", row.person_id, row.pk, book_to_bytes(found[row.pk])) for row in kept]
    cells = keeping.seal_many(plains)
    with transaction.atomic():
        for row, cell in zip(kept, cells, strict=True):
            AnswerBook.objects.filter(pk=row.pk, cell=bytes(row.cell)).update(cell=cell)


def list_waiting(site: Site, month: Month, *, at: datetime, by: By = JOB, only: Sequence[UUID] | None = None) -> int:
    """List what waits in the site's month: of everybody, or anew of those in `only`; how many findings there are.
    Raises KeeperAway, WorklistRefused, WorklistBusy."""
    everybody = queries.people_in_span([site], month.first, month.until)
    wanted = sorted(everybody if only is None else everybody & set(only))
    fresh = _listed(site, wanted, month, by)
    for _ in range(TRIES):
        row = Worklist.objects.filter(site=site, month=month.first).first()
        held = worklist_looks.listed([row] if row and only is not None else [], by.authority, PURPOSE)
        if isinstance(held, Refused):
            raise WorklistRefused(held)
        gone = set(map(str, wanted))
        kept = [one for some in held.values() for one in some if one.person not in gone]
        people = [*kept, *fresh]
        new_id = row.pk if row else uuid4()
        cell = keeping.seal_one("worklist.open/1", site.pk, new_id, list_to_bytes(people, len(everybody)))
        with transaction.atomic():
            if _put_list(site, month, row, new_id, cell):
                record("worklist.listed", "site", site.pk, by=by, at=at)
                return sum(len(one.keys) for one in people)
    raise WorklistBusy


def _put_list(site: Site, month: Month, row: Worklist | None, new_id: UUID, cell: bytes) -> bool:
    if row is not None:
        return Worklist.objects.filter(pk=row.pk, cell=bytes(row.cell)).update(cell=cell) == 1
    Worklist.objects.bulk_create([Worklist(id=new_id, site=site, month=month.first, cell=cell)], ignore_conflicts=True)
    return Worklist.objects.filter(pk=new_id).exists()


def _listed(site: Site, wanted: Sequence[UUID], month: Month, by: By) -> list[ListedPerson]:
    found: list[ListedPerson] = []
    for start in range(0, len(wanted), SEAL_AT_ONCE):
        some = list(people_of([site]).filter(pk__in=wanted[start : start + SEAL_AT_ONCE]))
        files = departments(some)
        answers = worklist_looks.found(some, month.first, month.until, by.authority, PURPOSE)
        if isinstance(answers, Refused):
            raise WorklistRefused(answers)
        for person in some:
            keys = [(one.key.date, one.key.kind, one.key.shift) for one in answers[person.pk].waiting]
            if keys:
                found.append(ListedPerson(str(person.pk), files.get(person.pk, ""), keys))
    return found


def departments(people: Sequence[Person]) -> Mapping[UUID, str]:
    """By person, as their file calls it; read by the job, which sees no name."""
    cells = [keeping.cell("person.file/1", person.pk, person.file_cell) for person in people]
    texts = keeping.reveal(cells, JOB.authority, PURPOSE)
    if isinstance(texts, Refused):
        return {}
    found = {}
    for person, text in zip(people, texts, strict=True):
        try:
            found[person.pk] = unpack(text, File).department if text else ""
        except (msgspec.MsgspecError, ValueError):
            continue
    return found


# --- limits ------------------------------------------------------------------------------------------------------


def set_limits(
    site: Site,
    law: str,
    *,
    own: Mapping[str, int],
    longest_min: int,
    travel_min: int,
    by: By,
    at: datetime,
) -> WorkLimits:
    """Raises LimitError for a table that is none, and for numbers that are no limits."""
    if law != rows.OWN and law not in TABLES:
        raise LimitError("bad_limit", "there is no such table of limits")
    if not 60 <= longest_min <= LONGEST_ALLOWED_MIN or not 0 <= travel_min <= TRAVEL_ALLOWED_MIN:
        raise LimitError("bad_limit", "a stretch is 1 to 48 hours, a way 0 to 24 hours")
    for name, minutes in own.items():
        try:
            Limit(Measured(name), minutes, rows.OWN_SOURCE)
        except (ValueError, DomainError) as fault:
            raise LimitError("bad_limit", f"{name} is limited by no such number") from fault
    facts = {"law": law, "own": dict(own), "longest_min": longest_min, "travel_min": travel_min}
    with transaction.atomic():
        row, _ = WorkLimits.objects.update_or_create(site=site, defaults=facts)
        record("work_limits.set", "site", site.pk, by=by, at=at)
    return row
