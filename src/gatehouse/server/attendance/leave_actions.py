"""Types of leave, and what is written into a person's leave book. Requests are work notes (`attendance.actions`)."""

from collections.abc import Callable
from datetime import date, datetime
from fractions import Fraction
from uuid import uuid4

import msgspec
from django.db import IntegrityError, transaction

from gatehouse.domain.periods import can_be_meant
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance.leave_cells import LABEL, Book, Turn, Word, book_from_bytes, book_to_bytes
from gatehouse.server.attendance.leave_kinds import USUAL, KindRules, begins, fact_of
from gatehouse.server.attendance.leave_models import LeaveBook, LeaveKind
from gatehouse.server.attendance.models import NoteState, WorkNote
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Person, Site

TRIES = 8
MOST_DAYS = 366
MOST_WORDS = 200  # of one person's book
JOB = Authority(job="workdays")
PURPOSE = "leave.book"


class LeaveRefused(Exception):
    """Nothing was written; `code` is why: `taken`, `answered`, `busy`, `days`, `date`, `unknown`, `full`, or a word of
    the keeper's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# --- types -------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin_with(site: Site, country: str, names: dict[str, str], today: date, *, by: By, at: datetime) -> int:
    """The types that a country begins with, those left out whose code there is already; how many. Raises KeyError."""
    made = 0
    for usual in USUAL[country]:
        rules = msgspec.structs.replace(usual.rules, begins=begins(today))
        fact_of(usual.code, rules)
        row, new = LeaveKind.objects.get_or_create(
            site=site, code=usual.code, defaults={"name": names[usual.code], "rules": msgspec.to_builtins(rules)}
        )
        if new:
            made += 1
            record("leave_kind.added", "leavekind", row.pk, by=by, at=at)
    return made


def add_kind(site: Site, code: str, name: str, rules: KindRules, *, by: By, at: datetime) -> LeaveKind:
    """Raises LeaveError, ValueError for rules that are none, LeaveRefused `taken`."""
    fact_of(code, rules)
    try:
        with transaction.atomic():
            row = LeaveKind.objects.create(site=site, code=code, name=name, rules=msgspec.to_builtins(rules))
            record("leave_kind.added", "leavekind", row.pk, by=by, at=at)
    except IntegrityError:
        raise LeaveRefused("taken") from None
    return row


@transaction.atomic
def change_kind(row: LeaveKind, name: str, rules: KindRules, *, by: By, at: datetime) -> None:
    """Balances follow from it at once; what was asked for keeps the share of pay that it was asked with. Raises
    LeaveError, ValueError."""
    fact_of(row.code, rules)
    LeaveKind.objects.filter(pk=row.pk).update(name=name, rules=msgspec.to_builtins(rules))
    record("leave_kind.changed", "leavekind", row.pk, by=by, at=at)


@transaction.atomic
def put_away(row: LeaveKind, *, by: By, at: datetime) -> None:
    """Not offered any more; what was asked for stays."""
    LeaveKind.objects.filter(pk=row.pk).update(retired=True)
    record("leave_kind.retired", "leavekind", row.pk, by=by, at=at)


@transaction.atomic
def offer_again(row: LeaveKind, *, by: By, at: datetime) -> None:
    LeaveKind.objects.filter(pk=row.pk).update(retired=False)
    record("leave_kind.offered", "leavekind", row.pk, by=by, at=at)


# --- a person's book ---------------------------------------------------------------------------------------------


def say(person: Person, what: str, kind: str, on: date, days: Fraction, reason: str, *, by: By, at: datetime) -> Word:
    """Days more or fewer (`given`), or so many a year from a date on (`own`). Raises KeeperAway, LeaveRefused."""
    least = 0 if what == "own" else -MOST_DAYS
    if not least <= days <= MOST_DAYS or days.denominator > MOST_DAYS or (what == "given" and not days):
        raise LeaveRefused("days")
    if not can_be_meant(on):
        raise LeaveRefused("date")
    if what not in ("given", "own"):
        raise LeaveRefused("unknown")
    word = Word(str(uuid4()), what, kind, on, str(days), reason, by.actor, at)  # type: ignore[arg-type]

    def add(book: Book) -> Book:
        if len(book.words) >= MOST_WORDS:
            raise LeaveRefused("full")
        return msgspec.structs.replace(book, words=[*book.words, word])

    _write(person, add, "leave.said", by=by, at=at)
    return word


def take_back(person: Person, word_id: str, *, by: By, at: datetime) -> None:
    """The word does not hold any more and stays in the book. Raises KeeperAway, LeaveRefused `answered`."""

    def undo(book: Book) -> Book:
        if not any(word.id == word_id and word.stands for word in book.words):
            raise LeaveRefused("answered")
        return msgspec.structs.replace(
            book,
            words=[
                msgspec.structs.replace(word, undone_by=by.actor, undone_at=at) if word.id == word_id else word
                for word in book.words
            ],
        )

    _write(person, undo, "leave.unsaid", by=by, at=at)


def set_works_since(person: Person, day: date | None, *, by: By, at: datetime) -> None:
    """Since when the person works at all, here or elsewhere. Raises KeeperAway, LeaveRefused."""
    if day is not None and not date(1930, 1, 1) <= day <= date(2199, 12, 31):
        raise LeaveRefused("date")
    _write(person, lambda book: msgspec.structs.replace(book, works_since=day), "leave.said", by=by, at=at)


def turn(
    note: WorkNote, what: str, before: NoteState, after: NoteState, *, reason: str = "", by: By, at: datetime
) -> None:
    """A request goes from one state to another, and who did it is written beside it: both, or neither. Raises
    KeeperAway, LeaveRefused `answered` when somebody was first."""
    entry = Turn(str(note.pk), what, by.actor, at, reason)  # type: ignore[arg-type]

    def add(book: Book) -> Book:
        return msgspec.structs.replace(book, turns=[*book.turns, entry])

    with transaction.atomic():
        if not WorkNote.objects.filter(pk=note.pk, state=before).update(state=after):
            raise LeaveRefused("answered")
        _write(note.person, add, f"leave.{what}", by=by, at=at)


def _write(person: Person, change: Callable[[Book], Book], verb: str, *, by: By, at: datetime) -> None:
    """By compare-and-set on the sealed cell."""
    for _ in range(TRIES):
        row = LeaveBook.objects.filter(pk=person.pk).first()
        changed = change(_book(row))
        data = keeping.seal_one(LABEL, person.pk, person.pk, book_to_bytes(changed))
        with transaction.atomic():
            if row is None:
                LeaveBook.objects.bulk_create([LeaveBook(person=person, cell=data)], ignore_conflicts=True)
                held = LeaveBook.objects.filter(pk=person.pk).first()
                written = held is not None and bytes(held.cell) == data
            else:
                written = LeaveBook.objects.filter(pk=person.pk, cell=bytes(row.cell)).update(cell=data) == 1
            if written:
                record(verb, "person", person.pk, by=by, at=at)
                return
    raise LeaveRefused("busy")


def _book(row: LeaveBook | None) -> Book:
    if row is None:
        return Book()
    texts = keeping.reveal([keeping.cell(LABEL, row.pk, row.cell)], JOB, PURPOSE)
    if isinstance(texts, Refused):
        raise LeaveRefused(texts.code)
    return book_from_bytes(texts[0]) if texts[0] is not None else Book()
