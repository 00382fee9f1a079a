"""Looks at the real-name roster, by somebody's authority: trade, team and training of people."""

import hashlib
import threading
from collections.abc import Sequence
from uuid import UUID

import msgspec

from gatehouse.domain.crew_wages import Training
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.people import roster_queries
from gatehouse.server.people.models import Person, RosterEntry, Site
from gatehouse.server.people.roster_cells import RosterFacts, from_bytes

_trainings: dict[bytes, Training] = {}  # what the feed read of a cell, by the cell's hash
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


def trainings(site: Site, active: Sequence[Person], by: Authority) -> dict[UUID, Training] | None:
    """For the feed: the training of everybody in the roster; None where the site does not ask for one. A cell that was
    read before is not looked at again. Raises KeeperAway, KeeperRefused."""
    if not roster_queries.training_first(site):
        return None
    rows = list(roster_queries.entries([person.pk for person in active]).values())
    keys = {row.pk: hashlib.sha256(row.cell).digest() for row in rows}
    with _lock:
        known = {pk: _trainings[key] for pk, key in keys.items() if key in _trainings}
    read = entries([row for row in rows if row.pk not in known], by, "feed.spans")
    if isinstance(read, Refused):
        raise keeping.KeeperRefused(read.code, read.facts)
    fresh = {pk: facts.training for pk, facts in read.items()}
    with _lock:
        if len(_trainings) + len(fresh) > KEPT:
            _trainings.clear()
        _trainings.update((keys[pk], training) for pk, training in fresh.items())
    return known | fresh


def _read(data: bytes | None) -> RosterFacts | None:
    try:
        return from_bytes(data) if data is not None else None
    except msgspec.MsgspecError:
        return None
