"""Movers and leavers.

A move and a leave are written down at once and come into force on their date by the job `staff`, which may be killed
anywhere and begins again: every step is one that changes nothing when it was taken before. Until then they are undone
with one click. What has a date by itself is dated at once: departments, the last date of access, the terms of pay of a
leaver; the rest waits.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import structlog
from django.db import IntegrityError, transaction

from gatehouse.domain import approvals, pay_facts
from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import DAY, local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance.models import PlannedShift, ShiftPattern
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking.leavers import end_permits_of
from gatehouse.server.payroll import actions as pay
from gatehouse.server.payroll import looks as pay_looks
from gatehouse.server.payroll import queries as pay_queries
from gatehouse.server.payroll.cells import contract_from_bytes, contract_to_bytes
from gatehouse.server.people import actions, departments
from gatehouse.server.people.cells import Change, DepartmentStaff, File, Planned, TermWish, pack, unpack
from gatehouse.server.people.models import ChangeState, Department, Group, Person, PersonState, Site, StaffChange
from gatehouse.server.staffing.joining import PURPOSE, NotChanged, ended, put_into, set_terms, staffed

log = structlog.get_logger()
STAFF = By.job("staff")
LABEL = "staff.change/1"


# --- what waits --------------------------------------------------------------------------------------------------


def waiting(people: Iterable[Person]) -> list[StaffChange]:
    found = StaffChange.objects.filter(person__in=list(people), state=ChangeState.WAITING)
    return list(found.select_related("person__site").order_by("id"))


def read(rows: Sequence[StaffChange], by: By) -> list[Change | None] | Refused:
    """What waits, in order; None where the key is gone. Raises KeeperAway."""
    data = keeping.reveal([keeping.cell(LABEL, row.pk, row.cell) for row in rows], by.authority, PURPOSE)
    return data if isinstance(data, Refused) else [unpack(text, Change) if text else None for text in data]


def _write_down(person: Person, change: Change, *, by: By, at: datetime) -> StaffChange | NotChanged:
    new_id = uuid4()
    cell = keeping.seal_one(LABEL, person.pk, new_id, pack(change))
    try:
        with transaction.atomic():
            row = StaffChange.objects.create(id=new_id, person=person, cell=cell)
            record(f"person.{change.kind}_planned", "person", person.pk, by=by, at=at)
    except IntegrityError:
        return NotChanged("waits")
    return row


def _close(row: StaffChange, state: ChangeState, verb: str, *, by: By, at: datetime) -> bool:
    """By compare-and-set: what was undone does not come into force, and the other way round."""
    with transaction.atomic():
        if not StaffChange.objects.filter(pk=row.pk, state=ChangeState.WAITING).update(state=state):
            return False
        record(verb, "person", row.person_id, by=by, at=at)
    return True


# --- moving ------------------------------------------------------------------------------------------------------


def move(
    person: Person,
    on: date,
    *,
    department: Department | None = None,
    groups: Iterable[Group] | None = None,
    terms: TermWish | None = None,
    by: By,
    at: datetime,
) -> StaffChange | NotChanged:
    """Another department, other groups, other terms of pay from `on` on; None leaves each as it is. Of today or a past
    date it is in force at once. Raises KeeperAway, DomainError; then what was written waits, and is undone or done by
    the job."""
    if person.state != PersonState.ACTIVE:
        return NotChanged("left")
    involved = _involved(person)
    change = Change(
        "move",
        on,
        str(department.pk) if department else None,
        None if groups is None else [str(group.pk) for group in groups],
        terms,
        involved,
    )
    row = _write_down(person, change, by=by, at=at)
    if isinstance(row, NotChanged):
        return row
    if department is not None:
        refused = put_into(person, department, on, by=by, at=at)
        if refused is not None:
            return refused
    if on <= _today(person, at):
        refused = _come_into_force(row, change, by=by, at=at)
        if refused is not None:
            return refused
    return row


def _apply_move(row: StaffChange, change: Change, *, by: By, at: datetime) -> NotChanged | None:
    person = row.person
    if change.groups is not None:
        here = Group.objects.filter(site_id=person.site_id, pk__in=change.groups)
        actions.set_groups(person, list(here), by=by, at=at)
    if change.terms is not None:
        refused = set_terms(person, change.terms, change.on, by=by, at=at)
        if refused is not None:
            return refused
    if change.department is not None:
        _dated(person, lambda facts: approvals.moved(facts, str(person.pk), change.department, change.on), by, at)
        named = Department.objects.filter(pk=change.department).values_list("name", flat=True).first() or ""
        return _write_file(person, by, at, department=named)
    return None


def _dated(person: Person, change: departments.Changed, by: By, at: datetime) -> None:
    """The departments' own word, where it was not written with the plan; the keeper is told with the next one that a
    person gives. A department that is gone meanwhile is nobody's."""
    not_set = departments.change_staff(person.site, change, by=by, at=at)
    if not_set is not None:
        log.warning("staff.not_dated", site=str(person.site_id), code=not_set.code)


def _write_file(person: Person, by: By, at: datetime, **facts: object) -> NotChanged | None:
    file = _file(person, by)
    if isinstance(file, Refused):
        return NotChanged(file.code)
    actions.write_file(person, msgspec.structs.replace(file, **facts), by=by, at=at)
    return None


def _file(person: Person, by: By) -> File | Refused:
    data = keeping.reveal([keeping.cell("person.file/1", person.pk, person.file_cell)], by.authority, PURPOSE)
    if isinstance(data, Refused):
        return data
    return unpack(data[0], File) if data[0] else File()


# --- leaving -----------------------------------------------------------------------------------------------------


def leave(person: Person, last_day: date, *, by: By, at: datetime) -> StaffChange | NotChanged:
    """The last day, today or later. At its end every way in is dead; edges end access by themselves then, even if this
    server is away. The plan after it is taken out, terms of pay and departments end with it. Raises KeeperAway,
    DomainError."""
    if person.state != PersonState.ACTIVE:
        return NotChanged("left")
    if last_day < _today(person, at):
        return NotChanged("past")
    after, file = last_day + DAY, _file(person, by)
    held = pay_looks.contract(pay_queries.contract_of(person), by.authority, PURPOSE)
    for answer in (file, held):
        if isinstance(answer, Refused):
            return NotChanged(answer.code)
    assert isinstance(file, File)
    assert not isinstance(held, Refused)
    change = Change(
        "leave",
        last_day,
        involved=_involved(person),
        plan=_plan_after(person, last_day),
        ends=file.ends,
        contract=contract_to_bytes(held).decode() if held else "",
    )
    row = _write_down(person, change, by=by, at=at)
    if isinstance(row, NotChanged):
        return row
    return _date_leave(person, change, after, file, held, by=by, at=at) or row


def _date_leave(
    person: Person, change: Change, after: date, file: File, held: pay_facts.Contract | None, *, by: By, at: datetime
) -> NotChanged | None:
    """What a leave changes at once."""
    actions.write_file(person, msgspec.structs.replace(file, left=change.on, ends=change.on), by=by, at=at)
    work.unplan(person, [one.date for one in change.plan], by=by, at=at)
    if held is not None and ended(held.terms, after) != held.terms:
        pay.set_contract(person, pay_facts.Contract(ended(held.terms, after)), by=by, at=at)
    return staffed(person.site, lambda facts: approvals.left(facts, str(person.pk), after), by=by, at=at)


def leave_now(row: StaffChange, *, by: By, at: datetime) -> NotChanged | None:
    """The leave of today comes into force at once. Raises KeeperAway, KeeperRefused."""
    found = read([row], by)
    if isinstance(found, Refused):
        return NotChanged(found.code)
    (change,) = found
    if change is None or change.kind != "leave" or change.on > _today(row.person, at):
        return NotChanged("past")
    return _come_into_force(row, change, by=by, at=at)


def _apply_leave(row: StaffChange, change: Change, *, by: By, at: datetime) -> NotChanged | None:
    """The ways in first; then what the plan of the leave has dated already, unless it was cut off."""
    person = row.person
    after = change.on + DAY
    actions.leave(person, None, by=by, at=at)
    work.unplan(person, [one.date for one in _plan_after(person, change.on)], by=by, at=at)
    end_permits_of(person, after, by=by, at=at)
    _dated(person, lambda facts: approvals.left(facts, str(person.pk), after), by, at)
    held = pay_looks.contract(pay_queries.contract_of(person), by.authority, PURPOSE)
    if isinstance(held, Refused):
        return NotChanged(held.code)
    if held is not None and ended(held.terms, after) != held.terms:
        pay.set_contract(person, pay_facts.Contract(ended(held.terms, after)), by=by, at=at)
    return _write_file(person, by, at, left=change.on, ends=change.on)


def _plan_after(person: Person, last_day: date) -> list[Planned]:
    rows = PlannedShift.objects.filter(person=person, date__gt=last_day).order_by("date", "pattern_id")
    return [Planned(day, str(pattern)) for day, pattern in rows.values_list("date", "pattern_id")]


# --- coming into force, and undoing --------------------------------------------------------------------------------


def _come_into_force(row: StaffChange, change: Change, *, by: By, at: datetime) -> NotChanged | None:
    apply = _apply_leave if change.kind == "leave" else _apply_move
    refused = apply(row, change, by=by, at=at)
    if refused is not None:
        return refused
    _close(row, ChangeState.DONE, f"person.{change.kind}_done", by=by, at=at)
    return None


def come_into_force(site: Site, *, at: datetime) -> int:
    """What is due at this site by now: moves from the beginning of their date, leaves from the end of it; how many. One
    that fails keeps no other back, and is tried again. Raises KeeperAway, KeeperRefused."""
    rows = waiting(Person.objects.filter(site=site, changes__state=ChangeState.WAITING))
    found = read(rows, STAFF)
    if isinstance(found, Refused):
        raise keeping.KeeperRefused(found.code, found.facts)
    today, done, failed = local_date(at, ZoneInfo(site.zone)), 0, ""
    for row, change in zip(rows, found, strict=True):
        if change is None:  # erased meanwhile
            _close(row, ChangeState.UNDONE, "person.change_undone", by=STAFF, at=at)
        elif change.on < today or (change.kind == "move" and change.on == today):
            try:
                refused = _come_into_force(row, change, by=STAFF, at=at)
            except DomainError as fault:
                refused = NotChanged(fault.code)
            if refused is None:
                done += 1
            else:
                failed = refused.code
                log.warning("staff.waits", site=str(site.pk), code=failed)
    if failed:
        raise keeping.KeeperRefused(failed, {})
    return done


def undo(row: StaffChange, *, by: By, at: datetime) -> NotChanged | None:
    """As if it had never been said; only before it has come into force. Raises KeeperAway."""
    found = read([row], by)
    if isinstance(found, Refused):
        return NotChanged(found.code)
    (change,) = found
    person = row.person
    person.refresh_from_db()
    begun = person.state != PersonState.ACTIVE or (change is not None and change.on < _today(person, at))
    if change is None or begun or not _close(row, ChangeState.UNDONE, "person.change_undone", by=by, at=at):
        return NotChanged("over")
    if change.kind == "leave":
        refused = _undo_leave(person, change, by=by, at=at)
        if refused is not None:
            return refused
    before = [departments.fact_from(one, None, staff) for one, staff in change.involved.items()]
    if change.kind == "leave" or change.department is not None:
        return staffed(person.site, lambda facts: approvals.restored(facts, str(person.pk), before), by=by, at=at)
    return None


def _undo_leave(person: Person, change: Change, *, by: By, at: datetime) -> NotChanged | None:
    refused = _write_file(person, by, at, left=None, ends=change.ends)
    if refused is not None:
        return refused
    _plan_again(person, change.plan, by=by, at=at)
    if not change.contract:
        return None
    held = pay_looks.contract(pay_queries.contract_of(person), by.authority, PURPOSE)
    if isinstance(held, Refused):
        return NotChanged(held.code)
    old = contract_from_bytes(change.contract.encode())
    # Terms that were changed meanwhile are somebody's newer word: they stay.
    if held is not None and held.terms == ended(old.terms, change.on + DAY):
        pay.set_contract(person, old, by=by, at=at)
    return None


def _plan_again(person: Person, plan: Sequence[Planned], *, by: By, at: datetime) -> None:
    days: dict[str, list[date]] = {}
    for one in plan:
        days.setdefault(one.pattern, []).append(one.date)
    for pattern in ShiftPattern.objects.filter(site_id=person.site_id, pk__in=days):
        work.plan(person, pattern, days[str(pattern.pk)], by=by, at=at)


def _involved(person: Person) -> dict[str, DepartmentStaff]:
    found = approvals.involvement(departments.facts_of(departments.departments(person.site)), str(person.pk))
    return {one.id: departments.staff_of(one) for one in found if one.members or one.managers or one.delegations}


def _today(person: Person, at: datetime) -> date:
    return local_date(at, ZoneInfo(person.site.zone))
