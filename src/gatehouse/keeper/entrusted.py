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

    def at(self, site: str) -> dict[str, list[Trust]]:
        """By manager."""
        rows = self._store.rows("SELECT manager, team FROM teams WHERE site=?", (site,))
        return {manager: _decode(team) for manager, team in rows}

    def entrust(self, site: str, teams: dict[str, list[Trust]]) -> None:
        """All or none; an empty team is taken away."""
        with self._lock:
            self._store.write_all(
                [("DELETE FROM teams WHERE manager=? AND site=?", (manager, site)) for manager in teams]
                + [
                    ("INSERT INTO teams VALUES (?, ?, ?)", (manager, site, msgspec.msgpack.encode(team)))
                    for manager, team in teams.items()
                    if team
                ]
            )
            for manager in teams:
                self._known.pop(manager, None)

    def forget(self, subject: str) -> None:
        """Somebody's data is erased: they read nobody's requests any more. What was entrusted about them opens nothing,
        for their keys are gone."""
        with self._lock:
            self._store.write("DELETE FROM teams WHERE manager=?", (subject,))
            self._known.pop(subject, None)
