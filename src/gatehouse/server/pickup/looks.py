"""What books, collectors and notices say, by somebody's authority. A refusal is an answer."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from gatehouse.keeper.protocol import Authority, Cell, Refused
from gatehouse.server import keeping
from gatehouse.server.people.models import Person
from gatehouse.server.pickup import queries
from gatehouse.server.pickup.cells import Book, Children, Notice, unpack
from gatehouse.server.pickup.models import AbsenceNotice, Collector, PickupBook

Held = dict[UUID, tuple[Book, bytes]]  # by pupil: what the book says, and the cell that it was read from


def books(people: Sequence[Person], by: Authority, purpose: str) -> Held | Refused:
    """Of these pupils; who has no book yet, or whose key is gone, has an empty one. Raises KeeperAway."""
    rows = queries.books(people)
    held = list(rows.values())
    data = keeping.reveal([_cell(row) for row in held], by, purpose)
    if isinstance(data, Refused):
        return data
    found: Held = {person.pk: (Book(), b"") for person in people}
    for row, text in zip(held, data, strict=True):
        found[row.pk] = (unpack(text, Book) if text is not None else Book(), bytes(row.cell))
    return found


def _cell(row: PickupBook) -> Cell:
    return keeping.cell("pupil.pickup/1", row.pk, row.cell)


def children(of: Collector, by: Authority, purpose: str) -> list[str] | Refused:
    """In whose books they stand. Raises KeeperAway."""
    data = keeping.reveal([keeping.cell("collector.children/1", of.pk, of.cell)], by, purpose)
    if isinstance(data, Refused):
        return data
    return unpack(data[0], Children).pupils if data[0] is not None else []


def notices(rows: Iterable[AbsenceNotice], by: Authority, purpose: str) -> dict[UUID, Notice] | Refused:
    """Raises KeeperAway."""
    held = list(rows)
    data = keeping.reveal([keeping.cell("notice.absent/1", row.pk, row.cell) for row in held], by, purpose)
    if isinstance(data, Refused):
        return data
    return {row.pk: unpack(text, Notice) for row, text in zip(held, data, strict=True) if text is not None}
