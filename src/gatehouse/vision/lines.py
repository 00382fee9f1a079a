"""Lines of text that may be a plate, and plates that the detector saw in two pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations

import cv2
import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.frames import Pixels
from gatehouse.vision.letters import ALPHABET, LINE_PX, MAX_LINE_PX, read_line
from gatehouse.vision.sessions import Floats
from gatehouse.vision.textfinder import TextBox, cut_out, find_text

MAX_LINES = 14
MIN_HEIGHT_PX = 6.0
# The detector cuts first and last characters close: read this many heights more at both ends. Measured on
# the 255 photos of docs/recognition.md: +4 points on US plates, +2 on Chinese ones, against none.
ASIDE = 0.3
# Half a plate can be about as wide as it is tall; a whole one is not longer than this.
MIN_ASPECT, MAX_ASPECT = 0.8, 12.0


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate: corners (4, 2) in frame pixels, the upright cut, per recogniser its steps."""

    quad: NDArray[np.float32]
    pixels: Pixels = field(repr=False)
    steps: dict[str, Floats] = field(repr=False)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(x, y, w, h) around the quad, in frame pixels."""
        low, high = self.quad.min(axis=0), self.quad.max(axis=0)
        x, y = int(np.floor(low[0])), int(np.floor(low[1]))
        return x, y, int(np.ceil(high[0])) - x, int(np.ceil(high[1])) - y


def find_lines(pixels: Pixels, long_side_px: int, models: Sequence[str]) -> list[Line]:
    """The text lines of a frame that could be a plate or a half of one, most plate-like forms first."""
    boxes = [box for box in find_text(pixels, long_side_px) if _could_be(box)]
    boxes.sort(key=_unlikeness)
    lines = []
    for box in boxes[:MAX_LINES]:
        cut = cut_out(pixels, box.widened(ASIDE), LINE_PX, MAX_LINE_PX)
        steps = {model: read_line(cut, model) for model in models}
        wide, high = box.size
        side = round(cut.shape[1] * ASIDE * high / (wide + 2 * ASIDE * high))
        lines.append(Line(box.quad, cut[:, side : cut.shape[1] - side], steps))
    return lines


def _could_be(box: TextBox) -> bool:
    wide, high = box.size
    return high >= MIN_HEIGHT_PX and MIN_ASPECT <= wide / high <= MAX_ASPECT


def _unlikeness(box: TextBox) -> float:
    wide, high = box.size
    return abs(float(np.log(wide / high / 3.6))) - 0.2 * float(np.log(high))


def joined(lines: Sequence[Line]) -> Iterator[Line]:
    """Pairs of lines read as one: halves side by side, or two rows of one plate, upper row first."""
    for first, second in permutations(lines, 2):
        if _beside(first, second) or _above(first, second):
            yield _one(first, second)


def _extent(line: Line) -> tuple[float, float, float, float]:
    low, high = line.quad.min(axis=0), line.quad.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _beside(left: Line, right: Line) -> bool:
    ax0, ay0, ax1, ay1 = _extent(left)
    bx0, by0, bx1, by1 = _extent(right)
    tall = max(ay1 - ay0, by1 - by0)
    alike = min(ay1 - ay0, by1 - by0) > 0.6 * tall
    level = abs((ay0 + ay1) - (by0 + by1)) < 0.7 * tall
    return alike and level and -0.3 * tall < bx0 - ax1 < 1.2 * tall and bx1 > ax1 and ax0 < bx0


def _above(upper: Line, lower: Line) -> bool:
    ax0, ay0, ax1, ay1 = _extent(upper)
    bx0, by0, bx1, by1 = _extent(lower)
    tall = by1 - by0
    over = min(ax1, bx1) - max(ax0, bx0) > 0.6 * min(ax1 - ax0, bx1 - bx0)
    return over and 0.3 * tall < ay1 - ay0 < 1.3 * tall and -0.4 * tall < by0 - ay1 < 0.5 * tall and ay0 < by0


def _one(first: Line, second: Line) -> Line:
    gap = np.zeros((1, len(ALPHABET)), dtype=np.float32)
    gap[0, 0] = 1.0
    corners = np.concatenate([first.quad, second.quad]).astype(np.float32)
    quad = np.asarray(cv2.boxPoints(cv2.minAreaRect(corners)), dtype=np.float32)
    steps = {
        model: np.concatenate([first.steps[model], gap, second.steps[model]])
        for model in first.steps
        if model in second.steps
    }
    larger = max(first, second, key=lambda line: line.pixels.size)
    return Line(quad, larger.pixels, steps)
