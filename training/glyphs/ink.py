"""Characters as ink of a given size; each is drawn once and kept."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from training.glyphs.faces import FACES
from training.glyphs.paths import drawn

Ink = NDArray[np.uint8]

# A hand puts weights and widths in between by scaling; so few are enough for every plate to look a little different.
WEIGHTS = (0.86, 1.0, 1.14)
WIDTHS = (0.94, 1.0, 1.06)


@lru_cache(maxsize=60_000)
def character_ink(
    face: str, character: str, choice: int, weight: float, wider: float, height_px: int
) -> Ink:
    """One character, (height_px, its width) uint8, 255 = ink. Raises KeyError for an unknown face or character."""
    pen = FACES[face].pen(character, weight, wider)
    ink = drawn(FACES[face].glyph(character, choice), pen, height_px / pen.height)
    ink.setflags(write=False)
    return ink
