"""How often something may be asked, in this process's memory: keyed hashes and times, forgotten with the process."""

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOST_KEYS = 50_000


@dataclass
class Limit:
    """At most `most` times within `span` for each key."""

    most: int
    span: timedelta
    _times: dict[str, deque[datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, now: datetime) -> bool:
        """Count one; False, and not counted, when there is no room."""
        with self._lock:
            if len(self._times) > MOST_KEYS:
                self._times = {one: times for one, times in self._times.items() if self._kept(times, now)}
            times = self._times.setdefault(key, deque())
            if self._kept(times, now) >= self.most:
                return False
            times.append(now)
            return True

    def _kept(self, times: deque[datetime], now: datetime) -> int:
        while times and not timedelta() <= now - times[0] < self.span:  # a clock that was put back forgets
            times.popleft()
        return len(times)

    def forget(self) -> None:
        """For tests."""
        with self._lock:
            self._times.clear()
