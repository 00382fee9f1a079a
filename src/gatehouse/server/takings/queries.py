"""Reading what was counted."""

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from gatehouse.server.parking.models import Garage
from gatehouse.server.takings.models import DayTakings


def days_of(garages: Iterable[Garage], since: date, until: date) -> QuerySet[DayTakings]:
    """The counted dates of [since, until), in order."""
    found = DayTakings.objects.filter(garage__in=list(garages), on__gte=since, on__lt=until)
    return found.order_by("on", "garage_id")
