"""Where text is: PP-OCR's detector (differentiable binarisation), and each find cut out upright.

The network gives a map of how much every pixel belongs to the core of a line of text. Cores are
shrunken lines, so each minimum-area rectangle is grown again by area x ratio / perimeter (the paper's rule).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.frames import Pixels
from gatehouse.vision.packs import pack
from gatehouse.vision.sessions import onnx_model

MODEL = "ppocr_v4_det.onnx"
GROW = 1.6
MIN_CORE_PX = 3
MAX_BOXES = 200


@dataclass(frozen=True, slots=True)
class TextBox:
    """A line of text: corners (4, 2) float32 in frame pixels, clockwise from the top left; score in [0, 1]."""

    quad: NDArray[np.float32]
    score: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the upright line in pixels."""
        across = np.linalg.norm(self.quad[1] - self.quad[0]), np.linalg.norm(self.quad[2] - self.quad[3])
        down = np.linalg.norm(self.quad[3] - self.quad[0]), np.linalg.norm(self.quad[2] - self.quad[1])
        return float(max(across)), float(max(down))

    def widened(self, aside: float) -> TextBox:
        """The box longer by `aside` heights at both ends."""
        along = self.quad[1] - self.quad[0] + self.quad[2] - self.quad[3]
        along *= aside * self.size[1] / max(1e-6, float(np.linalg.norm(along)))
        ends = np.array([-along, along, along, -along], dtype=np.float32)
        return TextBox(self.quad + ends, self.score)


def find_text(pixels: Pixels, long_side_px: int) -> list[TextBox]:
    """Lines of text in one BGR frame, looked at with its long side scaled to `long_side_px`."""
    height, width = pixels.shape[:2]
    scale = long_side_px / max(height, width)
    # The network halves its input five times.
    size = tuple(max(32, round(side * scale / 32) * 32) for side in (width, height))
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(pixels, size, interpolation=smooth).astype(np.float32) / 127.5 - 1.0
    batch = np.ascontiguousarray(small.transpose(2, 0, 1))[np.newaxis]
    core = onnx_model(MODEL).run(batch)[0, 0]
    to_frame = np.array([width / size[0], height / size[1]], dtype=np.float32)
    limits = pack("plates-ppocr-v4").thresholds
    mask = cv2.dilate((core > limits["text_pixel"]).astype(np.uint8), np.ones((2, 2), np.uint8))
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    for outline in outlines[:MAX_BOXES]:
        rectangle = cv2.minAreaRect(outline)
        side_a, side_b = rectangle[1]
        if min(side_a, side_b) < MIN_CORE_PX:
            continue
        score = _mean_inside(core, np.asarray(outline, dtype=np.int32))
        if score < limits["text_box"]:
            continue
        grow = 2 * side_a * side_b * GROW / (2 * (side_a + side_b))
        grown = (rectangle[0], (side_a + grow, side_b + grow), rectangle[2])
        boxes.append(TextBox(_clockwise(np.asarray(cv2.boxPoints(grown), dtype=np.float32)) * to_frame, score))
    return boxes


def _mean_inside(core: NDArray[np.float32], outline: NDArray[np.int32]) -> float:
    x, y, width, height = cv2.boundingRect(outline)
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(mask, [outline - np.array([x, y], dtype=np.int32)], (1,))
    return float(cv2.mean(core[y : y + height, x : x + width], mask)[0])


def _clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """The four corners from the top left on; for a line that stands on end, its top left when laid flat."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1])]
    top_right, bottom_right = right[np.argsort(right[:, 1])]
    return np.array([top_left, top_right, bottom_right, bottom_left], dtype=np.float32)


def cut_out(pixels: Pixels, box: TextBox, height_px: int, max_width_px: int) -> Pixels:
    """The line upright, `height_px` tall and as wide as its own shape makes it: nothing is stretched."""
    wide, high = box.size
    width = int(np.clip(round(wide * height_px / max(high, 1.0)), height_px // 2, max_width_px))
    corners = np.array([(0, 0), (width, 0), (width, height_px), (0, height_px)], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(box.quad, corners)
    line = cv2.warpPerspective(
        pixels, matrix, (width, height_px), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(line, dtype=np.uint8)
