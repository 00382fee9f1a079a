"""Reading collectors, books and notices: rows only; what a cell says is a look (`pickup.looks`)."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.server.people.models import Person, PersonState, Site
from gatehouse.server.pickup.models import AbsenceNotice, Collector, PickupBook, PickupSetup


def setup_of(site: Site) -> PickupSetup | None:
    return PickupSetup.objects.filter(pk=site.pk).select_related("group").first()


def telling_sites() -> QuerySet[PickupSetup]:
    """The sites whose guardians are told of an absence."""
    return PickupSetup.objects.filter(tells=True).select_related("site").order_by("site__code")


def collectors(sites: Iterable[Site]) -> QuerySet[Collector]:
    """Those who are here, in no telling order."""
    found = Collector.objects.filter(person__site__in=list(sites), person__state=PersonState.ACTIVE)
    return found.select_related("person__site").order_by("pk")


def collector(person_id: UUID | str, sites: Iterable[Site]) -> Collector | None:
    return collectors(sites).filter(person__pk=person_id).first()


def books(people: Iterable[Person]) -> dict[UUID, PickupBook]:
    rows = PickupBook.objects.filter(person__in=list(people)).select_related("person__site")
    return {row.pk: row for row in rows}


def pupils(site: Site) -> QuerySet[Person]:
    """Whoever is in a class of the school."""
    found = Person.objects.filter(site=site, state=PersonState.ACTIVE, memberships__group__school_class__isnull=False)
    return found.select_related("site").order_by("pk").distinct()


def pupil(person_id: UUID | str, sites: Iterable[Site]) -> Person | None:
    """Somebody in a class of one of these schools."""
    found = (pupils(site).filter(pk=person_id).first() for site in sites)
    return next((one for one in found if one is not None), None)


def notices(site: Site, on: date) -> QuerySet[AbsenceNotice]:
    return AbsenceNotice.objects.filter(site=site, on=on).select_related("site").order_by("pk")


def notice(notice_id: UUID) -> AbsenceNotice | None:
    return AbsenceNotice.objects.filter(pk=notice_id).select_related("site").first()
