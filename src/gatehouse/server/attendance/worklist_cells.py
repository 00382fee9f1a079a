"""What the cells of the worklist hold, as JSON, and back to the facts of `domain`."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

from gatehouse.domain.findings import Answer, Beside, FarPair, Key, Kind, LoosePunch, Way
from gatehouse.domain.punches import Direction

# So long at least is every cell of its kind: its size tells nothing of what is in it.
BESIDE_BYTES = 500
BOOK_BYTES = 8000
LISTED_BYTES = 256  # for each person with a plan
LOOSE_KEPT, FAR_KEPT = 3, 2


class _Loose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    at: datetime
    direction: Direction


class _Far(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    first_at: datetime
    second_at: datetime
    first_site: str
    second_site: str
    travel_min: int


class _Beside(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    loose: list[_Loose] = []
    far: list[_Far] = []


def beside_to_bytes(of: Beside) -> bytes:
    """The first few of each: that there are more adds nothing to what a person must look at."""
    loose = [_Loose(one.at, one.direction) for one in of.loose[:LOOSE_KEPT]]
    far = [
        _Far(one.first_at, one.second_at, one.first_site, one.second_site, one.travel_min) for one in of.far[:FAR_KEPT]
    ]
    return msgspec.json.encode(_Beside(loose, far)).ljust(BESIDE_BYTES)


_beside = msgspec.json.Decoder(_Beside)


def beside_from_bytes(data: bytes) -> Beside:
    """Raises msgspec.ValidationError."""
    found = _beside.decode(data)
    return Beside(
        tuple(LoosePunch(one.at, one.direction) for one in found.loose),
        tuple(FarPair(o.first_at, o.second_at, o.first_site, o.second_site, o.travel_min) for o in found.far),
    )


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    id: str
    date: date
    kind: Kind
    shift: str
    way: Way
    reason: str
    by: str
    at: datetime
    minutes: int = 0
    covers_min: int = -1
    adds: list[tuple[Direction, datetime]] = []
    note: str = ""
    undone_by: str = ""
    undone_at: datetime | None = None


def book_to_bytes(answers: Iterable[Answer]) -> bytes:
    rows = [
        _Answer(
            id=a.id, date=a.key.date, kind=a.key.kind, shift=a.key.shift, way=a.way, reason=a.reason, by=a.by, at=a.at,
            minutes=a.minutes, covers_min=a.covers_min, adds=list(a.adds), note=a.note, undone_by=a.undone_by,
            undone_at=a.undone_at,
        )
        for a in answers
    ]  # fmt: skip
    return msgspec.json.encode(rows).ljust(BOOK_BYTES)


_book = msgspec.json.Decoder(list[_Answer])


def book_from_bytes(data: bytes) -> list[Answer]:
    """Raises msgspec.ValidationError."""
    return [
        Answer(
            row.id, Key(row.date, row.kind, row.shift), row.way, row.reason, row.by, row.at, row.minutes,
            row.covers_min, tuple(row.adds), row.note, row.undone_by, row.undone_at,
        )
        for row in _book.decode(data)
    ]  # fmt: skip


class ListedPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """One person's open findings as the list holds them; the department by its name."""

    person: str
    department: str
    keys: list[tuple[date, Kind, str]]


_list = msgspec.json.Decoder(list[ListedPerson])


def list_to_bytes(people: Sequence[ListedPerson], planned: int) -> bytes:
    """As long as `planned` people need: how many of them wait is not told by it."""
    return msgspec.json.encode(people).ljust(LISTED_BYTES * planned)


def list_from_bytes(data: bytes) -> list[ListedPerson]:
    """Raises msgspec.ValidationError."""
    return _list.decode(data)
