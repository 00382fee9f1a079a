"""A site with a terminal: the whole edge at work in this process, a simulated relay, tablets over real TLS."""

import json
import socket
import threading
import time
from datetime import timedelta

import httpx
import msgspec
import numpy as np
from tests.edge.scenes import portrait
from tests.edge.world import World

from gatehouse.clock import SystemClock
from gatehouse.domain.policy import Direction, Gate, GateKind, Rule
from gatehouse.domain.sightings import Means
from gatehouse.edge import config
from gatehouse.edge.service import Service
from gatehouse.machine import replace_durably
from gatehouse.vision.faces import read_faces, template
from gatehouse.wire import DeviceEntry, PairingCode, PersonEntry

CODE = "K7QX2MPD4R"
WAYS = frozenset({Means.FACE, Means.PASS, Means.CARD, Means.PIN})
LOBBY = Gate("lobby", GateKind.DOOR, Direction.IN, WAYS, has_sensor=True, confirm_s=6)
YARD = Gate("yard", GateKind.DOOR, Direction.IN, frozenset({Means.CARD}), has_sensor=True, confirm_s=6)


def face_of(name):
    return template(read_faces(portrait(name))[:1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TerminalSite:
    """`feed()` is what the server would send; `start()` sets the edge to work with it."""

    def __init__(self, home, relay_address=None):
        self.world = World(home)
        self.world.init()
        self.relay_address = relay_address
        self.port = free_port()
        loaded, _ = self.world.loaded()
        moved = msgspec.structs.replace(loaded, terminals=f"127.0.0.1:{self.port}")
        replace_durably(config.folder(home) / "edge.json", msgspec.json.encode(moved))
        self.url = f"https://127.0.0.1:{self.port}"
        self.version = 0
        self.service = None
        self.thread = None
        self.tablets = []
        self.terminals = {}

    def terminal(self, own="terminal-1", gate="lobby", code=CODE, ends=None):
        if (own, gate, code, ends) not in self.terminals:
            self.terminals[own, gate, code, ends] = self._terminal(own, gate, code, ends)
        return self.terminals[own, gate, code, ends]

    def _terminal(self, own, gate, code, ends):
        ends = ends or SystemClock().now() + timedelta(minutes=10)
        secret = msgspec.json.encode(PairingCode(code=code, ends=int(ends.timestamp())))
        sealed = self.world.cell(secret, "device.secret/1", own)
        return DeviceEntry(id=own, gate=gate, kind="terminal", driver="browser", address="", secret=sealed)

    def person(self, own, *, number, initials="", card=None, pin=None, face=None, day_card=None, groups=("staff",)):
        def cell(text, label):
            return None if text is None else self.world.cell(text.encode(), label, own)

        made: PersonEntry = self.world.person(own, card=card, face=face, groups=groups)
        return msgspec.structs.replace(
            made,
            pin=cell(pin, "credential.pin/1"),
            day_card=cell(day_card, "credential.day_card/1"),
            brief=cell(f"{number} {initials}", "person.brief/1"),
        )

    def people(self):
        return [
            self.person(
                "ada", number="104", initials="AL", card="4711000", pin="2468", face=face_of("grace_hopper.jpg")
            ),
            self.person("bo", number="105", initials="BM", card="4712000", pin="1357"),
            self.person("cy", number="106", initials="CN", card="4713000", pin="9999", groups=("nobody",)),
        ]

    def feed(self, *, devices=None, people=None, gates=(LOBBY, YARD), rules=None):
        self.version += 1
        stands = [self.terminal()] if devices is None else list(devices)
        if self.relay_address is not None:
            stands.append(self.world.relay("lobby", self.relay_address))
        return self.world.feed(
            version=self.version,
            gates=list(gates),
            rules=rules or [Rule("rule-1", frozenset({"staff"}), frozenset({"lobby", "yard"}))],
            people=self.people() if people is None else people,
            vehicles=[],
            devices=stands,
            lease_ends=SystemClock().now() + timedelta(hours=72),
        )

    def start(self, feed=None):
        self.service = Service(self.world.home, SystemClock())
        self.service.known.learn(feed or self.feed())
        self.thread = threading.Thread(target=self.service.run, daemon=True)
        self.thread.start()
        self.until(self._answers)
        return self

    def learn(self, feed):
        """The server told something new."""
        self.service.known.learn(feed)

    def _answers(self):
        try:
            return httpx.get(self.url, verify=False, timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    @staticmethod
    def until(true, within_s=20.0):
        ends = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < ends, "it did not happen in time"
            time.sleep(0.02)

    def bodies(self):
        """Everything that was written, as the keeper would open it."""
        return self.world.bodies(self.service.spool)

    def stop(self):
        while self.tablets:
            self.tablets.pop().close()
        if self.service is not None:
            self.service.stop.set()
            self.service.known.changed.set()
            self.thread.join(15)
            self.service = None


class Tablet:
    """A browser's requests without the browser."""

    def __init__(self, site):
        self.url = site.url
        self.client = httpx.Client(base_url=site.url, verify=False, headers={"Origin": site.url}, timeout=20)
        self.session = ""
        self.number = 0
        site.tablets.append(self.client)

    def pair(self, code=CODE):
        return self.client.post("/pair", json={"code": code})

    def begin(self):
        answer = self.client.post("/begin")
        if answer.status_code == 200:
            self.session, self.number = answer.json()["session"], 0
        return answer

    def post(self, path, body, *, number=None, session=None):
        self.number = self.number + 1 if number is None else number
        headers = {"X-Session": session or self.session, "X-Number": str(self.number)}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, content=content, headers=headers)

    def card(self, number):
        return self.post("/card", {"number": number})

    def pin(self, number, pin):
        return self.post("/pin", {"number": number, "pin": pin})

    def look(self, jpeg):
        return self.post("/look", jpeg)

    def paired(self):
        assert self.pair().status_code == 200
        assert self.begin().status_code == 200
        return self


def noisy(picture, seed):
    """The same scene a moment later: no camera takes one picture twice."""
    noise = np.random.default_rng(seed).normal(0, 3, picture.shape)
    return np.clip(picture.astype(float) + noise, 0, 255).astype(np.uint8)
