"""What an owner asks this edge while setting up: a camera's picture, what a relay does, which cameras there are.

A question is answered only with the keeper's signature on it, for this site, in time and once; the answer is sealed to
the key that the question names and kept nowhere. A question never moves anything: the gate is opened by the order that
comes with it, as ever (`Gatekeeper.open_by_hand`), and the relay is only watched meanwhile.
"""

import base64
import binascii
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from gatehouse.clock import Clock, monotonic_s
from gatehouse.crypto.letters import hpke_seal
from gatehouse.crypto.tokens import Token, check
from gatehouse.devices.cameras.discovery import Discovered, discover
from gatehouse.devices.cameras.faults import why_lost
from gatehouse.devices.cameras.port import Camera, Condition
from gatehouse.devices.errors import RelayLost, RelayRefused
from gatehouse.devices.relays.port import Relay, RelayStatus
from gatehouse.edge.config import EdgeConfig
from gatehouse.edge.uplink import ServerAway
from gatehouse.vision.errors import BadFrame
from gatehouse.vision.frames import to_jpeg
from gatehouse.wire import (
    ANSWER_INFO,
    ANSWER_LIMIT,
    ASK_FIND,
    ASK_KIND,
    ASK_LOOK,
    ASK_PULSE,
    Answer,
    FoundCamera,
    FoundCameras,
    Moved,
    NoPicture,
    Opening,
    Picture,
    Told,
    answer_aad,
    encode,
)

log = structlog.get_logger()

PICTURE_PX = 1280
LOOK_WITHIN_S = 15.0  # a new camera connects first, one that is not there says so within its patience
CHANGED_WITHIN_S = 3.0  # one whose address was just changed is set up anew within this
STEP_S = 0.1
AFTER_PULSE_S = 1.5  # a door leaf moves a little after its lock
LONGEST_WATCH_S = 12.0
TRIES, PAUSE_S = 3, 0.5
AT_ONCE = 4  # questions under way; more are not answered, and asked again by whoever waits
REMEMBERED = 500


class Places(Protocol):
    """The devices that work at this moment, by id."""

    def camera(self, device: str) -> Camera | None: ...

    def relay(self, device: str) -> Relay | None: ...

    def open(self, order: Opening) -> bool:
        """Carry an order out; False when nothing was opened."""

    def open_s(self, order: Opening) -> float:
        """How long the gate of the order is opened for."""


class Sender(Protocol):
    def ask(self, method: str, target: str, body: bytes = b"", *, limit: int) -> bytes | None:
        """Raises ServerAway."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the keeper signed. `key` is to whom the answer is sealed."""

    id: str
    what: str
    device: str
    key: bytes
    ends: int  # Unix seconds


def read_question(text: str, site: str, verify_key: bytes, now: datetime) -> Question | None:
    """None for what the keeper did not sign, for another site's, and for one that nobody waits for any more."""
    match check(text, ASK_KIND, verify_key):
        case Token(
            claims={
                "id": str(own), "site": str(of), "what": str(what), "dev": str(device), "key": str(key), "exp": int(exp)
            }
        ):  # fmt: skip
            raw = _raw(key)
            if of == site and raw is not None and now.timestamp() < exp:
                return Question(own, what, device, raw, exp)
    return None


def _raw(key: str) -> bytes | None:
    try:
        data = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    except (binascii.Error, ValueError):
        return None
    return data if len(data) == 32 else None


class Asked:
    """Answers questions, each in a thread of its own, so that no camera that is slow holds the feed up."""

    def __init__(
        self,
        config: EdgeConfig,
        sender: Sender,
        clock: Clock,
        places: Places,
        *,
        find: Callable[[], Sequence[Discovered]] = discover,
    ) -> None:
        self._config = config
        self._sender = sender
        self._clock = clock
        self._places = places
        self._find = find
        self._seen: deque[str] = deque(maxlen=REMEMBERED)
        self._busy = threading.BoundedSemaphore(AT_ONCE)

    def take(self, texts: Sequence[str], openings: Mapping[str, Opening]) -> set[str]:
        """Begin to answer those that are questions to this edge. The answer: which of these orders are carried out by
        it, while the relay is watched."""
        taken: set[str] = set()
        for text in texts:
            question = read_question(text, self._config.site, self._config.keeper_verify_key, self._clock.now())
            if question is None or question.id in self._seen:
                continue
            order = openings.get(question.id) if question.what == ASK_PULSE else None
            if (question.what == ASK_PULSE and order is None) or not self._busy.acquire(blocking=False):
                continue
            self._seen.append(question.id)
            if order is not None:
                taken.add(order.id)
            log.info("asked", kind=question.what, device=question.device)
            threading.Thread(target=self._run, args=(question, order), name="asked", daemon=True).start()
        return taken

    def _run(self, question: Question, order: Opening | None) -> None:
        try:
            self._send(question, self._told(question, order))
        except Exception as fault:  # noqa: BLE001
            # This thread's outermost loop: a device that does what no device does costs this answer alone.
            log.error("asked.failed", fault=type(fault).__name__)
        finally:
            self._busy.release()

    def _told(self, question: Question, order: Opening | None) -> Told:
        if question.what == ASK_LOOK:
            return self.look(question.device)
        if question.what == ASK_FIND:
            return FoundCameras(cameras=[FoundCamera(host=c.host, name=c.name, model=c.model) for c in self._find()])
        return Moved(answered=False, why="not_opened") if order is None else self.watch(question.device, order)

    def look(self, device: str) -> Picture | NoPicture:
        """The newest picture of this camera, or why there is none within LOOK_WITHIN_S."""
        begun_s, why = monotonic_s(), "unknown"
        while (spent_s := monotonic_s() - begun_s) < LOOK_WITHIN_S:
            camera = self._places.camera(device)
            if camera is not None:
                state, why = camera.state(), "silent"
                if state.condition in (Condition.LIVE, Condition.ENDED):
                    return _picture(camera)
                if state.condition is Condition.LOST and spent_s > CHANGED_WITHIN_S:
                    return NoPicture(why=why_lost(state.reason))
            threading.Event().wait(STEP_S)
        return NoPicture(why=why)

    def watch(self, device: str, order: Opening) -> Moved:
        """Carry the order out and say what the relay shows meanwhile, and what its inputs felt."""
        relay = self._places.relay(device)
        if relay is None:
            self._places.open(order)
            return Moved(answered=False, why="no_relay")
        try:
            before = relay.status()
        except (RelayLost, RelayRefused) as fault:
            self._places.open(order)  # it is an order all the same, and is written down as one
            return Moved(answered=False, why="refused" if isinstance(fault, RelayRefused) else "lost")
        if not self._places.open(order):
            return Moved(answered=True, why="not_opened", inputs=len(before.inputs))
        return self._watch(relay, before, min(self._places.open_s(order) + AFTER_PULSE_S, LONGEST_WATCH_S))

    def _watch(self, relay: Relay, before: RelayStatus, seconds: float) -> Moved:
        went_on, changed, ends = False, set[int](), monotonic_s() + seconds
        while monotonic_s() < ends:
            try:
                now = relay.status()
            except RelayRefused:
                return Moved(answered=False, why="refused", inputs=len(before.inputs))
            except RelayLost:
                return Moved(answered=False, why="lost", inputs=len(before.inputs))
            went_on = went_on or now.on
            pairs = zip(before.inputs, now.inputs, strict=False)
            changed |= {number for number, (was, felt) in enumerate(pairs) if was != felt}
            if went_on and changed:
                break
            threading.Event().wait(STEP_S)
        return Moved(answered=True, went_on=went_on, changed=sorted(changed), inputs=len(before.inputs))

    def _send(self, question: Question, told: Told) -> None:
        edge = self._config.edge
        sealed = hpke_seal(encode(told), info=ANSWER_INFO, aad=answer_aad(edge, question.id), public_key=question.key)
        body = encode(Answer(id=question.id, sealed=sealed))
        for _ in range(TRIES):
            try:
                self._sender.ask("POST", "/edge/answers", body, limit=ANSWER_LIMIT)
            except ServerAway as fault:
                log.warning("asked.not_sent", fault=str(fault))
                threading.Event().wait(PAUSE_S)
            else:
                return


def _picture(camera: Camera) -> Picture | NoPicture:
    frame = next(camera.frames(), None)
    if frame is None:
        return NoPicture(why="silent")
    try:
        return Picture(jpeg=to_jpeg(frame.pixels, PICTURE_PX))
    except BadFrame:
        return NoPicture(why="not_video")
