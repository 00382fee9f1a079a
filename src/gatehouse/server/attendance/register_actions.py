"""Writing session plans, classes and what is said in a register."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from gatehouse.domain import registers
from gatehouse.domain.registers import Mark
from gatehouse.server import keeping
from gatehouse.server.attendance.models import RegisterEntry, SchoolClass, SchoolPlan
from gatehouse.server.attendance.register_cells import marks_to_bytes, plan_to
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Group, Person, Site


class NotSigned(Exception):
    """Codes: `overtaken`, somebody else wrote since it was read; `full`, a pupil's date takes no further mark."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def set_plan(site: Site, name: str, plan: registers.SessionPlan, *, by: By, at: datetime) -> SchoolPlan:
    """The site's plan of that name, made or changed. A change holds for past dates too: nothing reckoned is kept."""
    row, _ = SchoolPlan.objects.update_or_create(site=site, name=name, defaults={"sessions": plan_to(plan)})
    record("schoolplan.set", "schoolplan", row.pk, by=by, at=at)
    return row


@transaction.atomic
def set_class(group: Group, plan: SchoolPlan, teacher: Person | None, *, by: By, at: datetime) -> SchoolClass:
    """The group's register is kept by this plan from now on. Raises ValueError for a plan or teacher of another
    site."""
    if plan.site_id != group.site_id or (teacher is not None and teacher.site_id != group.site_id):
        raise ValueError("a class, its plan and its teacher are of one site")
    row, _ = SchoolClass.objects.update_or_create(group=group, defaults={"plan": plan, "teacher": teacher})
    record("class.set", "class", row.pk, by=by, at=at)
    return row


@transaction.atomic
def drop_class(of: SchoolClass, *, by: By, at: datetime) -> None:
    """No register is kept of the group any more. What was said stays with the pupils."""
    record("class.dropped", "class", of.pk, by=by, at=at)
    of.delete()


def sign(
    of: SchoolClass,
    on: date,
    marks: Mapping[UUID, Sequence[Mark]],
    read: Mapping[UUID, bytes],
    *,
    by: By,
    at: datetime,
) -> None:
    """Everybody's marks of this date, written anew: `marks` has every pupil of the class, with all that was said
    before. `read` are the cells that they were read from. Raises NotSigned, KeeperAway."""
    held = dict(RegisterEntry.objects.filter(person_id__in=marks, date=on).values_list("person_id", "id"))
    ids = {person: held.get(person) or uuid4() for person in marks}
    plains = []
    for person, said in marks.items():
        data = marks_to_bytes(said)
        if data is None:
            raise NotSigned("full")
        plains.append(keeping.plain("register.marks/1", person, ids[person], data))
    cells = dict(zip(marks, keeping.seal_many(plains), strict=True))
    with transaction.atomic():
        rows = RegisterEntry.objects.select_for_update().filter(person_id__in=marks, date=on)
        now_held = {row.person_id: bytes(row.cell) for row in rows}
        if now_held != {person: read[person] for person in marks if person in read}:
            raise NotSigned("overtaken")
        RegisterEntry.objects.bulk_create(
            [RegisterEntry(id=ids[person], person_id=person, date=on, cell=cell) for person, cell in cells.items()],
            update_conflicts=True,
            unique_fields=["person", "date"],
            update_fields=["cell"],
        )
        record("register.signed", "class", of.pk, by=by, at=at)
