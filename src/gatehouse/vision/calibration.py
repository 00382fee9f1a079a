"""The 1:N threshold of a site, from how alike its own people look to the model.

Published error rates do not hold for every population: this embedder confuses some groups far more than
others (docs/recognition.md). The distances between *different* enrolled people are the strangers that
matter at this gate, so the threshold follows from them and from the false-match figure the site states.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gatehouse.vision.faces import MODEL
from gatehouse.vision.gallery import Gallery, Lookalikes
from gatehouse.vision.packs import pack
from gatehouse.vision.sessions import Floats
from gatehouse.vision.shares import interval

# What is stated where nobody states a figure: one stranger in a hundred may match somebody.
FALSE_MATCH = 0.01
# With fewer people the smallest distance says little about the next stranger.
ENOUGH_PEOPLE = 30
# Fewer pairs than this show no law.
LEAST_PAIRS = 20
MOST_PAIRS = 20_000
# Below this a person's own good frames are refused too often for the gate to be usable.
TIGHTEST = 0.18
# Zero events in n trials leave a rate below about 3/n at 95 % confidence.
RULE_OF_THREE = 3.0
ONE_SIDED = 1.645  # of a normal distribution, 95 % lie below


class Standing(StrEnum):
    """May a face alone open, by the site's own stated figure?"""

    SHOWN = "shown"  # the stated figure holds among the site's people, with 95 % confidence
    FEW_ENROLLED = "few_enrolled"  # too few people to show it: the pack's default threshold is used
    TOO_ALIKE = "too_alike"  # the figure would need a threshold that refuses people's own faces


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was computed at an enrolment. `false_match` is the stated chance that one stranger who walks up
    matches anybody; `bound` the largest value of it that the enrolled people leave open at `threshold`."""

    threshold: float
    false_match: float
    bound: float
    people: int
    standing: Standing

    @property
    def face_alone(self) -> bool:
        """May a face open by itself here? Not where people are too alike: then it takes a card, a pass or a PIN."""
        return self.standing is not Standing.TOO_ALIKE


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Everybody was compared with everybody once: the gallery under its own people's threshold, how that came about,
    and who is too alike for a face alone, nearest first."""

    gallery: Gallery
    calibration: Calibration
    alike: tuple[Lookalikes, ...]


def calibrate(templates: Iterable[tuple[str, Floats]], *, false_match: float) -> Calibration:
    """`calibrated` without the gallery."""
    return calibrated(templates, false_match=false_match).calibration


def calibrated(templates: Iterable[tuple[str, Floats]], *, false_match: float) -> Calibrated:
    """The gallery under the threshold at which at most `false_match` of strangers, alike to each other as the enrolled
    people are, match somebody. Never looser than the pack's own 1:N threshold.

    With enough people it is the loosest at which so few of them match another that the figure holds with 95 %
    confidence (`SHOWN`). With fewer, or where one pair of twins or somebody enrolled twice is in the way, it is read
    off the law that all pairs follow (`_by_all_pairs`), and called `FEW_ENROLLED`.

    Raises ValueError when `false_match` is not within (0, 1).
    """
    if not 0.0 < false_match < 1.0:
        raise ValueError("a false-match figure lies between 0 and 1")
    default = pack(MODEL).thresholds["one_to_many"]
    gallery = Gallery(templates)
    people = len(gallery)
    if people < 2:
        return Calibrated(gallery, Calibration(default, false_match, 1.0, people, Standing.FEW_ENROLLED), ())
    # No threshold is looser than the default, so no pair farther apart than this is too alike under it.
    found = gallery.compared(_pairs_in_the_law(people), within=default + gallery.margin)
    closest, nearest = found.closest, np.sort(found.nearest)

    def made(threshold: float, standing: Standing) -> Calibrated:
        matched = int(np.searchsorted(nearest, threshold, side="right"))
        figures = Calibration(threshold, false_match, _upper_bound(matched, people), people, standing)
        alike = tuple(pair for pair in found.alike if pair.distance < threshold + gallery.margin)
        return Calibrated(gallery.with_limits(threshold=threshold), figures, alike)

    likely = min(default, _by_all_pairs(closest, people, false_match))
    allowed = _most_matched(false_match, people)
    if allowed is not None:
        # Just below the first distance that would be one match too many.
        shown = min(default, float(np.nextafter(nearest[min(allowed, people - 1)], np.float32(0.0))))
        if shown >= TIGHTEST:
            return made(min(shown, max(likely, TIGHTEST)), Standing.SHOWN)
    return made(likely, Standing.FEW_ENROLLED if likely >= TIGHTEST else Standing.TOO_ALIKE)


def _most_matched(false_match: float, people: int) -> int | None:
    """How many of `people` may match another so that `false_match` is still shown; None when even 0 is too many."""
    if people < ENOUGH_PEOPLE:
        return None
    fitting = [
        count for count in range(math.floor(false_match * people) + 1) if _upper_bound(count, people) <= false_match
    ]
    return max(fitting, default=None)


def _pairs_in_the_law(people: int) -> int:
    """How many of the closest pairs the law is fitted to: one in fifty, but neither too few nor more than it takes."""
    pairs = people * (people - 1) // 2
    return min(pairs, max(LEAST_PAIRS, min(MOST_PAIRS, pairs // 50)))


def _by_all_pairs(closest: Floats, people: int, false_match: float) -> float:
    """Where the law of the closest pairs puts `false_match` of strangers among `people`; infinite with too few pairs.

    Close to each other, points of any cloud have F(d) = (d / u) ** a of their distances below d, `a` being how many
    dimensions the cloud fills there. Its estimate is the maximum-likelihood one of Levina and Bickel (NIPS 2004), taken
    at the low end of its 95 % interval; `u` is the farthest of the pairs that are looked at. The closest pair of all is
    left out: one pair of twins is marked and says nothing about the others.
    """
    if len(closest) < LEAST_PAIRS:
        return math.inf
    far = np.maximum(np.sort(closest)[1:].astype(np.float64), 1e-3)
    u = far[-1]
    spread = float(np.log(u / far[:-1]).mean())
    # The pairs of one person hang together, so that there are fewer independent ones than pairs.
    independent = min(len(far) - 1, people)
    dimensions = (1.0 - ONE_SIDED / math.sqrt(independent)) / max(spread, 1e-6)
    pairs = people * (people - 1) / 2
    wanted = false_match / people  # of one comparison, so that a stranger compared with everybody matches so rarely
    return float(u * min(1.0, wanted * pairs / len(far)) ** (1.0 / max(dimensions, 1e-6)))


def people_needed(false_match: float) -> int:
    """How many enrolled people, of whom no two are alike, show that figure with 95 % confidence."""
    return max(ENOUGH_PEOPLE, math.ceil(RULE_OF_THREE / false_match))


def _upper_bound(events: int, trials: int) -> float:
    """One-sided 95 % bound of a rate: Wilson's score interval, or the rule of three at zero events."""
    if not events:
        return min(1.0, RULE_OF_THREE / trials)
    return interval(events, trials, ONE_SIDED)[1]
