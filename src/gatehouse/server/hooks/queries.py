"""Reading addresses, events and deliveries."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from gatehouse.server.hooks.models import Delivery, DeliveryState, Hook
from gatehouse.server.people.models import Site


def hooks(sites: Iterable[Site]) -> QuerySet[Hook]:
    return Hook.objects.filter(site__in=list(sites)).select_related("site").order_by("site__code", "url", "id")


def hook(hook_id: UUID, sites: Iterable[Site]) -> Hook | None:
    return hooks(sites).filter(pk=hook_id).first()


def deliveries(of: Hook) -> QuerySet[Delivery]:
    """Newest events first."""
    return Delivery.objects.filter(hook=of).select_related("event").order_by("-since", "id")


def delivery(delivery_id: UUID, sites: Iterable[Site]) -> Delivery | None:
    found = Delivery.objects.filter(pk=delivery_id, hook__site__in=list(sites))
    return found.select_related("hook").first()


def counts(of: Hook) -> dict[str, int]:
    """How many deliveries are in each state."""
    found = Delivery.objects.filter(hook=of).order_by().values_list("state").annotate(count=Count("pk"))
    return dict(found)


def due(now: datetime, limit: int) -> Sequence[Delivery]:
    """What waits for addresses that are on, oldest first."""
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now, hook__active=True)
    return list(waiting.select_related("hook", "event").order_by("due_at", "event__at", "id")[:limit])
