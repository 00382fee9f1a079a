"""Reads become one Sighting: what a camera, reader or terminal claims, settled over an approach.

A `Read` is one claim about one instant. A `Sighting` is what the gate believes after the reads of one
approach: who or what stands there, or that it cannot say. Nothing here opens anything;
`domain.access.decide` does.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Means(StrEnum):
    """How somebody or something makes itself known at a gate."""

    FACE = "face"
    PLATE = "plate"
    PASS = "pass"  # noqa: S105 -- a signed QR pass
    CARD = "card"
    PIN = "pin"
    OPERATOR = "operator"  # opened by hand
    RECEIPT = "receipt"  # the signed QR code of a paid stay, at the lanes that collect


@dataclass(frozen=True, slots=True)
class Read:
    """One claim about one instant. `value` is the normalised plate, the card number, a pass's or receipt's id (its
    text when it is not genuine) and empty for a face; `subject` is the enrolled person or vehicle that the edge's
    look-up found, or the stay that a genuine receipt names, None for unknown; `confidence` in [0, 1] is the least-sure
    character of a plate, the quality of a face, 1.0 for cards, passes and receipts."""

    means: Means
    at: datetime
    value: str
    subject: str | None
    confidence: float
    ends: datetime | None = None  # of a pass or receipt: from then on it is expired
    duress: bool = False  # of a PIN: typed in the form that tells of a threat
    alive: bool | None = None  # of a face: passed or failed a challenge (`domain.liveness`); None: was asked for none


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a gate believes after the reads of one approach. `subject` None means unknown, which is an answer.
    `last_at` is the newest read that supports it, so that a decision can tell how fresh the evidence is."""

    means: Means
    value: str
    subject: str | None
    first_at: datetime
    last_at: datetime
    reads: int
    ends: datetime | None = None  # of a pass or receipt: from then on it is expired
    used: bool = False  # of a pass or receipt: it has opened before
    duress: bool = False  # of a PIN: typed in the form that tells of a threat
    alive: bool | None = None  # of a face: passed or failed a challenge; None: was asked for none


@dataclass(frozen=True, slots=True)
class Voting:
    """How many reads it takes to believe. Counts are reads of one means, newest first.

    The face figures are for some 8 frames a second: a known face in under half a second, an unknown one in
    under a second. A plate's confidence limits are the measured ones of docs/recognition.md: from 0.3 on
    95.0 % of single reads are right (China 98.7 %), from 0.9 on 97.6 %; opening on one read alone asks for more.
    """

    face_votes: int = 3
    face_window: int = 5
    face_margin: int = 2  # votes ahead of every other subject
    unknown_reads: int = 6  # a face is called unknown only after so many reads
    plate_votes: int = 3
    plate_window: int = 5
    plate_confidence: float = 0.3  # a plate below this is no read
    plate_alone: float = 0.97  # a plate this sure needs no second read

    @property
    def longest(self) -> int:
        """Older reads than this never count."""
        return max(self.face_window, self.unknown_reads, self.plate_window)


STANDARD = Voting()
_SHOWN = (Means.PASS, Means.CARD, Means.PIN, Means.OPERATOR, Means.RECEIPT)


def settle(reads: Sequence[Read], voting: Voting = STANDARD) -> Sighting | None:
    """What the reads of one approach, oldest first, come to; None while they do not agree enough.

    A pass, receipt, card or PIN that is shown is an act of will and counts at once, the newest first; then plates;
    then faces.
    """
    shown = [read for read in reads if read.means in _SHOWN]
    if shown:
        return _sighting([read for read in shown if read.value == shown[-1].value], shown[-1].subject)
    plates = [r for r in reads if r.means is Means.PLATE and r.confidence >= voting.plate_confidence]
    return _plate(plates, voting) or _face([r for r in reads if r.means is Means.FACE], voting)


def _plate(reads: Sequence[Read], voting: Voting) -> Sighting | None:
    """The text that most of the newest reads agree on exactly; near texts are never added together."""
    newest = reads[-voting.plate_window :]
    if not newest:
        return None
    (text, votes), *others = Counter(read.value for read in newest).most_common(2)
    agreed = votes >= voting.plate_votes and (not others or others[0][1] < votes)
    # A single sure read counts only while no other text was read with as much certainty.
    sure = {read.value for read in newest if read.confidence >= voting.plate_alone}
    if not agreed and len(sure) == 1:
        text, agreed = sure.pop(), True
    supporting = [read for read in newest if read.value == text]
    return _sighting(supporting, supporting[-1].subject) if agreed else None


def _face(reads: Sequence[Read], voting: Voting) -> Sighting | None:
    newest = reads[-voting.face_window :]
    if newest and newest[-1].alive is not None:
        return _sighting(newest[-1:], newest[-1].subject)  # dozens of looks stand behind the end of a challenge
    votes = Counter(read.subject for read in newest if read.subject is not None).most_common(2)
    if votes:
        (subject, most), *others = votes
        ahead = most - (others[0][1] if others else 0)
        if most >= voting.face_votes and ahead >= voting.face_margin:
            return _sighting([read for read in newest if read.subject == subject], subject)
    strangers = [read for read in reads[-voting.unknown_reads :] if read.subject is None]
    # Unknown is an answer too, so it must be earned: one read that found somebody leaves it open.
    return _sighting(strangers, None) if len(strangers) == voting.unknown_reads else None


def _sighting(supporting: Sequence[Read], subject: str | None) -> Sighting:
    first, last = supporting[0], supporting[-1]
    return Sighting(
        last.means,
        last.value,
        subject,
        first.at,
        last.at,
        len(supporting),
        last.ends,
        duress=last.duress,
        alive=last.alive,
    )
