"""Some people enrolled, the others strangers: what a gate that searches 1:N would have answered.

Each round enrols other people by chance (of a seed). A probe is the mean of several frames that no template was made
of. The gallery is the product's own, with its margin and its lookalikes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gatehouse.vision.calibration import calibrate
from gatehouse.vision.faces import unit
from gatehouse.vision.gallery import Gallery
from gatehouse.vision.sessions import Floats
from gatehouse.vision.shares import interval

Rows = Mapping[int, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Answers:
    """Counts over all rounds. Of `mates` (enrolled people who came): `let_in` by face alone, `second_factor` known, but
    the face alone does not open, `taken_for_another` and let in; the rest were not known. Of `strangers`:
    `admitted`."""

    enrolled: int
    rounds: int
    threshold: float
    mates: int
    let_in: int
    second_factor: int
    taken_for_another: int
    strangers: int
    admitted: int
    standings: Mapping[str, int]

    @property
    def false_positives(self) -> float:
        """The share of strangers who were taken for somebody (false positive identification rate)."""
        return self.admitted / self.strangers if self.strangers else float("nan")

    @property
    def false_positive_interval(self) -> tuple[float, float]:
        return interval(self.admitted, self.strangers)


def search(
    vectors: Floats,
    people: Rows,
    *,
    enrolled: int,
    templates: int,
    frames: int,
    rounds: int,
    false_match: float | None = None,
    seed: int = 1,
) -> Answers | None:
    """`enrolled` of the people who have templates + frames pictures are enrolled, all others are strangers.

    With `false_match` each round sets its threshold from those who are enrolled (`calibrate`), as a site does, and
    where that figure cannot be met nobody is let in by face alone. None when there are too few people, or no strangers.
    """
    can_enrol = sorted(person for person, rows in people.items() if len(rows) >= templates + frames)
    can_come = sorted(person for person, rows in people.items() if len(rows) >= frames)
    if enrolled < 1 or len(can_enrol) < enrolled or len(can_come) <= enrolled:
        return None
    dice = np.random.default_rng(seed)
    counted = np.zeros(6, dtype=np.int64)
    thresholds: list[float] = []
    standings: dict[str, int] = {}
    for _ in range(rounds):
        chosen = {can_enrol[i] for i in dice.permutation(len(can_enrol))[:enrolled]}
        rows: list[tuple[str, Floats]] = []
        probes: list[tuple[int, Floats]] = []
        for person in can_come:
            shuffled = dice.permutation(people[person])
            if person in chosen:
                rows += [(str(person), vectors[row]) for row in shuffled[frames : frames + templates]]
            probes.append((person, unit(vectors[shuffled[:frames]].mean(axis=0))))
        found = calibrate(rows, false_match=false_match) if false_match else None
        gallery = Gallery(rows, threshold=found.threshold if found else None)
        thresholds.append(gallery.threshold)
        if found:
            standings[found.standing.value] = standings.get(found.standing.value, 0) + 1
        counted += _answers(gallery, probes, chosen, alone=found is None or found.face_alone)
    mates, let_in, second, other, strangers, admitted = (int(value) for value in counted)
    mean = sum(thresholds) / len(thresholds)
    return Answers(enrolled, rounds, mean, mates, let_in, second, other, strangers, admitted, standings)


def _answers(
    gallery: Gallery, probes: Sequence[tuple[int, Floats]], chosen: set[int], *, alone: bool
) -> NDArray[np.int64]:
    counted = np.zeros(6, dtype=np.int64)
    for person, probe in probes:
        match = gallery.match(probe)
        opened = match is not None and alone and not match.lookalike
        if person not in chosen:
            counted[4] += 1
            counted[5] += opened
            continue
        counted[0] += 1
        if match is None:
            continue
        right = match.subject == str(person)
        counted[1] += right and opened
        counted[2] += right and not opened
        counted[3] += opened and not right
    return counted
