"""Stays that were paid ahead. A booked car is let in once, up to `tolerance_min` early; inside its span nothing more is
owed, and the time after it is charged as if the car had come in then."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import QuerySet

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.periods import DAY
from gatehouse.domain.plates import normalise
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking.facts import StayUnreadable, entries
from gatehouse.server.parking.models import Booking, BookingState, Garage, OpenStay
from gatehouse.server.people.actions import bump_roster
from gatehouse.server.people.models import Site, Vehicle, VehicleState

BOOKINGS = By.job("bookings")
LONGEST = 366 * DAY
MOST_TOLERANCE_MIN = 24 * 60
KEPT = 400 * DAY


class BookingError(DomainError):
    """A booking that cannot be. Codes: `plate`, `ends`, `tolerance`, `prepaid`, `currency`."""


def book(
    garage: Garage,
    plate: str,
    *,
    starts: datetime,
    ends: datetime,
    prepaid: Money,
    tolerance_min: int = 30,
    by: By,
    at: datetime,
) -> Booking:
    """For a plate as people write it. Raises BookingError, KeeperAway."""
    canonical = normalise(plate)
    if not canonical:
        raise BookingError("plate", "a plate has at least one letter or digit")
    if not starts < ends <= starts + LONGEST or ends <= at:
        raise BookingError("ends", "a booking ends after it starts, in the future, at most a year later")
    if not 0 <= tolerance_min <= MOST_TOLERANCE_MIN:
        raise BookingError("tolerance", f"0 to {MOST_TOLERANCE_MIN} minutes early")
    if prepaid.currency != garage.currency:
        raise BookingError("currency", f"write the garage's own money, {garage.currency}")
    if not 0 <= prepaid.minor <= 10**12:
        raise BookingError("prepaid", "what was paid ahead is 0 or more")
    new_id = uuid4()
    cell = keeping.seal_one("vehicle.plate/1", new_id, new_id, canonical.encode())
    with transaction.atomic():
        vehicle = Vehicle.objects.create(id=new_id, site=garage.site, plate_cell=cell)
        booking = Booking.objects.create(
            garage=garage,
            vehicle=vehicle,
            starts=starts,
            ends=ends,
            tolerance_min=tolerance_min,
            prepaid_minor=prepaid.minor,
        )
        record("booking.made", "vehicle", new_id, by=by, at=at)
        bump_roster(garage.site_id)
    keeping.index_soon([keeping.cell("vehicle.plate/1", new_id, cell)])
    return booking


@transaction.atomic
def cancel(booking: Booking, *, by: By, at: datetime) -> bool:
    """False when it was used, cancelled or not kept before. A car that is inside by it keeps what it came in by."""
    expected = Booking.objects.filter(pk=booking.pk, state=BookingState.EXPECTED)
    if not expected.update(state=BookingState.CANCELLED):
        return False
    _gone(booking)
    record("booking.cancelled", "vehicle", booking.vehicle_id, by=by, at=at)
    bump_roster(booking.garage.site_id)
    return True


def _gone(booking: Booking) -> None:
    Vehicle.objects.filter(pk=booking.vehicle_id, owner=None).update(state=VehicleState.GONE)


def used(garage: Garage, vehicles: Iterable[str]) -> None:
    """The stays of these vehicles' bookings are over. Must run inside the transaction that closes them."""
    assert connection.in_atomic_block
    ids = [UUID(vehicle) for vehicle in vehicles]
    expected = Booking.objects.filter(garage=garage, vehicle_id__in=ids, state=BookingState.EXPECTED)
    if expected.update(state=BookingState.USED):
        Vehicle.objects.filter(pk__in=ids, owner=None).update(state=VehicleState.GONE)
        bump_roster(garage.site_id)


def note_no_shows(site: Site, *, at: datetime) -> int:
    """Bookings that are over and whose car is not inside; how many. Letters of an edge that was cut off may still come
    a day late. Raises KeeperAway."""
    over = list(
        Booking.objects.filter(garage__site=site, state=BookingState.EXPECTED, ends__lte=at - DAY).select_related(
            "garage"
        )
    )
    if not over:
        return 0
    stays = {stay.pk: bytes(stay.entry_cell) for stay in OpenStay.objects.filter(garage__site=site)}
    try:
        inside = {entry.vehicle for entry in entries(stays).values() if entry.reason == "booking"}
    except StayUnreadable:
        return 0
    gone = [booking for booking in over if str(booking.vehicle_id) not in inside]
    with transaction.atomic():
        rows = Booking.objects.filter(pk__in=[one.pk for one in gone], state=BookingState.EXPECTED)
        count = rows.update(state=BookingState.NO_SHOW)
        for booking in gone:
            _gone(booking)
        if count:
            record("bookings.no_show", "site", site.pk, by=BOOKINGS, at=at)
            bump_roster(site.pk)
    return count


def bookings(sites: Iterable[Site], since: datetime) -> QuerySet[Booking]:
    """Those that end after `since`, soonest first."""
    found = Booking.objects.filter(garage__site__in=list(sites), ends__gt=since)
    return found.select_related("garage__site", "vehicle").order_by("starts", "id")


def expected_soon(garage: Garage, at: datetime, within: timedelta) -> int:
    """How many bays to keep in mind."""
    return Booking.objects.filter(
        garage=garage, state=BookingState.EXPECTED, starts__lte=at + within, ends__gt=at
    ).count()
