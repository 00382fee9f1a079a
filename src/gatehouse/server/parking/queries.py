"""Reading garages, stays, payments and permits."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from gatehouse.server.gates.models import Gate
from gatehouse.server.parking.models import (
    ClosedStay,
    ExitClearance,
    Garage,
    LaneException,
    OpenStay,
    Payment,
    Permit,
    Tariff,
)
from gatehouse.server.people.models import Site


def garages(sites: Iterable[Site]) -> QuerySet[Garage]:
    return Garage.objects.filter(site__in=list(sites)).select_related("site", "zone", "tariff").order_by("code")


def garages_named(found: QuerySet[Garage], text: str) -> QuerySet[Garage]:
    """Those whose name, code or site's name holds the text, whatever its case."""
    return found.filter(Q(name__icontains=text) | Q(code__icontains=text) | Q(site__name__icontains=text))


def garage(garage_id: UUID | str, sites: Iterable[Site]) -> Garage | None:
    return garages(sites).filter(pk=garage_id).first()


def garage_by_pay_code(pay_code: str) -> Garage | None:
    return Garage.objects.select_related("site", "zone", "tariff").filter(pay_code=pay_code).first()


def garage_of_gate(gate: Gate) -> Garage | None:
    if gate.zone_id is None:
        return None
    return Garage.objects.select_related("site", "zone", "tariff").filter(zone_id=gate.zone_id).first()


def garages_by_gate_code(site_id: UUID) -> dict[str, Garage]:
    """The garage of every lane of the site that stands in one."""
    found = {
        garage.zone_id: garage for garage in Garage.objects.filter(site_id=site_id).select_related("tariff", "site")
    }
    lanes = Gate.objects.filter(site_id=site_id, zone_id__in=found).values_list("code", "zone_id")
    return {code: found[zone_id] for code, zone_id in lanes if zone_id is not None}


def lanes(garage: Garage) -> QuerySet[Gate]:
    return Gate.objects.filter(zone=garage.zone_id).order_by("code")


def tariffs(site: Site) -> QuerySet[Tariff]:
    return Tariff.objects.filter(site=site).order_by("code")


def open_stay(stay_id: UUID | str) -> OpenStay | None:
    return OpenStay.objects.select_related("garage__tariff", "garage__site", "clearance").filter(pk=stay_id).first()


def open_stay_with(garage_id: UUID, token: bytes) -> OpenStay | None:
    found = OpenStay.objects.select_related("garage__tariff", "garage__site", "clearance")
    return found.filter(garage_id=garage_id, token=token).first()


def open_stays(garage: Garage) -> QuerySet[OpenStay]:
    """In no telling order."""
    return OpenStay.objects.filter(garage=garage).select_related("clearance").order_by("id")


def stays_with_tokens(pairs: Iterable[tuple[UUID, bytes]]) -> dict[tuple[UUID, bytes], OpenStay]:
    wanted = set(pairs)
    if not wanted:
        return {}
    found = OpenStay.objects.filter(garage_id__in={pair[0] for pair in wanted}, token__in={pair[1] for pair in wanted})
    by_pair = {(stay.garage_id, bytes(stay.token)): stay for stay in found.select_related("clearance")}
    return {pair: stay for pair, stay in by_pair.items() if pair in wanted}


def count_inside(garage: Garage) -> int:
    return OpenStay.objects.filter(garage=garage).count()


def closed_stays(garage: Garage, since: date, until: date) -> QuerySet[ClosedStay]:
    """Those that left on [since, until)."""
    found = ClosedStay.objects.filter(garage=garage, left_on__gte=since, left_on__lt=until)
    return found.order_by("-left_on", "id")


def payment(payment_id: UUID | str) -> Payment | None:
    return Payment.objects.select_related("garage").filter(pk=payment_id).first()


def payments(garage: Garage, since: datetime, until: datetime) -> QuerySet[Payment]:
    return Payment.objects.filter(garage=garage, at__gte=since, at__lt=until).order_by("-at")


def clearances(site_id: UUID, at: datetime) -> Sequence[ExitClearance]:
    """Those in force, with their stays."""
    found = ExitClearance.objects.filter(garage__site_id=site_id, ends__gt=at)
    return list(found.select_related("stay").order_by("stay_id"))


def permits(site: Site) -> QuerySet[Permit]:
    return Permit.objects.filter(garage__site=site).select_related("vehicle", "garage").order_by("id")


def open_exceptions(sites: Iterable[Site]) -> QuerySet[LaneException]:
    """Oldest first."""
    found = LaneException.objects.filter(garage__site__in=list(sites), done=False)
    return found.select_related("garage").order_by("at")
