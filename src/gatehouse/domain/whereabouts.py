"""Where the people of a site are, as its gates saw them pass: the memory behind anti-passback and occupancy.

The newest passage of each person counts, by its time and then its id. So it does not matter how often, how late or in
which order the passages are told. Who was not seen for a while is nowhere: a passage that no gate saw must not hold
anybody up for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

OUTSIDE = ""
INSIDE = "*"  # of a site whose gate names no zone
# A move that a clock which was ahead wrote down is not believed before its time.
AHEAD = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Move:
    """One passage of a person: it led to `zone`."""

    id: str
    subject: str
    zone: str
    at: datetime

    def is_newer_than(self, other: "Move") -> bool:
        return (self.at, self.id) > (other.at, other.id)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The newest move of each person, and the moments before which nothing counts any more, by zone."""

    people: Mapping[str, Move] = field(default_factory=dict)
    forgotten: Mapping[str, datetime] = field(default_factory=dict)

    def after(self, *moves: Move) -> "Whereabouts":
        """These moves told: the same again, older ones and any order of them change nothing more."""
        people = dict(self.people)
        for move in moves:
            held = people.get(move.subject)
            if held is None or move.is_newer_than(held):
                people[move.subject] = move
        return replace(self, people=people)

    def without_older(self, forgotten: Mapping[str, datetime]) -> "Whereabouts":
        """Somebody said that nobody's place counts any more who came to a zone before its moment."""
        both = {zone: max(at, self.forgotten.get(zone, at)) for zone, at in forgotten.items()}
        return replace(self, forgotten={**self.forgotten, **both})

    def of(self, subject: str, now: datetime, lasts: timedelta) -> Move | None:
        """The move by which this person is where they are; None when nobody knows."""
        move = self.people.get(subject)
        return move if move is not None and self._counts(move, now, lasts) else None

    def inside(self, zone: str, now: datetime, lasts: timedelta) -> frozenset[str]:
        """Who is in this zone; for INSIDE everybody who is in any."""
        return frozenset(
            subject
            for subject, move in self.people.items()
            if (move.zone == zone or (zone == INSIDE and move.zone != OUTSIDE)) and self._counts(move, now, lasts)
        )

    def _counts(self, move: Move, now: datetime, lasts: timedelta) -> bool:
        forgotten = self.forgotten.get(move.zone)
        if move.at - now > AHEAD or now - move.at >= lasts:
            return False
        return forgotten is None or move.at >= forgotten


NOWHERE = Whereabouts()
