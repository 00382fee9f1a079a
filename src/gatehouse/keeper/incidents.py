"""Lines of the log that somebody should hear of: kept at hand, so that whoever asks every second reads no file."""

import threading
from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from gatehouse.keeper.log import Entry, Log
from gatehouse.keeper.protocol import AskIncidents, Incident, IncidentList, Refused

if TYPE_CHECKING:
    from gatehouse.keeper.vault import Vault

KINDS = frozenset({"honey", "bulk_asked", "bulk_allowed", "bulk_refused", "limits"})
AT_HAND, AT_ONCE = 10_000, 200
READ_AT_ONCE = 20_000  # lines of the file in one answer, for whoever asks after those that are no longer at hand


class Told:
    """The last of them, in the order of the log. Safe to use from many threads.

    `writing` is held from a line's append until it is here: whoever holds it misses none before the log's end.
    """

    def __init__(self) -> None:
        self.writing = threading.Lock()
        self._lock = threading.Lock()
        self._held: list[Incident] = []
        self._from = 0  # all of them from this place on are at hand

    def put(self, place: int, entry: Entry) -> None:
        """Passed over when nobody needs to hear of it."""
        found = incident(place, entry)
        if found is None:
            return
        with self._lock:
            self._held.append(found)
            self._held.sort(key=lambda one: one.place)
            if gone := self._held[:-AT_HAND]:
                self._from = gone[-1].place + 1
                del self._held[:-AT_HAND]

    def after(self, place: int) -> list[Incident] | None:
        """Those from this place on, one more than an answer holds at most; None where they are no longer at hand."""
        with self._lock:
            if place < self._from:
                return None
            start = bisect_left([one.place for one in self._held], place)
            return self._held[start : start + AT_ONCE + 1]


def incident(place: int, entry: Entry) -> Incident | None:
    kind = "over_budget" if entry.kind == "refused" and entry.budget else entry.kind
    if kind not in KINDS and kind != "over_budget":
        return None
    of = entry.budget or entry.purpose.rpartition(":")[2] if kind != "honey" else entry.purpose.partition(":")[0]
    return Incident(place, entry.at, kind, entry.actor, entry.role, of)


def listed(vault: "Vault", request: AskIncidents) -> IncidentList | Refused:
    """The proof is of the log as it is now, for whoever remembers how it was."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.may_job("incidents"):
        return Refused("not_allowed")
    with vault.told.writing:
        size, root, proof = vault.log.proven(request.size)
        found, through = vault.told.after(request.after), size
    if found is None:
        start = max(0, request.after)
        through = min(size, start + READ_AT_ONCE)
        found = _read(vault.log, range(start, through))
    if len(found) > AT_ONCE:
        found, through = found[:AT_ONCE], found[AT_ONCE].place
    return IncidentList(found, through, size, root, proof)


def _read(log: Log, places: Iterable[int]) -> list[Incident]:
    lines = ((place, msgspec.msgpack.decode(log.payload(place), type=Entry)) for place in places)
    return [found for place, entry in lines if (found := incident(place, entry)) is not None]
