"""Signing in and out, and the operators who may."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping, moment
from gatehouse.server.accounts import actions, queries
from gatehouse.server.api.access import caller, route
from gatehouse.server.api.errors import Invalid, must, refused
from gatehouse.server.api.reach import sites
from gatehouse.server.api.shapes import Answer, Code, Ids, Made, Shape, Text

router = Router(tags=["entrance"])


class SignIn(Shape):
    code: Annotated[Text, Field(min_length=1, max_length=64)]


class Entered(Answer):
    """`token` goes into the header `Authorization: Bearer` until `ends`."""

    token: str
    role: Role
    ends: datetime


class Me(Answer):
    """`sites` empty means every site; `subject` is a worker's own person."""

    actor: str
    role: Role
    sites: list[str]
    subject: str | None
    ends: datetime


@route(router, "POST", "/sign-in", response=Entered)
def sign_in(request: HttpRequest, body: SignIn) -> Entered:
    """Spend a one-time code."""
    entered = actions.sign_in(body.code, source=keeping.source_of(str(request.META.get("REMOTE_ADDR", ""))))
    if isinstance(entered, Refused):
        raise refused(entered.code, entered.facts)
    return Entered(token=entered.token, role=entered.ticket.role, ends=entered.ticket.ends)


@route(router, "POST", "/sign-out", response={204: None})
def sign_out(request: HttpRequest) -> None:
    """The ticket is worth nothing from now on."""
    actions.sign_out(caller(request).token)


@route(router, "GET", "/me", response=Me)
def me(request: HttpRequest) -> Me:
    """What the ticket says."""
    who = caller(request)
    ticket, listed = who.ticket, [] if who.sees_every_site else [str(site.pk) for site in sites(request)]
    return Me(actor=ticket.actor, role=ticket.role, sites=listed, subject=ticket.subject, ends=ticket.ends)


class NewOperator(Shape):
    """`sites` empty means every site."""

    handle: Code
    role: Role
    sites: Ids = []


class Invited(Made):
    """`code` signs in once and is not kept."""

    code: str


class OperatorRow(Made):
    handle: str
    role: Role
    sites: list[str]
    active: bool


@route(router, "GET", "/operators", response=list[OperatorRow])
def list_operators(request: HttpRequest) -> list[OperatorRow]:
    """An owner of some sites sees those who work at no other."""
    return [
        OperatorRow(id=row.pk, handle=row.handle, role=Role(row.role), sites=row.sites, active=row.active)
        for row in queries.operators(caller(request))
    ]


@route(router, "POST", "/operators", response={201: Invited})
def add_operator(request: HttpRequest, body: NewOperator) -> Invited:
    """Somebody who may sign in, and their one-time code. An owner of some sites invites to those only."""
    who = caller(request)
    if body.role in (Role.WORKER, Role.CONTRACTOR):
        raise Invalid("role", "unknown")
    seen: set[UUID] = {site.pk for site in sites(request)}
    if not set(body.sites) <= seen or not who.reaches_as_far_as([str(site) for site in body.sites]):
        raise Invalid("sites", "unknown")
    at = moment.now()
    operator = actions.add_operator(body.handle, body.role, sites=body.sites, by=who.by, at=at)
    return Invited(id=operator.pk, code=must(actions.invite_operator(operator, by=who.by, at=at)))
