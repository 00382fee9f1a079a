"""Papers that a worker must hold to enter: training before entry, and the certificates of a trade, each with its last
day. What is not asked of anybody and nobody holds keeps nobody out; what somebody holds and let lapse does.

A last day is inclusive, on the wall of the site: a paper that ends on 3 May lets in until its midnight.

As China asks for: nobody enters a construction site before they are registered by name and have been trained (Measures
for Real-name Management of Construction Workers, trial, MOHURD and MOHRSS 2019).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

TRAINING = "training"  # the paper that every construction site knows; the others are named by it


class Why(StrEnum):
    MISSING = "missing"
    NOT_YET = "not_yet"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Paper:
    """What somebody holds: `kind` is TRAINING or the id of one of the site's certificates. `since` None: from ever;
    `until` is its last day, None: without an end."""

    kind: str
    since: date | None = None
    until: date | None = None

    def holds(self, on: date) -> bool:
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Lack:
    """Why somebody may not enter: which paper, and the last day that it held or the first that it will."""

    why: Why
    kind: str
    on: date | None = None

    @property
    def about(self) -> str:
        """As it travels beside a refusal: it names a paper and a date, and nobody."""
        return f"{self.kind}@{self.on.isoformat() if self.on else ''}"


def lack(held: Sequence[Paper], asked: Iterable[str], on: date) -> Lack | None:
    """What keeps somebody out on a date; None where nothing does. Of several the training comes first, then by kind,
    so that two gates give one reason."""
    kinds = sorted({*asked, *(paper.kind for paper in held)}, key=lambda kind: (kind != TRAINING, kind))
    found = (_lack_of(kind, [paper for paper in held if paper.kind == kind], on) for kind in kinds)
    return next((one for one in found if one is not None), None)


def _lack_of(kind: str, held: Sequence[Paper], on: date) -> Lack | None:
    if any(paper.holds(on) for paper in held):
        return None
    if not held:
        return Lack(Why.MISSING, kind)
    coming = [paper.since for paper in held if paper.since is not None and paper.since > on]
    over = [paper.until for paper in held if paper.until is not None and paper.until < on]
    # A paper that begins after its own end never holds: it counts as what it was last.
    return Lack(Why.ENDED, kind, max(over)) if over else Lack(Why.NOT_YET, kind, min(coming))


def read_about(text: str) -> tuple[str, date | None]:
    """`Lack.about` back again; a date that is none is left out."""
    kind, _, day = text.rpartition("@")
    try:
        return kind, date.fromisoformat(day) if day else None
    except ValueError:
        return kind, None
