"""What garages took in a span of dates: a fixed number of questions to the database, however many garages there are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from uuid import UUID

from django.db.models import Count, Sum

from gatehouse.domain.money import Money, tax_within
from gatehouse.server.parking.models import ClosedState, ClosedStay, Garage
from gatehouse.server.takings.counting import paid_by_provider
from gatehouse.server.takings.models import Correction, DayTakings
from gatehouse.server.takings.refunds import refunds


@dataclass(slots=True)
class Takings:
    """Sums of one garage, of one date, or of all. `cost` is what stays that ended cost; `paid` is the money that came,
    on whatever stay; `unpaid` is what cars that left still owed; `corrected` was laid over by disputes."""

    stays: int = 0
    cost: int = 0
    paid: int = 0
    refunded: int = 0
    unpaid: int = 0
    corrected: int = 0
    providers: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def kept(self) -> int:
        return self.paid - self.refunded


@dataclass(frozen=True, slots=True)
class Report:
    """Takings by date and by garage, and in all."""

    by_date: dict[date, Takings]
    by_garage: dict[UUID, Takings]
    whole: Takings


def report(garages: Sequence[Garage], since: date, until: date) -> Report:
    """Of the dates [since, until) by each garage's clock. All garages keep one currency."""
    found = Report(defaultdict(Takings), defaultdict(Takings), Takings())
    ended = (
        ClosedStay.objects.filter(garage__in=garages, left_on__gte=since, left_on__lt=until)
        .values("garage_id", "left_on", "state")
        .annotate(stays=Count("pk"), cost=Sum("amount_minor"), paid=Sum("paid_minor"))
        .order_by()
    )
    for row in ended:
        owed = max(0, row["cost"] - row["paid"]) if row["state"] == ClosedState.UNPAID else 0
        for into in _places(found, row["garage_id"], row["left_on"]):
            into.stays += row["stays"]
            into.cost += row["cost"]
            into.unpaid += owed
    for (garage, provider, on), minor in paid_by_provider(garages, since, until).items():
        for into in _places(found, garage, on):
            into.paid += minor
            into.providers[provider] += minor
    for back in refunds(garages, since, until):
        for into in _places(found, back.garage, back.on):
            into.refunded += back.minor
    corrections = Correction.objects.filter(garage__in=garages, on__gte=since, on__lt=until)
    for garage, on, minor in corrections.values_list("garage_id", "on", "amount_minor"):
        for into in _places(found, garage, on):
            into.corrected += minor
    return found


def _places(found: Report, garage: UUID, on: date) -> tuple[Takings, ...]:
    return found.by_date[on], found.by_garage[garage], found.whole


def tax_contained(days: Iterable[DayTakings], currency: str) -> Money:
    """The tax in what came less what went back, of dates that are counted: reckoned once for each garage and rate."""
    sums: dict[tuple[UUID, str], int] = defaultdict(int)
    for row in days:
        for _, rate, minor in row.taken:
            if rate is not None:
                sums[row.garage_id, rate] += minor
    tax = Money.zero(currency)
    for (_, rate), minor in sums.items():
        tax += tax_within(Money(minor, currency), Fraction(rate))
    return tax
