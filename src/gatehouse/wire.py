"""The versioned letters that an edge and the server send each other, and how they become bytes.

Edge to server: `Letter`, whose body only the keeper can open (HPKE) and whose signature the keeper checks against the
device key that an owner enrolled. Server to edge: `Feed`, whose personal parts the keeper re-sealed to that edge's key.
The server carries both and can read neither. MessagePack on the wire; unknown fields and versions are refused.

    POST /edge/letters     body: encoded list[Letter]            answer: Receipt
    GET  /edge/feed?roster=N&clearances=N&wait=S                 answer: Feed, or 204 when nothing changed in S seconds
    POST /edge/answers     body: encoded Answer                  answer: 204
    header on all          Authorization: Gatehouse <edge id>.<unix seconds>.<base64url Ed25519 signature>
"""

from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

import msgspec
import uuid_utils

from gatehouse.domain.papers import Paper
from gatehouse.domain.policy import Alert, Gate, Permit, Rule, ZoneRules
from gatehouse.domain.schedules import Schedule

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BROKEN = (msgspec.MsgspecError, UnicodeDecodeError)  # the second for text that is no UTF-8

LETTER_FORMAT: Literal[1] = 1
FEED_FORMAT: Literal[1] = 1
LETTERS_PER_BATCH = 200
BODY_LIMIT = 256 * 1024  # bytes of one letter's sealed body
BATCH_LIMIT = 8 * 1024 * 1024

GROUP_LETTERS = 8  # of a group's id in an attempt: enough within one site, and short

LETTER_INFO = b"gatehouse letter/1"  # HPKE info of a letter's body
LETTER_SIGNATURE = b"gatehouse letter signature/1"
FEED_INFO = b"gatehouse feed/1"  # HPKE info of a cell re-sealed to an edge

# Claims of a signed pass (crypto.tokens, kind "pass"): id names the pass, which opens once; sub the person; site the
# site; nbf and exp are Unix seconds.
PASS_KIND = "pass"  # noqa: S105
PASS_CLAIMS = ("id", "sub", "site", "nbf", "exp")
# Claims of a signed receipt (kind "receipt"): id names the receipt, which opens once; stay the stay that it lets out;
# site the site; zone the zone in which the garage's lanes stand; exp, in Unix seconds, the end of the time to leave.
RECEIPT_KIND = "receipt"
RECEIPT_CLAIMS = ("id", "stay", "site", "zone", "exp")


class WireError(ValueError):
    """Bytes that are no letter, feed or receipt of a known version."""


def new_id(at: datetime) -> str:
    """A UUIDv7 for a fact that was received at `at`, so that ids sort by time and partitions can be cut by them."""
    since_epoch = at - _EPOCH
    micros = (since_epoch.days * 86_400 + since_epoch.seconds) * 1_000_000 + since_epoch.microseconds
    return str(uuid_utils.uuid7(nanoseconds=micros * 1000))


# --- bodies: what the keeper finds inside a letter ---------------------------------------------------------------


class Attempt(
    msgspec.Struct, frozen=True, tag="attempt/1", forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """Somebody or something stood at a gate and was answered. Written to the spool before any relay moves. From
    `policy` on: what the answer rests on, so that it can be gone through again."""

    id: str
    gate: str
    at: datetime  # when it was decided
    seen_at: datetime  # when the evidence was captured
    direction: Literal["in", "out"]
    means: str
    subject: str | None = None  # person or vehicle id of the feed; the stay of a receipt
    plate: str | None = None  # normalised; for lanes
    granted: bool
    reason: str
    rule: str | None = None
    policy: int = 0  # number of the published version of the policy
    groups: list[str] = []  # of the person, the first GROUP_LETTERS of each id
    was_in: str | None = None  # the zone that the person was known to be in
    inside: int | None = None  # how many were in the zone that has a limit


class Passage(msgspec.Struct, frozen=True, tag="passage/1", forbid_unknown_fields=True, kw_only=True):
    """Somebody passed after a granted attempt. `sensed` is false where the gate has no sensor: then it is assumed."""

    id: str
    attempt: str
    gate: str
    at: datetime
    direction: Literal["in", "out"]
    means: str
    subject: str | None = None
    plate: str | None = None
    reason: str
    sensed: bool


class GateEvent(msgspec.Struct, frozen=True, tag="event/1", forbid_unknown_fields=True, kw_only=True):
    """Something about the gate itself: not_confirmed, unread (a vehicle stands there whose plate is not certain),
    relay_lost, relay_back, camera_lost, camera_back, forced, held, blocked_leaves (a vehicle of the blocked list is on
    its way out), edge_started, spool_failed (letters could not be written for a while, so the gate stayed shut),
    expired (stands in a letter's place that waited longer than the spool keeps them), muster_read (somebody opened the
    muster list here), pins_locked (too many wrong PINs at a terminal or reader), liveness_locked (a face failed too
    many challenges), terminal_paired (of the terminal whose id stands in `attempt`), reader_lost, reader_back,
    duress (a PIN was typed under threat), passback (somebody came in who is inside), left_alone (one person is alone in
    a zone for two), tamper, unlocked, locked (the door began or ended to stand unlocked). Never about a person."""

    id: str
    gate: str  # "" for the edge itself
    at: datetime
    kind: str
    attempt: str | None = None


class FacePair(msgspec.Struct, frozen=True, tag="faces/1", forbid_unknown_fields=True, kw_only=True):
    """Two enrolled people whose faces the edge cannot tell apart safely. `how` is `same` where they are as near to each
    other as pictures of one person are, else `alike`; no distance leaves the edge. `id` is the same for the same two
    people, whenever this edge finds them (`edge.pairs`)."""

    id: str
    at: datetime
    one: str
    other: str
    how: Literal["same", "alike"]


Body = Attempt | Passage | GateEvent | FacePair


class Letter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`body` is HPKE ciphertext of an encoded Body to the keeper's key with info LETTER_INFO and aad
    `letter_aad(edge, seq)`; `signature` is Ed25519 by the edge's device key over
    LETTER_SIGNATURE + aad + SHA-256(body). `seq` counts from 1 without gaps."""

    format: Literal[1] = LETTER_FORMAT
    edge: str
    seq: int
    body: bytes
    signature: bytes


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The server holds every letter of this edge up to and including `through`; the edge may drop them."""

    through: int


# --- the feed ----------------------------------------------------------------------------------------------------


class PersonEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One enrolled person. The bytes are HPKE to this edge, info FEED_INFO, aad `feed_aad(edge, label, id)`:
    face = encoded FaceTemplates (label face.template/1), card = utf-8 number (credential.card/1),
    pin = utf-8 digits (credential.pin/1), day_card = utf-8 "YYYY-MM-DD number", good on that date of the site in place
    of the card (credential.day_card/1). `brief`, for the muster list and for terminals: staff number and initials
    (person.brief/1), of a visitor the initials (visit.brief/1), who is told by `visit`. `papers`: what a
    worker holds of the papers that a construction site looks at; None where none are."""

    id: str
    groups: list[str]
    starts: datetime | None = None
    ends: datetime | None = None
    face: bytes | None = None
    card: bytes | None = None
    pin: bytes | None = None
    day_card: bytes | None = None
    brief: bytes | None = None
    visit: bool = False
    papers: list[Paper] | None = None


class FaceTemplates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Unit float32 vectors, little-endian, one after another, made by the model `model`."""

    model: str
    size: int
    vectors: bytes


class VehicleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One registered vehicle; plate = utf-8 normalised plate, HPKE to this edge (label vehicle.plate/1).
    `blocked_until` None: for good. Of a visitor's car `visit` is the visit, and the plate is sealed as its
    (label visit.plate/1)."""

    id: str
    plate: bytes
    permits: list[Permit]
    blocked: bool = False
    blocked_until: datetime | None = None
    welcome: list[Permit] = []
    emergency: list[Permit] = []
    visit: str = ""


class ClearanceEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A stay that may leave; plate as in VehicleEntry (label stay.plate/1, aad with the stay's id). A stay with a
    second plate has an entry for each."""

    id: str  # the stay's id
    plate: bytes
    ends: datetime
    alone: bool = False  # no other open stay of its garage looks like it: a plate that looks the same is this one


class DeviceEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What stands at a gate and where it answers: camera (rtsp/http/file URL), relay (driver + URL), reader (driver +
    line) or terminal, a browser that comes by itself and has no address. `secret` is HPKE to this edge (label
    device.secret/1): a password, a reader's key, or how a terminal is paired (`PairingCode`).
    `region` is the part of a camera's picture that is looked at (`domain.regions`), empty for the whole; left out where
    there is none, so that an older edge reads every other device."""

    id: str
    gate: str
    kind: Literal["camera", "relay", "reader", "terminal"]
    driver: str  # "stream" for cameras; "shelly" for relays; "osdp" for readers; "browser" for terminals
    address: str
    secret: bytes | None = None
    region: list[int] = []


class PairingCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Plaintext of a terminal's secret: the code that pairs one browser with it, once, until `ends` (Unix seconds)."""

    code: str
    ends: int


class Roster(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    version: int
    site: str
    zone: str
    gates: list[Gate]
    schedules: list[Schedule]
    rules: list[Rule]
    people: list[PersonEntry]
    vehicles: list[VehicleEntry]
    devices: list[DeviceEntry]
    lease_ends: datetime
    # Whose number plates are expected here: vision's country packs.
    countries: list[str] = msgspec.field(default_factory=lambda: ["CN"])
    dead_passes: list[str] = []  # ids of passes that were taken back before their end
    emergency: list[str] = []  # lanes that vehicles pass whose plates say that they are on duty
    zones: list[ZoneRules] = []
    alert: Alert = Alert.NONE
    policy: int = 0  # number of the published version of gates, schedules, rules and zones
    forgotten: dict[str, datetime] = {}  # by zone: who came before is nowhere
    duress: bool = False  # a PIN whose last digit is one higher opens, and tells of a threat
    zone_names: dict[str, str] = {}  # what zones are called, for the muster list
    papers: list[str] = []  # kinds that everybody must hold to come in: `domain.papers`
    paper_names: dict[str, str] = {}  # what certificates are called, for terminals


class FreedBay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A vehicle that left its bay unseen, by an operator's word at `at`; plate as in VehicleEntry. Carrying it out
    again changes nothing: a bay that was taken or passed into later stays held."""

    vehicle: str
    plate: bytes
    at: Annotated[datetime, msgspec.Meta(tz=True)]


class Clearances(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What changes by the minute. `full`: entries of garages that have no bay for a visitor."""

    version: int
    entries: list[ClearanceEntry]
    full: list[str] = []
    freed: list[FreedBay] = []


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """An order to open one gate once, while it is fresh. Delivered until acknowledged by an Attempt whose id is this
    id; an edge that finds it older than the gate's freshness limit records it and does not act. `plate` is the virtual
    plate (`domain.virtual`) of a vehicle that has none or whose own no camera reads; an edge takes no other. It is left
    out where there is none, so that an older edge reads every other order."""

    id: str
    gate: str
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    plate: str | None = None


# --- what an owner asks an edge while setting up ---------------------------------------------------------------------

# Claims of a question (crypto.tokens, kind "ask"), signed by the keeper for an owner: id names it, site the site; what
# is asked; dev the device that it is about, "" for none; key the public X25519 key (base64url) to which the answer is
# sealed; exp, in Unix seconds, when nobody waits for it any more. Without the keeper's word an edge answers nobody.
ASK_KIND = "ask"
ASK_CLAIMS = ("id", "site", "what", "dev", "key", "exp")
ASK_LOOK, ASK_PULSE, ASK_FIND = "look", "pulse", "find"  # a camera's picture; what a relay does; cameras of the network
ASKED = frozenset({ASK_LOOK, ASK_PULSE, ASK_FIND})
ASK_WAIT_S = 60  # a question is good for so long
ANSWER_INFO = b"gatehouse answer/1"  # HPKE info of an answer, aad `answer_aad(edge, question)`
ANSWER_LIMIT = 1024 * 1024


class Picture(msgspec.Struct, frozen=True, tag="picture/1", forbid_unknown_fields=True, kw_only=True):
    """What a camera shows now, as JPEG."""

    jpeg: bytes


class NoPicture(msgspec.Struct, frozen=True, tag="no_picture/1", forbid_unknown_fields=True, kw_only=True):
    """`why`: a code of `devices.cameras.faults`, or `unknown` for a camera that the edge does not know (yet)."""

    why: str


class Moved(msgspec.Struct, frozen=True, tag="moved/1", forbid_unknown_fields=True, kw_only=True):
    """What was seen at a relay while its gate was opened: whether it answered, whether its output went on, and which of
    its inputs (counted from 0) changed. `why` when nothing moved: refused, lost, no_relay, not_opened."""

    answered: bool
    went_on: bool = False
    changed: list[int] = []
    inputs: int = 0  # how many it has
    why: str = ""


class FoundCamera(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A camera that answered from `host`, and what it says of itself."""

    host: str
    name: str = ""
    model: str = ""


class FoundCameras(msgspec.Struct, frozen=True, tag="found/1", forbid_unknown_fields=True, kw_only=True):
    cameras: list[FoundCamera]


Told = Picture | NoPicture | Moved | FoundCameras


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The answer to the question `id`: an encoded Told, HPKE to the question's key. Sent once, kept nowhere."""

    format: Literal[1] = 1
    id: str
    sealed: bytes


def answer_aad(edge: str, question: str) -> bytes:
    return f"{edge}/{question}".encode()


class Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What changed for one edge; a part that did not change is None. `asked` are questions (`ASK_KIND`), left out where
    there are none, so that an older edge reads the rest."""

    format: Literal[1] = FEED_FORMAT
    roster: Roster | None = None
    clearances: Clearances | None = None
    openings: list[Opening] = []
    asked: list[str] = []


def letter_aad(edge: str, seq: int) -> bytes:
    return f"{edge}/{seq}".encode()


def feed_aad(edge: str, label: str, owner: str) -> bytes:
    return f"{edge}/{label}/{owner}".encode()


_encoder = msgspec.msgpack.Encoder()
T = TypeVar("T")
_body: msgspec.msgpack.Decoder[Body] = msgspec.msgpack.Decoder(Body)
_letters = msgspec.msgpack.Decoder(list[Letter])
_feed = msgspec.msgpack.Decoder(Feed)
_receipt = msgspec.msgpack.Decoder(Receipt)
_templates = msgspec.msgpack.Decoder(FaceTemplates)
_answer = msgspec.msgpack.Decoder(Answer)
_told: msgspec.msgpack.Decoder[Told] = msgspec.msgpack.Decoder(Told)


def encode(value: object) -> bytes:
    return _encoder.encode(value)


def _decoded(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    """Raises WireError."""
    try:
        return decoder.decode(data)
    except _BROKEN as fault:
        raise WireError(str(fault)) from fault


def decode_body(data: bytes) -> Body:
    """Raises WireError."""
    return _decoded(_body, data)


def decode_letters(data: bytes) -> list[Letter]:
    """Raises WireError, also for more than LETTERS_PER_BATCH letters or a body beyond BODY_LIMIT."""
    if len(data) > BATCH_LIMIT:
        raise WireError(f"a batch holds at most {BATCH_LIMIT} bytes")
    letters = _decoded(_letters, data)
    if len(letters) > LETTERS_PER_BATCH or any(len(letter.body) > BODY_LIMIT for letter in letters):
        raise WireError(f"a batch holds at most {LETTERS_PER_BATCH} letters of at most {BODY_LIMIT} bytes")
    return letters


def decode_feed(data: bytes) -> Feed:
    """Raises WireError."""
    return _decoded(_feed, data)


def decode_receipt(data: bytes) -> Receipt:
    """Raises WireError."""
    return _decoded(_receipt, data)


def decode_templates(data: bytes) -> FaceTemplates:
    """Raises WireError."""
    return _decoded(_templates, data)


def decode_answer(data: bytes) -> Answer:
    """Raises WireError."""
    if len(data) > ANSWER_LIMIT:
        raise WireError(f"an answer holds at most {ANSWER_LIMIT} bytes")
    return _decoded(_answer, data)


def decode_told(data: bytes) -> Told:
    """Raises WireError."""
    return _decoded(_told, data)
