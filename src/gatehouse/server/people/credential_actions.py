"""Ways in: consent, face, pass, card, PIN. A face needs consent in force; the others are equal ways beside it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction

from gatehouse.domain.periods import local_date
from gatehouse.domain.portraits import Fault
from gatehouse.keeper.protocol import KeyClass, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.actions import bump_roster
from gatehouse.server.people.cells import ConsentFacts, pack, unpack
from gatehouse.server.people.enrolling import face_plains
from gatehouse.server.people.models import (
    Consent,
    ConsentState,
    Credential,
    CredentialKind,
    CredentialState,
    Person,
    PersonState,
    Purpose,
    Site,
)
from gatehouse.vision.portraits import Portrait, read_portrait

PIN_DIGITS = range(4, 13)
PHONE_PASS_HOLDS = timedelta(seconds=60)
PHONE_PASS_NEXT = timedelta(seconds=30)  # the next one is there before the one on the screen ends
CLOCKS_APART = timedelta(seconds=30)  # an edge's clock may be behind


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """Why not: `left`, `no_consent`, `bad_card`, `bad_pin`, a `domain.portraits.Fault`, or a code of the keeper's."""

    code: str


@dataclass(frozen=True, slots=True)
class IssuedPass:
    """`text` goes into a QR code and is shown once; it is not kept."""

    credential: Credential
    text: str


def give_consent(person: Person, purpose: Purpose, facts: ConsentFacts, *, by: By, at: datetime) -> Consent:
    """The consent now in force; a consent already in force stays as it is. Raises KeeperAway."""
    in_force = person.consents.filter(purpose=purpose, state=ConsentState.GIVEN).first()
    if in_force is not None:
        return in_force
    new_id = uuid4()
    cell = keeping.seal_one("person.consent/1", person.pk, new_id, pack(facts))
    with transaction.atomic():
        consent = Consent.objects.create(id=new_id, person=person, purpose=purpose, state=ConsentState.GIVEN, cell=cell)
        record("consent.given", "person", person.pk, by=by, at=at)
    return consent


def withdraw_consent(person: Person, purpose: Purpose, *, on: date, by: By, at: datetime) -> None:
    """The face is dead at every gate at once and its key destroyed, so that no copy of a template opens any more; card,
    pass and PIN go on. Raises KeeperAway, KeeperRefused; what was written by then stands and may be repeated."""
    consents = list(person.consents.filter(purpose=purpose, state=ConsentState.GIVEN))
    cells = {consent.pk: _withdrawn(consent, on, by) for consent in consents}
    with transaction.atomic():
        for consent in consents:
            Consent.objects.filter(pk=consent.pk).update(state=ConsentState.WITHDRAWN, cell=cells[consent.pk])
        faces = Credential.objects.filter(person=person, kind=CredentialKind.FACE)
        faces.update(state=CredentialState.DEAD, cell=None, quality_cell=None)
        record("consent.withdrawn", "person", person.pk, by=by, at=at)
        bump_roster(person.site_id)
    refused = keeping.forget(person.pk, [KeyClass.FACE], by.authority)
    if isinstance(refused, Refused):
        raise keeping.KeeperRefused(refused.code, refused.facts)


def _withdrawn(consent: Consent, on: date, by: By) -> bytes:
    """The consent's cell with the date of withdrawal, or as it was where this actor may not read it."""
    cell = keeping.cell("person.consent/1", consent.pk, consent.cell)
    facts = keeping.reveal([cell], by.authority, "consent.withdraw")
    if isinstance(facts, Refused) or facts[0] is None:
        return bytes(consent.cell)
    old = unpack(facts[0], ConsentFacts)
    new = msgspec.structs.replace(old, withdrawn_on=on)
    return keeping.seal_one("person.consent/1", consent.person_id, consent.pk, pack(new))


@dataclass(frozen=True, slots=True)
class EnrolledFace:
    """`score` of the picture, 0 to 100."""

    credential: Credential
    score: int


def enrol_face(person: Person, image: bytes, *, by: By, at: datetime) -> EnrolledFace | NotEnrolled:
    """A face from one portrait (JPEG, PNG or WebP bytes), which is read in memory and dropped; only the sealed template
    is kept, and how good the picture was. Replaces the face enrolled before. Raises KeeperAway, ModelMissing."""
    if person.state != PersonState.ACTIVE:
        return NotEnrolled("left")
    if not person.consents.filter(purpose=Purpose.FACE, state=ConsentState.GIVEN).exists():
        return NotEnrolled("no_consent")
    portrait = read_portrait(image)
    if isinstance(portrait, Fault):
        return NotEnrolled(portrait.value)
    return EnrolledFace(_replace_face(person, portrait, by=by, at=at), portrait.quality.score)


def _replace_face(person: Person, portrait: Portrait, *, by: By, at: datetime) -> Credential:
    new_id = uuid4()
    cell, quality = keeping.seal_many(face_plains(person.pk, new_id, portrait))
    with transaction.atomic():
        same = Credential.objects.filter(person=person, kind=CredentialKind.FACE, state=CredentialState.ACTIVE)
        same.update(state=CredentialState.DEAD, cell=None, quality_cell=None)
        credential = _write(person, new_id, CredentialKind.FACE, cell, by=by, at=at)
        Credential.objects.filter(pk=new_id).update(quality_cell=quality, model=portrait.model)
    credential.refresh_from_db()
    return credential


def add_card(person: Person, number: str, *, by: By, at: datetime) -> Credential | NotEnrolled:
    """A card by its number as the reader gives it. Replaces the card before. Raises KeeperAway."""
    text = number.strip().upper()
    if not text or len(text) > 32 or not text.isalnum():
        return NotEnrolled("bad_card")
    return _replace(person, CredentialKind.CARD, "credential.card/1", text.encode(), by=by, at=at)


def lend_card(person: Person, number: str, *, by: By, at: datetime) -> Credential | NotEnrolled:
    """A card for who forgot theirs: it works until the end of the site's date, and their own does not meanwhile.
    Replaces one lent before. Raises KeeperAway."""
    text = number.strip().upper()
    if not text or len(text) > 32 or not text.isalnum():
        return NotEnrolled("bad_card")
    day = local_date(at, ZoneInfo(person.site.zone)).isoformat()
    data = f"{day} {text}".encode()
    return _replace(person, CredentialKind.DAY_CARD, "credential.day_card/1", data, by=by, at=at)


@transaction.atomic
def end_lent_cards(site: Site, *, by: By, at: datetime) -> int:
    """At the change of date: what was lent is over at every gate already; here its rows end. How many."""
    lent = Credential.objects.filter(person__site=site, kind=CredentialKind.DAY_CARD, state=CredentialState.ACTIVE)
    ended = 0
    for credential in lent.select_related("person"):
        kill_credential(credential, by=by, at=at)
        ended += 1
    return ended


def set_pin(person: Person, digits: str, *, by: By, at: datetime) -> Credential | NotEnrolled:
    if not digits.isascii() or not digits.isdigit() or len(digits) not in PIN_DIGITS:
        return NotEnrolled("bad_pin")
    return _replace(person, CredentialKind.PIN, "credential.pin/1", digits.encode(), by=by, at=at)


def issue_pass(person: Person, *, ends: datetime, by: By, at: datetime) -> IssuedPass | NotEnrolled:
    """A signed QR pass over [at, ends). Raises KeeperAway."""
    if person.state != PersonState.ACTIVE:
        return NotEnrolled("left")
    new_id = uuid4()
    claims: dict[str, str | int] = {
        "id": str(new_id),
        "sub": str(person.pk),
        "site": str(person.site_id),
        "nbf": int(at.timestamp()),
        "exp": int(ends.timestamp()),
    }
    text = keeping.sign_pass(claims, by.authority)
    if isinstance(text, Refused):
        return NotEnrolled(text.code)
    # The text itself would open the gate for whoever reads it, so only its span is kept, and that sealed.
    span = f'{{"nbf":{claims["nbf"]},"exp":{claims["exp"]}}}'.encode()
    cell = keeping.seal_one("credential.pass/1", person.pk, new_id, span)
    with transaction.atomic():
        credential = _write(person, new_id, CredentialKind.QR, cell, by=by, at=at)
    return IssuedPass(credential, text)


def show_pass(person: Person, *, by: By, at: datetime) -> str | NotEnrolled:
    """The text of a pass for a minute, for the person's own screen. It opens once, needs no row here, and ends before
    anybody could take it back. Raises KeeperAway."""
    if person.state != PersonState.ACTIVE:
        return NotEnrolled("left")
    claims: dict[str, str | int] = {
        "id": str(uuid4()),
        "sub": str(person.pk),
        "site": str(person.site_id),
        "nbf": int((at - CLOCKS_APART).timestamp()),
        "exp": int((at + PHONE_PASS_HOLDS).timestamp()),
    }
    text = keeping.sign_pass(claims, by.authority)
    return NotEnrolled(text.code) if isinstance(text, Refused) else text


def kill_credential(credential: Credential, *, by: By, at: datetime) -> None:
    """The credential opens nothing any more and its cell is gone."""
    with transaction.atomic():
        Credential.objects.filter(pk=credential.pk).update(state=CredentialState.DEAD, cell=None)
        record("credential.killed", "person", credential.person_id, by=by, at=at)
        bump_roster(credential.person.site_id)


def _replace(
    person: Person, kind: CredentialKind, label: str, data: bytes, *, by: By, at: datetime
) -> Credential | NotEnrolled:
    if person.state != PersonState.ACTIVE:
        return NotEnrolled("left")
    new_id = uuid4()
    cell = keeping.seal_one(label, person.pk, new_id, data)
    with transaction.atomic():
        same = Credential.objects.filter(person=person, kind=kind, state=CredentialState.ACTIVE)
        same.update(state=CredentialState.DEAD, cell=None)
        return _write(person, new_id, kind, cell, by=by, at=at)


def _write(person: Person, new_id: UUID, kind: CredentialKind, cell: bytes, *, by: By, at: datetime) -> Credential:
    credential = Credential.objects.create(id=new_id, person=person, kind=kind, cell=cell)
    record("credential.added", "person", person.pk, by=by, at=at)
    bump_roster(person.site_id)
    return credential
