"""What a leave book holds, as JSON. Nothing in it is ever taken out: what does not hold any more says who undid it."""

from datetime import date, datetime
from typing import Literal

import msgspec

LABEL = "leave.book/1"
BOOK_BYTES = 1000  # a book has at least this length, whatever is in it


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What HR said of one type of leave. `given`: so many `days` more (or, below 0, fewer) on the date; `own`: so many
    days a year from the date on. Days are a fraction as text."""

    id: str
    what: Literal["given", "own"]
    kind: str
    on: date
    days: str
    reason: str
    by: str
    at: datetime
    undone_by: str = ""
    undone_at: datetime | None = None

    @property
    def stands(self) -> bool:
        return self.undone_at is None


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What became of a request after it was written: who, when and why."""

    note: str
    what: Literal["withdrawn", "cancelled"]
    by: str
    at: datetime
    reason: str = ""


class Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """leave.book/1. `works_since`: the beginning of the person's working life, where it counts."""

    words: list[Word] = []
    turns: list[Turn] = []
    works_since: date | None = None


_decoder = msgspec.json.Decoder(Book)


def book_to_bytes(book: Book) -> bytes:
    return msgspec.json.encode(book).ljust(BOOK_BYTES)


def book_from_bytes(data: bytes) -> Book:
    """Raises msgspec.ValidationError."""
    return _decoder.decode(data)
