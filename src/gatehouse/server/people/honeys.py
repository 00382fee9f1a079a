"""Honey records: rows of nobody, among everybody's, which no page lists and no job counts.

Which rows they are only the keeper says; this process learns it and keeps it in memory, and the usual managers
(people/known.py) leave them out. Whoever looks at one came with a copy of the database: the keeper shows nothing, locks
them out and tells whoever watches (keeper/honeys.py, people/tripwire.py).

In the database they are people who have left and vehicles that are gone, with whatever somebody else of the site has:
groups, dead ways in, consents. Of those nothing is written any more, so nothing that is not written tells them apart.
"""

import secrets
from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

import structlog
from django.db import transaction

from gatehouse.crypto.sealing import room
from gatehouse.keeper.protocol import Authority, Honey, HoneyCells, HoneyList, LayHoneys
from gatehouse.server import keeping
from gatehouse.server.people import known
from gatehouse.server.people.models import (
    ChangeState,
    Consent,
    Credential,
    CredentialState,
    Membership,
    Person,
    PersonState,
    Site,
    StaffChange,
    Vehicle,
    VehicleState,
)

log = structlog.get_logger()

T = TypeVar("T")
Beside = Membership | Credential | Consent | StaffChange
JOB = Authority(job="honeys")
ENOUGH = 10  # people of a site where nobody has left yet: before that all would be made like its first owner
_COLUMNS = {
    "person.brief/1": "brief_cell", "person.name/1": "name_cell", "person.contact/1": "contact_cell",
    "person.identity/1": "identity_cell", "person.bank/1": "bank_cell", "person.file/1": "file_cell",
    "vehicle.plate/1": "plate_cell",
}  # fmt: skip


def learn() -> list[Honey]:
    """What honey records there are, which usual managers leave out from now on; none while there is no site. Raises
    KeeperAway, KeeperRefused."""
    sites = [str(pk) for pk in Site.objects.values_list("pk", flat=True)]
    if not sites:
        return []
    found = keeping.must(LayHoneys(sites=sites, by=JOB), HoneyList).honeys
    known.remember(UUID(one.id) for one in found)
    return found


def lay() -> int:
    """The job `honeys`: every record that the keeper knows has its rows; how many of them had none. Two servers at once
    lay each once. Raises KeeperAway, KeeperRefused; then what is not there yet is laid the next time."""
    found = learn()
    missing = _missing([one.id for one in found])
    if missing:
        sealed = keeping.must(HoneyCells(ids=missing, by=JOB), HoneyList).honeys
        with transaction.atomic():
            _write([one for one in sealed if one.kind == "person"], [one for one in sealed if one.kind == "vehicle"])
        log.info("honeys.laid", count=len(sealed))
    _dress([UUID(one.id) for one in found if one.kind == "person"])
    return len(missing)


def _missing(laid: Sequence[str]) -> list[str]:
    there = set[UUID]()
    for model in (Person, Vehicle):
        there |= set(model._base_manager.filter(pk__in=laid).values_list("pk", flat=True))  # these very rows
    return [own for own in laid if UUID(own) not in there]


# --- who and which car -----------------------------------------------------------------------------------------------


def _write(people: Sequence[Honey], vehicles: Sequence[Honey]) -> None:
    """Must run inside a transaction."""
    sites = {str(site.pk): site for site in Site.objects.order_by("pk")}
    for honey in people:
        row = {"site": _site(honey, sites), "state": PersonState.LEFT}
        Person._base_manager.get_or_create(pk=UUID(honey.id), defaults=row | _cells(honey))
    for honey in vehicles:
        site = _site(honey, sites)
        row = {"site": site, "state": VehicleState.GONE, **_as_of_somebody(site)}
        Vehicle._base_manager.get_or_create(pk=UUID(honey.id), defaults=row | _cells(honey))


def _site(honey: Honey, sites: dict[str, Site]) -> Site:
    """Another one where the data was restored from before there was this one."""
    return sites.get(honey.site) or next(iter(sites.values()))


def _cells(honey: Honey) -> dict[str, bytes]:
    return {_COLUMNS[label]: cell for label, cell in honey.cells.items()}


def _as_of_somebody(site: Site) -> dict[str, object]:
    """What one of the site's vehicles is, and an owner where that one has one: somebody who is nobody, too."""
    like = _one_of(list(Vehicle.objects.filter(site=site)))
    if like is None:
        return {}
    nobody = Person._base_manager.filter(pk__in=known.honeys(), site=site) if like.owner_id else ()
    return {"vehicle_class": like.vehicle_class, "owner": _one_of(list(nobody))}


# --- what somebody leaves behind --------------------------------------------------------------------------------------


_WAYS, _CHANGES = (Membership, Credential, Consent), (StaffChange,)


def _dress(laid: Iterable[UUID]) -> None:
    """Those that have nothing beside their row get what somebody of their site has, as soon as there is somebody to be
    like; and how the leaving of somebody who left was written down. Raises KeeperAway, KeeperRefused."""
    others = dict[UUID, list[tuple[UUID, str]]]()
    for person in Person._base_manager.filter(pk__in=list(laid)):
        bare = [models for models in (_WAYS, _CHANGES) if not _has_some(person, models)]
        if not bare:
            continue  # as mostly: a site's people may be many
        if person.site_id not in others:
            others[person.site_id] = list(Person.objects.filter(site=person.site_id).values_list("pk", "state"))
        here = [pk for pk, _ in others[person.site_id]]
        left = [pk for pk, state in others[person.site_id] if state == PersonState.LEFT]
        if not left and len(here) < ENOUGH:
            continue
        for models in bare:
            rows = _ways(person, _one_of(here)) if models is _WAYS else _changes(person, _one_of(left))
            _add_once(person, models, rows)


def _has_some(person: Person, models: Sequence[type[Beside]]) -> bool:
    return any(model._base_manager.filter(person=person).exists() for model in models)


def _add_once(person: Person, models: Sequence[type[Beside]], rows: Iterable[Beside]) -> None:
    """Where this person still has none of these models, however many servers are at it."""
    with transaction.atomic():
        Person._base_manager.select_for_update().get(pk=person.pk)
        if not _has_some(person, models):
            for row in rows:
                row.save(force_insert=True)


def _ways(person: Person, like: UUID | None) -> list[Beside]:
    """Groups, ways in and consents as of somebody, and as leaving leaves them."""
    return [
        *(Membership(person=person, group_id=one.group_id) for one in Membership.objects.filter(person=like)),
        *(
            Credential(person=person, kind=one.kind, state=CredentialState.DEAD, model=one.model)
            for one in Credential.objects.filter(person=like)
        ),
        *(_consent(person, one) for one in Consent.objects.filter(person=like)),
    ]


def _consent(person: Person, like: Consent) -> Consent:
    row = Consent(person=person, purpose=like.purpose, state=like.state)
    row.cell = _as_long("person.consent/1", row, like.cell)
    return row


def _changes(person: Person, like: UUID | None) -> list[Beside]:
    over = StaffChange.objects.filter(person=like).exclude(state=ChangeState.WAITING)
    return [_change(person, one) for one in over]


def _change(person: Person, like: StaffChange) -> StaffChange:
    row = StaffChange(person=person, state=like.state)
    row.cell = _as_long("staff.change/1", row, like.cell)
    return row


def _as_long(label: str, row: Consent | StaffChange, cell: bytes | memoryview) -> bytes:
    """A cell that says nothing, as long as this one."""
    return keeping.seal_one(label, row.person_id, row.pk, bytes(room(bytes(cell))))


def _one_of(found: Sequence[T]) -> T | None:
    return secrets.choice(found) if found else None
