"""Registered vehicles. A plate is sealed under the vehicle's own key."""

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from gatehouse.domain.plates import normalise
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.actions import bump_roster
from gatehouse.server.people.models import Person, Site, Vehicle, VehicleState


def register_vehicle(
    site: Site, plate: str, *, owner: Person | None, vehicle_class: str = "", by: By, at: datetime
) -> Vehicle:
    """A vehicle by its plate as people write it. Its stays are priced as `vehicle_class`, or as the plate says where
    that is empty. Raises KeeperAway, ValueError for an empty plate."""
    canonical = normalise(plate)
    if not canonical:
        raise ValueError("a plate has at least one letter or digit")
    new_id = uuid4()
    cell = keeping.seal_one("vehicle.plate/1", new_id, new_id, canonical.encode())
    with transaction.atomic():
        vehicle = Vehicle.objects.create(
            id=new_id, site=site, owner=owner, plate_cell=cell, vehicle_class=vehicle_class
        )
        record("vehicle.registered", "vehicle", new_id, by=by, at=at)
        bump_roster(site.pk)
    keeping.index_soon([keeping.cell("vehicle.plate/1", new_id, cell)])
    return vehicle


@transaction.atomic
def set_vehicle_state(vehicle: Vehicle, state: VehicleState, *, by: By, at: datetime) -> None:
    Vehicle.objects.filter(pk=vehicle.pk).update(state=state)
    record(f"vehicle.{state}", "vehicle", vehicle.pk, by=by, at=at)
    bump_roster(vehicle.site_id)


@transaction.atomic
def set_vehicle_class(vehicle: Vehicle, vehicle_class: str, *, by: By, at: datetime) -> None:
    """Its stays that are open are priced so, too; those that are over stay as they are."""
    Vehicle.objects.filter(pk=vehicle.pk).update(vehicle_class=vehicle_class)
    record("vehicle.class_set", "vehicle", vehicle.pk, by=by, at=at)
