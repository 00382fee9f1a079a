"""The network's maps as plates, and plates as the maps that it should give. numpy and OpenCV only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
STRIDE, CORNER_UNIT = 4, 32.0
MAX_FOUND = 40


@dataclass(frozen=True, slots=True)
class Found:
    """Corners (4, 2) in pixels of the picture looked at, clockwise from the top left; score in [0, 1]."""

    quad: Floats
    score: float


def found(middles: Floats, corners: Floats, least: float) -> list[Found]:
    """Plates of one picture, surest first: local peaks of `middles` (H, W), with ways `corners` (8, H, W)."""
    peaks = (cv2.dilate(middles, np.ones((3, 3), np.uint8)) == middles) & (middles >= least)
    rows, columns = np.nonzero(peaks)
    order = np.argsort(-middles[rows, columns], kind="stable")[:MAX_FOUND]
    kept: list[Found] = []
    for row, column in zip(rows[order], columns[order], strict=True):
        at = (np.array([column, row], np.float32) + 0.5) * STRIDE
        quad = corners[:, row, column].reshape(4, 2) * CORNER_UNIT + at
        if not any(_overlap(quad, other.quad) > 0.3 for other in kept):
            kept.append(Found(quad.astype(np.float32), float(middles[row, column])))
    return kept


def _overlap(one: Floats, other: Floats) -> float:
    """Intersection over union of two convex quads; of their boxes where one is no convex quad."""
    if cv2.isContourConvex(one) and cv2.isContourConvex(other):
        shared, _ = cv2.intersectConvexConvex(one, other)
        union = cv2.contourArea(one) + cv2.contourArea(other) - shared
        return float(shared / max(union, 1e-6))
    low, high = np.maximum(one.min(0), other.min(0)), np.minimum(one.max(0), other.max(0))
    shared = float(np.prod(np.clip(high - low, 0, None)))
    union = float(np.prod(np.ptp(one, axis=0)) + np.prod(np.ptp(other, axis=0))) - shared
    return shared / max(union, 1e-6)


@dataclass(frozen=True, slots=True)
class Target:
    """`heat` (H, W) 1 at middles; `ways` (8, H, W) where `counts` (H, W) > 0, weighing as it says; `blind`
    (H, W) True where nothing is asked."""

    heat: Floats
    ways: Floats
    counts: Floats
    blind: NDArray[np.bool_]


def target(shape: tuple[int, int], quads: Floats, unsure: Floats) -> Target:
    """What the maps should be for a picture of `shape` (height, width) in pixels."""
    height, width = shape[0] // STRIDE, shape[1] // STRIDE
    heat = np.zeros((height, width), np.float32)
    ways = np.zeros((8, height, width), np.float32)
    counts = np.zeros((height, width), np.float32)
    blind = np.zeros((height, width), np.uint8)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    for quad in unsure:
        cv2.fillConvexPoly(blind, np.round(quad / STRIDE).astype(np.int32), 1)
    for quad in quads:
        middle = quad.mean(axis=0) / STRIDE - 0.5
        size = (quad.max(0) - quad.min(0)) / STRIDE
        spread = np.maximum(size * 0.09, 0.65)
        bump = np.exp(-(((xs - middle[0]) / spread[0]) ** 2 + ((ys - middle[1]) / spread[1]) ** 2) / 2)
        column, row = int(np.clip(round(middle[0]), 0, width - 1)), int(np.clip(round(middle[1]), 0, height - 1))
        bump[row, column] = 1.0
        heat = np.maximum(heat, bump)
        near = bump > 0.25
        cells = np.stack([xs, ys])[:, near].T * STRIDE + STRIDE / 2
        way = (quad[None] - cells[:, None]).reshape(-1, 8).T / CORNER_UNIT
        ways[:, near] = way
        # A pixel on a small plate matters as ten on a large one; all plates weigh the same together.
        counts[near] = bump[near] / bump[near].sum() * CORNER_UNIT / max(6.0, float(np.sqrt(cv2.contourArea(quad))))
    return Target(heat, ways, counts, (blind > 0) & (heat < 0.1))
