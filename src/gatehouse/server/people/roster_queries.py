"""Reading contractors, teams and roster entries: rows only; what a cell says is a look (`people.roster_looks`)."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.domain.papers import TRAINING
from gatehouse.server.people.models import (
    CertificateKind,
    Contractor,
    EntryRule,
    Person,
    PersonState,
    RosterEntry,
    Site,
    Team,
)
from gatehouse.server.people.queries import uuid_from


def contractors(sites: Iterable[Site]) -> QuerySet[Contractor]:
    return Contractor.objects.filter(site__in=list(sites)).select_related("site").order_by("site__code", "name")


def contractor(contractor_id: str, sites: Iterable[Site]) -> Contractor | None:
    found = uuid_from(contractor_id)
    return contractors(sites).filter(pk=found).first() if found else None


def teams(sites: Iterable[Site]) -> QuerySet[Team]:
    found = Team.objects.filter(contractor__site__in=list(sites)).select_related("contractor__site")
    return found.order_by("contractor__site__code", "contractor__name", "name")


def team(team_id: str, sites: Iterable[Site]) -> Team | None:
    found = uuid_from(team_id)
    return teams(sites).filter(pk=found).first() if found else None


def active(sites: Iterable[Site]) -> QuerySet[Person]:
    """Who may be in the roster, with their entry where there is one, in no telling order."""
    found = Person.objects.filter(site__in=list(sites), state=PersonState.ACTIVE)
    return found.select_related("site", "roster_entry").order_by("id")


def entries(people: Iterable[UUID]) -> dict[UUID, RosterEntry]:
    return {row.pk: row for row in RosterEntry.objects.filter(person_id__in=list(people))}


def training_first(site: Site) -> bool:
    return EntryRule.objects.filter(pk=site.pk, training_first=True).exists()


def certificates(sites: Iterable[Site]) -> QuerySet[CertificateKind]:
    """The kinds of certificates that these sites know."""
    return CertificateKind.objects.filter(site__in=list(sites)).select_related("site").order_by("site__code", "name")


def certificate(kind_id: str, sites: Iterable[Site]) -> CertificateKind | None:
    found = uuid_from(kind_id)
    return certificates(sites).filter(pk=found).first() if found else None


def paper_kinds(site: Site) -> frozenset[str]:
    """What gates of this site look at: the certificates that it knows, and the training where it comes first."""
    kinds = {str(pk) for pk in CertificateKind.objects.filter(site=site).values_list("pk", flat=True)}
    return frozenset(kinds | ({TRAINING} if training_first(site) else set()))


def papers_asked(site: Site) -> frozenset[str]:
    """What everybody must hold who comes in."""
    kinds = {str(pk) for pk in CertificateKind.objects.filter(site=site, asked=True).values_list("pk", flat=True)}
    return frozenset(kinds | ({TRAINING} if training_first(site) else set()))


def paper_names(site: Site) -> dict[str, str]:
    """What certificates are called, by kind."""
    return {str(row.pk): row.name for row in certificates([site])}
