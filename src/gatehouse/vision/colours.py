"""The colour of a plate's ground, by hue: in China it tells the class of vehicle, everywhere it is evidence."""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np

from gatehouse.vision.frames import Pixels


class Colour(StrEnum):
    """Ground colours that plates have. GA 36: blue small, yellow large, green new-energy, white police,
    black embassy and older foreign-owned vehicles."""

    BLUE = "blue"
    GREEN = "green"
    YELLOW = "yellow"
    WHITE = "white"
    BLACK = "black"


# OpenCV hues (0..179) that a ground may have in daylight and under lamps.
_HUES = {Colour.YELLOW: (12, 34), Colour.GREEN: (38, 92), Colour.BLUE: (95, 132)}
# The share of the plate that must have the hue: characters cover about a third of it.
_SHARE = 0.4
_SATURATION = {Colour.YELLOW: 90, Colour.GREEN: 45, Colour.BLUE: 80}


def ground_colour(line: Pixels) -> Colour:
    """The ground colour of a plate cut out of a frame, BGR (H, W, 3)."""
    height, width = line.shape[:2]
    inner = line[height // 10 : height - height // 10, width // 20 : width - width // 20]
    hue, saturation, value = (channel.reshape(-1) for channel in cv2.split(cv2.cvtColor(inner, cv2.COLOR_BGR2HSV)))
    shares = {
        colour: float(((hue >= low) & (hue <= high) & (saturation >= _SATURATION[colour]) & (value >= 40)).mean())
        for colour, (low, high) in _HUES.items()
    }
    best = max(shares, key=lambda colour: shares[colour])
    if shares[best] >= _SHARE:
        return best
    # No hue: the ground is the larger part, so it is on the median's side of the middle.
    low, high = np.percentile(value, (5, 95))
    return Colour.WHITE if float(np.median(value)) >= (low + high) / 2 else Colour.BLACK
