"""The middle of some values, exactly."""

from collections.abc import Iterable
from fractions import Fraction


def median(values: Iterable[Fraction]) -> Fraction | None:
    """The value in the middle, or half way between the two there; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
