"""Ways in of many people at once, as a file brings them; and away with those that it brought.

Sealed before the transaction, written inside the caller's. A person whose face is known already keeps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction

from gatehouse import wire
from gatehouse.keeper.protocol import KeyClass, Plain, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import Written, record, record_all
from gatehouse.server.audit.by import By
from gatehouse.server.people.actions import bump_roster
from gatehouse.server.people.cells import ConsentFacts, FaceQuality, pack
from gatehouse.server.people.models import (
    Consent,
    ConsentState,
    Credential,
    CredentialKind,
    CredentialState,
    Person,
    PersonState,
    Purpose,
)
from gatehouse.vision.faces import EMBEDDING_SIZE
from gatehouse.vision.portraits import Portrait


@dataclass(frozen=True, slots=True)
class Ways:
    """What somebody gets. `consent` is the word that comes with it; None where one is in force."""

    person: UUID
    consent: ConsentFacts | None = field(default=None, repr=False)
    portrait: Portrait | None = field(default=None, repr=False)
    card: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SealedWays:
    ways: Ways
    consent: Consent | None
    face: Credential | None
    card: Credential | None


@dataclass(frozen=True, slots=True)
class Brought:
    """What was written: `what` is face, consent or card."""

    what: str
    person: UUID
    row: UUID


def face_plains(person: UUID, credential: UUID, portrait: Portrait) -> list[Plain]:
    """The template, and how good the picture was, of one credential."""
    templates = wire.FaceTemplates(model=portrait.model, size=EMBEDDING_SIZE, vectors=portrait.packed())
    quality = portrait.quality
    parts = FaceQuality(
        light=round(100 * quality.light),
        sharpness=round(100 * quality.sharpness),
        pose=round(100 * quality.pose),
        size=round(100 * quality.size),
    )
    return [
        keeping.plain("face.template/1", person, credential, wire.encode(templates)),
        keeping.plain("face.quality/1", person, credential, pack(parts)),
    ]


def sealed_ways(wanted: Sequence[Ways]) -> list[SealedWays]:
    """Rows that are not written yet. Raises KeeperAway."""
    plains: list[Plain] = []
    rows: list[tuple[UUID, UUID, UUID]] = []
    for one in wanted:
        ids = (uuid4(), uuid4(), uuid4())
        rows.append(ids)
        if one.consent is not None:
            plains.append(keeping.plain("person.consent/1", one.person, ids[0], pack(one.consent)))
        if one.portrait is not None:
            plains += face_plains(one.person, ids[1], one.portrait)
        if one.card:
            plains.append(keeping.plain("credential.card/1", one.person, ids[2], one.card.encode()))
    cells = iter(keeping.seal_many(plains))
    return [
        SealedWays(
            one,
            None if one.consent is None else _consent(one.person, ids[0], next(cells)),
            None if one.portrait is None else _face(one.person, ids[1], one.portrait.model, next(cells), next(cells)),
            _card(one.person, ids[2], next(cells)) if one.card else None,
        )
        for one, ids in zip(wanted, rows, strict=True)
    ]


def _consent(person: UUID, new_id: UUID, cell: bytes) -> Consent:
    return Consent(id=new_id, person_id=person, purpose=Purpose.FACE, state=ConsentState.GIVEN, cell=cell)


def _face(person: UUID, new_id: UUID, model: str, cell: bytes, quality: bytes) -> Credential:
    return Credential(
        id=new_id, person_id=person, kind=CredentialKind.FACE, cell=cell, quality_cell=quality, model=model
    )


def _card(person: UUID, new_id: UUID, cell: bytes) -> Credential:
    return Credential(id=new_id, person_id=person, kind=CredentialKind.CARD, cell=cell)


def write_ways(sealed: Sequence[SealedWays], *, by: By, at: datetime) -> list[Brought]:
    """Must run inside a transaction. Somebody who has left, or who meanwhile has a face or a card, keeps what they
    have; a face without a word in force is not written."""
    assert connection.in_atomic_block
    ids = [one.ways.person for one in sealed]
    here = {row.pk: row for row in Person.objects.select_for_update().filter(pk__in=ids, state=PersonState.ACTIVE)}
    held = set(Credential.objects.filter(person__in=ids, state=CredentialState.ACTIVE).values_list("person_id", "kind"))
    agreed = set(
        Consent.objects.filter(person__in=ids, purpose=Purpose.FACE, state=ConsentState.GIVEN).values_list(
            "person_id", flat=True
        )
    )
    consents: list[Consent] = []
    credentials: list[Credential] = []
    for one in sealed:
        if one.ways.person not in here:
            continue
        wants_face = one.face is not None and (one.ways.person, CredentialKind.FACE) not in held
        if wants_face and one.consent is not None and one.ways.person not in agreed:
            consents.append(one.consent)
            agreed.add(one.ways.person)
        if wants_face and one.ways.person in agreed and one.face is not None:
            credentials.append(one.face)
        if one.card is not None and (one.ways.person, CredentialKind.CARD) not in held:
            credentials.append(one.card)
    Consent.objects.bulk_create(consents)
    Credential.objects.bulk_create(credentials)
    written = [Written("consent.given", "person", one.person_id) for one in consents]
    record_all([*written, *(Written("credential.added", "person", one.person_id) for one in credentials)], by=by, at=at)
    for site in {row.site_id for row in here.values()} if credentials else ():
        bump_roster(site)
    return [
        *(Brought("consent", one.person_id, one.pk) for one in consents),
        *(Brought(one.kind, one.person_id, one.pk) for one in credentials),
    ]


def take_back(what: str, row: UUID, *, by: By, at: datetime) -> Refused | bool:
    """Away with one thing that an import brought, as if it had never been; False where it is needed since. A face's key
    goes with it. Raises KeeperAway."""
    if what == "consent":
        return _take_consent_back(row, by=by, at=at)
    found = Credential.objects.filter(pk=row).select_related("person").first()
    if found is None:
        return True
    with transaction.atomic():
        Credential.objects.filter(pk=row).delete()
        record("credential.killed", "person", found.person_id, by=by, at=at)
        bump_roster(found.person.site_id)
        faces = Credential.objects.filter(person=found.person_id, kind=CredentialKind.FACE)
        was_last = found.kind == CredentialKind.FACE and not faces.filter(state=CredentialState.ACTIVE).exists()
    if was_last:  # whoever was enrolled by hand since has a face under the same key
        refused = keeping.forget(found.person_id, [KeyClass.FACE], by.authority)
        if isinstance(refused, Refused):
            return refused
    return True


@transaction.atomic
def _take_consent_back(row: UUID, *, by: By, at: datetime) -> bool:
    """A word that another face rests on stays."""
    found = Consent.objects.select_for_update().filter(pk=row).first()
    if found is None:
        return True
    faces = Credential.objects.filter(person=found.person_id, kind=CredentialKind.FACE, state=CredentialState.ACTIVE)
    if found.state != ConsentState.GIVEN or faces.exists():
        return False
    found.delete()
    record("consent.taken_back", "person", found.person_id, by=by, at=at)
    return True
