"""Chinese plates after GA 36-2018: sizes, grounds and places of characters in millimetres."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.charset import PROVINCES
from training.render.canvas import BLACK, WHITE, Colour, Hand, Plate, Sheet, hand, shade
from training.render.dice import Dice, between, chance, pick, weighted
from training.render.texts import PLAIN, label_of, written

BLUE: Colour = (158, 64, 12)
YELLOW: Colour = (20, 176, 236)
GREEN: Colour = (120, 190, 72)
RED: Colour = (44, 36, 196)
FULL = (440.0, 140.0)
TALL = (440.0, 220.0)
ENERGY = (480.0, 140.0)
# 1 and 0 are letters nowhere on Chinese plates.
_ANY = PLAIN
_PX_PER_MM = 0.6


def _head(dice: Dice) -> str:
    return written(dice, "PL", PLAIN)


def _tail(dice: Dice, count: int) -> str:
    """Mostly digits, up to three letters, as the offices hand them out."""
    letters = weighted(dice, ((0.45, 0), (0.3, 1), (0.2, 2), (0.05, 3)))
    places = {int(place) for place in dice.permutation(count)[:letters]}
    if letters and chance(dice, 0.6):
        places = {0, *list(places)[1:]}
    return "".join(pick(dice, _ANY) if place in places else str(int(dice.integers(10))) for place in range(count))


def _number(dice: Dice, make: Callable[[], str]) -> str:
    """A text of `make` that is shown nowhere else."""
    return written(dice, "".join(f"({c})" for c in make()))


def _single(
    dice: Dice, text: str, ground: Colour, ink: Colour, kind: str, colour: str, last: Colour | None = None
) -> Plate:
    """440 x 140: seven characters of 45 x 90, 12 apart, 34 with a dot after the second."""
    sheet = Sheet(FULL, _PX_PER_MM, shade(dice, ground))
    _frame(dice, sheet, ink)
    how = hand(dice, "cn")
    at = 15.5 + between(dice, -2, 2)
    y = 25 + between(dice, -2, 2)
    for place, character in enumerate(text):
        own = ink if not (last and place == len(text) - 1) else last
        _boxed(sheet, character, (at, y, 45, 90), own, how)
        at += 57
        if place == 1:
            sheet.dot(at + 5, 70, 5.5, ink)
            at += 22
    return _done(dice, sheet, text, kind, colour, 1)


def _boxed(
    sheet: Sheet, character: str, box: tuple[float, float, float, float], ink: Colour, how: Hand, stretch: float = 1.0
) -> None:
    """A character in the middle of its box; only 1 is narrower than the box."""
    x, y, width, height = box
    offset = 10 * width / 45 if character in "1I" else 0.0
    sheet.character(character, x + offset, y, height, ink, how, stretch)


def _frame(dice: Dice, sheet: Sheet, ink: Colour) -> None:
    if chance(dice, 0.9):
        sheet.border(between(dice, 3, 6), between(dice, 1.5, 3), ink)


def _done(dice: Dice, sheet: Sheet, text: str, kind: str, colour: str, rows: int) -> Plate:
    sheet.pressed(dice)
    for x in (0.24, 0.76):
        for y in (10, sheet.height_mm - 10):
            if chance(dice, 0.7):
                sheet.dot(sheet.width_mm * x, y, between(dice, 3.5, 7), shade(dice, pick(dice, (WHITE, BLACK)), 40))
    return Plate(sheet.pixels, label_of(text), kind, colour, rows)


def _double(
    dice: Dice, text: str, ground: Colour, ink: Colour, kind: str, colour: str, size: tuple[float, float] = TALL
) -> Plate:
    """440 x 220: two characters of 80 x 60 over five of 65 x 110; motorcycles have the same, smaller."""
    sheet = Sheet(size, _PX_PER_MM * 300 / size[0], shade(dice, ground))
    unit = size[0] / 440
    tall = size[1] / 220
    _frame(dice, sheet, ink)
    how = hand(dice, "cn")
    upper = Hand(how.face, how.choice, 1.14, how.wider)
    y = (15 + between(dice, -2, 2)) * tall
    shape = unit / tall
    for place, character in enumerate(text[:2]):
        x = (110 + 140 * place) * unit
        _boxed(sheet, character, (x, y, 80 * unit, 60 * tall), ink, upper, 80 / 60 / 0.5 * shape)
    sheet.dot(220 * unit, y + 30 * tall, 6 * unit, ink)
    count = len(text) - 2
    step = 80 * unit * 5 / count
    for place, character in enumerate(text[2:]):
        x = 27 * unit + step * place
        _boxed(sheet, character, (x, 92 * tall, 65 * unit, 110 * tall), ink, how, 65 / 110 / 0.5 * shape * 5 / count)
    return _done(dice, sheet, text, kind, colour, 2)


def blue(dice: Dice) -> Plate:
    text = _number(dice, lambda: _head(dice) + _tail(dice, 5))
    return _single(dice, text, BLUE, WHITE, "cn-blue", "blue")


def yellow(dice: Dice) -> Plate:
    text = _number(dice, lambda: _head(dice) + _tail(dice, 5))
    return _single(dice, text, YELLOW, BLACK, "cn-yellow", "yellow")


def yellow_double(dice: Dice) -> Plate:
    text = _number(dice, lambda: _head(dice) + _tail(dice, 5))
    return _double(dice, text, YELLOW, BLACK, "cn-yellow", "yellow")


def trailer(dice: Dice) -> Plate:
    text = _number(dice, lambda: _head(dice) + _tail(dice, 4) + "挂")
    return _double(dice, text, YELLOW, BLACK, "cn-trailer", "yellow")


def learner(dice: Dice) -> Plate:
    text = _number(dice, lambda: _head(dice) + _tail(dice, 4) + "学")
    return _single(dice, text, YELLOW, BLACK, "cn-learner", "yellow")


def test_drive(dice: Dice) -> Plate:
    text = _number(dice, lambda: _head(dice) + _tail(dice, 4) + pick(dice, "试超"))
    ground, colour = pick(dice, ((YELLOW, "yellow"), (WHITE, "white"), (BLUE, "blue")))
    return _single(dice, text, ground, WHITE if colour == "blue" else BLACK, "cn-other", colour)


def temporary(dice: Dice) -> Plate:
    text = _number(dice, lambda: _head(dice) + _tail(dice, 4) + "临")
    ground, colour = pick(dice, (((236, 214, 186), "blue"), ((210, 232, 244), "white")))
    return _single(dice, text, ground, BLACK, "cn-other", colour)


def police(dice: Dice) -> Plate:
    text = _number(dice, lambda: _head(dice) + _tail(dice, 4) + "警")
    return _single(dice, text, WHITE, BLACK, "cn-white", "white", last=RED)


def military(dice: Dice) -> Plate:
    text = _number(dice, lambda: written(dice, "LLDDDDD", PLAIN))
    return _single(dice, text, WHITE, BLACK, "cn-white", "white")


def black(dice: Dice) -> Plate:
    last = weighted(dice, ((0.3, "港"), (0.2, "澳"), (0.15, "使"), (0.15, "领"), (0.2, "")))
    head = "粤Z" if last and last in "港澳" else _head(dice)
    text = _number(dice, lambda: head + (_tail(dice, 4) + last if last else _tail(dice, 5)))
    return _single(dice, text, BLACK, WHITE, "cn-black", "black")


def consular(dice: Dice) -> Plate:
    """The older form: 使 or 领, then six digits."""
    text = _number(dice, lambda: pick(dice, "使领") + written(dice, "DDDDDD"))
    return _single(dice, text, BLACK, WHITE, "cn-black", "black")


def motorcycle(dice: Dice) -> Plate:
    text = _number(dice, lambda: _head(dice) + _tail(dice, 5))
    ground, ink, colour = pick(dice, ((YELLOW, BLACK, "yellow"), (BLUE, WHITE, "blue")))
    return _double(dice, text, ground, ink, f"cn-{colour}", colour, (220.0, 140.0))


def tractor(dice: Dice) -> Plate:
    text = _number(dice, lambda: written(dice, "PDDDDDDD"))
    return _double(dice, text, (70, 120, 20), WHITE, "cn-other", "green", (300.0, 165.0))


def _energy(dice: Dice, text: str, kind: str) -> Plate:
    """480 x 140: eight characters, 43 x 90 but the province, 9 apart, 49 with a badge after the second."""
    sheet = Sheet(ENERGY, _PX_PER_MM * 0.94, WHITE)
    green = shade(dice, GREEN, 10)
    if kind == "cn-green-small":
        pale = tuple(int(v) for v in np.array((232, 244, 226)) * 0.8 + np.array(green) * 0.2)
        sheet.fade((pale[0], pale[1], pale[2]), green)
        sheet.fade(green, tuple(int(v * 0.94) for v in green), 105, 35)  # type: ignore[arg-type]
    else:
        sheet.fill(green)
        sheet.box(0, 0, 118, 140, shade(dice, YELLOW, 8))
    if chance(dice, 0.9):
        sheet.border(4, 2, BLACK)
    how = hand(dice, "cn")
    at, y = 15.0 + between(dice, -2, 2), 25 + between(dice, -2, 2)
    for place, character in enumerate(text):
        width = 45 if place == 0 else 43
        _boxed(sheet, character, (at, y, width, 90), BLACK, how, 1.0 if place == 0 else 0.95)
        at += width + 9
        if place == 1:
            if chance(dice, 0.8):
                sheet.ring(at + 20, 30, 14, 3, shade(dice, (120, 90, 10)))
            sheet.dot(at + 20, 72, 6, shade(dice, (90, 140, 30)))
            at += 40
    return _done(dice, sheet, text, kind, "green", 1)


def energy_small(dice: Dice) -> Plate:
    def make() -> str:
        return (
            _head(dice) + pick(dice, "DDDDDDFFABCEGHJK") + pick(dice, _ANY + "0123456789" * 5) + written(dice, "DDDD")
        )

    return _energy(dice, _number(dice, make), "cn-green-small")


def energy_large(dice: Dice) -> Plate:
    text = _number(dice, lambda: _head(dice) + written(dice, "DDDDD") + pick(dice, "DDDDFFABCEGHJK"))
    return _energy(dice, text, "cn-green-large")


MAKERS: tuple[tuple[float, Callable[[Dice], Plate]], ...] = (
    (0.36, blue), (0.2, energy_small), (0.06, energy_large), (0.09, yellow), (0.09, yellow_double), (0.03, trailer),
    (0.03, learner), (0.02, test_drive), (0.01, temporary), (0.04, police), (0.01, military), (0.03, black),
    (0.005, consular), (0.02, motorcycle), (0.005, tractor),
)  # fmt: skip


def chinese(dice: Dice) -> Plate:
    return weighted(dice, MAKERS)(dice)


assert len(PROVINCES) == 31
