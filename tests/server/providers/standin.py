"""What every stand-in for a payment provider has in common: a program on a socket that keeps books, signs what it says,
and misbehaves when told to.

It knows nothing of our code: it speaks as the provider's documentation says, with keys of its own.
"""

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Sold:
    """An order as the provider keeps it."""

    id: str
    minor: int
    currency: str
    notify_url: str = ""
    paid_at: datetime | None = None
    closed: bool = False
    ref: str = field(default_factory=lambda: uuid4().hex)


@dataclass
class Back:
    """Money that went back. `pending`: taken, and not back yet."""

    id: str
    order: str
    minor: int
    at: datetime
    pending: bool = False
    ref: str = field(default_factory=lambda: uuid4().hex)


@dataclass
class Told:
    """A notice that waits to be delivered."""

    url: str
    headers: dict[str, str]
    body: bytes

    def deliver(self) -> int:
        return httpx.post(self.url, content=self.body, headers=self.headers, timeout=30).status_code


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class StandIn:
    """Orders and refunds by our ids; `faults` says how the next requests go wrong, `plants` what a statement has
    otherwise than the books."""

    name = ""
    currency = "CNY"
    over_the_line = True
    auto_pay = False

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.orders: dict[str, Sold] = {}
        self.backs: dict[str, Back] = {}
        self.requests: list[Asked] = []
        self.faults: deque[str] = deque()
        self.hidden: set[str] = set()
        self.doubled: set[str] = set()
        self.changed: dict[str, int] = {}
        self.strange: list[tuple[str, str, int]] = []  # kind, id, minor
        self.no_statement = False
        self.refuse_refunds = ""
        self.slow_refunds = False
        self.notify_url = ""
        self.kill: Callable[[], None] = lambda: None
        self.lock = threading.RLock()
        self._server: ThreadingHTTPServer | None = None

    # --- books ---

    def key(self, ours: UUID) -> str:
        """Our id as this provider writes it."""
        return ours.hex

    def taken(self) -> int:
        return sum(one.minor for one in self.orders.values() if one.paid_at)

    def returned(self) -> int:
        return sum(one.minor for one in self.backs.values())

    def pay(self, payment: UUID) -> None:
        """The driver pays what was begun."""
        with self.lock:
            order = self.orders[self.key(payment)]
            order.paid_at = order.paid_at or self.now()

    def close(self, payment: UUID) -> None:
        self.orders[self.key(payment)].closed = True

    def lines(self, day: date) -> Iterator[tuple[str, str, str, str, int, datetime]]:
        """kind, id, order, ref, minor and time of a date, with what was planted."""
        for order in self.orders.values():
            if order.paid_at and order.paid_at.astimezone(ZONE).date() == day and order.id not in self.hidden:
                minor = self.changed.get(order.id, order.minor)
                for _ in range(2 if order.id in self.doubled else 1):
                    yield "payment", order.id, order.id, order.ref, minor, order.paid_at
        for back in self.backs.values():
            if back.at.astimezone(ZONE).date() == day and back.id not in self.hidden:
                minor = self.changed.get(back.id, back.minor)
                for _ in range(2 if back.id in self.doubled else 1):
                    yield "refund", back.id, back.order, back.ref, minor, back.at
        today = day == self.now().astimezone(ZONE).date()
        for kind, name, minor in self.strange if today else ():
            yield kind, name, name, f"{name}ref", minor, self.now()

    # --- telling ---

    def notice(self, payment: UUID, **odd: object) -> Told:
        """ "It is paid", genuine but for `odd`: minor, currency, signed_at, key (another's), id."""
        raise NotImplementedError

    # --- the line ---

    def keys(self) -> dict[str, str]:
        """What an owner enters."""
        raise NotImplementedError

    def wrong_keys(self) -> dict[str, str]:
        raise NotImplementedError

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def garble(self, answer: Answer) -> Answer:
        """The same answer, signed by nobody we know. Over TLS alone it would pass: then nothing changes."""
        return answer

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["StandIn"]:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield self
        self._server.shutdown()
        self._server.server_close()
        thread.join(5)


def _handler(standin: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Quiet."""

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            with standin.lock:
                standin.requests.append(asked)
                fault = standin.faults.popleft() if standin.faults else ""
                if fault == "500":  # nothing is done
                    answer = Answer(500, b"{}")
                elif fault == "cut":  # nothing is done, and the line breaks
                    return self._break()
                elif fault == "kill before":  # whoever asks dies before anything is done
                    standin.kill()
                    return self._break()
                else:
                    answer = standin.answer(asked)
            if fault == "kill":  # it is done, and whoever asked is dead
                standin.kill()
                return self._break()
            if fault == "lost":  # it is done, and nobody hears of it
                return self._break()
            if fault == "garbage":
                answer = Answer(200, b"<html>proxy</html>")
            if fault == "unsigned":
                answer = standin.garble(answer)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            return None

        def _break(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = _serve

    return Handler
