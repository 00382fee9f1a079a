"""What went back, and asking for money to go back: the one place here that knows how parking keeps refunds.

Parking's payments keep refunds in a table of their own once they have one; before that nothing ever went back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model, QuerySet

from gatehouse.server.parking.models import Garage, Payment

FAILED = "failed"  # of a refund that the provider will never pay


@dataclass(frozen=True, slots=True)
class Back:
    """Money that went back of a payment, or is on its way."""

    id: UUID
    payment: UUID
    stay: UUID
    garage: UUID
    provider: str
    minor: int
    on: date
    state: str


def _table(name: str) -> type[Model] | None:
    return apps.all_models["parking"].get(name)


def refunds(garages: Iterable[Garage], since: date, until: date) -> list[Back]:
    """Those of the dates [since, until)."""
    return _found(payment__garage__in=list(garages), day__gte=since, day__lt=until)


def refunds_of(payments: Iterable[Payment]) -> list[Back]:
    return _found(payment__in=list(payments))


def _found(**which: Any) -> list[Back]:
    table = _table("refund")
    if table is None:
        return []
    rows: QuerySet[Any] = table._default_manager.filter(**which).exclude(state=FAILED).select_related("payment")
    return [
        Back(row.pk, row.payment_id, row.payment.stay, row.payment.garage_id, row.payment.provider,
             row.amount_minor, row.day, row.state)
        for row in rows.order_by("day", "pk")
    ]  # fmt: skip


def open_differences(garages: Iterable[Garage]) -> dict[UUID, int]:
    """How many differences between the providers' statements and our books wait for somebody, by site."""
    table = _table("difference")
    if table is None:
        return {}
    sites = {garage.site_id for garage in garages}
    found: dict[UUID, int] = {}
    rows: QuerySet[Any] = table._default_manager.filter(statement__site__in=sites, state="open")
    for site in rows.values_list("statement__site_id", flat=True):
        found[site] = found.get(site, 0) + 1
    return found
