"""What parking's cells hold, and a stay as the facts that `domain.parking` prices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

import msgspec

from gatehouse.domain.decisions import Reason
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.parking import Price, StayError, StayFact, amount_due, overpaid, price
from gatehouse.domain.permits import Span, free_until
from gatehouse.domain.stays import Validation
from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.domain.tariffs import Tariff
from gatehouse.keeper.protocol import Cell, Refused, StayEntry, second_row
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.parking.models import Garage, OpenStay
from gatehouse.server.parking.rights import Pair, spans_of
from gatehouse.server.parking.validations import NOTHING, Given, facts_of, given_to
from gatehouse.server.people.queries import vehicle_classes

STAYS = By.job("stays")
FREE_REASONS = {"permit", "booking", "welcome", "emergency"}
ENDING = {"permit", "booking"}  # free while the right lasts
FREE_EXITS = {"welcome", "emergency"}  # whoever leaves so owes nothing, however they came in
# The edge did not know the time when it opened: a stay from then, or until then, has no length.
TIMELESS = Reason.CLOCK_DOUBTFUL.value


class StayUnreadable(Exception):
    """A stay's entry cannot be opened: its key is gone, or the keeper refuses. Somebody must let the car out."""


UNPRICED = (keeping.KeeperAway, StayUnreadable, DomainError)  # why a stay may have no price at the moment


class BooksLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    params: dict[str, str | int]
    covered_s: int
    minor: int


class Books(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """stay.books/1: what the law wants kept of one stay."""

    entered_at: datetime
    left_at: datetime
    reason: str
    total_minor: int
    paid_minor: int
    currency: str
    lines: list[BooksLine]


@dataclass(frozen=True, slots=True)
class Quote:
    """What a stay owes at an instant. `price` explains it line by line; None when it costs nothing by permit. `entry`
    and `given` are what it was made of."""

    stay: UUID
    entered_at: datetime
    due: Money
    paid: Money
    price: Price | None
    entry: StayEntry
    given: Given = NOTHING


def entries(cells: dict[UUID, bytes]) -> dict[UUID, StayEntry]:
    """Entry facts by stay id; a stay whose key is gone or whose cell was tampered with is left out. Raises KeeperAway,
    StayUnreadable."""
    asked = [keeping.cell("stay.entry/1", stay, cells[stay]) for stay in cells]
    data = keeping.reveal(asked, STAYS.authority, "stay.price")
    if isinstance(data, Refused):
        odd = odd_cell(data)
        if odd is None:
            raise StayUnreadable(data.code)
        return entries({stay: cell for place, (stay, cell) in enumerate(cells.items()) if place != odd})
    return {
        stay: msgspec.msgpack.decode(text, type=StayEntry)
        for stay, text in zip(cells, data, strict=True)
        if text is not None
    }


def second_cell_of(stay: object, data: bytes | memoryview) -> Cell:
    """The cell of a stay's second plate."""
    return keeping.cell("stay.plate/1", second_row(stay), data)


def odd_cell(refused: Refused | keeping.KeeperRefused) -> int | None:
    """The place of the one cell for which the keeper refused them all: it was moved or changed."""
    place = refused.facts.get("cell")
    return place if refused.code == "bad_request" and isinstance(place, int) else None


def price_of(
    garage: Garage,
    entry: StayEntry,
    at: datetime,
    *,
    vehicle_class: str,
    validations: tuple[Validation, ...] = (),
    spans: tuple[Span, ...] = (),
) -> Price | None:
    """None for a stay that a right of its own covers. Where a permit or booking of these `spans` ended while the
    vehicle was inside, the time after it is charged as if it had entered then. Raises StayError when no version of the
    tariff was in force, or when the gate did not know the time at the entry."""
    if entry.reason == TIMELESS:
        raise StayError("impossible_time", "it came in while the gate did not know the time", entry=entry.entered_at)
    entered = entry.entered_at
    if entry.reason in FREE_REASONS:
        over = free_until(entered, spans) if entry.reason in ENDING else None
        if over is None or at <= over:
            return None
        entered = over
    return price(StayFact(entered, vehicle_class=vehicle_class, validations=validations), tariff_of(garage), at)


def ending_spans(stays: Iterable[tuple[UUID, StayEntry]]) -> dict[Pair, tuple[Span, ...]]:
    """The spans of the rights under which these came into these garages."""
    return spans_of((garage, entry.vehicle) for garage, entry in stays if entry.reason in ENDING and entry.vehicle)


def registered_as(came: Iterable[StayEntry]) -> dict[str, str]:
    """What the registered vehicles among these are, where somebody said so."""
    return vehicle_classes(entry.vehicle for entry in came if entry.vehicle)


def class_of(stay: OpenStay, entry: StayEntry, registered: Mapping[str, str]) -> str:
    """As what a stay is priced: as an operator said, else as its vehicle is registered, else as its plate says."""
    return stay.vehicle_class or registered.get(entry.vehicle or "") or entry.vehicle_class


def tariff_of(garage: Garage) -> Tariff:
    return _tariff(msgspec.json.encode(garage.tariff.versions))


@lru_cache(maxsize=64)
def _tariff(versions: bytes) -> Tariff:
    """Checking a tariff whole costs more than pricing by it."""
    return tariff_from_dict(msgspec.json.decode(versions))


def owed(priced: Price | None, paid: Money) -> Money:
    return amount_due(priced, paid) if priced else Money.zero(paid.currency)


def beyond(priced: Price | None, paid: Money) -> Money:
    """What was paid that the stay did not cost."""
    return overpaid(priced, paid) if priced else paid


def quote(stay: OpenStay, at: datetime) -> Quote:
    """What the stay owes at `at`; nothing while a clearance holds. Raises KeeperAway, StayUnreadable, StayError."""
    entry = entries({stay.pk: bytes(stay.entry_cell)}).get(stay.pk)
    if entry is None:
        raise StayUnreadable("key_gone")
    return _quoted(stay, entry, given_to([stay.pk]).get(stay.pk, NOTHING), at)


class NoQuote(StrEnum):
    """Why a stay has none."""

    UNREADABLE = "unreadable"
    NO_PRICE = "no_price"


def quotes(stays: Sequence[OpenStay], at: datetime) -> dict[UUID, Quote | NoQuote]:
    """As `quote`, for many stays with one question to the keeper. Raises KeeperAway."""
    try:
        known = entries({stay.pk: bytes(stay.entry_cell) for stay in stays})
    except StayUnreadable:
        known = {}
    given = given_to(stay.pk for stay in stays)
    return {stay.pk: _quote_or_why(stay, known.get(stay.pk), given.get(stay.pk, NOTHING), at) for stay in stays}


def _quote_or_why(stay: OpenStay, entry: StayEntry | None, given: Given, at: datetime) -> Quote | NoQuote:
    if entry is None:
        return NoQuote.UNREADABLE
    try:
        return _quoted(stay, entry, given, at)
    except DomainError:
        return NoQuote.NO_PRICE


def quoted_anew(asked: Quote, stay: OpenStay, at: datetime) -> Quote:
    """Beside what the row says by now, with what merchants have given since; asks no keeper. Raises MoneyError,
    StayError."""
    return _quoted(stay, asked.entry, given_to([stay.pk]).get(stay.pk, NOTHING), at)


def _quoted(stay: OpenStay, entry: StayEntry, given: Given, at: datetime) -> Quote:
    spans = ending_spans([(stay.garage_id, entry)]).get((stay.garage_id, entry.vehicle or ""), ())
    called = class_of(stay, entry, registered_as([entry]))
    priced = price_of(stay.garage, entry, at, vehicle_class=called, validations=facts_of(given), spans=spans)
    paid = Money(stay.paid_minor, stay.garage.currency)
    due = Money.zero(paid.currency) if is_cleared(stay, at) else owed(priced, paid)
    return Quote(stay.pk, entry.entered_at, due, paid, priced, entry, given)


def is_cleared(stay: OpenStay, at: datetime) -> bool:
    """Whether a clearance holds at `at`."""
    clearance = getattr(stay, "clearance", None)
    return clearance is not None and at < clearance.ends


def books(entry: StayEntry, left_at: datetime, priced: Price | None, paid: Money) -> Books:
    lines = [
        BooksLine(line.kind.value, dict(line.params), int(line.covered.total_seconds()), line.amount.minor)
        for line in (priced.lines if priced else ())
    ]
    total = priced.total.minor if priced else 0
    return Books(entry.entered_at, left_at, entry.reason, total, paid.minor, paid.currency, lines)
