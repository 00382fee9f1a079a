"""What a camera makes of a scene: perspective, light, lens, sensor, compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.render.canvas import Pixels
from training.render.dice import Dice, between, chance, log_between, pick, weighted
from training.render.wear import Quad, clouds, noise


def turned(dice: Dice, corners: Quad, strength: float = 1.0) -> Quad:
    """Where a flat rectangle's corners appear when the camera stands aside, above and a little askew.

    A pinhole camera at a distance of 3 to 12 widths; yaw up to 45 degrees, pitch up to 35, roll up to 8.
    """
    middle = corners.mean(axis=0)
    width = float(np.ptp(corners[:, 0]))
    flat = (corners - middle) / width
    yaw, pitch, roll = dice.normal(0, (0.32, 0.2, 0.06)) * strength
    yaw, pitch = float(np.clip(yaw, -0.9, 0.9)), float(np.clip(pitch, -0.65, 0.65))
    cy, sy, cp, sp, cr, sr = *_cs(yaw), *_cs(pitch), *_cs(float(np.clip(roll, -0.3, 0.3)))
    rotation = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    rotation = rotation @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    space = np.column_stack([flat, np.zeros(len(flat))]) @ rotation.T
    far = between(dice, 3, 12)
    seen = space[:, :2] * far / (far + space[:, 2:3])
    return np.asarray(seen * width, dtype=np.float32)


def _cs(angle: float) -> tuple[float, float]:
    return float(np.cos(angle)), float(np.sin(angle))


def lit(dice: Dice, pixels: Pixels) -> tuple[Pixels, bool]:
    """The scene under some light; also whether its colours can still be told."""
    mode = weighted(dice, ((0.62, "day"), (0.1, "dusk"), (0.1, "lamp"), (0.1, "infrared"), (0.08, "washed")))
    gain, gamma, offset = between(dice, 0.65, 1.25), log_between(dice, 0.7, 1.4), between(dice, -12, 25)
    tint = np.exp(dice.normal(0, 0.06, 3))
    if chance(dice, 0.2):  # haze, a dirty lens, a camera of little contrast
        fade = between(dice, 0.3, 0.8)
        gain, offset = gain * fade, offset + (1 - fade) * between(dice, 20, 170)
    if chance(dice, 0.15):  # a white balance that is far off
        tint = np.exp(dice.normal(0, 0.22, 3))
    if mode == "dusk":
        gain *= between(dice, 0.2, 0.6)
        tint *= (1.15, 1.0, 0.9)
    elif mode == "lamp":
        gain *= between(dice, 0.35, 0.9)
        tint *= (0.6, 0.9, 1.15)
    elif mode == "washed":
        gain *= between(dice, 1.2, 1.9)
    if mode == "infrared":
        mix = dice.dirichlet((1.0, 1.0, 2.5)).astype(np.float32)
        grey = cv2.transform(pixels, mix[None])
        pixels = np.asarray(cv2.merge([grey, grey, grey]), dtype=np.uint8)
        tint = np.exp(dice.normal(0, 0.02, 3))
        gain *= between(dice, 0.5, 1.6)
    levels = 255 * (np.arange(256) / 255) ** gamma
    tables = np.clip(levels[:, None] * (gain * tint)[None] + offset, 0, 255).astype(np.uint8)
    shown = np.asarray(cv2.LUT(pixels, np.ascontiguousarray(tables[None])), dtype=np.uint8)
    if chance(dice, 0.3):
        shown = _uneven(dice, shown)
    if chance(dice, 0.12 if mode in ("day", "washed") else 0.35):
        shown = glare(dice, shown)
    return shown, mode in ("day", "washed")


def _uneven(dice: Dice, pixels: Pixels) -> Pixels:
    """Light that falls off to one side, or in patches through leaves."""
    light = 1 + clouds(dice, pixels.shape[:2], pick(dice, (2, 2, 3, 8))) * between(dice, 0.05, 0.25)
    return np.asarray(np.clip(pixels * light[:, :, None], 0, 255), dtype=np.uint8)


def glare(dice: Dice, pixels: Pixels) -> Pixels:
    """A lamp or the sun in the picture or mirrored in the plate."""
    height, width = pixels.shape[:2]
    ys, xs = np.ogrid[0:height, 0:width]
    x, y = width * between(dice, -0.1, 1.1), height * between(dice, -0.1, 1.1)
    radius = height * log_between(dice, 0.06, 0.7)
    spot = np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * radius**2)) * between(dice, 60, 330)
    colour = np.array(pick(dice, ((1, 1, 1), (0.8, 0.95, 1), (1, 0.97, 0.9), (0.6, 0.8, 1))), np.float32)
    return np.asarray(np.clip(pixels + spot[:, :, None].astype(np.float32) * colour, 0, 255), dtype=np.uint8)


def rain(dice: Dice, pixels: Pixels) -> Pixels:
    picture = pixels.copy()
    height, width = picture.shape[:2]
    slant = between(dice, -0.3, 0.3)
    for x, y, length in zip(
        dice.random(14) * width, dice.random(14) * height, dice.uniform(0.05, 0.25, 14) * height, strict=True
    ):
        grey = int(dice.integers(130, 235))
        end = int(x + slant * length), int(y + length)
        cv2.line(picture, (int(x), int(y)), end, (grey, grey, grey), 1, cv2.LINE_AA)
    return np.asarray(cv2.addWeighted(picture, 0.7, pixels, 0.3, 0), dtype=np.uint8)


def lens(dice: Dice, pixels: Pixels, unit: float) -> Pixels:
    """Defocus and motion; `unit` is a character's height in pixels, and what is smeared is a part of it."""
    how = weighted(dice, ((0.4, "sharp"), (0.35, "soft"), (0.25, "motion")))
    if how == "soft":
        sigma = unit * log_between(dice, 0.012, 0.085)
        if sigma > 0.25:
            return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), dtype=np.uint8)
    elif how == "motion":
        length = round(unit * log_between(dice, 0.05, 0.3))
        if length >= 2:
            return np.asarray(cv2.filter2D(pixels, -1, smear(length, between(dice, 0, np.pi))), dtype=np.uint8)
    return pixels


def smear(length: int, angle: float) -> NDArray[np.float32]:
    size = length | 1
    kernel = np.zeros((size, size), np.float32)
    middle = size // 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
    start, end = np.round(middle - reach).astype(int), np.round(middle + reach).astype(int)
    cv2.line(kernel, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), 1.0, 1)
    return kernel / max(float(kernel.sum()), 1e-6)


def sensor(dice: Dice, pixels: Pixels) -> Pixels:
    """Noise, a little of it coarse as after a codec; sharpening; JPEG."""
    picture = pixels
    if chance(dice, 0.75):
        sigma = log_between(dice, 1.0, 14.0)
        grain = noise(dice, picture.shape) if chance(dice, 0.5) else noise(dice, picture.shape[:2])[:, :, None]
        picture = np.clip(picture + grain * np.float32(sigma), 0, 255).astype(np.uint8)
    if chance(dice, 0.25):
        soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
        more = between(dice, 0.4, 1.6)
        picture = np.asarray(cv2.addWeighted(picture, 1 + more, soft, -more, 0), dtype=np.uint8)
    if chance(dice, 0.7):
        quality = int(log_between(dice, 18, 95))
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    return picture
