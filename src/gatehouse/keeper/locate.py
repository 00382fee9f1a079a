"""`locate`: under which token an open stay of a typed plate would lie. Answered for any plate, so it tells nothing by
itself; capped per asking source and per site so that it cannot be used to try plates."""

import threading
from datetime import datetime

from gatehouse.keeper.budget import HOUR, Window

PER_SOURCE, PER_SITE = 30, 2000  # different plates an hour
_SOURCES_IN_MEMORY = 50_000


class Locating:
    """The windows of sources and sites; in memory only, since a refusal here costs a driver little."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, ...], Window] = {}

    def take(self, site: str, source: str, plate: bytes, now: datetime) -> int | None:
        """Count a plate; the cap that stands against it, or None."""
        with self._lock:
            if len(self._windows) > _SOURCES_IN_MEMORY:
                self._windows = {key: window for key, window in self._windows.items() if window.used(now)}
            asked = frozenset((plate,))
            windows = (((site, source), PER_SOURCE), ((site,), PER_SITE))
            for key, cap in windows:
                if self._windows.setdefault(key, Window(HOUR)).after(asked, now) > cap:
                    return cap
            for key, _ in windows:
                self._windows[key].add(asked, now)
            return None
