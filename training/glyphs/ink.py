"""Characters as ink of a given size; each is drawn once and kept."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from training.glyphs.faces import FACES
from training.glyphs.paths import drawn

Ink = NDArray[np.uint8]

# A few are enough for every plate to look a little different.
WEIGHTS = (0.86, 1.0, 1.14)
WIDTHS = (0.94, 1.0, 1.06)
_BASE_PX = 96
_WIDTH_STEP = 0.08


@lru_cache(maxsize=40_000)
def _base(face: str, character: str, glyph: str, weight: float, wider: float) -> Ink:
    pen = FACES[face].pen(character, weight, wider)
    ink = drawn(glyph, pen, _BASE_PX / pen.height)
    ink.setflags(write=False)
    return ink


def character_ink(face: str, character: str, choice: int, weight: float, wider: float, height_px: int) -> Ink:
    """One character, (height_px, its width) uint8, 255 = ink. Raises KeyError for an unknown face or character."""
    step = max(1, round(wider / _WIDTH_STEP)) * _WIDTH_STEP
    base = _base(face, character, FACES[face].glyph(character, choice), weight, round(step, 2))
    width_px = max(1, round(base.shape[1] * height_px / _BASE_PX * wider / step))
    return np.asarray(cv2.resize(base, (width_px, height_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)
