"""The built-in test provider, as every other one: it keeps books of its own and tells us by signed messages.

Its books are a table of this server, written before it tells us anything: what it took stands, whatever becomes of the
message. No money moves.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import transaction

from gatehouse.domain.money import Money, MoneyError
from gatehouse.domain.periods import local_date
from gatehouse.server import keeping
from gatehouse.server.parking.models import BuiltinEntry
from gatehouse.server.parking.providers.protocol import (
    Asked,
    Begun,
    Charged,
    Declined,
    MandateAsked,
    Notice,
    Order,
    Paid,
    PaidNotice,
    Redirect,
    Refunded,
    Refunding,
    Row,
    Unpaid,
)
from gatehouse.server.people.models import Site

NAME = "test"
SIGNATURE_HEADER = "x-test-provider-signature"


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    event: str
    payment: UUID
    amount_minor: int
    currency: str


def ref_of(payment: UUID) -> str:
    return f"test-{payment}"


def signature_of(body: bytes) -> str:
    """Raises KeeperAway."""
    return hmac.new(keeping.secret("provider.test"), body, hashlib.sha256).hexdigest()


def message(payment: UUID, amount: Money) -> tuple[bytes, str]:
    """Body and signature of "the driver paid", the same for the same payment. Raises KeeperAway."""
    body = msgspec.json.encode(Message(ref_of(payment), payment, amount.minor, amount.currency))
    return body, signature_of(body)


class Builtin:
    """One merchant of it, who is a site; `server.settings.TEST_PROVIDER` says whether it is there. None for whoever
    only listens."""

    def __init__(self, merchant: UUID | None) -> None:
        self._merchant = merchant

    @transaction.atomic
    def take(self, payment: UUID, amount: Money, at: datetime) -> None:
        """The driver pays: once, however often the button is pressed."""
        self._write(payment, payment, "payment", amount, at)

    def _write(self, entry: UUID, payment: UUID, kind: str, amount: Money, at: datetime) -> None:
        assert self._merchant is not None
        day = local_date(at, ZoneInfo(Site.objects.get(pk=self._merchant).zone))
        facts = {"payment": payment, "kind": kind, "amount_minor": amount.minor, "currency": amount.currency}
        BuiltinEntry.objects.get_or_create(pk=entry, defaults=facts | {"day": day, "merchant": self._merchant})

    def begin(self, order: Order, *, return_url: str, notify_url: str, at: datetime) -> Begun:
        if order.amount.minor <= 0:
            return Declined("amount")
        return Redirect(urlsplit(return_url).path.replace("/paid/", "/test/"))

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Notice | None:
        given = headers.get(SIGNATURE_HEADER, "").encode(errors="replace")
        if not settings.TEST_PROVIDER or not hmac.compare_digest(signature_of(body).encode(), given):
            return None
        try:
            facts = msgspec.json.decode(body, type=Message)
            amount = Money(facts.amount_minor, facts.currency)
        except (msgspec.MsgspecError, MoneyError):
            return None
        return PaidNotice(facts.payment, Paid(facts.event, amount)) if facts.event == ref_of(facts.payment) else None

    def ask(self, order: Order, at: datetime) -> Asked:
        entry = BuiltinEntry.objects.filter(pk=order.payment, kind="payment").first()
        return Paid(ref_of(order.payment), Money(entry.amount_minor, entry.currency)) if entry else Unpaid()

    @transaction.atomic
    def refund(self, order: Order, refund: UUID, amount: Money, at: datetime) -> Refunding:
        taken = BuiltinEntry.objects.select_for_update().filter(pk=order.payment, kind="payment").first()
        back = BuiltinEntry.objects.filter(payment=order.payment, kind="refund")
        if not back.filter(pk=refund).exists():
            gone = sum(row.amount_minor for row in back)
            if taken is None or amount.currency != taken.currency or gone + amount.minor > taken.amount_minor:
                return Declined("too_much")
            self._write(refund, order.payment, "refund", amount, at)
        return Refunded(f"test-{refund}")

    def statement(self, day: date, zone: ZoneInfo, at: datetime) -> list[Row]:
        assert self._merchant is not None
        rows = BuiltinEntry.objects.filter(merchant=self._merchant, day=day).order_by("pk")
        return [Row(row.kind, str(row.pk), f"test-{row.pk}", Money(row.amount_minor, row.currency)) for row in rows]

    def check(self, at: datetime) -> None:
        """It is always there."""

    def ask_mandate(self, mandate: UUID, *, return_url: str, at: datetime) -> MandateAsked:
        return MandateAsked(return_url, f"test-mandate-{mandate}")

    def mandate_token(self, ref: str, at: datetime) -> str | None:
        return ref.replace("test-mandate-", "test-token-")

    def charge(self, order: Order, token: str, at: datetime) -> Charged:
        if not token.startswith("test-token-"):
            return Declined("card_declined")
        self.take(order.payment, order.amount, at)
        return Paid(ref_of(order.payment), order.amount)

    def drop_mandate(self, token: str, at: datetime) -> None:
        """It keeps none."""
