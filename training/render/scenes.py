"""What the detector learns from: squares of street with vehicles, their plates' corners, and no plates."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.render.camera import lens, lit, rain, sensor, turned
from training.render.canvas import Pixels
from training.render.dice import Dice, between, chance, dice_for, log_between, weighted
from training.render.grounds import ground
from training.render.lettering import disc, panel, stamped
from training.render.plate import any_plate
from training.render.vehicles import vehicle
from training.render.wear import Quad, mounted, worn

SIZE = 320
# A plate narrower or lower than this, in pixels, is neither asked for nor forbidden.
MIN_WIDTH, MIN_HEIGHT = 16.0, 6.0
_SEEN, _HIDDEN = 0.97, 0.05


@dataclass(frozen=True, slots=True)
class Scene:
    """`quads` (n, 4, 2) are plates to be found, `unsure` those that may be: cut off, covered, tiny."""

    pixels: Pixels
    quads: NDArray[np.float32]
    unsure: NDArray[np.float32]


class _Stage:
    """A picture in which nearer things cover farther ones."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self.owner: NDArray[np.int32] = np.zeros(pixels.shape[:2], dtype=np.int32)
        self.plates: list[tuple[int, Quad]] = []
        self.count = 0

    def put(
        self, dice: Dice, picture: Pixels, mask: NDArray[np.uint8] | None, quad: Quad | None, at: tuple[float, float]
    ) -> None:
        """The flat picture, turned, with its middle at a place."""
        self.count += 1
        height, width = picture.shape[:2]
        whole = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
        points = whole if quad is None else np.concatenate([whole, quad])
        seen = np.asarray(turned(dice, points, 0.8) + np.array(at, np.float32), dtype=np.float32)
        across, down = self.pixels.shape[1], self.pixels.shape[0]
        left, top = (int(value) for value in np.clip(np.floor(seen[:4].min(0)), 0, (across, down)))
        right, low = (int(value) for value in np.clip(np.ceil(seen[:4].max(0)) + 1, 0, (across, down)))
        if right - left < 2 or low - top < 2:
            return
        matrix = cv2.getPerspectiveTransform(whole, seen[:4] - np.array((left, top), np.float32))
        size = right - left, low - top
        shown = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        flat = mask if mask is not None else np.full((height, width), 255, np.uint8)
        where = cv2.warpPerspective(flat, matrix, size, flags=cv2.INTER_LINEAR) > 127
        self.pixels[top:low, left:right][where] = shown[where]
        self.owner[top:low, left:right][where] = self.count
        if quad is not None:
            self.plates.append((self.count, seen[4:]))


def scene(seed: int, number: int, size: int = SIZE) -> Scene:
    """Sample `number` of a seed, `size` x `size`."""
    dice = dice_for(seed, number)
    stage = _Stage(ground(dice, size))
    for _ in range(int(dice.integers(0, 4))):
        sign = _shrunk(panel(dice) if chance(dice, 0.7) else disc(dice), log_between(dice, 14, 130))
        stage.put(dice, sign, None, None, _anywhere(dice, size))
    kind = weighted(dice, ((0.62, "vehicles"), (0.26, "plates"), (0.12, "none")))
    if kind == "vehicles":
        _vehicles(dice, stage, size)
    elif kind == "plates":
        for _ in range(int(dice.integers(1, 4))):
            _loose(dice, stage, size)
    pixels, unit = stage.pixels, _unit(stage, size)
    pixels, _ = lit(dice, pixels)
    if chance(dice, 0.06):
        pixels = rain(dice, pixels)
    pixels = np.ascontiguousarray(lens(dice, pixels, unit))
    if chance(dice, 0.25):
        stamped(dice, pixels)
    return _labelled(stage, sensor(dice, pixels))


def _vehicles(dice: Dice, stage: _Stage, size: int) -> None:
    widths = sorted(log_between(dice, 0.22, 2.6) * size for _ in range(weighted(dice, ((0.5, 1), (0.3, 2), (0.2, 3)))))
    for width in widths:
        plate = any_plate(dice) if chance(dice, 0.82) else None
        drawn = vehicle(dice, int(np.clip(width, 64, 640)), plate)
        x, y = _anywhere(dice, size)
        if drawn.quad is not None and width > 0.7 * size:  # of a near vehicle show the part with the plate
            middle = drawn.quad.mean(axis=0) - np.array(drawn.pixels.shape[1::-1]) / 2
            x, y = x - float(middle[0]), y - float(middle[1])
        stage.put(dice, drawn.pixels, drawn.mask, drawn.quad, (x, y))


def _loose(dice: Dice, stage: _Stage, size: int) -> None:
    """A plate with only its nearest surroundings, anywhere: it is found by itself, not by the car."""
    plate = any_plate(dice)
    picture, corners = mounted(dice, worn(dice, plate.pixels))
    width = log_between(dice, 16, 250) * (0.6 if plate.rows == 2 or plate.kind == "us" else 1.0)
    scale = width / float(corners[1, 0] - corners[0, 0])
    shrunk = _shrunk(picture, picture.shape[1] * scale)
    quad = np.asarray(corners * np.array(shrunk.shape[1::-1]) / picture.shape[1::-1], dtype=np.float32)
    stage.put(dice, shrunk, None, quad, _anywhere(dice, size))


def _shrunk(picture: Pixels, width: float) -> Pixels:
    height = max(4, round(picture.shape[0] * width / picture.shape[1]))
    wide = max(4, round(width))
    smooth = cv2.INTER_AREA if wide < picture.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (wide, height), interpolation=smooth), dtype=np.uint8)


def _anywhere(dice: Dice, size: int) -> tuple[float, float]:
    return between(dice, 0.05, 0.95) * size, between(dice, 0.05, 0.95) * size


def _unit(stage: _Stage, size: int) -> float:
    """About a character's height, by which blur is measured."""
    if not stage.plates:
        return 0.05 * size
    return float(np.median([np.linalg.norm(quad[3] - quad[0]) for _, quad in stage.plates])) * 0.6


def _labelled(stage: _Stage, pixels: Pixels) -> Scene:
    sure: list[Quad] = []
    unsure: list[Quad] = []
    size = np.array(pixels.shape[1::-1])
    for owner, quad in stage.plates:
        inside = np.zeros(stage.owner.shape, np.uint8)
        cv2.fillConvexPoly(inside, np.round(quad).astype(np.int32), 1)
        area = max(1.0, float(cv2.contourArea(quad)))
        visible = float((stage.owner[inside > 0] == owner).sum()) / area
        whole = bool((quad >= -1).all() and (quad <= size).all())
        width = float(np.linalg.norm(quad[1] - quad[0]))
        height = float(np.linalg.norm(quad[3] - quad[0]))
        if visible < _HIDDEN:
            continue
        if whole and visible >= _SEEN * area / (area + width + height) and width >= MIN_WIDTH and height >= MIN_HEIGHT:
            sure.append(quad)
        else:
            unsure.append(quad)
    return Scene(pixels, _stacked(sure), _stacked(unsure))


def _stacked(quads: list[Quad]) -> NDArray[np.float32]:
    return np.stack(quads).astype(np.float32) if quads else np.zeros((0, 4, 2), np.float32)
