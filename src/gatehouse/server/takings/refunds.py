"""What went back and on which date, and where the money of an upheld dispute stands."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.server.parking.models import Difference, DifferenceState, Garage, Payment, Refund, RefundState
from gatehouse.server.takings.models import Dispute


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


def refunds(garages: Iterable[Garage], since: date, until: date) -> list[Back]:
    """Those that were asked for on the dates [since, until) and did not fail."""
    found = Refund.objects.filter(payment__garage__in=list(garages), day__gte=since, day__lt=until)
    return _told(found)


def refunds_of(payments: Iterable[Payment]) -> list[Back]:
    return _told(Refund.objects.filter(payment__in=list(payments)))


def _told(found: QuerySet[Refund]) -> list[Back]:
    rows = found.exclude(state=RefundState.FAILED).select_related("payment").order_by("day", "pk")
    return [
        Back(row.pk, row.payment_id, row.payment.stay, row.payment.garage_id, row.payment.provider,
             row.amount_minor, row.day, row.state)
        for row in rows
    ]  # fmt: skip


def refund_state(dispute: Dispute) -> str:
    """Where the money of an upheld dispute stands: its refund has the dispute's own id. "" for none."""
    return Refund.objects.filter(pk=dispute.pk).values_list("state", flat=True).first() or ""


def open_differences(garages: Iterable[Garage]) -> dict[UUID, int]:
    """How many differences between the providers' statements and our books wait for somebody, by site."""
    sites = {garage.site_id for garage in garages}
    found = Difference.objects.filter(statement__site__in=sites, state=DifferenceState.OPEN)
    return dict(Counter(found.values_list("statement__site_id", flat=True)))
