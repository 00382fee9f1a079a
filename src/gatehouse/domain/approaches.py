"""One car or person before a gate, from the first read until nothing is seen any more.

A gate must not ask for the same answer thirty times a second, must answer the same car again when it comes
back, and must think again when a car that was refused stands there and its stay has been paid meanwhile.
`Approach` is that memory: a value that is replaced at every step, without a clock of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gatehouse.domain.decisions import Reason
from gatehouse.domain.sightings import STANDARD, Means, Read, Sighting, Voting, settle

FORGOTTEN = timedelta(seconds=30)
_SHOWN = (Means.PASS, Means.CARD, Means.PIN, Means.RECEIPT)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, under which version of the policy; `again_at` when the refusal lapses by itself, `seen_at`
    when that car or person was last read."""

    sighting: Sighting
    granted: bool
    reason: Reason
    version: int
    seen_at: datetime
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Approach:
    """What was read and answered since something came into view. `serving` is a grant that is still being
    used: until `serves_until`, or until the passage, whoever is read there is taken to be the one who was
    let in. Until `leaves_until` what drove off is still in view: no plate counts."""

    reads: tuple[Read, ...] = ()
    seen_at: datetime | None = None
    answers: tuple[Answer, ...] = ()
    serving: Sighting | None = None
    serves_until: datetime | None = None
    leaves_until: datetime | None = None

    def seen(self, reads: Sequence[Read], at: datetime, gap: timedelta, voting: Voting = STANDARD) -> "Approach":
        """The approach after one look at `at`; a new one when nothing had been seen for longer than `gap`.

        Where one car follows another there may be no gap for hours, so who was not read for FORGOTTEN is forgotten.
        """
        if self.seen_at is not None and self.seen_at - at > gap:
            return self._set_back(self.seen_at - at).seen(reads, at, gap, voting)
        here = Approach() if self.seen_at is not None and at - self.seen_at > gap else self
        if not reads:
            return here
        here = replace(here, answers=tuple(here._remembered(reads, at)))
        new = tuple(read for read in reads if here._counts(read, at))
        return replace(here, reads=(here.reads + new)[-2 * voting.longest :], seen_at=at)

    def _set_back(self, by: timedelta) -> "Approach":
        """The approach after the clock was set back: what was a moment ago is still a moment ago. Left as it is, a lane
        would wait for a time that comes in an hour."""

        def sooner(at: datetime | None) -> datetime | None:
            return None if at is None else at - by

        answers = (replace(a, seen_at=a.seen_at - by, again_at=sooner(a.again_at)) for a in self.answers)
        return replace(
            self,
            reads=(),
            seen_at=sooner(self.seen_at),
            answers=tuple(answers),
            serves_until=sooner(self.serves_until),
            leaves_until=sooner(self.leaves_until),
        )

    def _counts(self, read: Read, at: datetime) -> bool:
        if read.means is Means.PLATE:
            # A plate that leaves the picture is cut off and misread: it is no other car.
            return self.leaves_until is None or at >= self.leaves_until
        # A pass that is held up longer must not hide the face behind it once it was answered.
        answered = [a for a in self.answers if (read.means, read.value) == _key_of(a.sighting)]
        return read.means not in _SHOWN or all(a.again_at is not None and a.again_at <= at for a in answered)

    def _remembered(self, reads: Sequence[Read], at: datetime) -> Iterator[Answer]:
        there = {(read.means, (read.subject or "") if read.means is Means.FACE else read.value) for read in reads}
        for answer in self.answers:
            if _key_of(answer.sighting) in there:
                yield replace(answer, seen_at=at)
            elif at - answer.seen_at <= FORGOTTEN:
                yield answer

    def due(self, version: int, now: datetime, voting: Voting = STANDARD) -> Sighting | None:
        """What has to be decided now; None while the reads do not agree, or when it has been answered."""
        sighting = settle(self.reads, voting)
        if sighting is None:
            return None
        for answer in self.answers:
            if _key_of(answer.sighting) == _key_of(sighting):
                lapsed = answer.again_at is not None and now >= answer.again_at
                return sighting if not answer.granted and (lapsed or answer.version != version) else None
        return None if self._is_served(sighting, now) else sighting

    def is_open(self) -> bool:
        """True while something is read that has no answer yet: the next frame is worth a look whatever moves."""
        return bool(self.reads) and all(answer.seen_at != self.seen_at for answer in self.answers)

    def answer_to(self, sighting: Sighting) -> Answer | None:
        """The answer that this approach already had for the sighting."""
        return next((a for a in self.answers if _key_of(a.sighting) == _key_of(sighting)), None)

    def answered(self, answer: Answer, serves_until: datetime | None = None) -> "Approach":
        """The approach with this answer in place of an older one to the same; a grant serves for a while."""
        key = _key_of(answer.sighting)
        others = tuple(a for a in self.answers if _key_of(a.sighting) != key)
        reads = tuple(r for r in self.reads if r.alive is None)  # the end of a challenge is answered once
        if answer.sighting.means in _SHOWN:
            reads = tuple(r for r in reads if (r.means, r.value) != key)
        after = replace(self, reads=reads, answers=(*others, answer))
        if answer.granted:
            return replace(after, serving=answer.sighting, serves_until=serves_until)
        return after

    def passed(self, answer: Answer, leaves_until: datetime) -> "Approach":
        """Who was given this answer has passed and is out of view by `leaves_until`: who is nearly alike then is
        somebody else, and who is the same is only still in view."""
        return replace(self.answered(answer), serving=None, serves_until=None, leaves_until=leaves_until)

    def _is_served(self, sighting: Sighting, now: datetime) -> bool:
        """True for what is only another look at the one who was just let in: a turned head, a misread
        character.

        Without this a car that was admitted as a visitor and then misread would open the gate twice.
        """
        if self.serving is None or self.serves_until is None or now >= self.serves_until:
            return False
        if sighting.means is Means.PLATE and self.serving.means is Means.RECEIPT:
            return True  # whose plate is read behind the receipt that was just shown for it
        if sighting.means is Means.PLATE and self.serving.means is Means.PLATE:
            return nearly_equal(sighting.value, self.serving.value)
        return sighting.means is Means.FACE and sighting.subject in (None, self.serving.subject)


def nearly_equal(one: str, other: str) -> bool:
    """True for texts that one inserted, missing or changed character makes equal."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    return one[at + (len(one) == len(other)) :] == other[at + 1 :]


def _key_of(sighting: Sighting) -> tuple[Means, str]:
    """What makes two sightings of one approach the same: the person for a face, the text for the rest."""
    return sighting.means, (sighting.subject or "") if sighting.means is Means.FACE else sighting.value
