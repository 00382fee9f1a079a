"""Disputes: opened by whoever holds a receipt, or by an operator for them; decided with a reason.

What was written is sealed. The books of a stay are never edited: an upheld dispute lays a correction over them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Case, Max, QuerySet, SmallIntegerField, When

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking.models import Garage, Payment, PaymentState, RefundReason
from gatehouse.server.parking.refunds import RefundError, request_refund
from gatehouse.server.takings.models import Correction, Dispute, DisputeState, Message, Side

DISPUTES = By.job("disputes")
CLAIM, ANSWER = "dispute.claim/1", "dispute.answer/1"
TEXT_LIMIT = 1000  # characters
MOST_MESSAGES = 20
OPEN_DAYS = 180  # a payment can be contested so long
WAITING = [DisputeState.OPEN, DisputeState.ANSWERED]


class DisputeError(DomainError):
    """Codes: `no_text`, `too_long`, `too_many`, `too_late`, `not_paid`, `there`, `decided`, `bad_amount`."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """dispute.claim/1 and dispute.answer/1. `reach` is how the claimant wants to be reached, `code` why an operator
    decided so."""

    on: date
    text: str
    reach: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message that was opened; `words` None where its key is gone."""

    side: str
    words: Words | None


def open_dispute(payment: Payment, text: str, reach: str = "", *, by: By, at: datetime) -> Dispute:
    """A payment is contested once. Raises DisputeError, KeeperAway."""
    on = _today(payment.garage, at)
    if payment.state not in (PaymentState.SETTLED, PaymentState.LATE):
        raise DisputeError("not_paid", "there is nothing to contest: no money came")
    if (on - local_date(payment.at, ZoneInfo(payment.garage.site.zone))).days > OPEN_DAYS:
        raise DisputeError("too_late", f"a payment can be contested for {OPEN_DAYS} days")
    if Dispute.objects.filter(payment=payment.pk).exists():
        raise DisputeError("there", "this payment is contested already")
    words = _checked(Words(on, text, reach))
    row = Dispute(
        id=uuid4(),
        garage=payment.garage,
        payment=payment.pk,
        stay=payment.stay,
        opened_on=on,
        currency=payment.currency,
    )
    message = _sealed(row, Side.CLAIMANT, words, 1)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            message.save(force_insert=True)
            record("dispute.opened", "dispute", row.pk, by=by, at=at)
    except IntegrityError as fault:
        raise DisputeError("there", "this payment is contested already") from fault
    return row


def say_more(row: Dispute, text: str, *, at: datetime) -> None:
    """The claimant adds to a dispute that waits. Raises DisputeError, KeeperAway."""
    message = _next(row, Side.CLAIMANT, Words(_today(row.garage, at), text))
    _write(row, message, DisputeState.OPEN, "dispute.said", by=DISPUTES, at=at)


def ask_back(row: Dispute, text: str, *, by: By, at: datetime) -> None:
    """The operator answers without deciding. Raises DisputeError, KeeperAway."""
    message = _next(row, Side.OPERATOR, Words(_today(row.garage, at), text))
    _write(row, message, DisputeState.ANSWERED, "dispute.answered", by=by, at=at)


def reject(row: Dispute, code: str, text: str, *, by: By, at: datetime) -> None:
    """Raises DisputeError, KeeperAway."""
    message = _next(row, Side.OPERATOR, Words(_today(row.garage, at), text, code=code))
    _write(row, message, DisputeState.REJECTED, "dispute.rejected", by=by, at=at)


def uphold(row: Dispute, code: str, text: str, amount_minor: int, *, by: By, at: datetime) -> None:
    """The stay should have cost so much less: a correction is laid over its books, and the money goes back. Raises
    DisputeError, KeeperAway."""
    on = _today(row.garage, at)
    payment = Payment.objects.filter(pk=row.payment).first()
    if payment is None or not 0 < amount_minor <= payment.amount_minor:
        raise DisputeError("bad_amount", "what goes back is more than nothing and no more than was paid")
    message, amount = _next(row, Side.OPERATOR, Words(on, text, code=code)), Money(amount_minor, payment.currency)
    with transaction.atomic():
        if not Dispute.objects.filter(pk=row.pk, state__in=WAITING).exists():
            raise DisputeError("decided", "this dispute was decided meanwhile")
        # First, since it waits for whoever writes the site's money. Its id is the dispute's: one dispute pays once.
        _request(payment, amount, row, by=by, at=at)
        _write(row, message, DisputeState.UPHELD, "dispute.upheld", by=by, at=at)
        Dispute.objects.filter(pk=row.pk).update(refund_minor=amount_minor)
        Correction.objects.create(
            garage=row.garage, dispute=row, on=on, amount_minor=-amount_minor, currency=row.currency
        )
    row.refresh_from_db()


def _request(payment: Payment, amount: Money, row: Dispute, *, by: By, at: datetime) -> None:
    """Raises DisputeError when so much can not go back any more."""
    try:
        request_refund(payment, amount, RefundReason.COMPLAINT, refund_id=row.pk, by=by, at=at)
    except RefundError as fault:
        raise DisputeError("bad_amount", "so much of this payment can not go back any more") from fault


def _today(garage: Garage, at: datetime) -> date:
    return local_date(at, ZoneInfo(garage.site.zone))


def _checked(words: Words) -> Words:
    text = words.text.strip().replace("\0", "")
    if not text:
        raise DisputeError("no_text", "write what is wrong")
    if len(text) > TEXT_LIMIT or len(words.reach) > 200:
        raise DisputeError("too_long", f"write at most {TEXT_LIMIT} characters")
    return msgspec.structs.replace(words, text=text, reach=words.reach.strip())


def _sealed(row: Dispute, side: Side, words: Words, place: int) -> Message:
    message = Message(id=uuid4(), dispute=row, place=place, side=side)
    label = CLAIM if side is Side.CLAIMANT else ANSWER
    data = msgspec.json.encode(words)
    year = row.opened_on.year
    message.cell = keeping.seal_one(label, row.garage.site_id, message.pk, data, year=year)
    return message


def _next(row: Dispute, side: Side, words: Words) -> Message:
    """The message that comes next, sealed and not yet written."""
    place = (row.messages.aggregate(last=Max("place"))["last"] or 0) + 1
    if place > MOST_MESSAGES and not words.code:
        raise DisputeError("too_many", f"after {MOST_MESSAGES} messages it is time to decide")
    return _sealed(row, side, _checked(words), place)


def _write(row: Dispute, message: Message, state: DisputeState, verb: str, *, by: By, at: datetime) -> None:
    """The message and the state that follows, of a dispute that waits."""
    try:
        with transaction.atomic():
            if not Dispute.objects.filter(pk=row.pk, state__in=WAITING).update(state=state):
                raise DisputeError("decided", "this dispute was decided meanwhile")
            message.save(force_insert=True)
            record(verb, "dispute", row.pk, by=by, at=at)
    except IntegrityError as fault:
        raise DisputeError("decided", "somebody else wrote at the same moment; look again") from fault
    row.refresh_from_db()


# --- reading -----------------------------------------------------------------------------------------------------


def disputes(garages: Iterable[Garage]) -> QuerySet[Dispute]:
    """Those that wait first, then the newest."""
    found = Dispute.objects.filter(garage__in=list(garages)).select_related("garage__site")
    waits = Case(When(state__in=WAITING, then=0), default=1, output_field=SmallIntegerField())
    return found.annotate(waits=waits).order_by("waits", "-opened_on", "id")


def dispute(which: UUID, garages: Iterable[Garage]) -> Dispute | None:
    found = Dispute.objects.filter(pk=which, garage__in=list(garages))
    return found.select_related("garage__site", "garage__tariff").first()


def dispute_of(payment: Payment) -> Dispute | None:
    return Dispute.objects.filter(payment=payment.pk).select_related("garage__site").first()


def said(row: Dispute, by: By, purpose: str) -> Sequence[Said] | Refused:
    """Every message, by somebody's ticket. Raises KeeperAway."""
    rows = list(row.messages.order_by("place"))
    cells = [keeping.cell(CLAIM if one.side == Side.CLAIMANT else ANSWER, one.pk, one.cell) for one in rows]
    data = keeping.reveal(cells, by.authority, purpose)
    if isinstance(data, Refused):
        return data
    return [Said(one.side, _words(text)) for one, text in zip(rows, data, strict=True)]


def answers(row: Dispute) -> Sequence[Said]:
    """What operators answered, for whoever holds the receipt's address. Raises KeeperAway, KeeperRefused."""
    rows = list(row.messages.filter(side=Side.OPERATOR).order_by("place"))
    cells = [keeping.cell(ANSWER, one.pk, one.cell) for one in rows]
    data = keeping.reveal(cells, DISPUTES.authority, "dispute.answers")
    if isinstance(data, Refused):
        raise keeping.KeeperRefused(data.code, data.facts)
    return [Said(one.side, _words(text)) for one, text in zip(rows, data, strict=True)]


def _words(data: bytes | None) -> Words | None:
    return None if data is None else msgspec.json.decode(data, type=Words)
