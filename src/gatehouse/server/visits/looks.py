"""What visits' cells say, by somebody's authority. A refusal is an answer."""

import hashlib
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.people.cells import unpack
from gatehouse.server.visits.cells import VisitBrief, VisitFacts, VisitSpan
from gatehouse.server.visits.models import Visit

MOST_KEPT = 20_000

_lock = threading.Lock()
_read: dict[bytes, VisitSpan] = {}  # by the hash of the cell; for jobs alone, so that not every round is a look


def spans(rows: Iterable[Visit], by: Authority, purpose: str) -> dict[UUID, VisitSpan] | Refused:
    """When and whom; those whose key is gone are left out. Raises KeeperAway."""
    visits = list(rows)
    cells = [keeping.cell("visit.span/1", row.pk, row.span_cell) for row in visits]
    data = keeping.reveal(cells, by, purpose)
    if isinstance(data, Refused):
        return data
    return {row.pk: unpack(text, VisitSpan) for row, text in zip(visits, data, strict=True) if text is not None}


@dataclass(frozen=True, slots=True)
class Listed:
    """A visit as lists show it."""

    said: VisitSpan
    initials: str = field(repr=False)


def listed(rows: Iterable[Visit], by: Authority, purpose: str) -> dict[UUID, Listed] | Refused:
    """When, whom and whose initials; those whose key is gone are left out. Raises KeeperAway."""
    visits = list(rows)
    cells = [keeping.cell("visit.span/1", row.pk, row.span_cell) for row in visits]
    cells += [keeping.cell("visit.brief/1", row.pk, row.brief_cell) for row in visits]
    data = keeping.reveal(cells, by, purpose)
    if isinstance(data, Refused):
        return data
    half = len(visits)
    return {
        row.pk: Listed(unpack(span, VisitSpan), unpack(brief, VisitBrief).initials)
        for row, span, brief in zip(visits, data[:half], data[half:], strict=True)
        if span is not None and brief is not None
    }


def spans_for_job(rows: Sequence[Visit], by: Authority, purpose: str) -> dict[UUID, VisitSpan]:
    """As `spans`, from memory where the same cell was read before. Raises KeeperAway, KeeperRefused."""
    keys = {row.pk: hashlib.sha256(bytes(row.span_cell)).digest() for row in rows}
    with _lock:
        known = {pk: _read[key] for pk, key in keys.items() if key in _read}
    found = spans([row for row in rows if row.pk not in known], by, purpose)
    if isinstance(found, Refused):
        raise keeping.KeeperRefused(found.code, found.facts)
    with _lock:
        if len(_read) + len(found) > MOST_KEPT:
            _read.clear()
        _read.update((keys[pk], span) for pk, span in found.items())
    return known | found


def forget() -> None:
    """What was read is not kept past a visit's end; for tests too."""
    with _lock:
        _read.clear()


def facts(row: Visit, by: Authority, purpose: str) -> VisitFacts | Refused | None:
    """Everything about one visitor; None where the key is gone. Counts as a name. Raises KeeperAway."""
    data = keeping.reveal([keeping.cell("visit.facts/1", row.pk, row.facts_cell)], by, purpose)
    if isinstance(data, Refused):
        return data
    return unpack(data[0], VisitFacts) if data[0] is not None else None
