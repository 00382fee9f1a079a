"""Erasing somebody who has left: what goes, what the law or a hold keeps and until when, and the certificate.

The keeper destroys the keys; here the rows are emptied first, so that gates and lists forget at once. What has to stay
waits at the keeper, which destroys it by itself when its last hold is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from gatehouse.domain.periods import local_date
from gatehouse.domain.retention import law_keeps_until
from gatehouse.keeper.protocol import Forgotten, HeldClass, HeldList, KeyClass, Refused
from gatehouse.server import feed, keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people import queries as people
from gatehouse.server.people.actions import bump_roster
from gatehouse.server.people.cells import File, unpack
from gatehouse.server.people.models import (
    Consent,
    ConsentState,
    Credential,
    CredentialState,
    Person,
    PersonState,
    Vehicle,
    VehicleState,
)
from gatehouse.server.rights import queries
from gatehouse.server.rights.cells import CERTIFICATE
from gatehouse.server.rights.errors import RightsError
from gatehouse.server.rights.models import ErasureCertificate

PURPOSE = "person.erase"
OF_PERSON = (KeyClass.FACE, KeyClass.IDENTITY, KeyClass.ACCESS, KeyClass.WORK)
# Pay records say whose pay it was, so the law holds the name with them.
HELD_BY_LAW = frozenset({KeyClass.IDENTITY, KeyClass.WORK})
LAW = "law.pay"


@dataclass(frozen=True, slots=True)
class Part:
    """One class of somebody's data: whether there is any, and what keeps it."""

    key: KeyClass
    there: bool
    waits: bool
    holds: tuple[HeldClass, ...]
    law_until: date | None

    @property
    def kept_until(self) -> date | None:
        """None: it goes at once."""
        ends = [one.until for one in self.holds] + ([self.law_until] if self.law_until else [])
        return max(ends, default=None)


@dataclass(frozen=True, slots=True)
class Preview:
    parts: list[Part]
    holds: list[HeldClass]
    vehicles: int
    still_here: bool
    left_on: date | None


@dataclass(frozen=True, slots=True)
class Erased:
    """What went and what stays; `certificate` is its row."""

    certificate: ErasureCertificate
    destroyed: list[KeyClass]
    stays: list[HeldClass]
    vehicles: int


def preview(person: Person, by: By, at: datetime) -> Preview | Refused:
    """What erasing this person would do now. Looks at the file for the last day. Raises KeeperAway."""
    held = keeping.held(person.pk, by.authority)
    if isinstance(held, Refused):
        return held
    left_on = _left_on(person, by)
    if isinstance(left_on, Refused):
        return left_on
    law = _law_until(person, held, left_on, at)
    return Preview(
        parts=[_part(cls, held, law) for cls in OF_PERSON],
        holds=held.holds,
        vehicles=people.vehicles_of(person).count(),
        still_here=person.state == PersonState.ACTIVE,
        left_on=left_on,
    )


def erase(person: Person, classes: Sequence[KeyClass], *, by: By, at: datetime) -> Erased | Refused:
    """Of somebody who has left; with them their vehicles. Raises RightsError, KeeperAway; what was done by then stands
    and may be repeated."""
    if person.state == PersonState.ACTIVE:
        raise RightsError("still_here", "their last day comes first")
    wanted = [cls for cls in OF_PERSON if cls in classes]
    if not wanted:
        raise RightsError("nothing_chosen", "choose what is erased")
    seen = preview(person, by, at)
    if isinstance(seen, Refused):
        return seen
    kept = {part.key for part in seen.parts if part.kept_until is not None}
    for part in seen.parts:
        if part.key in wanted and part.law_until and not any(one.why == LAW for one in part.holds):
            laid = keeping.hold(person.pk, part.key, part.law_until, LAW, "", by.authority)
            if isinstance(laid, Refused):
                return laid
    _empty_rows(person, set(wanted) - kept, by=by, at=at)
    done = keeping.forget(person.pk, wanted, by.authority)
    if isinstance(done, Refused):
        return done
    feed.drop(Credential.objects.filter(person=person).values_list("pk", flat=True))
    vehicles = _erase_vehicles(person, by=by, at=at) if KeyClass.ACCESS in wanted else 0
    return _certified(person, done, vehicles)


def _left_on(person: Person, by: By) -> date | Refused | None:
    data = keeping.reveal([keeping.cell("person.file/1", person.pk, person.file_cell)], by.authority, PURPOSE)
    if isinstance(data, Refused):
        return data
    return unpack(data[0], File).left if data[0] else None


def _law_until(person: Person, held: HeldList, left_on: date | None, at: datetime) -> date | None:
    """None where nothing is left to keep, or the years are over. Whose last day is not known left today."""
    if KeyClass.WORK not in held.classes:
        return None
    today = local_date(at, ZoneInfo(person.site.zone))
    ends = law_keeps_until(left_on or today, queries.retention_of(person.site))
    return ends if ends > today else None


def _part(key: KeyClass, held: HeldList, law: date | None) -> Part:
    there = key in held.classes
    return Part(
        key=key,
        there=there,
        waits=key in held.waiting,
        holds=tuple(one for one in held.holds if one.key == key),
        law_until=law if there and key in HELD_BY_LAW else None,
    )


@transaction.atomic
def _empty_rows(person: Person, going: set[KeyClass], *, by: By, at: datetime) -> None:
    """The cells would be noise without their keys; empty ones are no riddle to whoever finds them."""
    if KeyClass.IDENTITY in going:
        Person.objects.filter(pk=person.pk).update(contact_cell=None, identity_cell=None, bank_cell=None)
    if KeyClass.ACCESS in going or KeyClass.FACE in going:
        Credential.objects.filter(person=person).update(state=CredentialState.DEAD, cell=None)
    if KeyClass.FACE in going:
        Consent.objects.filter(person=person).update(state=ConsentState.WITHDRAWN)
    record("person.erased", "person", person.pk, by=by, at=at)
    bump_roster(person.site_id)


def _erase_vehicles(person: Person, *, by: By, at: datetime) -> int:
    """Their plates; a hold on a vehicle keeps its own. How many."""
    count = 0
    for vehicle in list(people.vehicles_of(person)):
        with transaction.atomic():
            Vehicle.objects.filter(pk=vehicle.pk).update(state=VehicleState.GONE, owner=None)
            record("vehicle.erased", "vehicle", vehicle.pk, by=by, at=at)
            bump_roster(vehicle.site_id)
        done = keeping.forget(vehicle.pk, [KeyClass.VEHICLE], by.authority)
        if isinstance(done, Refused):
            raise keeping.KeeperRefused(done.code, done.facts)
        feed.drop([vehicle.pk])
        count += 1
    return count


def _certified(person: Person, done: Forgotten, vehicles: int) -> Erased:
    row = ErasureCertificate(id=uuid4(), person=person)
    row.cell = keeping.seal_one(CERTIFICATE, person.site_id, row.pk, done.certificate)
    row.save(force_insert=True)
    return Erased(row, done.destroyed, done.stays, vehicles)


def read_certificate(row: ErasureCertificate, by: By) -> bytes | Refused:
    """The signed file. Raises KeeperAway."""
    cell = keeping.cell(CERTIFICATE, row.pk, row.cell)
    data = keeping.reveal([cell], by.authority, "erasure.certificate")
    if isinstance(data, Refused):
        return data
    return data[0] or b""
