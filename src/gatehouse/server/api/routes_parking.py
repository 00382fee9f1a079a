"""Vehicles, permits, tariffs, garages and stays. No plate is ever answered."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from gatehouse.domain.periods import DAY
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.server import moment
from gatehouse.server.api import reach
from gatehouse.server.api.access import caller, route
from gatehouse.server.api.errors import Invalid
from gatehouse.server.api.shapes import Answer, Code, Day, Made, Minutes, Name, Shape, Text
from gatehouse.server.parking import actions, queries
from gatehouse.server.parking.facts import NoQuote, Quote, quotes
from gatehouse.server.parking.models import ClosedState, OpenState, OpenStay
from gatehouse.server.people.vehicle_actions import register_vehicle

router = Router(tags=["parking"])

PAGE = 100
LONGEST_SPAN = 400 * DAY


class NewVehicle(Shape):
    """`plate` as people write it; `owner` is a person's id; `vehicle_class` what tariffs call it, left out where its
    plate says so."""

    plate: Annotated[Text, Field(min_length=1, max_length=20)]
    owner: UUID | None = None
    vehicle_class: Annotated[Text, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")] | None = None


@route(router, "POST", "/sites/{uuid:site_id}/vehicles", response={201: Made})
def add_vehicle(request: HttpRequest, site_id: UUID, body: NewVehicle) -> Made:
    site = reach.site(request, site_id)
    owner = reach.owner(site, body.owner) if body.owner else None
    try:
        called = body.vehicle_class or ""
        vehicle = register_vehicle(
            site, body.plate, owner=owner, vehicle_class=called, by=caller(request).by, at=moment.now()
        )
    except ValueError as fault:
        raise Invalid("plate", "plate") from fault
    return Made(id=vehicle.pk)


class NewPermit(Shape):
    """On the dates [starts, ends) of the site."""

    garage: UUID
    starts: Day
    ends: Day | None = None


@route(router, "POST", "/vehicles/{uuid:vehicle_id}/permits", response={201: Made})
def add_permit(request: HttpRequest, vehicle_id: UUID, body: NewPermit) -> Made:
    vehicle = reach.vehicle(request, vehicle_id)
    if body.ends is not None and body.ends <= body.starts:
        raise Invalid("ends", "order")
    garage = reach.garage_of(vehicle.site, body.garage)
    permit = actions.add_permit(
        vehicle, garage, starts=body.starts, ends=body.ends, by=caller(request).by, at=moment.now()
    )
    return Made(id=permit.pk)


class NewTariff(Shape):
    """`versions` is the whole tariff: {"name", "zone", "currency", "versions": [...]}."""

    code: Code
    versions: dict[str, Any]


class TariffRow(Made):
    code: str
    versions: dict[str, Any]


@route(router, "GET", "/sites/{uuid:site_id}/tariffs", response=list[TariffRow])
def list_tariffs(request: HttpRequest, site_id: UUID) -> list[TariffRow]:
    found = queries.tariffs(reach.site(request, site_id))
    return [TariffRow(id=tariff.pk, code=tariff.code, versions=tariff.versions) for tariff in found]


@route(router, "POST", "/sites/{uuid:site_id}/tariffs", response={201: Made})
def add_tariff(request: HttpRequest, site_id: UUID, body: NewTariff) -> Made:
    """A tariff that does not hold together is refused with the path of the first bad field."""
    site = reach.site(request, site_id)
    try:
        tariff = actions.add_tariff(site, body.code, body.versions, by=caller(request).by, at=moment.now())
    except TariffError as fault:
        raise Invalid(".".join(filter(None, ("versions", fault.path))), fault.code) from fault
    return Made(id=tariff.pk)


class NewGarage(Shape):
    """Its lanes are the lanes that stand in `zone`; `leave_min` is the time to leave after paying."""

    code: Code
    name: Name
    zone: UUID
    tariff: UUID
    leave_min: Minutes = 15


class GarageMade(Made):
    """`pay_code` stands in the address of the payment page: /pay/<pay_code>."""

    pay_code: str


class GarageRow(GarageMade):
    code: str
    name: str
    zone: UUID
    tariff: UUID
    currency: str
    inside: int


@route(router, "GET", "/sites/{uuid:site_id}/garages", response=list[GarageRow])
def list_garages(request: HttpRequest, site_id: UUID) -> list[GarageRow]:
    return [
        GarageRow(
            id=garage.pk,
            pay_code=garage.pay_code,
            code=garage.code,
            name=garage.name,
            zone=garage.zone_id,
            tariff=garage.tariff_id,
            currency=garage.currency,
            inside=queries.count_inside(garage),
        )
        for garage in queries.garages([reach.site(request, site_id)])
    ]


@route(router, "POST", "/sites/{uuid:site_id}/garages", response={201: GarageMade})
def add_garage(request: HttpRequest, site_id: UUID, body: NewGarage) -> GarageMade:
    site = reach.site(request, site_id)
    garage = actions.add_garage(
        site,
        reach.zone(site, body.zone),
        body.code,
        body.name,
        reach.tariff(site, body.tariff),
        leave_min=body.leave_min,
        by=caller(request).by,
        at=moment.now(),
    )
    return GarageMade(id=garage.pk, pay_code=garage.pay_code)


class OpenRow(Made):
    """Amounts in whole minor units of `currency`. `due_minor` is None where the stay cannot be priced; `why` says why:
    unreadable or no_price."""

    state: OpenState
    entered_at: datetime | None
    due_minor: int | None
    paid_minor: int
    currency: str
    why: str | None = None


class OpenStays(Answer):
    stays: list[OpenRow]
    total: int


Since = Annotated[Day, Query(alias="from")]
Until = Annotated[Day, Query(alias="to")]
Offset = Annotated[int, Field(ge=0, le=10**6)]


@route(router, "GET", "/garages/{uuid:garage_id}/stays", response=OpenStays)
def open_stays(request: HttpRequest, garage_id: UUID, offset: Offset = 0) -> OpenStays:
    """Who is inside, in no telling order: since when and what is due now, never which plate."""
    garage, at = reach.garage(request, garage_id), moment.now()
    found = queries.open_stays(garage).select_related("garage__tariff", "garage__site", "clearance")
    page = list(found[offset : offset + PAGE])
    asked = quotes(page, at)
    rows = [_open_row(stay, garage.currency, asked[stay.pk]) for stay in page]
    return OpenStays(stays=rows, total=found.count())


def _open_row(stay: OpenStay, currency: str, asked: Quote | NoQuote) -> OpenRow:
    priced = None if isinstance(asked, NoQuote) else asked
    return OpenRow(
        id=stay.pk,
        state=OpenState(stay.state),
        entered_at=priced.entered_at if priced else None,
        due_minor=priced.due.minor if priced else None,
        paid_minor=stay.paid_minor,
        currency=currency,
        why=asked.value if isinstance(asked, NoQuote) else None,
    )


class ClosedRow(Made):
    state: ClosedState
    left_on: date
    amount_minor: int
    paid_minor: int
    currency: str


class ClosedStays(Answer):
    stays: list[ClosedRow]
    total: int


@route(router, "GET", "/garages/{uuid:garage_id}/stays/closed", response=ClosedStays)
def closed_stays(request: HttpRequest, garage_id: UUID, since: Since, until: Until, offset: Offset = 0) -> ClosedStays:
    """Stays that ended on the dates [from, to), newest first."""
    garage = reach.garage(request, garage_id)
    if not since < until <= since + LONGEST_SPAN:
        raise Invalid("to", "order")
    found = queries.closed_stays(garage, since, until)
    rows = [
        ClosedRow(
            id=stay.pk,
            state=ClosedState(stay.state),
            left_on=stay.left_on,
            amount_minor=stay.amount_minor,
            paid_minor=stay.paid_minor,
            currency=stay.currency,
        )
        for stay in found[offset : offset + PAGE]
    ]
    return ClosedStays(stays=rows, total=found.count())
