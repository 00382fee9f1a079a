"""Stripe Checkout.

Sources: docs.stripe.com/checkout/fulfillment (fulfil by webhook and by asking, `payment_status`), /webhooks/signature
(`Stripe-Signature: t=,v1=` over "t.body"), /api/idempotent_requests (a key is kept for at least 24 hours, so a refund
is also looked for by our id in its metadata), /currencies (minor units; ISK and UGX are written with two decimals,
three-decimal amounts end in 0), /payments/save-and-reuse (setup mode, off-session charges).

The money's name is the PaymentIntent's id in notices, answers and statements. Never tried against the real service.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import stripe

from gatehouse.domain.money import Money, MoneyError
from gatehouse.domain.periods import Period
from gatehouse.server.parking.providers.protocol import (
    ORDER_HOLDS,
    Asked,
    Begun,
    Charged,
    Closed,
    Declined,
    Ignored,
    MandateAsked,
    Notice,
    Order,
    Paid,
    PaidNotice,
    Pending,
    ProviderFault,
    Redirect,
    Refunded,
    Refunding,
    RefundNotice,
    Row,
    Unpaid,
    is_fresh,
    is_ref,
    our_id,
)
from gatehouse.server.parking.providers.web import TIMEOUT_S

MOST_MINOR = 99_999_999  # "amount ... supports up to eight digits"
_HUNDREDFOLD = frozenset({"ISK", "UGX"})
_TENS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
T = TypeVar("T")


class StripeKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`secret_key` begins with sk_ or rk_, `webhook_secret` with whsec_."""

    secret_key: str
    webhook_secret: str
    base_url: str = "https://api.stripe.com"


def to_stripe(amount: Money) -> int | None:
    """The amount as Stripe writes it; None for one that it does not take."""
    if amount.currency in _HUNDREDFOLD:
        minor = amount.minor * 100
    elif amount.currency in _TENS and amount.minor % 10:
        return None
    else:
        minor = amount.minor
    return minor if 0 < minor <= MOST_MINOR else None


def from_stripe(minor: object, currency: object) -> Money | None:
    if type(minor) is not int or not isinstance(currency, str):
        return None
    code = currency.upper()
    if code in _HUNDREDFOLD:
        if minor % 100:
            return None
        minor //= 100
    try:
        return Money(minor, code)
    except MoneyError:
        return None


class StripeCheckout:
    """One Stripe account."""

    def __init__(self, keys: StripeKeys) -> None:
        self._keys = keys
        self._client = stripe.StripeClient(
            keys.secret_key,
            base_addresses={"api": keys.base_url},
            http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
            max_network_retries=0,
        )

    def begin(self, order: Order, *, return_url: str, notify_url: str, at: datetime) -> Begun:
        minor = to_stripe(order.amount)
        if minor is None:
            return Declined("amount")
        if order.order_ref:
            held = _asked(lambda: self._client.v1.checkout.sessions.retrieve(order.order_ref))
            if not isinstance(held, Declined) and held.get("status") == "open" and isinstance(held.get("url"), str):
                return Redirect(held["url"], order.order_ref)
        metadata = {"payment": str(order.payment)}
        ends = (int((at + ORDER_HOLDS).timestamp()) // 3600 + 1) * 3600
        item = {
            "quantity": 1,
            "price_data": {
                "currency": order.amount.currency.lower(),
                "unit_amount": minor,
                "product_data": {"name": order.about},
            },
        }
        params: Any = {
            "mode": "payment",
            "client_reference_id": str(order.payment),
            "line_items": [item],
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "success_url": return_url,
            "cancel_url": return_url,
            "expires_at": ends,
        }
        # The same key must come with the same words, so two taps of one hour end at the same instant.
        key = f"begin-{order.payment}-{ends}"
        answer = _asked(lambda: self._client.v1.checkout.sessions.create(params, {"idempotency_key": key}))
        if isinstance(answer, Declined):
            return answer
        if not isinstance(answer.get("url"), str) or not isinstance(answer.get("id"), str):
            raise ProviderFault("odd_answer")
        return Redirect(answer["url"], answer["id"])

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Notice | None:
        header = headers.get("stripe-signature", "")
        try:
            stripe.WebhookSignature.verify_header(body.decode(), header, self._keys.webhook_secret, tolerance=None)
            signed_at = next(part[2:] for part in header.split(",") if part.startswith("t="))
            event = msgspec.json.decode(body, type=dict[str, Any])
        except (stripe.SignatureVerificationError, ValueError, IndexError, StopIteration, msgspec.MsgspecError):
            return None
        held = event.get("data")
        found = held.get("object") if isinstance(held, dict) else None
        if not is_fresh(signed_at, at) or not isinstance(found, dict):
            return None
        kind = event.get("type")
        if kind in ("checkout.session.completed", "checkout.session.async_payment_succeeded"):
            payment, asked = our_id(found.get("client_reference_id")), _session(found)
        elif kind == "payment_intent.succeeded":
            payment, asked = our_id(_metadata(found).get("payment")), _intent(found)
        elif kind in ("refund.updated", "refund.failed", "refund.created", "charge.refund.updated"):
            refund = our_id(_metadata(found).get("refund"))
            return RefundNotice(refund, _refund(found)) if refund else Ignored()
        else:
            return Ignored()
        return PaidNotice(payment, asked) if payment and isinstance(asked, Paid) else Ignored()

    def ask(self, order: Order, at: datetime) -> Asked:
        if order.order_ref.startswith("cs_"):
            answer = _asked(lambda: self._client.v1.checkout.sessions.retrieve(order.order_ref))
            return Closed() if isinstance(answer, Declined) else _session(answer)
        found = self._intent_of(order)
        return _intent(found) if found else Unpaid()

    def _intent_of(self, order: Order) -> dict[str, Any] | None:
        """The intent of a charge whose answer we never had."""
        if order.order_ref.startswith("pi_"):
            answer = _asked(lambda: self._client.v1.payment_intents.retrieve(order.order_ref))
            return None if isinstance(answer, Declined) else answer
        query: Any = {"query": f"metadata['payment']:'{order.payment}'", "limit": 1}
        listed = _asked(lambda: self._client.v1.payment_intents.search(query))
        rows = [] if isinstance(listed, Declined) else listed.get("data", [])
        return rows[0] if rows else None

    def refund(self, order: Order, refund: UUID, amount: Money, at: datetime) -> Refunding:
        listing: Any = {"payment_intent": order.ref, "limit": 100}
        before = _asked(lambda: self._client.v1.refunds.list(listing))
        if isinstance(before, Declined):
            return before
        for row in before.get("data", []):
            if our_id(_metadata(row).get("refund")) == refund:
                return _refund(row)
        minor = to_stripe(amount)
        if minor is None:
            return Declined("amount")
        params: Any = {"payment_intent": order.ref, "amount": minor, "metadata": {"refund": str(refund)}}
        made = _asked(lambda: self._client.v1.refunds.create(params, {"idempotency_key": f"refund-{refund}"}))
        return made if isinstance(made, Declined) else _refund(made)

    def statement(self, day: date, zone: ZoneInfo, at: datetime) -> list[Row]:
        span = Period.local_day(day, zone)
        created = {"gte": int(span.start.timestamp()), "lt": int(span.end.timestamp())}
        rows = []
        for charge in self._all(lambda params: self._client.v1.charges.list(params), created):
            amount = from_stripe(charge.get("amount"), charge.get("currency"))
            if charge.get("status") == "succeeded" and amount is not None:
                ours = our_id(_metadata(charge).get("payment"))
                rows.append(Row("payment", str(ours or charge["id"]), str(charge.get("payment_intent")), amount))
        for refund in self._all(lambda params: self._client.v1.refunds.list(params), created):
            amount = from_stripe(refund.get("amount"), refund.get("currency"))
            if refund.get("status") not in ("failed", "canceled") and amount is not None:
                ours = our_id(_metadata(refund).get("refund"))
                rows.append(Row("refund", str(ours or refund["id"]), str(refund["id"]), amount))
        return rows

    def _all(self, listing: Callable[[Any], Any], created: dict[str, int]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {"created": created, "limit": 100}
        while True:
            page = _asked(lambda: listing(dict(params)))
            if isinstance(page, Declined):
                raise ProviderFault("odd_answer", page.code)
            found += page.get("data", [])
            if not page.get("has_more") or not page.get("data"):
                return found
            params["starting_after"] = found[-1]["id"]

    def check(self, at: datetime) -> None:
        answer = _asked(lambda: self._client.v1.balance.retrieve())
        if isinstance(answer, Declined):
            raise ProviderFault("bad_keys", answer.code)
        if not self._keys.webhook_secret.startswith("whsec_"):
            raise ProviderFault("bad_keys", "webhook_secret")

    def ask_mandate(self, mandate: UUID, *, return_url: str, at: datetime) -> MandateAsked:
        params: Any = {
            "mode": "setup",
            "payment_method_types": ["card"],
            "customer_creation": "always",
            "client_reference_id": str(mandate),
            "metadata": {"mandate": str(mandate)},
            "success_url": return_url,
            "cancel_url": return_url,
        }
        key = {"idempotency_key": f"mandate-{mandate}"}
        answer = _asked(lambda: self._client.v1.checkout.sessions.create(params, key))  # type: ignore[arg-type]
        if isinstance(answer, Declined):
            raise ProviderFault("not_supported", answer.code)
        return MandateAsked(str(answer["url"]), str(answer["id"]))

    def mandate_token(self, ref: str, at: datetime) -> str | None:
        expand: Any = {"expand": ["setup_intent"]}
        session = _asked(lambda: self._client.v1.checkout.sessions.retrieve(ref, expand))
        if isinstance(session, Declined) or session.get("status") != "complete":
            return None
        setup = session.get("setup_intent")
        method = setup.get("payment_method") if isinstance(setup, dict) else None
        customer = session.get("customer")
        return f"{customer} {method}" if isinstance(customer, str) and isinstance(method, str) else None

    def charge(self, order: Order, token: str, at: datetime) -> Charged:
        minor = to_stripe(order.amount)
        if minor is None:
            return Declined("amount")
        customer, _, method = token.partition(" ")
        params: Any = {
            "amount": minor,
            "currency": order.amount.currency.lower(),
            "customer": customer,
            "payment_method": method,
            "off_session": True,
            "confirm": True,
            "description": order.about,
            "metadata": {"payment": str(order.payment)},
        }
        key = {"idempotency_key": f"charge-{order.payment}"}
        made = _asked(lambda: self._client.v1.payment_intents.create(params, key))  # type: ignore[arg-type]
        if isinstance(made, Declined):
            return made
        stands = _intent(made)
        return Declined("closed") if isinstance(stands, Closed) else stands

    def drop_mandate(self, token: str, at: datetime) -> None:
        _, _, method = token.partition(" ")
        _asked(lambda: self._client.v1.payment_methods.detach(method))


def _asked(work: Callable[[], Any]) -> dict[str, Any] | Declined:
    """The answer as plain facts, or the provider's no. Raises ProviderFault."""
    try:
        answer = work()
    except (stripe.AuthenticationError, stripe.PermissionError) as fault:
        raise ProviderFault("bad_keys", fault.code or "") from fault
    except (stripe.CardError, stripe.InvalidRequestError) as fault:
        return Declined((fault.code or "refused")[:64])
    except stripe.StripeError as fault:
        raise ProviderFault("away", type(fault).__name__) from fault
    plain: dict[str, Any] = answer.to_dict()
    return plain


def _metadata(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = row.get("metadata")
    return found if isinstance(found, dict) else {}


def _session(session: Mapping[str, Any]) -> Asked:
    amount = from_stripe(session.get("amount_total"), session.get("currency"))
    ref = session.get("payment_intent")
    if session.get("payment_status") == "paid" and amount is not None and isinstance(ref, str) and is_ref(ref):
        return Paid(ref, amount)
    return Closed() if session.get("status") == "expired" else Unpaid()


def _intent(intent: Mapping[str, Any]) -> Asked:
    amount, ref = from_stripe(intent.get("amount_received"), intent.get("currency")), intent.get("id")
    if intent.get("status") == "succeeded" and amount is not None and isinstance(ref, str) and is_ref(ref):
        return Paid(ref, amount)
    if intent.get("status") in ("canceled", "requires_payment_method", "requires_action"):
        return Closed()
    return Unpaid(str(ref or ""))


def _refund(refund: Mapping[str, Any]) -> Refunding:
    status, ref = refund.get("status"), refund.get("id")
    if status == "succeeded" and isinstance(ref, str) and is_ref(ref):
        return Refunded(ref)
    if status in ("failed", "canceled"):
        return Declined(str(refund.get("failure_reason") or status)[:64])
    return Pending(str(status or "")[:64])
