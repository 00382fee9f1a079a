"""Sites and what belongs to one: zones, departments, groups, schedules, rules."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from gatehouse.domain.money import MoneyError
from gatehouse.server import moment
from gatehouse.server.api import reach
from gatehouse.server.api.access import caller, route
from gatehouse.server.api.errors import Invalid, Problem
from gatehouse.server.api.shapes import (
    Code,
    Currency,
    DayText,
    Flag,
    Ids,
    Instant,
    Made,
    Name,
    Shape,
    WallTime,
    ZoneName,
)
from gatehouse.server.gates import actions as gates
from gatehouse.server.people import actions, queries
from gatehouse.server.people.models import SiteType

router = Router(tags=["sites"])


class NewSite(Shape):
    """`zone` is an IANA time zone, `currency` an ISO 4217 code."""

    code: Code
    name: Name
    type: SiteType
    zone: ZoneName
    currency: Currency


class SiteRow(Made):
    code: str
    name: str
    type: SiteType
    zone: str
    currency: str


class Coded(Shape):
    code: Code
    name: Name


class Named(Shape):
    name: Name


class CodedRow(Made):
    code: str
    name: str


class NamedRow(Made):
    name: str


@route(router, "GET", "/sites", response=list[SiteRow])
def list_sites(request: HttpRequest) -> list[SiteRow]:
    return [
        SiteRow(id=s.pk, code=s.code, name=s.name, type=SiteType(s.type), zone=s.zone, currency=s.currency)
        for s in reach.sites(request)
    ]


@route(router, "POST", "/sites", response={201: Made})
def add_site(request: HttpRequest, body: NewSite) -> Made:
    """By an owner of every site."""
    who = caller(request)
    if not who.sees_every_site:
        raise Problem(403, "not_your_role", "Only an owner of every site adds one.")
    try:
        site = actions.add_site(
            body.code, body.name, body.type, zone=body.zone, currency=body.currency, by=who.by, at=moment.now()
        )
    except MoneyError as fault:
        raise Invalid("currency", "unknown") from fault
    return Made(id=site.pk)


@route(router, "GET", "/sites/{uuid:site_id}/zones", response=list[CodedRow])
def list_zones(request: HttpRequest, site_id: UUID) -> list[CodedRow]:
    return [CodedRow(id=z.pk, code=z.code, name=z.name) for z in queries.zones(reach.site(request, site_id))]


@route(router, "POST", "/sites/{uuid:site_id}/zones", response={201: Made})
def add_zone(request: HttpRequest, site_id: UUID, body: Coded) -> Made:
    site = reach.site(request, site_id)
    return Made(id=actions.add_zone(site, body.code, body.name, by=caller(request).by, at=moment.now()).pk)


@route(router, "GET", "/sites/{uuid:site_id}/departments", response=list[NamedRow])
def list_departments(request: HttpRequest, site_id: UUID) -> list[NamedRow]:
    return [NamedRow(id=d.pk, name=d.name) for d in queries.departments(reach.site(request, site_id))]


@route(router, "POST", "/sites/{uuid:site_id}/departments", response={201: Made})
def add_department(request: HttpRequest, site_id: UUID, body: Named) -> Made:
    site = reach.site(request, site_id)
    return Made(id=actions.add_department(site, body.name, by=caller(request).by, at=moment.now()).pk)


@route(router, "GET", "/sites/{uuid:site_id}/groups", response=list[NamedRow])
def list_groups(request: HttpRequest, site_id: UUID) -> list[NamedRow]:
    return [NamedRow(id=g.pk, name=g.name) for g in queries.groups(reach.site(request, site_id))]


@route(router, "POST", "/sites/{uuid:site_id}/groups", response={201: Made})
def add_group(request: HttpRequest, site_id: UUID, body: Named) -> Made:
    site = reach.site(request, site_id)
    return Made(id=actions.add_group(site, body.name, by=caller(request).by, at=moment.now()).pk)


class Window(Shape):
    """Wall times of the site; an end not after the start is on the next date. Monday is 0. `dates`: only on those."""

    weekdays: Annotated[list[Annotated[StrictInt, Field(ge=0, le=6)]], Field(min_length=1, max_length=7)]
    start: WallTime
    end: WallTime
    dates: Annotated[list[DayText], Field(max_length=400)] = []


class NewSchedule(Shape):
    name: Name
    windows: Annotated[list[Window], Field(min_length=1, max_length=50)]
    closed_on: Annotated[list[DayText], Field(max_length=400)] = []


@route(router, "POST", "/sites/{uuid:site_id}/schedules", response={201: Made})
def add_schedule(request: HttpRequest, site_id: UUID, body: NewSchedule) -> Made:
    site = reach.site(request, site_id)
    windows = [window.model_dump() for window in body.windows]
    schedule = gates.add_schedule(
        site, body.name, windows, list(body.closed_on), by=caller(request).by, at=moment.now()
    )
    return Made(id=schedule.pk)


class NewRule(Shape):
    """Who (groups), where (gates), when (a schedule; from `starts` until `ends`). `deny` beats every grant."""

    groups: Annotated[Ids, Field(min_length=1)]
    gates: Annotated[Ids, Field(min_length=1)]
    schedule: UUID | None = None
    deny: Flag = False
    starts: Instant | None = None
    ends: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "NewRule":
        if self.starts and self.ends and self.ends <= self.starts:
            raise PydanticCustomError("order", "ends after it starts")
        return self


@route(router, "POST", "/sites/{uuid:site_id}/rules", response={201: Made})
def add_rule(request: HttpRequest, site_id: UUID, body: NewRule) -> Made:
    site = reach.site(request, site_id)
    rule = gates.add_rule(
        site,
        reach.groups(site, body.groups),
        reach.gates_of(site, body.gates),
        schedule=reach.schedule(site, body.schedule) if body.schedule else None,
        deny=body.deny,
        starts=body.starts,
        ends=body.ends,
        by=caller(request).by,
        at=moment.now(),
    )
    return Made(id=rule.pk)
