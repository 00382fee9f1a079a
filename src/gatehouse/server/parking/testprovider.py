"""The built-in payment provider of demonstrations and tests, enabled only by `settings.TEST_PROVIDER`.

It behaves as a real one does: it knows an opaque payment id and an amount, and tells us by a signed message, perhaps
twice. The key lies at the keeper.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from django.conf import settings

from gatehouse.domain.money import Money, MoneyError
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.parking.actions import settle_payment
from gatehouse.server.parking.models import Payment

NAME = "test"
SIGNATURE_HEADER = "X-Test-Provider-Signature"


Event = Annotated[str, msgspec.Meta(pattern="^[!-~]{1,80}$")]  # as much as the table holds


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    event: Event
    payment: UUID
    amount_minor: int
    currency: str


def message(payment: Payment) -> tuple[bytes, str]:
    """Body and signature of "the driver paid", the same for the same payment."""
    facts = Message(f"test-{payment.pk}", payment.pk, payment.amount_minor, payment.currency)
    body = msgspec.json.encode(facts)
    return body, _signature(body)


def _signature(body: bytes) -> str:
    return hmac.new(keeping.secret("provider.test"), body, hashlib.sha256).hexdigest()


def receive(body: bytes, signature: str, at: datetime) -> Payment | None:
    """Settle what the message says; None when it is not enabled, forged or not ours. Raises KeeperAway."""
    given = signature.encode(errors="replace")
    if not settings.TEST_PROVIDER or not hmac.compare_digest(_signature(body).encode(), given):
        return None
    try:
        facts = msgspec.json.decode(body, type=Message)
        amount = Money(facts.amount_minor, facts.currency)
    except (msgspec.MsgspecError, MoneyError):
        return None
    return settle_payment(facts.payment, facts.event, amount, by=By.job("provider.test"), at=at)
