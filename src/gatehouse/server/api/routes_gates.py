"""Gates, what stands at them, what they last did, and the edges that run them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import AfterValidator, Field

from gatehouse.domain.liveness import Liveness
from gatehouse.domain.offline import CameraLost, ServerAway
from gatehouse.domain.policy import Direction, GateKind
from gatehouse.domain.policy import Gate as GateFact
from gatehouse.domain.sightings import Means
from gatehouse.server import bus, moment
from gatehouse.server.api import reach
from gatehouse.server.api.access import caller, route
from gatehouse.server.api.errors import Invalid, Problem, must
from gatehouse.server.api.shapes import Answer, Code, Flag, Key, Long, Made, Name, Seconds, Shape, Text, unique
from gatehouse.server.gates import actions, enrolment, queries
from gatehouse.server.gates.addresses import check_address
from gatehouse.server.gates.models import DeviceKind, Gate
from gatehouse.server.parking.lane_acts import OpeningError, Why, open_lane
from gatehouse.server.portal.display import display_address

router = Router(tags=["gates"])


class NewGate(Shape):
    """`zone` is a zone's id; a lane of a garage stands in the garage's zone. Times in seconds."""

    code: Code
    name: Name
    kind: GateKind
    direction: Direction
    means: Annotated[list[Means], Field(min_length=1, max_length=len(Means)), AfterValidator(unique)]
    zone: UUID | None = None
    open_s: Seconds = 3.0
    confirm_s: Seconds = 15.0
    freshness_s: Seconds = 10.0
    admits_unknown: Flag = False
    collects: Flag = False
    has_sensor: Flag = False
    server_away: ServerAway = ServerAway.BY_LANE
    server_away_s: Annotated[float, Field(strict=True, ge=60, le=3600, allow_inf_nan=False)] = 120.0
    camera_lost: CameraLost = CameraLost.BY_LANE
    liveness: Liveness = Liveness.NONE
    counts_attendance: Flag = False


@route(router, "POST", "/sites/{uuid:site_id}/gates", response={201: Made})
def add_gate(request: HttpRequest, site_id: UUID, body: NewGate) -> Made:
    site = reach.site(request, site_id)
    fact = GateFact(
        code=body.code,
        kind=body.kind,
        direction=body.direction,
        means=frozenset(body.means),
        open_s=body.open_s,
        confirm_s=body.confirm_s,
        freshness_s=body.freshness_s,
        admits_unknown=body.admits_unknown,
        collects=body.collects,
        has_sensor=body.has_sensor,
        server_away=body.server_away,
        server_away_s=body.server_away_s,
        camera_lost=body.camera_lost,
        liveness=body.liveness,
    )
    gate = actions.add_gate(
        site,
        fact,
        body.name,
        zone=reach.zone(site, body.zone) if body.zone else None,
        counts_attendance=body.counts_attendance,
        by=caller(request).by,
        at=moment.now(),
    )
    return Made(id=gate.pk)


class Last(Answer):
    """What the gate did last, since the server started: granted, refused, passed, or an event's kind."""

    at: datetime | None
    outcome: str
    reason: str
    means: str


class Alarm(Made):
    at: datetime
    kind: str


class GateRow(Made):
    code: str
    name: str
    kind: GateKind
    direction: Direction
    means: list[str]
    mode: str
    server_away: ServerAway
    server_away_s: float
    camera_lost: CameraLost
    liveness: Liveness
    zone: UUID | None
    counts_attendance: bool
    display: str | None  # path of the exit display of a lane that collects
    last: Last
    alarms: list[Alarm]


@route(router, "GET", "/sites/{uuid:site_id}/gates", response=list[GateRow])
def list_gates(request: HttpRequest, site_id: UUID) -> list[GateRow]:
    """Every gate with what it did last and the alarms that nobody has seen yet."""
    site = reach.site(request, site_id)
    alarms: dict[str, list[Alarm]] = {}
    for alarm in queries.unseen_alarms([site])[:500]:
        alarms.setdefault(alarm.gate, []).append(Alarm(id=alarm.pk, at=alarm.at, kind=alarm.kind))
    return [_row(gate, alarms.get(gate.code, [])) for gate in queries.gates([site])]


def _row(gate: Gate, alarms: list[Alarm]) -> GateRow:
    tile = bus.tile(gate.site_id, gate.code)
    return GateRow(
        id=gate.pk,
        code=gate.code,
        name=gate.name,
        kind=GateKind(gate.kind),
        direction=Direction(gate.direction),
        means=gate.means,
        mode=gate.mode,
        server_away=ServerAway(gate.server_away),
        server_away_s=gate.server_away_s,
        camera_lost=CameraLost(gate.camera_lost),
        liveness=Liveness(gate.liveness),
        zone=gate.zone_id,
        counts_attendance=gate.counts_attendance,
        display=display_address(gate) if gate.collects else None,
        last=Last(at=tile.at, outcome=tile.outcome, reason=tile.reason, means=tile.means),
        alarms=alarms,
    )


class NewDevice(Shape):
    """A camera, relay or reader as the edge reaches it. A password goes into `secret`, never into `address`."""

    kind: Literal["camera", "relay", "reader"]
    driver: Code
    address: Annotated[Text, Field(min_length=1, max_length=200)]
    secret: Annotated[Text, Field(max_length=200)] = ""


@route(router, "POST", "/gates/{uuid:gate_id}/devices", response={201: Made})
def add_device(request: HttpRequest, gate_id: UUID, body: NewDevice) -> Made:
    gate = reach.gate(request, gate_id)
    code = check_address(body.kind, body.driver, body.address)
    if code is not None:
        raise Invalid("driver" if code == "unknown_driver" else "address", code)
    device = actions.add_device(
        gate,
        DeviceKind(body.kind),
        body.driver,
        body.address,
        secret=body.secret,
        by=caller(request).by,
        at=moment.now(),
    )
    return Made(id=device.pk)


class Order(Shape):
    reason: Annotated[Long, Field(min_length=1)]


@route(router, "POST", "/gates/{uuid:gate_id}/open", response={202: Made})
def open_gate(request: HttpRequest, gate_id: UUID, body: Order) -> Made:
    """Order one opening. The edge acts on it while it is fresh; its attempt will carry the answered id."""
    gate = reach.gate(request, gate_id)
    try:
        return Made(id=open_lane(gate, Why.OTHER, body.reason, by=caller(request).by, at=moment.now()).pk)
    except OpeningError as fault:
        raise Invalid("reason", fault.code) from fault


class NewEdge(Shape):
    """An edge's public keys, raw 32 bytes as base64: Ed25519 and X25519."""

    edge: Annotated[Text, Field(min_length=1, max_length=36, pattern=r"^[A-Za-z0-9_-]+$")]
    sign_key: Key
    seal_key: Key


class KeeperKeys(Answer):
    """The keeper's public keys, which the edge pins; base64."""

    edge: str
    keeper_seal_key: str
    keeper_verify_key: str


class EdgeRow(Answer):
    edge: str
    active: bool
    last_seq: int


@route(router, "GET", "/sites/{uuid:site_id}/edges", response=list[EdgeRow])
def list_edges(request: HttpRequest, site_id: UUID) -> list[EdgeRow]:
    found = queries.edges([reach.site(request, site_id)])
    return [EdgeRow(edge=edge.pk, active=edge.active, last_seq=edge.last_seq) for edge in found]


@route(router, "POST", "/sites/{uuid:site_id}/edges", response={201: KeeperKeys})
def enrol_edge(request: HttpRequest, site_id: UUID, body: NewEdge) -> KeeperKeys:
    """Enrol an edge at the keeper by the caller's own ticket, and let it speak to this server."""
    site = reach.site(request, site_id)
    keys = enrolment.Keys(sign=body.sign_key, seal=body.seal_key)
    done = must(enrolment.enrol_edge(body.edge, site, keys, by=caller(request).by, at=moment.now()))
    if isinstance(done, enrolment.Taken):
        raise Problem(409, "exists", "An edge of this id stands at another site.")
    return KeeperKeys(edge=body.edge, keeper_seal_key=done.seal_key_text, keeper_verify_key=done.verify_key_text)
