"""Asking for leave, taking it back, and what follows from it: the days anew, then the drafts of pay on them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain.leave import Taken
from gatehouse.domain.leave_requests import Objection, Request
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, can_be_meant, local_date
from gatehouse.domain.shifts import dates
from gatehouse.domain.working_time import monday
from gatehouse.keeper.protocol import Refused
from gatehouse.server.attendance import leave_looks
from gatehouse.server.attendance.actions import add_note
from gatehouse.server.attendance.leave_actions import LeaveRefused, turn
from gatehouse.server.attendance.leave_kinds import Kind
from gatehouse.server.attendance.leave_looks import Standing
from gatehouse.server.attendance.models import NoteKind, NoteState, WorkNote
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.attendance.recount import recount
from gatehouse.server.attendance.workdays import JOB, WORKDAYS_ASK_DAYS, WorkdaysRefused, reckon_again
from gatehouse.server.audit.by import By
from gatehouse.server.keeping import KeeperAway
from gatehouse.server.payroll.actions import PAYSLIPS, redraft_payslips
from gatehouse.server.people.models import Person

BACK = timedelta(days=92)  # how far back and ahead leave may be asked for
AHEAD = timedelta(days=731)
REASON_LIMIT = 500  # characters
PURPOSE = "leave.answer"


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Why: `unknown` for a type that is not offered, `dates` for one too far off, a word of the keeper's; or what
    speaks against it."""

    code: str
    objection: Objection | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a request would take: the dates that count, the days, what is left at its last date before and after
    (None where the type has no balance), and what speaks against it. `unplanned`: some of its weeks have no roster
    yet, so that the calendar says what counts."""

    kind: Kind
    request: Request
    parts: tuple[Taken, ...]
    before: Fraction | None
    after: Fraction | None
    objection: Objection | None
    unplanned: bool

    @property
    def days(self) -> Fraction:
        return sum((one.days for one in self.parts), Fraction(0))


def can_be_asked(request: Request, today: date) -> bool:
    """Near enough to be meant: nobody reckons a span to the year 9999."""
    return (
        can_be_meant(request.first)
        and can_be_meant(request.last)
        and today - BACK <= request.first
        and request.last <= today + AHEAD
    )


def preview(of: Standing, kind: Kind, request: Request, *, without: UUID | None = None) -> Preview:
    """Nothing is written."""
    objection = of.object_to(kind, request, without=without)
    whole = leave_looks.is_a_span(request)
    parts = of.parts(kind, request) if whole else ()
    before = of.balance(kind, request.last, without=without).left if kind.fact.has_balance and whole else None
    days = sum((one.days for one in parts), Fraction(0))
    weeks = {monday(day) for day in of.owed.planned}
    span = dates(request.first, request.last + DAY) if whole else ()
    return Preview(
        kind, request, parts, before, None if before is None else before - days, objection,
        any(monday(day) not in weeks for day in span),
    )  # fmt: skip


def ask(
    person: Person, kind_code: str, request: Request, reason: str, *, by: By, at: datetime, purpose: str = "me.page"
) -> WorkNote | NotAsked:
    """A request of the person's own, checked against what they have now. Of a type that needs no word of anybody it
    holds at once, unless it began so long ago that somebody must look at it. Raises KeeperAway."""
    today = local_date(at, ZoneInfo(person.site.zone))
    if not can_be_asked(request, today):
        return NotAsked("dates")
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)  # the last day is not taken by two requests at once
        of = leave_looks.standing(person, by.authority, purpose)
        if isinstance(of, Refused):
            return NotAsked(of.code)
        kind = of.kind(kind_code)
        if kind is None or kind.row.retired:
            return NotAsked("unknown")
        found = preview(of, kind, request)
        if found.objection is not None:
            return NotAsked("objection", found.objection)
        at_once = not kind.rules.approval and (today - request.first).days <= WORKDAYS_ASK_DAYS
        state = NoteState.APPROVED if at_once else NoteState.ASKED
        note = note_of(kind, request, reason[:REASON_LIMIT], found)
        row = add_note(person, note, state=state, by=by, at=at)
    if at_once:
        settle(row, note, by=by, at=at)
    return row


def note_of(kind: Kind, request: Request, reason: str, found: Preview | None = None) -> LeaveNote:
    return LeaveNote(
        date=request.first,
        part="whole",
        reason=reason,
        until=request.last,
        from_noon=request.from_noon,
        until_noon=request.until_noon,
        kind=kind.code,
        name=kind.name,
        pay=kind.rules.pay,
        counted="" if found is None else str(found.days),
        left="" if found is None or found.after is None else str(found.after),
    )


def objection_to(row: WorkNote, note: LeaveNote, *, by: By) -> Objection | Refused | None:
    """What speaks against saying yes to a request now: what was left when it was asked for may be gone. Raises
    KeeperAway."""
    of = leave_looks.standing(row.person, by.authority, PURPOSE)
    if isinstance(of, Refused):
        return of
    kind = of.kind(note.kind)
    return of.object_to(kind, note.request, without=row.pk) if kind is not None else None


def withdraw(row: WorkNote, *, by: By, at: datetime) -> None:
    """By who asked, before an answer. Raises KeeperAway, LeaveRefused."""
    if row.kind != NoteKind.LEAVE:
        raise LeaveRefused("unknown")
    turn(row, "withdrawn", NoteState.ASKED, NoteState.WITHDRAWN, by=by, at=at)


def cancel(row: WorkNote, note: LeaveNote, reason: str, *, by: By, at: datetime, as_hr: bool = False) -> bool:
    """Approved leave that does not hold any more. The request and its answer stay as they are written; False where
    past dates of it wait for HR to be reckoned anew. Raises KeeperAway, LeaveRefused."""
    turn(row, "cancelled", NoteState.APPROVED, NoteState.CANCELLED, reason=reason[:REASON_LIMIT], by=by, at=at)
    return settle(row, note, by=by, at=at, as_hr=as_hr)


def has_begun(note: LeaveNote, person: Person, at: datetime) -> bool:
    return note.date <= local_date(at, ZoneInfo(person.site.zone))


def past_dates(note: LeaveNote, person: Person, at: datetime) -> tuple[date, ...]:
    """Of its span those that are over."""
    today = local_date(at, ZoneInfo(person.site.zone))
    return dates(note.date, today if today <= note.last else note.last + DAY)


def settle(row: WorkNote, note: LeaveNote, *, by: By, at: datetime, as_hr: bool = False) -> bool:
    """The dates of the span that are over, anew, and the drafts of pay that stand on them: the last ones by the jobs of
    the night, which see time and pay without a name; those further back by HR's own ticket (`as_hr`). False where some
    of these are left for HR. Where the keeper does not let us, the night does the last ones."""
    person, today = row.person, local_date(at, ZoneInfo(row.person.site.zone))
    past = past_dates(note, person, at)
    lately = [day for day in past if (today - day).days <= WORKDAYS_ASK_DAYS]
    older = [day for day in past if day not in lately]
    done: set[Month] = set()
    try:
        for day in older if as_hr else ():
            if recount(person.site, day, [person.pk], by=by, at=at):
                done.add(Month.of(day))
        for day in lately:
            if reckon_again(person.site, day, by=JOB, at=at):
                done.add(Month.of(day))
        for month in sorted(done):
            redraft_payslips(person, month, by=by if as_hr else PAYSLIPS, at=at)
    except (WorkdaysRefused, KeeperAway):
        return not older
    return as_hr or not older
