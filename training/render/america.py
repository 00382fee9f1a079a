"""Plates of the United States, state by state as sketches, and of Brazil, old and Mercosul."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from training.charset import LATIN
from training.render.canvas import BLACK, WHITE, Colour, Hand, Plate, Sheet, hand, shade
from training.render.dice import Dice, between, chance, pick, weighted
from training.render.texts import label_of, written

_NO_IO = LATIN.replace("I", "").replace("O", "").replace("Q", "")
NAVY: Colour = (110, 40, 20)
RED: Colour = (40, 30, 180)
GREEN: Colour = (60, 100, 20)
SKY: Colour = (240, 210, 160)
CREAM: Colour = (205, 235, 250)
ORANGE: Colour = (80, 170, 250)
YELLOW: Colour = (60, 200, 245)


@dataclass(frozen=True, slots=True)
class State:
    """`top` and `bottom` ground colours; `art` what is drawn behind the characters. A `^` in a pattern sets
    the two characters after it on top of each other, half as high."""

    name: str
    patterns: tuple[str, ...]
    ink: Colour
    top: Colour = WHITE
    bottom: Colour = WHITE
    art: str = ""
    motto: str = ""
    letters: str = LATIN


_GENERAL = ("LLL DDDD", "LLL-DDD", "DDD LLL", "LLL DDD", "LLL·DDD", "DDD-LLL", "LLL~DDD", "LLL~DDDD", "DDD~LLL")
STATES = (
    State("California", ("DLLLDDD", "DLLLDDD", "DLDDDDD", "DDDDDLD"), NAVY, motto="dmv ca gov", letters=_NO_IO),
    State("Texas", ("LLL-DDDD", "LLL~DDDD", "LLD-LDDD"), BLACK, WHITE, SKY, "stars", "The Lone Star State", _NO_IO),
    State("New York", ("LLL-DDDD", "LLL~DDDD"), NAVY, YELLOW, YELLOW, "stripes", "Empire State", _NO_IO),
    State("Florida", ("LLLL DD", "DDDLLL", "LDD DLL", "AAA~ADD"), GREEN, WHITE, CREAM, "sun", "Sunshine State"),
    State("Illinois", ("L DD DDDD", "LL DDDDD", "DDD DDDD", "LDD DDDD"), RED, WHITE, SKY, "hills", "Land of Lincoln"),
    State("Ohio", ("LLL DDDD", "LLL~DDDD"), NAVY, CREAM, WHITE, "hills", "Birthplace of Aviation"),
    State("Pennsylvania", ("LLL-DDDD", "LLL~DDDD"), NAVY, WHITE, YELLOW, "bands", "visitpa com"),
    State("Michigan", ("LLL DDDD", "DLL LDD", "LLL DDD"), NAVY, WHITE, WHITE, "bands", "Pure Michigan"),
    State("Georgia", ("LLL DDDD", "LLL~DDDD"), BLACK, WHITE, ORANGE, "sun", "Peach State"),
    State("North Carolina", ("LLL-DDDD",), NAVY, SKY, WHITE, "hills", "First in Flight"),
    State("New Jersey", ("LDD-LLL", "LLL-DDL"), BLACK, YELLOW, CREAM, "", "Garden State"),
    State("Virginia", ("LLL-DDDD",), NAVY, motto="Virginia is for lovers"),
    State("Washington", ("LLLDDDD", "DDD-LLL", "LLL-DDD"), NAVY, WHITE, SKY, "hills", "Evergreen State"),
    State("Arizona", ("LLLDDDD", "LAA DLA"), (90, 60, 60), (220, 190, 190), ORANGE, "hills", "Grand Canyon State"),
    State("Massachusetts", ("DLL DDD", "DDD LLD", "DDDLLD", "DLLDDD"), RED, motto="The Spirit of America"),
    State("Tennessee", ("LDD-DDL", "DDD-LLL", "LDDDDL"), NAVY, WHITE, (190, 220, 190), "hills", "Volunteer State"),
    State("Indiana", ("DDD LLL", "DDDL", "DDD LL", "DDD~LLL"), NAVY, WHITE, WHITE, "bands", "Bicentennial"),
    State("Missouri", ("LLD-LDL", "LLD~LDL", "LLD LDL", "DLD LLD"), NAVY, WHITE, SKY, "bands", "Show-Me State"),
    State("Maryland", ("DLL DDDD", "LLL DDD", "DLL~DDDD"), BLACK, WHITE, WHITE, "bands", "maryland gov"),
    State("Wisconsin", ("DDD-LLL", "LLL-DDDD"), BLACK, WHITE, CREAM, "hills", "America Dairyland"),
    State("Colorado", ("DDD-LLL", "LLL-DDD", "DDD~LLL"), WHITE, GREEN, GREEN, "hills", ""),
    State("Minnesota", ("DDD-LLL", "LLL-DDD"), BLACK, SKY, SKY, "hills", "10,000 lakes"),
    State("South Carolina", ("LLL DDD", "DDDD LL"), NAVY, WHITE, ORANGE, "sun", "While I breathe I hope"),
    State("Alabama", ("DDLDDDD", "DLDDDDD", "DDLDDLD", "DLLDDDD"), NAVY, WHITE, SKY, "stars", "Sweet Home"),
    State("Louisiana", ("LLL DDD", "DDD LLL"), NAVY, WHITE, CREAM, "", "Sportsman Paradise"),
    State("Kentucky", ("DDD LLL", "LDLDDD"), NAVY, SKY, WHITE, "hills", "Bluegrass State"),
    State("Oregon", ("DDD LLL", "LLL DDD", "DDD~LLL"), NAVY, WHITE, SKY, "hills", ""),
    State("Oklahoma", ("DDD-LLL", "LLL-DDD"), BLACK, SKY, WHITE, "hills", "Native America"),
    State("Connecticut", ("LL DDDDD", "DDD-LLL", "LLD-DDD"), BLACK, (235, 190, 130), WHITE, "", "Constitution State"),
    State("Iowa", ("LLL DDD", "DDD LLL"), BLACK, SKY, WHITE, "hills", "Polk"),
    State("Mississippi", ("LLL DDD", "LLD DDD"), NAVY, CREAM, WHITE, "", "Hospitality State"),
    State("Arkansas", ("DDD LLL", "LLL DDL"), RED, WHITE, WHITE, "sun", "The Natural State"),
    State("Utah", ("LDDDLL", "DDDLLL", "LDD DLL"), BLACK, WHITE, ORANGE, "hills", "Life Elevated"),
    State("Nevada", ("DDD-LLL", "DDLDDD", "LLL-DDD"), NAVY, SKY, CREAM, "hills", "The Silver State"),
    State("Kansas", ("DDD LLL", "LLL DDD"), NAVY, SKY, SKY, "", ""),
    State("New Mexico", ("LLL-DDD", "DDD-LLL"), RED, YELLOW, YELLOW, "sun", "Land of Enchantment"),
    State("Nebraska", ("LLL DDD", "DD-LDDD"), NAVY, WHITE, YELLOW, "bands", ""),
    State("Idaho", ("DL LLDDD", "DL DDDDL", "LDDDDDD"), NAVY, WHITE, SKY, "hills", "Famous Potatoes"),
    State("West Virginia", ("DLL DDD", "LLL DDD"), NAVY, WHITE, YELLOW, "bands", "Wild Wonderful"),
    State("Hawaii", ("LLL DDD",), BLACK, WHITE, WHITE, "rainbow", "Aloha State"),
    State("Maine", ("DDDD LL", "DDDD~LL"), NAVY, WHITE, WHITE, "hills", "Vacationland"),
    State("New Hampshire", ("DDD DDDD", "DDD DDD"), GREEN, WHITE, SKY, "hills", "Live Free or Die"),
    State("Rhode Island", ("DDDDDD", "LL DDD", "DLLDDD"), NAVY, WHITE, SKY, "waves", "Ocean State"),
    State("Montana", ("DD-DDDDL", "DDDDDDL"), WHITE, NAVY, NAVY, "", "Treasure State"),
    State("Delaware", ("DDDDDD", "DDDDD"), YELLOW, NAVY, NAVY, "", "The First State"),
    State("South Dakota", ("DLL DDD", "DDLDDD"), NAVY, SKY, WHITE, "hills", "Great Faces"),
    State("North Dakota", ("DDD LLL", "LLL DDD"), NAVY, SKY, ORANGE, "hills", "Legendary"),
    State("Alaska", ("LLL DDD",), NAVY, YELLOW, YELLOW, "", "The Last Frontier"),
    State("Vermont", ("LLL DDD", "DDDLDDD"), WHITE, GREEN, GREEN, "", "Green Mountain State"),
    State("Wyoming", ("D-DDDDD", "DD-DDDD"), BLACK, SKY, CREAM, "hills", ""),
)  # fmt: skip
_FREE = ("AAAAAA", "AAAAAAA", "AAAAA", "LLLLLL", "LLLLL", "LLLLLLL", "AAA AAA", "AAAA AA", "L AAAAA", "^LLDDDDD",
    "^LLDDDD", "DDDD^LL", "DDDDD^LL", "^DDLLLD", "DD DDD DD")  # fmt: skip
_US_SIZE = (305.0, 152.0)


def american(dice: Dice) -> Plate:
    state = pick(dice, STATES)
    pattern = weighted(
        dice, ((0.62, pick(dice, state.patterns)), (0.2, pick(dice, _GENERAL)), (0.18, pick(dice, _FREE)))
    )
    text = written(dice, pattern, state.letters)
    top, bottom, ink, art = state.top, state.bottom, state.ink, state.art
    if chance(dice, 0.25):  # a special plate
        ink = pick(dice, (BLACK, NAVY, RED, GREEN, WHITE))
        top = bottom = pick(dice, (WHITE, CREAM, SKY, (90, 60, 40))) if ink != WHITE else pick(dice, (NAVY, RED, GREEN))
        art = pick(dice, ("", "sun", "hills", "bands", "stars", "badge", "rainbow", "waves"))
    sheet = Sheet(_US_SIZE, 0.8, WHITE)
    sheet.fade(shade(dice, top), shade(dice, bottom))
    _art(dice, sheet, art)
    if chance(dice, 0.3):
        sheet.border(3, 1.5, ink)
    name_ink = pick(dice, (ink, shade(dice, ink, 60), NAVY, RED))
    sheet.legend(dice, state.name, between(dice, 8, 13), between(dice, 14, 22), name_ink, between(dice, 110, 180))
    if state.motto and chance(dice, 0.8):
        sheet.legend(dice, state.motto, between(dice, 127, 133), between(dice, 8, 12), shade(dice, ink, 50), 170)
    _stickers(dice, sheet)
    how = hand(dice, pick(dice, ("us", "us", "us-square", "us-flat")))
    height = between(dice, 60, 72)
    art_ink = shade(dice, pick(dice, (ORANGE, SKY, GREEN, RED, (170, 170, 170))), 30)
    box = (10 + between(dice, 0, 6), (152 - height) / 2 + between(dice, -1, 8), 282, height)
    _line(dice, sheet, text, box, shade(dice, ink, 8), how, art_ink)
    sheet.pressed(dice)
    colour = _named(top, bottom)
    return Plate(sheet.pixels, label_of(text), "us", colour, 1)


def _named(top: Colour, bottom: Colour) -> str:
    """The colour that most of the ground has."""
    mean = (np.array(top, float) + np.array(bottom)) / 2
    hue, saturation, value = cv2.cvtColor(mean.astype(np.uint8).reshape(1, 1, 3), cv2.COLOR_BGR2HSV)[0, 0]
    if saturation < 70:
        return "white" if value > 140 else "black"
    if 18 <= hue <= 34:
        return "yellow"
    return "green" if 38 <= hue <= 90 else "blue" if 95 <= hue <= 130 else "other"


def _line(
    dice: Dice, sheet: Sheet, text: str, box: tuple[float, float, float, float], ink: Colour, how: Hand, art: Colour
) -> None:
    gap = between(dice, 0.08, 0.2)
    if "^" not in text:
        wide = between(dice, 1.0, 1.2) if len(text) <= 6 else 1.0
        sheet.row(text, box, ink, how, gap=gap, stretch=wide, seal=art)
        return
    x, y, width, height = box
    before, _, after = text.partition("^")
    pair, rest = after[:2], after[2:]
    small = height * 0.46
    pair_x = x if not before else x + width - small * 0.62
    sheet.row(pair[0], (pair_x, y, small * 0.6, small), ink, how)
    sheet.row(pair[1], (pair_x, y + height - small, small * 0.6, small), ink, how)
    shift = small * 0.8
    body = (x + shift, y, width - shift, height) if not before else (x, y, width - shift, height)
    sheet.row(before or rest, body, ink, how, gap=gap)


def _stickers(dice: Dice, sheet: Sheet) -> None:
    for x in (6.0, 262.0):
        for y in (6.0, 122.0):
            if chance(dice, 0.35):
                ground = pick(dice, (RED, YELLOW, GREEN, NAVY, WHITE, ORANGE))
                sheet.box(x, y, 36, 23, shade(dice, ground, 20))
                how = Hand("sans-light", 0, 1.0, 1.0)
                mark = written(dice, pick(dice, ("DD", "LLL", "DDDD")))
                sheet.row(mark, (x + 3, y + 4, 30, 14), WHITE if ground in (RED, NAVY, GREEN) else BLACK, how)


def _art(dice: Dice, sheet: Sheet, art: str) -> None:
    width, height = _US_SIZE
    tint = shade(dice, pick(dice, (SKY, ORANGE, (170, 210, 180), (200, 190, 220), YELLOW)), 20)
    if art == "sun":
        sheet.dot(between(dice, 90, 215), between(dice, 50, 110), between(dice, 25, 50), tint)
    elif art == "hills":
        xs = np.linspace(0, width, 9)
        ys = height * (0.62 + 0.18 * dice.random(9) - 0.1)
        points = np.concatenate([np.stack([xs, ys], axis=1), [(width, height), (0, height)]])
        sheet.polygon(points, tint)
    elif art == "bands":
        sheet.box(0, 0, width, between(dice, 20, 34), shade(dice, pick(dice, (NAVY, SKY, tint)), 15))
        sheet.box(0, height - between(dice, 14, 26), width, 30, shade(dice, pick(dice, (RED, YELLOW, tint)), 15))
    elif art == "stars":
        for _ in range(6):
            sheet.dot(between(dice, 0, width), between(dice, 0, height), between(dice, 3, 10), tint)
    elif art == "stripes":
        sheet.box(0, 24, width, 5, NAVY)
        sheet.box(0, height - 30, width, 5, NAVY)
    elif art == "badge":
        sheet.dot(between(dice, 25, 45), height / 2, between(dice, 18, 28), tint)
    elif art == "rainbow":
        for ring, colour in enumerate((RED, ORANGE, YELLOW, GREEN, NAVY)):
            sheet.ring(width / 2, height * 1.05, 120 - ring * 8, 7, shade(dice, colour, 10))
    elif art == "waves":
        for wave in range(3):
            xs = np.linspace(0, width, 24)
            ys = height * (0.6 + 0.12 * wave) + 8 * np.sin(xs / 24 + wave)
            points = np.concatenate([np.stack([xs, ys], axis=1), [(width, height), (0, height)]])
            sheet.polygon(points, shade(dice, tint, 20))


_TOWNS = ("SP SAO PAULO", "RJ RIO DE JANEIRO", "MG BELO HORIZONTE", "BA SALVADOR", "PR CURITIBA", "RS PORTO ALEGRE",
    "CE FORTALEZA", "PE RECIFE", "SC JOINVILLE", "GO GOIANIA", "ES VITORIA", "DF BRASILIA")  # fmt: skip


def brazilian(dice: Dice) -> Plate:
    return _mercosul(dice) if chance(dice, 0.45) else _old_brazilian(dice)


def _old_brazilian(dice: Dice) -> Plate:
    """Resolução CONTRAN 231: 400 x 130, grey (private), red (paid), white (official); town above."""
    two = chance(dice, 0.18)
    size = (187.0, 136.0) if two else (400.0, 130.0)
    ground, ink, colour = weighted(
        dice,
        (
            (0.8, ((176, 176, 172), BLACK, "white")),
            (0.13, ((40, 30, 170), WHITE, "other")),
            (0.07, (WHITE, BLACK, "white")),
        ),
    )
    sheet = Sheet(size, 1.2 if two else 0.62, shade(dice, ground, 22))
    if chance(dice, 0.5):
        sheet.border(2, 2, ink)
    text = written(dice, "LLL" + pick(dice, ("-", "·", " ")) + "DDDD")
    how = hand(dice, pick(dice, ("br", "br", "din", "sans-light")))
    sheet.legend(dice, pick(dice, _TOWNS), 8, 13 if not two else 10, ink, size[0] * between(dice, 0.35, 0.6))
    if two:
        sheet.row(text[:3], (18, 26, 150, 46), ink, how, gap=0.2)
        sheet.row(text[4:], (12, 80, 163, 46), ink, how, gap=0.2)
    else:
        height = between(dice, 62, 72)
        sheet.row(text, (16, 122 - height - between(dice, 4, 14), 368, height), ink, how, gap=between(dice, 0.1, 0.2))
    sheet.pressed(dice)
    return Plate(sheet.pixels, label_of(text), "br-1990", colour, 2 if two else 1)


def _mercosul(dice: Dice) -> Plate:
    """Resolução CONTRAN 780: white, blue bar with BRASIL above, characters 65 mm high in the German face."""
    two = chance(dice, 0.22)
    size = (200.0, 170.0) if two else (400.0, 130.0)
    sheet = Sheet(size, 1.1 if two else 0.62, shade(dice, WHITE))
    ink = weighted(dice, ((0.85, BLACK), (0.1, RED), (0.05, NAVY)))
    bar = 30.0
    sheet.box(0, 0, size[0], bar, shade(dice, (150, 60, 10), 14))
    sheet.legend(dice, "BRASIL", 7, 15, WHITE, size[0] * 0.3)
    sheet.box(size[0] - 40, 7, 26, 16, (60, 160, 30))
    sheet.dot(size[0] - 27, 15, 5.5, (40, 210, 240))
    sheet.dot(26, 15, 7, (230, 220, 200))
    if chance(dice, 0.6):
        sheet.border(2, 2, ink)
    text = written(dice, "LLLDLDD")
    how = hand(dice, pick(dice, ("fe-narrow", "fe-narrow", "fe", "br")))
    if two:
        sheet.row(text[:3], (20, 40, 160, 55), ink, how, gap=0.18)
        sheet.row(text[3:], (14, 105, 172, 55), ink, how, gap=0.16)
    else:
        sheet.row(text, (18 + between(dice, 0, 14), 46, 350, 68), ink, how, gap=between(dice, 0.12, 0.2))
    sheet.pressed(dice)
    return Plate(sheet.pixels, label_of(text), "br-mercosul", "white", 2 if two else 1)
