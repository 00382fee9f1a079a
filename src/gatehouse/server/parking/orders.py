"""Payments at their providers: begun, told of by notices, and asked about when a notice was lost."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from gatehouse.server.audit.by import By
from gatehouse.server.keeping import KeeperAway
from gatehouse.server.parking import queries, refunds
from gatehouse.server.parking.models import Payment, PaymentState, ProviderAccount
from gatehouse.server.parking.payments import fail_payment, name_order, settle_payment
from gatehouse.server.parking.providers.known import order_of, speak
from gatehouse.server.parking.providers.protocol import (
    ORDER_HOLDS,
    Asked,
    Begun,
    Closed,
    Declined,
    Ignored,
    Paid,
    PaidNotice,
    ProviderFault,
    RefundNotice,
)

log = structlog.get_logger()

ASK_AFTER = timedelta(seconds=20)  # a notice that is not here by then may be lost
ASK_LONGEST = timedelta(hours=1)
GIVE_UP = ORDER_HOLDS + timedelta(hours=1)  # an order that a provider does not know by then was never opened
STOP_ASKING = timedelta(days=3)
POLL_PAUSE = timedelta(seconds=3)  # between two questions about one payment, however often its page is looked at


def by_provider(payment: Payment) -> By:
    return By.job(f"provider.{payment.provider}")


def begin(payment: Payment, *, return_url: str, notify_url: str, payer_address: str, at: datetime) -> Begun:
    """Ask the provider for a started payment. What it declined is failed. Raises ProviderFault, KeeperAway."""
    order = order_of(payment, payer_address)
    begun = speak(payment.account, payment.garage.site_id).begin(
        order, return_url=return_url, notify_url=notify_url, at=at
    )
    if isinstance(begun, Declined):
        fail_payment(payment.pk, by=by_provider(payment), at=at)
    elif begun.order_ref and begun.order_ref != payment.order_ref:
        name_order(payment, begun.order_ref)
    return begun


class Heard(StrEnum):
    """What became of a notice."""

    TAKEN = "taken"  # settled, now or before
    IGNORED = "ignored"  # genuine, and nothing to do
    REFUSED = "refused"  # not genuine, not ours, or of another amount: nothing was written


def hear(
    provider: str, account: ProviderAccount | None, headers: Mapping[str, str], body: bytes, at: datetime
) -> Heard:
    """Take a provider's notice. Raises KeeperAway, ProviderFault `bad_keys`."""
    match speak(account).read_notice(headers, body, at):
        case None:
            return Heard.REFUSED
        case Ignored():
            return Heard.IGNORED
        case RefundNotice(refund=refund, answer=answer):
            return Heard.TAKEN if refunds.hear(refund, provider, account, answer, at=at) else Heard.REFUSED
        case PaidNotice(payment=payment_id, paid=paid):
            payment = queries.payment(payment_id)
            own = account.pk if account else None
            if payment is None or payment.provider != provider or payment.account_id != own:
                return Heard.REFUSED
            done = settle_payment(payment_id, paid.ref, paid.amount, by=by_provider(payment), at=at)
            return Heard.TAKEN if done else Heard.REFUSED


def ask(payment: Payment, at: datetime) -> Asked:
    """Ask the provider where a payment stands, and do as it says. Raises ProviderFault, KeeperAway."""
    asked = speak(payment.account, payment.garage.site_id).ask(order_of(payment), at)
    match asked:
        case Paid(ref=ref, amount=amount):
            if settle_payment(payment.pk, ref, amount, by=by_provider(payment), at=at) is None:
                log.warning("payment.odd_amount", code=payment.provider)
        case Closed():
            fail_payment(payment.pk, by=by_provider(payment), at=at)
        case _:
            if asked.order_ref and not payment.order_ref:
                name_order(payment, asked.order_ref)
            if at - payment.at > GIVE_UP:
                fail_payment(payment.pk, by=by_provider(payment), at=at)
    return asked


_lock = threading.Lock()
_next: dict[UUID, tuple[datetime, timedelta]] = {}  # when a payment is asked about again, after which pause


def _may_ask(payment: UUID, at: datetime, pause: timedelta, longest: timedelta) -> bool:
    """Whether it is time; pauses double up to `longest`. Of one process: a start asks about everything anew."""
    with _lock:
        due, last = _next.get(payment, (at, pause / 2))
        if at < due <= at + longest:
            return False
        again = min(longest, last * 2)
        _next[payment] = (at + again, again)
        return True


def look_again(payment: Payment, at: datetime) -> None:
    """For a page that waits for the money: ask, at most once in POLL_PAUSE. Faults are left for the next look."""
    if payment.state != PaymentState.STARTED or at - payment.at < POLL_PAUSE:
        return
    if not _may_ask(payment.pk, at, POLL_PAUSE, POLL_PAUSE):
        return
    try:
        ask(payment, at)
    except (ProviderFault, KeeperAway) as fault:
        log.info("payment.not_asked", fault=type(fault).__name__, code=getattr(fault, "code", ""))


def ask_for_lost_notices(at: datetime) -> int:
    """Ask about every payment that was begun a while ago and not heard of; how many."""
    asked = 0
    for payment in queries.unheard_payments(at - STOP_ASKING, at - ASK_AFTER):
        if not _may_ask(payment.pk, at, ASK_AFTER, ASK_LONGEST):
            continue
        try:
            ask(payment, at)
            asked += 1
        except ProviderFault as fault:
            log.warning("payment.not_asked", code=fault.code)
    with _lock:
        for done in [one for one, (due, _) in _next.items() if due < at - ASK_LONGEST]:
            del _next[done]
    return asked


def forget() -> None:
    """Ask about everything anew; for tests."""
    with _lock:
        _next.clear()
