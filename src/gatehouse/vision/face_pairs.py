"""Every picture against every other: how often the same person is accepted, and two people are confused.

Distances are Euclidean between unit vectors. People are numbers; rows of one person need not lie together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.sessions import Floats

Whole = NDArray[np.int64]

# Distances are counted in steps of 2 / STEPS; a threshold is the upper end of a step.
STEPS = 20_000
_ROWS_AT_ONCE = 512
_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Pairs:
    """`other[s]` counts the pairs of two people whose distance lies in step s; `own` has for each person the distances
    between that person's pictures. `nearest` and `farthest` are pairs (distance, row, row): two people most alike, one
    person least alike."""

    other: Whole = field(repr=False)
    own: tuple[NDArray[np.float32], ...] = field(repr=False)
    nearest: tuple[tuple[float, int, int], ...]
    farthest: tuple[tuple[float, int, int], ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """At `threshold`: the share of same-person pairs accepted, with its 95 % interval, and of
    pairs of two people (None without such pairs)."""

    threshold: float
    true_accepts: float
    interval: tuple[float, float]
    false_accepts: float | None


def count_pairs(vectors: Floats, people: Sequence[int], keep: int = 20) -> Pairs:
    """All pairs of `vectors` (N, 128), unit length; `people[i]` is whose row i is. `keep` worst pairs are named."""
    whose = np.asarray(people, dtype=np.int64)
    other = np.zeros(STEPS, dtype=np.int64)
    own: dict[int, list[NDArray[np.float32]]] = {}
    nearest: list[tuple[float, int, int]] = []
    farthest: list[tuple[float, int, int]] = []
    for first, far, later in _blocks(vectors):
        of_one = (whose[first : first + len(far), np.newaxis] == whose[np.newaxis, :]) & later
        of_two = later & ~of_one
        other += _histogram(far[of_two])
        for row in np.flatnonzero(of_one.any(axis=1)):
            own.setdefault(int(whose[first + row]), []).append(far[row][of_one[row]])
        nearest = _worst(nearest, far, of_two, first, keep, smallest=True)
        farthest = _worst(farthest, far, of_one, first, keep, smallest=False)
    kept = tuple(np.concatenate(parts) for _, parts in sorted(own.items()))
    return Pairs(other, kept, tuple(nearest), tuple(farthest))


def at_false_accepts(pairs: Pairs, rate: float, seed: int = 1) -> Accepted | None:
    """The loosest threshold that confuses at most `rate` of the pairs of two people; None when there are too few
    such pairs to say (fewer than 1 / rate), or no pairs of one person."""
    total = int(pairs.other.sum())
    if total * rate < 1 or not pairs.own:
        return None
    allowed = int(np.searchsorted(np.cumsum(pairs.other), total * rate, side="right"))
    return at_threshold(pairs, allowed * 2.0 / STEPS, seed)


def at_threshold(pairs: Pairs, threshold: float, seed: int = 1) -> Accepted | None:
    """What that distance accepts; None without pairs of one person. The interval draws people, with repetition."""
    if not pairs.own:
        return None
    accepted = np.array([(own <= threshold).sum() for own in pairs.own], dtype=np.float64)
    tried = np.array([len(own) for own in pairs.own], dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(tried), size=(_DRAWS, len(tried)))
    shares = np.sort(accepted[drawn].sum(axis=1) / tried[drawn].sum(axis=1))
    low, high = float(np.quantile(shares, 0.025)), float(np.quantile(shares, 0.975))
    confused, total = int(pairs.other[: round(threshold * STEPS / 2.0)].sum()), int(pairs.other.sum())
    return Accepted(threshold, float(accepted.sum() / tried.sum()), (low, high), confused / total if total else None)


def _blocks(vectors: Floats) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.bool_]]]:
    """Distances of some rows to all: (first row, (rows, N) distances, which of them are a pair's first sight)."""
    places = np.arange(len(vectors))
    for first in range(0, len(vectors), _ROWS_AT_ONCE):
        block = vectors[first : first + _ROWS_AT_ONCE]
        far = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * (block @ vectors.T))).astype(np.float32)
        yield first, far, places[np.newaxis, :] > places[first : first + len(block), np.newaxis]


def _histogram(far: NDArray[np.float32]) -> Whole:
    steps = np.minimum(STEPS - 1, (far.astype(np.float64) * (STEPS / 2.0)).astype(np.int64))
    return np.bincount(steps, minlength=STEPS).astype(np.int64)


def _worst(
    so_far: list[tuple[float, int, int]],
    far: NDArray[np.float32],
    among: NDArray[np.bool_],
    first: int,
    keep: int,
    *,
    smallest: bool,
) -> list[tuple[float, int, int]]:
    rows, columns = np.nonzero(among)
    values = far[rows, columns]
    order = np.argsort(values if smallest else -values, kind="stable")[:keep]
    found = [(float(values[i]), first + int(rows[i]), int(columns[i])) for i in order]
    return sorted([*so_far, *found], key=lambda pair: pair[0] if smallest else -pair[0])[:keep]
