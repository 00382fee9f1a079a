"""What stands and lies behind vehicles: roads, walls, houses, trees, night."""

from __future__ import annotations

import cv2
import numpy as np

from training.render.canvas import Colour, Pixels, shade
from training.render.dice import Dice, between, chance, pick, weighted
from training.render.wear import clouds

_SKY: tuple[Colour, ...] = ((235, 206, 170), (225, 222, 218), (120, 140, 190), (60, 40, 30), (245, 245, 240))
_GREY: tuple[Colour, ...] = ((110, 110, 112), (150, 150, 150), (80, 80, 84), (130, 140, 150), (60, 60, 62))
_WALL: tuple[Colour, ...] = (
    (150, 170, 190),
    (90, 110, 150),
    (200, 205, 210),
    (120, 120, 120),
    (170, 190, 160),
    (60, 70, 120),
)
_LEAF: tuple[Colour, ...] = ((50, 90, 50), (40, 70, 60), (60, 120, 90), (40, 60, 40), (70, 110, 140))


def ground(dice: Dice, size: int) -> Pixels:
    """A square picture without a vehicle."""
    picture = np.empty((size, size, 3), np.uint8)
    kind = weighted(dice, ((0.55, "road"), (0.2, "wall"), (0.15, "texture"), (0.1, "plain")))
    cv2.rectangle(picture, (0, 0), (size, size), shade(dice, pick(dice, _GREY), 20), -1)
    if kind == "road":
        _road(dice, picture)
    elif kind == "wall":
        _wall(dice, picture)
    for cells in (4, 40) if kind != "texture" else (3, 12, 60):
        strength = between(dice, 2, 14) * (2.5 if kind == "texture" else 1.0)
        rough = clouds(dice, (size, size), cells)[:, :, None] * np.float32(strength)
        picture = np.asarray(cv2.add(picture, np.repeat(rough, 3, axis=2), dtype=cv2.CV_8U), dtype=np.uint8)
    for _ in range(int(dice.integers(0, 6))):
        _thing(dice, picture)
    return np.asarray(picture, dtype=np.uint8)


def _road(dice: Dice, picture: Pixels) -> None:
    size = len(picture)
    horizon = int(between(dice, -0.3, 0.6) * size)
    if horizon > 0:
        cv2.rectangle(picture, (0, 0), (size, horizon), shade(dice, pick(dice, _SKY), 20), -1)
        x = 0
        while x < size:
            width, height = int(between(dice, 0.05, 0.4) * size), int(between(dice, 0.1, 1.0) * horizon)
            if chance(dice, 0.5):
                _house(dice, picture, (x, horizon - height, width, height))
            else:
                middle = x + width // 2, horizon - height // 2
                cv2.ellipse(
                    picture,
                    middle,
                    (width // 2 + 3, height // 2 + 3),
                    0,
                    0,
                    360,
                    shade(dice, pick(dice, _LEAF), 20),
                    -1,
                )
                _speckled(dice, picture, (x, horizon - height, width, height))
            x += max(8, int(width * between(dice, 0.4, 1.2)))
    for _ in range(int(dice.integers(0, 5))):
        colour = shade(dice, pick(dice, ((225, 228, 230), (60, 180, 220), (200, 205, 205))), 20)
        foot, top = between(dice, -0.5, 1.5) * size, between(dice, 0, 1) * size
        wide = between(dice, 0.01, 0.07) * size
        points = [(foot, size), (foot + wide, size), (top + wide * 0.2, max(horizon, 0)), (top, max(horizon, 0))]
        cv2.fillConvexPoly(picture, np.array(points, dtype=np.int32), colour, cv2.LINE_AA)
    if chance(dice, 0.15):
        step = int(between(dice, 12, 50))
        y = int(between(dice, 0.5, 0.95) * size)
        for x in range(int(dice.integers(step)), size, step * 2):
            points = [(x, y), (x + step, y), (x + step * 1.6, size), (x + step * 0.4, size)]
            cv2.fillConvexPoly(picture, np.array(points, dtype=np.int32), (215, 218, 220), cv2.LINE_AA)


def _house(dice: Dice, picture: Pixels, box: tuple[int, int, int, int]) -> None:
    x, y, width, height = box
    cv2.rectangle(picture, (x, y), (x + width, y + height), shade(dice, pick(dice, _WALL), 25), -1)
    across, down = max(3, int(between(dice, 4, 22))), max(4, int(between(dice, 5, 26)))
    glass = shade(dice, pick(dice, ((70, 60, 50), (120, 110, 100), (120, 200, 230))), 20)
    for left in range(x + 2, x + width - across, across * 2):
        for top in range(y + 3, y + height - down, int(down * 1.7)):
            cv2.rectangle(picture, (left, top), (left + across, top + down), glass, -1)


def _speckled(dice: Dice, picture: Pixels, box: tuple[int, int, int, int]) -> None:
    x, y, width, height = box
    for at in dice.random((24, 2)):
        spot = int(x + at[0] * width), int(y + at[1] * height)
        cv2.circle(picture, spot, int(between(dice, 1, 6)), shade(dice, pick(dice, _LEAF), 40), -1)


def _wall(dice: Dice, picture: Pixels) -> None:
    size = len(picture)
    floor = int(between(dice, 0.4, 1.1) * size)
    colour = shade(dice, pick(dice, _WALL), 25)
    cv2.rectangle(picture, (0, 0), (size, floor), colour, -1)
    across, down = int(between(dice, 10, 80)), int(between(dice, 6, 50))
    seam = shade(dice, colour, 30)
    if chance(dice, 0.7):
        for row, y in enumerate(range(0, floor, down)):
            cv2.line(picture, (0, y), (size, y), seam, 1)
            for x in range((row % 2) * across // 2, size, across):
                cv2.line(picture, (x, y), (x, y + down), seam, 1)


def _thing(dice: Dice, picture: Pixels) -> None:
    """A post, a rail, a bar fence, a box, a barrier with stripes."""
    size = len(picture)
    x, y = int(dice.random() * size), int(dice.random() * size)
    colour = shade(dice, pick(dice, (*_GREY, (40, 40, 180), (40, 190, 230), (230, 230, 230), (150, 90, 40))), 30)
    kind = int(dice.integers(5))
    if kind == 0:
        cv2.rectangle(picture, (x, 0), (x + int(between(dice, 2, 16)), size), colour, -1)
    elif kind == 1:
        cv2.line(
            picture, (0, y), (size, y + int(between(dice, -60, 60))), colour, int(between(dice, 1, 10)), cv2.LINE_AA
        )
    elif kind == 2:
        step = int(between(dice, 4, 18))
        height = int(between(dice, 15, 90))
        for left in range(x, min(size, x + step * 14), step):
            cv2.rectangle(picture, (left, y), (left + max(1, step // 3), y + height), colour, -1)
    elif kind == 3:
        corner = x + int(between(dice, 10, 140)), y + int(between(dice, 8, 110))
        cv2.rectangle(picture, (x, y), corner, colour, -1)
    else:
        tall, step = int(between(dice, 3, 14)), int(between(dice, 8, 36))
        other = pick(dice, ((240, 240, 240), (40, 40, 200), (30, 190, 240), (20, 20, 20)))
        for number, left in enumerate(range(0, size, step)):
            shape = np.array([(left, y), (left + step, y), (left + step - tall, y + tall), (left - tall, y + tall)])
            cv2.fillConvexPoly(picture, shape.astype(np.int32), colour if number % 2 else other, cv2.LINE_AA)
