"""Operators come and go; signing in and out."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.http import HttpResponse

from gatehouse.keeper.protocol import (
    Authority,
    CloseAccount,
    Done,
    Entered,
    Invite,
    Refused,
    Role,
    SignIn,
    SignOut,
    Text,
    Ticket,
)
from gatehouse.server import keeping, moment
from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.signed_in import COOKIE, forget_ticket, forget_tickets
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By

# Operators without a site of their own have their contact sealed under this owner's key.
ACCOUNTS_OWNER = "accounts"


def add_operator(
    handle: str,
    role: Role,
    *,
    sites: Sequence[UUID] = (),
    contact: str = "",
    active: bool = True,
    contractor: UUID | None = None,
    by: By,
    at: datetime,
) -> Operator:
    """Somebody who may be invited (keeper verb `invite`) to sign in; of the role contractor, for that company. Raises
    KeeperAway."""
    new_id = uuid4()
    cell = keeping.seal_one("operator.contact/1", ACCOUNTS_OWNER, new_id, contact.encode()) if contact else None
    with transaction.atomic():
        operator = Operator.objects.create(
            id=new_id,
            handle=handle,
            role=role.value,
            sites=[str(site) for site in sites],
            active=active,
            contractor=contractor,
            contact_cell=cell,
        )
        record("operator.added", "operator", new_id, by=by, at=at)
    return operator


@transaction.atomic
def change_operator(
    operator: Operator, *, role: Role, sites: Sequence[UUID], active: bool, by: By, at: datetime
) -> Operator:
    """A role counts once the keeper's ticket says the same: what an operator could sign in with before ends with a
    change, and a new invitation brings the new right. Raises KeeperAway."""
    if (operator.role, operator.sites) != (role.value, [str(site) for site in sites]) or not active:
        keeping.ask(CloseAccount(str(operator.pk), worker=False, by=by.authority), Done)
        forget_tickets()
    operator.role, operator.sites, operator.active = role.value, [str(site) for site in sites], active
    operator.save(update_fields=["role", "sites", "active"])
    record("operator.changed", "operator", operator.pk, by=by, at=at)
    return operator


def sign_in(code: str, *, at: datetime | None = None, source: str = "") -> Entered | Refused:
    """The keeper's answer to a one-time code: `bad_code` or `locked` when refused. `source` is the keyed hash of where
    it is asked from. Raises KeeperAway."""
    return let_in(keeping.ask(SignIn(code=code, source=source), Entered), at=at)


def let_in(entered: Entered | Refused, *, at: datetime | None = None) -> Entered | Refused:
    """The keeper vouches for whom it lets in, so an operator who was invited from the keeper's own shell becomes a row
    here when they first come. One who is not active stays out (`not_active`), and so does one whose row says another
    role: the ticket is spent.
    """
    if isinstance(entered, Refused) or entered.ticket.role is Role.WORKER:
        return entered
    operator = _operator_of(entered.ticket, at or moment.now())
    if operator is not None and operator.active and operator.role == entered.ticket.role:
        return entered
    sign_out(entered.token)
    return Refused("not_active")


@transaction.atomic
def _operator_of(ticket: Ticket, at: datetime) -> Operator | None:
    """The ticket's operator, made when they first come. The handle is drawn by lot, for a name has no place here.
    None for an actor whose id is none of ours."""
    try:
        actor = UUID(ticket.actor)
    except ValueError:
        return None
    by_lot: dict[str, object] = {
        "handle": f"{ticket.role}-{secrets.token_hex(4)}",
        "role": ticket.role.value,
        "sites": list(ticket.sites),
    }
    if ticket.role is Role.CONTRACTOR:
        by_lot["contractor"] = ticket.subject
    operator, new = Operator.objects.get_or_create(pk=actor, defaults=by_lot)
    if new:
        record("operator.first_came", "operator", operator.pk, by=By(ticket.actor, Authority()), at=at)
    return operator


def invite_operator(operator: Operator, *, by: By, at: datetime) -> str | Refused:
    """A one-time code that signs this operator in, shown once. Raises KeeperAway."""
    invitation = Invite(
        actor=str(operator.pk),
        role=Role(operator.role),
        sites=tuple(operator.sites),
        subject=str(operator.contractor) if operator.contractor else None,
        by=by.authority,
    )
    return _invite(invitation, "operator", by=by, at=at)


def invite_worker(person: UUID, site: UUID, *, by: By, at: datetime) -> str | Refused:
    """A one-time code for somebody's own page, shown once. Raises KeeperAway."""
    invitation = Invite(actor=str(person), role=Role.WORKER, sites=(str(site),), subject=str(person), by=by.authority)
    return _invite(invitation, "person", by=by, at=at)


def _invite(invitation: Invite, object_type: str, *, by: By, at: datetime) -> str | Refused:
    reply = keeping.ask(invitation, Text)
    if isinstance(reply, Refused):
        return reply
    with transaction.atomic():
        record(f"{object_type}.invited", object_type, invitation.actor, by=by, at=at)
    return reply.text


def sign_out(token: str) -> None:
    forget_ticket(token)
    keeping.must(SignOut(ticket=token), Done)


def keep_ticket(response: HttpResponse, entered: Entered, *, secure: bool) -> None:
    """Hand the bearer token to the browser, the only place where it lies. It ends with the ticket."""
    response.set_cookie(
        COOKIE, entered.token, expires=entered.ticket.ends, httponly=True, samesite="Strict", secure=secure
    )


def drop_ticket(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Strict")
