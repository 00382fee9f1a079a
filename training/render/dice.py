"""Random choices that follow from a seed and a sample's number alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Dice = np.random.Generator
T = TypeVar("T")


def dice_for(seed: int, number: int) -> Dice:
    """The dice of one sample: the same in every process and whatever was drawn before."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, number))))


def pick(dice: Dice, choices: Sequence[T]) -> T:
    return choices[int(dice.integers(len(choices)))]


def weighted(dice: Dice, choices: Sequence[tuple[float, T]]) -> T:
    """One of the choices, each as often as its weight says."""
    point = float(dice.random()) * sum(weight for weight, _ in choices)
    for weight, choice in choices:
        point -= weight
        if point < 0:
            return choice
    return choices[-1][1]


def chance(dice: Dice, share: float) -> bool:
    return bool(dice.random() < share)


def between(dice: Dice, low: float, high: float) -> float:
    return low + (high - low) * float(dice.random())


def log_between(dice: Dice, low: float, high: float) -> float:
    return float(np.exp(between(dice, float(np.log(low)), float(np.log(high)))))
