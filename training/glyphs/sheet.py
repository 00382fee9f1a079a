"""Contact sheets of every face, to look at: `python -m training.glyphs.sheet OUT.png`."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from training.charset import DIGITS, LATIN
from training.glyphs.faces import FACES
from training.glyphs.hanzi import STROKES as HANZI
from training.glyphs.ink import Ink, character_ink

_PX = 72


def row(face: str, characters: str, choice: int = 0, gap: int = 8) -> Ink:
    """Characters of one face side by side, black on white."""
    inks = [character_ink(face, character, choice, 1.0, 1.0, _PX) for character in characters]
    return np.hstack([np.pad(255 - ink, ((6, 6), (gap, 0)), constant_values=255) for ink in inks])


def sheet() -> Ink:
    rows = [row(name, DIGITS + LATIN, choice) for name in FACES for choice in range(2)]
    hanzi = "".join(HANZI)
    rows += [row("cn", hanzi[start : start + 21]) for start in range(0, len(hanzi), 21)]
    wide = max(one.shape[1] for one in rows)
    return np.vstack([np.pad(one, ((0, 0), (0, wide - one.shape[1])), constant_values=255) for one in rows])


if __name__ == "__main__":
    cv2.imwrite(str(Path(sys.argv[1])), sheet())
