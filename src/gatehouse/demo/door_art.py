"""The corridor before a door, painted once; a portrait cut out to walk in it; a hand that holds a phone."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import segno
from PIL import Image, ImageDraw, ImageFont

from gatehouse.demo.canvas import (
    HEIGHT,
    WIDTH,
    Pixels,
    Sprite,
    fill,
    shade_below,
    texture,
    vertical_fade,
)
from gatehouse.vision.packs import asset_path

VANISH_PX = (480.0, 214.0)
_PORTRAIT_PX = 520  # height of a cut-out
_PHONE_PX = (440, 860)


@cache
def corridor() -> Pixels:
    """The empty corridor: tiles, lit ceiling, doors on both sides, a window at its end. Read only."""
    rng = np.random.default_rng(5)
    picture = np.full((HEIGHT, WIDTH, 3), (188, 196, 202), np.uint8)
    near, far = 1.0, 0.16
    _quad(picture, "floor", near, far, (126, 142, 154))
    _quad(picture, "ceiling", near, far, (228, 232, 234))
    _quad(picture, "left", near, far, (196, 206, 212))
    _quad(picture, "right", near, far, (182, 192, 200))
    _tiles(picture)
    _lamps(picture)
    for side in (-1.0, 1.0):
        for deep in (0.62, 0.33):
            _door(picture, side, deep)
    end = [_place(-1, -1, far), _place(1, -1, far), _place(1, 1, far), _place(-1, 1, far)]
    fill(picture, end, (214, 216, 214))
    glass = [_place(-0.55, -0.6, far), _place(0.55, -0.6, far), _place(0.55, 0.45, far), _place(-0.55, 0.45, far)]
    fill(picture, glass, (246, 236, 220))
    everything = np.full((HEIGHT, WIDTH), 255, np.uint8)
    texture(picture, everything, rng, 1.6, 14.0)
    shade_below(picture, (480, 620), (640, 150), 0.22)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.1), np.uint8)
    picture.flags.writeable = False
    return picture


def _place(across: float, down: float, depth: float) -> tuple[float, float]:
    """A point of the corridor's section (-1..1 both ways) at `depth` (1 near, 0 the vanishing point)."""
    half_width, half_height = 620.0, 470.0
    return VANISH_PX[0] + across * half_width * depth, VANISH_PX[1] + down * half_height * depth


def _quad(picture: Pixels, wall: str, near: float, far: float, colour: tuple[int, int, int]) -> None:
    edge = {"floor": ((-1, 1), (1, 1)), "ceiling": ((-1, -1), (1, -1)), "left": ((-1, -1), (-1, 1))}
    (ax, ay), (bx, by) = edge.get(wall, ((1, -1), (1, 1)))
    fill(picture, [_place(ax, ay, near), _place(bx, by, near), _place(bx, by, far), _place(ax, ay, far)], colour)


def _steps(count: int) -> list[float]:
    """Depths of equally spaced lines across the corridor, near to far."""
    return [1.0 / (1.0 + 0.55 * number) for number in range(count)]


def _tiles(picture: Pixels) -> None:
    rows = [depth for depth in _steps(12) if depth > 0.15]
    for row in range(len(rows) - 1):
        for column in range(-4, 4):
            if (row + column) % 2:
                left, right = column / 4, (column + 1) / 4
                near, far = rows[row], rows[row + 1]
                points = [_place(left, 1, near), _place(right, 1, near), _place(right, 1, far), _place(left, 1, far)]
                fill(picture, points, (142, 158, 168))


def _lamps(picture: Pixels) -> None:
    for near, far in ((0.78, 0.6), (0.42, 0.35), (0.27, 0.24)):
        points = [_place(-0.4, -1, near), _place(0.4, -1, near), _place(0.4, -1, far), _place(-0.4, -1, far)]
        fill(picture, points, (252, 254, 255))


def _door(picture: Pixels, side: float, depth: float) -> None:
    far = depth * 0.78
    frame = [_place(side, -0.55, depth), _place(side, 1, depth), _place(side, 1, far), _place(side, -0.55, far)]
    fill(picture, frame, (92, 120, 150))
    inset = 0.02 * depth
    panel = [
        _place(side, -0.5, depth - inset),
        _place(side, 1, depth - inset),
        _place(side, 1, far + inset),
        _place(side, -0.5, far + inset),
    ]
    fill(picture, panel, (108, 142, 176))


def cut_out(portrait: Pixels) -> Sprite:
    """The person of a portrait without the background, and the clothes drawn on downwards.

    `portrait` is BGR with the head in the middle of its upper half. Takes about a second.
    """
    scale = _PORTRAIT_PX / portrait.shape[0]
    size = (round(portrait.shape[1] * scale), _PORTRAIT_PX)
    picture = np.asarray(cv2.resize(portrait, size, interpolation=cv2.INTER_AREA), np.uint8)
    half = np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = half.shape[:2]
    marks = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    cv2.ellipse(marks, (width // 2, round(height * 0.36)), (round(width * 0.26), round(height * 0.36)), 0, 0, 360,
                cv2.GC_PR_FGD, -1)  # fmt: skip
    cv2.rectangle(marks, (round(width * 0.1), round(height * 0.64)), (round(width * 0.9), height), cv2.GC_PR_FGD, -1)
    cv2.ellipse(marks, (width // 2, round(height * 0.36)), (round(width * 0.13), round(height * 0.2)), 0, 0, 360,
                cv2.GC_FGD, -1)  # fmt: skip
    marks[: round(height * 0.02)] = cv2.GC_BGD
    # Above the shoulders there is nobody beside the head: flags and models in the background stay behind.
    marks[: height // 2, : round(width * 0.17)] = cv2.GC_BGD
    marks[: height // 2, round(width * 0.72) :] = cv2.GC_BGD
    cv2.setRNGSeed(7)  # its clusters start at random; the demo looks alike every time
    nowhere = (0, 0, 1, 1)  # the marks say it all
    cv2.grabCut(half, marks, nowhere, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    inside = np.where((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    alpha = cv2.GaussianBlur(_largest(inside), (0, 0), 2.0)
    alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR)
    return _lengthened(picture, np.asarray(alpha, np.uint8))


def _largest(mask: Pixels) -> Pixels:
    """The mask's largest piece, without holes or crumbs."""
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros_like(mask)
    if outlines:
        cv2.drawContours(whole, [max(outlines, key=cv2.contourArea)], -1, 255, -1)
    return whole


def _lengthened(picture: Pixels, alpha: Pixels) -> Sprite:
    """Go on downwards to twice the height: a portrait ends at the chest, a walker does not."""
    extra = picture.shape[0]
    cover = np.repeat(alpha[-12:].min(axis=0)[None], extra, axis=0)
    fade = np.linspace(1.0, 0.72, extra, dtype=np.float32)[:, None, None]
    # The lowest rows melt into smooth cloth of the same colours within a hand's breadth.
    row = picture[-8:].mean(axis=0, dtype=np.float32)[None]
    cloth = cv2.GaussianBlur(row, (0, 0), 30, borderType=cv2.BORDER_REFLECT)
    melt = np.clip(1.0 - np.arange(extra, dtype=np.float32) / 60.0, 0.0, 1.0)[:, None, None]
    below = ((row * melt + cloth * (1 - melt)) * fade).astype(np.uint8)
    return Sprite(np.vstack([picture, below]), np.vstack([alpha, cover]))


@cache
def hooded() -> Sprite:
    """Somebody whose face nobody can see."""
    height, width = 2 * _PORTRAIT_PX, 460
    picture = vertical_fade((74, 66, 60), (50, 46, 44), (width, height))
    alpha = np.zeros((height, width), np.uint8)
    cv2.ellipse(alpha, (230, 180), (112, 150), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(alpha, (230, 560), (222, 260), 0, 180, 360, 255, -1, cv2.LINE_AA)
    cv2.rectangle(alpha, (8, 555), (452, height), 255, -1)
    cv2.ellipse(picture, (230, 178), (92, 132), 0, 0, 360, (58, 52, 48), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (230, 205), (66, 96), 0, 0, 360, (24, 22, 22), -1, cv2.LINE_AA)
    for x in (196, 264):
        cv2.line(picture, (x, 330), (x - 6 + (x > 230) * 12, 520), (120, 112, 104), 6, cv2.LINE_AA)
    return Sprite(picture, np.asarray(cv2.GaussianBlur(alpha, (0, 0), 2.0), np.uint8))


def phone(text: str) -> Sprite:
    """A phone in a hand, its screen showing `text` as a QR code. Raises segno.DataOverflowError if too long."""
    width, height = _PHONE_PX
    margin = 150
    canvas = Image.new("RGBA", (width + 2 * margin, height + 2 * margin + 120), (0, 0, 0, 0))
    draw = ImageDraw.Draw(canvas)
    skin, shade = (222, 178, 148, 255), (196, 148, 118, 255)
    draw.rounded_rectangle((margin + 60, 640 + margin, margin + width - 40, canvas.height + 90), 120, fill=shade)
    for number in range(4):  # fingers around the left edge
        top = margin + 350 + number * 104
        draw.rounded_rectangle((margin - 40, top, margin + 90, top + 84), 42, fill=skin, outline=shade, width=4)
    draw.rounded_rectangle((margin, margin, margin + width, margin + height), 58, fill=(24, 24, 28, 255))
    screen = (margin + 16, margin + 18, margin + width - 16, margin + height - 18)
    draw.rounded_rectangle(screen, 44, fill=(250, 250, 252, 255))
    _screen(canvas, draw, margin, text)
    draw.rounded_rectangle(
        (margin + width - 58, margin + 640, margin + width + 78, margin + 770), 62, fill=skin, outline=shade, width=4
    )
    draw.rounded_rectangle((margin + width - 26, margin + 710, margin + width + 100, canvas.height + 60), 60, fill=skin)
    rgba = np.asarray(canvas)
    return Sprite(np.ascontiguousarray(rgba[:, :, 2::-1]), np.ascontiguousarray(rgba[:, :, 3]))


def _screen(canvas: Image.Image, draw: ImageDraw.ImageDraw, margin: int, text: str) -> None:
    width, _ = _PHONE_PX
    font = ImageFont.truetype(asset_path("DejaVuSans-Bold.ttf"), 34)
    small = ImageFont.truetype(asset_path("DejaVuSans-Bold.ttf"), 21)
    draw.rounded_rectangle((margin + 16, margin + 18, margin + width - 16, margin + 138), 44, fill=(31, 94, 84, 255))
    draw.rectangle((margin + 16, margin + 90, margin + width - 16, margin + 138), fill=(31, 94, 84, 255))
    draw.text((margin + width / 2, margin + 84), "Visitor pass", font=font, fill="white", anchor="mm")
    matrix = np.array([list(row) for row in segno.make(text, error="l", micro=False).matrix], np.uint8)
    quiet = np.pad(1 - matrix, 4, constant_values=1) * 255
    side = width - 56
    code = Image.fromarray(quiet).resize((side, side), Image.Resampling.NEAREST)
    canvas.paste(code.convert("RGBA"), (margin + 28, margin + 190))
    draw.text(
        (margin + width / 2, margin + 240 + side), "Hold it to the camera", font=small, fill=(70, 80, 88), anchor="mm"
    )
