"""Strokes: how a glyph is written down, and how it becomes ink.

A glyph is a text of strokes parted by `;`. A stroke is points `x,y` in percent of the box that the middle of
the pen may reach, from the top left; `r` after a point rounds the corner there as far as the face
allows, and `z` closes the stroke. `0,0r 100,0r 100,100r 0,100r z` is a zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Ink = NDArray[np.uint8]

_ARC_STEPS = 10
_FINER = 4


@dataclass(frozen=True, slots=True)
class Stroke:
    points: tuple[tuple[float, float], ...]
    rounded: tuple[bool, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Pen:
    """Box and pen in millimetres. `radius` is the largest radius of a rounded corner along the width,
    `oval` how much longer it is along the height; `round_ends` for pressed characters with soft ends."""

    width: float
    height: float
    stroke: float
    radius: float
    oval: float = 1.0
    round_ends: bool = False


@cache
def strokes_of(glyph: str) -> tuple[Stroke, ...]:
    """Raises ValueError for what is no glyph."""
    found = []
    for part in glyph.split(";"):
        words = part.split()
        closed = bool(words) and words[-1] == "z"
        words = words[:-1] if closed else words
        if len(words) < 2:
            raise ValueError(f"a stroke needs two points: {part!r}")
        points = [tuple(float(value) for value in word.rstrip("r").split(",")) for word in words]
        if any(len(point) != 2 or not all(-1 <= value <= 101 for value in point) for point in points):
            raise ValueError(f"a point lies outside its box: {part!r}")
        found.append(Stroke(tuple((x, y) for x, y in points), tuple(word.endswith("r") for word in words), closed))
    return tuple(found)


def outline(stroke: Stroke, pen: Pen) -> tuple[Points, NDArray[np.bool_]]:
    """The pen's way in millimetres, corners rounded, and which of its points are sharp corners."""
    half = pen.stroke / 2
    span = np.array([pen.width - pen.stroke, pen.height - pen.stroke])
    points = np.array(stroke.points) / 100.0 * span + half
    count = len(points)
    way: list[Points] = []
    sharp: list[bool] = []
    for index in range(count):
        here = points[index]
        at_end = not stroke.closed and index in (0, count - 1)
        if at_end or not stroke.rounded[index]:
            way.append(here)
            sharp.append(not at_end)
            continue
        before, after = (index - 1) % count, (index + 1) % count
        start = here + _reach(points[before] - here, pen, _is_bend(stroke, before))
        end = here + _reach(points[after] - here, pen, _is_bend(stroke, after))
        for step in np.linspace(0.0, np.pi / 2, _ARC_STEPS):
            way.append(here + (start - here) * (1 - np.sin(step)) + (end - here) * (1 - np.cos(step)))
            sharp.append(False)
    if stroke.closed:
        way.append(way[0])
        sharp.append(sharp[0])
    return np.array(way), np.array(sharp)


def _is_bend(stroke: Stroke, index: int) -> bool:
    return stroke.rounded[index] and (stroke.closed or 0 < index < len(stroke.points) - 1)


def _reach(edge: Points, pen: Pen, shared: bool) -> Points:
    """How far along an edge its rounded corner begins; an edge with two such corners is halved."""
    length = float(np.linalg.norm(edge))
    if length == 0:
        return edge
    upright = abs(float(edge[1])) / length
    largest = pen.radius * (1 + (pen.oval - 1) * upright)
    return np.asarray(edge * (min(length / (2 if shared else 1), largest) / length), dtype=np.float64)


def drawn(glyph: str, pen: Pen, px_per_mm: float) -> Ink:
    """The glyph in its box, (height, width) uint8, 255 = ink, smooth at the edges."""
    size = max(1, round(pen.width * px_per_mm)), max(1, round(pen.height * px_per_mm))
    scale = np.array([size[0] / pen.width, size[1] / pen.height]) * _FINER
    fine = np.zeros((size[1] * _FINER, size[0] * _FINER), dtype=np.uint8)
    for stroke in strokes_of(glyph):
        way, sharp = outline(stroke, pen)
        if pen.round_ends:
            corners = np.round(way * scale * 16).astype(np.int32)
            thick = max(1, round(pen.stroke * float(scale.mean())))
            cv2.polylines(fine, [corners], False, 255, thick, cv2.LINE_8, 4)
        else:
            _fill(fine, way, sharp, pen, scale)
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _fill(fine: Ink, way: Points, sharp: NDArray[np.bool_], pen: Pen, scale: Points) -> None:
    half = pen.stroke / 2
    ends = (way[0], way[-1])
    looped = bool(np.allclose(*ends))
    for index in range(len(way) - 1):
        start, end = way[index], way[index + 1]
        length = float(np.linalg.norm(end - start))
        if length < 1e-6:
            continue
        along = (end - start) / length
        first, last = index == 0 and not looped, index == len(way) - 2 and not looped
        before = half if (first or sharp[index]) and _on_edge(start, pen) else 0.0
        after = half if (last or sharp[index + 1]) and _on_edge(end, pen) else 0.0
        aside = np.array([-along[1], along[0]]) * half
        a, b = start - along * before, end + along * after
        corners = np.array([a + aside, b + aside, b - aside, a - aside]) * scale
        cv2.fillConvexPoly(fine, np.round(corners * 16).astype(np.int32), 255, cv2.LINE_8, 4)
        if not last and not (sharp[index + 1] and _on_edge(end, pen)):
            x, y = np.round(end * scale * 16).astype(int)
            cv2.circle(fine, (int(x), int(y)), round(half * float(scale.mean()) * 16), 255, -1, cv2.LINE_8, 4)


def _on_edge(point: Points, pen: Pen) -> bool:
    half = pen.stroke / 2 + 1e-6
    x, y = float(point[0]), float(point[1])
    return x <= half or y <= half or x >= pen.width - half or y >= pen.height - half
