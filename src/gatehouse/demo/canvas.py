"""Small tools of the painter: gradients, noise, pasting a sprite in perspective. Pictures are BGR uint8."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
WIDTH, HEIGHT = 960, 540

_NOISES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A thing to paste: `pixels` BGR and `alpha` (H, W) uint8 of the same size."""

    pixels: Pixels
    alpha: Pixels


def vertical_fade(top: tuple[int, int, int], bottom: tuple[int, int, int], size: tuple[int, int]) -> Pixels:
    """A picture of `size` (width, height) that fades from `top` to `bottom`."""
    width, height = size
    share = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None, None]
    column = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share
    return np.ascontiguousarray(np.repeat(column, width, axis=1).astype(np.uint8))


@cache
def _noise(number: int, sigma: float) -> Pixels:
    grain = np.random.default_rng(number).normal(128.0, sigma, (HEIGHT + 64, WIDTH + 64, 3))
    return np.clip(grain, 0, 255).astype(np.uint8)


def sensor(picture: Pixels, rng: np.random.Generator, *, gain: float = 1.0, sigma: float = 3.0) -> Pixels:
    """The picture as a camera's sensor gives it: a little brighter or darker, and grainy."""
    row, column = rng.integers(0, 64, 2)
    height, width = picture.shape[:2]
    grain = _noise(int(rng.integers(_NOISES)), sigma)[row : row + height, column : column + width]
    # 128 is the grain's zero, so that one saturating call does both.
    return np.asarray(cv2.addWeighted(picture, gain, grain, 1.0, -128.0), np.uint8)


def texture(picture: Pixels, region: Pixels, rng: np.random.Generator, sigma: float, blur_px: float) -> None:
    """Roughen `picture` where the mask `region` is set."""
    grain = rng.normal(0.0, 1.0, picture.shape[:2]).astype(np.float32)
    if blur_px:
        grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), blur_px), np.float32)
        grain /= grain.std()
    rough = np.clip(picture.astype(np.float32) + (grain * sigma)[:, :, None], 0, 255)
    picture[region > 0] = rough.astype(np.uint8)[region > 0]


def fill(picture: Pixels, points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
    """A filled polygon with smooth edges; points may lie outside and between pixels."""
    fixed = np.round(np.array(points) * 16).astype(np.int32)
    cv2.fillPoly(picture, [fixed], colour, cv2.LINE_AA, 4)


def mask_of(points: list[tuple[float, float]], size: tuple[int, int] = (WIDTH, HEIGHT)) -> Pixels:
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [np.round(np.array(points)).astype(np.int32)], 255)
    return mask


def blend(picture: Pixels, layer: Pixels, alpha: Pixels) -> None:
    """Lay `layer` over `picture`, in place; all of one size."""
    share = alpha.astype(np.float32)[:, :, None] / 255.0
    picture[:] = (picture * (1.0 - share) + layer * share).astype(np.uint8)


def shade_below(picture: Pixels, centre: tuple[float, float], axes: tuple[float, float], depth: float) -> None:
    """Darken a soft ellipse, as the shadow under a thing; `depth` 1 is black."""
    cx, cy = centre
    reach_x, reach_y = int(axes[0] * 1.6) + 2, int(axes[1] * 1.9) + 2
    left, right = max(0, int(cx) - reach_x), min(picture.shape[1], int(cx) + reach_x)
    top, bottom = max(0, int(cy) - reach_y), min(picture.shape[0], int(cy) + reach_y)
    if right <= left or bottom <= top:
        return
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    reach = ((x - cx) / axes[0]) ** 2 + ((y - cy) / axes[1]) ** 2
    share = 1.0 - depth * np.clip(1.35 - reach, 0.0, 1.0)
    place = picture[top:bottom, left:right]
    place[:] = (place * share[:, :, None]).astype(np.uint8)


def paste(picture: Pixels, sprite: Sprite, corners: list[tuple[float, float]]) -> None:
    """Paste with the sprite's corners (left top, right top, right bottom, left bottom) at `corners`; may overhang."""
    goal = np.array(corners, np.float32)
    height, width = picture.shape[:2]
    left, top = np.floor(goal.min(axis=0)).astype(int)
    right, bottom = np.ceil(goal.max(axis=0)).astype(int)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if right <= left or bottom <= top:
        return
    spread_px = max(float(np.linalg.norm(goal[1] - goal[0])), float(np.linalg.norm(goal[2] - goal[3])), 2.0)
    pixels, alpha = _shrunk(sprite, spread_px)
    tall, wide = alpha.shape
    start = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32)
    turn = cv2.getPerspectiveTransform(start, goal - np.array([left, top], np.float32))
    size = (int(right - left), int(bottom - top))
    layer = cv2.warpPerspective(pixels, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(alpha, turn, size, flags=cv2.INTER_LINEAR)
    blend(picture[top:bottom, left:right], np.asarray(layer, np.uint8), np.asarray(cover, np.uint8))


def _shrunk(sprite: Sprite, spread_px: float) -> tuple[Pixels, Pixels]:
    """Shrunk by area first where the goal is much smaller: a warp alone would drop thin lines."""
    height, width = sprite.alpha.shape
    scale = spread_px / width
    if scale > 0.8:
        return sprite.pixels, sprite.alpha
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    return (
        np.asarray(cv2.resize(sprite.pixels, size, interpolation=cv2.INTER_AREA), np.uint8),
        np.asarray(cv2.resize(sprite.alpha, size, interpolation=cv2.INTER_AREA), np.uint8),
    )
