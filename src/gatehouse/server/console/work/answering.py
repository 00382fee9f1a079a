"""Answering what waits, and taking answers back: attendance first, then the drafts of pay that stand on it.

Each date is done by itself, so that what stops half-way leaves whole answers behind and the rest still waiting.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain.attendance import Result
from gatehouse.domain.errors import DomainError
from gatehouse.domain.findings import CHANGING, Answer, Finding, Key, Kind, Way, answered
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import can_be_meant, local_date
from gatehouse.domain.shifts import Leave, LeavePart
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import looks, worklist_looks, worklist_queries
from gatehouse.server.attendance.actions import add_note
from gatehouse.server.attendance.answers import write_word
from gatehouse.server.attendance.leave_kinds import Kind as LeaveKind
from gatehouse.server.attendance.leave_kinds import offered
from gatehouse.server.attendance.models import NoteState, WorkNote
from gatehouse.server.attendance.notes import LeaveNote, Note
from gatehouse.server.attendance.recount import as_if, punches_of, recount
from gatehouse.server.attendance.workdays import WorkdaysRefused
from gatehouse.server.attendance.worklist_actions import (
    WorklistBusy,
    WorklistRefused,
    give,
    list_waiting,
    note_taken,
    reopen_note,
    take_back,
)
from gatehouse.server.console.work.marking import leave_note, not_leave
from gatehouse.server.payroll.actions import redraft_payslips
from gatehouse.server.people import queries
from gatehouse.server.people.models import Person, Site
from gatehouse.server.staffing import leave

PURPOSE = "worklist"
SHIFT_LIMIT = 36


@dataclass(frozen=True, slots=True)
class Tick:
    """Something that was ticked: a finding of somebody's date, or a request by its note."""

    person: UUID | None = None
    key: Key | None = None
    note: UUID | None = None

    def __str__(self) -> str:
        if self.key is None:
            return f"n/{self.note}"
        return f"f/{self.person}/{self.key.date.isoformat()}/{self.key.kind.value}/{self.key.shift}"


def tick_from(text: str) -> Tick | None:
    """None for what no page of ours has written."""
    parts = text.split("/", 4)
    try:
        if len(parts) == 2 and parts[0] == "n":
            return Tick(note=UUID(parts[1]))
        if len(parts) == 5 and parts[0] == "f" and len(parts[4]) <= SHIFT_LIMIT:
            day = date.fromisoformat(parts[2])
            if can_be_meant(day):
                return Tick(UUID(parts[1]), Key(day, Kind(parts[3]), parts[4]))
    except ValueError:
        pass
    return None


@dataclass(frozen=True, slots=True)
class Wish:
    """How everything ticked is to be answered; `leave` is the type that a day is marked as, "" for none."""

    way: Way
    reason: str
    at_most_min: int | None = None
    leave: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One ticked finding or request as it is now. `code` says why nothing can be done about it, "" where it can; `seen`
    are the answers that it has had."""

    tick: Tick
    person: Person | None = None
    finding: Finding | None = None
    note: WorkNote | None = None
    asked: Note | None = None
    answer: Answer | None = None
    code: str = ""
    seen: frozenset[str] = frozenset()
    before: Result | None = None
    after: Result | None = None
    kind: LeaveKind | None = None

    @property
    def day(self) -> date | None:
        if self.finding is not None:
            return self.finding.date
        return self.asked.date if self.asked is not None else None


@dataclass(slots=True)
class Done:
    """What came of a step: the answers that were written, and what was not done and why."""

    given: list[tuple[Person, date, Answer]] = field(default_factory=list)
    not_done: list[tuple[Tick, str]] = field(default_factory=list)


def items(who: SignedIn, ticks: Sequence[Tick], wish: Wish, *, at: datetime) -> list[Item] | Refused:
    """What is ticked, each with the answer that it would get. Raises KeeperAway."""
    sites = queries.sites_visible_to(who)
    people = queries.people_by_id([t.person for t in ticks if t.person], sites)
    known: dict[tuple[str, Month], worklist_looks.Found] = {}
    by_month: dict[Month, set[str]] = defaultdict(set)
    for tick in ticks:
        if tick.key is not None and str(tick.person) in people:
            by_month[Month.of(tick.key.date)].add(str(tick.person))
    for month, ids in by_month.items():
        some = [people[one] for one in sorted(ids)]
        found = worklist_looks.found(some, month.first, month.until, who.by.authority, PURPOSE)
        if isinstance(found, Refused):
            return found
        for person in some:
            known[str(person.pk), month] = found[person.pk]
    notes = [note for t in ticks if t.note and (note := worklist_queries.note(t.note, sites))]
    asked = looks.notes([note for note in notes if note.state == NoteState.ASKED], who.by.authority, PURPOSE)
    if isinstance(asked, Refused):
        return asked
    by_note = {note.pk: note for note in notes}
    return [
        _request(tick, by_note.get(tick.note), asked, who, wish, at)
        if tick.note is not None
        else _finding(tick, people.get(str(tick.person)), known, who, wish, at)
        for tick in dict.fromkeys(ticks)
    ]


def _finding(
    tick: Tick,
    person: Person | None,
    known: dict[tuple[str, Month], worklist_looks.Found],
    who: SignedIn,
    wish: Wish,
    at: datetime,
) -> Item:
    if person is None or tick.key is None:
        return Item(tick, code="answered")
    its = known.get((str(person.pk), Month.of(tick.key.date)), worklist_looks.Found())
    finding = next((one for one in its.waiting if one.key == tick.key), None)
    if finding is None:
        return Item(tick, person, code="answered")
    try:
        answer = answered(
            finding,
            wish.way,
            id=str(uuid4()),
            reason=wish.reason,
            by=who.by.actor,
            at=at,
            at_most_min=wish.at_most_min,
        )
    except DomainError as fault:
        return Item(tick, person, finding, code=fault.code)
    kind = None
    if answer.way is Way.LEAVE and wish.leave:
        kind = next((one for one in offered(person.site) if one.code == wish.leave), None)
        code = not_leave(person, kind, finding.date, who)
        if code:
            return Item(tick, person, finding, code=code)
    return Item(tick, person, finding, answer=answer, seen=frozenset(one.id for one in its.answers), kind=kind)


def _request(
    tick: Tick, note: WorkNote | None, asked: dict[UUID, Note], who: SignedIn, wish: Wish, at: datetime
) -> Item:
    said = asked.get(note.pk) if note is not None else None
    if note is None or said is None:
        return Item(tick, code="answered")
    if wish.way not in {Way.GRANT, Way.DECLINE}:
        return Item(tick, note.person, note=note, asked=said, code="not_likely")
    if wish.way is Way.GRANT and isinstance(said, LeaveNote):
        against = leave.objection_to(note, said, by=who.by)
        if against is not None:
            code = against.code if isinstance(against, Refused) else f"leave.{against.against.value}"
            return Item(tick, note.person, note=note, asked=said, code=code)
    key = Key(said.date, Kind.REQUEST, str(note.pk))
    answer = Answer(str(uuid4()), key, wish.way, wish.reason, who.by.actor, at, covers_min=0, note=str(note.pk))
    return Item(tick, note.person, note=note, asked=said, answer=answer)


def with_minutes(who: SignedIn, found: Iterable[Item]) -> list[Item]:
    """Each item with its date's minutes before and after; of what would change nothing, without. Raises KeeperAway."""
    every = list(found)
    for (site, day), group in _by_date(every).items():
        if Way.ADD_PUNCH not in {g.answer.way for g in group if g.answer} and not _changes(group):
            continue
        given: dict[UUID, tuple[list[Answer], list[Leave]]] = defaultdict(lambda: ([], []))
        for item in group:
            if item.person is None or item.answer is None or item.answer.way not in CHANGING:
                continue
            answers, leaves = given[item.person.pk]
            answers.append(item.answer)
            if item.answer.way is Way.LEAVE:
                leaves.append(Leave(item.answer.id, day, LeavePart.WHOLE))
        try:
            results = as_if(site, day, given, by=who.by)
        except WorkdaysRefused as refused:
            every = [replace(one, code=refused.code) if one in group else one for one in every]
            continue
        for n, one in enumerate(every):
            if one in group and one.person is not None and one.person.pk in results:
                before, after = results[one.person.pk]
                every[n] = replace(one, before=before, after=after)
    return every


def _changes(group: Sequence[Item]) -> bool:
    return any(item.answer is not None and item.answer.way in CHANGING for item in group)


def _by_date(found: Iterable[Item]) -> dict[tuple[Site, date], list[Item]]:
    groups: dict[tuple[Site, date], list[Item]] = defaultdict(list)
    for item in found:
        if not item.code and item.person is not None and item.day is not None:
            groups[item.person.site, item.day].append(item)
    return groups


def answer(who: SignedIn, ticks: Sequence[Tick], wish: Wish, *, at: datetime) -> Done | Refused:
    """Answer what is ticked, a date at a time. Raises KeeperAway."""
    found = items(who, ticks, wish, at=at)
    if isinstance(found, Refused):
        return found
    done = Done(not_done=[(one.tick, one.code) for one in found if one.code])
    for (site, day), group in _by_date(found).items():
        _answer_date(who, site, day, group, done, at)
    return done


def _answer_date(who: SignedIn, site: Site, day: date, group: Sequence[Item], done: Done, at: datetime) -> None:
    wanted: list[UUID] = []
    try:
        # Asked before anything is written: where a date can not be reckoned anew, nothing is answered.
        for past, people in _past(group, day, at).items():
            punches_of(site, past, sorted(people), who.by)
        for item in group:
            assert item.person is not None
            assert item.answer is not None
            if not _give(item, who, at):
                done.not_done.append((item.tick, "answered"))
                continue
            done.given.append((item.person, _book_month(item.answer, item.person.site, at), item.answer))
            if _recounts(item):
                wanted.append(item.person.pk)
    except WorkdaysRefused as refused:
        done.not_done += [(item.tick, refused.code) for item in group]
        return
    except WorklistRefused as refused:
        done.not_done += [(item.tick, refused.code) for item in group]
    except WorklistBusy:
        done.not_done += [(item.tick, "busy") for item in group]
    touched = [item.person for item in group if item.person is not None]
    _settle(site, day, touched, wanted, who, at)
    for item in group:
        if item.person is not None and item.person.pk in wanted and isinstance(item.asked, LeaveNote):
            _settle_further(item.person, item.asked, who, at)


def _past(group: Sequence[Item], day: date, at: datetime) -> dict[date, set[UUID]]:
    """By date that is over, of whom it is to be reckoned anew."""
    found: dict[date, set[UUID]] = defaultdict(set)
    for item in group:
        if item.person is None or not _recounts(item):
            continue
        days = leave.past_dates(item.asked, item.person, at) if isinstance(item.asked, LeaveNote) else (day,)
        for past in days:
            if past < local_date(at, ZoneInfo(item.person.site.zone)):
                found[past].add(item.person.pk)
    return found


def _settle_further(person: Person, note: LeaveNote, who: SignedIn, at: datetime) -> None:
    """The further dates of a span of leave, as its first one."""
    for past in leave.past_dates(note, person, at):
        if past > note.date:
            _settle(person.site, past, [person], [person.pk], who, at)


def _recounts(item: Item) -> bool:
    return item.answer is not None and item.answer.way in CHANGING | {Way.GRANT}


def _book_month(answer: Answer, site: Site, at: datetime) -> date:
    """The month in whose book it stands: the date's, of a request for a date to come today's."""
    return min(answer.key.date, local_date(at, ZoneInfo(site.zone))).replace(day=1)


def _give(item: Item, who: SignedIn, at: datetime) -> bool:
    """One answer with what hangs on it, all or nothing."""
    assert item.person is not None
    assert item.answer is not None
    person, answer = item.person, item.answer
    month = _book_month(answer, person.site, at)
    with transaction.atomic():
        if item.note is not None:
            approved = answer.way is Way.GRANT
            if not write_word(item.note, approved=approved, reason=answer.reason, by=who.by, at=at):
                return False
        if not give(person, month, [answer], seen=item.seen, by=who.by, at=at):
            return item.note is not None
        if answer.way is Way.LEAVE:
            row = add_note(person, leave_note(item.kind, answer), state=NoteState.APPROVED, by=who.by, at=at)
            note_taken(person, month, answer.id, str(row.pk), by=who.by, at=at)
    return True


def _settle(
    site: Site, day: date, touched: Sequence[Person], wanted: Sequence[UUID], who: SignedIn, at: datetime
) -> None:
    """The date anew, the list, and the drafts of pay; where the keeper does not let us, the night does it."""
    if wanted:
        try:
            recount(site, day, sorted(set(wanted)), by=who.by, at=at)
        except WorkdaysRefused:
            return
        for person in {person.pk: person for person in touched if person.pk in wanted}.values():
            redraft_payslips(person, Month.of(day), by=who.by, at=at)
    try:
        list_waiting(site, Month.of(day), at=at, only=[person.pk for person in touched])
    except (WorklistRefused, WorklistBusy):
        return


def undo(who: SignedIn, person: Person, month: date, answer_id: str, *, at: datetime) -> Answer | str:
    """Take an answer back; or why not. What it changed is as before, and both stay in the book. Raises KeeperAway."""
    site = person.site
    try:
        row = worklist_queries.book(person, month)
        held = worklist_looks.answers([row] if row else [], who.by.authority, PURPOSE)
        if isinstance(held, Refused):
            return held.code
        mine = [one for some in held.values() for one in some if one.id == answer_id and one.stands]
        if not mine:
            return "answered"
        day, way = mine[0].key.date, mine[0].way
        changes = way in CHANGING | {Way.GRANT}
        if changes and day < local_date(at, ZoneInfo(site.zone)):
            punches_of(site, day, [person.pk], who.by)
        with transaction.atomic():
            taken = take_back(person, month, answer_id, by=who.by, at=at)
            if taken is None:
                return "answered"
            note = worklist_queries.note(taken.note, [site]) if taken.note else None
            of_span = _span_of(note, who) if changes else None
            if note is not None:
                state = NoteState.DECLINED if way is Way.LEAVE else NoteState.ASKED
                reopen_note(note, state, by=who.by, at=at)
    except (WorkdaysRefused, WorklistRefused) as refused:
        return refused.code
    except WorklistBusy:
        return "busy"
    _settle(site, day, [person], [person.pk] if changes else [], who, at)
    if of_span is not None:
        _settle_further(person, of_span, who, at)
    return taken


def _span_of(note: WorkNote | None, who: SignedIn) -> LeaveNote | None:
    said = looks.notes([note] if note else [], who.by.authority, PURPOSE)
    found = None if isinstance(said, Refused) or note is None else said.get(note.pk)
    return found if isinstance(found, LeaveNote) else None
