"""What the cells of an import hold: its head, and each row with whom and what it was found to mean."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from gatehouse.keeper.protocol import Authority, Plain, Refused
from gatehouse.server import keeping
from gatehouse.server.interchange.models import Import, ImportRow

LABEL = "import.row/1"
AT_ONCE = 1000


class RowFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`person` and `pattern` are ids, `photo` the name of a picture, found when the row was checked; `quality` of that
    picture, 0 to 100, once somebody looked at it."""

    cells: tuple[str, ...]
    person: str = ""
    pattern: str = ""
    photo: str = ""
    quality: int = -1


_decoder = msgspec.json.Decoder(RowFacts)


def plain(task: Import, row: UUID, facts: RowFacts) -> Plain:
    return keeping.plain(LABEL, task.site_id, row, msgspec.json.encode(facts))


def sealed(plains: Sequence[Plain]) -> list[bytes]:
    """Raises KeeperAway."""
    return [
        cell for start in range(0, len(plains), AT_ONCE) for cell in keeping.seal_many(plains[start : start + AT_ONCE])
    ]


def opened(rows: Sequence[ImportRow], by: Authority, purpose: str) -> list[RowFacts] | Refused:
    """In order. Raises KeeperAway; KeyError never: a row without a cell is not asked for."""
    found: list[RowFacts] = []
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        data = keeping.reveal([keeping.cell(LABEL, row.pk, row.cell or b"") for row in some], by, purpose)
        if isinstance(data, Refused):
            return data
        found += [_decoder.decode(text or b"") for text in data]
    return found


def head(task: Import, by: Authority, purpose: str) -> tuple[str, ...] | Refused:
    """The head of the file's table; empty once the import is over."""
    if task.head_cell is None:
        return ()
    data = keeping.reveal([keeping.cell(LABEL, task.pk, task.head_cell)], by, purpose)
    if isinstance(data, Refused):
        return data
    return _decoder.decode(data[0]).cells if data[0] else ()
