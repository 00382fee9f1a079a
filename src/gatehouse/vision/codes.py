"""QR codes in a frame: a pass on a phone or on paper."""

from __future__ import annotations

import cv2
import numpy as np

from gatehouse.vision.frames import Pixels, as_bgr, at_most

WORK_SIDE_PX = 1600
# Smaller frames are looked at again at twice their size when the first look finds no code.
ENLARGE_BELOW_PX = 1280
MIN_SIDE_PX = 21  # the smallest QR code has 21 modules a side


def read_codes(pixels: object) -> list[str]:
    """The texts of the QR codes in one BGR frame (H, W, 3) uint8, each once. Empty when there is none.

    Raises BadFrame for what is no image.
    """
    frame, _ = at_most(as_bgr(pixels), WORK_SIDE_PX)
    if min(frame.shape[:2]) < MIN_SIDE_PX:
        return []
    grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    found = _decode(grey)
    # A phone held far away: modules of 2 to 3 px need enlarging before OpenCV can decode them.
    if not found and max(grey.shape) <= ENLARGE_BELOW_PX:
        larger = cv2.resize(grey, None, fx=2.0, fy=2.0, interpolation=cv2.INTER_CUBIC)
        found = _decode(np.asarray(larger, dtype=np.uint8))
    return found


def _decode(grey: Pixels) -> list[str]:
    try:
        _, texts, _, _ = cv2.QRCodeDetectorAruco().detectAndDecodeMulti(grey)
    except cv2.error:
        # OpenCV raises on some broken codes where it means "cannot be read".
        return []
    return list(dict.fromkeys(text for text in texts if text))
