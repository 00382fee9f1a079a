"""The world of the server's tests: a site, its gates, and an edge that seals and signs real letters."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from gatehouse import wire
from gatehouse.clock import Clock
from gatehouse.crypto.letters import hpke_open, seal_letter
from gatehouse.crypto.signing import new_device_keys, sign_request
from gatehouse.domain import policy
from gatehouse.domain.sightings import Means
from gatehouse.keeper.client import Client
from gatehouse.keeper.local import enrol_edge, invite_operator
from gatehouse.keeper.protocol import Authority, Role
from gatehouse.server import intake
from gatehouse.server.accounts.actions import add_operator, sign_in
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import add_edge, add_gate
from gatehouse.server.parking.actions import add_garage, add_tariff
from gatehouse.server.parking.models import Tariff
from gatehouse.server.people.actions import Facts, add_group, add_site, add_zone, hire_person
from gatehouse.server.people.models import SiteType

SETUP = By.job("setup")
ZONE = "Asia/Shanghai"
# 30 minutes free of charge when not stayed longer, then 5 yuan for every started hour.
TARIFF = {
    "name": "city",
    "zone": ZONE,
    "currency": "CNY",
    "versions": [
        {"grace_min": 30, "blocks": {"length_min": 60, "rules": [{"code": "hour", "price": 500}]}},
    ],
}
_DOOR = policy.Gate(
    "door", policy.GateKind.DOOR, policy.Direction.BOTH, frozenset({Means.FACE, Means.CARD, Means.PASS})
)
_IN = policy.Gate("in", policy.GateKind.LANE, policy.Direction.IN, frozenset({Means.PLATE}), admits_unknown=True)
_OUT = policy.Gate("out", policy.GateKind.LANE, policy.Direction.OUT, frozenset({Means.PLATE}), collects=True)


def overtake(monkeypatch, where, name, work) -> None:
    """Once, between what `where.name` answers and what its caller makes of it, somebody else does `work`."""
    inner = getattr(where, name)

    def answer_and_be_overtaken(*args):
        found = inner(*args)
        monkeypatch.setattr(where, name, inner)
        work()
        return found

    monkeypatch.setattr(where, name, answer_and_be_overtaken)


def reprice(tariff, versions) -> None:
    """Other prices from the beginning on, as no action allows: written past them."""
    Tariff.objects.filter(pk=tariff.pk).update(versions=versions)
    tariff.refresh_from_db()


class EdgeSim:
    """Makes letters as an edge does; a test says what they tell and in which order they arrive."""

    def __init__(self, edge_id: str, seal_key: bytes) -> None:
        self.id = edge_id
        self.keys = new_device_keys()
        self.seq = 0
        self._seal_key = seal_key

    def letter(self, body: wire.Body) -> wire.Letter:
        self.seq += 1
        return self.letter_numbered(self.seq, wire.encode(body))

    def letter_numbered(self, seq: int, body: bytes) -> wire.Letter:
        aad = wire.letter_aad(self.id, seq)
        sealed, signature = seal_letter(
            body,
            info=wire.LETTER_INFO,
            aad=aad,
            context=wire.LETTER_SIGNATURE,
            seal_key=self._seal_key,
            sign_key=self.keys.sign_key,
        )
        return wire.Letter(edge=self.id, seq=seq, body=sealed, signature=signature)

    def sign(self, now: datetime, method: str, target: str, body: bytes = b"") -> str:
        at_s = int(now.timestamp())
        return sign_request(self.keys.sign_key, edge=self.id, at_s=at_s, method=method, target=target, body=body)

    def open(self, label: str, owner: str, sealed: bytes) -> bytes:
        """A part of the feed that was sealed to this edge."""
        aad = wire.feed_aad(self.id, label, owner)
        return hpke_open(sealed, info=wire.FEED_INFO, aad=aad, private_key=self.keys.seal_key)


class World:
    def __init__(self, home: Path, keeper: Client, clock: Clock) -> None:
        self.home, self.keeper, self.clock = home, keeper, clock
        now = clock.now()
        self.site = add_site("works", "Northgate", SiteType.WORKPLACE, zone=ZONE, currency="CNY", by=SETUP, at=now)
        self.group = add_group(self.site, "Staff", by=SETUP, at=now)
        self.door = add_gate(self.site, _DOOR, "Door", counts_attendance=True, by=SETUP, at=now)
        zone = add_zone(self.site, "garage", "Garage", by=SETUP, at=now)
        self.lane_in = add_gate(self.site, _IN, "Entry", zone=zone, by=SETUP, at=now)
        self.lane_out = add_gate(self.site, _OUT, "Exit", zone=zone, by=SETUP, at=now)
        tariff = add_tariff(self.site, "city", TARIFF, by=SETUP, at=now)
        self.garage = add_garage(self.site, zone, "main", "Garage", tariff, by=SETUP, at=now)
        self.sim = EdgeSim(f"edge-{uuid4().hex[:8]}", keeper.hello().seal_key)
        enrol_edge(home, self.sim.id, str(self.site.pk), ZONE, self.sim.keys.public())
        self.edge = add_edge(self.sim.id, self.site, self.sim.keys.public().sign_key, by=SETUP, at=now)

    def now(self) -> datetime:
        return self.clock.now()

    def operator(self, role: Role) -> By:
        """Somebody who has signed in with a one-time code."""
        if role is Role.OWNER:
            operator = add_operator(f"op-{uuid4().hex[:8]}", role, by=SETUP, at=self.now())
            code = invite_operator(self.home, str(operator.pk), role)
        else:
            operator = add_operator(f"op-{uuid4().hex[:8]}", role, by=SETUP, at=self.now())
            code = self.keeper.invite(str(operator.pk), role, self.operator(Role.OWNER).authority)
        entered = sign_in(code)
        assert hasattr(entered, "token"), entered
        return By(str(operator.pk), Authority(ticket=entered.token))

    def hire(self, number: str = "S-1", name: str = "Lin Moss"):
        return hire_person(self.site, Facts(number=number, name=name), groups=[self.group], by=SETUP, at=self.now())

    # --- what edges tell ---

    def attempt(self, gate="door", *, granted=True, reason="rule", at=None, subject=None, plate=None, direction="in"):
        at = at or self.now()
        return wire.Attempt(
            id=wire.new_id(at), gate=gate, at=at, seen_at=at, direction=direction,
            means="plate" if plate else "face", subject=subject, plate=plate, granted=granted, reason=reason,
        )  # fmt: skip

    def passage(self, gate="door", *, reason="rule", at=None, subject=None, plate=None, direction="in"):
        at = at or self.now()
        return wire.Passage(
            id=wire.new_id(at), attempt=wire.new_id(at), gate=gate, at=at, direction=direction,
            means="plate" if plate else "face", subject=subject, plate=plate, reason=reason, sensed=True,
        )  # fmt: skip

    def enters(self, plate: str, at: datetime | None = None):
        return self.passage("in", reason="visitor", at=at, plate=plate)

    def leaves(self, plate: str, at: datetime | None = None):
        return self.passage("out", reason="cleared", at=at, plate=plate, direction="out")

    def receive(self, letters: Sequence[wire.Letter]) -> int:
        return intake.receive(self.edge, letters, now=self.now()).through

    def tell(self, *bodies: wire.Body) -> int:
        """Seal, sign and deliver these facts."""
        return self.receive([self.sim.letter(body) for body in bodies])

    def ago(self, **length: float) -> datetime:
        return self.now() - timedelta(**length)
