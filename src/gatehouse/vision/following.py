"""A plate from frame to frame: the whole frame is looked at now and then, between that only where the plate was.

A whole look costs some 90 ms of a core, a look around the last place a fifth of it (`gatehouse eval video`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gatehouse.vision.plates import LOOKS, PlateRead, read_plates, read_plates_near

# After so many looks around the last place the whole frame is looked at: another car may have come.
WHOLE_EVERY = 5
# A plate may be this far on after so long; then it is looked for everywhere.
LOST_S = 1.0
# A read there that is much less sure than the last one may be of something else, or of half of it.
FAIR = 0.5
# Every so often a whole look at which nothing sure was read goes on at larger sizes; the others end at the first.
DEEP_EVERY = 3

Box = tuple[int, int, int, int]


@dataclass(slots=True)
class PlateFollower:
    """One camera's. Used by one thread. `whole` and `near` count the looks."""

    whole: int = 0
    near: int = 0
    _box: Box | None = None
    _moved: tuple[int, int] = (0, 0)
    _size: tuple[int, ...] = field(default=())
    _seen_s: float = float("-inf")
    _sure: float = 0.0
    _since_whole: int = 0

    def read(self, pixels: object, at_s: float, *, countries: Sequence[str] = ("CN",)) -> list[PlateRead]:
        """As `read_plates`; `at_s` is when the frame was taken, in seconds of any steady clock."""
        size = getattr(pixels, "shape", ())
        found: list[PlateRead] = []
        if self._box and size == self._size and at_s - self._seen_s <= LOST_S and self._since_whole < WHOLE_EVERY:
            self.near += 1
            self._since_whole += 1
            found = read_plates_near(pixels, self._expected(), countries=countries)
        if not found or found[0].confidence < FAIR * self._sure:
            self.whole += 1
            self._since_whole = 0
            looks = len(LOOKS) if self.whole % DEEP_EVERY == 0 else 1
            found = read_plates(pixels, countries=countries, looks=looks)
        self._sure = found[0].confidence if found else 0.0
        self._remember(found[0].box if found else None, size, at_s)
        return found

    def _expected(self) -> Box:
        """Where it is if it goes on as it went."""
        assert self._box is not None
        x, y, wide, high = self._box
        return x + self._moved[0], y + self._moved[1], wide, high

    def _remember(self, box: Box | None, size: tuple[int, ...], at_s: float) -> None:
        if box is None:
            self._box = None
            return
        was = self._box if size == self._size and at_s - self._seen_s <= LOST_S else None
        moved = (box[0] - was[0], box[1] - was[1]) if was else (0, 0)
        # Farther than its own width in one step is another plate.
        self._moved = moved if abs(moved[0]) <= box[2] and abs(moved[1]) <= box[2] else (0, 0)
        self._box, self._size, self._seen_s = box, size, at_s
