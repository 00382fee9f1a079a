"""Which enrolled people an edge cannot tell apart, told once each: perhaps one person has two records, perhaps twins.

The comparison is the one that sets the threshold (`vision.calibration.calibrated`), in this process's memory. What
leaves is who and a code; distances stay here, so that nobody learns a face by trying.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from gatehouse.vision.calibration import TIGHTEST
from gatehouse.vision.gallery import Lookalikes
from gatehouse.wire import FacePair

MOST_AT_ONCE = 100


class Pairs:
    """`key` is the device's own: without it nobody tells from an id which two people it is about."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(key).digest()
        self._told: set[str] = set()

    def untold(self, alike: Sequence[Lookalikes], at: datetime) -> list[FacePair]:
        """Those that were not told since this start, nearest first, at most MOST_AT_ONCE. Told again after the next
        start, the server knows them by their ids."""
        fresh = [pair for pair in (self._letter(one, at) for one in alike) if pair.id not in self._told]
        return fresh[:MOST_AT_ONCE]

    def told(self, pairs: Sequence[FacePair]) -> None:
        self._told.update(pair.id for pair in pairs)

    def _letter(self, pair: Lookalikes, at: datetime) -> FacePair:
        one, other = sorted((pair.first, pair.second))
        digest = hashlib.blake2b(f"{one}/{other}".encode(), key=self._key, digest_size=16).digest()
        how: Literal["same", "alike"] = "same" if pair.distance < TIGHTEST else "alike"
        return FacePair(id=str(UUID(bytes=digest, version=4)), at=at, one=one, other=other, how=how)
