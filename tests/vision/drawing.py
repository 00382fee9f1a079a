"""Scenes for the tests: plates drawn with fonts from the model cache, portraits in variants."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gatehouse.vision.packs import asset_path

Pixels = NDArray[np.uint8]
BLUE, WHITE, YELLOW, GREEN, BLACK = (
    (150, 60, 10),
    (235, 235, 235),
    (20, 190, 235),
    (120, 200, 110),
    (25, 25, 25),
)


def draw_plate(text: str, ground: tuple[int, int, int] = BLUE, ink: tuple[int, int, int] = WHITE) -> Pixels:
    """A plate, BGR (140, 440, 3): hanzi in one font, the rest in a bold one, evenly spaced."""
    picture = Image.new("RGB", (440, 140), ground[::-1])
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((5, 5, 434, 134), radius=10, outline=ink[::-1], width=3)
    latin = ImageFont.truetype(str(asset_path("DejaVuSans-Bold.ttf")), 76)
    hanzi = ImageFont.truetype(str(asset_path("ipaexg.ttf")), 72)
    step = 400 / len(text)
    for place, character in enumerate(text):
        font = latin if character.isascii() else hanzi
        middle = 20 + step * (place + 0.5)
        pen.text((middle, 70), character, font=font, fill=ink[::-1], anchor="mm")
    return np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])


def plate_scene(
    plate: Pixels, *, width_px: int = 150, size: tuple[int, int] = (480, 640), seed: int = 1, noise: float = 4.0
) -> Pixels:
    """A grey frame (h, w, 3) with the plate in slight perspective on a darker car, `width_px` wide."""
    dice = np.random.default_rng(seed)
    height, width = size
    scene = np.full((height, width, 3), 120, dtype=np.uint8)
    cv2.rectangle(scene, (width // 5, height // 4), (width * 4 // 5, height * 4 // 5), (60, 55, 50), -1)
    tall = width_px * 140 / 440
    x = width / 2 - width_px / 2 + dice.uniform(-8, 8)
    y = height * 0.6 + dice.uniform(-8, 8)
    tilt = width_px * 0.04
    target = np.array(
        [(x, y + tilt), (x + width_px, y), (x + width_px, y + tall), (x, y + tall + tilt)], dtype=np.float32
    )
    # Shrink smoothly before the warp, or a small plate would alias.
    small = cv2.resize(plate, (max(2, width_px * 2), max(2, round(tall * 2))), interpolation=cv2.INTER_AREA)
    h, w = small.shape[:2]
    source = np.array([(0, 0), (w, 0), (w, h), (0, h)], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    warped = cv2.warpPerspective(small, matrix, (width, height), flags=cv2.INTER_AREA)
    inside = cv2.warpPerspective(np.full((h, w), 255, np.uint8), matrix, (width, height)) > 127
    scene[inside] = warped[inside]
    return noisy(scene, noise, seed)


def noisy(picture: Pixels, sigma: float, seed: int) -> Pixels:
    """The picture with Gaussian noise of `sigma` grey levels."""
    noise = np.random.default_rng(seed).normal(0.0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def resized(picture: Pixels, factor: float) -> Pixels:
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def turned(picture: Pixels, degrees: float) -> Pixels:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height)), dtype=np.uint8)
