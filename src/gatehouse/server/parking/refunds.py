"""Money goes back in two steps: first it is written down here, then the provider is asked, by the same id until it
answers. Whatever breaks between, nothing goes back twice and nothing is forgotten.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import F

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.periods import local_date
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.keeping import KeeperAway
from gatehouse.server.parking import lane_exceptions
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import (
    ExceptionKind,
    LaneException,
    Payment,
    PaymentState,
    ProviderAccount,
    Refund,
    RefundReason,
    RefundState,
)
from gatehouse.server.parking.money_queries import still_to_pay_back
from gatehouse.server.parking.payments import exception_of
from gatehouse.server.parking.providers.known import PAYMENTS, order_of, speak
from gatehouse.server.parking.providers.protocol import (
    Declined,
    Pending,
    ProviderFault,
    Refunded,
    Refunding,
)
from gatehouse.server.parking.providers.rounds import Round

log = structlog.get_logger()

PAID_BACK = "paid_back"  # as an operator answers: `lane_answers.Answer`
UNDER_WAY = (RefundState.REQUESTED, RefundState.SENT)
AGAIN_FIRST, AGAIN_LONGEST = timedelta(seconds=20), timedelta(hours=1)


class RefundError(DomainError):
    """A refund that can not be. Codes: `not_paid`, `too_much`, `nothing`, `another`."""


def request_refund(
    payment: Payment, amount: Money, reason: RefundReason, *, refund_id: UUID, by: By, at: datetime
) -> Refund:
    """Write down that money goes back; `send` does it. The same `refund_id` again is the same refund. Raises
    RefundError, MoneyError."""
    if amount <= Money.zero(payment.currency):
        raise RefundError("nothing", "a refund is of some money")
    with transaction.atomic():
        site = lock_site(payment.garage.site_id)
        made = Refund.objects.filter(pk=refund_id).first()
        if made is not None:
            if made.payment_id != payment.pk or made.amount_minor != amount.minor:
                raise RefundError("another", "this id is that of another refund")
            return made
        paid = Payment.objects.filter(pk=payment.pk, state__in=[PaymentState.SETTLED, PaymentState.LATE])
        if not paid.exists():
            raise RefundError("not_paid", "only money that came can go back")
        room = paid.filter(refunded_minor__lte=F("amount_minor") - amount.minor)
        if not room.update(refunded_minor=F("refunded_minor") + amount.minor):
            raise RefundError("too_much", "no more can go back than was paid")
        day = local_date(at, ZoneInfo(site.zone))
        facts = {"amount_minor": amount.minor, "reason": reason, "operator": by.actor, "day": day}
        made = Refund.objects.create(id=refund_id, payment=payment, **facts)
        record("refund.requested", "payment", payment.pk, by=by, at=at)
        _close_exception(payment, reason, by=by, at=at)
    return made


# What raises an exception when it comes, and is over when all of it is on its way back.
_RAISED = {
    PaymentState.SETTLED.value: ExceptionKind.EXCESS_PAYMENT,
    PaymentState.LATE.value: ExceptionKind.LATE_PAYMENT,
}


def _close_exception(payment: Payment, reason: RefundReason, *, by: By, at: datetime) -> None:
    """The exception of money that nobody owed is answered as soon as all of it is to go back; whoever looks after it
    has nothing left to do."""
    payment.refresh_from_db(fields=["refunded_minor", "state", "excess_minor"])
    if still_to_pay_back(payment) or payment.state not in _RAISED:
        return
    waiting = LaneException.objects.filter(pk=exception_of(payment.pk, _RAISED[payment.state]), done=False)
    if waiting.update(done=True, answer=PAID_BACK, reason=RefundReason(reason).value, taken_by=by.actor):
        record("lane.paid_back", "garage", payment.garage_id, by=by, at=at)
        lane_exceptions.tell([payment.garage.site_id])


def _open_exception_again(payment: Payment, at: datetime) -> None:
    """The provider will not pay it back: somebody has to find another way."""
    ids = [exception_of(payment.pk, kind) for kind in _RAISED.values()]
    answered = LaneException.objects.filter(pk__in=ids, done=True, answer=PAID_BACK)
    if answered.update(done=False, answer="", reason="", taken_by=""):
        record("lane.exception_raised", "garage", payment.garage_id, by=PAYMENTS, at=at)
        lane_exceptions.tell([payment.garage.site_id])


def send(refund: Refund, at: datetime) -> Refund:
    """Ask the provider to pay it back, or where it stands; by the same id, so again is harmless. Raises ProviderFault,
    KeeperAway: then it is asked again later."""
    payment = Payment.objects.select_related("garage", "account").get(pk=refund.payment_id)
    if refund.state in UNDER_WAY:
        amount = Money(refund.amount_minor, payment.currency)
        provider = speak(payment.account, payment.garage.site_id)
        answer = provider.refund(order_of(payment), refund.pk, amount, at)
        _write(refund, payment, answer, at)
    refund.refresh_from_db()
    return refund


def hear(refund_id: UUID, provider: str, account: ProviderAccount | None, answer: Refunding, *, at: datetime) -> bool:
    """A provider's notice about a refund; False when it is not one of that account's."""
    refund = Refund.objects.select_related("payment__garage").filter(pk=refund_id).first()
    own = account.pk if account else None
    if refund is None or refund.payment.provider != provider or refund.payment.account_id != own:
        return False
    _write(refund, refund.payment, answer, at)
    return True


@transaction.atomic
def _write(refund: Refund, payment: Payment, answer: Refunding, at: datetime) -> None:
    """What the provider said, once; what it will never pay back may be asked for again."""
    lock_site(payment.garage.site_id)
    under_way = Refund.objects.filter(pk=refund.pk, state__in=UNDER_WAY)
    match answer:
        case Refunded(ref=ref):
            if under_way.update(state=RefundState.DONE, provider_ref=ref, code=""):
                record("refund.done", "payment", payment.pk, by=PAYMENTS, at=at)
        case Pending(code=code):
            under_way.update(state=RefundState.SENT, code=code)
        case Declined(code=code):
            if under_way.update(state=RefundState.FAILED, code=code):
                Payment.objects.filter(pk=payment.pk).update(refunded_minor=F("refunded_minor") - refund.amount_minor)
                record("refund.failed", "payment", payment.pk, by=PAYMENTS, at=at)
                _open_exception_again(payment, at)


def pay_back(payment: Payment, amount: Money, reason: RefundReason, *, refund_id: UUID, by: By, at: datetime) -> Refund:
    """Both steps. With the provider or keeper away the first one stands, and `send_open_refunds` does the second.
    Raises RefundError, MoneyError."""
    refund = request_refund(payment, amount, reason, refund_id=refund_id, by=by, at=at)
    try:
        return send(refund, at)
    except (ProviderFault, KeeperAway) as fault:
        log.warning("refund.waits", code=getattr(fault, "code", "keeper"))
        return refund


_lock = threading.Lock()
_next: dict[UUID, tuple[datetime, timedelta]] = {}


def send_open_refunds(at: datetime) -> int:
    """Every refund that is under way, after pauses that double; how many were asked about."""
    sent, round_ = 0, Round()
    for refund in open_refunds():
        account = refund.payment.account_id
        if not round_.may_ask(account):
            continue
        with _lock:
            due, last = _next.get(refund.pk, (at, AGAIN_FIRST / 2))
            if at < due <= at + AGAIN_LONGEST:
                continue
            pause = min(AGAIN_LONGEST, last * 2)
            _next[refund.pk] = (at + pause, pause)
        try:
            send(refund, at)
            sent += 1
        except ProviderFault as fault:
            round_.is_away(account)
            log.warning("refund.waits", code=fault.code)
    return sent


def open_refunds() -> Sequence[Refund]:
    return list(Refund.objects.filter(state__in=UNDER_WAY).select_related("payment").order_by("pk")[:200])


def forget() -> None:
    """Ask about everything anew; for tests."""
    with _lock:
        _next.clear()
