"""Chinese number plates, painted: blue with seven characters, green with eight for new-energy vehicles.

Sizes and places follow the drawings of GA 36 (440 x 140 mm and 480 x 140 mm, characters 90 mm high, a dot or gap
after the second). The shapes of the characters are those of the fonts that `make setup` fetches, fitted to the
standard's boxes; no font has the simplified form of every province, so some are drawn here stroke by stroke.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gatehouse.vision.packs import asset_path

Pixels = NDArray[np.uint8]

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"
# Those that the font has and those that are drawn below.
PROVINCES = "京津冀晋蒙吉黑沪苏浙皖豫鄂湘粤桂渝川云藏甘青宁新"

HEIGHT_MM = 140
CHARACTER_MM = 90  # height of every character
_WHITE = (255, 255, 255)
_BLACK = (20, 20, 20)
_BLUE = (150, 62, 12)  # BGR
_NARROW = {"1": 0.42, "I": 0.42}  # of a character's box
_FONT_PX = 400


@dataclass(frozen=True, slots=True)
class _Layout:
    width_mm: int
    province_mm: int
    character_mm: int  # width of every other character
    pitch_mm: float  # from one character's left edge to the next one's
    left_mm: float
    gap_mm: float  # extra space after the second character


_BLUE_LAYOUT = _Layout(440, 45, 45, 57.0, 15.5, 22.0)
_GREEN_LAYOUT = _Layout(480, 45, 43, 52.0, 15.5, 40.0)

# Strokes in a 100 x 200 box, as (thickness, points).
_STROKES: dict[str, list[tuple[float, list[tuple[float, float]]]]] = {
    "苏": [
        (13, [(4, 30), (96, 30)]),
        (13, [(30, 8), (30, 54)]),
        (13, [(70, 8), (70, 54)]),
        (13, [(12, 82), (76, 82), (73, 150), (68, 178), (60, 188), (46, 182)]),
        (13, [(45, 60), (43, 110), (32, 152), (8, 188)]),
        (13, [(14, 108), (6, 146)]),
        (13, [(84, 104), (95, 142)]),
    ],
}


def plate_kind(text: str) -> str:
    """`blue` for seven characters, `green` for eight. Raises ValueError for what no plate can carry."""
    well = (
        len(text) in (7, 8)
        and text[0] in PROVINCES
        and text[1] in LETTERS
        and all(character in LETTERS + DIGITS for character in text[2:])
    )
    if not well:
        raise ValueError(f"a plate is a province, a letter and five or six more characters, not {text!r}")
    return "blue" if len(text) == 7 else "green"


@cache
def plate_art(text: str, height_px: int = 280) -> Pixels:
    """The plate from the front, BGR, `height_px` high. Raises ValueError as `plate_kind`, ModelMissing."""
    layout = _BLUE_LAYOUT if plate_kind(text) == "blue" else _GREEN_LAYOUT
    scale = height_px / HEIGHT_MM
    board = _board(layout, scale)
    ink = _WHITE if layout is _BLUE_LAYOUT else _BLACK
    left_mm = layout.left_mm
    for place, character in enumerate(text):
        width_mm = layout.province_mm if place == 0 else layout.character_mm
        _stamp(board, character, (left_mm, (HEIGHT_MM - CHARACTER_MM) / 2, width_mm), scale, ink)
        left_mm += layout.pitch_mm
        if place == 1:
            if layout is _BLUE_LAYOUT:
                centre = (left_mm - (layout.pitch_mm - width_mm) + layout.gap_mm / 2 + 6.0, HEIGHT_MM / 2)
                _disc(board, centre, 5.0, scale, ink)
            left_mm += layout.gap_mm
    board.flags.writeable = False
    return board


def _board(layout: _Layout, scale: float) -> Pixels:
    height, width = round(HEIGHT_MM * scale), round(layout.width_mm * scale)
    if layout is _BLUE_LAYOUT:
        board = np.full((height, width, 3), _BLUE, np.uint8)
        rim = _WHITE
    else:
        # New-energy plates fade from white at the top to green at the bottom.
        fade = np.linspace(0.0, 1.0, height)[:, None, None]
        top, bottom = np.array([232, 246, 236]), np.array([88, 190, 76])
        board = np.repeat((top + (bottom - top) * fade), width, axis=1).astype(np.uint8)
        rim = _BLACK
    inset, line, radius = round(3 * scale), max(1, round(2 * scale)), round(9 * scale)
    _rounded_rim(board, inset, radius, rim, line)
    return board


def _rounded_rim(board: Pixels, inset: int, radius: int, colour: tuple[int, int, int], line: int) -> None:
    picture = Image.fromarray(np.ascontiguousarray(board[:, :, ::-1]))
    height, width = board.shape[:2]
    box = (inset, inset, width - 1 - inset, height - 1 - inset)
    ImageDraw.Draw(picture).rounded_rectangle(box, radius, outline=colour[::-1], width=line)
    board[:] = np.asarray(picture)[:, :, ::-1]


def _disc(board: Pixels, at_mm: tuple[float, float], radius_mm: float, scale: float, ink: tuple[int, ...]) -> None:
    centre = (round(at_mm[0] * scale), round(at_mm[1] * scale))
    cv2.circle(board, centre, max(1, round(radius_mm * scale)), ink, -1, cv2.LINE_AA)


def _stamp(
    board: Pixels, character: str, box_mm: tuple[float, float, float], scale: float, ink: tuple[int, ...]
) -> None:
    """Put one character into the box (left, top, width) in millimetres."""
    left_mm, top_mm, width_mm = box_mm
    narrow_mm = width_mm * _NARROW.get(character, 1.0)
    left = round((left_mm + (width_mm - narrow_mm) / 2) * scale)
    top, height = round(top_mm * scale), round(CHARACTER_MM * scale)
    width = round(narrow_mm * scale)
    mask = cv2.resize(_glyph(character), (width, height), interpolation=cv2.INTER_AREA)
    alpha = mask[:, :, None].astype(np.float32) / 255.0
    place = board[top : top + height, left : left + width]
    place[:] = (place * (1.0 - alpha) + np.array(ink, np.float32) * alpha).astype(np.uint8)


@cache
def _glyph(character: str) -> Pixels:
    """The character's ink as a mask, cropped to it."""
    if character in _STROKES:
        mask = _from_strokes(_STROKES[character])
    else:
        name, stroke_px = ("ipaexg.ttf", 5) if character in PROVINCES else ("DejaVuSans-Bold.ttf", 0)
        font = ImageFont.truetype(asset_path(name), _FONT_PX)
        picture = Image.new("L", (2 * _FONT_PX, 2 * _FONT_PX))
        draw = ImageDraw.Draw(picture)
        draw.text((_FONT_PX // 2, _FONT_PX // 3), character, fill=255, font=font, stroke_width=stroke_px)
        mask = np.asarray(picture, np.uint8)
    rows, columns = np.flatnonzero(mask.max(axis=1)), np.flatnonzero(mask.max(axis=0))
    return np.ascontiguousarray(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _from_strokes(strokes: list[tuple[float, list[tuple[float, float]]]]) -> Pixels:
    zoom = 4
    mask = np.zeros((220 * zoom, 120 * zoom), np.uint8)
    for thickness, points in strokes:
        line = np.array([[(x + 10) * zoom, (y + 10) * zoom] for x, y in points], np.int32)
        cv2.polylines(mask, [line], False, 255, round(thickness * zoom), cv2.LINE_AA)
    return mask
