"""Rows of the one site that the API's routes can be asked about."""

from datetime import timedelta

from tests.server.world import SETUP, World

from gatehouse.domain.money import Money
from gatehouse.server.interchange.models import Import
from gatehouse.server.parking.actions import add_permit
from gatehouse.server.parking.bookings import book
from gatehouse.server.parking.lists import Wanted, add_entries
from gatehouse.server.parking.models import ListKind
from gatehouse.server.parking.permits import add_pool
from gatehouse.server.people.vehicle_actions import register_vehicle


def ids_of_rows(world: World) -> dict[str, str]:
    """By the name that an address, or a body, calls them."""
    vehicle = register_vehicle(world.site, "B 1", owner=None, by=SETUP, at=world.now())
    at, day = world.now(), world.now().date()
    listed = add_entries(world.site, ListKind.BLOCKED, [Wanted("B 2")], by=SETUP, at=at)
    prepaid, ends = Money(0, "CNY"), at + timedelta(hours=1)
    booking = book(world.garage, "B 3", starts=at, ends=ends, prepaid=prepaid, by=SETUP, at=at)
    photos = Import.objects.create(
        site=world.site, number=1, kind="photos", added_on=day, added_by="x", digest="x", mapping={}, rows=0
    )
    return {
        "entry_id": str(listed[0].pk),
        "pool_id": str(add_pool(world.garage, "pool", bays=1, starts=day, ends=None, by=SETUP, at=at).pk),
        "permit_id": str(add_permit(vehicle, world.garage, starts=day, ends=None, by=SETUP, at=at).pk),
        "booking_id": str(booking.pk),
        "kind": "blocked",
        "site_id": str(world.site.pk),
        "gate_id": str(world.door.pk),
        "person_id": str(world.hire().pk),
        "vehicle_id": str(vehicle.pk),
        "garage_id": str(world.garage.pk),
        "site": str(world.site.pk),
        "import_id": str(photos.pk),
        "number": "0",
    }
