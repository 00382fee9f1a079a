"""What this edge can lean on: when the server was last heard, and whether the machine's clock can be right.

A small computer without a battery starts after a power cut in the year of its making. Without internet nothing sets it
right, so the edge goes by what it knows: no time is earlier than the last one that it wrote down, and an answer of the
server, which takes no request of another time, proves the machine's own clock.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from gatehouse.clock import Clock, monotonic_s
from gatehouse.domain.offline import Contact
from gatehouse.edge.errors import SpoolFailed
from gatehouse.edge.spool import Spool

log = structlog.get_logger()

TOLERANCE = timedelta(minutes=2)  # a clock that is set right goes back by seconds
FAR = timedelta(days=1100)  # an edge is off for months, not for three years
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)  # older than this program
PROVE_EVERY_S = 60.0


class Touch:
    """When the server was last heard. Safe to call from every thread."""

    def __init__(self, seconds: Callable[[], float] = monotonic_s) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._heard_s = seconds()  # a server that is there answers soon after the start
        self._failing_s: float | None = None
        self.ever = False

    def heard(self) -> None:
        """It told what is new, or that nothing is."""
        with self._lock:
            self._heard_s, self.ever = self._seconds(), True

    def shipped(self) -> None:
        """It took letters."""
        self.heard()
        with self._lock:
            self._failing_s = None

    def not_shipped(self) -> None:
        """It took no letters: a server whose keeper is away still tells that there is no news."""
        with self._lock:
            self._failing_s = self._seconds() if self._failing_s is None else self._failing_s

    def silent_s(self) -> float:
        with self._lock:
            now, failing = self._seconds(), self._failing_s
            return max(now - self._heard_s, 0.0 if failing is None else now - failing)


class SteadyClock:
    """The machine's clock, or the earliest time that it can be while that one shows a time that cannot be."""

    def __init__(self, machine: Clock, newest: datetime | None, seconds: Callable[[], float] = monotonic_s) -> None:
        """`newest` is the last time that was ever written down here."""
        self._machine = machine
        self._seconds = seconds
        self._floor = (max(newest or EARLIEST, EARLIEST), seconds())
        self._knows = newest is not None

    def now(self) -> datetime:
        shown, floor = self._machine.now(), self._earliest()
        return floor if self._cannot_be(shown, floor) else shown

    def is_doubtful(self) -> bool:
        """Whether the machine's clock shows a time that cannot be."""
        return self._cannot_be(self._machine.now(), self._earliest())

    def prove(self) -> datetime:
        """The machine's clock is right now, says a server that is; the answer is that time."""
        shown = self._machine.now()
        self._floor, self._knows = (shown, self._seconds()), True
        return shown

    def _earliest(self) -> datetime:
        at, since_s = self._floor
        return at + timedelta(seconds=self._seconds() - since_s)

    def _cannot_be(self, shown: datetime, floor: datetime) -> bool:
        return shown < floor - TOLERANCE or (self._knows and shown > floor + FAR)


class Surroundings:
    """The edge's contact as its gates ask for it, and who notes it."""

    def __init__(self, clock: SteadyClock, spool: Spool) -> None:
        self.clock = clock
        self.touch = Touch()
        self._spool = spool
        self._proven_s = float("-inf")

    def contact(self) -> Contact:
        return Contact(silent_s=self.touch.silent_s(), clock_doubtful=self.clock.is_doubtful())

    def server_answered(self) -> None:
        """The server answered a request that was signed with the machine's time, so it is within minutes of its own."""
        self.touch.heard()
        doubtful = self.clock.is_doubtful()
        proven = self.clock.prove()
        if not doubtful and monotonic_s() - self._proven_s < PROVE_EVERY_S:
            return
        self._proven_s = monotonic_s()
        try:
            self._spool.time_is(proven)
        except SpoolFailed as fault:
            log.critical("spool.failed", fault=fault.code)
