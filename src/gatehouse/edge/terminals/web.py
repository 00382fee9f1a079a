"""The requests of tablets, as an ASGI application: a few addresses, each bounded, none of which tells a stranger
anything.

A request counts when it comes from the page itself (its origin), from a paired browser (its cookie), in order
(`session`), and not too often. Bodies are read into memory up to their limit and no further.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from http.cookies import CookieError, SimpleCookie
from importlib import resources
from typing import Any, Protocol

import msgspec
import structlog

from gatehouse.edge.terminals.asking import Asking
from gatehouse.vision.errors import BadFrame, VisionError

log = structlog.get_logger()

FRAME_LIMIT = 512 * 1024
FORM_LIMIT = 2048
BODY_S = 10.0  # a body that takes longer is none
COOKIE = "__Host-terminal"
COOKIE_S = 400 * 86_400  # the longest that browsers keep one; each visit begins it anew
_FILES = {
    "/": ("terminal.html", "text/html; charset=utf-8"),
    "/terminal.js": ("terminal.js", "text/javascript; charset=utf-8"),
    "/words.js": ("words.js", "text/javascript; charset=utf-8"),
    "/terminal.css": ("terminal.css", "text/css; charset=utf-8"),
}
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(self), screen-wake-lock=(self)"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        b"media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)
_workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="terminal")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Terminals(Protocol):
    """What the requests are about; `serving` has it."""

    def pair(self, code: str) -> str | None:
        """The token for a browser, or None. Raises OSError when the pairing cannot be kept."""

    def asking(self, token: str) -> Asking | None:
        """The terminal whose token this is."""


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: str


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: str
    pin: str


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes = b""
    kind: str = "application/json"
    cookie: str = ""


def _problem(status: int, code: str) -> Answer:
    return Answer(status, msgspec.json.encode({"problem": code}))


class Application:
    """One edge's page for terminals."""

    def __init__(self, terminals: Terminals) -> None:
        self._terminals = terminals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = await self._answer(scope, receive)
        headers = [*_HEADERS, (b"content-type", answer.kind.encode())]
        headers.append((b"content-length", str(len(answer.body)).encode()))
        if answer.cookie:
            headers.append((b"set-cookie", answer.cookie.encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        method, path = scope["method"], scope["path"]
        if method == "GET" and path in _FILES:
            return _file(*_FILES[path])
        if method != "POST" or path not in {"/pair", "/begin", "/look", "/card", "/pin"}:
            return _problem(404, "not_found")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("origin") != f"{scope['scheme']}://{headers.get('host')}":
            return _problem(403, "foreign")
        limit = FRAME_LIMIT if path == "/look" else FORM_LIMIT
        try:
            body = await asyncio.wait_for(_body(receive, limit), BODY_S)
        except TimeoutError:
            return _problem(408, "slow")
        if body is None:
            return _problem(413, "too_large")
        try:
            return await asyncio.get_running_loop().run_in_executor(_workers, self._do, path, headers, body)
        except Exception as fault:  # noqa: BLE001
            # Outermost of one request: whatever it stumbles over, the gate and the other terminals go on.
            log.error("terminal.failed", fault=type(fault).__name__)
            return _problem(500, "failed")

    def _do(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path == "/pair":
            return self._pair(headers, body)
        token = _cookie(headers)
        asking = self._terminals.asking(token) if token else None
        if asking is None:
            return _problem(401, "not_paired")
        if not asking.pace.allows():
            return _problem(429, "too_often")
        if path == "/begin":
            state = asking.begin()
            kept = _keep(token)
            return _problem(503, "away") if state is None else Answer(200, msgspec.json.encode(state), cookie=kept)
        if not asking.session.takes(headers.get("x-session", ""), _number(headers.get("x-number", ""))):
            return _problem(409, "begin_again")
        return _asked(asking, path, body)

    def _pair(self, headers: dict[str, str], body: bytes) -> Answer:
        try:
            token = self._terminals.pair(msgspec.json.decode(body, type=Code).code)
        except msgspec.MsgspecError:
            return _problem(400, "garbage")
        except OSError as fault:
            log.error("terminals.not_kept", fault=type(fault).__name__)
            return _problem(503, "disk")
        return _problem(403, "bad_code") if token is None else Answer(200, b"{}", cookie=_keep(token))


def _asked(asking: Asking, path: str, body: bytes) -> Answer:
    try:
        if path == "/look":
            shown = asking.look(body)
        elif path == "/card":
            shown = asking.card(msgspec.json.decode(body, type=Card).number)
        else:
            typed = msgspec.json.decode(body, type=Pin)
            shown = asking.pin(typed.number, typed.pin)
    except (msgspec.MsgspecError, BadFrame, UnicodeError):
        return _problem(400, "garbage")
    except VisionError as fault:
        log.error("terminal.no_sight", fault=type(fault).__name__)
        return _problem(503, "no_sight")
    return Answer(200, msgspec.json.encode(shown))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _cookie(headers: dict[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value[:100]


def _keep(token: str) -> str:
    return f"{COOKIE}={token}; Path=/; Max-Age={COOKIE_S}; Secure; HttpOnly; SameSite=Strict"


def _file(name: str, kind: str) -> Answer:
    return Answer(200, resources.files("gatehouse.edge.terminals").joinpath("static", name).read_bytes(), kind)


async def _body(receive: Receive, limit: int) -> bytes | None:
    """The whole body, None beyond the limit or when the sender left."""
    taken = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        taken += message.get("body", b"")
        if len(taken) > limit:
            return None
        if not message.get("more_body"):
            return bytes(taken)
