"""The built-in payment provider of demonstrations and tests, enabled only by `settings.TEST_PROVIDER`.

It behaves as a real one does: it knows an opaque payment id and an amount, keeps books of its own, and tells us by a
signed message, perhaps twice. The key lies at the keeper. Its books are `providers.builtin`'s.
"""

from datetime import datetime

from gatehouse.domain.money import Money
from gatehouse.server.parking import orders, queries
from gatehouse.server.parking.models import Payment
from gatehouse.server.parking.providers import builtin
from gatehouse.server.parking.providers.builtin import SIGNATURE_HEADER, Message
from gatehouse.server.parking.providers.protocol import PaidNotice

__all__ = ["NAME", "SIGNATURE_HEADER", "Message", "message", "receive"]

NAME = builtin.NAME


def message(payment: Payment) -> tuple[bytes, str]:
    """Body and signature of "the driver paid", the same for the same payment. Raises KeeperAway."""
    return builtin.message(payment.pk, Money(payment.amount_minor, payment.currency))


def pay(payment: Payment, at: datetime) -> None:
    """The driver presses "Pay" at the provider's: it takes the money and tells us. Raises KeeperAway."""
    builtin.Builtin(payment.garage.site_id).take(payment.pk, Money(payment.amount_minor, payment.currency), at)
    body, signature = message(payment)
    receive(body, signature, at)


def receive(body: bytes, signature: str, at: datetime) -> Payment | None:
    """Settle what the message says; None when it is not enabled, forged or not ours. Raises KeeperAway."""
    if orders.hear(NAME, None, {SIGNATURE_HEADER: signature}, body, at) is not orders.Heard.TAKEN:
        return None
    notice = builtin.Builtin(None).read_notice({SIGNATURE_HEADER: signature}, body, at)
    assert isinstance(notice, PaidNotice)
    return queries.payment(notice.payment)
