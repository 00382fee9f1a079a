"""How much room is left: from the open stays and what an operator has counted; shown on a sign, told to edges."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from gatehouse.domain.errors import DomainError
from gatehouse.domain.room import free_bays, is_full
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import Garage, GarageRoom, OpenStay
from gatehouse.server.people.actions import bump_clearances, bump_roster
from gatehouse.server.people.models import Site

MOST_BAYS = 100_000


class RoomError(DomainError):
    """Room that cannot be. Codes: `capacity`, `reopen_free`, `counted`, `overstay_days`."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a sign says. `free` None: nobody said how many bays there are."""

    inside: int
    capacity: int | None
    free: int | None
    full: bool
    correction: int

    @property
    def share(self) -> int:
        """Per cent taken, for a bar."""
        return min(100, 100 * self.inside // self.capacity) if self.capacity else 0


def held(garage: Garage) -> GarageRoom:
    """The garage's settings, the usual ones where nobody chose any."""
    return GarageRoom.objects.filter(pk=garage.pk).first() or GarageRoom(garage=garage)


def room(garage: Garage) -> Room:
    return rooms([garage])[garage.pk]


def rooms(garages: Sequence[Garage]) -> dict[UUID, Room]:
    """Of many garages, with two questions to the database."""
    settings = {of.pk: of for of in GarageRoom.objects.filter(garage__in=garages)}
    stays = OpenStay.objects.filter(garage__in=garages).order_by()
    counts = dict(stays.values_list("garage_id").annotate(Count("pk")))
    return {one.pk: _room(settings.get(one.pk) or GarageRoom(garage=one), counts.get(one.pk, 0)) for one in garages}


def _room(of: GarageRoom, stays: int) -> Room:
    inside = max(0, stays + of.correction)
    free = None if of.capacity is None else free_bays(inside, of.capacity)
    return Room(inside, of.capacity, free, of.is_full, of.correction)


def full_garages(site: Site) -> frozenset[UUID]:
    return frozenset(GarageRoom.objects.filter(garage__site=site, is_full=True).values_list("pk", flat=True))


def garage_by_sign(code: str) -> Garage | None:
    return Garage.objects.select_related("site").filter(room__sign_code=code).first()


def follow(garages: Iterable[UUID]) -> None:
    """After cars came or went: turn the sign where it says something else now, and tell the edges. Must run inside the
    transaction that holds the site."""
    assert connection.in_atomic_block
    for of in GarageRoom.objects.filter(pk__in=set(garages)).select_related("garage"):
        inside = OpenStay.objects.filter(garage_id=of.pk).count() + of.correction
        full = is_full(inside, of.capacity, of.reopen_free, of.is_full)
        if full != of.is_full and GarageRoom.objects.filter(pk=of.pk, is_full=of.is_full).update(is_full=full):
            bump_clearances(of.garage.site_id)


@transaction.atomic
def set_room(
    garage: Garage,
    *,
    capacity: int | None,
    reopen_free: int,
    overstay_days: int,
    emergency_forms: bool,
    by: By,
    at: datetime,
) -> GarageRoom:
    """Raises RoomError."""
    if capacity is not None and not 1 <= capacity <= MOST_BAYS:
        raise RoomError("capacity", f"a garage has 1 to {MOST_BAYS} bays")
    if not 1 <= reopen_free <= 1000:
        raise RoomError("reopen_free", "a full garage opens again when 1 to 1000 bays are free")
    if not 1 <= overstay_days <= 365:
        raise RoomError("overstay_days", "a car has overstayed after 1 to 365 days")
    lock_site(garage.site_id)
    values = {
        "capacity": capacity,
        "reopen_free": reopen_free,
        "overstay_days": overstay_days,
        "emergency_forms": emergency_forms,
    }
    of, _new = GarageRoom.objects.update_or_create(garage=garage, defaults=values)
    follow([garage.pk])
    bump_roster(garage.site_id)
    record("garage.room_set", "garage", garage.pk, by=by, at=at)
    of.refresh_from_db()
    return of


@transaction.atomic
def correct(garage: Garage, counted: int, *, by: By, at: datetime) -> int:
    """Somebody counted so many cars; the answer is how many more that is than we had. Raises RoomError."""
    if not 0 <= counted <= MOST_BAYS:
        raise RoomError("counted", f"count 0 to {MOST_BAYS} cars")
    lock_site(garage.site_id)
    of, _new = GarageRoom.objects.get_or_create(garage=garage)
    stays = OpenStay.objects.filter(garage=garage).count()
    drift = counted - stays - of.correction
    GarageRoom.objects.filter(pk=of.pk).update(correction=counted - stays)
    follow([garage.pk])
    record("garage.counted", "garage", garage.pk, by=by, at=at)
    return drift


def found_gone(counts: Mapping[UUID, int]) -> None:
    """So many stays of these garages were closed that nobody saw leave: what a count had taken off for them is not
    taken off twice. Must run inside the transaction that closes them."""
    assert connection.in_atomic_block
    for of in GarageRoom.objects.filter(pk__in=counts, correction__lt=0):
        GarageRoom.objects.filter(pk=of.pk).update(correction=min(0, of.correction + counts[of.pk]))
