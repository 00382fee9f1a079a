"""From a grant of one gate to its passages: who was let in together, where that leads, and when it is over."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from gatehouse.edge.bodies import passage_of
from gatehouse.edge.kept import Mark, Pending, Whereabout
from gatehouse.edge.presence import Presence, arrivals_of, move_of
from gatehouse.edge.roster import Knowledge
from gatehouse.edge.writing import Writing
from gatehouse.wire import Attempt, Passage


class Passing:
    """Of one gate, whose keeper lets one thread in at a time."""

    def __init__(self, gate: str, writing: Writing, presence: Presence, knowledge: Callable[[], Knowledge]) -> None:
        self._gate = gate
        self._writing = writing
        self._presence = presence
        self._knowledge = knowledge
        self._together: dict[str, Sequence[Pending]] = {}  # who was let in with the one of this attempt

    def lets_in(self, pending: Pending, others: Sequence[Pending]) -> None:
        """A recorded grant waits for its passage, and with it those who go in together."""
        self._writing.waiting.append(pending)
        if others:
            self._together[pending.attempt.id] = others

    def let_go(self, pending: Pending, shown: Mark | None = None) -> None:
        """The grant is over and nobody passed."""
        self._presence.release(pending.attempt.id, self._gate)
        self._together.pop(pending.attempt.id, None)
        self._writing.settle(pending, self._writing.event("not_confirmed", pending.attempt.id), shown)

    def passes(self, pending: Pending, at: datetime, *, sensed: bool) -> None:
        """The passage of whoever was let in, and of who was let in with them."""
        passage, places = self._moved(pending, at, sensed)
        self._writing.settle(pending, passage, places=places)
        for other in self._together.pop(pending.attempt.id, ()):
            passage, places = self._moved(other, at, sensed)
            self._writing.note(passage, at, places)

    def _moved(self, pending: Pending, at: datetime, sensed: bool) -> tuple[Passage, Whereabout]:
        policy = self._knowledge().policy
        passage, gate = passage_of(self._held_by(pending.attempt), at, sensed=sensed), policy.gates.get(self._gate)
        person = None if pending.attempt.plate is not None else pending.attempt.subject
        move = None if gate is None else move_of(passage.id, person, gate, at)
        begun = () if move is None or gate is None else arrivals_of(move, gate, policy)
        newest = () if move is None or not self._presence.is_newest(move) else (move,)
        if self._presence.passed(move, pending.attempt.id, begun, policy, at) is not None:
            self._writing.report("left_alone")
        return passage, Whereabout(newest, begun)

    def _held_by(self, attempt: Attempt) -> Attempt:
        """The attempt of the vehicle whose permit decided, of several that were registered with this plate."""
        subject = self._knowledge().policy.subjects.get(attempt.subject or "")
        held = [one.holder for one in subject.permits if one.id == attempt.rule and one.holder] if subject else []
        return msgspec.structs.replace(attempt, subject=held[0]) if held else attempt
