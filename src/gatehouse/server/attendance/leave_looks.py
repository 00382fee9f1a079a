"""Everything that is known of some people's leave, by somebody's authority: what balances and answers are reckoned
from. Pages, payroll and whoever answers a request read leave through here."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import msgspec

from gatehouse.domain.leave import Balance, Employment, Given, LeaveFacts, Taken, balance, banked_days
from gatehouse.domain.leave_requests import LONGEST, Objection, Request, object_to
from gatehouse.domain.periods import DAY, EARLIEST
from gatehouse.domain.shifts import DayCalendar, Leave, dates
from gatehouse.domain.working_time import monday
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server.attendance import queries
from gatehouse.server.attendance.leave_cells import LABEL, Book, book_from_bytes
from gatehouse.server.attendance.leave_kinds import Kind, kinds
from gatehouse.server.attendance.models import LeaveBook, NoteKind, NoteState, PlannedShift, Workday, WorkNote
from gatehouse.server.attendance.notes import LeaveNote, from_bytes, leaves_of
from gatehouse.server.attendance.patterns import workdays_from_bytes
from gatehouse.server.attendance.worklist_looks import opened
from gatehouse.server.keeping import cell
from gatehouse.server.people.cells import File, unpack
from gatehouse.server.people.models import Person, Site

WEEK = timedelta(days=7)
HOLDING = (NoteState.ASKED, NoteState.APPROVED)


@dataclass(frozen=True, slots=True)
class Owed:
    """On which dates a person owes a shift: by the roster in a week in which they are planned, by the calendar in one
    in which nobody has planned them yet."""

    planned: frozenset[date]
    calendar: DayCalendar

    def within(self, first: date, last: date) -> frozenset[date]:
        """Of the dates from `first` to `last`, both included."""
        weeks = {monday(day) for day in self.planned}
        return frozenset(
            day
            for day in dates(first, last + DAY)
            if (day in self.planned and self.calendar.owes_shift(day) if monday(day) in weeks
                else self.calendar.is_workday(day))
        )  # fmt: skip


def is_a_span(request: Request) -> bool:
    """Whether its dates are few enough, and in order, to be looked at one by one."""
    return 0 <= (request.last - request.first).days < LONGEST


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it stands."""

    row: WorkNote
    note: LeaveNote

    @property
    def holds(self) -> bool:
        return self.row.state in HOLDING


@dataclass(slots=True)
class Standing:
    """One person's leave. `hired_known` is False where the file names no first date: then every year counts whole."""

    person: Person
    kinds: list[Kind]
    employment: Employment
    hired_known: bool
    owed: Owed
    book: Book = field(default_factory=Book)
    asked: list[Asked] = field(default_factory=list)
    banked: Mapping[date, int] = field(default_factory=dict)

    def kind(self, code: str) -> Kind | None:
        return next((kind for kind in self.kinds if kind.code == code), None)

    def facts(self, kind: Kind, *, without: UUID | None = None, only_approved: bool = False) -> LeaveFacts:
        """What the balance of this type follows from; `without` a request, as if it had not been made."""
        words = [word for word in self.book.words if word.kind == kind.code and word.stands]
        taken = [
            one
            for asked in self.asked
            if asked.holds and asked.note.kind == kind.code and asked.row.pk != without
            if not only_approved or asked.row.state == NoteState.APPROVED
            for one in self.parts(kind, asked.note.request)
        ]
        return LeaveFacts(
            employment=self.employment,
            taken=taken,
            given=[Given(word.on, Fraction(word.days)) for word in words if word.what == "given"],
            banked=banked_days(self.banked, kind.rules.day_min) if kind.rules.from_overtime else {},
            own=[(word.on, Fraction(word.days)) for word in words if word.what == "own"],
            works_since=self.book.works_since,
        )

    def parts(self, kind: Kind, request: Request) -> tuple[Taken, ...]:
        return request.parts(kind.fact, self.owed.within(request.first, request.last))

    def balance(self, kind: Kind, on: date, *, without: UUID | None = None) -> Balance:
        return balance(kind.fact, self.facts(kind, without=without), on)

    def object_to(self, kind: Kind, request: Request, *, without: UUID | None = None) -> Objection | None:
        """What speaks against a request of this type; `without` itself where it was written down already."""
        owed = self.owed.within(request.first, request.last) if is_a_span(request) else frozenset()
        return object_to(kind.fact, self.facts(kind, without=without), request, owed, self._of_others(kind, without))

    def _of_others(self, kind: Kind, without: UUID | None) -> list[Taken]:
        """Every date on which other leave stands, whether or not a shift is owed on it."""
        return [
            Taken(one.date, one.part)
            for asked in self.asked
            if asked.holds and asked.note.kind != kind.code and asked.row.pk != without
            for one in leaves_of("", asked.note)
        ]

    def away(self, first: date, last: date) -> list[Leave]:
        """Approved leave on these dates."""
        return [
            leave
            for asked in self.asked
            if asked.row.state == NoteState.APPROVED
            for leave in leaves_of(str(asked.row.pk), asked.note)
            if first <= leave.date <= last
        ]


def standings(people: Sequence[Person], by: Authority, purpose: str) -> dict[UUID, Standing] | Refused:
    """By person. A cell whose key is gone counts as nothing. Raises KeeperAway, msgspec.ValidationError for a cell of
    another format."""
    ids = [person.pk for person in people]
    books = list(LeaveBook.objects.filter(person_id__in=ids))
    notes = list(WorkNote.objects.filter(person_id__in=ids, kind=NoteKind.LEAVE).order_by("id"))
    cells = [cell("person.file/1", person.pk, person.file_cell) for person in people]
    cells += [cell(LABEL, book.pk, book.cell) for book in books]
    cells += [cell("work.note/1", note.pk, note.cell) for note in notes]
    texts = opened(cells, by, purpose)
    if isinstance(texts, Refused):
        return texts
    files, rest = texts[: len(people)], texts[len(people) :]
    found = _empty(people, files)
    for book, text in zip(books, rest[: len(books)], strict=True):
        if text is not None:
            found[book.pk].book = book_from_bytes(text)
    for row, text in zip(notes, rest[len(books) :], strict=True):
        note = from_bytes(text) if text is not None else None
        if isinstance(note, LeaveNote):
            found[row.person_id].asked.append(Asked(row, note))
    banked = _banked([one.person.pk for one in found.values() if _banks(one)], by, purpose)
    if isinstance(banked, Refused):
        return banked
    for person_id, minutes in banked.items():
        found[person_id].banked = minutes
    return found


def standing(person: Person, by: Authority, purpose: str) -> Standing | Refused:
    """One person's. Raises KeeperAway."""
    found = standings([person], by, purpose)
    return found if isinstance(found, Refused) else found[person.pk]


def askers(site: Site) -> frozenset[UUID]:
    """Who has approved leave of whatever date."""
    found = WorkNote.objects.filter(person__site=site, kind=NoteKind.LEAVE, state=NoteState.APPROVED)
    return frozenset(found.values_list("person_id", flat=True))


def _banks(one: Standing) -> bool:
    return any(kind.rules.from_overtime for kind in one.kinds)


def _empty(people: Sequence[Person], files: Sequence[bytes | None]) -> dict[UUID, Standing]:
    sites: dict[UUID, tuple[Site, list[Kind], DayCalendar]] = {}
    for person in people:
        if person.site_id not in sites:
            sites[person.site_id] = (person.site, kinds(person.site), queries.calendar(person.site))
    planned: dict[UUID, set[date]] = defaultdict(set)
    rows = PlannedShift.objects.filter(person_id__in=[person.pk for person in people])
    for person_id, day in rows.values_list("person_id", "date"):
        planned[person_id].add(day)
    found = {}
    for person, text in zip(people, files, strict=True):
        file = unpack(text, File) if text is not None else File()
        _, of_site, calendar = sites[person.site_id]
        found[person.pk] = Standing(
            person, of_site, _employment(file), (file.hired or file.starts) is not None,
            Owed(frozenset(planned[person.pk]), calendar),
        )  # fmt: skip
    return found


def _employment(file: File) -> Employment:
    since = max(EARLIEST, file.hired or file.starts or EARLIEST)
    ends = file.left or file.ends
    return Employment(since, ends + DAY if ends and ends < date.max else None)


def _banked(people: Collection[UUID], by: Authority, purpose: str) -> dict[UUID, dict[date, int]] | Refused:
    """Overtime minutes given back as time off, by person and date."""
    if not people:
        return {}
    rows = list(Workday.objects.filter(person_id__in=list(people)).order_by("date"))
    texts = opened([cell("workday.facts/1", row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(texts, Refused):
        return texts
    found: dict[UUID, dict[date, int]] = {person: {} for person in people}
    for row, text in zip(rows, texts, strict=True):
        try:
            minutes = sum(one.ot_banked_min for one in workdays_from_bytes(row.date, text)) if text else 0
        except (msgspec.MsgspecError, KeyError, ValueError):
            continue
        if minutes:
            found[row.person_id][row.date] = minutes
    return found
