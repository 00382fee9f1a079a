"""Reading sites and people: rows only. What a cell says is a look, made in `people.looks` by somebody's authority."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.people.models import (
    Consent,
    ConsentState,
    Credential,
    CredentialKind,
    CredentialState,
    Department,
    FeedVersion,
    Group,
    Membership,
    Person,
    PersonState,
    Purpose,
    Site,
    Vehicle,
    VehicleState,
    Zone,
)


def all_sites() -> QuerySet[Site]:
    return Site.objects.order_by("code")


def sites_visible_to(who: SignedIn) -> list[Site]:
    return [site for site in all_sites() if who.sees_site(site.pk)]


def site(site_id: UUID | str) -> Site:
    """Raises Site.DoesNotExist."""
    return Site.objects.get(pk=site_id)


def site_of(person_id: str) -> list[str]:
    """The site of somebody, as a list that is empty for nobody here."""
    found = uuid_from(person_id)
    return [str(pk) for pk in Person.objects.filter(pk=found).values_list("site_id", flat=True)] if found else []


def feed_version(site_id: UUID) -> FeedVersion:
    return FeedVersion.objects.get(pk=site_id)


def zones(site: Site) -> QuerySet[Zone]:
    return Zone.objects.filter(site=site).order_by("code")


def departments(site: Site) -> QuerySet[Department]:
    return Department.objects.filter(site=site).order_by("name")


def groups(site: Site) -> QuerySet[Group]:
    return Group.objects.filter(site=site).order_by("name")


def people(sites: Iterable[Site]) -> QuerySet[Person]:
    """Everybody of these sites, leavers included, in no telling order."""
    return Person.objects.filter(site__in=list(sites)).select_related("site").order_by("id")


def person(person_id: UUID | str, sites: Iterable[Site]) -> Person | None:
    return people(sites).filter(pk=person_id).first()


def people_by_id(ids: Iterable[UUID | str], sites: Iterable[Site]) -> dict[str, Person]:
    return {str(found.pk): found for found in people(sites).filter(pk__in=list(ids))}


def active_people(site: Site) -> Sequence[Person]:
    return list(Person.objects.filter(site=site, state=PersonState.ACTIVE).order_by("id"))


def groups_of(person: Person) -> QuerySet[Group]:
    return Group.objects.filter(memberships__person=person).order_by("name")


def groups_by_person(site: Site) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    pairs = Membership.objects.filter(person__site=site).values_list("person_id", "group_id")
    for person_id, group_id in pairs:
        found.setdefault(person_id, []).append(str(group_id))
    return found


def live_credentials(site: Site) -> QuerySet[Credential]:
    return Credential.objects.filter(
        person__site=site, person__state=PersonState.ACTIVE, state=CredentialState.ACTIVE
    ).order_by("id")


def dead_passes(site: Site) -> list[str]:
    """Ids of passes that were taken back from people who are still here; a leaver's open nothing anyway."""
    dead = Credential.objects.filter(
        person__site=site, person__state=PersonState.ACTIVE, kind=CredentialKind.QR, state=CredentialState.DEAD
    )
    return [str(pk) for pk in dead.order_by("id").values_list("pk", flat=True)]


def credentials_of(person: Person) -> QuerySet[Credential]:
    return Credential.objects.filter(person=person).order_by("kind", "state", "id")


def consents_of(person: Person) -> QuerySet[Consent]:
    return Consent.objects.filter(person=person).order_by("purpose", "state", "id")


def has_consent(person: Person, purpose: str) -> bool:
    return Consent.objects.filter(person=person, purpose=purpose, state=ConsentState.GIVEN).exists()


def faces(sites: Iterable[Site]) -> QuerySet[Credential]:
    """Of people who are here, dead ones included."""
    here = Credential.objects.filter(person__site__in=list(sites), person__state=PersonState.ACTIVE)
    return here.filter(kind=CredentialKind.FACE)


def stands_to_faces(site: Site) -> tuple[set[UUID], set[UUID], set[UUID]]:
    """Who took their word on faces back, who agreed, whose face is known."""
    said = Consent.objects.filter(person__site=site, purpose=Purpose.FACE)
    faces = live_credentials(site).order_by().filter(kind=CredentialKind.FACE)
    by_state = {
        state: set(said.filter(state=state).values_list("person_id", flat=True))
        for state in (ConsentState.WITHDRAWN, ConsentState.GIVEN)
    }
    enrolled = set(faces.values_list("person_id", flat=True))
    return by_state[ConsentState.WITHDRAWN], by_state[ConsentState.GIVEN], enrolled


def vehicles(sites: Iterable[Site]) -> QuerySet[Vehicle]:
    return Vehicle.objects.filter(site__in=list(sites)).select_related("site").order_by("id")


def findable(sites: Iterable[Site]) -> list[UUID]:
    """Everybody and every vehicle of these sites, among whom a search looks."""
    here = list(sites)
    return [pk for rows in (people(here), vehicles(here)) for pk in rows.values_list("pk", flat=True)]


def vehicles_of(person: Person) -> QuerySet[Vehicle]:
    return Vehicle.objects.filter(owner=person).order_by("id")


def listed_vehicles(site: Site) -> QuerySet[Vehicle]:
    """Those that gates must know: active and blocked ones."""
    return Vehicle.objects.filter(site=site).exclude(state=VehicleState.GONE).order_by("id")


def vehicle_classes(ids: Iterable[str]) -> dict[str, str]:
    """What these vehicles are, by their ids, of those of which somebody said so."""
    wanted = {found for text in ids if (found := uuid_from(text))}
    if not wanted:
        return {}
    said = Vehicle.objects.filter(pk__in=wanted).exclude(vehicle_class="")
    return {str(pk): called for pk, called in said.values_list("pk", "vehicle_class")}


def uuid_from(text: str) -> UUID | None:
    """What somebody else calls an id may be none."""
    try:
        return UUID(text)
    except ValueError:
        return None
