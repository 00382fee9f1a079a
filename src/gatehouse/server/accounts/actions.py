"""Operators come and go; signing in and out."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.http import HttpResponse

from gatehouse.keeper.protocol import Done, Entered, Refused, Role, SignIn, SignOut
from gatehouse.server import keeping
from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.signed_in import COOKIE, forget_ticket
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By

# Operators without a site of their own have their contact sealed under this owner's key.
ACCOUNTS_OWNER = "accounts"


def add_operator(
    handle: str, role: Role, *, sites: Sequence[UUID] = (), contact: str = "", by: By, at: datetime
) -> Operator:
    """Somebody who may be invited (keeper verb `invite`) to sign in. Raises KeeperAway."""
    new_id = uuid4()
    cell = keeping.seal_one("operator.contact/1", ACCOUNTS_OWNER, new_id, contact.encode()) if contact else None
    with transaction.atomic():
        operator = Operator.objects.create(
            id=new_id, handle=handle, role=role.value, sites=[str(site) for site in sites], contact_cell=cell
        )
        record("operator.added", "operator", new_id, by=by, at=at)
    return operator


@transaction.atomic
def change_operator(
    operator: Operator, *, role: Role, sites: Sequence[UUID], active: bool, by: By, at: datetime
) -> Operator:
    """A role counts once the keeper's ticket says the same, so a changed role needs a new invitation."""
    operator.role, operator.sites, operator.active = role.value, [str(site) for site in sites], active
    operator.save(update_fields=["role", "sites", "active"])
    record("operator.changed", "operator", operator.pk, by=by, at=at)
    return operator


def sign_in(code: str) -> Entered | Refused:
    """The keeper's answer to a one-time code: `bad_code` or `locked` when refused. Raises KeeperAway."""
    return keeping.ask(SignIn(code=code), Entered)


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
