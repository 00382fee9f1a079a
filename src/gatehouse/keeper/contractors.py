"""Whose cells a contractor's sign-in opens: those of their own people, and of nobody else.

Who works for whom is sealed in each person's roster entry. So a request by a contractor's ticket brings the entry of
everybody that it asks about, and the keeper reads in it, under its own seal, for which contractor they work. The server
cannot widen that: it can hand over cells, and make none that says otherwise of somebody else's person.
"""

from collections.abc import Iterable

import msgspec

from gatehouse.keeper.cells import Opened

ENTRY = "person.roster/1"


class _Employed(msgspec.Struct):
    """All that is read here of a roster entry."""

    contractor: str = ""


_employed = msgspec.json.Decoder(_Employed).decode


def own_people(contractor: str | None, cells: Iterable[Opened]) -> frozenset[str]:
    """The people whose entries are among these cells and name this contractor."""
    entries = (cell for cell in cells if cell.label.name == ENTRY)
    return frozenset(cell.subject for cell in entries if contractor and _contractor(cell.data) == contractor)


def _contractor(data: bytes) -> str:
    try:
        return _employed(data).contractor
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
