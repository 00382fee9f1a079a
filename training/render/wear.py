"""What happens to a plate on a vehicle: dirt, scratches, shadows, bolts, frames, a bend."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from training.render.canvas import BLACK, WHITE, Hand, Pixels, Sheet, shade
from training.render.dice import Dice, between, chance, dice_for, pick, weighted
from training.render.texts import written

Floats = NDArray[np.float32]
Quad = NDArray[np.float32]

_WORDS = ("AUTOHAUS", "MOTORS", "CHEVROLET", "TOYOTA OF", "CARS", "GARAGE", "FORD", "AUTO", "DEALER", "SERVICE", "4S",
    "HONDA", "OF AMERICA", "VOLKSWAGEN", "AUTO GROUP", "ALUMNI", "TRUCKS")  # fmt: skip


@cache
def _bank() -> Floats:
    """Normal noise drawn once; a picture takes a piece of it from a random place."""
    noise: Floats = dice_for(20_26, 0).standard_normal(1 << 21).astype(np.float32)
    return noise


def noise(dice: Dice, shape: tuple[int, ...]) -> Floats:
    count = int(np.prod(shape))
    start = int(dice.integers(len(_bank()) - count))
    return _bank()[start : start + count].reshape(shape)


def clouds(dice: Dice, shape: tuple[int, int], cells: int) -> Floats:
    """Smooth noise with about `cells` bumps along the longer side, values about -2 to 2."""
    longest = max(shape)
    small = tuple(max(2, round(side * cells / longest)) for side in shape)
    return np.asarray(
        cv2.resize(noise(dice, small), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), dtype=np.float32
    )


def worn(dice: Dice, plate: Pixels) -> Pixels:
    """The plate after some years."""
    pixels = plate
    if chance(dice, 0.35):
        strength = clouds(dice, plate.shape[:2], pick(dice, (3, 6, 14))) * between(dice, 0.1, 0.35)
        share = np.clip(strength - between(dice, -0.1, 0.3), 0, between(dice, 0.2, 0.75))[:, :, None]
        dirt = np.array(pick(dice, ((60, 80, 100), (40, 50, 60), (120, 140, 160), (200, 205, 210))), np.float32)
        pixels = (pixels + (dirt - pixels) * share).astype(np.uint8)
    if chance(dice, 0.08):
        pixels = pixels.copy()
        for _ in range(int(dice.integers(1, 6))):
            ends = (dice.random((2, 2)) * plate.shape[1::-1]).astype(int)
            grey = int(dice.integers(40, 230))
            cv2.line(pixels, tuple(ends[0]), tuple(ends[1]), (grey, grey, grey), 1, cv2.LINE_AA)
    if chance(dice, 0.12):  # screws through the characters, or mud
        pixels = pixels.copy()
        for _ in range(int(dice.integers(1, 4))):
            at = tuple(int(v) for v in dice.random(2) * plate.shape[1::-1])
            cv2.circle(
                pixels,
                at,
                int(between(dice, 2, plate.shape[0] * 0.06)),
                shade(dice, (110, 110, 110), 50),
                -1,
                cv2.LINE_AA,
            )
    if chance(dice, 0.22):
        pixels = _shadowed(dice, pixels)
    return pixels


def _shadowed(dice: Dice, pixels: Pixels) -> Pixels:
    """A straight shadow edge: the bumper's, the boot lid's, a post's."""
    height, width = pixels.shape[:2]
    angle = between(dice, 0, 2 * np.pi) if chance(dice, 0.5) else np.pi / 2 + between(dice, -0.2, 0.2)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    side = (xs - width * dice.random()) * np.cos(angle) + (ys - height * between(dice, 0.1, 0.9)) * np.sin(angle)
    share = np.clip(side / between(dice, 1, 12) + 0.5, 0, 1) * between(dice, 0.25, 0.7)
    return np.asarray(pixels * (1 - share[:, :, None]), dtype=np.uint8)


def mounted(dice: Dice, plate: Pixels) -> tuple[Pixels, Quad]:
    """The plate on the vehicle, with its frame and surroundings, and its corners in that picture."""
    height, width = plate.shape[:2]
    aside, above = round(width * 0.22), round(height * 0.4)
    body = pick(
        dice,
        (
            (30, 30, 30),
            (200, 200, 200),
            (120, 120, 120),
            (60, 40, 30),
            (40, 40, 130),
            (120, 60, 40),
            (235, 235, 235),
            (70, 90, 60),
        ),
    )
    sheet = Sheet((width + 2.0 * aside, height + 2.0 * above), 1.0, shade(dice, body, 20))
    top, bottom = shade(dice, body, 25), shade(dice, body, 25)
    sheet.fade(top, bottom)
    for _ in range(int(dice.integers(0, 4))):  # grooves, bumper edges, shadows beside the plate
        y = between(dice, 0, sheet.height_mm)
        if chance(dice, 0.5):
            sheet.box(0, y, sheet.width_mm, between(dice, 2, height * 0.3), shade(dice, body, 45))
        else:
            sheet.box(between(dice, 0, sheet.width_mm), 0, between(dice, 2, 30), sheet.height_mm, shade(dice, body, 45))
    if chance(dice, 0.55):
        _frame(dice, sheet, (aside, above, width, height))
    picture = sheet.pixels
    picture[above : above + height, aside : aside + width] = plate
    inset = 0
    if chance(dice, 0.15):  # the frame's lip hides the plate's edge
        inset = int(between(dice, 1, 0.05 * height))
        cv2.rectangle(
            picture, (aside, above), (aside + width - 1, above + height - 1), shade(dice, BLACK, 15), max(1, inset * 2)
        )
    corners = [(aside, above), (aside + width, above), (aside + width, above + height), (aside, above + height)]
    if chance(dice, 0.12):
        picture = _bent(dice, picture)
    return picture, np.array(corners, dtype=np.float32)


def _frame(dice: Dice, sheet: Sheet, box: tuple[int, int, int, int]) -> None:
    x, y, width, height = box
    thick = between(dice, 0.02, 0.13) * height
    colour = shade(dice, pick(dice, (BLACK, BLACK, (150, 150, 150), (210, 210, 210), WHITE, (40, 60, 120))), 15)
    low = thick * weighted(dice, ((0.6, 1.0), (0.4, between(dice, 1.5, 3))))
    high = thick * weighted(dice, ((0.7, 1.0), (0.3, between(dice, 1.5, 3))))
    sheet.box(x - thick, y - high, width + 2 * thick, height + high + low, colour)
    ink = WHITE if sum(colour) < 380 else BLACK
    how = Hand(pick(dice, ("sans", "din", "us-flat")), 0, 1.0, 1.0)
    if low > 0.1 * height and chance(dice, 0.8):
        text = pick(dice, _WORDS) if chance(dice, 0.7) else written(dice, "DDDD-DDDDDD")
        sheet.row(text, (x + width * 0.15, y + height + low * 0.15, width * 0.7, low * 0.7), ink, how, gap=0.2)
    if high > 0.1 * height and chance(dice, 0.6):
        sheet.row(pick(dice, _WORDS), (x + width * 0.15, y - high * 0.85, width * 0.7, high * 0.7), ink, how, gap=0.2)


def _bent(dice: Dice, picture: Pixels) -> Pixels:
    """Bulged a little along the width; the corners stay where they are to within a pixel or two."""
    height, width = picture.shape[:2]
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    deep = between(dice, -0.04, 0.04) * height
    middle = between(dice, 0.3, 0.7) * width
    lift = deep * (np.exp(-(((xs - middle) / (0.25 * width)) ** 2))).astype(np.float32)
    return np.asarray(cv2.remap(picture, xs, ys + lift, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)
