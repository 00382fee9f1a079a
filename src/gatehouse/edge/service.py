"""The edge as a process: every gate of one site at work, with or without a server, until it is told to
stop."""

import signal
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType

import structlog

from gatehouse.clock import Clock, monotonic_s
from gatehouse.devices.cameras.port import Camera, Condition
from gatehouse.devices.catalog import open_camera, open_reader, open_relay
from gatehouse.devices.errors import UnknownDriver
from gatehouse.devices.readers.port import Reader
from gatehouse.devices.relays.port import Relay
from gatehouse.domain.decisions import Grant
from gatehouse.domain.policy import Gate
from gatehouse.edge import config, logs, status
from gatehouse.edge.asked import Asked
from gatehouse.edge.attendant import Attendant
from gatehouse.edge.contact import SteadyClock, Surroundings
from gatehouse.edge.errors import SpoolFailed
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.inside import Inside, WatchedSpool
from gatehouse.edge.knowing import Known
from gatehouse.edge.looking import Looker
from gatehouse.edge.muster_server import Assembly
from gatehouse.edge.pairs import Pairs
from gatehouse.edge.presence import Presence
from gatehouse.edge.reading import Reading
from gatehouse.edge.roster import Device
from gatehouse.edge.terminals.serving import Terminals
from gatehouse.edge.uplink import Link, Listener, Shipper
from gatehouse.edge.watcher import Watcher
from gatehouse.machine import leave_no_core
from gatehouse.wire import Feed, GateEvent, Opening, new_id

log = structlog.get_logger()

# How often it is looked after that every thread lives, and that nothing is kept too long.
ROUND_S = 1.0
EXPIRE_EVERY_S = 600.0
CLOCK_SET = timedelta(minutes=1)
# A gate whose thread died is set up again after this: at once would be a storm where a model is missing.
REST_S = 5.0


@dataclass(slots=True)
class Post:
    """One gate at work: its devices and threads. Replaced whole when the gate's devices change."""

    devices: tuple[Device, ...]
    keeper: Gatekeeper
    relay: Relay | None
    cameras: tuple[Camera, ...]
    watchers: list[Watcher]
    attendant: Attendant
    readers: tuple[Reader, ...] = ()
    readings: tuple[Reading, ...] = ()
    by_device: dict[str, Camera] = field(default_factory=dict)

    def stop(self) -> None:
        self.attendant.stop()
        for camera in self.cameras:
            camera.close()
        for reader in self.readers:
            reader.close()
        for thread in (*self.watchers, *self.readings, self.attendant):
            thread.join(5.0)
        if self.relay is not None:
            self.relay.close()

    def lives(self) -> bool:
        """False when a thread died; one whose camera has no more to show, as a recording, has done its
        work."""
        watched = zip(self.watchers, self.cameras, strict=True)
        rest = (self.attendant, *self.readings)
        return all(thread.is_alive() for thread in rest) and all(
            watcher.is_alive() or camera.state().condition is Condition.ENDED for watcher, camera in watched
        )


class Service:
    """One site's edge. `run` blocks until `stop` is set."""

    def __init__(self, home: Path, clock: Clock) -> None:
        """Raises NotInitialised, UnsafeKey, SpoolFailed, AlreadyRunning."""
        self.config, keys = config.load(home)
        self._only = config.claim(home)
        self.stop = threading.Event()
        self.spool = WatchedSpool(
            config.spool_path(home),
            edge=self.config.edge,
            keys=keys,
            keeper_seal_key=self.config.keeper_seal_key,
        )
        self.inside = self.spool.inside = Inside(home, keys)
        self.clock = SteadyClock(clock, self.spool.newest())
        self.assembly = Assembly(home, self.clock, self.spool, live=self.inside.seen)
        self.around = Surroundings(self.clock, self.spool)
        self.presence = Presence(*self.spool.places())
        self.known = Known(self.config, keys, config.cache_path(home), self.clock)
        self._told = status.Teller(home, self.clock, self.around)
        self.pairs = Pairs(keys.seal_key)
        self.posts: dict[str, Post] = {}
        # The first look comes after a while, so that a server that is there gets the letters of an edge that was off.
        self._expired_s = monotonic_s()
        self._clock_began = self.clock.now() - timedelta(seconds=self._expired_s)
        self._rests_until_s: dict[str, float] = {}
        self._before: dict[str, Post] = {}  # of gates that are being set up anew
        self.terminals = Terminals(home, self.config, self.clock, knowledge=self.known.now, keeper=self._keeper_of)
        # Requests carry the machine's own time: only a server that takes it proves it.
        self._link = Link(self.config, keys, clock)
        self._asked = Asked(self.config, self._link, self.clock, self)

    def run(self) -> None:
        """Gates first, then the server: what is in the cache works at once."""
        self.known.recall()
        self.presence.forget(self.known.now().forgotten)
        self._say_started()
        shipper = Shipper(self.spool, self._link, self.stop, self.around.touch)
        listener = Listener(
            self._link,
            self.clock,
            self.stop,
            knowledge=self.known.now,
            learn=self.take_feed,
            answered=self.around.server_answered,
        )
        self._reconcile()
        shipper.start()
        listener.start()
        try:
            while not self.stop.is_set():
                if self.known.changed.wait(ROUND_S):
                    self.known.changed.clear()
                self._reconcile()
                self.terminals.keep()
                self._expire()
                self._tell_pairs()
                self._told.tell(self.posts, self.known, self.spool)
                gates = self.known.now().policy.gates
                self.inside.keep({code: gate.stands_in for code, gate in gates.items()}, self.clock.now())
                self.assembly.tend()
        finally:
            self.stop.set()
            self.terminals.stop()
            for post in self.posts.values():
                post.stop()
            # A feed request may be held open for long; the thread dies with the process.
            shipper.join(2.0)
            self._link.close()
            self.assembly.close()
            self.spool.close()
            self._only.close()
            log.info("edge.stopped")

    def take_feed(self, feed: Feed) -> bool:
        """What came from the server: knowledge first, then orders. True when anything was new."""
        self.known.learn(feed)
        self.presence.forget(self.known.now().forgotten)
        self._free_bays()
        watched = self._asked.take(feed.asked, {order.id: order for order in feed.openings})
        carried_out = bool(watched)
        for order in feed.openings:
            if order.id in watched:
                continue
            post = self.posts.get(order.gate)
            if post is not None:
                carried_out |= post.keeper.open_by_hand(order) is not None
        return carried_out or feed.roster is not None or feed.clearances is not None

    # --- what a question is about (`edge.asked.Places`) --------------------------------------------------------

    def camera(self, device: str) -> Camera | None:
        posts = list(self.posts.values())
        return next((post.by_device[device] for post in posts if device in post.by_device), None)

    def relay(self, device: str) -> Relay | None:
        posts = list(self.posts.values())
        return next((post.relay for post in posts if any(one.id == device for one in post.devices)), None)

    def open(self, order: Opening) -> bool:
        keeper = self._keeper_of(order.gate)
        return keeper is not None and isinstance(keeper.open_by_hand(order), Grant)

    def open_s(self, order: Opening) -> float:
        gate = self.known.now().policy.gates.get(order.gate)
        return 0.0 if gate is None else gate.open_s

    def _keeper_of(self, gate: str) -> Gatekeeper | None:
        post = self.posts.get(gate)
        return None if post is None else post.keeper

    def _free_bays(self) -> None:
        """Told anew with every change until it is days old, so a disk that does not take it now does so later."""
        freed = self.known.now().freed
        try:
            if freed:
                self.spool.free_bays(freed)
        except SpoolFailed as fault:
            log.critical("spool.failed", fault=fault.code)

    def _say_started(self) -> None:
        now = self.clock.now()
        try:
            self.spool.append([GateEvent(id=new_id(now), gate="", at=now, kind="edge_started")], at=now)
        except SpoolFailed as fault:
            log.critical("spool.failed", fault=fault.code)
        log.info("edge.started")

    def _tell_pairs(self) -> None:
        """Whom the edge cannot tell apart; a disk that does not take it is tried again at the next round."""
        fresh = self.pairs.untold(self.known.now().alike, self.clock.now())
        try:
            if fresh:
                self.spool.append(fresh, at=self.clock.now())
                self.pairs.told(fresh)
        except SpoolFailed as fault:
            log.critical("spool.failed", fault=fault.code)

    def _expire(self) -> None:
        set_by = self.clock.now() - timedelta(seconds=monotonic_s()) - self._clock_began
        if abs(set_by) > CLOCK_SET:
            # A clock that was just set right makes letters of the last hour look a year old.
            self._clock_began += set_by
            self._expired_s = monotonic_s()
        if monotonic_s() - self._expired_s < EXPIRE_EVERY_S:
            return
        try:
            lost = self.spool.expire(self.clock.now())
        except SpoolFailed as fault:
            log.critical("spool.failed", fault=fault.code)
            return
        if lost:
            log.error("spool.expired", count=lost)
        else:
            self._expired_s = monotonic_s()

    # --- posts ----------------------------------------------------------------------------------------------

    def _reconcile(self) -> None:
        """A post for every gate of the policy, none for others; a post whose thread died is set up again."""
        known = self.known.now()
        for code in [code for code in self.posts if code not in known.policy.gates]:
            self.posts.pop(code).stop()
            self._before.pop(code, None)
        for code, gate in known.policy.gates.items():
            # A terminal is a browser that comes by itself: the gate is not set up anew for one.
            devices = tuple(device for device in known.devices if device.gate == code and device.kind != "terminal")
            post = self.posts.get(code)
            if post is not None and post.devices == devices and post.lives():
                continue
            if post is not None:
                self.posts.pop(code).stop()
                self._before[code] = post
                if post.devices == devices:
                    log.error("gate.died", gate=code)
                    self._rests_until_s[code] = monotonic_s() + REST_S
            if monotonic_s() >= self._rests_until_s.get(code, 0.0):
                self._set_up(gate, devices)

    def _set_up(self, gate: Gate, devices: tuple[Device, ...]) -> None:
        relay = self._relay(devices)
        before = self._before.get(gate.code)
        try:
            keeper = Gatekeeper(
                gate.code,
                spool=self.spool,
                relay=relay,
                knowledge=self.known.now,
                clock=self.clock,
                contact=self.around.contact,
                after=None if before is None else before.keeper,
                presence=self.presence,
            )
        except SpoolFailed as fault:
            log.critical("spool.failed", gate=gate.code, fault=fault.code)
            return
        eyes = self._cameras(devices)
        cameras = tuple(camera for _, camera in eyes)
        watchers = [self._watcher(device, camera, keeper) for device, camera in eyes]
        attendant = Attendant(
            keeper,
            gate=lambda: self.known.now().policy.gates.get(gate.code),
            relay=relay,
            cameras=cameras,
            clock=self.clock,
            lost=before is not None and before.attendant.misses_a_camera(),
        )
        self._before.pop(gate.code, None)
        opened = self._readers(devices)
        readings = tuple(self._reading(device, reader, keeper) for device, reader in opened)
        readers = tuple(reader for _, reader in opened)
        by_device = {device.id: camera for device, camera in eyes}
        self.posts[gate.code] = Post(devices, keeper, relay, cameras, watchers, attendant, readers, readings, by_device)
        for thread in (*watchers, *readings, attendant):
            thread.start()
        log.info("gate.set_up", gate=gate.code, count=len(cameras))

    def _watcher(self, device: Device, camera: Camera, keeper: Gatekeeper) -> Watcher:
        looker = Looker(self.config.site, self.config.keeper_verify_key)
        return Watcher(camera, keeper, looker, knowledge=self.known.now, region=device.region)

    def _relay(self, devices: tuple[Device, ...]) -> Relay | None:
        for device in devices:
            if device.kind == "relay":
                try:
                    return open_relay(device.driver, device.address, device.secret)
                except UnknownDriver as fault:
                    log.error("device.unknown", device=device.id, gate=device.gate, fault=fault.code)
        return None

    def _reading(self, device: Device, reader: Reader, keeper: Gatekeeper) -> Reading:
        pins = self.terminals.pins
        return Reading(reader, keeper, pins, device=device.id, knowledge=self.known.now, clock=self.clock)

    def _readers(self, devices: tuple[Device, ...]) -> list[tuple[Device, Reader]]:
        readers = []
        for device in devices:
            if device.kind == "reader":
                try:
                    readers.append((device, open_reader(device.driver, device.address, device.secret)))
                except UnknownDriver as fault:
                    log.error("device.unknown", device=device.id, gate=device.gate, fault=fault.code)
        return readers

    def _cameras(self, devices: tuple[Device, ...]) -> list[tuple[Device, Camera]]:
        cameras = []
        for device in devices:
            if device.kind == "camera":
                try:
                    cameras.append((device, open_camera(device.driver, device.address, device.secret, self.clock)))
                except UnknownDriver as fault:
                    log.error("device.unknown", device=device.id, gate=device.gate, fault=fault.code)
        return cameras


def run(home: Path, clock: Clock) -> None:
    """The edge of `home` until SIGTERM or SIGINT. Raises NotInitialised, UnsafeKey, SpoolFailed,
    AlreadyRunning."""
    leave_no_core()
    service = Service(home, clock)
    logs.configure(service.config.edge)

    def told_to_stop(_: int, __: FrameType | None) -> None:
        service.stop.set()
        service.known.changed.set()

    signal.signal(signal.SIGTERM, told_to_stop)
    signal.signal(signal.SIGINT, told_to_stop)
    service.run()
