"""The present date at a glance, for many garages with a fixed number of questions to the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet

from gatehouse.domain.money import Money
from gatehouse.domain.periods import DAY, local_date
from gatehouse.server.parking.models import Garage, LaneException, OpenStay
from gatehouse.server.takings.counting import paid_by_provider
from gatehouse.server.takings.disputes import WAITING
from gatehouse.server.takings.models import Dispute
from gatehouse.server.takings.refunds import open_differences


@dataclass(frozen=True, slots=True)
class Today:
    """One garage now. `differences` are of its site: statements of providers are by account, not by garage."""

    taken: Money
    inside: int
    exceptions: int
    disputes: int
    differences: int


def today_of(garages: Sequence[Garage], now: datetime) -> dict[UUID, Today]:
    dates = {garage.pk: local_date(now, ZoneInfo(garage.site.zone)) for garage in garages}
    if not garages:
        return {}
    taken: dict[UUID, int] = {}
    spans = min(dates.values()), max(dates.values()) + DAY
    for (garage, _, on), minor in paid_by_provider(garages, *spans).items():
        if on == dates[garage]:
            taken[garage] = taken.get(garage, 0) + minor
    inside = _counts(OpenStay.objects.filter(garage__in=garages))
    odd = _counts(LaneException.objects.filter(garage__in=garages, done=False))
    contested = _counts(Dispute.objects.filter(garage__in=garages, state__in=WAITING))
    differences = open_differences(garages)
    return {
        garage.pk: Today(
            taken=Money(taken.get(garage.pk, 0), garage.currency),
            inside=inside.get(garage.pk, 0),
            exceptions=odd.get(garage.pk, 0),
            disputes=contested.get(garage.pk, 0),
            differences=differences.get(garage.site_id, 0),
        )
        for garage in garages
    }


def _counts(rows: QuerySet[OpenStay] | QuerySet[LaneException] | QuerySet[Dispute]) -> dict[UUID, int]:
    return dict(rows.order_by().values_list("garage_id").annotate(Count("pk")))
