"""The lane before a barrier, painted once, and a car's front with its plate."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from gatehouse.demo.canvas import (
    HEIGHT,
    WIDTH,
    Pixels,
    Sprite,
    blend,
    fill,
    mask_of,
    shade_below,
    texture,
    vertical_fade,
)
from gatehouse.demo.plates_art import plate_art

HORIZON_PX = 150
CENTRE_PX = 480

CAR_WIDTH_M, CAR_HEIGHT_M = 1.85, 1.52
_CAR_PX = (1200, 986)  # the sprite; 649 px a metre
_PLATE_PX = 330  # width on the sprite, a little larger than life

PAINTS: tuple[tuple[int, int, int], ...] = (
    (196, 196, 200),  # silver
    (48, 44, 42),  # black
    (150, 84, 40),  # blue
    (44, 40, 150),  # red
    (226, 228, 230),  # white
)


@cache
def lane() -> Pixels:
    """The empty lane: sky, a hedge, asphalt with a sawn-in loop, kerbs and the barrier's post. Read only."""
    rng = np.random.default_rng(11)
    picture = vertical_fade((226, 196, 160), (236, 228, 216), (WIDTH, HEIGHT))
    _buildings(picture, rng)
    fill(picture, [(0, 150), (WIDTH, 150), (WIDTH, HEIGHT), (0, HEIGHT)], (96, 128, 104))
    texture(picture, mask_of([(0, 150), (WIDTH, 150), (WIDTH, HEIGHT), (0, HEIGHT)]), rng, 5.0, 1.2)
    road = [(452.0, 152.0), (508.0, 152.0), (1000.0, 560.0), (-40.0, 560.0)]
    fill(picture, road, (104, 104, 106))
    texture(picture, mask_of(road), rng, 6.0, 0.0)
    texture(picture, mask_of(road), rng, 5.0, 9.0)
    for side in (-1, 1):
        _kerb(picture, side)
    _loop(picture)
    _island(picture)
    shade_below(picture, (CENTRE_PX, 560), (520, 120), 0.18)
    picture.flags.writeable = False
    return picture


def spot(x_m: float, z_m: float, y_m: float = 0.0) -> tuple[float, float]:
    """A point of the world (metres right of the lane's middle, ahead, above the ground) in the picture."""
    from_camera_m = 1.5
    focal_px = 1090.0
    return CENTRE_PX + focal_px * x_m / z_m, HORIZON_PX + focal_px * (from_camera_m - y_m) / z_m


def _buildings(picture: Pixels, rng: np.random.Generator) -> None:
    for left, right, top, colour in (
        (0, 250, 40, (150, 158, 168)),
        (250, 400, 84, (168, 172, 178)),
        (590, 760, 70, (160, 164, 172)),
        (760, 960, 26, (142, 148, 160)),
    ):
        fill(picture, [(left, top), (right, top), (right, 160), (left, 160)], colour)
        for x in range(left + 14, right - 16, 30):
            for y in range(top + 12, 128, 24):
                glass = int(rng.integers(92, 150))
                fill(picture, [(x, y), (x + 15, y), (x + 15, y + 13), (x, y + 13)], (glass + 20, glass + 8, glass))
    for x in range(-20, WIDTH + 20, 16):
        radius = int(rng.integers(13, 25))
        green = int(rng.integers(0, 26))
        cv2.circle(picture, (x, 150 - radius // 3), radius, (52 + green, 92 + green, 60 + green), -1, cv2.LINE_AA)


def _kerb(picture: Pixels, side: int) -> None:
    for number in range(40):
        near, far = 2.6 + number * 0.9, 2.6 + (number + 1) * 0.9
        colour = (208, 210, 212) if number % 2 else (52, 190, 236)
        inner, outer = 1.62 * side, 1.80 * side
        fill(picture, [spot(inner, near), spot(inner, far), spot(outer, far), spot(outer, near)], colour)
        fill(
            picture,
            [spot(outer, near), spot(outer, far), spot(outer, far, 0.12), spot(outer, near, 0.12)],
            (136, 138, 140),
        )


def _loop(picture: Pixels) -> None:
    corners = [spot(-0.9, 4.4), spot(-0.9, 6.2), spot(0.9, 6.2), spot(0.9, 4.4)]
    line = np.round(np.array(corners) * 16).astype(np.int32)
    cv2.polylines(picture, [line], True, (70, 70, 72), 2, cv2.LINE_AA, 4)
    for x_m in (-1.45, 1.45):
        fill(picture, [spot(x_m, 2.8), spot(x_m, 40), spot(x_m + 0.06, 40), spot(x_m + 0.06, 2.8)], (212, 214, 214))


def _island(picture: Pixels) -> None:
    """The barrier's post and raised arm on the right."""
    base = [spot(1.9, 6.0), spot(2.5, 6.0), spot(2.5, 6.0, 1.05), spot(1.9, 6.0, 1.05)]
    shade_below(picture, spot(2.2, 5.9), (80, 18), 0.4)
    fill(picture, base, (40, 120, 232))
    fill(picture, [base[0], spot(2.05, 6.0), spot(2.05, 6.0, 1.05), base[3]], (70, 150, 246))
    for number in range(9):
        low, high = 0.95 + number * 0.26, 0.95 + (number + 1) * 0.26
        colour = (60, 60, 214) if number % 2 else (240, 240, 240)
        lean = 0.06
        points = [
            spot(2.16 + lean * number, 6.0, low),
            spot(2.26 + lean * number, 6.0, low),
            spot(2.26 + lean * (number + 1), 6.0, high),
            spot(2.16 + lean * (number + 1), 6.0, high),
        ]
        fill(picture, points, colour)


@cache
def car(plate: str, paint: int) -> Sprite:
    """A car's front with its plate. Raises ValueError for a plate that cannot be painted."""
    width, height = _CAR_PX
    body = PAINTS[paint % len(PAINTS)]
    picture = np.full((height, width, 3), body, np.uint8)
    alpha = np.zeros((height, width), np.uint8)
    for part, colour in _outline(body):
        fill(picture, part, colour)
        cv2.fillPoly(alpha, [np.round(np.array(part) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    _shine(picture, alpha)
    _glass(picture)
    _face(picture, body)
    art = plate_art(plate)
    tall = round(_PLATE_PX * art.shape[0] / art.shape[1])
    art = np.asarray(cv2.resize(art, (_PLATE_PX, tall), interpolation=cv2.INTER_AREA), np.uint8)
    left, top = (width - _PLATE_PX) // 2, 668
    picture[top - 7 : top + tall + 7, left - 7 : left + _PLATE_PX + 7] = (36, 36, 38)
    picture[top : top + tall, left : left + _PLATE_PX] = art
    return Sprite(picture, np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1.2), np.uint8))


def _outline(body: tuple[int, int, int]) -> list[tuple[list[tuple[float, float]], tuple[int, int, int]]]:
    dark = (26, 26, 28)
    shaded = (int(body[0] * 0.8), int(body[1] * 0.8), int(body[2] * 0.8))
    tyre = [[(120.0, 780.0), (262.0, 780.0), (262.0, 972.0), (244.0, 986.0), (138.0, 986.0), (120.0, 972.0)]]
    tyre.append([(1200 - x, y) for x, y in tyre[0]])
    mirror = [(126.0, 306.0), (216.0, 290.0), (256.0, 316.0), (268.0, 366.0), (142.0, 366.0)]
    roof = _smooth([(238, 372), (346, 74), (400, 40), (600, 30), (800, 40), (854, 74), (962, 372)])
    lower = _smooth(
        [(78, 560), (108, 452), (208, 372), (992, 372), (1092, 452), (1122, 560), (1124, 760), (1092, 872),
         (960, 908), (240, 908), (108, 872), (76, 760)]
    )  # fmt: skip
    return [
        (tyre[0], dark),
        (tyre[1], dark),
        (mirror, shaded),
        ([(1200 - x, y) for x, y in mirror], shaded),
        (roof, body),
        (lower, body),
    ]


def _smooth(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Corners cut twice, so that metal looks bent rather than sawn."""
    for _ in range(2):
        cut: list[tuple[float, float]] = []
        for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
            cut += [(ax * 0.82 + bx * 0.18, ay * 0.82 + by * 0.18), (ax * 0.18 + bx * 0.82, ay * 0.18 + by * 0.82)]
        points = cut
    return points


def _shine(picture: Pixels, alpha: Pixels) -> None:
    """Light from above: the bonnet bright, the flanks and the sill dark."""
    height, width = alpha.shape
    y = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None]
    x = np.abs(np.linspace(-1.0, 1.0, width, dtype=np.float32))[None, :]
    light = 1.14 - 0.5 * np.clip(y - 0.42, 0, 1) - 0.28 * x**3
    light += 0.20 * np.exp(-(((y - 0.44) / 0.035) ** 2)) - 0.12 * np.exp(-(((y - 0.5) / 0.02) ** 2))
    picture[:] = np.clip(picture * light[:, :, None], 0, 255).astype(np.uint8)


def _glass(picture: Pixels) -> None:
    pane = _smooth([(284, 362), (372, 96), (420, 72), (780, 72), (828, 96), (916, 362)])
    size = (picture.shape[1], picture.shape[0])
    glass = vertical_fade((128, 104, 84), (52, 44, 40), size)
    for x, y, radius in ((430, 262, 52), (770, 262, 52)):
        cv2.circle(glass, (x, y), radius, (44, 38, 36), -1, cv2.LINE_AA)
        cv2.ellipse(glass, (x, y + 130), (92, 84), 0, 180, 360, (44, 38, 36), -1, cv2.LINE_AA)
    fill(glass, [(520, 60), (640, 60), (540, 380), (400, 380)], (150, 130, 112))
    glass = np.asarray(cv2.GaussianBlur(glass, (0, 0), 5), np.uint8)
    blend(picture, glass, mask_of(pane, size))
    cv2.polylines(picture, [np.round(np.array(pane)).astype(np.int32)], True, (24, 24, 26), 6, cv2.LINE_AA)
    cv2.line(picture, (330, 366), (590, 340), (20, 20, 22), 7, cv2.LINE_AA)
    cv2.line(picture, (620, 366), (860, 342), (20, 20, 22), 7, cv2.LINE_AA)


def _face(picture: Pixels, body: tuple[int, int, int]) -> None:
    """Lamps, grille, air intake and the seam of the bonnet."""
    seam = (int(body[0] * 0.55), int(body[1] * 0.55), int(body[2] * 0.55))
    cv2.polylines(
        picture, [np.array([(150, 470), (330, 492), (870, 492), (1050, 470)], np.int32)], False, seam, 4, cv2.LINE_AA
    )
    grille = _smooth([(360, 524), (840, 524), (800, 640), (400, 640)])
    fill(picture, grille, (24, 24, 26))
    for y in range(540, 634, 16):
        inset = 372 + (y - 524) * 0.34
        cv2.line(picture, (int(inset), y), (int(1200 - inset), y), (92, 92, 96), 4, cv2.LINE_AA)
    cv2.circle(picture, (600, 578), 30, (206, 206, 210), -1, cv2.LINE_AA)
    cv2.circle(picture, (600, 578), 20, (120, 120, 126), 5, cv2.LINE_AA)
    intake = _smooth([(290, 812), (910, 812), (870, 872), (330, 872)])
    fill(picture, intake, (28, 28, 30))
    lamp = [(118.0, 512.0), (200.0, 492.0), (338.0, 540.0), (322.0, 590.0), (150.0, 588.0)]
    for points in (lamp, [(1200 - x, y) for x, y in lamp]):
        fill(picture, _smooth(points), (64, 60, 58))
        centre = np.mean(points, axis=0)
        for offset, radius in ((-34, 27), (38, 23)):
            at = (int(centre[0] + offset), int(centre[1]))
            cv2.circle(picture, at, radius, (236, 228, 216), -1, cv2.LINE_AA)
            cv2.circle(picture, at, radius - 9, (255, 252, 248), -1, cv2.LINE_AA)
    for x in (206, 994):
        cv2.circle(picture, (x, 806), 30, (40, 40, 42), -1, cv2.LINE_AA)
        cv2.circle(picture, (x, 806), 19, (200, 200, 206), -1, cv2.LINE_AA)
