"""What parking's cells hold, and a stay as the facts that `domain.parking` prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

import msgspec

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.parking import Price, StayFact, amount_due, overpaid, price
from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.domain.tariffs import Tariff
from gatehouse.keeper.protocol import Cell, Refused, StayEntry, second_row
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.parking.models import Garage, OpenStay

STAYS = By.job("stays")
FREE_REASONS = {"permit"}


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
    """What a stay owes at an instant. `price` explains it line by line; None when it costs nothing by permit."""

    stay: UUID
    entered_at: datetime
    due: Money
    paid: Money
    price: Price | None


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


def price_of(garage: Garage, entry: StayEntry, at: datetime) -> Price | None:
    """None for a stay that a permit covers. Raises StayError when no version of the tariff was in force."""
    if entry.reason in FREE_REASONS:
        return None
    return price(StayFact(entry.entered_at, vehicle_class=entry.vehicle_class), tariff_of(garage), at)


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
    return _quoted(stay, entry.entered_at, price_of(stay.garage, entry, at), at)


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
    return {stay.pk: _quote_or_why(stay, known.get(stay.pk), at) for stay in stays}


def _quote_or_why(stay: OpenStay, entry: StayEntry | None, at: datetime) -> Quote | NoQuote:
    if entry is None:
        return NoQuote.UNREADABLE
    try:
        return _quoted(stay, entry.entered_at, price_of(stay.garage, entry, at), at)
    except DomainError:
        return NoQuote.NO_PRICE


def quoted_anew(asked: Quote, stay: OpenStay, at: datetime) -> Quote:
    """The same price beside what the row says by now. Raises MoneyError."""
    return _quoted(stay, asked.entered_at, asked.price, at)


def _quoted(stay: OpenStay, entered_at: datetime, priced: Price | None, at: datetime) -> Quote:
    paid = Money(stay.paid_minor, stay.garage.currency)
    due = Money.zero(paid.currency) if is_cleared(stay, at) else owed(priced, paid)
    return Quote(stay.pk, entered_at, due, paid, priced)


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
