"""After a restore: rows forget whom the keeper forgot since, and edges are heard whatever they have counted to."""

from collections.abc import Mapping, Set
from datetime import datetime

from django.db import transaction

from gatehouse.keeper.protocol import KeyClass
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Edge
from gatehouse.server.people.actions import bump_roster
from gatehouse.server.people.models import (
    Consent,
    ConsentState,
    Credential,
    CredentialKind,
    CredentialState,
    Person,
    PersonState,
    Purpose,
    Vehicle,
    VehicleState,
)

RESTORE = By.job("restore")


@transaction.atomic
def settle(destroyed: Mapping[KeyClass, Set[str]], lost_edge: str, at: datetime) -> int:
    """`destroyed` are the people and vehicles of whom a class of keys is gone for good; how many rows of theirs still
    held something. `lost_edge` is the one whose key lay on the lost machine, "" for none."""
    faces, access = destroyed.get(KeyClass.FACE, set()), destroyed.get(KeyClass.ACCESS, set())
    gone = destroyed.get(KeyClass.IDENTITY, set())
    dead = {"state": CredentialState.DEAD, "cell": None}
    held = Credential.objects.exclude(cell=None)
    rows = held.filter(kind=CredentialKind.FACE, person_id__in=faces).update(**dead)
    rows += held.filter(person_id__in=access | gone).update(**dead)
    given = Consent.objects.filter(state=ConsentState.GIVEN)
    rows += given.filter(purpose=Purpose.FACE, person_id__in=faces).update(state=ConsentState.WITHDRAWN)
    here = Person.objects.filter(pk__in=gone).exclude(state=PersonState.LEFT)
    rows += here.update(state=PersonState.LEFT)
    cars = Vehicle.objects.filter(pk__in=destroyed.get(KeyClass.VEHICLE, set())).exclude(state=VehicleState.GONE)
    rows += cars.update(state=VehicleState.GONE, owner=None)
    Edge.objects.update(restored=True)
    Edge.objects.filter(pk=lost_edge).update(active=False)
    for site in set(Edge.objects.values_list("site_id", flat=True)) | set(
        Person.objects.values_list("site_id", flat=True)
    ):
        bump_roster(site)
    record("backup.restored", "server", "", by=RESTORE, at=at)
    return rows
