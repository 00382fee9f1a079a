"""Reads become one Sighting: what a camera, reader or terminal claims, settled over an approach.

A `Read` is one claim about one instant. A `Sighting` is what the gate believes after the reads of one approach: who or
what stands there, or that it cannot say. Nothing here opens anything; `domain.access.decide` does.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Means(StrEnum):
    """How somebody or something makes itself known at a gate."""

    FACE = "face"
    PLATE = "plate"
    PASS = "pass"  # a signed QR pass
    CARD = "card"
    PIN = "pin"
    OPERATOR = "operator"  # opened by hand


@dataclass(frozen=True, slots=True)
class Read:
    """One claim about one instant. `value` is the normalised plate, the pass's text or the card number and empty for a
    face; `subject` is the enrolled person or vehicle that the edge's look-up found, None for unknown; `confidence` in
    [0, 1] is the least-sure character of a plate, the quality of a face, 1.0 for cards and passes."""

    means: Means
    at: datetime
    value: str
    subject: str | None
    confidence: float
    ends: datetime | None = None  # of a pass: from then on it is expired


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a gate believes after the reads of one approach. `subject` None means unknown, which is an answer."""

    means: Means
    value: str
    subject: str | None
    first_at: datetime
    last_at: datetime
    reads: int
    ends: datetime | None = None  # of a pass: from then on it is expired
    used: bool = False  # of a pass: it has opened before
