"""Lists of vehicles, contracts of shared bays, bookings, merchants and room. No plate is ever answered."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field, StrictInt

from gatehouse.domain.money import Money
from gatehouse.domain.periods import DAY
from gatehouse.domain.plates import normalise
from gatehouse.server import moment
from gatehouse.server.api import reach
from gatehouse.server.api.access import caller, route
from gatehouse.server.api.errors import Invalid, not_found
from gatehouse.server.api.shapes import Answer, Code, Day, Flag, Instant, Made, Minutes, Shape, Text
from gatehouse.server.parking import bookings, lists, merchants, permits, queries, room
from gatehouse.server.parking.actions import PermitError
from gatehouse.server.parking.bookings import BookingError
from gatehouse.server.parking.merchants import MerchantError, Terms
from gatehouse.server.parking.models import BookingState, GiftKind, ListKind, Period
from gatehouse.server.parking.room import RoomError

router = Router(tags=["parking"])

PAGE = 100
Plate = Annotated[Text, Field(min_length=1, max_length=20)]
Minor = Annotated[StrictInt, Field(ge=0, le=10**12)]
Count = Annotated[StrictInt, Field(ge=0, le=10**6)]
Offset = Annotated[int, Field(ge=0, le=10**6)]


class Listed(Shape):
    """`until` is the last date on the list."""

    plate: Plate
    until: Day | None = None
    reason: Annotated[Text, Field(max_length=lists.REASON_LIMIT)] = ""


class NewEntries(Shape):
    """In one garage, or everywhere at the site. The same `batch` again adds nothing."""

    kind: ListKind
    vehicles: Annotated[list[Listed], Field(min_length=1, max_length=500)]
    garage: UUID | None = None
    batch: UUID | None = None


class Entries(Answer):
    ids: list[UUID]


@route(router, "POST", "/sites/{uuid:site_id}/lists", response={201: Entries})
def add_list_entries(request: HttpRequest, site_id: UUID, body: NewEntries) -> Entries:
    site = reach.site(request, site_id)
    garage = reach.garage_of(site, body.garage) if body.garage else None
    wanted = []
    for place, one in enumerate(body.vehicles):
        plate = normalise(one.plate)
        if not plate:
            raise Invalid(f"vehicles.{place}.plate", "plate")
        wanted.append(lists.Wanted(plate, one.until + DAY if one.until else None, one.reason))
    made = lists.add_entries(
        site, body.kind, wanted, garage=garage, batch=body.batch, by=caller(request).by, at=moment.now()
    )
    return Entries(ids=[entry.pk for entry in made])


class EntryRow(Made):
    kind: ListKind
    garage: UUID | None
    until: date | None
    batch: UUID | None


@route(router, "GET", "/sites/{uuid:site_id}/lists/{kind}", response=list[EntryRow])
def list_list_entries(request: HttpRequest, site_id: UUID, kind: ListKind, offset: Offset = 0) -> list[EntryRow]:
    """A hundred at a time."""
    found = lists.entries([reach.site(request, site_id)], kind)[offset : offset + PAGE]
    return [
        EntryRow(
            id=one.pk,
            kind=ListKind(one.kind),
            garage=one.garage_id,
            until=one.ends - DAY if one.ends else None,
            batch=one.batch,
        )
        for one in found
    ]


@route(router, "DELETE", "/lists/{uuid:entry_id}", response={204: None})
def remove_list_entry(request: HttpRequest, entry_id: UUID) -> None:
    found = lists.entry(entry_id, reach.sites(request))
    if found is None:
        raise not_found("entry")
    lists.remove_entries([found], by=caller(request).by, at=moment.now())


class NewPool(Shape):
    """On the dates [starts, ends) of the site, for `bays` bays."""

    code: Code
    bays: Annotated[StrictInt, Field(ge=1, le=permits.MOST_BAYS)]
    starts: Day
    ends: Day | None = None
    period: Period = Period.MONTH
    renews: Flag = False
    grace_days: Annotated[StrictInt, Field(ge=0, le=permits.MOST_GRACE)] = 0
    price_minor: Minor = 0


@route(router, "POST", "/garages/{uuid:garage_id}/pools", response={201: Made})
def add_pool(request: HttpRequest, garage_id: UUID, body: NewPool) -> Made:
    garage = reach.garage(request, garage_id)
    if permits.is_code_taken(garage, body.code):
        raise Invalid("code", "taken")
    try:
        pool = permits.add_pool(
            garage,
            body.code,
            bays=body.bays,
            starts=body.starts,
            ends=body.ends,
            period=body.period,
            renews=body.renews,
            grace_days=body.grace_days,
            price_minor=body.price_minor,
            by=caller(request).by,
            at=moment.now(),
        )
    except PermitError as fault:
        raise Invalid("ends" if fault.code == "order" else fault.code, fault.code) from fault
    return Made(id=pool.pk)


class Joining(Shape):
    vehicle: UUID


@route(router, "POST", "/pools/{uuid:pool_id}/vehicles", response={201: Made})
def join_pool(request: HttpRequest, pool_id: UUID, body: Joining) -> Made:
    """A registered vehicle of the same site."""
    pool = permits.pools(reach.sites(request)).filter(pk=pool_id).first()
    if pool is None:
        raise not_found("pool")
    vehicle = reach.vehicle(request, body.vehicle)
    try:
        member = permits.join_pool(pool, vehicle, by=caller(request).by, at=moment.now())
    except PermitError as fault:
        raise Invalid("vehicle", fault.code) from fault
    return Made(id=member.pk)


class Renewed(Answer):
    renewed: int


@route(router, "POST", "/permits/{uuid:permit_id}/renew", response=Renewed)
def renew_permit(request: HttpRequest, permit_id: UUID) -> Renewed:
    """A permit or a pool, for its next period; 0 for one that is not renewed."""
    sites = reach.sites(request)
    right = permits.permits(sites).filter(pk=permit_id).first() or permits.pools(sites).filter(pk=permit_id).first()
    if right is None:
        raise not_found("permit")
    return Renewed(renewed=permits.renew([right], by=caller(request).by, at=moment.now()))


class NewBooking(Shape):
    """On [starts, ends); the car may come `tolerance_min` early. `prepaid_minor` in the garage's money."""

    plate: Plate
    starts: Instant
    ends: Instant
    prepaid_minor: Minor = 0
    tolerance_min: Minutes = 30


@route(router, "POST", "/garages/{uuid:garage_id}/bookings", response={201: Made})
def add_booking(request: HttpRequest, garage_id: UUID, body: NewBooking) -> Made:
    garage = reach.garage(request, garage_id)
    try:
        booking = bookings.book(
            garage,
            body.plate,
            starts=body.starts,
            ends=body.ends,
            prepaid=Money(body.prepaid_minor, garage.currency),
            tolerance_min=body.tolerance_min,
            by=caller(request).by,
            at=moment.now(),
        )
    except BookingError as fault:
        raise Invalid(fault.code, fault.code) from fault
    return Made(id=booking.pk)


class BookingRow(Made):
    garage: UUID
    starts: datetime
    ends: datetime
    prepaid_minor: int
    state: BookingState


@route(router, "GET", "/sites/{uuid:site_id}/bookings", response=list[BookingRow])
def list_bookings(request: HttpRequest, site_id: UUID, offset: Offset = 0) -> list[BookingRow]:
    """Those that ended within the last week or end later, a hundred at a time."""
    since = moment.now() - timedelta(days=7)
    return [
        BookingRow(
            id=one.pk,
            garage=one.garage_id,
            starts=one.starts,
            ends=one.ends,
            prepaid_minor=one.prepaid_minor,
            state=BookingState(one.state),
        )
        for one in bookings.bookings([reach.site(request, site_id)], since)[offset : offset + PAGE]
    ]


@route(router, "DELETE", "/bookings/{uuid:booking_id}", response={204: None})
def cancel_booking(request: HttpRequest, booking_id: UUID) -> None:
    """A car that is inside by it keeps what it came in by."""
    found = bookings.bookings(reach.sites(request), moment.now() - bookings.KEPT).filter(pk=booking_id).first()
    if found is None:
        raise not_found("booking")
    bookings.cancel(found, by=caller(request).by, at=moment.now())


class NewMerchant(Shape):
    """`gives`, `most_per_stay` and `month_budget` in minutes, or in minor units of the garage's money."""

    name: Annotated[Text, Field(min_length=1, max_length=60)]
    kind: GiftKind
    gives: Annotated[StrictInt, Field(ge=1, le=10**9)]
    most_per_stay: Annotated[StrictInt, Field(ge=1, le=10**9)]
    month_budget: Minor


class MerchantMade(Made):
    """`code` stands in the address of the merchant's page, /merchant/<code>/; it is told only now."""

    code: str


@route(router, "POST", "/garages/{uuid:garage_id}/merchants", response={201: MerchantMade})
def add_merchant(request: HttpRequest, garage_id: UUID, body: NewMerchant) -> MerchantMade:
    garage = reach.garage(request, garage_id)
    try:
        terms = Terms(body.kind, body.gives, body.most_per_stay, body.month_budget)
    except MerchantError as fault:
        raise Invalid(fault.code, "out_of_range") from fault
    made, code = merchants.add_merchant(garage, body.name, terms, by=caller(request).by, at=moment.now())
    return MerchantMade(id=made.pk, code=code)


class MerchantRow(Made):
    garage: UUID
    name: str
    kind: GiftKind
    gives: int
    most_per_stay: int
    month_budget: int
    left: int
    active: bool


@route(router, "GET", "/sites/{uuid:site_id}/merchants", response=list[MerchantRow])
def list_merchants(request: HttpRequest, site_id: UUID) -> list[MerchantRow]:
    return [
        MerchantRow(
            id=one.pk,
            garage=one.garage_id,
            name=one.name,
            kind=GiftKind(one.kind),
            gives=one.gives,
            most_per_stay=one.most_per_stay,
            month_budget=one.month_budget,
            left=queries.merchant_room(one, moment.now()),
            active=one.active,
        )
        for one in queries.merchants([reach.site(request, site_id)])
    ]


class RoomNow(Answer):
    """`free` is null while nobody said how many bays there are."""

    inside: int
    capacity: int | None
    free: int | None
    full: bool
    correction: int


@route(router, "GET", "/garages/{uuid:garage_id}/room", response=RoomNow)
def garage_room(request: HttpRequest, garage_id: UUID) -> RoomNow:
    return _room_now(room.room(reach.garage(request, garage_id)))


def _room_now(of: room.Room) -> RoomNow:
    return RoomNow(inside=of.inside, capacity=of.capacity, free=of.free, full=of.full, correction=of.correction)


class Counted(Shape):
    """Somebody has counted the cars."""

    counted: Count


@route(router, "POST", "/garages/{uuid:garage_id}/room/count", response=RoomNow)
def count_garage(request: HttpRequest, garage_id: UUID, body: Counted) -> RoomNow:
    garage = reach.garage(request, garage_id)
    try:
        room.correct(garage, body.counted, by=caller(request).by, at=moment.now())
    except RoomError as fault:
        raise Invalid("counted", "out_of_range") from fault
    return _room_now(room.room(garage))
