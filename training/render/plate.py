"""Any plate of any country that training draws."""

from __future__ import annotations

from training.render.america import american, brazilian
from training.render.canvas import Plate
from training.render.china import chinese
from training.render.dice import Dice, weighted
from training.render.europe import european

MAKERS = ((0.45, chinese), (0.25, european), (0.22, american), (0.08, brazilian))


def any_plate(dice: Dice) -> Plate:
    return weighted(dice, MAKERS)(dice)
