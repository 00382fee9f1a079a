"""Departments: their tree, who is in them, who manages them and who stands in for whom; and telling the keeper whose
requests each manager may read. Who is where is sealed: a cell of each department holds random ids and dates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain import approvals
from gatehouse.domain.approvals import ApprovalError, Chart, Delegation, Held, Span
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Authority, Done, Entrust, Refused, Trust
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.cells import DelegationFacts, DepartmentStaff, HeldFacts, pack, unpack
from gatehouse.server.people.models import Department, Site

LABEL = "department.staff/1"
MOST = 500  # departments of a site
TRIES = 5

Changed = Callable[[list[approvals.Department]], Iterable[approvals.Department]]


@dataclass(frozen=True, slots=True)
class NotSet:
    """Why nothing was written: a code of `ApprovalError`, `busy` when others kept writing, `many`, `not_empty`."""

    code: str


def departments(site: Site) -> list[Department]:
    return list(Department.objects.filter(site=site).order_by("name", "id"))


def department(department_id: UUID, sites: Iterable[Site]) -> Department | None:
    return Department.objects.filter(pk=department_id, site__in=list(sites)).select_related("site").first()


# --- the chart ---------------------------------------------------------------------------------------------------


def facts_of(rows: Sequence[Department]) -> list[approvals.Department]:
    """What the rows' cells say. Raises KeeperAway, KeeperRefused for a cell that is none of ours."""
    held = [row for row in rows if row.cell is not None]
    # Random ids of no name: the label counts against no cap, so nobody's authority is needed.
    data = keeping.reveal([keeping.cell(LABEL, row.pk, row.cell or b"") for row in held], Authority(), "departments")
    if isinstance(data, Refused):
        raise keeping.KeeperRefused(data.code, data.facts)
    said = {row.pk: unpack(text, DepartmentStaff) for row, text in zip(held, data, strict=True) if text}
    return [_fact(row, said.get(row.pk, DepartmentStaff())) for row in rows]


def chart(site: Site) -> Chart:
    """Raises KeeperAway, KeeperRefused."""
    return Chart(facts_of(departments(site)))


def staff_of(fact: approvals.Department) -> DepartmentStaff:
    return DepartmentStaff(
        [HeldFacts(one.person, one.span.since, one.span.until) for one in fact.members],
        [HeldFacts(one.person, one.span.since, one.span.until) for one in fact.managers],
        [DelegationFacts(one.of, one.to, one.span.since, one.span.until) for one in fact.delegations],
    )


def fact_from(department_id: str, parent: str | None, staff: DepartmentStaff) -> approvals.Department:
    return approvals.Department(
        department_id,
        parent,
        tuple(Held(one.person, Span(one.since, one.until)) for one in staff.members),
        tuple(Held(one.person, Span(one.since, one.until)) for one in staff.managers),
        tuple(Delegation(one.of, one.to, Span(one.since, one.until)) for one in staff.delegations),
    )


def _fact(row: Department, staff: DepartmentStaff) -> approvals.Department:
    return fact_from(str(row.pk), str(row.parent_id) if row.parent_id else None, staff)


# --- writing -----------------------------------------------------------------------------------------------------


def add_department(site: Site, name: str, parent: Department | None, *, by: By, at: datetime) -> Department | NotSet:
    with transaction.atomic():
        if Department.objects.filter(site=site).count() >= MOST:
            return NotSet("many")
        made = Department.objects.create(site=site, name=name, parent=parent)
        record("department.added", "department", made.pk, by=by, at=at)
    return made


def place_department(row: Department, name: str, parent: Department | None, *, by: By, at: datetime) -> NotSet | None:
    """Another name, or under another department; a circle is refused."""
    with transaction.atomic():
        rows = list(Department.objects.select_for_update().filter(site_id=row.site_id))
        tree = [
            approvals.Department(str(one.pk), str(above) if above else None)
            for one in rows
            for above in [(parent.pk if parent else None) if one.pk == row.pk else one.parent_id]
        ]
        try:
            Chart(tree)
        except ApprovalError as fault:
            return NotSet(fault.code)
        Department.objects.filter(pk=row.pk).update(name=name, parent=parent)
        record("department.placed", "department", row.pk, by=by, at=at)
    return None


def drop_department(row: Department, *, by: By, at: datetime) -> NotSet | None:
    """Only one in which nobody is, and under which none lies."""
    today = local_date(at, ZoneInfo(row.site.zone))
    (fact,) = facts_of([row])
    spans = [one.span for one in (*fact.members, *fact.managers)]
    if any(span.until is None or span.until > today for span in spans):
        return NotSet("not_empty")
    with transaction.atomic():
        if Department.objects.filter(parent=row).exists():
            return NotSet("not_empty")
        gone, _ = Department.objects.filter(pk=row.pk, cell=row.cell).delete()
        if not gone:
            return NotSet("busy")
        record("department.dropped", "department", row.pk, by=by, at=at)
    return None


def change_staff(site: Site, change: Changed, *, by: By, at: datetime) -> NotSet | None:
    """Write what `change` makes of the site's departments; those alone that it changed, each only if nobody else wrote
    it meanwhile, and otherwise again from the start. The keeper is told afterwards: `tell_keeper`. Raises KeeperAway,
    KeeperRefused."""
    for _try in range(TRIES):
        rows = departments(site)
        before = facts_of(rows)
        try:
            after = {one.id: one for one in change(before)}
            Chart(after.values())
        except ApprovalError as fault:
            return NotSet(fault.code)
        new = [(row, after[was.id]) for row, was in zip(rows, before, strict=True) if after[was.id] != was]
        if not new or _written(new, by=by, at=at):
            return None
    return NotSet("busy")


def _written(new: Sequence[tuple[Department, approvals.Department]], *, by: By, at: datetime) -> bool:
    cells = keeping.seal_many([keeping.plain(LABEL, row.site_id, row.pk, pack(staff_of(fact))) for row, fact in new])
    with transaction.atomic():
        for (row, _fact), cell in zip(new, cells, strict=True):
            if not Department.objects.filter(pk=row.pk, cell=row.cell).update(cell=cell):
                transaction.set_rollback(True)
                return False
            record("department.staffed", "department", row.pk, by=by, at=at)
    return True


# --- telling the keeper ------------------------------------------------------------------------------------------


def tell_keeper(site: Site, *, by: By, at: datetime) -> Refused | None:
    """Whose requests each manager and delegate may read, from today on, as the departments say it now. It is said by
    the ticket of whoever changed them; the keeper takes only what is new. None when all is told. Raises KeeperAway."""
    today = local_date(at, ZoneInfo(site.zone))
    teams: dict[str, list[Trust]] = {}
    for one in chart(site).teams(today):
        teams.setdefault(one.manager, []).append(Trust(one.person, one.span.since, one.span.until))
    answer = keeping.ask(Entrust(str(site.pk), teams, by.authority), Done)
    return answer if isinstance(answer, Refused) else None
