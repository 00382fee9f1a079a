"""Changing what stands at a gate: another address, the part of a picture that counts, tried by hand, taken away."""

from datetime import datetime

from django.db import transaction

from gatehouse.domain.regions import Region
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Attempt, Device, Gate, GateAlarm, Opening
from gatehouse.server.people.actions import bump_roster


def change_address(device: Device, address: str, secret: str | None, *, by: By, at: datetime) -> None:
    """Where the device answers now; `secret` None keeps the one it has, "" is none. It is to be tried anew. Raises
    KeeperAway."""
    cell = device.secret_cell
    if secret is not None:
        cell = keeping.seal_one("device.secret/1", device.gate.site_id, device.pk, secret.encode()) if secret else None
    with transaction.atomic():
        Device.objects.filter(pk=device.pk).update(address=address, secret_cell=cell, tried=False)
        record("device.changed", "device", device.pk, by=by, at=at)
        bump_roster(device.gate.site_id)


@transaction.atomic
def set_region(device: Device, region: Region | None, *, by: By, at: datetime) -> None:
    """The part of a camera's picture that its gate looks at; None for all of it."""
    Device.objects.filter(pk=device.pk).update(region=region.corners() if region else [])
    record("device.region_set", "device", device.pk, by=by, at=at)
    bump_roster(device.gate.site_id)


@transaction.atomic
def note_tried(device: Device, *, works: bool, by: By, at: datetime) -> None:
    """Somebody saw the camera's picture, or saw the relay open its gate; or saw that it does not."""
    if Device.objects.filter(pk=device.pk, tried=not works).update(tried=works):
        record("device.tried" if works else "device.not_right", "device", device.pk, by=by, at=at)


@transaction.atomic
def remove_device(device: Device, *, by: By, at: datetime) -> None:
    record("device.removed", "device", device.pk, by=by, at=at)
    bump_roster(device.gate.site_id)
    device.delete()


def can_remove(gate: Gate) -> bool:
    """A gate that nobody who is known stood at yet; afterwards it stays, since what happened there names it."""
    return not Attempt.objects.filter(site_id=gate.site_id, gate=gate.code, token__isnull=False).exists()


@transaction.atomic
def remove_gate(gate: Gate, *, by: By, at: datetime) -> bool:
    """With its devices; rules that name it name it no more. False, and nothing changed, where something happened at
    it."""
    if not can_remove(gate):
        return False
    record("gate.removed", "gate", gate.pk, by=by, at=at)
    Opening.objects.filter(gate=gate).delete()
    GateAlarm.objects.filter(site_id=gate.site_id, gate=gate.code, seen=False).update(seen=True)
    bump_roster(gate.site_id)
    gate.delete()
    return True
