"""A plate cut out of a frame by its four corners, as the reader wants it: 48 x 192, one row of characters.

Three cuts. `WIDE` is the whole plate. Plates less than 2.6 times as wide as they are tall are either one row
between legends (`INNER`: its middle part) or two rows (`ROWS`: upper and lower half, overlapping,
side by side), and are cut both ways; the reader's `rows` output says which cut was right.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Quad = NDArray[np.float32]

HEIGHT, WIDTH = 48, 192
WIDE, INNER, ROWS = "wide", "inner", "rows"
TALL_BELOW = 2.6
# Beyond the corners by this share of width and height: a detector is never exact.
ASIDE, ABOVE = 0.02, 0.05
_INNER = (0.13, 0.93)
_UPPER, _LOWER = (0.0, 0.5), (0.36, 1.0)


def aspect(quad: Quad) -> float:
    across = np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])
    down = np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])
    return float(across / max(float(down), 1e-6))


def cuts_for(quad: Quad) -> tuple[str, ...]:
    return (WIDE,) if aspect(quad) >= TALL_BELOW else (INNER, ROWS)


def cut(frame: Pixels, quad: Quad, how: str) -> Pixels:
    """(48, 192, 3) uint8. `quad` is clockwise from the top left, in frame pixels."""
    if how == ROWS:
        upper = _part(frame, quad, _UPPER, WIDTH // 2)
        lower = _part(frame, quad, _LOWER, WIDTH // 2)
        return np.hstack([upper, lower])
    return _part(frame, quad, _INNER if how == INNER else (-ABOVE, 1.0 + ABOVE), WIDTH)


def _part(frame: Pixels, quad: Quad, rows: tuple[float, float], width: int) -> Pixels:
    x0, x1 = -ASIDE, 1.0 + ASIDE
    y0, y1 = rows
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.float32)
    to_frame = cv2.getPerspectiveTransform(unit, quad.astype(np.float32))
    part = np.array([[(x0, y0), (x1, y0), (x1, y1), (x0, y1)]], dtype=np.float32)
    corners = cv2.perspectiveTransform(part, to_frame)[0]
    # A large plate is shrunk smoothly: warped at a multiple of the size, then averaged.
    wide = max(float(np.linalg.norm(corners[1] - corners[0])), float(np.linalg.norm(corners[3] - corners[0])) * 4)
    finer = int(np.clip(round(wide / width), 1, 4))
    w, h = width * finer, HEIGHT * finer
    target = np.array([(0, 0), (w, 0), (w, h), (0, h)], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    flags = cv2.INTER_LINEAR if finer > 1 else cv2.INTER_CUBIC
    warped = cv2.warpPerspective(frame, matrix, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    if finer > 1:
        warped = cv2.resize(warped, (width, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(warped, dtype=np.uint8)
