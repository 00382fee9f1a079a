"""One gate: what is seen becomes an answer, the answer a letter on disk, a grant a pulse, and a pulse a
passage.

The order is the promise. The attempt is durable before the relay moves, so a crash in between loses the
opening and never the record, and no start ever repeats a pulse: whoever was granted and has not passed is
not granted again until that grant is over. An attempt is not a passage; only the gate's sensor makes one,
or the lack of a sensor, which the passage then says.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import msgspec
import structlog

from gatehouse.clock import Clock
from gatehouse.devices.errors import RelayLost, RelayRefused
from gatehouse.devices.relays.port import LONGEST_PULSE_S, SHORTEST_PULSE_S, Relay
from gatehouse.domain.access import decide, decide_unseen, thinks_again_at
from gatehouse.domain.approaches import Answer, Approach
from gatehouse.domain.bays import NO_BAYS
from gatehouse.domain.decisions import Decision, Grant, Reason, Refusal
from gatehouse.domain.offline import Contact
from gatehouse.domain.policy import Gate, GateKind, Policy
from gatehouse.domain.sightings import STANDARD, Means, Read, Sighting, Voting, settle
from gatehouse.domain.virtual import is_virtual
from gatehouse.edge.bays import bays_of, taken_bay
from gatehouse.edge.beside import told_beside
from gatehouse.edge.bodies import attempt_of, given, passage_of, sighted_person, told, with_
from gatehouse.edge.challenges import Challenges
from gatehouse.edge.errors import SpoolFailed
from gatehouse.edge.once import MARK_KEPT, is_spent, of_grant
from gatehouse.edge.passing import Passing
from gatehouse.edge.presence import Presence
from gatehouse.edge.roster import Knowledge
from gatehouse.edge.spool import Mark, Pending, Spool
from gatehouse.edge.standing import Standing
from gatehouse.edge.unread import Unread
from gatehouse.edge.writing import Writing
from gatehouse.wire import Attempt, Opening, new_id

log = structlog.get_logger()

GAP = timedelta(seconds=3)  # an approach is over when nothing was seen for this long
# How long a car that the loop felt may still be in the picture; the next one is decided after that.
LEAVES = timedelta(seconds=2.5)
RETRY = timedelta(seconds=5)  # of a grant that certainly did not reach the relay
# A lane without a picture is held open anew this long before the last pulse ends.
RENEWED = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Told:
    """What was answered to what, for whoever shows it: a terminal's screen, a reader's light."""

    sighting: Sighting
    answer: Decision


class Gatekeeper:
    """One gate of the site. Safe to call from the gate's threads and from the uplink's."""

    def __init__(
        self,
        gate: str,
        *,
        spool: Spool,
        relay: Relay | None,
        knowledge: Callable[[], Knowledge],
        clock: Clock,
        voting: Voting = STANDARD,
        leaves: timedelta = LEAVES,
        contact: Callable[[], Contact] = Contact,
        after: "Gatekeeper | None" = None,
        presence: Presence | None = None,
    ) -> None:
        """Takes up the grants that waited for their passage when the edge stopped; where the gate is only set up anew,
        `after` kept it before. `contact` tells what the edge can lean on, `presence` what its gates share about people,
        by default what the spool kept. Raises SpoolFailed."""
        self.gate = gate
        self._spool = spool
        self._relay = relay
        self._knowledge = knowledge
        self._clock = clock
        self._voting = voting
        self._leaves = leaves
        self._contact = contact
        self._blind = False
        self._unseen: Pending | None = None  # the opening under which cars pass that no camera sees
        self._lock = threading.RLock()
        # Who passed just before the edge stopped may still stand there and is not let in a second time.
        answers = [given(passed, clock.now()) for passed in spool.passed(gate, clock.now())]
        self._approach = Approach(answers=tuple(answers))
        self._writing = Writing(gate, spool, clock)
        self._unread = Unread()
        self._relay_is_lost = False
        self.challenges = Challenges()
        self.presence = Presence(*spool.places()) if presence is None else presence
        self._passing = Passing(gate, self._writing, self.presence, knowledge)
        self.standing = Standing(gate, relay, self._policy, self.presence, clock)
        if after is not None:
            self._take_over(after)

    def _take_over(self, before: "Gatekeeper") -> None:
        """What the disk did not take yet is still to be written, and what is amiss is still to be told when it is
        well again."""
        with before._lock:
            self._writing.take_over(before._writing)
            self._relay_is_lost = before._relay_is_lost
            self.challenges = before.challenges

    # --- what a camera or reader saw ------------------------------------------------------------------------

    def look(self, reads: Sequence[Read], at: datetime) -> Decision | None:
        """One look at `at`; the answer, if this look settled one. `reads` may be empty."""
        told = self.asked(reads, at)
        return None if told is None else told.answer

    def asked(self, reads: Sequence[Read], at: datetime) -> Told | None:
        """As `look`, with what was answered."""
        with self._lock:
            known = self._knowledge()
            gate = known.policy.gates.get(self.gate)
            if gate is None:
                return None
            self._approach = self._approach.seen(reads, at, GAP, self._voting)
            sighting = self._approach.due(known.version, self._clock.now(), self._voting) if reads else None
            if sighting is None:
                self._notice_unread(gate, reads, at)
                return None
            self._unread.over()
            self.tick()  # a grant that is just over is over before it is given again
            return _told(sighting, self._answer(sighting, gate, known))

    def shown(self, read: Read) -> Told | None:
        """A card that was held to a reader, a PIN that was typed, or a challenge that ended: an act of will, which is
        answered every time. None when it cannot be recorded now, or the gate is gone."""
        with self._lock:
            known = self._knowledge()
            gate = known.policy.gates.get(self.gate)
            sighting = settle([read], self._voting)
            if gate is None or sighting is None:
                return None
            self._approach = self._approach.seen([read], read.at, GAP, self._voting)
            self.tick()
            return _told(sighting, self._answer(sighting, gate, known))

    def _notice_unread(self, gate: Gate, reads: Sequence[Read], at: datetime) -> None:
        """A vehicle that stands at a lane and is not read for certain waits for somebody. A look without reads, such as
        at a plate behind a wiper, tells nothing."""
        if gate.kind is not GateKind.LANE or not reads:
            return
        if not self._approach.is_open() or self._approach.serving is not None:
            self._unread.over()
        elif self._unread.still(at):
            self.report("unread")

    def _answer(self, sighting: Sighting, gate: Gate, known: Knowledge) -> Decision | None:
        try:
            return self._decide_and_act(sighting, gate, known)
        except SpoolFailed as fault:
            # Not recorded, so not granted: it is due again at the next look.
            self._writing.alarm(fault)
            return None

    def _decide_and_act(self, sighting: Sighting, gate: Gate, known: Knowledge) -> Decision | None:
        now = self._clock.now()
        policy = replace(known.policy, contact=replace(self._contact(), blind=self._blind))
        if sighting.means is Means.PLATE:
            # The roster may have changed since the plate was read.
            sighting = replace(sighting, subject=known.plates.get(sighting.value))
        elif sighting.means in (Means.PASS, Means.RECEIPT):
            sighting = replace(sighting, used=is_spent(sighting, self._spool))
        bays = bays_of(sighting, known, self._spool)
        own, person = new_id(now), sighted_person(sighting, policy)
        decides = partial(decide, sighting, gate, policy, now, bays)
        answered = self.presence.decide(decides, gate, policy, person, now, own)
        answer = answered.answer
        if isinstance(answer, Refusal) and answer.reason is Reason.LIVENESS and sighting.alive is None:
            return answer  # nobody was asked for proof yet, so this is no attempt: see `challenging`
        attempt = told(attempt_of(sighting, gate, answer, now, own), answered, person, policy)
        again_at = None
        if isinstance(answer, Grant):
            again_at = self._spool.in_force(attempt, now)
            if again_at is not None:
                self.presence.release(own, "")
                answer = Refusal(Reason.ALREADY_GRANTED)
                attempt = attempt_of(sighting, gate, answer, now, own)
        elif answer.reason is Reason.STALE:
            # Old evidence is no answer to whoever still stands there: the next look is fresh.
            again_at = now
        else:
            again_at = thinks_again_at(sighting, gate, policy, now, answer.reason)
        before = self._approach.answer_to(sighting)
        if isinstance(answer, Grant):
            return self._grant(sighting, gate, known, attempt, answer, answered.together)
        if before is None or before.reason is not answer.reason:
            self._writing.record([attempt, *told_beside(sighting, gate, known, attempt, self._writing)], now)
            log.info("attempt", gate=self.gate, attempt=attempt.id, outcome="refused")
        self._remember(sighting, answer, known, again_at=again_at)
        return answer

    def _grant(
        self,
        sighting: Sighting,
        gate: Gate,
        known: Knowledge,
        attempt: Attempt,
        answer: Grant,
        together: tuple[str, ...],
    ) -> Decision | None:
        until = attempt.at + timedelta(seconds=gate.confirm_s)
        pending, others = Pending(attempt, until), [Pending(with_(attempt, one), until) for one in together]
        marks = of_grant(sighting, attempt)
        bodies = [
            attempt,
            *(other.attempt for other in others),
            *told_beside(sighting, gate, known, attempt, self._writing),
        ]
        bay = taken_bay(sighting, gate, answer, known)
        try:
            written = self._writing.record(
                bodies, attempt.at, pending=pending, once=marks.once, takes=marks.takes, bay=bay
            )
        except SpoolFailed:
            self.presence.release(attempt.id, gate.code)
            raise
        if not written:
            # Another gate took this pass or receipt, or the last bay, in the same moment; the next look says so.
            self.presence.release(attempt.id, gate.code)
            return None
        self._passing.lets_in(pending, others)
        log.info("attempt", gate=self.gate, attempt=attempt.id, outcome="granted")
        self._remember(sighting, answer, known, serves_until=pending.until)
        if not self._pulse(gate, pending, marks.shown):
            self._remember(sighting, Refusal(Reason.NOT_CONFIRMED), known, again_at=attempt.at + RETRY)
        return answer

    def _remember(
        self,
        sighting: Sighting,
        answer: Decision,
        known: Knowledge,
        *,
        again_at: datetime | None = None,
        serves_until: datetime | None = None,
    ) -> None:
        granted = isinstance(answer, Grant)
        given = Answer(sighting, granted, answer.reason, known.version, sighting.last_at, again_at)
        self._approach = self._approach.answered(given, serves_until)

    def is_settling(self) -> bool:
        """True while something was read that has no answer yet."""
        return self._approach.is_open()

    # --- what an operator ordered ---------------------------------------------------------------------------

    def open_by_hand(self, order: Opening) -> Decision | None:
        """Carry out an operator's order once, if it is fresh; an old one is recorded and nothing moves.
        None when it was carried out or recorded before, or cannot be recorded now."""
        with self._lock:
            known = self._knowledge()
            gate = known.policy.gates.get(self.gate)
            try:
                return None if gate is None else self._carry_out(order, gate, known)
            except SpoolFailed as fault:
                self._writing.alarm(fault)
                return None

    def _carry_out(self, order: Opening, gate: Gate, known: Knowledge) -> Decision | None:
        now = self._clock.now()
        sighting = Sighting(Means.OPERATOR, order.id, None, order.at, order.at, 1)
        decides = partial(decide, sighting, gate, known.policy, now, NO_BAYS)
        answer = self.presence.decide(decides, gate, known.policy, None, now, order.id).answer
        there = self._standing(now)
        attempt = attempt_of(sighting, gate, answer, now, order.id)
        if order.plate is not None and is_virtual(order.plate):
            attempt = msgspec.structs.replace(attempt, plate=order.plate)
        elif there is not None:
            attempt = msgspec.structs.replace(attempt, subject=there.subject, plate=there.value)
        granted = isinstance(answer, Grant)
        pending = Pending(attempt, now + timedelta(seconds=gate.confirm_s)) if granted else None
        once = Mark("opening", order.id, now + MARK_KEPT)
        if not self._writing.record([attempt], now, pending=pending, once=once):
            return None
        log.info("opening", gate=self.gate, opening=order.id, outcome="granted" if granted else "refused")
        if pending is not None:
            self._passing.lets_in(pending, ())
            if there is not None:
                self._remember(there, answer, known, serves_until=pending.until)
            self._pulse(gate, pending)
        return answer

    def _standing(self, now: datetime) -> Sighting | None:
        """The vehicle that stands here now, for whom an operator opens: its stay opens or closes with it."""
        seen_at = self._approach.seen_at
        if seen_at is None or now - seen_at > GAP:
            return None
        plates = [a.sighting for a in self._approach.answers if a.sighting.means is Means.PLATE]
        return plates[-1] if plates else None

    # --- the relay and the passage --------------------------------------------------------------------------

    def _pulse(self, gate: Gate, pending: Pending, shown: Mark | None = None) -> bool:
        """Move the relay once. False when it certainly did not move: then the grant is over, and the pass or receipt
        that it was given for is good again."""
        try:
            if self._relay is not None:
                self._relay.pulse(min(max(gate.open_s, SHORTEST_PULSE_S), LONGEST_PULSE_S))
        except (RelayLost, RelayRefused) as fault:
            self._lose_relay(fault)
            if isinstance(fault, RelayLost) and fault.maybe_sent:
                return True  # it may have opened: the sensor or the time will tell, nobody tries again
            self._passing.let_go(pending, shown)
            return False
        self._relay_answered()
        if not gate.has_sensor:
            self._passing.passes(pending, self._clock.now(), sensed=False)
        return True

    def sensed(self, at: datetime) -> bool:
        """The gate's sensor felt somebody. True when a grant was waiting for that: then they have passed."""
        with self._lock:
            waiting = next((p for p in self._writing.waiting if at < p.until), None)
            if waiting is None:
                return self._passes_unseen(at)
            self._approach = self._approach.passed(given(waiting, at), at + self._leaves)
            self._passing.passes(waiting, at, sensed=True)
            return True

    def _passes_unseen(self, at: datetime) -> bool:
        if self._unseen is None or at >= self._unseen.until:
            return False
        self._writing.note(passage_of(self._unseen.attempt, at, sensed=True), at)
        return True

    def waits(self) -> bool:
        """True while a grant waits for its passage."""
        return bool(self._writing.waiting) or self._unseen is not None

    def misses(self) -> tuple[bool, bool]:
        """Whether the gate is without a picture, and whether its relay does not answer."""
        return self._blind, self._relay_is_lost

    # --- how the gate stands --------------------------------------------------------------------------------

    def keep_standing(self) -> None:
        """Hold the lock open while the gate stands unlocked, and let it fall shut when it does no more."""
        with self._lock:
            try:
                told_of = self.standing.keep()
            except (RelayLost, RelayRefused) as fault:
                self._lose_relay(fault)
                return
            if told_of is not None:
                self.report(told_of)

    # --- without a picture ----------------------------------------------------------------------------------

    def _policy(self) -> Policy:
        """The policy as it is applied at this moment."""
        return replace(self._knowledge().policy, contact=replace(self._contact(), blind=self._blind))

    def sees_nothing(self, blind: bool) -> None:
        """Whether all cameras of this gate are lost at this moment; then its policy says whether it stands open."""
        with self._lock:
            self._blind = blind
            gate = self._knowledge().policy.gates.get(self.gate)
            if not blind or gate is None:
                self._unseen = None
                return
            answer = decide_unseen(gate, self._policy(), self._clock.now())
            if not isinstance(answer, Grant):
                self._unseen = None
                return
            now = self._clock.now()
            if self._unseen is None or self._unseen.until <= now + RENEWED:
                try:
                    self._stand_open(gate, answer, now)
                except SpoolFailed as fault:
                    self._writing.alarm(fault)

    def _stand_open(self, gate: Gate, answer: Grant, now: datetime) -> None:
        """Hold the barrier up for a while, written down before it moves; who passes meanwhile has no plate."""
        attempt = attempt_of(Sighting(Means.PLATE, "", None, now, now, 0), gate, answer, now)
        attempt = msgspec.structs.replace(attempt, plate=None)
        self._writing.record([attempt], now)
        self._unseen = Pending(attempt, now + timedelta(seconds=LONGEST_PULSE_S))
        log.info("attempt", gate=self.gate, attempt=attempt.id, outcome="granted")
        try:
            if self._relay is not None:
                self._relay.pulse(LONGEST_PULSE_S)
        except (RelayLost, RelayRefused) as fault:
            self._lose_relay(fault)
        else:
            self._relay_answered()

    def tick(self) -> None:
        """Let what is over be over: grants that nobody used, letters that the disk did not take before."""
        with self._lock:
            now = self._clock.now()
            # One that was given in the future is over too: the clock was set back, and its end may be hours away.
            for pending in [p for p in self._writing.waiting if p.until <= now or p.attempt.at - now > GAP]:
                self._passing.let_go(pending)
            self._writing.catch_up(now)

    def report(self, kind: str, about: str | None = None) -> None:
        """Record something about the gate itself (`wire.GateEvent`)."""
        with self._lock:
            self._writing.report(kind, about)

    def relay_answers(self, answers: bool) -> None:
        """What a look at the relay's inputs showed about the relay itself; only changes are recorded."""
        with self._lock:
            if answers:
                self._relay_answered()
            elif not self._relay_is_lost:
                self._relay_is_lost = True
                self.report("relay_lost")

    def _lose_relay(self, fault: RelayLost | RelayRefused) -> None:
        log.error("relay.failed", gate=self.gate, fault=fault.code)
        self.relay_answers(False)

    def _relay_answered(self) -> None:
        if self._relay_is_lost:
            self._relay_is_lost = False
            self.report("relay_back")


def _told(sighting: Sighting, answer: Decision | None) -> Told | None:
    return None if answer is None else Told(sighting, answer)
