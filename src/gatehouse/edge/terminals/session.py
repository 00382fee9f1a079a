"""One page of one terminal: its requests come in order, each once, and not too often; and a picture counts once.

Who records what a tablet sends and sends it again gets nothing: numbers only go up, and a new page ends the old one. A
camera never takes the same picture twice, so bytes that came before are no new look, whatever page they come from.
"""

import hashlib
import hmac
import secrets
import threading
from collections import deque

from gatehouse.clock import monotonic_s

SEEN_FRAMES = 600  # about two minutes
MOST_A_SECOND = 10.0
BURST = 10.0


class Session:
    """One page. Safe to share between threads."""

    def __init__(self) -> None:
        self.key = secrets.token_urlsafe(18)
        self._lock = threading.Lock()
        self._last = 0

    def takes(self, key: str, number: int) -> bool:
        """Whether this request is of this page and later than all before."""
        with self._lock:
            if not hmac.compare_digest(self.key.encode(), key.encode()) or number <= self._last:
                return False
            self._last = number
            return True


class Pace:
    """How often one terminal may ask, whichever page does. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._may = BURST
        self._asked_s = monotonic_s()

    def allows(self) -> bool:
        """False for who asks more often than a camera takes pictures."""
        with self._lock:
            now_s = monotonic_s()
            self._may = min(BURST, self._may + (now_s - self._asked_s) * MOST_A_SECOND)
            self._asked_s = now_s
            if self._may < 1.0:
                return False
            self._may -= 1.0
            return True


class Frames:
    """The pictures that one terminal sent lately, by their hashes. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._order: deque[bytes] = deque(maxlen=SEEN_FRAMES)
        self._seen: set[bytes] = set()

    def is_new(self, frame: bytes) -> bool:
        """Whether these bytes did not come lately."""
        digest = hashlib.sha256(frame).digest()
        with self._lock:
            if digest in self._seen:
                return False
            if len(self._order) == SEEN_FRAMES:
                self._seen.discard(self._order[0])
            self._order.append(digest)
            self._seen.add(digest)
            return True
