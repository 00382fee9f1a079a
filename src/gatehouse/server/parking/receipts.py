"""Numbered receipts: given once for money that came, frozen as it was then, read by whoever holds the link.

A garage's numbers have no gaps within a year. The number is in the sealed cell, which is made before the database is
locked; only the counter's compare-and-set makes it true, and who comes second seals anew. Giving is idempotent: the
page asks for it when the driver looks, and a job gives what nobody looked at.
"""

from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.utils.crypto import salted_hmac

from gatehouse.domain.money import Money, round_half_up
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking import queries
from gatehouse.server.parking.facts import UNPRICED, BooksLine, Quote, is_cleared, quote
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import Garage, Payment, PaymentState, Receipt, ReceiptCount

RECEIPTS = By.job("receipts")
LABEL = "receipt.facts/1"
CAME = (PaymentState.SETTLED, PaymentState.LATE)
TRIES = 8
# An amount holds for so long after it was asked for, so it may be the price of some minutes before the money came.
QUOTE_HELD_MIN = 11
LONGEST_CODE = timedelta(days=1)
ROUND = 200


class ReceiptFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """receipt.facts/1. `lines` add up to `total_minor`, of which `before_minor` had been paid before; both are empty
    where the price could not be told when the money came. `excess_minor` is to be paid back."""

    number: int
    year: int
    paid_at: datetime
    currency: str
    amount_minor: int
    excess_minor: int
    entered_at: datetime | None
    total_minor: int
    before_minor: int
    tax_minor: int | None  # in what was paid now
    lines: list[BooksLine]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


def give_receipt(payment_id: UUID, *, at: datetime) -> Receipt | None:
    """The payment's receipt, given now when it has none; None when no money came. Raises KeeperAway."""
    payment = queries.payment(payment_id)
    if payment is None or payment.state not in CAME:
        return None
    given = queries.receipt(payment_id)
    if given is not None:
        return given
    zone = ZoneInfo(payment.garage.site.zone)
    year = local_date(payment.at, zone).year
    asked = _as_paid(payment)
    for _ in range(TRIES):
        count, _made = ReceiptCount.objects.get_or_create(garage=payment.garage, year=year)
        facts = _facts(payment, asked, count.last + 1, year)
        cell = keeping.seal_one(LABEL, payment.garage.site_id, payment.pk, msgspec.json.encode(facts), year=year)
        found = _number(payment, count, cell, at)
        if found is not None:
            return found
    return None  # others kept coming first; the job gives it soon


@transaction.atomic
def _number(payment: Payment, count: ReceiptCount, cell: bytes, at: datetime) -> Receipt | None:
    """None when another receipt took this number."""
    lock_site(payment.garage.site_id)
    given = queries.receipt(payment.pk)
    if given is not None:
        return given
    if not ReceiptCount.objects.filter(pk=count.pk, last=count.last).update(last=count.last + 1):
        return None
    receipt = Receipt.objects.create(payment=payment, garage=payment.garage, year=count.year, cell=cell)
    record("receipt.given", "payment", payment.pk, by=RECEIPTS, at=at)
    return receipt


def _as_paid(payment: Payment) -> Quote | None:
    """The price that this payment settled, None where none comes to what was paid: the car has left, its key is gone,
    or the receipt is given so late that the price is another one. Raises KeeperAway."""
    stay = queries.open_stay(payment.stay)
    counted = payment.amount_minor - payment.excess_minor
    if stay is None:
        return None
    for minutes in range(QUOTE_HELD_MIN):
        try:
            asked = quote(stay, payment.at - timedelta(minutes=minutes))
        except keeping.KeeperAway:
            raise
        except UNPRICED:
            return None
        if asked.price is not None and asked.price.total == asked.paid and asked.paid.minor >= counted:
            return asked
    return None


def _facts(payment: Payment, asked: Quote | None, number: int, year: int) -> ReceiptFacts:
    price = asked.price if asked else None
    counted = payment.amount_minor - payment.excess_minor
    before = price.total.minor - counted if price else 0
    lines = [
        BooksLine(line.kind.value, dict(line.params), line.covered_s, line.amount.minor)
        for line in (price.lines if price else ())
    ]
    tax = None
    if price is not None and price.tax is not None and price.total.minor:
        # What earlier receipts said is taken off, so that the parts add up to the whole.
        tax = price.tax.minor - round_half_up(Fraction(price.tax.minor * before, price.total.minor))
    return ReceiptFacts(
        number=number,
        year=year,
        paid_at=payment.at,
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        excess_minor=payment.excess_minor,
        entered_at=asked.entered_at if asked else None,
        total_minor=price.total.minor if price else payment.amount_minor,
        before_minor=before,
        tax_minor=tax,
        lines=lines,
    )


def read_receipt(receipt: Receipt) -> ReceiptFacts | None:
    """For the holder of its link; None when the year's books are destroyed. Raises KeeperAway, KeeperRefused."""
    cell = keeping.cell(LABEL, receipt.pk, receipt.cell)
    data = keeping.reveal([cell], RECEIPTS.authority, "receipt.page")
    if isinstance(data, Refused):
        raise keeping.KeeperRefused(data.code, data.facts)
    return None if data[0] is None else msgspec.json.decode(data[0], type=ReceiptFacts)


def number_text(garage: Garage, facts: ReceiptFacts) -> str:
    """The number as it is printed: unique within a site."""
    return f"{garage.code.upper()}-{facts.year}-{facts.number:06d}"


def give_missing(at: datetime) -> int:
    """Receipts for money that came and that nobody looked at, oldest first; how many. Raises KeeperAway."""
    given = 0
    for payment_id in queries.payments_without_receipt(ROUND):
        given += give_receipt(payment_id, at=at) is not None
    return given


def exit_code(payment: Payment, at: datetime) -> str | None:
    """The signed text that opens an exit of the garage once while the payment's stay may leave; None when it may not.
    Raises KeeperAway."""
    stay = queries.open_stay(payment.stay)
    if stay is None or payment.state not in CAME or not is_cleared(stay, at):
        return None
    ends = min(stay.clearance.ends, at + LONGEST_CODE)
    claims: dict[str, str | int] = {
        "id": str(_code_id(payment)),
        "stay": str(stay.pk),
        "site": str(payment.garage.site_id),
        "zone": str(payment.garage.zone_id),
        "exp": int(ends.timestamp()),
    }
    signed = keeping.sign_receipt(claims, RECEIPTS.authority)
    return None if isinstance(signed, Refused) else signed


def _code_id(payment: Payment) -> UUID:
    """The code's own id: whoever photographs it does not learn the receipt's address."""
    return uuid5(UUID(int=0), salted_hmac("gatehouse.receipt", str(payment.pk), algorithm="sha256").hexdigest())
