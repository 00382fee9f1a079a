"""What a stay that is over came to: priced, with what merchants gave, and sealed for the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from gatehouse.domain.decisions import Reason
from gatehouse.domain.errors import DomainError
from gatehouse.domain.matching import last_known_inside
from gatehouse.domain.money import Money
from gatehouse.domain.parking import Price
from gatehouse.domain.periods import local_date
from gatehouse.domain.permits import Span
from gatehouse.keeper.protocol import Admitted, Plain, StayEntry
from gatehouse.server import keeping
from gatehouse.server.parking.facts import (
    FREE_EXITS,
    TIMELESS,
    StayUnreadable,
    beyond,
    books,
    class_of,
    ending_spans,
    entries,
    is_cleared,
    owed,
    price_of,
    registered_as,
)
from gatehouse.server.parking.models import ClosedState, ClosedStay, ExceptionKind, Garage, OpenState, OpenStay
from gatehouse.server.parking.steps import step_plain
from gatehouse.server.parking.validations import NOTHING, Given, Worth, facts_of, given_to


@dataclass(frozen=True, slots=True)
class Ended:
    """A stay that is to be closed, before it is priced. `seen` is false where nobody saw it leave: then nobody knows
    what it owed."""

    garage: Garage
    stay: OpenStay
    left_at: datetime
    odd: ExceptionKind | None = None
    passage: Admitted | None = None
    seen: bool = True

    @property
    def reason(self) -> str:
        """Why the exit let it out, "" where none did."""
        return self.passage.reason if self.passage is not None and self.seen else ""


@dataclass(frozen=True, slots=True)
class Closing:
    """A stay is over. `seen` is its row as it was priced, `given` what merchants had given it and `worths` what of the
    price that was; `odd` is what somebody should look at, and `passage` what was seen of it."""

    garage: Garage
    seen: OpenStay
    closed: ClosedStay
    odd: ExceptionKind | None
    passage: Admitted | None = None
    given: Given = NOTHING
    worths: tuple[Worth, ...] = ()
    booked: str | None = None  # the vehicle whose booking it used


@dataclass(frozen=True, slots=True)
class _Pricer:
    """One ended stay with all that its price is made of."""

    one: Ended
    entry: StayEntry | None
    given: Given
    spans: tuple[Span, ...]
    until: datetime
    vehicle_class: str

    def price(self, gifts: int | None = None) -> Price | None:
        """With the first so many gifts, or with all. Raises DomainError."""
        if self.entry is None or self.one.reason in FREE_EXITS:
            return None
        given = facts_of(self.given if gifts is None else self.given[:gifts])
        return price_of(
            self.one.garage,
            self.entry,
            self.until,
            vehicle_class=self.vehicle_class,
            validations=given,
            spans=self.spans,
        )


def close_all(ended: Sequence[Ended]) -> dict[UUID, Closing]:
    """Price them and seal their books: two questions to the keeper, however many they are. Raises KeeperAway."""
    if not ended:
        return {}
    try:
        known = entries({one.stay.pk: bytes(one.stay.entry_cell) for one in ended})
    except StayUnreadable:
        known = {}
    gifts = given_to(one.stay.pk for one in ended)
    rights = ending_spans((one.garage.pk, known[one.stay.pk]) for one in ended if one.stay.pk in known)
    classes = registered_as(known.values())
    closings, plains = {}, []
    for one in ended:
        lost = one.odd is ExceptionKind.STAY_UNREADABLE or one.reason == TIMELESS
        entry, given = None if lost else known.get(one.stay.pk), gifts.get(one.stay.pk, NOTHING)
        spans = rights.get((one.garage.pk, entry.vehicle or ""), ()) if entry else ()
        until = _charged_until(one, entry) if entry and not one.seen else one.left_at
        called = class_of(one.stay, entry, classes) if entry else ""
        pricer = _Pricer(one, entry, given, spans, until, called)
        row, plain = _closed_row(pricer)
        plains.append(plain)
        booked = entry.vehicle if entry is not None and entry.reason == Reason.BOOKING else None
        odd = one.odd or _excess(row)
        closings[one.stay.pk] = Closing(one.garage, one.stay, row, odd, one.passage, given, _worths(pricer), booked)
    steps = [
        step_plain(closings[one.stay.pk].closed, _timed(one, known.get(one.stay.pk)), one.left_at) for one in ended
    ]
    cells = keeping.seal_many(plains + steps)
    for closing, cell, step in zip(closings.values(), cells, cells[len(plains) :], strict=False):
        closing.closed.cell, closing.closed.step_cell = cell, step
    return closings


def _timed(one: Ended, entry: StayEntry | None) -> StayEntry | None:
    """The entry where both its time and that of the exit are known."""
    return None if entry is None or TIMELESS in (entry.reason, one.reason) else entry


def _worths(pricer: _Pricer) -> tuple[Worth, ...]:
    """By how much each gift lowered the price, in their order; nothing for a stay without a price or an exit."""
    nothing = tuple(Worth(gift, 0) for gift in pricer.given)
    if not pricer.given or pricer.entry is None or not pricer.one.seen:
        return nothing
    try:
        prices = [pricer.price(gifts) for gifts in range(len(pricer.given) + 1)]
    except DomainError:
        return nothing
    totals = [priced.total.minor if priced else 0 for priced in prices]
    return tuple(
        Worth(gift, before - after) for gift, before, after in zip(pricer.given, totals, totals[1:], strict=False)
    )


def _closed_row(pricer: _Pricer) -> tuple[ClosedStay, Plain]:
    """A stay that cannot be priced is kept with what was paid: the car has left, and no letter waits for a tariff."""
    one, entry = pricer.one, pricer.entry
    garage, paid = one.garage, Money(one.stay.paid_minor, one.garage.currency)
    state = ClosedState.SETTLED
    priced: Price | None = None
    try:
        priced = pricer.price()
    except DomainError:
        entry = None
    excess = beyond(priced, paid) if entry and one.seen else Money.zero(paid.currency)
    if entry is None:
        entry, state = StayEntry(entered_at=one.left_at, reason="unreadable", passage=""), ClosedState.UNPRICED
    # Who left while their clearance held has paid what it cost.
    free = (
        not one.seen
        or one.reason == Reason.OFFLINE_FREE
        or (one.stay.state == OpenState.CLEARED and is_cleared(one.stay, one.left_at))
    )
    still_owed = Money.zero(paid.currency) if free else owed(priced, paid)
    if not one.seen:
        state = ClosedState.EXIT_MISSED
    elif still_owed:
        state = ClosedState.UNPAID
    left_on = local_date(one.left_at, ZoneInfo(garage.site.zone))
    data = msgspec.json.encode(books(entry, pricer.until, priced, paid))
    row = ClosedStay(
        id=one.stay.pk,
        garage=garage,
        left_on=left_on,
        amount_minor=(paid - excess + still_owed).minor,
        paid_minor=paid.minor,
        currency=garage.currency,
        state=state,
    )
    return row, keeping.plain("stay.books/1", garage.site_id, one.stay.pk, data, year=left_on.year)


def _charged_until(one: Ended, entry: StayEntry) -> datetime:
    """Nobody pays for the hours between the last that is known of a car and its next entry."""
    cleared = getattr(one.stay, "clearance", None)
    leave = timedelta(minutes=one.garage.leave_min)
    return last_known_inside(entry.entered_at, one.left_at, cleared.ends if cleared else None, leave)


def _excess(row: ClosedStay) -> ExceptionKind | None:
    """More was paid than the stay came to: it had left before its driver paid, and its edge told us late."""
    return ExceptionKind.EXCESS_PAYMENT if row.paid_minor > row.amount_minor else None
