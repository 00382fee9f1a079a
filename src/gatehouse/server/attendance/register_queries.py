"""Reading classes, session plans and registers: rows only; `attendance.register_looks` says what they hold."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.domain import registers
from gatehouse.domain.periods import DAY
from gatehouse.server.attendance import queries
from gatehouse.server.attendance.models import RegisterEntry, SchoolClass, SchoolPlan
from gatehouse.server.attendance.register_cells import plan_from
from gatehouse.server.people.models import Group, Person, PersonState, Site
from gatehouse.server.people.queries import uuid_from


def plans(sites: Iterable[Site]) -> QuerySet[SchoolPlan]:
    found = SchoolPlan.objects.filter(site__in=list(sites))
    return found.select_related("site").order_by("site__code", "name")


def plan(plan_id: str, sites: Iterable[Site]) -> SchoolPlan | None:
    found = uuid_from(plan_id)
    return plans(sites).filter(pk=found).first() if found else None


def plan_fact(row: SchoolPlan) -> registers.SessionPlan:
    return plan_from(row.sessions)


def classes(sites: Iterable[Site]) -> QuerySet[SchoolClass]:
    found = SchoolClass.objects.filter(group__site__in=list(sites))
    return found.select_related("group__site", "plan", "teacher").order_by("group__site__code", "group__name")


def school_class(class_id: UUID, sites: Iterable[Site]) -> SchoolClass | None:
    return classes(sites).filter(pk=class_id).first()


def groups_without_class(sites: Iterable[Site]) -> QuerySet[Group]:
    found = Group.objects.filter(site__in=list(sites), school_class__isnull=True)
    return found.select_related("site").order_by("site__code", "name")


def pupils(of: SchoolClass) -> list[Person]:
    """The members of the class who are here, without its teacher, in no telling order."""
    found = Person.objects.filter(memberships__group_id=of.group_id, state=PersonState.ACTIVE)
    if of.teacher_id is not None:
        found = found.exclude(pk=of.teacher_id)
    return list(found.select_related("site").order_by("id").distinct())


def is_pupil(person: Person) -> bool:
    """Whether somebody is in a class. There a face needs a guardian's word unless somebody says that they are 14."""
    return person.memberships.filter(group__school_class__isnull=False).exists()


def entries(people: Iterable[Person], since: date, until: date) -> QuerySet[RegisterEntry]:
    """On the dates [since, until)."""
    found = RegisterEntry.objects.filter(person__in=list(people), date__gte=since, date__lt=until)
    return found.order_by("date", "person_id")


def signed_on(people: Iterable[Person], on: date) -> bool:
    return entries(people, on, on + DAY).exists()


def school_days(site: Site, since: date, until: date) -> tuple[date, ...]:
    """The dates of [since, until) on which there is school, by the site's calendar."""
    calendar = queries.calendar(site)
    days = (since + n * DAY for n in range((until - since).days))
    return tuple(day for day in days if calendar.is_workday(day))
