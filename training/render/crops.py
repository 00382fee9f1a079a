"""What the reader learns from: a plate seen by a camera, cut out by corners that are a little off."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from training.rectify import INNER, ROWS, TALL_BELOW, WIDE, aspect, cut
from training.render.camera import lens, lit, rain, sensor, turned
from training.render.canvas import COLOURS, KINDS, Pixels, Plate
from training.render.dice import Dice, chance, dice_for, log_between
from training.render.plate import any_plate
from training.render.wear import Quad, mounted, worn

# A training sample of a seed, a held-out one and the clock's: none is another's.
TRAIN, HELD_OUT = 1, 2


@dataclass(frozen=True, slots=True)
class Crop:
    """`rows` is 1 or 2, as the plate has; `how` the cut; the text can be read only when `fits`."""

    pixels: Pixels
    text: str
    kind: int
    ground: int
    colour_known: bool
    rows: int
    how: str
    fits: bool


def crop(seed: int, number: int, clean_share: float = 0.0) -> Crop:
    """Sample `number` of a seed. `clean_share` of the samples are large, sharp and evenly lit: to begin with."""
    dice = dice_for(seed, number)
    plate = any_plate(dice)
    frame, quad, known = (clean if chance(dice, clean_share) else photographed)(dice, plate)
    across, down = _sides(quad)
    jitter = dice.normal(0, 1, (4, 2)) * (0.014 * across, 0.035 * down)
    quad = (quad + np.clip(jitter, -0.06 * across, 0.06 * across)).astype(np.float32)
    how = _cut_for(dice, plate, quad)
    fits = how != (INNER if plate.rows == 2 else ROWS)
    return Crop(
        pixels=cut(frame, quad, how),
        text=plate.text,
        kind=KINDS.index(plate.kind),
        ground=COLOURS.index(plate.ground),
        colour_known=known,
        rows=plate.rows,
        how=how,
        fits=fits,
    )


def _cut_for(dice: Dice, plate: Plate, quad: Quad) -> str:
    if plate.rows == 2:
        return INNER if chance(dice, 0.12) else ROWS
    if aspect(quad) >= TALL_BELOW or chance(dice, 0.05):
        return WIDE
    return ROWS if chance(dice, 0.12) else INNER


def _sides(quad: Quad) -> tuple[float, float]:
    across = float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    down = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    return across, down


def clean(dice: Dice, plate: Plate) -> tuple[Pixels, Quad, bool]:
    """The plate on its vehicle as it is, seen from the front."""
    picture, corners = mounted(dice, plate.pixels)
    return picture, corners, True


def photographed(dice: Dice, plate: Plate) -> tuple[Pixels, Quad, bool]:
    """A small picture with the plate in it, its corners there, and whether its colour can be told."""
    picture, corners = mounted(dice, worn(dice, plate.pixels))
    height = picture.shape[0] / 1.8
    # Rows of characters 7 to 60 px high in the camera's picture, small ones as often as large ones.
    tall = log_between(dice, 13, 62) * (1.7 if plate.rows == 2 or plate.kind == "us" else 1.0)
    scale = tall / height
    if scale < 0.7:
        size = max(8, round(picture.shape[1] * scale * 1.2)), max(8, round(picture.shape[0] * scale * 1.2))
        corners = (corners * np.array(size) / picture.shape[1::-1]).astype(np.float32)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        scale = 1 / 1.2
    high, wide = picture.shape[:2]
    whole = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    seen = turned(dice, np.concatenate([whole, corners]), 1.0) * scale
    seen -= seen.min(axis=0)
    matrix = cv2.getPerspectiveTransform(whole, np.ascontiguousarray(seen[:4]))
    size = int(np.clip(seen[:, 0].max(), 16, 520)), int(np.clip(seen[:, 1].max(), 12, 360))
    frame = np.asarray(
        cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
    frame, known = lit(dice, frame)
    if chance(dice, 0.05):
        frame = rain(dice, frame)
    unit = tall * 0.62 / plate.rows
    frame = sensor(dice, lens(dice, frame, unit))
    return frame, seen[4:], known
