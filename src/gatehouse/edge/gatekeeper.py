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
from typing import Literal

import msgspec
import structlog

from gatehouse.clock import Clock
from gatehouse.devices.errors import RelayLost, RelayRefused
from gatehouse.devices.relays.port import LONGEST_PULSE_S, SHORTEST_PULSE_S, Relay
from gatehouse.domain.access import Decision, Direction, Gate, GateKind, Grant, Reason, Refusal, decide
from gatehouse.domain.approaches import Answer, Approach
from gatehouse.domain.sightings import STANDARD, Means, Read, Sighting, Voting
from gatehouse.edge.errors import SpoolFailed
from gatehouse.edge.roster import Knowledge
from gatehouse.edge.spool import Mark, Pending, Spool
from gatehouse.edge.unread import Unread
from gatehouse.wire import Attempt, Body, GateEvent, Opening, Passage, new_id

log = structlog.get_logger()

# An approach is over when nothing was seen for this long.
GAP = timedelta(seconds=3)
# How long a car that the loop felt may still be in the picture; the next one is decided after that.
LEAVES = timedelta(seconds=2.5)
# How long an operator's order and a used pass are remembered: far longer than any server keeps offering an order.
MARK_KEPT = timedelta(days=30)
# A grant that certainly did not reach the relay is tried again after this.
RETRY = timedelta(seconds=5)


@dataclass(slots=True)
class _Unwritten:
    """A passage or event that the disk did not take; it is written as soon as it does."""

    body: Body
    attempt: str | None = None  # the grant that is over with it
    frees: Mark | None = None


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
        after: "Gatekeeper | None" = None,
    ) -> None:
        """Takes up the grants that were waiting for their passage when the edge stopped; where the gate is only set up
        anew, `after` is who kept it before. Raises SpoolFailed."""
        self.gate = gate
        self._spool = spool
        self._relay = relay
        self._knowledge = knowledge
        self._clock = clock
        self._voting = voting
        self._leaves = leaves
        self._lock = threading.RLock()
        # Who passed just before the edge stopped may still stand there and is not let in a second time.
        answers = [_given(passed, clock.now()) for passed in spool.passed(gate, clock.now())]
        self._approach = Approach(answers=tuple(answers))
        self._waiting: list[Pending] = spool.pending(gate)
        self._unread = Unread()
        self._unwritten: list[_Unwritten] = []
        self._relay_is_lost = False
        self._spool_is_failing = False
        if after is not None:
            self._take_over(after)

    def _take_over(self, before: "Gatekeeper") -> None:
        """What the disk did not take yet is still to be written, and what is amiss is still to be told when it is
        well again."""
        with before._lock:
            self._unwritten, before._unwritten = before._unwritten, []
            self._spool_is_failing, before._spool_is_failing = before._spool_is_failing, False
            self._relay_is_lost = before._relay_is_lost
        over = {unwritten.attempt for unwritten in self._unwritten}
        self._waiting = [pending for pending in self._waiting if pending.attempt.id not in over]

    # --- what a camera or reader saw ------------------------------------------------------------------------

    def look(self, reads: Sequence[Read], at: datetime) -> Decision | None:
        """One look at `at`; the answer, if this look settled one. `reads` may be empty."""
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
            return self._answer(sighting, gate, known)

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
            self._alarm(fault)
            return None

    def _decide_and_act(self, sighting: Sighting, gate: Gate, known: Knowledge) -> Decision | None:
        now = self._clock.now()
        if sighting.means is Means.PLATE:
            # The roster may have changed since the plate was read.
            sighting = replace(sighting, subject=known.plates.get(sighting.value))
        elif sighting.means is Means.PASS:
            sighting = replace(sighting, used=self._spool.taken("pass", sighting.value))
        answer = decide(sighting, gate, known.policy, now)
        attempt = _attempt(sighting, gate, answer, now)
        again_at = None
        if isinstance(answer, Grant):
            again_at = self._spool.in_force(attempt, now)
            if again_at is not None:
                answer = Refusal(Reason.ALREADY_GRANTED)
                attempt = _attempt(sighting, gate, answer, now)
        elif answer.reason is Reason.STALE:
            # Old evidence is no answer to whoever still stands there: the next look is fresh.
            again_at = now
        before = self._approach.answer_to(sighting)
        if isinstance(answer, Grant):
            return self._grant(sighting, gate, known, attempt, answer)
        if before is None or before.reason is not answer.reason:
            self._record([attempt], now)
            log.info("attempt", gate=self.gate, attempt=attempt.id, outcome="refused")
        self._remember(sighting, answer, known, again_at=again_at)
        return answer

    def _grant(
        self, sighting: Sighting, gate: Gate, known: Knowledge, attempt: Attempt, answer: Grant
    ) -> Decision | None:
        pending = Pending(attempt, attempt.at + timedelta(seconds=gate.confirm_s))
        once = None
        if sighting.means is Means.PASS:
            # Longer than the pass is good: a clock that was ahead for a while makes no used pass new.
            once = Mark("pass", sighting.value, (sighting.ends or attempt.at) + MARK_KEPT)
        if not self._record([attempt], attempt.at, pending=pending, once=once):
            # Another gate took this pass in the same moment; the next look says so.
            return None
        self._waiting.append(pending)
        log.info("attempt", gate=self.gate, attempt=attempt.id, outcome="granted")
        self._remember(sighting, answer, known, serves_until=pending.until)
        if not self._pulse(gate, pending, once):
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
                self._alarm(fault)
                return None

    def _carry_out(self, order: Opening, gate: Gate, known: Knowledge) -> Decision | None:
        now = self._clock.now()
        sighting = Sighting(Means.OPERATOR, order.id, None, order.at, order.at, 1)
        answer = decide(sighting, gate, known.policy, now)
        there = self._standing(now)
        attempt = msgspec.structs.replace(_attempt(sighting, gate, answer, now), id=order.id)
        if there is not None:
            attempt = msgspec.structs.replace(attempt, subject=there.subject, plate=there.value)
        granted = isinstance(answer, Grant)
        pending = Pending(attempt, now + timedelta(seconds=gate.confirm_s)) if granted else None
        once = Mark("opening", order.id, now + MARK_KEPT)
        if not self._record([attempt], now, pending=pending, once=once):
            return None
        log.info("opening", gate=self.gate, opening=order.id, outcome="granted" if granted else "refused")
        if pending is not None:
            self._waiting.append(pending)
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

    def _pulse(self, gate: Gate, pending: Pending, once: Mark | None = None) -> bool:
        """Move the relay once. False when it certainly did not move: then the grant is over, and the pass
        that it was given for is good again."""
        try:
            if self._relay is not None:
                self._relay.pulse(min(max(gate.open_s, SHORTEST_PULSE_S), LONGEST_PULSE_S))
        except (RelayLost, RelayRefused) as fault:
            self._lose_relay(fault)
            if isinstance(fault, RelayLost) and fault.maybe_sent:
                return True  # it may have opened: the sensor or the time will tell, nobody tries again
            self._settle(pending, self._event("not_confirmed", pending.attempt.id), frees=once)
            return False
        self._relay_answered()
        if not gate.has_sensor:
            self._settle(pending, _passage(pending.attempt, self._clock.now(), sensed=False))
        return True

    def sensed(self, at: datetime) -> bool:
        """The gate's sensor felt somebody. True when a grant was waiting for that: then they have passed."""
        with self._lock:
            waiting = next((p for p in self._waiting if at < p.until), None)
            if waiting is None:
                return False
            self._approach = self._approach.passed(_given(waiting, at), at + self._leaves)
            self._settle(waiting, _passage(waiting.attempt, at, sensed=True))
            return True

    def waits(self) -> bool:
        """True while a grant waits for its passage."""
        return bool(self._waiting)

    def tick(self) -> None:
        """Let what is over be over: grants that nobody used, letters that the disk did not take before."""
        with self._lock:
            now = self._clock.now()
            # One that was given in the future is over too: the clock was set back, and its end may be hours away.
            for pending in [p for p in self._waiting if p.until <= now or p.attempt.at - now > GAP]:
                self._settle(pending, self._event("not_confirmed", pending.attempt.id))
            if self._unwritten or self._spool_is_failing:
                self._write_again(now)

    def report(self, kind: str) -> None:
        """Record something about the gate itself (`wire.GateEvent`)."""
        with self._lock:
            log.warning("gate", gate=self.gate, kind=kind)
            self._unwritten.append(_Unwritten(self._event(kind)))
            self._write_again(self._clock.now())

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

    # --- letters --------------------------------------------------------------------------------------------

    def _record(
        self,
        bodies: Sequence[Body],
        at: datetime,
        *,
        pending: Pending | None = None,
        once: Mark | None = None,
    ) -> bool:
        written = self._spool.append(bodies, at=at, pending=pending, once=once)
        if self._spool_is_failing:
            self._spool_is_failing = False
            self.report("spool_failed")
        return written

    def _settle(self, pending: Pending, body: Body, *, frees: Mark | None = None) -> None:
        """The grant is over with this passage or event. Written now, or as soon as the disk takes it."""
        self._waiting.remove(pending)
        self._unwritten.append(_Unwritten(body, pending.attempt.id, frees))
        self._write_again(self._clock.now())

    def _write_again(self, now: datetime) -> None:
        try:
            while self._unwritten:
                first = self._unwritten[0]
                if isinstance(first.body, Passage):
                    self._spool.append([first.body], at=now, passed=first.attempt)
                    log.info("passage", gate=self.gate, attempt=first.body.attempt)
                else:
                    self._spool.append([first.body], at=now, settled=first.attempt, frees=first.frees)
                self._unwritten.pop(0)
            if self._spool_is_failing:
                self._spool.append([self._event("spool_failed")], at=now)
                self._spool_is_failing = False
        except SpoolFailed as fault:
            self._alarm(fault)

    def _alarm(self, fault: SpoolFailed) -> None:
        if not self._spool_is_failing:
            self._spool_is_failing = True
            log.critical("spool.failed", gate=self.gate, fault=fault.code)

    def _event(self, kind: str, attempt: str | None = None) -> GateEvent:
        now = self._clock.now()
        return GateEvent(id=new_id(now), gate=self.gate, at=now, kind=kind, attempt=attempt)


def _way(gate: Gate) -> Literal["in", "out"]:
    return "out" if gate.direction is Direction.OUT else "in"


def _attempt(sighting: Sighting, gate: Gate, answer: Decision, now: datetime) -> Attempt:
    return Attempt(
        id=new_id(now),
        gate=gate.code,
        at=now,
        seen_at=sighting.last_at,
        direction=_way(gate),
        means=sighting.means.value,
        subject=sighting.subject,
        plate=sighting.value if sighting.means is Means.PLATE else None,
        granted=isinstance(answer, Grant),
        reason=answer.reason.value,
        rule=answer.rule,
    )


def _given(pending: Pending, at: datetime) -> Answer:
    """The answer that a granted attempt had been given, as if it were still in view at `at`."""
    attempt = pending.attempt
    value = attempt.plate or ""
    sighting = Sighting(Means(attempt.means), value, attempt.subject, attempt.seen_at, attempt.seen_at, 1)
    return Answer(sighting, True, Reason(attempt.reason), 0, at)


def _passage(attempt: Attempt, at: datetime, *, sensed: bool) -> Passage:
    return Passage(
        id=new_id(at),
        attempt=attempt.id,
        gate=attempt.gate,
        at=at,
        direction=attempt.direction,
        means=attempt.means,
        subject=attempt.subject,
        plate=attempt.plate,
        reason=attempt.reason,
        sensed=sensed,
    )
