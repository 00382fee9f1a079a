"""Garages, permits, payments and clearances. Stays open and close in `parking.stays`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, exponent
from gatehouse.domain.plates import normalise
from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking import queries
from gatehouse.server.parking.facts import Quote, StayUnreadable, quote
from gatehouse.server.parking.models import (
    ExceptionKind,
    ExitClearance,
    Garage,
    LaneException,
    OpenState,
    OpenStay,
    Payment,
    PaymentState,
    Permit,
    Tariff,
)
from gatehouse.server.people.actions import bump_clearances, bump_roster
from gatehouse.server.people.models import Site, Vehicle, Zone
from gatehouse.server.people.queries import stay_day_held

QUOTE_HOLDS = timedelta(minutes=10)  # how long a started payment's amount settles the stay
FREE_CLEARANCE = timedelta(minutes=5)  # for a car that stands at the exit and owes nothing


@transaction.atomic
def add_tariff(site: Site, code: str, versions: dict[str, object], *, by: By, at: datetime) -> Tariff:
    """`versions` as `domain.tariff_json` writes a tariff. Raises TariffError."""
    tariff_from_dict(versions)
    tariff = Tariff.objects.create(site=site, code=code, versions=versions)
    record("tariff.added", "tariff", tariff.pk, by=by, at=at)
    return tariff


@transaction.atomic
def change_tariff(tariff: Tariff, versions: dict[str, object], *, by: By, at: datetime) -> Tariff:
    """A stay is priced by the version in force when it began. Raises TariffError."""
    tariff_from_dict(versions)
    Tariff.objects.filter(pk=tariff.pk).update(versions=versions)
    record("tariff.changed", "tariff", tariff.pk, by=by, at=at)
    tariff.refresh_from_db()
    return tariff


@transaction.atomic
def add_garage(
    site: Site, zone: Zone, code: str, name: str, tariff: Tariff, *, leave_min: int = 15, by: By, at: datetime
) -> Garage:
    """Its lanes are the lanes that stand in `zone`. Raises MoneyError for an unknown currency of the site."""
    exponent(site.currency)
    garage = Garage.objects.create(
        site=site, zone=zone, code=code, name=name, tariff=tariff, currency=site.currency, leave_min=leave_min
    )
    record("garage.added", "garage", garage.pk, by=by, at=at)
    return garage


@transaction.atomic
def add_permit(vehicle: Vehicle, garage: Garage, *, starts: date, ends: date | None, by: By, at: datetime) -> Permit:
    """On the dates [starts, ends) of the site."""
    permit = Permit.objects.create(vehicle=vehicle, garage=garage, starts=starts, ends=ends)
    record("permit.added", "permit", permit.pk, by=by, at=at)
    bump_roster(garage.site_id)
    return permit


@transaction.atomic
def end_permit(permit: Permit, *, ends: date, by: By, at: datetime) -> None:
    Permit.objects.filter(pk=permit.pk).update(ends=ends)
    record("permit.ended", "permit", permit.pk, by=by, at=at)
    bump_roster(permit.garage.site_id)


def find_stay(garage: Garage, plate: str, *, address: str) -> OpenStay | Refused | None:
    """The open stay of a typed plate. The keeper answers for any plate, and caps how often an address may ask.
    Raises KeeperAway."""
    canonical = normalise(plate)
    if not canonical:
        return None
    for _ in range(2):
        stay_day = Site.objects.get(pk=garage.site_id).stay_day
        token = keeping.locate(garage.site_id, stay_day, canonical, keeping.source_of(address))
        if isinstance(token, Refused):
            return token
        found = queries.open_stay_with(garage.pk, token)
        if found is not None or Site.objects.get(pk=garage.site_id).stay_day == stay_day:
            return found
    return None


@dataclass(frozen=True, slots=True)
class NothingDue:
    """The stay may leave; `clearance` says until when."""

    ends: datetime


def start_payment(stay: OpenStay, provider: str, at: datetime) -> tuple[Payment, Quote] | NothingDue:
    """A payment of what is due now; a stay that owes nothing is cleared instead.

    Asked again while a payment of the same amount is under way (two tabs, a double tap), that one is answered.
    Raises as `quote`, StayUnreadable also when the car left meanwhile.
    """
    asked = quote(stay, at)
    if not asked.due:
        return NothingDue(clear_free(stay, by=By.job("stays"), at=at))
    with transaction.atomic():
        stay_day_held(stay.garage.site_id)
        if not OpenStay.objects.select_for_update().filter(pk=stay.pk).exists():
            raise StayUnreadable("gone")
        payment = _under_way(stay, provider, asked.due, at)
        if payment is None:
            payment = Payment.objects.create(
                stay=stay.pk,
                garage=stay.garage,
                amount_minor=asked.due.minor,
                currency=asked.due.currency,
                provider=provider,
                at=at,
            )
            record("payment.started", "payment", payment.pk, by=By.job("stays"), at=at)
        OpenStay.objects.filter(pk=stay.pk, state=OpenState.OPEN).update(state=OpenState.QUOTED)
    return payment, asked


def _under_way(stay: OpenStay, provider: str, due: Money, at: datetime) -> Payment | None:
    """The stay's started payment of just this amount; it settles the stay from `at` on for as long as a new one."""
    started = Payment.objects.filter(
        stay=stay.pk,
        provider=provider,
        state=PaymentState.STARTED,
        amount_minor=due.minor,
        currency=due.currency,
        at__gt=at - QUOTE_HOLDS,
    )
    payment = started.order_by("at").first()
    if payment is not None:
        payment.at = at
        payment.save(update_fields=["at"])
    return payment


def settle_payment(payment_id: UUID, event: str, amount: Money, *, by: By, at: datetime) -> Payment | None:
    """The provider's word that the money came; None for a payment that is not ours or another amount.

    `event` is the provider's own id: the same word again changes nothing. The money is written down in any case.
    When it comes later than `QUOTE_HOLDS` after the start, the stay is cleared only if nothing more is due by then;
    what goes beyond the debt (paid twice, or after a free pass) is marked, and somebody is told.
    """
    payment = queries.payment(payment_id)
    if payment is None or Money(payment.amount_minor, payment.currency) != amount:
        return None
    while True:
        stay = queries.open_stay(payment.stay)
        due = _due(stay, at) if stay else None
        with transaction.atomic():
            stay_day_held(payment.garage.site_id)
            row = OpenStay.objects.select_for_update().filter(pk=payment.stay).first()
            if row and (stay is None or row.paid_minor != stay.paid_minor):
                continue  # another payment of the stay was credited meanwhile
            mine = Payment.objects.filter(pk=payment_id, state__in=[PaymentState.STARTED, PaymentState.FAILED])
            if mine.update(state=PaymentState.SETTLED, provider_ref=event, at=at):
                record("payment.settled", "payment", payment_id, by=by, at=at)
                _credit(payment, row, due, at=at)
        payment.refresh_from_db()
        return payment


def _due(stay: OpenStay, at: datetime) -> Money | None:
    """What the stay owes before a payment counts; None where nobody can tell at this moment."""
    try:
        return quote(stay, at).due
    except (keeping.KeeperAway, StayUnreadable, DomainError):
        return None


def _credit(payment: Payment, row: OpenStay | None, due: Money | None, *, at: datetime) -> None:
    """Count the money towards the stay's debt and clear the stay if that is paid."""
    amount = Money(payment.amount_minor, payment.currency)
    if row is None:
        # The car is gone: the money stays visible until somebody has dealt with it.
        _look_at(payment, PaymentState.LATE, ExceptionKind.LATE_PAYMENT, at)
        return
    if due is not None and amount > due:
        _look_at(payment, PaymentState.OVERPAID, ExceptionKind.OVERPAID, at)
        amount = due
    if amount:
        row.paid_minor += amount.minor
        row.state = OpenState.PAID
        row.save(update_fields=["paid_minor", "state"])
    held = at < payment.at + QUOTE_HOLDS
    if amount and (held or due == amount):
        _clear(row, at + timedelta(minutes=payment.garage.leave_min))


def _look_at(payment: Payment, state: PaymentState, kind: ExceptionKind, at: datetime) -> None:
    Payment.objects.filter(pk=payment.pk).update(state=state)
    LaneException.objects.create(garage=payment.garage, kind=kind, at=at)


@transaction.atomic
def fail_payment(payment_id: UUID, *, by: By, at: datetime) -> None:
    started = Payment.objects.filter(pk=payment_id, state=PaymentState.STARTED)
    if started.update(state=PaymentState.FAILED):
        record("payment.failed", "payment", payment_id, by=by, at=at)


def _clear(stay: OpenStay, ends: datetime) -> None:
    ExitClearance.objects.update_or_create(stay=stay, defaults={"garage": stay.garage, "ends": ends})
    OpenStay.objects.filter(pk=stay.pk).update(state=OpenState.CLEARED)
    bump_clearances(stay.garage.site_id)


@transaction.atomic
def clear_free(stay: OpenStay, *, by: By, at: datetime) -> datetime:
    """A stay that owes nothing may leave until the answered instant; an earlier, longer clearance stands."""
    stay_day_held(stay.garage.site_id)
    held = ExitClearance.objects.filter(stay=stay, ends__gt=at).first()
    if held is not None:
        return held.ends
    record("stay.cleared_free", "garage", stay.garage_id, by=by, at=at)
    _clear(stay, at + FREE_CLEARANCE)
    return at + FREE_CLEARANCE


@transaction.atomic
def free_pass(stay: OpenStay, *, by: By, at: datetime) -> datetime:
    """An operator lets a stay out without payment."""
    stay_day_held(stay.garage.site_id)
    ends = at + timedelta(minutes=stay.garage.leave_min)
    record("stay.free_pass", "garage", stay.garage_id, by=by, at=at)
    _clear(stay, ends)
    return ends


@transaction.atomic
def settle_exception(exception: LaneException, *, by: By, at: datetime) -> None:
    if LaneException.objects.filter(pk=exception.pk, done=False).update(done=True):
        record("lane.exception_settled", "exception", exception.pk, by=by, at=at)
