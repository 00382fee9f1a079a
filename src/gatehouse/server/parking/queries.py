"""Reading garages, stays, payments and permits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from gatehouse.domain.periods import local_date
from gatehouse.server.gates.models import Gate
from gatehouse.server.parking.models import (
    ClosedStay,
    ExitClearance,
    Garage,
    InvoiceRequest,
    InvoiceState,
    LaneAct,
    LaneException,
    Merchant,
    MerchantDay,
    MerchantMonth,
    OpenStay,
    Payment,
    PaymentState,
    Permit,
    Receipt,
    Refund,
    TakenAlong,
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


def lanes_by_zone(garages: Iterable[Garage]) -> dict[UUID, list[Gate]]:
    """The lanes of many garages with one question."""
    found: dict[UUID, list[Gate]] = {}
    for gate in Gate.objects.filter(zone__in=[garage.zone_id for garage in garages]).order_by("code"):
        if gate.zone_id is not None:
            found.setdefault(gate.zone_id, []).append(gate)
    return found


def tariffs(site: Site) -> QuerySet[Tariff]:
    return Tariff.objects.filter(site=site).order_by("code")


def tariff(tariff_id: UUID | str, sites: Iterable[Site]) -> Tariff | None:
    return Tariff.objects.select_related("site").filter(pk=tariff_id, site__in=list(sites)).first()


def tariff_with_code(site: Site, code: str) -> Tariff | None:
    return Tariff.objects.filter(site=site, code=code).first()


def garages_using(tariff: Tariff) -> list[Garage]:
    return list(Garage.objects.filter(tariff=tariff).order_by("code"))


def open_stay(stay_id: UUID | str) -> OpenStay | None:
    return OpenStay.objects.select_related("garage__tariff", "garage__site", "clearance").filter(pk=stay_id).first()


def open_stay_with(garage_id: UUID, token: bytes) -> OpenStay | None:
    found = OpenStay.objects.select_related("garage__tariff", "garage__site", "clearance")
    return found.filter(garage_id=garage_id, token=token).first()


def some_open_stay(garage_id: UUID) -> OpenStay | None:
    """Any one of the garage's, as `open_stay_with` reads it."""
    found = OpenStay.objects.select_related("garage__tariff", "garage__site", "clearance")
    return found.filter(garage_id=garage_id).order_by("id").first()


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


def stays_that_look(asked: Sequence[tuple[UUID, bytes, bytes]], ids: Iterable[UUID] = ()) -> list[OpenStay]:
    """Open stays of these garages under any of these tokens of a plate and of its looks, and those of these ids."""
    garages, plates = {one[0] for one in asked}, {one[1] for one in asked}
    looks = {one[2] for one in asked if one[2]}
    of = OpenStay.objects.select_related("clearance")
    rows: dict[UUID, OpenStay] = {}
    # One question for each index: asked for all at once, SQLite would look through the whole garage.
    for meant in ({"token__in": plates}, {"second_token__in": plates}, {"folded__in": looks}) if asked else ():
        rows |= {stay.pk: stay for stay in of.filter(garage_id__in=garages, **meant)}
    more = set(ids) - rows.keys()
    return [*rows.values(), *(of.filter(pk__in=more) if more else ())]


def count_of_looks(garages: Iterable[UUID], looks: Iterable[bytes]) -> dict[tuple[UUID, bytes], int]:
    """How many open stays of each garage look so."""
    of = OpenStay.objects.filter(garage_id__in=list(garages), folded__in=[one for one in looks if one])
    counted: Counter[tuple[UUID, bytes]] = Counter()
    counted.update((garage, bytes(folded)) for garage, folded in of.values_list("garage_id", "folded"))
    return counted


def count_inside(garage: Garage) -> int:
    return OpenStay.objects.filter(garage=garage).count()


def closed_stays(garage: Garage, since: date, until: date) -> QuerySet[ClosedStay]:
    """Those that left on [since, until)."""
    found = ClosedStay.objects.filter(garage=garage, left_on__gte=since, left_on__lt=until)
    return found.order_by("-left_on", "id")


def payment(payment_id: UUID | str) -> Payment | None:
    return Payment.objects.select_related("garage__site", "account").filter(pk=payment_id).first()


def refunds_of(payment: Payment) -> QuerySet[Refund]:
    return Refund.objects.filter(payment=payment).order_by("day", "id")


def refund(refund_id: UUID) -> Refund | None:
    return Refund.objects.filter(pk=refund_id).first()


def unheard_payments(since: datetime, until: datetime) -> Sequence[Payment]:
    """Those that were begun on [since, until) and neither settled nor failed."""
    found = Payment.objects.filter(state=PaymentState.STARTED, at__gte=since, at__lt=until)
    return list(found.select_related("garage__site", "account").order_by("pk")[:500])


def receipt(payment_id: UUID) -> Receipt | None:
    return Receipt.objects.select_related("garage").filter(pk=payment_id).first()


def payments_without_receipt(limit: int) -> Sequence[UUID]:
    """Money that came, oldest first."""
    came = Payment.objects.filter(state__in=[PaymentState.SETTLED, PaymentState.LATE], receipt=None)
    return list(came.order_by("at", "id").values_list("pk", flat=True)[:limit])


def invoice_of(receipt: Receipt) -> InvoiceRequest | None:
    return InvoiceRequest.objects.filter(receipt=receipt).first()


def invoice_requests(sites: Iterable[Site]) -> QuerySet[InvoiceRequest]:
    """Those that wait first."""
    found = InvoiceRequest.objects.filter(receipt__garage__site__in=list(sites))
    return found.select_related("receipt__garage__site", "receipt__payment").order_by("state", "id")


def invoice_request(request_id: UUID, sites: Iterable[Site]) -> InvoiceRequest | None:
    return invoice_requests(sites).filter(pk=request_id).first()


def waiting_invoices(sites: Iterable[Site]) -> QuerySet[InvoiceRequest]:
    return invoice_requests(sites).filter(state=InvoiceState.ASKED)


def payments(garage: Garage, since: datetime, until: datetime) -> QuerySet[Payment]:
    return Payment.objects.filter(garage=garage, at__gte=since, at__lt=until).order_by("-at")


def clearances(site_id: UUID, at: datetime) -> Sequence[ExitClearance]:
    """Those in force, with their stays."""
    found = ExitClearance.objects.filter(garage__site_id=site_id, ends__gt=at)
    return list(found.select_related("stay").order_by("stay_id"))


def permits(site: Site) -> QuerySet[Permit]:
    return Permit.objects.filter(garage__site=site).select_related("vehicle", "garage").order_by("id")


def called_exception(exception_id: UUID) -> LaneException | None:
    """For whoever raised it and holds its id."""
    return LaneException.objects.filter(pk=exception_id).first()


def open_exceptions(sites: Iterable[Site]) -> QuerySet[LaneException]:
    """Oldest first."""
    found = LaneException.objects.filter(garage__site__in=list(sites), done=False)
    return found.select_related("garage__site").order_by("at", "id")


def lane_exception(exception_id: UUID | str, sites: Iterable[Site]) -> LaneException | None:
    found = LaneException.objects.filter(garage__site__in=list(sites), pk=exception_id)
    return found.select_related("garage__site", "garage__tariff").first()


def taken_along(openings: Iterable[UUID]) -> dict[UUID, UUID | None]:
    """The stays that leave with these openings by hand; None where it was said that there is none."""
    wanted = list(openings)
    found = TakenAlong.objects.filter(pk__in=wanted) if wanted else TakenAlong.objects.none()
    return dict(found.values_list("opening", "stay"))


def acts(garage: Garage, since: date, until: date) -> QuerySet[LaneAct]:
    """What operators did for or against the garage's money on [since, until)."""
    return LaneAct.objects.filter(garage=garage, on__gte=since, on__lt=until).order_by("-on", "id")


def merchants(sites: Iterable[Site]) -> QuerySet[Merchant]:
    found = Merchant.objects.filter(garage__site__in=list(sites))
    return found.select_related("garage__site", "garage__tariff").order_by("-active", "garage__code", "name")


def merchant_room(merchant: Merchant, at: datetime) -> int:
    """What is left of this month's budget."""
    month = local_date(at, ZoneInfo(merchant.garage.site.zone)).replace(day=1)
    taken = MerchantMonth.objects.filter(merchant=merchant, month=month).values_list("taken", flat=True).first()
    return max(0, merchant.month_budget - (taken or 0))


def merchant_days(merchant: Merchant, month: date) -> QuerySet[MerchantDay]:
    """The statement's lines of one month."""
    found = MerchantDay.objects.filter(merchant=merchant, date__year=month.year, date__month=month.month)
    return found.order_by("date")
