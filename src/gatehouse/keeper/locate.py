"""How often plates may be typed. `locate` answers for any plate, so it tells nothing by itself; a claim tells a driver
which stay is his. Both are capped per asking source and more widely, so that they cannot be used to try plates."""

import threading
from collections.abc import Sequence
from datetime import datetime

from gatehouse.keeper.budget import HOUR, Window

PER_SOURCE, PER_SITE = 30, 2000  # different plates an hour
# Different claims (a plate and a minute of entry) an hour. A day has 48 half hours that a stranger would have to try.
CLAIMS_PER_SOURCE, CLAIMS_PER_PLATE, CLAIMS_PER_GARAGE = 6, 6, 120
_WINDOWS_IN_MEMORY = 50_000

_Capped = tuple[tuple[str, ...], int]


class _Windows:
    """Windows of an hour by name; in memory only, since a refusal here costs a driver little."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, ...], Window] = {}

    def count(self, windows: Sequence[_Capped], asked: bytes, now: datetime) -> int | None:
        """Count what was asked in all of them; or the cap that stands against it, and then in none."""
        with self._lock:
            if len(self._windows) > _WINDOWS_IN_MEMORY:
                self._windows = {key: window for key, window in self._windows.items() if window.used(now)}
            one = frozenset((asked,))
            for key, cap in windows:
                if (self._windows.get(key) or Window(HOUR)).after(one, now) > cap:
                    return cap  # and no window is made for whoever is refused: strangers do not fill the memory
            for key, _ in windows:
                self._windows.setdefault(key, Window(HOUR)).add(one, now)
            return None


class Locating:
    """The windows of sources and sites."""

    def __init__(self) -> None:
        self._windows = _Windows()

    def take(self, site: str, source: str, plate: bytes, now: datetime) -> int | None:
        """Count a plate; the cap that stands against it, or None."""
        return self._windows.count((((site, source), PER_SOURCE), ((site,), PER_SITE)), plate, now)


class Claiming:
    """The windows of sources, plates and garages. A plate is counted as it looks, from wherever it is tried."""

    def __init__(self) -> None:
        self._windows = _Windows()

    def take(self, site: str, garage: str, source: str, looks: bytes, asked: bytes, now: datetime) -> int | None:
        """Count a claim; the cap that stands against it, or None."""
        windows: tuple[_Capped, ...] = (
            (("source", site, source), CLAIMS_PER_SOURCE),
            (("plate", site, looks.hex()), CLAIMS_PER_PLATE),
            (("garage", site, garage), CLAIMS_PER_GARAGE),
            (("site", site), CLAIMS_PER_GARAGE * 10),
        )
        return self._windows.count(windows, asked, now)
