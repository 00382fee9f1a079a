"""What a terminal asks of its gate, and what its screen may show of the answer.

The gate is asked as by any camera or reader: one gatekeeper, the same letters, the same passages. The screen is seen by
whoever stands there, so it tells initials only of those who are let in, and of a refusal no more than what helps the
right person: that a deny rule or a block stands behind it, it does not tell.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import msgspec

from gatehouse.clock import Clock
from gatehouse.devices.cameras.port import Frame
from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.liveness import Why
from gatehouse.domain.papers import read_about
from gatehouse.domain.policy import Gate
from gatehouse.domain.sightings import Means, Read
from gatehouse.edge.challenging import Challenger, Seen
from gatehouse.edge.gatekeeper import Gatekeeper, Told
from gatehouse.edge.looking import Looker
from gatehouse.edge.pins import Checked, Pins
from gatehouse.edge.roster import Device, Knowledge
from gatehouse.edge.terminals.session import Frames, Pace, Session
from gatehouse.vision.faces import FaceRead, read_faces
from gatehouse.vision.frames import decode_frame
from gatehouse.vision.guidance import guide
from gatehouse.wire import new_id

MOST_PIXELS = 1920 * 1080
CARD_LIMIT = 32  # characters, as a card is enrolled
PIN_LIMIT = 12

# What the screen may say of a refusal; whatever else stands behind one is "ask".
_SHOWN: dict[Reason, str] = {
    Reason.UNKNOWN_FACE: "unknown_face",
    Reason.UNKNOWN_CARD: "unknown_card",
    Reason.UNKNOWN_PIN: "wrong_pin",
    Reason.INVALID_PASS: "bad_pass",
    Reason.EXPIRED_PASS: "old_pass",
    Reason.USED_PASS: "used_pass",
    Reason.SCHEDULE: "not_now",
    Reason.NO_RULE: "not_here",
    Reason.GATE_CLOSED: "closed",
    Reason.MEANS_NOT_ACCEPTED: "not_taken",
    Reason.LEASE_EXPIRED: "other_way",
    Reason.CLOCK_DOUBTFUL: "other_way",
    Reason.ALREADY_GRANTED: "open_already",
    Reason.STALE: "again",
    Reason.PAPER_MISSING: "paper_missing",
    Reason.PAPER_NOT_YET: "paper_not_yet",
    Reason.PAPER_ENDED: "paper_ended",
    Reason.LIVENESS: "liveness",
}
_PAPERS = frozenset({Reason.PAPER_MISSING, Reason.PAPER_NOT_YET, Reason.PAPER_ENDED})


# Why a challenge failed, where that helps the right person.
_WHY: dict[Why, str] = {Why.OTHER_ACT: "liveness_act", Why.EXPIRED: "liveness_slow"}


class Shown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the screen shows. `hint` guides a face; `act` is what a face is asked to do (`domain.liveness`); `wait_s` is
    how long PINs wait."""

    outcome: Literal["", "granted", "refused"] = ""
    reason: str = ""
    paper: str = ""  # which certificate is lacking, "" where it is the training before entry
    on: str = ""  # the last date on which it held, or the first
    initials: str = ""
    hint: str = ""
    act: str = ""
    wait_s: int = 0


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What a page needs to begin: its key, the gate and the ways in that it takes."""

    session: str
    gate: str
    means: list[str]
    numbers: Literal["digits", "text"]  # how staff numbers look here, for the right keyboard


class Asking:
    """One paired terminal. Safe to call from several threads; frames are looked at one at a time."""

    def __init__(
        self,
        terminal: Device,
        looker: Looker,
        *,
        keeper: Callable[[], Gatekeeper | None],
        knowledge: Callable[[], Knowledge],
        pins: Pins,
        clock: Clock,
    ) -> None:
        self.terminal = terminal
        self.session = Session()
        self.pace = Pace()
        self._frames = Frames()
        self._looker = looker
        self._looker.faces = self._faces
        self._challenger = Challenger(looker)
        self._found: list[FaceRead] = []
        self._keeper = keeper
        self._knowledge = knowledge
        self._pins = pins
        self._clock = clock
        self._looking = threading.Lock()

    def begin(self) -> State | None:
        """A page begins; one that was open before is over. None while the edge does not know the gate."""
        known = self._knowledge()
        gate = known.policy.gates.get(self.terminal.gate)
        if gate is None:
            return None
        self.session = Session()
        plain = all(number.isdigit() for number in known.numbers)
        return State(
            session=self.session.key,
            gate=gate.code,
            means=sorted(means.value for means in gate.means if means in _WAYS),
            numbers="digits" if plain else "text",
        )

    def look(self, jpeg: bytes) -> Shown:
        """One frame, which is in memory only and gone when this returns. Raises BadFrame."""
        gate, keeper = self._gate(), self._keeper()
        if gate is None or keeper is None:
            return Shown(hint="away")
        if not self._frames.is_new(jpeg):
            return Shown(hint="same")
        pixels = decode_frame(jpeg, MOST_PIXELS)
        with self._looking:
            at = self._clock.now()
            self._found = []
            seen = self._challenger.see(Frame(pixels, at), _without_plates(gate), self._knowledge(), keeper)
            found = self._found
        if seen.told is not None:
            return _with_why(self._shown(seen.told, keeper), seen)
        if seen.act is not None:
            return Shown(act=seen.act.value)
        hint = guide(pixels, found).hint.value if Means.FACE in gate.means else ""
        return Shown(hint=hint)

    def _faces(self, pixels: object) -> list[FaceRead]:
        """The faces of the frame, kept until the answer: what guides somebody is what was looked at."""
        self._found = read_faces(pixels)
        return self._found

    def card(self, number: str) -> Shown:
        """A card's number as a wedge reader types it."""
        gate, keeper = self._gate(), self._keeper()
        text = number.strip().upper()
        if gate is None or keeper is None:
            return Shown(outcome="refused", reason="away")
        if not text or len(text) > CARD_LIMIT or not text.isalnum():
            return Shown(outcome="refused", reason="unknown_card")
        now = self._clock.now()
        person = self._knowledge().holder_of(text, now)
        return self._answer(keeper, Read(Means.CARD, now, text, person, 1.0))

    def pin(self, number: str, digits: str) -> Shown:
        """A staff number and its PIN."""
        gate, keeper = self._gate(), self._keeper()
        if gate is None or keeper is None:
            return Shown(outcome="refused", reason="away")
        if Means.PIN not in gate.means:
            return Shown(outcome="refused", reason="not_taken")
        checked = self._pins.of_number(self.terminal.id, number[:64], digits[:PIN_LIMIT])
        if checked.wait is not None:
            return Shown(outcome="refused", reason="locked", wait_s=_seconds(checked))
        if checked.locks:
            keeper.report("pins_locked")
        now = self._clock.now()
        # The digits themselves are in no read: a wrong PIN is often the right one of another place.
        value = new_id(now) if checked.person is None else checked.person
        return self._answer(keeper, Read(Means.PIN, now, value, checked.person, 1.0, duress=checked.duress))

    def _answer(self, keeper: Gatekeeper, read: Read) -> Shown:
        told = keeper.shown(read)
        return Shown(outcome="refused", reason="away") if told is None else self._shown(told, keeper)

    def _gate(self) -> Gate | None:
        return self._knowledge().policy.gates.get(self.terminal.gate)

    def _shown(self, told: Told, keeper: Gatekeeper) -> Shown:
        if not isinstance(told.answer, Grant):
            return self._refused(told.answer)
        brief = self._knowledge().briefs.get(told.sighting.subject or "")
        _blind, mute = keeper.misses()
        return Shown(
            outcome="granted",
            reason="door_silent" if mute else "",
            initials=brief.initials if brief is not None else "",
        )

    def _refused(self, answer: Refusal) -> Shown:
        reason = _SHOWN.get(answer.reason, "ask")
        if answer.reason not in _PAPERS:
            return Shown(outcome="refused", reason=reason)
        kind, on = read_about(answer.rule or "")
        name = self._knowledge().paper_names.get(kind, "")
        return Shown(outcome="refused", reason=reason, paper=name, on=on.isoformat() if on else "")


_WAYS = frozenset({Means.FACE, Means.PASS, Means.CARD, Means.PIN})


def _with_why(shown: Shown, seen: Seen) -> Shown:
    """A refused challenge says what to do better; a face that failed too often, to use another way."""
    if shown.reason != "liveness":
        return shown
    reason = "liveness_locked" if seen.locked else _WHY.get(seen.why, "liveness") if seen.why else "liveness"
    return msgspec.structs.replace(shown, reason=reason)


def _without_plates(gate: Gate) -> Gate:
    return gate if Means.PLATE not in gate.means else replace(gate, means=gate.means - {Means.PLATE})


def _seconds(checked: Checked) -> int:
    return 0 if checked.wait is None else max(1, int(checked.wait.total_seconds()))
