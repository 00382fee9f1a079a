"""Where edges knock: POST /edge/letters, POST /edge/answers and GET /edge/feed, outside Django's middleware.

`letters`, `answers` and `feed_once` answer one request each and know nothing of ASGI; `application` reads, limits,
waits and writes.
Every error is problem+json.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs

import structlog
from django.db import OperationalError, close_old_connections

from gatehouse.clock import monotonic_s
from gatehouse.crypto.signing import read_request, verify_request
from gatehouse.keeper.protocol import Sent
from gatehouse.server import asking, bus, feed, intake, moment
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates.models import Edge
from gatehouse.server.keeping import KeeperAway, KeeperRefused
from gatehouse.wire import ANSWER_LIMIT, BATCH_LIMIT, WireError, decode_answer, decode_letters, encode

log = structlog.get_logger()

CLOCK_SKEW_S = 300
LONGEST_WAIT_S = 30.0
# Few threads: SQLite has one writer, and the waiting of long polls happens in the event loop.
_workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="edge")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    kind: str = "application/msgpack"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `target` is the path with its query, as it was signed."""

    method: str
    target: str
    authorization: str
    body: bytes = b""


NOTHING_NEW = Answer(204)


def refusal(status: int, code: str, title: str) -> Answer:
    body = json.dumps({"type": f"urn:gatehouse:{code}", "title": title, "status": status}).encode()
    return Answer(status, body, "application/problem+json")


_AWAY = refusal(503, "keeper_away", "The keeper does not answer; keep your letters and try again.")
_BUSY = refusal(503, "busy", "The database is busy; keep your letters and try again.")
_UNSIGNED = refusal(401, "bad_signature", "This request is not signed by an edge that this server knows.")
_GARBAGE = refusal(400, "bad_request", "This is no request of a known format.")
_NOT_ASKED = refusal(410, "not_asked", "Nobody waits for this answer.")
_UNKNOWN_TO_KEEPER = refusal(403, "not_enrolled", "An owner must enrol this edge at the keeper first.")


def edge_of(ask: Ask, now: datetime) -> Edge | None:
    """The edge that signed this very request within the last minutes, or None."""
    proof = read_request(ask.authorization)
    if proof is None or abs(proof.at_s - now.timestamp()) > CLOCK_SKEW_S:
        return None
    edge = gates.edge(proof.edge)
    if edge is None:
        return None
    key = bytes(edge.sign_key)
    good = verify_request(key, proof, method=ask.method, target=ask.target, body=ask.body)
    if not good:
        return None
    bus.hear(edge.pk)
    return edge


def letters(ask: Ask, *, now: datetime) -> Answer:
    """The receipt of a batch; 400 garbage, 401 unsigned, 503 not now."""
    edge = edge_of(ask, now)
    if edge is None:
        return _UNSIGNED
    try:
        sent = Sent(authorization=ask.authorization, target=ask.target, body=ask.body)
        receipt = intake.receive(edge, decode_letters(ask.body), now=now, sent=sent)
    except (WireError, intake.ForeignLetter):
        return _GARBAGE
    except (KeeperAway, KeeperRefused):
        return _AWAY
    except (intake.Busy, OperationalError):
        return _BUSY
    return Answer(200, encode(receipt))


def answers(ask: Ask, *, now: datetime) -> Answer:
    """204 for the answer to a question that is waited for; 400 garbage, 401 unsigned, 410 when nobody waits for it."""
    edge = edge_of(ask, now)
    if edge is None:
        return _UNSIGNED
    try:
        answer = decode_answer(ask.body)
    except WireError:
        return _GARBAGE
    return NOTHING_NEW if asking.take(edge.pk, edge.site_id, answer) else _NOT_ASKED


def feed_once(ask: Ask, known: feed.Known, *, came_at: datetime, now: datetime) -> tuple[Answer, str]:
    """What changed, or 204, and the edge's site, "" for nobody's. `came_at` is when the request came: its signature is
    held against that, however long it has waited and wherever the clock has gone since."""
    edge = edge_of(ask, came_at)
    if edge is None:
        return _UNSIGNED, ""
    try:
        found = feed.changes(edge, known, now=now)
    except KeeperAway:
        return _AWAY, ""
    except KeeperRefused as refused:
        return (_UNKNOWN_TO_KEEPER if refused.code == "unknown_edge" else _AWAY), ""
    except OperationalError:
        return _BUSY, ""
    return (NOTHING_NEW if found is None else Answer(200, encode(found))), str(edge.site_id)


def known_and_wait(query: str) -> tuple[feed.Known, float] | None:
    """roster=N&clearances=N&wait=S of a feed's query; None for what is none."""
    fields = parse_qs(query)
    try:
        roster, clearances = (int(fields.get(name, ["0"])[0]) for name in ("roster", "clearances"))
        wait_s = float(fields.get("wait", ["0"])[0])
    except ValueError:
        return None
    return feed.Known(roster, clearances), min(max(0.0, wait_s), LONGEST_WAIT_S)  # NaN is 0


# --- ASGI --------------------------------------------------------------------------------------------------------


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serves paths under /edge/."""
    answer = await _answer(scope, receive)
    if answer.status >= 400:
        log.warning("edge.refused", status=answer.status, path=scope["path"])
    await _send(answer, send)


async def alive(send: Send) -> None:
    """GET /healthz: this process answers; nothing more is said to a stranger."""
    await _send(Answer(200, b"ok\n", "text/plain"), send)


async def _send(answer: Answer, send: Send) -> None:
    headers = [(b"content-type", answer.kind.encode()), (b"cache-control", b"no-store")]
    if answer.status != NOTHING_NEW.status:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _answer(scope: Scope, receive: Receive) -> Answer:
    match scope["method"], scope["path"]:
        case "POST", "/edge/letters":
            body = await _body(receive)
            if body is None:
                return refusal(413, "too_large", f"A batch holds at most {BATCH_LIMIT} bytes.")
            ask = _ask(scope, body)
            return await _in_thread(lambda: letters(ask, now=moment.now()))
        case "POST", "/edge/answers":
            body = await _body(receive, ANSWER_LIMIT)
            if body is None:
                return refusal(413, "too_large", f"An answer holds at most {ANSWER_LIMIT} bytes.")
            asked = _ask(scope, body)
            return await _in_thread(lambda: answers(asked, now=moment.now()))
        case "GET", "/edge/feed":
            parsed = known_and_wait(scope["query_string"].decode("latin-1"))
            return _GARBAGE if parsed is None else await _poll(_ask(scope, b""), *parsed)
        case _, "/edge/letters" | "/edge/answers" | "/edge/feed":
            return refusal(405, "bad_method", "POST letters and answers, GET the feed.")
    return refusal(404, "not_found", "Edges have /edge/letters, /edge/answers and /edge/feed.")


async def _poll(ask: Ask, known: feed.Known, wait_s: float) -> Answer:
    """Answer at once when something changed, else when it does, at the latest after `wait_s`."""
    ends, came_at = monotonic_s() + wait_s, moment.now()
    with bus.listening() as events:
        while True:
            answer, site = await _in_thread(lambda: feed_once(ask, known, came_at=came_at, now=moment.now()))
            if answer.status != NOTHING_NEW.status or not await _changed(events, site, ends):
                return answer


async def _changed(events: "asyncio.Queue[bus.Event]", site: str, ends: float) -> bool:
    """True when this site's feed changed before `ends` (on the monotonic clock)."""
    while (left := ends - monotonic_s()) > 0:
        try:
            event = await asyncio.wait_for(events.get(), left)
        except TimeoutError:
            return False
        if isinstance(event, bus.FeedChanged) and event.site == site:
            return True
    return False


async def _body(receive: Receive, limit: int = BATCH_LIMIT) -> bytes | None:
    """The whole body, or None beyond `limit` bytes."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > limit:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _ask(scope: Scope, body: bytes) -> Ask:
    query = scope["query_string"].decode("latin-1")
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("latin-1").partition("?")[0]
    headers = {name: value for name, value in scope["headers"] if name == b"authorization"}
    authorization = headers.get(b"authorization", b"").decode("latin-1")
    return Ask(scope["method"], f"{path}?{query}" if query else path, authorization, body)


async def _in_thread(work: Callable[[], R]) -> R:
    def with_fresh_connection() -> R:
        close_old_connections()
        return work()

    return await asyncio.get_running_loop().run_in_executor(_workers, with_fresh_connection)
