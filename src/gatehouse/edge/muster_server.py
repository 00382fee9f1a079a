"""The muster page of an edge: HTTPS on the local network for phones that were paired beforehand, with the server down.

Every look at the list is a line in the edge's log and a letter to the server, which raises an alarm as soon as it hears
of it. Nobody has to agree to a look: in a fire there is no second person to ask.
"""

import contextlib
import email.parser
import email.policy
import ssl
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import structlog

from gatehouse.clock import Clock, monotonic_s
from gatehouse.domain.muster import How, Tick
from gatehouse.edge import muster_page
from gatehouse.edge.errors import SpoolFailed
from gatehouse.edge.inside import Kept
from gatehouse.edge.muster import Books
from gatehouse.edge.muster_access import Access, Phones, certificate_path
from gatehouse.edge.muster_page import Words, plain, words_for
from gatehouse.edge.spool import Spool
from gatehouse.vision.codes import read_codes
from gatehouse.vision.errors import BadFrame
from gatehouse.vision.frames import decode_picture
from gatehouse.wire import GateEvent, new_id

log = structlog.get_logger()

COOKIE = "__Host-muster"
FORM_BYTES, PHOTO_BYTES = 8 * 1024, 12 * 1024 * 1024
AGAIN_S = 15.0  # after this a port that was taken is tried again
WAIT_S = 15.0  # for a phone that stops talking
TOLD_EVERY = timedelta(minutes=5)  # a phone that looks again and again makes one alarm in that time
NOT_PAIRED = "This phone is not paired. Ask whoever looks after the gate computer for a link."
USED = "This code opens nothing any more. Ask for a new one."


class Assembly:
    """Serves the page while it is set up; `tend` begins, and begins anew after a change of address or certificate."""

    def __init__(self, home: Path, clock: Clock, spool: Spool, *, live: Callable[[], Kept] | None = None) -> None:
        """Raises NotInitialised, UnsafeKey, EdgeError."""
        self._home, self._clock, self._spool = home, clock, spool
        self.books = Books(home, live=live)
        self.phones = Phones(home, self.books.keys)
        self._server: ThreadingHTTPServer | None = None
        self._serves: tuple[str, int, float] | None = None
        self._failed_s = float("-inf")
        self._told: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def tend(self) -> None:
        wanted = self._wanted()
        if wanted == self._serves or monotonic_s() - self._failed_s < AGAIN_S:
            return
        self.close()
        if wanted is None:
            return
        try:
            self._server = _listen(self, wanted[1])
        except (OSError, ssl.SSLError) as fault:
            self._failed_s = monotonic_s()
            log.error("muster.not_served", fault=type(fault).__name__)
            return
        self._serves = wanted
        threading.Thread(target=self._server.serve_forever, name="muster", daemon=True).start()
        log.info("muster.served")

    def _wanted(self) -> tuple[str, int, float] | None:
        try:
            changed = certificate_path(self._home).stat().st_mtime
        except OSError:
            return None
        access: Access | None = self.phones.load()
        return None if access is None else (access.host, access.port, changed)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1]) if self._server else 0

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._server, self._serves = None, None

    # --- for the handler ----------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self._clock.now()

    def certificate(self) -> Path:
        return certificate_path(self._home)

    def tell_of_look(self, phone: str) -> None:
        """A line in the log for every look, and a letter for the first in a while."""
        log.warning("muster.read")
        now = self.now()
        with self._lock:
            last = self._told.get(phone)
            if last is not None and now - last < TOLD_EVERY:
                return
            self._told[phone] = now
        try:
            self._spool.append([GateEvent(id=new_id(now), gate="", at=now, kind="muster_read")], at=now)
        except SpoolFailed as fault:
            log.critical("spool.failed", fault=fault.code)


def _listen(of: Assembly, port: int) -> ThreadingHTTPServer:
    """Raises OSError, SSLError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(of.certificate())

    class Handler(_Handler):
        assembly = of

    server = _Server(("", port), Handler)
    server.tls = context
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    tls: ssl.SSLContext

    def finish_request(self, request: object, client_address: object) -> None:
        """The handshake in the phone's own thread: one that says nothing keeps nobody else waiting."""
        assert hasattr(request, "settimeout")
        request.settimeout(WAIT_S)
        with contextlib.suppress(OSError):
            spoken = self.tls.wrap_socket(request, server_side=True)  # type: ignore[arg-type]
            super().finish_request(spoken, client_address)
            spoken.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A phone that hung up. No address goes into a log."""
        log.warning("muster.request_failed")


class _Handler(BaseHTTPRequestHandler):
    assembly: Assembly
    timeout = WAIT_S
    server_version, sys_version = "gatehouse", ""

    def log_message(self, format: str, *args: object) -> None:
        """Addresses and codes stand in no log."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path.startswith("/pair/"):
            self._offer(address.path.removeprefix("/pair/"))
        elif address.path == "/":
            self._with_phone(lambda phone: self._show(phone))
        else:
            self._answer(404, plain(NOT_PAIRED, self._words()))

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        origin = self.headers.get("Origin", "")
        if origin and urlsplit(origin).netloc != self.headers.get("Host", ""):
            self._drain()
            self._answer(403, plain(NOT_PAIRED, self._words()))
        elif path.startswith("/pair/"):
            self._pair(path.removeprefix("/pair/"))
        elif path in ("/start", "/tick", "/untick", "/scan", "/end"):
            self._with_phone(lambda _phone: self._change(path))
        else:
            self._answer(404, plain(NOT_PAIRED, self._words()))

    # --- pairing --------------------------------------------------------------------------------------------------

    def _offer(self, code: str) -> None:
        """A button, so that a program that looks into links uses up no code."""
        words = self._words()
        if not self.assembly.phones.waits(code, self.assembly.now()):
            self._answer(404, plain(USED, words))
            return
        said = words("This phone is paired from then on. The code is good once.")
        button = words("Open the muster list on this phone")
        body = f'<h1>{words("Roll call")}</h1><p>{said}</p><form method="post"><button>{button}</button></form>'
        self._answer(200, muster_page.page(words("Roll call"), body, words))

    def _pair(self, code: str) -> None:
        secret = self.assembly.phones.enter(code, self.assembly.now())
        if secret is None:
            self._answer(404, plain(USED, self._words()))
            return
        cookie = f"{COOKIE}={secret}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Strict"
        self._go_home(("Set-Cookie", cookie))

    def _with_phone(self, then: Callable[[str], None]) -> None:
        try:
            morsel = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        except CookieError:
            morsel = None
        phone = self.assembly.phones.whose(morsel.value) if morsel else None
        if phone is None:
            self._drain()
            self._answer(403, plain(NOT_PAIRED, self._words()))
        else:
            then(phone)

    # --- the roll call ----------------------------------------------------------------------------------------------

    def _show(self, phone: str, said: str = "") -> None:
        of = self.assembly
        if phone:
            of.tell_of_look(phone)
        now = of.now()
        self._answer(
            200, muster_page.muster(of.books.list(now), of.books.roll(), now, of.books.zone(), self._words(), said)
        )

    def _change(self, path: str) -> None:
        of, now = self.assembly, self.assembly.now()
        body = self._body(PHOTO_BYTES if path == "/scan" else FORM_BYTES)
        if body is None:
            self._answer(413, plain(NOT_PAIRED, self._words()))
            return
        form = {} if path == "/scan" else parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
        match path:
            case "/start":
                of.books.start(now, drill=form.get("as", [""])[0] == "drill")
            case "/end":
                of.books.change(lambda roll: roll.end(now))
            case "/untick":
                person = form.get("person", [""])[0]
                of.books.change(lambda roll: roll.unticked(person))
            case _:
                self._tick(form, body, path, now)
                return
        self._go_home()

    def _tick(self, form: dict[str, list[str]], body: bytes, path: str, now: datetime) -> None:
        of, words = self.assembly, self._words()
        listed = of.books.list(now)
        if path == "/scan":
            texts = _codes_in(self.headers.get("Content-Type", ""), body)
            found = [tick for text in texts if (tick := of.books.whose(text, listed, now)) is not None]
            tick = found[0] if found else None
        elif "person" in form:
            person = form["person"][0]
            inside = {one.who.id for one in listed.people}
            tick = Tick(person, now, How.LIST) if person in inside else None
        else:
            tick = of.books.whose(form.get("text", [""])[0], listed, now)
        if tick is None:
            self._show("", words("Nobody here is known by that."))
            return
        of.books.change(lambda roll: roll.ticked(tick))
        named = listed.known.get(tick.person)
        if How.LIST is tick.how:
            self._go_home()
        else:
            self._show("", f"{words('Ticked:')} {named.said if named else '?'}")

    # --- bytes ------------------------------------------------------------------------------------------------------

    def _body(self, most: int) -> bytes | None:
        """None for more than `most`, or for a length that is none."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > most:
            self._drain()
            return None
        return self.rfile.read(int(length))

    def _drain(self) -> None:
        """Take what has come of a body that nobody reads, or the phone would not see the answer."""
        if self.headers.get("Content-Length", "0") != "0":
            with contextlib.suppress(OSError):
                self.rfile.read1(FORM_BYTES)

    def _words(self) -> Words:
        return words_for(self.headers.get("Accept-Language", ""))

    def _go_home(self, *headers: tuple[str, str]) -> None:
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def _answer(self, status: int, html: str) -> None:
        data = html.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
        self.send_header("Referrer-Policy", "same-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _codes_in(content_type: str, body: bytes) -> list[str]:
    """What stands in the codes of the photo that a form holds; the photo is read in memory and dropped."""
    if not content_type.startswith("multipart/form-data"):
        return []
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    message = parser.parsebytes(b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    for part in message.iter_parts():
        data = part.get_payload(decode=True)
        if isinstance(data, bytes) and data:
            try:
                return read_codes(decode_picture(data))
            except BadFrame:
                return []
    return []
