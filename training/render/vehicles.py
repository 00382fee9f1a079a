"""Fronts and backs of vehicles as sketches: what surrounds plates, and what looks like one but is none."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.render.canvas import BLACK, WHITE, Colour, Hand, Pixels, Plate, Sheet, shade
from training.render.dice import Dice, between, chance, pick, weighted
from training.render.lettering import face, panel, words, written_on
from training.render.wear import Quad, clouds, mounted, worn

_BODIES: tuple[Colour, ...] = (
    (28, 28, 30), (205, 205, 208), (128, 128, 130), (238, 238, 238), (60, 40, 30), (40, 35, 140), (120, 60, 30),
    (60, 80, 60), (90, 110, 140), (30, 160, 210), (60, 60, 62), (170, 150, 130),
)  # fmt: skip
_LAMPS: tuple[Colour, ...] = ((40, 40, 190), (30, 30, 130), (230, 235, 240), (200, 205, 210), (60, 150, 240))


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A flat picture, where it is not see-through (255 in `mask`), and its plate's corners if it has one."""

    pixels: Pixels
    mask: NDArray[np.uint8]
    quad: Quad | None


def vehicle(dice: Dice, width: int, plate: Plate | None) -> Vehicle:
    """A car's, van's, lorry's or motorcycle's front or back, `width` px wide."""
    kind = weighted(dice, ((0.65, "car"), (0.2, "van"), (0.15, "lorry")))
    height = int(
        width
        * {"car": between(dice, 0.62, 0.85), "van": between(dice, 0.8, 1.1), "lorry": between(dice, 0.9, 1.3)}[kind]
    )
    body = shade(dice, pick(dice, _BODIES), 18)
    picture = np.empty((height, width, 3), np.uint8)
    mask = np.zeros((height, width), np.uint8)
    _body(dice, picture, mask, body, kind)
    _glass(dice, picture, body, kind)
    _lamps_and_grille(dice, picture, body)
    if kind != "car" or chance(dice, 0.15):
        written_on(dice, picture[int(height * 0.25) : int(height * 0.75)], 0.8 if kind == "lorry" else 0.5)
    _badges(dice, picture)
    quad = _plate(dice, picture, plate) if plate else None
    if plate is None and chance(dice, 0.5):
        _no_plate(dice, picture)
    light = 1 + clouds(dice, (height, width), 3) * np.float32(between(dice, 0.02, 0.14))
    shown = np.clip(picture * light[:, :, None], 0, 255).astype(np.uint8)
    return Vehicle(shown, mask, quad)


def _body(dice: Dice, picture: Pixels, mask: NDArray[np.uint8], body: Colour, kind: str) -> None:
    height, width = mask.shape
    top, bottom = shade(dice, body, 20), shade(dice, tuple(int(v * 0.7) for v in body), 12)  # type: ignore[arg-type]
    column = cv2.resize(np.array([[top], [bottom]], np.uint8), (1, height))
    picture[:] = cv2.resize(column, (width, height), interpolation=cv2.INTER_NEAREST)
    slope = between(dice, 0.08, 0.22) if kind == "car" else between(dice, 0.0, 0.06)
    shoulder = between(dice, 0.25, 0.45)
    outline = [(slope, 0.02), (1 - slope, 0.02), (0.99, shoulder), (0.98, 0.94), (0.02, 0.94), (0.01, shoulder)]
    points = np.array(outline) * (width, height)
    cv2.fillPoly(mask, [points.astype(np.int32)], 255, cv2.LINE_AA)
    for left in (0.05, 0.78):  # tyres
        corner = int(left * width), int(0.86 * height)
        other = int((left + 0.17) * width), height - 1
        cv2.rectangle(picture, corner, other, shade(dice, (30, 30, 30), 8), -1)
        cv2.rectangle(mask, corner, other, 255, -1)
    low = int(between(dice, 0.66, 0.8) * height)
    if chance(dice, 0.6):
        cv2.rectangle(
            picture, (0, low), (width, int(0.94 * height)), shade(dice, pick(dice, (body, (40, 40, 42))), 14), -1
        )
    for _ in range(int(dice.integers(1, 5))):
        y = int(between(dice, 0.3, 0.93) * height)
        cv2.line(picture, (0, y), (width, y), shade(dice, body, 50), max(1, int(width * between(dice, 0.002, 0.012))))


def _glass(dice: Dice, picture: Pixels, body: Colour, kind: str) -> None:
    if kind == "lorry" and chance(dice, 0.5):
        return
    height, width = picture.shape[:2]
    inset = between(dice, 0.12, 0.26) if kind == "car" else between(dice, 0.06, 0.14)
    low = between(dice, 0.3, 0.42)
    points = np.array([(inset + 0.05, 0.06), (0.95 - inset, 0.06), (1 - inset * 0.6, low), (inset * 0.6, low)]) * (
        width,
        height,
    )
    cv2.fillConvexPoly(
        picture,
        points.astype(np.int32),
        shade(dice, pick(dice, ((50, 45, 40), (90, 85, 80), (160, 150, 140))), 18),
        cv2.LINE_AA,
    )
    for _ in range(int(dice.integers(0, 4))):
        x = int(between(dice, inset, 1 - inset) * width)
        y = int(between(dice, 0.1, low) * height)
        cv2.ellipse(
            picture, (x, y), (int(0.07 * width), int(0.06 * height)), 0, 0, 360, shade(dice, (90, 90, 100), 45), -1
        )
    if chance(dice, 0.3):  # a sticker or a permit behind the glass
        sticker = cv2.resize(
            panel(dice), (max(6, int(0.12 * width)), max(5, int(0.06 * height))), interpolation=cv2.INTER_AREA
        )
        _put(picture, sticker, int(between(dice, inset, 0.8 - inset) * width), int(low * 0.75 * height))


def _lamps_and_grille(dice: Dice, picture: Pixels, body: Colour) -> None:
    height, width = picture.shape[:2]
    lamp = shade(dice, pick(dice, _LAMPS), 15)
    y = int(between(dice, 0.44, 0.62) * height)
    across, down = int(between(dice, 0.05, 0.13) * width), int(between(dice, 0.03, 0.12) * height)
    round_lamps = chance(dice, 0.5)
    for x in (int(0.02 * width) + across, int(0.98 * width) - across):
        if round_lamps:
            cv2.ellipse(picture, (x, y), (across, down), 0, 0, 360, lamp, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(picture, (x - across, y - down), (x + across, y + down), lamp, -1)
        if chance(dice, 0.5):
            cv2.circle(picture, (x, y), max(2, down // 2), shade(dice, WHITE, 10), -1, cv2.LINE_AA)
    if chance(dice, 0.55):  # grille
        half, tall = between(dice, 0.12, 0.32) * width, between(dice, 0.04, 0.12) * height
        top = y - tall
        cv2.rectangle(
            picture,
            (int(width / 2 - half), int(top)),
            (int(width / 2 + half), int(y + tall)),
            shade(dice, (35, 35, 36), 15),
            -1,
        )
        bar = shade(dice, pick(dice, ((190, 190, 192), (90, 90, 90), (20, 20, 20))), 15)
        step = max(2, int(between(dice, 0.012, 0.05) * width))
        if chance(dice, 0.6):
            for level in range(int(top), int(y + tall), step):
                cv2.line(
                    picture, (int(width / 2 - half), level), (int(width / 2 + half), level), bar, max(1, step // 3)
                )
        else:
            for x in range(int(width / 2 - half), int(width / 2 + half), step):
                cv2.line(picture, (x, int(top)), (x, int(y + tall)), bar, max(1, step // 3))
        if chance(dice, 0.5):
            cv2.rectangle(
                picture,
                (int(width / 2 - half), int(top)),
                (int(width / 2 + half), int(y + tall)),
                bar,
                max(1, width // 120),
            )


def _badges(dice: Dice, picture: Pixels) -> None:
    height, width = picture.shape[:2]
    at = int(width / 2), int(between(dice, 0.42, 0.6) * height)
    if chance(dice, 0.7):
        radius = int(between(dice, 0.015, 0.04) * width) + 1
        cv2.circle(picture, at, radius, shade(dice, (190, 190, 192), 20), max(1, radius // 3), cv2.LINE_AA)
    for _ in range(int(dice.integers(0, 3))):
        tall = max(4, int(between(dice, 0.018, 0.04) * width))
        text = words(dice, 0.2)[:7]
        x = int(pick(dice, (between(dice, 0.04, 0.2), between(dice, 0.65, 0.8))) * width)
        _letter(
            picture, text, x, int(between(dice, 0.42, 0.7) * height), tall, shade(dice, (200, 200, 202), 30), face(dice)
        )


def _letter(picture: Pixels, text: str, x: int, y: int, tall: int, ink: Colour, how: Hand) -> None:
    sheet = Sheet((float(picture.shape[1]), float(picture.shape[0])), 1.0, BLACK)
    sheet.pixels = picture
    sheet.row(text, (x, y, tall * len(text) * 0.8, tall), ink, how)


def _plate(dice: Dice, picture: Pixels, plate: Plate) -> Quad | None:
    """The plate in its place; a European one is about 0.29 of a car's width, an American one 0.17."""
    height, width = picture.shape[:2]
    share = {"us": 0.17}.get(plate.kind, 0.27 if plate.rows == 1 else 0.19) * between(dice, 0.85, 1.25)
    framed, corners = mounted(dice, worn(dice, plate.pixels))
    scale = share * width / float(corners[1, 0] - corners[0, 0])
    size = max(4, round(framed.shape[1] * scale)), max(4, round(framed.shape[0] * scale))
    small = cv2.resize(framed, size, interpolation=cv2.INTER_AREA)
    at = np.asarray(corners * np.array(size) / framed.shape[1::-1], dtype=np.float32)
    # Sometimes with its surroundings, mostly cut close to it.
    tight = max(0, int(at[0, 0] - size[0] * between(dice, 0.0, 0.06))) if chance(dice, 0.7) else 0
    above = max(0, int(at[0, 1] - size[1] * between(dice, 0.0, 0.12))) if tight else 0
    piece = small[above : size[1] - above, tight : size[0] - tight]
    middle = between(dice, 0.42, 0.58) if chance(dice, 0.8) else between(dice, 0.25, 0.75)
    x = int(middle * width - piece.shape[1] / 2)
    y = int(between(dice, 0.5, 0.88) * height - piece.shape[0] / 2)
    if not _put(picture, piece, x, y):
        return None
    return np.asarray(at + np.array([x - tight, y - above]), dtype=np.float32)


def _no_plate(dice: Dice, picture: Pixels) -> None:
    """Where a plate could be: a blank one, a dark recess, a brand's strip."""
    height, width = picture.shape[:2]
    wide, tall = int(between(dice, 0.15, 0.32) * width), int(between(dice, 0.05, 0.1) * height)
    x, y = (width - wide) // 2, int(between(dice, 0.55, 0.85) * height)
    colour = shade(
        dice, pick(dice, ((30, 30, 30), (235, 235, 235), (150, 64, 12), (20, 176, 236), (120, 120, 120))), 20
    )
    cv2.rectangle(picture, (x, y), (x + wide, y + tall), colour, -1)


def _put(picture: Pixels, piece: cv2.typing.MatLike, x: int, y: int) -> bool:
    height, width = piece.shape[:2]
    if x < 0 or y < 0 or x + width > picture.shape[1] or y + height > picture.shape[0]:
        return False
    picture[y : y + height, x : x + width] = piece
    return True
