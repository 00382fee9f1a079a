"""Questions to an edge that somebody waits for: what a camera shows, what a relay does, which cameras there are.

A question is signed by the keeper for an owner and lies in this process's memory alone, with the key that opens its
answer; so does the answer, until whoever asked has taken it, and no longer than KEPT_S. Nothing of it is ever written
down but that it was asked.
"""

import base64
import threading
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import structlog

from gatehouse import wire
from gatehouse.clock import monotonic_s
from gatehouse.crypto.errors import Unreadable
from gatehouse.crypto.letters import hpke_open
from gatehouse.crypto.signing import DeviceKeys, new_device_keys
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import bus, keeping

log = structlog.get_logger()

TELL_AGAIN_S = 2.0
KEPT_S = 90.0
MOST = 200  # questions at a time, of all owners


@dataclass(slots=True, repr=False)
class Question:
    """`told_s` is when an edge was told last, `answer` what it said."""

    id: UUID
    site: str
    what: str
    device: str
    asker: str
    token: str
    keys: DeviceKeys
    asked_s: float
    told_s: float = float("-inf")
    answer: wire.Told | None = None

    def is_open(self, now_s: float) -> bool:
        return self.answer is None and now_s - self.asked_s < wire.ASK_WAIT_S


_lock = threading.Lock()
_questions: dict[UUID, Question] = {}


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, about what. `device` is "" for a question about none."""

    site: UUID
    what: str
    asker: str
    device: str = ""


def ask(asking: Asking, by: Authority, at: datetime, *, own: UUID | None = None) -> UUID | Refused:
    """The question's id; `own` where it must be that of an order that goes with it. The edges of the site are told at
    once. Raises KeeperAway."""
    new_id, keys = own or uuid4(), new_device_keys()
    claims: dict[str, str | int] = {
        "id": str(new_id),
        "site": str(asking.site),
        "what": asking.what,
        "dev": asking.device,
        "key": base64.urlsafe_b64encode(keys.public().seal_key).decode().rstrip("="),
        "exp": int(at.timestamp()) + wire.ASK_WAIT_S,
    }
    token = keeping.sign_ask(claims, by)
    if isinstance(token, Refused):
        return token
    made = Question(new_id, str(asking.site), asking.what, asking.device, asking.asker, token, keys, monotonic_s())
    with _lock:
        _forget_old()
        while len(_questions) >= MOST:
            del _questions[next(iter(_questions))]
        _questions[new_id] = made
    bus.publish(bus.FeedChanged(str(asking.site)))
    return new_id


def waiting(site: object, openings: frozenset[str]) -> list[str]:
    """The signed questions that an edge of this site is to be told now, each again after a pause. One that watches a
    relay goes only together with its order, which is among `openings`."""
    now_s = monotonic_s()
    with _lock:
        due = [
            one
            for one in _questions.values()
            if one.site == str(site)
            and one.is_open(now_s)
            and now_s - one.told_s >= TELL_AGAIN_S
            and (one.what != wire.ASK_PULSE or str(one.id) in openings)
        ]
        for one in due:
            one.told_s = now_s
    return [one.token for one in due]


def take(edge: str, site: object, answer: wire.Answer) -> bool:
    """Keep an answer for who asked; False for one to no question of this edge's site, or that does not open."""
    try:
        wanted = UUID(answer.id)
    except ValueError:
        return False
    with _lock:
        question = _questions.get(wanted)
    if question is None or question.site != str(site) or not question.is_open(monotonic_s()):
        return False
    try:
        data = hpke_open(
            answer.sealed,
            info=wire.ANSWER_INFO,
            aad=wire.answer_aad(edge, answer.id),
            private_key=question.keys.seal_key,
        )
        told = wire.decode_told(data)
    except (Unreadable, wire.WireError):
        log.warning("answer.unreadable", edge=edge)
        return False
    question.answer = told
    return True


@dataclass(frozen=True, slots=True)
class Heard:
    """How a question stands: `answer` None while it is waited for, `over` once nobody waits any more."""

    what: str
    device: str
    answer: wire.Told | None
    over: bool


def heard(question: UUID, asker: str) -> Heard | None:
    """How a question of this asker's stands; None for one that there is not (any more)."""
    with _lock:
        _forget_old()
        found = _questions.get(question)
    if found is None or found.asker != asker:
        return None
    return Heard(found.what, found.device, found.answer, not found.answer and not found.is_open(monotonic_s()))


def take_picture(question: UUID, asker: str) -> bytes | None:
    """The picture that was answered, once: it is forgotten with this."""
    with _lock:
        found = _questions.get(question)
        if found is None or found.asker != asker or not isinstance(found.answer, wire.Picture):
            return None
        del _questions[question]
    return found.answer.jpeg


def _forget_old() -> None:
    """For whoever holds the lock."""
    now_s = monotonic_s()
    for old in [key for key, one in _questions.items() if now_s - one.asked_s > KEPT_S]:
        del _questions[old]


def clear() -> None:
    """Forget every question; for tests."""
    with _lock:
        _questions.clear()
