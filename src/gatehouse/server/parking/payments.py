"""Money for stays: started, settled by the provider's word, and counted once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from gatehouse.domain.money import Money
from gatehouse.domain.periods import local_date, start_of_day
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.hooks.actions import Happened, tell
from gatehouse.server.hooks.models import EventKind
from gatehouse.server.parking import queries
from gatehouse.server.parking.actions import clear, clear_free
from gatehouse.server.parking.facts import UNPRICED, Quote, is_cleared, quote, quoted_anew
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import (
    ExceptionKind,
    LaneException,
    OpenState,
    OpenStay,
    Payment,
    PaymentState,
    ProviderAccount,
)

QUOTE_HOLDS = timedelta(minutes=10)  # how long a started payment's amount settles the stay


@dataclass(frozen=True, slots=True)
class NothingDue:
    """The stay may leave; `clearance` says until when."""

    ends: datetime


def start_payment(
    stay: OpenStay, provider: str, at: datetime, account: ProviderAccount | None = None
) -> tuple[Payment, Quote] | NothingDue | None:
    """A payment of what is due now, None for a stay that has left. A stay that owes nothing is cleared instead.

    A payment that was started so a moment ago is taken up again: two taps ask for the money once. Raises as `quote`.
    """
    asked = quote(stay, at)
    with transaction.atomic():
        lock_site(stay.garage.site_id)
        held = queries.open_stay(stay.pk)
        if held is None:
            return None
        asked = quoted_anew(asked, held, at)
        if not asked.due:
            return NothingDue(clear_free(held, by=By.job("stays"), at=at))
        payment = _started(held, provider, account, asked.due, at)
        OpenStay.objects.filter(pk=stay.pk, state=OpenState.OPEN).update(state=OpenState.QUOTED)
        record("payment.started", "payment", payment.pk, by=By.job("stays"), at=at)
    return payment, asked


def _started(stay: OpenStay, provider: str, account: ProviderAccount | None, due: Money, at: datetime) -> Payment:
    facts = {"stay": stay.pk, "provider": provider, "account": account}
    facts |= {"amount_minor": due.minor, "currency": due.currency}
    same = Payment.objects.filter(state=PaymentState.STARTED, at__gt=at - QUOTE_HOLDS, **facts).first()
    if same is None:
        return Payment.objects.create(garage=stay.garage, at=at, **facts)
    Payment.objects.filter(pk=same.pk).update(at=at)
    same.at = at
    return same


def settle_payment(payment_id: UUID, event: str, amount: Money, *, by: By, at: datetime) -> Payment | None:
    """The provider's word that the money came; None for a payment that is not ours, another amount, or an event that
    was another payment's.

    `event` is the provider's own name of the money: the same word again changes nothing, and another one for a payment
    that was settled is money that came twice. Money that came is always written. What is
    beyond the debt by then, and what came for a stay that has left or has no price, is an exception for somebody to
    look at. When it comes later than `QUOTE_HOLDS` after the start, the stay is cleared only if nothing more is due by
    then.
    """
    payment = queries.payment(payment_id)
    if payment is None or Money(payment.amount_minor, payment.currency) != amount:
        return None
    asked = _asked(payment, at)
    with transaction.atomic():
        lock_site(payment.garage.site_id)
        payment.refresh_from_db()
        other = Payment.objects.filter(provider=payment.provider, provider_ref=event).exclude(pk=payment_id).first()
        if other is not None:
            return other if _is_second(other, payment) else None
        mine = Payment.objects.filter(pk=payment_id, state__in=[PaymentState.STARTED, PaymentState.FAILED])
        if mine.update(state=PaymentState.SETTLED, provider_ref=event, at=at):
            record("payment.settled", "payment", payment_id, by=by, at=at)
            _credit(payment, amount, asked, at)
            _tell_paid(payment, at)
        elif payment.provider_ref != event:
            return _write_second(payment, event, amount, by=by, at=at)
    payment.refresh_from_db()
    return payment


def _tell_paid(payment: Payment, at: datetime) -> None:
    """Other programs are told the date and no minute, and nothing that names the payment or the stay."""
    site = payment.garage.site
    day = local_date(at, ZoneInfo(site.zone))
    told: dict[str, str | int | bool] = {
        "garage": payment.garage.code,
        "date": day.isoformat(),
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "provider": payment.provider,
    }
    tell(site.pk, [Happened(EventKind.PAID, start_of_day(day, ZoneInfo(site.zone)), told)], now=at)


def _is_second(other: Payment, payment: Payment) -> bool:
    """Whether `other` is what the provider took twice for `payment`, and was written as such."""
    taken = payment.state in (PaymentState.SETTLED, PaymentState.LATE)
    return taken and other.stay == payment.stay and other.excess_minor == other.amount_minor == payment.amount_minor


def _write_second(payment: Payment, event: str, amount: Money, *, by: By, at: datetime) -> Payment:
    """The provider took money for one order twice: all of the second is to be paid back."""
    second = Payment.objects.create(
        stay=payment.stay,
        garage=payment.garage,
        amount_minor=amount.minor,
        excess_minor=amount.minor,
        currency=amount.currency,
        state=PaymentState.SETTLED,
        provider=payment.provider,
        account=payment.account,
        provider_ref=event,
        at=at,
    )
    record("payment.settled", "payment", second.pk, by=by, at=at)
    _tell_paid(second, at)
    _raise(second, ExceptionKind.EXCESS_PAYMENT, at)
    return second


def _asked(payment: Payment, at: datetime) -> Quote | None:
    """What the payment's stay owes; None when it has left or has no price."""
    stay = queries.open_stay(payment.stay)
    try:
        return quote(stay, at) if stay else None
    except UNPRICED:
        return None


def _credit(payment: Payment, amount: Money, asked: Quote | None, at: datetime) -> None:
    """Count the money for its stay. `payment` is as it was before it was settled."""
    stay, zero = queries.open_stay(payment.stay), Money.zero(amount.currency)
    if stay is None:
        # The car is gone: the money stays visible until somebody has dealt with it.
        Payment.objects.filter(pk=payment.pk).update(state=PaymentState.LATE)
        _raise(payment, ExceptionKind.LATE_PAYMENT, at)
        return
    cleared = is_cleared(stay, at)
    due = zero if cleared else quoted_anew(asked, stay, at).due if asked else None
    counts = amount if due is None else min(amount, due)
    if counts < amount:
        Payment.objects.filter(pk=payment.pk).update(excess_minor=(amount - counts).minor)
        _raise(payment, ExceptionKind.EXCESS_PAYMENT, at)
    if cleared:
        return
    OpenStay.objects.filter(pk=stay.pk).update(paid_minor=F("paid_minor") + counts.minor, state=OpenState.PAID)
    if due == counts or at < payment.at + QUOTE_HOLDS:
        clear(stay, at + timedelta(minutes=payment.garage.leave_min))
    elif due is None:
        _raise(payment, ExceptionKind.UNPRICED_PAYMENT, at)


def _raise(payment: Payment, kind: ExceptionKind, at: datetime) -> None:
    LaneException.objects.create(id=exception_of(payment.pk, kind), garage=payment.garage, kind=kind, at=at)


def exception_of(payment_id: UUID, kind: ExceptionKind) -> UUID:
    """The id of the lane exception that a payment's money raises. It is reckoned with the server's signing secret,
    which lies at the keeper: the exception's minute must not stand beside a payment in a copy of the rows."""
    digest = salted_hmac("gatehouse.money.exception", f"{payment_id}/{kind}", algorithm="sha256").digest()
    return UUID(bytes=digest[:16], version=4)


@transaction.atomic
def name_order(payment: Payment, order_ref: str) -> None:
    """What the provider calls the order of a payment; told before the driver is sent there."""
    Payment.objects.filter(pk=payment.pk).update(order_ref=order_ref)
    payment.order_ref = order_ref


@transaction.atomic
def fail_payment(payment_id: UUID, *, by: By, at: datetime) -> None:
    started = Payment.objects.filter(pk=payment_id, state=PaymentState.STARTED)
    if started.update(state=PaymentState.FAILED):
        record("payment.failed", "payment", payment_id, by=by, at=at)
