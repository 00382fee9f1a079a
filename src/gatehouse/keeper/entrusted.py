"""Which worker manages whom: what was entrusted to them, in the store and in memory."""

import threading

import msgspec

from gatehouse.keeper.protocol import Trust
from gatehouse.keeper.store import Store

_decode = msgspec.msgpack.Decoder(list[Trust]).decode


class Teams:
    """What was entrusted, by manager and site: in the store, and in memory once asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, list[Trust]]] = {}

    def of(self, manager: str) -> dict[str, list[Trust]]:
        """By site."""
        with self._lock:
            found = self._known.get(manager)
            if found is None:
                rows = self._store.rows("SELECT site, team FROM teams WHERE manager=?", (manager,))
                found = self._known[manager] = {site: _decode(team) for site, team in rows}
            return found

    def entrust(self, manager: str, site: str, team: list[Trust]) -> None:
        """Replaces what was entrusted to them at this site."""
        with self._lock:
            if team:
                row = (manager, site, msgspec.msgpack.encode(team))
                self._store.write("INSERT OR REPLACE INTO teams VALUES (?, ?, ?)", row)
            else:
                self._store.write("DELETE FROM teams WHERE manager=? AND site=?", (manager, site))
            self._known.pop(manager, None)

    def forget(self, subject: str) -> None:
        """Somebody's data is erased: they read nobody's requests any more. What was entrusted about them opens nothing,
        for their keys are gone."""
        with self._lock:
            self._store.write("DELETE FROM teams WHERE manager=?", (subject,))
            self._known.pop(subject, None)
