"""European plates, country by country: size, ground, band, patterns and faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.charset import LATIN
from training.render.canvas import BLACK, WHITE, Colour, Hand, Plate, Sheet, hand, shade
from training.render.dice import Dice, between, chance, pick, weighted
from training.render.texts import label_of, written

BAND: Colour = (160, 60, 10)
YELLOW: Colour = (30, 190, 245)
RED: Colour = (40, 40, 190)
_NO_IO = LATIN.replace("I", "").replace("O", "")
_NO_VOWELS = "BCDFGHJKLMNPRSTVWXYZ"
_PX_PER_MM = 0.54


@dataclass(frozen=True, slots=True)
class Country:
    """`patterns` as texts.py writes them, `/` parts the rows of the tall form. `grounds` are (weight, ground,
    ink, name); `band` the share of plates that bear the blue band."""

    code: str
    weight: float
    patterns: tuple[str, ...]
    faces: tuple[str, ...]
    letters: str = LATIN
    band: float = 0.85
    grounds: tuple[tuple[float, Colour, Colour, str], ...] = ((1.0, WHITE, BLACK, "white"),)
    right: float = 0.0
    size: tuple[float, float] = (520.0, 110.0)
    height: float = 76.0


_BW = (0.85, WHITE, BLACK, "white")
_YELLOW = (1.0, YELLOW, BLACK, "yellow")
_OLD = (0.08, BLACK, WHITE, "black")

COUNTRIES = (
    Country("D", 2.0, ("L*LDDDD", "L*LLDDDD", "LL*LDDDD", "LL*LLDDD", "LL*LLDDDD", "LLL*LDDD", "LLL*LLDDD", "LLL*LLDD",
        "L*LDDD", "LL*LDDD", "LL*LDD", "LLL*LD", "LL*LLDD", "LL*LDDD'E", "L*LLDDD'E", "LL*LDD'H"),
        ("fe", "fe", "fe-narrow", "din"), band=0.95),
    Country("F", 1.2, ("LL-DDD-LL", "LL-DDD-LL", "DDDLLDD", "DDDDLLDD", "DDDLLLDD"), ("sans", "sans-light", "din"),
        _NO_IO.replace("U", ""), right=0.8),
    Country("I", 1.0, ("LL DDDLL", "LLDDD LL"), ("sans", "sans-light", "din"), _NO_IO, right=0.7,
        grounds=(_BW, _OLD)),
    Country("E", 1.0, ("DDDD LLL", "DDDD LLL", "L DDDD LL", "LL DDDD L"), ("sans", "sans-light"), _NO_VOWELS),
    Country("NL", 0.9, ("LL-DD-LL", "DD-LL-LL", "DD-LLL-D", "D-LLL-DD", "LL-DDD-L", "L-DDD-LL", "LLL-DD-L"),
        ("soft", "sans", "din"), _NO_VOWELS, grounds=(_YELLOW,)),
    Country("PL", 1.0, ("LL DDDDD", "LL DDDDL", "LLL DDDDD", "LLL LDDD", "LL DLDDD", "LLL DDDLL", "LL LDDDD"),
        ("sans-light", "sans", "din")),
    Country("GB", 2.0, ("LLDD LLL",) * 6 + ("LDDD LLL", "LLL DDDL", "LLL DDDD"), ("gb", "gb", "gb", "sans"),
        LATIN.replace("I", "").replace("Q", ""), 0.4,
        ((0.5, WHITE, BLACK, "white"), (0.5, YELLOW, BLACK, "yellow"), (0.02, BLACK, WHITE, "black")), height=79),
    Country("SK", 1.6, ("LL*DDDLL", "LL*DDDLL", "LL-DDDLL", "LLDDDLL", "LLL*DDDL", "LL*DDDDD"),
        ("sans", "din", "sans-light"),
        band=0.6),
    Country("CZ", 1.4, ("DLD* DDDD", "DLD DDDD", "DLL* DDDD", "LLL* DD-DD", "LLDDDDD"), ("sans", "din", "sans-light"),
        _NO_IO, band=0.7),
    Country("A", 0.7, ("LL*DDDLL", "L*DDDDLL", "LL*DDDDL", "L*DDDDDL", "LL*DDLLL"), ("soft", "sans", "din")),
    Country("B", 0.7, ("D-LLL-DDD", "LLL-DDD", "DDD-LLL"), ("sans", "din"),
        grounds=((1.0, WHITE, (40, 30, 130), "white"), (0.3, WHITE, BLACK, "white"))),
    Country("CH", 0.7, ("LL*DDDDDD", "LL*DDDDD", "LL*DDDD", "LL-DDDDDD"), ("sans-light", "soft"), band=0.0),
    Country("H", 0.7, ("LLL-DDD", "LLL-DDD", "LLLL-DDD"), ("sans", "din", "sans-light")),
    Country("S", 0.6, ("LLL DDD", "LLL DDL"), ("sans", "sans-light"), _NO_IO),
    Country("N", 0.7, ("LL DDDDD",), ("sans-light", "sans"), _NO_IO, 0.6),
    Country("DK", 0.5, ("LL DD DDD", "LL DDDDD"), ("sans", "soft"), _NO_IO, 0.6),
    Country("FIN", 0.5, ("LLL-DDD", "LL-DDD", "LLL-DD"), ("sans-light", "sans")),
    Country("EST", 0.3, ("DDD LLL",), ("sans", "din")),
    Country("LV", 0.3, ("LL-DDDD", "LL-DDD", "LL-DD"), ("sans-light", "sans")),
    Country("LT", 0.3, ("LLL*DDD", "LLL:DDD".replace(":", " ")), ("sans", "sans-light")),
    Country("P", 0.7, ("DD-LL-DD", "LL-DD-LL", "LL DD LL", "DD-DD-LL", "LL-DD-DD"), ("sans", "sans-light"), right=0.5),
    Country("RO", 0.7, ("LL DD LLL", "'B DDD LLL", "'B DD LLL"), ("din", "sans", "sans-light")),
    Country("BG", 0.5, ("LL DDDD LL", "L DDDD LL"), ("din", "sans"), "ABEKMHOPCTYX"),
    Country("GR", 0.4, ("LLL-DDDD",), ("sans", "sans-light"), "ABEHIKMNOPTXYZ"),
    Country("HR", 0.6, ("LL*DDD-LL", "LL*DDDD-L", "LL*DDDD-LL", "LL*DDD-L"), ("sans", "din", "fe")),
    Country("SLO", 0.5, ("LL*DD-DLL", "LL*DDD-LL", "LL*LL-DDD"), ("sans", "soft"),
        grounds=((1.0, WHITE, BLACK, "white"), (0.2, WHITE, (40, 110, 20), "white"))),
    Country("SRB", 0.5, ("LL*DDD-LL", "LL*DDDD-LL"), ("sans", "din")),
    Country("IRL", 0.5, ("DDD-L-DDDD", "DDD-L-DDDDD", "DD-L-DDDDD", "DDD-LL-DDD"), ("sans", "sans-light")),
    Country("L", 0.3, ("LL DDDD", "DD DDDD"), ("sans", "fe"), grounds=(_YELLOW,)),
    Country("UA", 0.5, ("LL DDDD LL",), ("sans-light", "din"), "ABCEHIKMOPTX"),
    Country("TR", 0.6, ("DD L DDDD", "DD LL DDD", "DD LLL DD", "DD LL DDDD", "DD LLL DDD"), ("sans", "sans-light")),
)  # fmt: skip


def european(dice: Dice) -> Plate:
    country = weighted(dice, [(one.weight, one) for one in COUNTRIES])
    text = written(dice, pick(dice, country.patterns), country.letters)
    ground, ink, colour = weighted(dice, [(weight, (g, i, c)) for weight, g, i, c in country.grounds])
    if country.code == "D" and chance(dice, 0.03):
        ink = (60, 150, 20)
    if chance(dice, 0.02):
        ink = RED
    tall = chance(dice, 0.16) and len(label_of(text)) >= 5
    kind = "gb" if country.code == "GB" else "eu"
    if tall:
        return _tall(dice, country, text, shade(dice, ground), ink, colour, kind)
    return _long(dice, country, text, shade(dice, ground), ink, colour, kind)


def _bordered(dice: Dice, sheet: Sheet, ink: Colour) -> None:
    if chance(dice, 0.75):
        sheet.border(between(dice, 1.5, 4), between(dice, 1.5, 3.5), ink)


def _band(dice: Dice, sheet: Sheet, x: float, height: float, code: str) -> None:
    """The blue band: a ring of twelve stars over the country's letters (Council Regulation 2411/98)."""
    width = 42.0 * height / 110
    sheet.box(x, 0, width, height, shade(dice, BAND, 12))
    radius = width * 0.3
    for turn in np.linspace(0, 2 * np.pi, 13)[:-1]:
        sheet.dot(
            x + width / 2 + radius * np.cos(turn), height * 0.33 + radius * np.sin(turn), width * 0.05, (60, 210, 240)
        )
    if code:
        how = Hand("sans", 0, 1.0, 1.0)
        sheet.row(code, (x + 0.12 * width, height * 0.66, width * 0.76, height * 0.2), WHITE, how)


def _long(dice: Dice, country: Country, text: str, ground: Colour, ink: Colour, colour: str, kind: str) -> Plate:
    sheet = Sheet(country.size, _PX_PER_MM, ground)
    left, right = 14.0, 506.0
    _bordered(dice, sheet, ink)
    if chance(dice, country.band):
        _band(dice, sheet, 0, 110, country.code)
        left = 50.0
    if chance(dice, country.right):
        _band(dice, sheet, 478, 110, pick(dice, ("", "75", "13", "69", "MI", "RM")))
        right = 470.0
    how = hand(dice, pick(dice, country.faces))
    seal = shade(dice, pick(dice, ((70, 70, 180), (150, 90, 40), (60, 150, 60), (40, 160, 220))), 30)
    height = country.height + between(dice, -3, 3)
    drawn = text.replace(" ", "") if chance(dice, 0.15) else text
    box = (left, (110 - height) / 2, right - left, height)
    sheet.row(drawn, box, ink, how, gap=between(dice, 0.09, 0.2), seal=seal)
    sheet.pressed(dice)
    return Plate(sheet.pixels, label_of(text), kind, colour, 1)


def _tall(dice: Dice, country: Country, text: str, ground: Colour, ink: Colour, colour: str, kind: str) -> Plate:
    """340 x 200 or 280 x 200: the same text in two rows, parted at its first sign."""
    size = pick(dice, ((340.0, 200.0), (280.0, 200.0), (285.0, 203.0), (240.0, 170.0)))
    sheet = Sheet(size, 0.7, ground)
    _bordered(dice, sheet, ink)
    parts = [index for index, c in enumerate(text) if not c.isalnum() and index >= 1]
    cut = parts[-1] if parts and chance(dice, 0.4) else parts[0] if parts else len(text) // 2
    upper, lower = text[:cut], text[cut:].lstrip(" -*·")
    if not lower or not upper or len(label_of(upper)) > 5 or len(label_of(lower)) > 6:
        cut = len(text) // 2
        upper, lower = text[:cut], text[cut:]
    left = 10.0
    if chance(dice, country.band):
        _band(dice, sheet, 0, size[1] * 0.5, country.code)
        left = 52.0
    how = hand(dice, pick(dice, country.faces))
    height = size[1] * between(dice, 0.35, 0.4)
    gap = between(dice, 0.1, 0.2)
    sheet.row(upper.rstrip(" -"), (left, size[1] * 0.07, size[0] - left - 10, height), ink, how, gap=gap)
    wide = (10.0, size[1] * 0.93 - height, size[0] - 20, height)
    sheet.row(lower, wide, ink, how, gap=gap)
    sheet.pressed(dice)
    return Plate(sheet.pixels, label_of(text), kind, colour, 2)
