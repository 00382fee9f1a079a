"""Secrets of authenticator apps that were shown and not confirmed yet; in memory, one for each account."""

import threading
from datetime import datetime

from gatehouse.crypto.passwords import step_of

TRIES = 5  # of the first code


class Pending:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[bytes, datetime, int]] = {}

    def put(self, name: str, secret: bytes, until: datetime) -> None:
        with self._lock:
            self._held[name] = (secret, until, TRIES)

    def take(self, name: str, code: str, now: datetime) -> tuple[bytes, int] | None:
        """The secret and the step of its code, once; None for a wrong code, and after a few of them for all."""
        with self._lock:
            secret, until, tries = self._held.get(name, (b"", now, 0))
            if until <= now or tries <= 0:
                self._held.pop(name, None)
                return None
            step = step_of(secret, code, now.timestamp(), -1)
            if step is None:
                self._held[name] = (secret, until, tries - 1)
                return None
            del self._held[name]
            return secret, step

    def sweep(self, now: datetime) -> None:
        with self._lock:
            self._held = {name: held for name, held in self._held.items() if held[1] > now}
