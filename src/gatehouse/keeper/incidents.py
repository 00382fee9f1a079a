"""Lines of the log that somebody should hear of: kept at hand, so that whoever asks every second reads no file."""

import threading
from bisect import bisect_left
from typing import TYPE_CHECKING

from gatehouse.keeper.log import Entry
from gatehouse.keeper.protocol import AskIncidents, Incident, IncidentList, Refused

if TYPE_CHECKING:
    from gatehouse.keeper.vault import Vault

KINDS = frozenset({"honey", "bulk_asked", "bulk_allowed", "bulk_refused", "limits"})
AT_HAND, AT_ONCE = 10_000, 200


class Told:
    """The last of them, in the order of the log. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: list[Incident] = []

    def put(self, place: int, entry: Entry) -> None:
        """Passed over when nobody needs to hear of it."""
        kind = "over_budget" if entry.kind == "refused" and entry.budget else entry.kind
        if kind not in KINDS and kind != "over_budget":
            return
        of = entry.budget or entry.purpose.rpartition(":")[2] if kind != "honey" else entry.purpose.partition(":")[0]
        with self._lock:
            self._held.append(Incident(place, entry.at, kind, entry.actor, entry.role, of))
            self._held.sort(key=lambda one: one.place)
            del self._held[:-AT_HAND]

    def after(self, place: int) -> list[Incident]:
        with self._lock:
            start = bisect_left([one.place for one in self._held], place)
            return self._held[start : start + AT_ONCE]


def listed(vault: "Vault", request: AskIncidents) -> IncidentList | Refused:
    """The proof is of the log as it is now, for whoever remembers how it was."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.may_job("incidents"):
        return Refused("not_allowed")
    found = vault.told.after(request.after)
    size, root, proof = vault.log.proven(request.size)
    return IncidentList(found, size, root, proof)
