"""Who does something much more often than the others: a rule that can be said in one sentence.

A number stands out when it is at least LEAST and more than TIMES the median of the others' numbers. The median of the
others does not move with the one that is looked at, and one more odd one among several hardly moves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

TIMES = 3
LEAST = 5


def median(numbers: Sequence[int | Fraction]) -> Fraction:
    """The middle one, between two the mean of both; 0 of none."""
    if not numbers:
        return Fraction(0)
    ordered, half = sorted(numbers), len(numbers) // 2
    if len(ordered) % 2:
        return Fraction(ordered[half])
    return Fraction(ordered[half - 1] + ordered[half], 2)


def stands_out(numbers: Sequence[int], place: int) -> bool:
    """Whether the number at `place` stands out among all. With nobody to compare with, none does."""
    others = [number for where, number in enumerate(numbers) if where != place]
    return bool(others) and numbers[place] >= LEAST and numbers[place] > TIMES * median(others)
