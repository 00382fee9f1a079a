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
from gatehouse.vision.gallery import Gallery
from gatehouse.vision.packs import pack
from gatehouse.vision.sessions import Floats

# With fewer people the smallest distance says little about the next stranger.
ENOUGH_PEOPLE = 30
# Below this a person's own good frames are refused too often for the gate to be usable.
TIGHTEST = 0.18
# Zero events in n trials leave a rate below about 3/n at 95 % confidence.
RULE_OF_THREE = 3.0


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


def calibrate(templates: Iterable[tuple[str, Floats]], *, false_match: float) -> Calibration:
    """The threshold at which at most `false_match` of the enrolled people, taken as strangers to all
    others, would match somebody. Never looser than the pack's own 1:N threshold.

    Raises ValueError when `false_match` is not within (0, 1).
    """
    if not 0.0 < false_match < 1.0:
        raise ValueError("a false-match figure lies between 0 and 1")
    default = pack(MODEL).thresholds["one_to_many"]
    gallery = Gallery(templates, margin=0.0)
    people = len(gallery)
    nearest = np.sort(gallery.strangers())
    if people < 2:
        return Calibration(default, false_match, 1.0, people, Standing.FEW_ENROLLED)
    allowed = min(people - 1, math.floor(false_match * people))
    # Just below the first distance that would be one false match too many.
    threshold = min(default, float(np.nextafter(nearest[allowed], np.float32(0.0))))
    matched = int((nearest <= threshold).sum())
    bound = _upper_bound(matched, people)
    if threshold < TIGHTEST:
        standing = Standing.TOO_ALIKE
    elif people >= ENOUGH_PEOPLE and bound <= false_match:
        standing = Standing.SHOWN
    else:
        standing = Standing.FEW_ENROLLED
    return Calibration(threshold, false_match, bound, people, standing)


def _upper_bound(events: int, trials: int) -> float:
    """One-sided 95 % bound of a rate: Wilson's score interval, or the rule of three at zero events."""
    if not events:
        return min(1.0, RULE_OF_THREE / trials)
    z = 1.645
    rate = events / trials
    centre = rate + z * z / (2 * trials)
    spread = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    return min(1.0, (centre + spread) / (1 + z * z / trials))
