"""Writing sites, people and their groups. Everything that identifies somebody is sealed before it reaches a row."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.db.models import F

from gatehouse.domain.money import exponent
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import KeyClass, Plain, Refused
from gatehouse.server import bus, keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.cells import Bank, Brief, Contact, File, Identity, initials, pack
from gatehouse.server.people.models import (
    Credential,
    CredentialState,
    Department,
    FeedVersion,
    Group,
    Membership,
    Person,
    PersonState,
    Site,
    SiteType,
    Zone,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Who somebody is, in the clear; lives only in memory, between a form and the keeper."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    contact: Contact = field(default=Contact(), repr=False)
    identity: Identity = field(default=Identity(), repr=False)
    bank: Bank = field(default=Bank(), repr=False)
    file: File = field(default=File(), repr=False)


def bump_roster(site_id: UUID) -> None:
    """Edges of the site fetch people, vehicles, gates and rules anew."""
    FeedVersion.objects.filter(site_id=site_id).update(roster=F("roster") + 1)
    transaction.on_commit(lambda: bus.publish(bus.FeedChanged(str(site_id))))


def bump_clearances(site_id: UUID) -> None:
    """Edges of the site fetch anew which stays may leave."""
    FeedVersion.objects.filter(site_id=site_id).update(clearances=F("clearances") + 1)
    transaction.on_commit(lambda: bus.publish(bus.FeedChanged(str(site_id))))


@transaction.atomic
def add_site(code: str, name: str, kind: SiteType, *, zone: str, currency: str, by: By, at: datetime) -> Site:
    """Raises ZoneInfoNotFoundError for no IANA zone, MoneyError for no ISO 4217 code."""
    exponent(currency)
    stay_day = local_date(at, ZoneInfo(zone))
    site = Site.objects.create(code=code, name=name, type=kind, zone=zone, currency=currency, stay_day=stay_day)
    FeedVersion.objects.create(site=site)
    record("site.added", "site", site.pk, by=by, at=at)
    return site


@transaction.atomic
def hide_pages(site: Site, pages: Iterable[str], *, by: By, at: datetime) -> None:
    """The pages that this site's people do without. A reader misses those that all of their sites do without."""
    Site.objects.filter(pk=site.pk).update(hidden_pages=sorted(set(pages)))
    record("site.pages_set", "site", site.pk, by=by, at=at)
    site.refresh_from_db(fields=["hidden_pages"])


@transaction.atomic
def add_zone(site: Site, code: str, name: str, *, by: By, at: datetime) -> Zone:
    zone = Zone.objects.create(site=site, code=code, name=name)
    record("zone.added", "zone", zone.pk, by=by, at=at)
    return zone


@transaction.atomic
def add_department(site: Site, name: str, *, by: By, at: datetime) -> Department:
    department = Department.objects.create(site=site, name=name)
    record("department.added", "department", department.pk, by=by, at=at)
    return department


@transaction.atomic
def add_group(site: Site, name: str, *, by: By, at: datetime) -> Group:
    group = Group.objects.create(site=site, name=name)
    record("group.added", "group", group.pk, by=by, at=at)
    return group


def cells_of(person: UUID, facts: Facts) -> dict[str, Plain]:
    """The plaintexts of one person by column."""
    brief = Brief(facts.number, initials(facts.name))
    data = {
        "brief_cell": ("person.brief/1", brief.to_bytes()),
        "name_cell": ("person.name/1", facts.name.encode()),
        "contact_cell": ("person.contact/1", pack(facts.contact)),
        "identity_cell": ("person.identity/1", pack(facts.identity)),
        "bank_cell": ("person.bank/1", pack(facts.bank)),
        "file_cell": ("person.file/1", pack(facts.file)),
    }
    return {column: keeping.plain(label, person, person, text) for column, (label, text) in data.items()}


def _seal(plains: dict[str, Plain]) -> dict[str, bytes]:
    return dict(zip(plains, keeping.seal_many(list(plains.values())), strict=True))


def hire_person(
    site: Site, facts: Facts, *, groups: Iterable[Group] = (), new_id: UUID | None = None, by: By, at: datetime
) -> Person:
    """A new person with a random id. Raises KeeperAway, and then nothing was written; IntegrityError for an id that is
    somebody's already."""
    new_id = new_id or uuid4()
    sealed = _seal(cells_of(new_id, facts))
    with transaction.atomic():
        person = Person.objects.create(id=new_id, site=site, **sealed)
        Membership.objects.bulk_create(Membership(person=person, group=group) for group in groups)
        record("person.hired", "person", new_id, by=by, at=at)
        bump_roster(site.pk)
    index_person(person)
    return person


def edit_person(person: Person, facts: Facts, *, by: By, at: datetime) -> Person:
    """Every cell anew, so that which fact changed cannot be told from outside. Raises KeeperAway."""
    sealed = _seal(cells_of(person.pk, facts))
    with transaction.atomic():
        Person.objects.filter(pk=person.pk).update(**sealed)
        record("person.edited", "person", person.pk, by=by, at=at)
        bump_roster(person.site_id)
    person.refresh_from_db()
    index_person(person)
    return person


def write_file(person: Person, file: File, *, by: By, at: datetime) -> None:
    """The personnel file alone, by somebody or a job that sees no more of them. Raises KeeperAway."""
    cell = keeping.seal_one("person.file/1", person.pk, person.pk, pack(file))
    with transaction.atomic():
        Person.objects.filter(pk=person.pk).update(file_cell=cell)
        record("person.edited", "person", person.pk, by=by, at=at)
        bump_roster(person.site_id)
    person.file_cell = cell


@transaction.atomic
def set_groups(person: Person, groups: Iterable[Group], *, by: By, at: datetime) -> None:
    person.memberships.all().delete()
    Membership.objects.bulk_create(Membership(person=person, group=group) for group in groups)
    record("person.groups_set", "person", person.pk, by=by, at=at)
    bump_roster(person.site_id)


def leave(person: Person, facts: Facts | None, *, by: By, at: datetime) -> Person:
    """A leaver: every credential is dead at once, the face's key is destroyed. Raises KeeperAway, KeeperRefused.

    `facts` are the person's own, revealed by somebody who may; then the file keeps the leave date, the site's date of
    `at`. None leaves the file as it is.
    """
    sealed: dict[str, bytes] = {}
    if facts is not None:
        on = local_date(at, ZoneInfo(person.site.zone))
        changed = msgspec.structs.replace(facts.file, left=on, ends=on)
        sealed = _seal(cells_of(person.pk, replace(facts, file=changed)))
    with transaction.atomic():
        Person.objects.filter(pk=person.pk).update(state=PersonState.LEFT, **sealed)
        Credential.objects.filter(person=person).update(state=CredentialState.DEAD, cell=None, quality_cell=None)
        record("person.left", "person", person.pk, by=by, at=at)
        bump_roster(person.site_id)
    # The rows are dead already; destroying the key makes older copies of them unreadable too.
    refused = keeping.forget(person.pk, [KeyClass.FACE], by.authority)
    if isinstance(refused, Refused):
        raise keeping.KeeperRefused(refused.code, refused.facts)
    person.refresh_from_db()
    return person


def index_person(person: Person) -> None:
    """Let the keeper find this person by name and staff number."""
    cells = [
        keeping.cell("person.brief/1", person.pk, person.brief_cell),
        keeping.cell("person.name/1", person.pk, person.name_cell),
    ]
    keeping.index_soon(cells)
