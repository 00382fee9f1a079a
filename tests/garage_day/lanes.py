"""The edge of one garage: Gatehouse's own gatekeepers, spool, knowledge and link, and barriers that count.

What is not there is the camera's thread: the day says what was read. Time is the town's fast clock, also for how long
the server was not heard.
"""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.garage_day.town import ENTRIES, EXITS, Garage

from gatehouse.clock import ShiftedClock
from gatehouse.devices.relays.port import RelayStatus
from gatehouse.domain.decisions import Decision
from gatehouse.domain.offline import Contact
from gatehouse.domain.plates import normalise
from gatehouse.domain.sightings import Means, Read
from gatehouse.edge import config, uplink
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.knowing import Known
from gatehouse.edge.spool import Spool
from gatehouse.edge.uplink import Link, Listener, ServerAway, Shipper
from gatehouse.wire import Attempt, Body, Feed, Passage

uplink.WAIT_S = 0  # the day asks when something may have changed
uplink.SHORTEST_PAUSE_S = 0.0
BETWEEN = timedelta(seconds=7)  # one car is out of view before the next one is read
TOLD_TWICE = 0.02  # of the answers to letters are lost on the way, so that the letters go again


class Barrier:
    """A relay whose every pulse is counted."""

    def __init__(self) -> None:
        self.pulses = 0

    def pulse(self, seconds: float) -> None:
        self.pulses += 1

    def status(self) -> RelayStatus:
        return RelayStatus(on=False, inputs=(False,))

    def close(self) -> None:
        """Nothing to let go of."""


class WrittenDown(Spool):
    """The spool, which also lets the test read what it writes."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.bodies: list[Body] = []
        self.attempts: list[Attempt] = []
        self.passages: list[Passage] = []

    def append(self, bodies: Sequence[Body], **more: Any) -> bool:
        written = super().append(bodies, **more)
        if written:
            self.bodies.extend(bodies)
            self.attempts.extend(body for body in bodies if isinstance(body, Attempt))
            self.passages.extend(body for body in bodies if isinstance(body, Passage))
        return written


class LossyLink(Link):
    """A link on which an answer gets lost now and then, after the server has done its part; or which is cut."""

    dice: random.Random
    is_cut = False
    sent = lost = 0

    def ask(self, method: str, target: str, body: bytes = b"", *, limit: int) -> bytes | None:
        if self.is_cut:
            raise ServerAway("cut")
        answer = super().ask(method, target, body, limit=limit)
        if method == "POST":
            self.sent += 1
            if self.dice.random() < TOLD_TWICE:
                self.lost += 1
                raise ServerAway("the answer was lost")
        return answer


@dataclass
class Lane:
    """One lane with its gatekeeper; `free_at` is when the next car can be read."""

    code: str
    keeper: Gatekeeper
    barrier: Barrier
    free_at: datetime


@dataclass
class Edge:
    garage: Garage
    clock: ShiftedClock
    seed: int
    lanes: dict[str, Lane] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        settings, keys = config.load(self.garage.home)
        self.spool = WrittenDown(
            config.spool_path(self.garage.home),
            edge=settings.edge,
            keys=keys,
            keeper_seal_key=settings.keeper_seal_key,
        )
        self.known = Known(settings, keys, config.cache_path(self.garage.home), self.clock)
        self.link = LossyLink(settings, keys, self.clock)
        self.link.dice = random.Random(self.seed)
        stop = threading.Event()
        self._shipper = Shipper(self.spool, self.link, stop)
        self._listener = Listener(
            self.link, self.clock, stop, knowledge=self.known.now, learn=self.take_feed, answered=self._heard
        )
        self.heard_at = self.clock.now()

    def close(self) -> None:
        self.link.close()
        self.spool.close()

    def contact(self) -> Contact:
        return Contact(silent_s=(self.clock.now() - self.heard_at).total_seconds())

    def _heard(self) -> None:
        self.heard_at = self.clock.now()

    def take_feed(self, feed: Feed) -> bool:
        """As the service does: knowledge first, then orders."""
        self.known.learn(feed)
        carried_out = False
        for order in feed.openings:
            carried_out |= self.lanes[order.gate].keeper.open_by_hand(order) is not None
        return carried_out or feed.roster is not None or feed.clearances is not None

    def set_up(self) -> None:
        """The first feed, and a gatekeeper for every lane that it names."""
        assert self.talk(), "the server gave no feed"
        now = self.clock.now()
        for code in (*ENTRIES, *EXITS):
            barrier = Barrier()
            keeper = Gatekeeper(
                code,
                spool=self.spool,
                relay=barrier,
                knowledge=self.known.now,
                clock=self.clock,
                contact=self.contact,
            )
            self.lanes[code] = Lane(code, keeper, barrier, now)

    def talk(self) -> bool:
        """Letters out, news in. False when the server could not be used."""
        try:
            while self.spool.waiting():
                self._shipper.step()
            self._listener.step()
        except ServerAway:
            return False
        return True

    def ship_anyhow(self) -> bool:
        """Letters out, some answers lost; whether all are held."""
        for _ in range(30):
            if self.talk():
                return not self.spool.waiting()
        return False

    # --- cars ---

    def lane(self, codes: Sequence[str]) -> Lane:
        """The one of these lanes that is free first."""
        return min((self.lanes[code] for code in codes), key=lambda lane: (lane.free_at, lane.code))

    def look(self, lane: Lane, plate: str) -> Decision | None:
        """One confident read of a plate, as the camera gives it."""
        now = self.clock.now()
        text = normalise(plate)
        subject = self.known.now().plates.get(text)
        lane.free_at = now + BETWEEN
        return lane.keeper.look([Read(Means.PLATE, now, text, subject, 0.99)], now)

    def passes(self, lane: Lane) -> bool:
        """The loop feels somebody."""
        return lane.keeper.sensed(self.clock.now())
