"""Who is this: exact 1:N search in memory, with a threshold that the site's own people set.

Distances are Euclidean between unit vectors, so they lie in [0, 2]. A gallery never changes; an
enrolment builds the next one, which also recomputes its calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.faces import EMBEDDING_SIZE, MODEL, unit
from gatehouse.vision.packs import pack
from gatehouse.vision.sessions import Floats

_ROWS_AT_ONCE = 1024
_NOBODY = 2.0
MOST_ALIKE = 500  # pairs: more than that is no gallery of people, and somebody should look at it


@dataclass(frozen=True, slots=True)
class Match:
    """The one enrolled person that a face is near to. `margin` is how much farther the next person is.

    `lookalike` says that somebody else enrolled is too close to this person: a face alone is not enough.
    """

    subject: str
    distance: float
    margin: float
    lookalike: bool


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """Two enrolled people whose faces this model cannot tell apart safely; subjects in order."""

    first: str
    second: str
    distance: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Of everybody with everybody: per subject the distance to the nearest *other* person, which is what a stranger who
    looks like one of this site's people would measure, 2.0 when nobody else is enrolled; the `closest` smallest
    distances between two people, unordered; and the pairs within a distance, nearest first, at most MOST_ALIKE."""

    nearest: Floats
    closest: Floats
    alike: tuple[Lookalikes, ...]


class Gallery:
    """Templates of one model, several per person, searched exactly. Safe to share between threads."""

    def __init__(
        self,
        templates: Iterable[tuple[str, Floats]],
        *,
        threshold: float | None = None,
        margin: float | None = None,
    ) -> None:
        """`threshold` and `margin` are distances; the pack's measured 1:N figures when not given.

        Raises ValueError for a template that is not a finite vector of 128.
        """
        limits = pack(MODEL).thresholds
        self.threshold = limits["one_to_many"] if threshold is None else threshold
        self.margin = limits["margin"] if margin is None else margin
        rows = sorted(templates, key=lambda row: row[0])
        self._vectors = unit(_checked([vector for _, vector in rows]))
        names = [name for name, _ in rows]
        self._starts = np.array([i for i, n in enumerate(names) if not i or names[i - 1] != n], dtype=np.intp)
        self._ends = np.append(self._starts[1:], len(names)).astype(np.intp)
        self.subjects: tuple[str, ...] = tuple(names[i] for i in self._starts)
        self._place = {subject: place for place, subject in enumerate(self.subjects)}
        self._doubtful: dict[int, bool] = {}

    def __len__(self) -> int:
        return len(self.subjects)

    def distances(self, embedding: Floats) -> Floats:
        """Distance to every subject, in the order of `subjects`: the nearest of that person's templates."""
        if not self.subjects:
            return np.empty(0, dtype=np.float32)
        return _distance(self._cosines(embedding))

    def match(self, embedding: Floats) -> Match | None:
        """The person of this face; None when nobody is near enough, or two people are about as near."""
        if not self.subjects:
            return None
        near = self._cosines(embedding)
        best = int(near.argmax())
        distance = float(_distance(near[best]))
        if distance > self.threshold:
            return None
        near[best] = -1.0
        margin = float(_distance(near.max())) - distance
        if margin < self.margin:
            return None
        return Match(self.subjects[best], distance, margin, self._is_doubtful(best))

    def verify(self, subject: str, embedding: Floats) -> float | None:
        """1:1: the distance to that subject when within the pack's 1:1 threshold, else None."""
        distance = self.distance_to(subject, embedding)
        return distance if distance is not None and distance <= pack(MODEL).thresholds["one_to_one"] else None

    def distance_to(self, subject: str, embedding: Floats) -> float | None:
        """The distance to that one subject: the nearest of their templates. None for somebody who is not enrolled."""
        place = self._place.get(subject)
        if place is None:
            return None
        own = self._vectors[self._starts[place] : self._ends[place]]
        return float(_distance((own @ unit(_checked([embedding]))[0]).max()))

    def lookalikes(self) -> tuple[Lookalikes, ...]:
        """Every two people closer than threshold + margin. Compares all with all: seconds at 20,000."""
        limit = self.threshold + self.margin
        least = 1.0 - limit * limit / 2.0  # the cosine at that distance
        pairs = []
        for first, block in self._blocks():
            for row, column in np.argwhere(block > least):
                one, other = first + int(row), int(column)
                if one < other:
                    far = float(_distance(block[row, column]))
                    pairs.append(Lookalikes(self.subjects[one], self.subjects[other], far))
        return tuple(pairs)

    def with_limits(self, *, threshold: float, margin: float | None = None) -> Gallery:
        """The same people under other limits; their vectors are shared and not compared again."""
        other = copy(self)
        other.threshold = threshold
        other.margin = pack(MODEL).thresholds["margin"] if margin is None else margin
        other._doubtful = {}
        return other

    def strangers(self, closest: int = 0) -> tuple[Floats, Floats]:
        """`compared` without the pairs."""
        found = self.compared(closest, within=0.0)
        return found.nearest, found.closest

    def compared(self, closest: int, *, within: float) -> Compared:
        """Everybody with everybody, once."""
        nearest = np.full(len(self.subjects), _NOBODY, dtype=np.float32)
        pairs = np.empty(0, dtype=np.float32)
        least = 1.0 - within * within / 2.0  # the cosine at that distance
        alike: list[Lookalikes] = []
        for first, block in self._blocks():
            later = np.arange(block.shape[1]) > np.arange(first, first + len(block))[:, np.newaxis]
            alike += self._alike(first, block, later & (block > least)) if len(alike) < MOST_ALIKE else []
            pairs = np.concatenate([pairs, block[later]])
            if len(pairs) > closest:
                pairs = np.partition(pairs, len(pairs) - closest)[len(pairs) - closest :] if closest else pairs[:0]
            block[np.arange(len(block)), np.arange(first, first + len(block))] = -1.0
            if block.shape[1] > 1:
                nearest[first : first + len(block)] = _distance(block.max(axis=1))
        return Compared(nearest, _distance(pairs), tuple(sorted(alike, key=lambda pair: pair.distance)[:MOST_ALIKE]))

    def _alike(self, first: int, block: Floats, which: NDArray[np.bool_]) -> list[Lookalikes]:
        return [
            Lookalikes(
                self.subjects[first + int(row)], self.subjects[int(column)], float(_distance(block[row, column]))
            )
            for row, column in np.argwhere(which)[:MOST_ALIKE]
        ]

    def _is_doubtful(self, place: int) -> bool:
        """Is anybody else too close to this person? Worked out when first asked, one person at a time, so
        that an enrolment among thousands costs no comparison of all with all."""
        if place not in self._doubtful:
            own = self._vectors[self._starts[place] : self._ends[place]]
            near = self._per_person((own @ self._vectors.T).max(axis=0))
            near[place] = -1.0
            self._doubtful[place] = bool(_distance(near.max()) < self.threshold + self.margin)
        return self._doubtful[place]

    def _cosines(self, embedding: Floats) -> Floats:
        return self._per_person(self._vectors @ unit(_checked([embedding]))[0])

    def _per_person(self, cosines: Floats) -> Floats:
        """The best of each person's templates along the last axis."""
        if len(self._starts) == len(self._vectors):
            return cosines
        best: Floats = np.maximum.reduceat(cosines, self._starts, axis=-1)
        return best

    def _blocks(self) -> Iterator[tuple[int, Floats]]:
        """Cosines between people, some rows at a time: (first row, (rows, subjects))."""
        for first in range(0, len(self.subjects), _ROWS_AT_ONCE):
            last = min(len(self.subjects), first + _ROWS_AT_ONCE)
            start = int(self._starts[first])
            near = self._per_person(self._vectors[start : int(self._ends[last - 1])] @ self._vectors.T)
            if len(near) > last - first:
                near = np.maximum.reduceat(near, self._starts[first:last] - start, axis=0)
            yield first, near


def _checked(vectors: list[Floats]) -> Floats:
    if not vectors:
        return np.empty((0, EMBEDDING_SIZE), dtype=np.float32)
    for vector in vectors:
        if np.shape(vector) != (EMBEDDING_SIZE,) or not np.isfinite(vector).all():
            raise ValueError(f"a face vector is {EMBEDDING_SIZE} finite numbers")
    return np.asarray(vectors, dtype=np.float32)


def _distance(cosine: Floats | np.float32) -> Floats:
    far: NDArray[np.float32] = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosine)).astype(np.float32)
    return far
