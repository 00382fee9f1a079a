"""The sheet of metal that a plate is drawn on, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from training.glyphs.faces import FACES
from training.glyphs.ink import WEIGHTS, WIDTHS, character_ink
from training.render.dice import Dice, chance, pick

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]  # BGR

BLACK: Colour = (22, 20, 20)
WHITE: Colour = (240, 240, 238)
COLOURS = ("blue", "green", "yellow", "white", "black", "other")
KINDS = (
    "cn-blue", "cn-yellow", "cn-green-small", "cn-green-large", "cn-white", "cn-black", "cn-trailer", "cn-learner",
    "cn-other", "eu", "gb", "us", "br-1990", "br-mercosul",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plate:
    """A drawn plate, BGR. `text` is its label, row by row; `ground` one of COLOURS, `kind` one of KINDS."""

    pixels: Pixels
    text: str
    kind: str
    ground: str
    rows: int


@dataclass(frozen=True, slots=True)
class Hand:
    """How one plate's characters look: its face, which forms, how bold, how wide."""

    face: str
    choice: int
    weight: float
    wider: float


def hand(dice: Dice, face: str) -> Hand:
    return Hand(face, int(dice.integers(12)), pick(dice, WEIGHTS), pick(dice, WIDTHS))


# Width of what stands between characters, as a share of their height, by sign.
_SIGNS = {" ": 0.28, "-": 0.34, "·": 0.22, "*": 0.5, ".": 0.2, "~": 0.75, "_": 0.1}


class Sheet:
    """Pixels of `size_mm` at `px_per_mm`, and a mask of what is pressed out of it."""

    def __init__(self, size_mm: tuple[float, float], px_per_mm: float, ground: Colour) -> None:
        self.scale = px_per_mm
        self.width_mm, self.height_mm = size_mm
        shape = round(size_mm[1] * px_per_mm), round(size_mm[0] * px_per_mm)
        self.pixels: Pixels = np.empty((*shape, 3), dtype=np.uint8)
        self.fill(ground)
        self.raised: Pixels = np.zeros(shape, dtype=np.uint8)

    def fill(self, colour: Colour) -> None:
        cv2.rectangle(self.pixels, (0, 0), self.pixels.shape[1::-1], colour, -1)

    def _px(self, value: float) -> int:
        return round(value * self.scale)

    def box(self, x: float, y: float, w: float, h: float, colour: Colour) -> None:
        corner = self._px(x + w) - 1, self._px(y + h) - 1
        if corner[0] >= self._px(x) and corner[1] >= self._px(y):
            cv2.rectangle(self.pixels, (self._px(x), self._px(y)), corner, colour, -1)

    def fade(self, top: Colour, bottom: Colour, y: float = 0.0, h: float | None = None) -> None:
        """A ground that changes from top to bottom."""
        begin, end = self._px(y), self._px(y + (self.height_mm if h is None else h))
        part = self.pixels[begin:end]
        ends = np.array([[top], [bottom]], dtype=np.uint8)
        if len(part):
            column = cv2.resize(ends, (1, len(part)), interpolation=cv2.INTER_LINEAR)
            part[:] = cv2.resize(column, (part.shape[1], len(part)), interpolation=cv2.INTER_NEAREST)

    def border(self, inset: float, thick: float, colour: Colour) -> None:
        a, t = self._px(inset), max(1, self._px(thick))
        b = self.pixels.shape[1] - 1 - a, self.pixels.shape[0] - 1 - a
        for target, ink in ((self.pixels, colour), (self.raised, 255)):
            cv2.rectangle(target, (a, a), b, ink, t)

    def dot(self, x: float, y: float, radius: float, colour: Colour) -> None:
        at = round(x * self.scale * 8), round(y * self.scale * 8)
        cv2.circle(self.pixels, at, round(radius * self.scale * 8), colour, -1, cv2.LINE_AA, 3)

    def ring(self, x: float, y: float, radius: float, thick: float, colour: Colour) -> None:
        at = round(x * self.scale * 8), round(y * self.scale * 8)
        cv2.circle(self.pixels, at, round(radius * self.scale * 8), colour, max(1, self._px(thick)), cv2.LINE_AA, 3)

    def polygon(self, points_mm: NDArray[np.float64], colour: Colour) -> None:
        corners = np.round(points_mm * self.scale * 8).astype(np.int32)
        cv2.fillPoly(self.pixels, [corners], colour, cv2.LINE_AA, 3)

    def character(
        self, character: str, x: float, y: float, height: float, colour: Colour, how: Hand, stretch: float = 1.0
    ) -> float:
        """One character with its top left corner at (x, y); returns its width in mm."""
        height_px = max(3, self._px(height))
        ink = character_ink(how.face, character, how.choice, how.weight, how.wider * stretch, height_px)
        left, top = self._px(x), self._px(y)
        area = self.pixels[max(0, top) : top + height_px, max(0, left) : left + ink.shape[1]]
        part = ink[max(0, -top) :, max(0, -left) :][: area.shape[0], : area.shape[1]]
        if part.size:
            share = part[:, :, None].astype(np.float32) / 255
            area[:] = (area + (np.array(colour, np.float32) - area) * share).astype(np.uint8)
            raised = self.raised[max(0, top) : top + height_px, max(0, left) : left + ink.shape[1]]
            np.maximum(raised, part, out=raised)
        return float(ink.shape[1]) / self.scale

    def row(
        self,
        text: str,
        box_mm: tuple[float, float, float, float],
        colour: Colour,
        how: Hand,
        *,
        gap: float = 0.14,
        stretch: float = 1.0,
        middle: bool = True,
        first: Colour | None = None,
        seal: Colour = (90, 90, 160),
    ) -> None:
        """A row of characters in the box (x, y, w, h), made narrower where it would not fit.

        `gap` is between characters as a share of their height; `first` the colour of the first character.
        """
        x, y, width, height = box_mm
        face = FACES[how.face]
        natural = [
            _SIGNS[c] * height if c in _SIGNS else face.width_of(c) * how.wider * stretch * height / face.height
            for c in text
        ]
        gaps = sum(gap * height for a, b in pairwise(text) if a not in _SIGNS and b not in _SIGNS)
        total = sum(natural) + gaps
        squeeze = min(1.0, width / max(total, 1e-6))
        at = x + ((width - total * squeeze) / 2 if middle else 0.0)
        for place, c in enumerate(text):
            wide = natural[place] * squeeze
            if c in _SIGNS:
                self._sign(c, at + wide / 2, y, height, colour, seal)
            else:
                self.character(c, at, y, height, first if place == 0 and first else colour, how, stretch * squeeze)
            following = text[place + 1 : place + 2]
            plain = c not in _SIGNS and following and following not in _SIGNS
            at += wide + (gap * height * squeeze if plain else 0.0)

    def _sign(self, sign: str, x: float, y: float, height: float, colour: Colour, seal: Colour) -> None:
        middle = y + height / 2
        if sign == "-":
            self.box(x - 0.11 * height, middle - 0.06 * height, 0.22 * height, 0.12 * height, colour)
        elif sign in "·.":
            self.dot(x, middle, 0.065 * height, colour)
        elif sign == "*":
            self.dot(x, y + 0.28 * height, 0.18 * height, seal)
            self.dot(x, y + 0.76 * height, 0.17 * height, (seal[2], seal[0], seal[1]))
        elif sign == "~":  # a picture as wide as a character: a state's outline, a tree, a badge
            turn = np.linspace(0, 2 * np.pi, 9)[:-1]
            reach = 0.26 + 0.1 * np.sin(turn * 3 + x) + 0.04 * np.cos(turn * 5 + y + x)
            points = np.stack([x + reach * height * np.cos(turn), middle + reach * height * np.sin(turn)], axis=1)
            self.polygon(points, seal)

    def legend(self, dice: Dice, text: str, y: float, height: float, colour: Colour, width: float) -> None:
        """Small lettering across the middle: a state's name, a motto, a town."""
        how = Hand(pick(dice, ("sans", "sans-light", "us-flat", "din")), 0, pick(dice, WEIGHTS), 1.0)
        x = (self.width_mm - width) / 2
        stretch = pick(dice, (0.9, 1.1, 1.3))
        plain = "".join(c for c in text.upper() if c == " " or ("A" <= c <= "Z") or c.isdigit())
        self.row(plain, (x, y, width, height), colour, how, gap=0.2, stretch=stretch)

    def pressed(self, dice: Dice) -> None:
        """Light from one side on what is pressed out: a light edge and a dark one."""
        if chance(dice, 0.35):
            return
        deep = float(dice.uniform(8, 45))
        kernel = np.array([[-1, -1, 0], [-1, 0, 1], [0, 1, 1]], np.float32) * deep / 765
        if chance(dice, 0.2):
            kernel = -kernel
        edge = cv2.filter2D(self.raised, cv2.CV_32F, kernel)
        self.pixels = np.clip(self.pixels + edge[:, :, None], 0, 255).astype(np.uint8)


def shade(dice: Dice, colour: Colour, spread: float = 14.0) -> Colour:
    """A colour as another maker, year or sun leaves it."""
    light = float(dice.normal(0, spread))
    return tuple(int(np.clip(value + light + dice.normal(0, spread * 0.25), 0, 255)) for value in colour)  # type: ignore[return-value]
