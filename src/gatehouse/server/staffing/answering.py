"""A manager's answer: who may give it, what it sets going."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from gatehouse.domain.approvals import Approver
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.attendance import answers, looks
from gatehouse.server.attendance.answers import AnswerFacts
from gatehouse.server.attendance.models import NoteAnswer, WorkNote
from gatehouse.server.attendance.notes import LeaveNote, Note
from gatehouse.server.attendance.workdays import JOB, WORKDAYS_ASK_DAYS, WorkdaysRefused, reckon_again
from gatehouse.server.audit.by import By
from gatehouse.server.keeping import KeeperAway
from gatehouse.server.payroll.actions import PAYSLIPS, redraft_payslips
from gatehouse.server.people import departments
from gatehouse.server.people.models import Person
from gatehouse.server.staffing import leave

PURPOSE = "team.page"
REASON_LIMIT = 500  # characters


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """Why: `not_yours`, `answered`, `no_reason`, `gone` when its key is destroyed, or a code of the keeper's."""

    code: str


def leads(person: Person, at: datetime) -> bool:
    """Whether there is a team of theirs today. Raises KeeperAway."""
    today = local_date(at, ZoneInfo(person.site.zone))
    return departments.chart(person.site).leads(str(person.pk), today)


def team(manager: Person, at: datetime) -> list[UUID]:
    """Whose requests they may answer today. Raises KeeperAway."""
    today = local_date(at, ZoneInfo(manager.site.zone))
    return [UUID(one) for one in departments.chart(manager.site).team(str(manager.pk), today)]


def answer(note: WorkNote, manager: Person, *, approved: bool, reason: str, by: By, at: datetime) -> NotAnswered | None:
    """One's own people's requests only, by the departments as they are today; declining wants a reason. A date of the
    last days is reckoned anew at once; for one further back the keeper wants to hear a person who may see everybody's
    punches, so HR has it reckoned. Raises KeeperAway."""
    approver = _word(note, manager, at)
    if approver is None:
        return NotAnswered("not_yours")
    if not approved and not reason:
        return NotAnswered("no_reason")
    found = looks.notes([note], by.authority, PURPOSE)
    if isinstance(found, Refused):
        return NotAnswered(found.code)
    if note.pk not in found:
        return NotAnswered("gone")
    said = found[note.pk]
    if approved and isinstance(said, LeaveNote):
        against = leave.objection_to(note, said, by=JOB)
        if against is not None:
            return NotAnswered(against.code if isinstance(against, Refused) else f"leave.{against.against.value}")
    facts = AnswerFacts(str(manager.pk), approver.department, at, approved, reason[:REASON_LIMIT],
                        approver.stands_in_for)  # fmt: skip
    if not answers.write_answer(note, facts, to_reckon=approved and _is_long_ago(note, said.date, at), by=by, at=at):
        return NotAnswered("answered")
    if approved:
        _reckon(note, said, at)
    return None


def take_back(note: WorkNote, manager: Person, *, by: By, at: datetime) -> NotAnswered | None:
    """One's own answer: the request waits again, and the answer stays written as taken back. Raises KeeperAway."""
    if _word(note, manager, at) is None:
        return NotAnswered("not_yours")
    rows = answers.answers_to(note.person).filter(note=note)
    read = answers.read(list(rows), by.authority, PURPOSE)
    said = looks.notes([note], by.authority, PURPOSE)
    if isinstance(read, Refused) or isinstance(said, Refused):
        return NotAnswered(read.code if isinstance(read, Refused) else "gone")
    own = [row for row in rows if row.pk in read and read[row.pk].by == str(manager.pk) and read[row.pk].stands]
    if not own or note.pk not in said:
        return NotAnswered("answered")
    facts = msgspec.structs.replace(read[own[0].pk], taken_back_at=at)
    to_reckon = facts.approved and _is_long_ago(note, said[note.pk].date, at)
    if not answers.take_back(own[0], facts, to_reckon=to_reckon, by=by, at=at):
        return NotAnswered("answered")
    if facts.approved:
        _reckon(note, said[note.pk], at)
    return None


def _word(note: WorkNote, manager: Person, at: datetime) -> Approver | None:
    if note.person.site_id != manager.site_id:
        return None
    today = local_date(at, ZoneInfo(manager.site.zone))
    return departments.chart(manager.site).may_answer(str(manager.pk), str(note.person_id), today)


def _is_long_ago(note: WorkNote, day: date, at: datetime) -> bool:
    return (local_date(at, ZoneInfo(note.person.site.zone)) - day).days > WORKDAYS_ASK_DAYS


def _reckon(note: WorkNote, said: Note, at: datetime) -> None:
    """By the jobs of the night, which see time and pay without a name; the manager sees neither."""
    if isinstance(said, LeaveNote):
        leave.settle(note, said, by=JOB, at=at)
        return
    day = said.date
    if _is_long_ago(note, day, at):
        return
    try:
        if reckon_again(note.person.site, day, by=JOB, at=at):
            redraft_payslips(note.person, Month.of(day), by=PAYSLIPS, at=at)
    except (WorkdaysRefused, KeeperAway):
        return  # the night does it


def reckon_for(row: NoteAnswer, *, by: By, at: datetime) -> NotAnswered | None:
    """HR has the date of an answer reckoned anew, by their own ticket. Raises KeeperAway."""
    note = row.note
    found = looks.notes([note], by.authority, "note.answer")
    if isinstance(found, Refused):
        return NotAnswered(found.code)
    if note.pk not in found:
        return NotAnswered("gone")
    said = found[note.pk]
    days = leave.past_dates(said, note.person, at) if isinstance(said, LeaveNote) else (said.date,)
    months: set[Month] = set()
    try:
        for day in days:
            if reckon_again(note.person.site, day, by=by, at=at):
                months.add(Month.of(day))
    except WorkdaysRefused as fault:
        return NotAnswered(fault.code)
    for month in sorted(months):
        refused = redraft_payslips(note.person, month, by=by, at=at)
        if refused is not None:
            return NotAnswered(refused.code)
    answers.reckoned(row, by=by, at=at)
    return None
