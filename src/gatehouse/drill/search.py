"""Look for many patterns in much data at once.

The first eight bytes of every pattern (four of a short one) are sorted; every offset of the data is looked up among
them with numpy, and only what agrees is compared in full: cost grows with the data, hardly with the number of patterns.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from gatehouse.drill.needles import SHORTEST

LONG = 8


class Haystack:
    """Patterns by their first bytes. `hits(data)` gives each pattern found, once per piece of data."""

    def __init__(self, patterns: Iterable[tuple[bytes, int]]) -> None:
        """`patterns`: (bytes, the number of the needle to which they belong)."""
        heads: dict[int, dict[bytes, list[tuple[bytes, int]]]] = {
            SHORTEST: defaultdict(list),
            LONG: defaultdict(list),
        }
        for pattern, needle in patterns:
            width = LONG if len(pattern) >= LONG else SHORTEST
            heads[width][pattern[:width]].append((pattern, needle))
        self._heads = heads
        self._sorted = {
            width: np.sort(np.frombuffer(b"".join(table), dtype=f"<u{width}")) for width, table in heads.items()
        }

    def hits(self, data: bytes) -> set[int]:
        """The numbers of the needles that have a pattern in `data`."""
        return {needle for width in (SHORTEST, LONG) for needle in self._hits(data, width)}

    def _hits(self, data: bytes, width: int) -> Iterator[int]:
        for offset in self._candidates(data, width):
            for pattern, needle in self._heads[width][data[offset : offset + width]]:
                if data.startswith(pattern, offset):
                    yield needle

    def _candidates(self, data: bytes, width: int) -> Iterator[int]:
        known = self._sorted[width]
        if len(known) == 0 or len(data) < width:
            return
        for shift in range(width):
            usable = (len(data) - shift) // width * width
            words: npt.NDArray[np.uint64] = np.frombuffer(data[shift : shift + usable], dtype=f"<u{width}")
            places = np.searchsorted(known, words)
            agree = known[np.minimum(places, len(known) - 1)] == words
            yield from (int(index) * width + shift for index in np.flatnonzero(agree))
