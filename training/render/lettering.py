"""Lettering that is no plate: signs, panels, advertising on vehicles, a camera's clock, stickers."""

from __future__ import annotations

import cv2

from training.charset import LATIN
from training.glyphs.faces import FACES
from training.glyphs.hanzi import STROKES as HANZI
from training.render.canvas import BLACK, WHITE, Colour, Hand, Pixels, Sheet, shade
from training.render.dice import Dice, between, chance, log_between, pick, weighted

_SIGNS: tuple[tuple[Colour, Colour], ...] = (
    ((150, 70, 10), WHITE), ((60, 120, 20), WHITE), (WHITE, BLACK), ((40, 190, 240), BLACK), ((40, 40, 200), WHITE),
    (BLACK, (60, 200, 240)), (WHITE, (40, 40, 200)), (BLACK, (40, 40, 240)), ((200, 200, 200), (60, 60, 60)),
)  # fmt: skip


def words(dice: Dice, hanzi_share: float = 0.25) -> str:
    """Something to read: words, prices, telephone numbers, opening hours, hanzi."""
    kind = weighted(dice, ((0.45, "word"), (hanzi_share, "hanzi"), (0.3, "number")))
    if kind == "hanzi":
        every = "".join(HANZI)
        return "".join(pick(dice, every) for _ in range(int(dice.integers(2, 9))))
    if kind == "number":
        form = pick(
            dice,
            (
                "ddd-dddd",
                "dddd-dd-dd",
                "dd.dd",
                "ddd",
                "dd",
                "ddddddddddd",
                "ddd ddd dddd",
                "d",
                "dddd",
                "ddd-dddddddd",
            ),
        )
        return "".join(str(int(dice.integers(10))) if c == "d" else c for c in form)
    vowels = "AEIOU"
    letters = []
    for place in range(int(dice.integers(2, 13))):
        letters.append(pick(dice, vowels if place % 2 else LATIN) if chance(dice, 0.85) else " ")
    return "".join(letters).strip() or "EXIT"


def face(dice: Dice) -> Hand:
    return Hand(pick(dice, tuple(FACES)), int(dice.integers(4)), pick(dice, (0.86, 1.0, 1.14)), between(dice, 0.8, 1.4))


def panel(dice: Dice) -> Pixels:
    """A sign with one to four rows of lettering, without a plate's shape: seldom one short row in a frame."""
    rows = weighted(dice, ((0.25, 1), (0.35, 2), (0.25, 3), (0.15, 4)))
    ground, ink = pick(dice, _SIGNS)
    height = rows * 24 + 8.0
    width = between(dice, 0.8, 2.6) * height if rows > 1 else between(dice, 5.5, 11.0) * height
    sheet = Sheet((width, height), 1.0, shade(dice, ground, 15))
    if chance(dice, 0.4):
        sheet.border(2, 1.5, ink)
    for row in range(rows):
        tall = between(dice, 9, 19)
        box = (6, 5 + row * 24 + (20 - tall) / 2, width - 12, tall)
        sheet.row(words(dice), box, shade(dice, ink, 10), face(dice), gap=between(dice, 0.08, 0.4))
    return sheet.pixels


def disc(dice: Dice) -> Pixels:
    """A round sign with a number, a badge, a parking disc: drawn on a square."""
    size = 64.0
    sheet = Sheet((size, size), 1.0, shade(dice, (128, 128, 128), 50))
    rim, middle = pick(
        dice, (((40, 40, 200), WHITE), ((150, 70, 10), (150, 70, 10)), (BLACK, (40, 200, 240)), (WHITE, BLACK))
    )
    sheet.dot(32, 32, 30, rim)
    sheet.dot(32, 32, between(dice, 20, 27), middle)
    ink = WHITE if middle not in (WHITE, (40, 200, 240)) else BLACK
    sheet.row(words(dice, 0.1)[:3].strip() or "P", (12, 18, 40, 28), ink, face(dice))
    return sheet.pixels


def written_on(dice: Dice, picture: Pixels, share: float = 0.6) -> None:
    """Rows of lettering straight on a picture, as on a van's doors."""
    height, width = picture.shape[:2]
    sheet = Sheet((float(width), float(height)), 1.0, BLACK)
    sheet.pixels = picture
    while chance(dice, share):
        tall = log_between(dice, 5, 0.2 * height + 6)
        text = words(dice)
        wide = min(width * 0.95, tall * len(text) * 0.7)
        box = (between(dice, 0, width - wide), between(dice, 0, max(1.0, height - tall)), wide, tall)
        sheet.row(
            text,
            box,
            shade(dice, pick(dice, (WHITE, BLACK, (40, 40, 200), (40, 190, 240), (150, 80, 20))), 20),
            face(dice),
        )
        share *= 0.8


def stamped(dice: Dice, picture: Pixels) -> None:
    """What a camera writes into its picture: date, time, a name, a frame counter."""
    height, width = picture.shape[:2]
    fonts = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX)
    for _ in range(int(dice.integers(1, 4))):
        d = [int(v) for v in dice.integers(10, 60, 6)]
        text = pick(
            dice,
            (f"20{d[0]}-{d[1] % 12:02}-{d[2] % 30:02} {d[3] % 24:02}:{d[4]:02}:{d[5]:02}", f"CAM {d[0]:03}",
             f"{d[0]}:{d[1]}:{d[2]}",
             f"{d[1] % 12:02}/{d[2] % 30:02}/20{d[0]}", f"LANE {d[0] % 9} {d[1]}km/h", f"{d[0] * 131}"),
        )  # fmt: skip
        size = between(dice, 0.3, 0.9)
        colour = pick(dice, (WHITE, (0, 255, 255), (60, 230, 60), BLACK, (40, 40, 230)))
        at = int(between(dice, 0, 0.6) * width), int(pick(dice, (0.06, 0.12, 0.96, 0.9)) * height)
        font = pick(dice, fonts)
        if chance(dice, 0.4):
            cv2.putText(picture, text, (at[0] + 1, at[1] + 1), font, size, BLACK, 2, cv2.LINE_AA)
        cv2.putText(picture, text, at, font, size, colour, 1, cv2.LINE_AA)
