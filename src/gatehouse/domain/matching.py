"""Which car is this? How alike two plates are, which stays are likely, and what may act by itself.

Only two things act: the same text, or the same text once glyphs that look the same count as one, of a single stay. All
else here is a proposal for a person, or for a driver who also knows when he came in. Among 5,000 cars of one city 7.8 %
of the strangers are within one character of a registered plate: a near plate alone never opens a gate nor charges.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gatehouse.domain.plates import folded, normalise

CLAIM_WINDOW = timedelta(minutes=15)  # how well a driver has to know when he came in
CLOCKS_DIFFER = timedelta(minutes=2)  # two lanes' clocks may
LONG_AGO = timedelta(days=7)
SHORTEST = 5  # characters; of shorter texts two that differ in one are hardly alike
PROPOSED = 5  # stays at most that are proposed for one read


class Likeness(StrEnum):
    """How alike two plates are, most alike first. LOOK_ALIKE: they differ only in characters that blur into one
    another."""

    EXACT = "exact"
    FOLDED = "folded"
    LOOK_ALIKE = "look_alike"
    ONE = "one"  # one character changed, too many or missing
    TWO = "two"
    NONE = "none"


# What takes one character for another on a small, blurred or dirty plate. For proposals only: plates of both exist.
_PAIRS = "B8 D0 Q0 U0 C0 S5 Z2 Z7 G6 C6 G0 A4 T7 17 VY MN HN HM EF PR PF KX XY UV 38 56 68 89 B3 BR"
_BLURRED = frozenset(frozenset(pair) for pair in _PAIRS.split())
_MOST_BLURRED = _MOST_EDITS = 2  # characters
_CLAIMABLE = frozenset({Likeness.EXACT, Likeness.FOLDED, Likeness.LOOK_ALIKE, Likeness.ONE})
_WEIGHT = {
    Likeness.EXACT: 100,
    Likeness.FOLDED: 90,
    Likeness.LOOK_ALIKE: 70,
    Likeness.ONE: 50,
    Likeness.TWO: 20,
    Likeness.NONE: 0,
}


def likeness(one: str, other: str) -> Likeness:
    """How alike two plate texts are; an empty text is alike to nothing."""
    return Looks.of(one).likeness(Looks.of(other))


@dataclass(frozen=True, slots=True)
class Looks:
    """A plate made ready to be compared with thousands."""

    text: str = field(repr=False)
    folded: str = field(repr=False)
    characters: frozenset[str] = field(repr=False)

    @staticmethod
    def of(text: str) -> "Looks":
        normalised = normalise(text)
        looks = folded(normalised)
        return Looks(normalised, looks, frozenset(looks))

    def likeness(self, other: "Looks") -> Likeness:
        if not self.text or not other.text:
            return Likeness.NONE
        if self.text == other.text:
            return Likeness.EXACT
        if self.folded == other.folded:
            return Likeness.FOLDED
        # Every character that only one of them has takes an edit: most pairs need no closer look.
        if max(len(self.characters - other.characters), len(other.characters - self.characters)) > _MOST_EDITS:
            return Likeness.NONE
        if _blurs(self.folded, other.folded):
            return Likeness.LOOK_ALIKE
        if min(len(self.folded), len(other.folded)) < SHORTEST:
            return Likeness.NONE
        edits = _edits(self.folded, other.folded)
        return {1: Likeness.ONE, 2: Likeness.TWO}.get(edits, Likeness.NONE)


def _blurs(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    differing = [frozenset(pair) for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    return len(differing) <= _MOST_BLURRED and all(pair in _BLURRED for pair in differing)


def _edits(one: str, other: str, most: int = _MOST_EDITS) -> int:
    """Characters changed, missing or too many (Levenshtein); `most` + 1 for more than `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        above, row = row, [i]
        for j, right in enumerate(other, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (left != right)))
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open stay beside a read. `spoken_for`: another read was taken for this stay's already."""

    stay: str
    likeness: Likeness
    entered_at: datetime
    spoken_for: bool = False


@dataclass(frozen=True, slots=True)
class Likely:
    """A candidate and how likely it is: above 0, at most 100. No probability, only an order."""

    candidate: Candidate
    score: int


def likely(candidates: Iterable[Candidate], read_at: datetime, limit: int = PROPOSED) -> list[Likely]:
    """The stays that the car which was read at `read_at` may have, likeliest first; the later entry first where they
    are equally likely. A stay that began after the read is none; one of more than a week, or that is another car's
    already, is half as likely."""
    found = []
    for one in candidates:
        if one.entered_at > read_at + CLOCKS_DIFFER:
            continue
        halves = (read_at - one.entered_at > LONG_AGO) + one.spoken_for
        score = _WEIGHT[one.likeness] // 2**halves
        if score:
            found.append(Likely(one, score))
    found.sort(key=lambda one: one.candidate.stay)
    found.sort(key=lambda one: (one.score, one.candidate.entered_at), reverse=True)
    return found[:limit]


def the_one(plate: Sequence[str], alike: Sequence[str]) -> str | None:
    """Whose stay it is, if that is certain: the one with this plate, else the only one that looks the same. `plate` and
    `alike` are the stays found under either."""
    if plate:
        return plate[0] if len(plate) == 1 else None
    return alike[0] if len(alike) == 1 else None


def fits_claim(how: Likeness, entered_at: datetime, said: datetime) -> bool:
    """Whether a driver who says that he came in at `said` may have this stay: its plate is nearly his and it began
    within a quarter of an hour of what he says."""
    return how in _CLAIMABLE and abs(entered_at - said) <= CLAIM_WINDOW


def last_known_inside(
    entered_at: datetime, left_by: datetime, cleared_until: datetime | None, leave: timedelta
) -> datetime:
    """Until when a stay that left unseen is charged: the last instant at which it certainly was there.

    That is when it was cleared, `leave` before its clearance ended, and its entry where it never was: nobody pays for
    hours that may have been spent elsewhere. Never before the entry nor after `left_by`, by when it was gone.
    """
    known = entered_at if cleared_until is None else cleared_until - leave
    return max(entered_at, min(known, left_by))
