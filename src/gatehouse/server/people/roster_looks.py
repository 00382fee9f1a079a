"""Looks at the real-name roster, by somebody's authority: trade, team and training of people."""

import hashlib
import threading
from collections.abc import Sequence
from uuid import UUID

import msgspec

from gatehouse.domain.papers import Paper
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.people import roster_queries
from gatehouse.server.people.models import Person, RosterEntry, Site
from gatehouse.server.people.roster_cells import RosterFacts, from_bytes

_kept: dict[bytes, RosterFacts] = {}  # what jobs read of a cell, by the cell's hash
_lock = threading.Lock()
KEPT = 50_000


def entries(rows: Sequence[RosterEntry], by: Authority, purpose: str) -> dict[UUID, RosterFacts] | Refused:
    """By person; an entry whose key is gone, or that cannot be read, is left out."""
    data = keeping.reveal([keeping.cell("person.roster/1", row.pk, row.cell) for row in rows], by, purpose)
    if isinstance(data, Refused):
        return data
    found = {}
    for row, text in zip(rows, data, strict=True):
        facts = _read(text)
        if facts is not None:
            found[row.pk] = facts
    return found


def roster(people: Sequence[Person], by: Authority, purpose: str) -> dict[UUID, RosterFacts] | Refused:
    """Of these people those who are in the roster."""
    held = roster_queries.entries([person.pk for person in people])
    return entries(list(held.values()), by, purpose)


def papers(site: Site, active: Sequence[Person], by: Authority) -> dict[UUID, tuple[Paper, ...]] | None:
    """For the feed: what everybody in the roster holds of the papers that this site looks at; None where it looks at
    none. A cell that was read before is not looked at again. Raises KeeperAway, KeeperRefused."""
    kinds = roster_queries.paper_kinds(site)
    if not kinds:
        return None
    held = for_job(active, by, "feed.spans")
    return {pk: tuple(paper for paper in facts.papers if paper.kind in kinds) for pk, facts in held.items()}


def for_job(people: Sequence[Person], by: Authority, purpose: str) -> dict[UUID, RosterFacts]:
    """Of these people those who are in the roster; a cell that was read before is not looked at again. Raises
    KeeperAway, KeeperRefused."""
    rows = list(roster_queries.entries([person.pk for person in people]).values())
    keys = {row.pk: hashlib.sha256(row.cell).digest() for row in rows}
    with _lock:
        known = {pk: _kept[key] for pk, key in keys.items() if key in _kept}
    read = entries([row for row in rows if row.pk not in known], by, purpose)
    if isinstance(read, Refused):
        raise keeping.KeeperRefused(read.code, read.facts)
    with _lock:
        if len(_kept) + len(read) > KEPT:
            _kept.clear()
        _kept.update((keys[pk], facts) for pk, facts in read.items())
    return known | read


def _read(data: bytes | None) -> RosterFacts | None:
    try:
        return from_bytes(data) if data is not None else None
    except msgspec.MsgspecError:
        return None
