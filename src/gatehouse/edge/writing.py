"""What one gate writes: its letters, the grants that wait for their passage, and what the disk did not take yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from gatehouse.clock import Clock
from gatehouse.edge.errors import SpoolFailed
from gatehouse.edge.kept import NO_CHANGE, Whereabout
from gatehouse.edge.once import leaving
from gatehouse.edge.spool import Mark, Pending, Spool, TakenBay
from gatehouse.wire import Body, GateEvent, Passage, new_id

log = structlog.get_logger()


@dataclass(slots=True)
class Unwritten:
    """A passage or event that the disk did not take; it is written as soon as it does."""

    body: Body
    attempt: str | None = None  # the grant that is over with it
    frees: tuple[Mark, ...] = ()
    places: Whereabout = NO_CHANGE


class Writing:
    """Of one gate, whose keeper lets one thread in at a time."""

    def __init__(self, gate: str, spool: Spool, clock: Clock) -> None:
        """Takes up the grants that were waiting when the edge stopped. Raises SpoolFailed."""
        self._gate = gate
        self._spool = spool
        self._clock = clock
        self.waiting: list[Pending] = spool.pending(gate)
        self._unwritten: list[Unwritten] = []
        self._is_failing = False

    def take_over(self, before: "Writing") -> None:
        """What the disk did not take from who wrote here before is still to be written, and the failing to be told."""
        self._unwritten, before._unwritten = before._unwritten, []
        self._is_failing, before._is_failing = before._is_failing, False
        over = {unwritten.attempt for unwritten in self._unwritten}
        self.waiting = [pending for pending in self.waiting if pending.attempt.id not in over]

    def record(
        self,
        bodies: Sequence[Body],
        at: datetime,
        *,
        pending: Pending | None = None,
        once: Mark | None = None,
        takes: Mark | None = None,
        bay: TakenBay | None = None,
    ) -> bool:
        """Durable when it returns. False: a mark or the bay is taken, and nothing was written. Raises SpoolFailed."""
        written = self._spool.append(bodies, at=at, pending=pending, once=once, takes=takes, bay=bay)
        if self._is_failing:
            self._is_failing = False
            self.report("spool_failed")
        return written

    def settle(self, pending: Pending, body: Body, *frees: Mark | None, places: Whereabout = NO_CHANGE) -> None:
        """The grant is over with this passage or event. Written now, or as soon as the disk takes it. A stay that was
        let out and did not go is not leaving any more."""
        self.waiting.remove(pending)
        let_go = [mark for mark in frees if mark is not None]
        if not isinstance(body, Passage) and (stays := leaving(pending.attempt)) is not None:
            let_go.append(stays)
        self._unwritten.append(Unwritten(body, pending.attempt.id, tuple(let_go), places))
        self._write_again(self._clock.now())

    def note(self, body: Body, at: datetime, places: Whereabout = NO_CHANGE) -> None:
        """Something that no grant is over with. Written now, or as soon as the disk takes it."""
        self._unwritten.append(Unwritten(body, places=places))
        self._write_again(at)

    def report(self, kind: str, about: str | None = None) -> None:
        """Something about the gate itself (`wire.GateEvent`)."""
        log.warning("gate", gate=self._gate, kind=kind)
        self.note(self.event(kind, about), self._clock.now())

    def catch_up(self, now: datetime) -> None:
        """Write what the disk did not take before."""
        if self._unwritten or self._is_failing:
            self._write_again(now)

    def _write_again(self, now: datetime) -> None:
        try:
            while self._unwritten:
                first = self._unwritten[0]
                if isinstance(first.body, Passage) and first.attempt is None:
                    self._spool.append([first.body], at=now, places=first.places)
                    log.info("passage", gate=self._gate, attempt=first.body.attempt)
                elif isinstance(first.body, Passage):
                    self._spool.append([first.body], at=now, passed=first.attempt, places=first.places)
                    log.info("passage", gate=self._gate, attempt=first.body.attempt)
                else:
                    self._spool.append([first.body], at=now, settled=first.attempt, frees=first.frees)
                self._unwritten.pop(0)
            if self._is_failing:
                self._spool.append([self.event("spool_failed")], at=now)
                self._is_failing = False
        except SpoolFailed as fault:
            self.alarm(fault)

    def alarm(self, fault: SpoolFailed) -> None:
        """Say once that the disk takes nothing, until it does again."""
        if not self._is_failing:
            self._is_failing = True
            log.critical("spool.failed", gate=self._gate, fault=fault.code)

    def event(self, kind: str, attempt: str | None = None) -> GateEvent:
        now = self._clock.now()
        return GateEvent(id=new_id(now), gate=self._gate, at=now, kind=kind, attempt=attempt)
