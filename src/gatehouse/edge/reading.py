"""One reader's thread: what is shown or typed there becomes an answer of its gate, and a light."""

import threading
from collections.abc import Callable

import structlog

from gatehouse.clock import Clock
from gatehouse.devices.readers.port import Card, Given, Keys, Line, Reader
from gatehouse.domain.decisions import Grant
from gatehouse.domain.sightings import Means, Read
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.pins import Pins
from gatehouse.edge.roster import Knowledge
from gatehouse.wire import new_id

log = structlog.get_logger()


class Reading(threading.Thread):
    """Runs until the reader is closed."""

    def __init__(
        self,
        reader: Reader,
        keeper: Gatekeeper,
        pins: Pins,
        *,
        device: str,
        knowledge: Callable[[], Knowledge],
        clock: Clock,
    ) -> None:
        super().__init__(name=f"reader {keeper.gate}", daemon=True)
        self._reader = reader
        self._keeper = keeper
        self._pins = pins
        self._device = device
        self._knowledge = knowledge
        self._clock = clock

    def run(self) -> None:
        for given in self._reader.given():
            try:
                self._take(given)
            except Exception as fault:  # noqa: BLE001
                # This thread's outermost loop: whatever one card makes it stumble over, the next one is read.
                log.error("reader.failed", gate=self._keeper.gate, fault=type(fault).__name__)

    def _take(self, given: Given) -> None:
        match given:
            case Card(number=number):
                now = self._clock.now()
                holder = self._knowledge().holder_of(number, now)
                self._answer(Read(Means.CARD, now, number, holder, 1.0))
            case Keys(digits=digits):
                self._pin(digits)
            case Line(condition=condition):
                self._keeper.report("reader_lost" if condition == "lost" else "reader_back")

    def _pin(self, digits: str) -> None:
        gate = self._knowledge().policy.gates.get(self._keeper.gate)
        if gate is None or Means.PIN not in gate.means:
            self._reader.tell("refused")
            return
        checked = self._pins.alone(self._device, digits)
        if checked.wait is not None:
            self._reader.tell("refused")
            return
        if checked.locks:
            self._keeper.report("pins_locked")
        now = self._clock.now()
        # As at a terminal, the digits themselves are in no read.
        value = checked.person or new_id(now)
        self._answer(Read(Means.PIN, now, value, checked.person, 1.0, duress=checked.duress))

    def _answer(self, read: Read) -> None:
        told = self._keeper.shown(read)
        self._reader.tell("granted" if told is not None and isinstance(told.answer, Grant) else "refused")
