"""Reading money: a span's payments, what waits for somebody, and sums for the Money page."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from gatehouse.domain.money import Money
from gatehouse.server.parking.models import (
    Difference,
    DifferenceState,
    Garage,
    Mandate,
    MandateState,
    Payment,
    PaymentState,
    Refund,
    RefundState,
    Statement,
)
from gatehouse.server.people.models import Site

TAKEN = (PaymentState.SETTLED, PaymentState.LATE)


@dataclass(frozen=True, slots=True)
class Sums:
    """What a garage took in a span, what of it went back, and how often."""

    garage: Garage
    payments: int
    taken: Money
    returned: Money


def payments(sites: Iterable[Site], since: datetime, until: datetime) -> QuerySet[Payment]:
    """Of these sites, newest first; begun ones too."""
    found = Payment.objects.filter(garage__site__in=list(sites), at__gte=since, at__lt=until)
    return found.select_related("garage__site", "account").order_by("-at", "id")


def payment(payment_id: UUID, sites: Iterable[Site]) -> Payment | None:
    found = Payment.objects.select_related("garage__site", "account")
    return found.filter(pk=payment_id, garage__site__in=list(sites)).first()


def named(text: str, sites: Iterable[Site]) -> Sequence[Payment]:
    """The payment of an id, ours or the provider's name of order or money, written as anybody writes it."""
    text = text.strip()
    by_name = Q(provider_ref=text) | Q(order_ref=text) if text else Q(pk__in=[])
    with suppress(ValueError):
        by_name |= Q(pk=UUID(text))
    found = Payment.objects.select_related("garage__site", "account")
    return list(found.filter(by_name, garage__site__in=list(sites)).order_by("id")[:20])


def sums(rows: QuerySet[Payment]) -> list[Sums]:
    """By garage, of the payments that came."""
    found = rows.filter(state__in=TAKEN).order_by()
    garages = Garage.objects.filter(pk__in=found.values("garage")).select_related("site").order_by("code")
    made = []
    for garage in garages:
        own = found.filter(garage=garage)
        total = own.aggregate(taken=Sum("amount_minor"), returned=Sum("refunded_minor"))
        taken, returned = Money(total["taken"], garage.currency), Money(total["returned"], garage.currency)
        made.append(Sums(garage, own.count(), taken, returned))
    return made


def to_pay_back(sites: Iterable[Site]) -> QuerySet[Payment]:
    """Money beyond the debt, or of a car that had left, that has not gone back yet."""
    beyond = Q(state=PaymentState.SETTLED, excess_minor__gt=F("refunded_minor"))
    late = Q(state=PaymentState.LATE, amount_minor__gt=F("refunded_minor"))
    found = Payment.objects.filter(beyond | late, garage__site__in=list(sites))
    return found.select_related("garage__site", "account").order_by("at", "id")


def still_to_pay_back(of: Payment) -> Money:
    """How much of a payment `to_pay_back` lists."""
    beyond = of.amount_minor if of.state == PaymentState.LATE else of.excess_minor
    return Money(max(0, beyond - of.refunded_minor), of.currency)


def open_refunds(sites: Iterable[Site]) -> QuerySet[Refund]:
    """On their way."""
    found = Refund.objects.filter(payment__garage__site__in=list(sites))
    found = found.filter(state__in=[RefundState.REQUESTED, RefundState.SENT])
    return found.select_related("payment__garage__site").order_by("day", "id")


def differences(sites: Iterable[Site]) -> QuerySet[Difference]:
    """Open ones, oldest first."""
    found = Difference.objects.filter(statement__site__in=list(sites), state=DifferenceState.OPEN)
    return found.select_related("statement__site", "statement__account").order_by("statement__day", "id")


def difference(difference_id: UUID, sites: Iterable[Site]) -> Difference | None:
    return Difference.objects.filter(pk=difference_id, statement__site__in=list(sites)).first()


def statements(sites: Iterable[Site], since: date) -> QuerySet[Statement]:
    """Newest first."""
    found = Statement.objects.filter(site__in=list(sites), day__gte=since)
    return found.select_related("site", "account").order_by("-day", "site", "provider", "id")


def mandates(sites: Iterable[Site]) -> QuerySet[Mandate]:
    """That are offered, asked for or active."""
    found = Mandate.objects.filter(vehicle__site__in=list(sites)).exclude(state=MandateState.WITHDRAWN)
    return found.select_related("vehicle__site", "account").order_by("state", "id")
