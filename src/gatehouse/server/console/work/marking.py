"""Marking a date on the list of what waits as leave of a type."""

from datetime import date

from gatehouse.domain.findings import Answer
from gatehouse.domain.leave_requests import Request
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import leave_looks
from gatehouse.server.attendance.leave_kinds import Kind as LeaveKind
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.people.models import Person
from gatehouse.server.staffing import leave

PURPOSE = "worklist"


def not_leave(person: Person, kind: LeaveKind | None, day: date, who: SignedIn) -> str:
    """Why the date can not be marked as leave of this type, "" where it can."""
    if kind is None:
        return "leave.unknown"
    of = leave_looks.standing(person, who.by.authority, PURPOSE)
    if isinstance(of, Refused):
        return of.code
    against = of.object_to(kind, Request(day, day))
    return f"leave.{against.against.value}" if against is not None else ""


def leave_note(kind: LeaveKind | None, answer: Answer) -> LeaveNote:
    """What marking the date of an answer as leave writes."""
    day = answer.key.date
    if kind is None:
        return LeaveNote(date=day, part="whole", reason=answer.reason)
    return leave.note_of(kind, Request(day, day), answer.reason)
