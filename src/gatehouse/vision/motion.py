"""Is anything going on? A gate before the models, so that an idle camera costs almost nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.frames import as_bgr

GRID = (64, 36)
# A cell has changed when it differs by this many grey levels beyond the whole picture's own change.
LEVELS = 10.0
# Share of changed cells that counts as motion: 0.4 % of 64 x 36 are 9 cells, a face at five metres.
SHARE = 0.004
# How fast the remembered scene follows the picture, per frame without motion and with it.
FOLLOW_STILL, FOLLOW_MOVING = 0.2, 0.02


class MotionGate:
    """One per camera; used by one thread. Opens at motion, at the first frame and when the size changes."""

    def __init__(self, hold_frames: int = 15) -> None:
        """`hold_frames`: how many still frames the gate stays open after motion."""
        self._hold_frames = hold_frames
        self._open_for = 0
        self._scene: NDArray[np.float32] | None = None
        self._shape: tuple[int, ...] = ()

    def moved(self, pixels: object) -> bool:
        """True when this frame is worth the models' time. Raises BadFrame for what is no image."""
        frame = as_bgr(pixels)
        small = _small(frame)
        if self._scene is None or frame.shape != self._shape:
            self._scene, self._shape, self._open_for = small, frame.shape, self._hold_frames
            return True
        change = small - self._scene
        change -= float(np.median(change))  # the sun came out: everything shifts alike
        moving = float((np.abs(change) > LEVELS).mean()) > SHARE
        self._scene += (FOLLOW_MOVING if moving else FOLLOW_STILL) * (small - self._scene)
        self._open_for = self._hold_frames if moving else max(0, self._open_for - 1)
        return self._open_for > 0


def _small(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A smoothed grey thumbnail. Rows and columns are skipped first: reading all of 1080p would cost more."""
    step = max(1, min(frame.shape[0] // (4 * GRID[1]), frame.shape[1] // (4 * GRID[0])))
    grey = frame[::step, ::step].mean(axis=2, dtype=np.float32)
    return np.asarray(cv2.resize(grey, GRID, interpolation=cv2.INTER_AREA), dtype=np.float32)
