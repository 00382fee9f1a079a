"""Reading retention, requests and certificates: rows only."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.domain.retention import Retention
from gatehouse.server.people.models import Credential, CredentialKind, CredentialState, Person, Site
from gatehouse.server.rights.models import (
    Destruction,
    ErasureCertificate,
    RequestState,
    RetentionSetup,
    SubjectRequest,
)


def retention_of(site: Site) -> Retention:
    """The site's own numbers, or the defaults."""
    row = RetentionSetup.objects.filter(site=site).first()
    return Retention() if row is None else Retention(row.others, row.staff, row.work, row.books)


def destructions(site: Site) -> QuerySet[Destruction]:
    """Newest first."""
    return Destruction.objects.filter(site=site).order_by("-at", "kept", "id")


def requests(sites: Iterable[Site]) -> QuerySet[SubjectRequest]:
    return SubjectRequest.objects.filter(person__site__in=list(sites)).select_related("person__site").order_by("id")


def open_requests(sites: Iterable[Site]) -> QuerySet[SubjectRequest]:
    return requests(sites).filter(state=RequestState.OPEN)


def request(request_id: UUID, sites: Iterable[Site]) -> SubjectRequest | None:
    return requests(sites).filter(pk=request_id).first()


def requests_of(person: Person) -> QuerySet[SubjectRequest]:
    return SubjectRequest.objects.filter(person=person).order_by("id")


def certificates_of(person: Person) -> QuerySet[ErasureCertificate]:
    return ErasureCertificate.objects.filter(person=person).order_by("id")


def enrolled_faces() -> int:
    """People whose face is kept in this whole installation."""
    live = Credential.objects.filter(kind=CredentialKind.FACE, state=CredentialState.ACTIVE)
    return live.values("person").distinct().count()
