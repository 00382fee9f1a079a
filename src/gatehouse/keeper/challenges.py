"""Challenges for passkeys: good for one purpose, five minutes and one use.

They carry their own proof, so a stranger who asks for millions fills no table and pushes out nobody's. The key is new
at every start: a restart forgets the used ones and makes all older ones void.
"""

import hmac
import os
import threading
from datetime import datetime, timedelta

LIVES = timedelta(minutes=5)
_RANDOM, _TIME, _PROOF = 16, 8, 32


class Challenges:
    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._lock = threading.Lock()
        self._spent: dict[bytes, datetime] = {}

    def make(self, purpose: str, now: datetime) -> bytes:
        body = os.urandom(_RANDOM) + int(now.timestamp()).to_bytes(_TIME, "big")
        return body + self._proof(body, purpose)

    def _proof(self, body: bytes, purpose: str) -> bytes:
        return hmac.digest(self._key, body + purpose.encode(), "sha256")

    def is_good(self, challenge: bytes, purpose: str, now: datetime) -> bool:
        body, proof = challenge[:-_PROOF], challenge[-_PROOF:]
        if len(body) != _RANDOM + _TIME or not hmac.compare_digest(proof, self._proof(body, purpose)):
            return False
        age_s = int(now.timestamp()) - int.from_bytes(body[_RANDOM:], "big")
        return 0 <= age_s <= LIVES.total_seconds()

    def spend(self, challenge: bytes, now: datetime) -> bool:
        """Once for each; only by what was signed, so nobody fills this memory without a passkey."""
        with self._lock:
            self._spent = {one: at for one, at in self._spent.items() if now - at <= 2 * LIVES}
            if challenge in self._spent:
                return False
            self._spent[challenge] = now
            return True
