"""A mail server on a socket of this machine: it takes mail as RFC 5321 says, and misbehaves on command."""

import base64
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType

STEPS = ("CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT")  # DOT: after the whole mail came


@dataclass
class Mailbox:
    """`mails` are those that were taken, with a 250. `refuse`, `hang` and `drop` say how it answers at a step from then
    on; `behave` ends that. With `user` it takes mail of that user alone."""

    user: str = ""
    password: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    on_taken: Callable[[int], None] = lambda number: None  # the mail is kept, and nobody has heard of it yet
    _odd: dict[str, str] = field(default_factory=dict)
    _freed: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Mailbox":
        box = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                box.connections += 1
                try:
                    _Talk(box, self).go()
                except (_Dropped, OSError):
                    return

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._freed.set()
        self._server.shutdown()
        self._server.server_close()

    def refuse(self, step: str, status: int) -> None:
        self._odd[step] = str(status)

    def hang(self, step: str) -> None:
        self._odd[step] = "hang"

    def drop(self, step: str) -> None:
        self._odd[step] = "drop"

    def take_and_drop(self) -> None:
        """The mail is taken, and the line breaks before anybody hears of it."""
        self._odd["DOT"] = "take"

    def behave(self) -> None:
        self._odd.clear()
        self._freed.set()
        self._freed = threading.Event()


class _Dropped(Exception):
    pass


class _Talk:
    def __init__(self, box: Mailbox, handler: socketserver.StreamRequestHandler) -> None:
        self._box, self._in, self._out = box, handler.rfile, handler.wfile
        self._known, self._to = not box.user, ""

    def go(self) -> None:
        if not self._said("CONNECT", "220 mailbox"):
            return
        while line := self._in.readline():
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    self._said("EHLO", "250-mailbox\r\n250-AUTH PLAIN\r\n250 8BITMIME")
                case "AUTH":
                    self._auth(rest)
                case "MAIL":
                    self._said("MAIL", "250 ok" if self._known else "530 who are you")
                case "RCPT":
                    if self._said("RCPT", "250 ok"):
                        self._to = rest[rest.index("<") + 1 : rest.index(">")]
                case "DATA":
                    if self._said("DATA", "354 go on"):
                        self._take()
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
        self._known = (user, password) == (self._box.user, self._box.password)
        self._said("AUTH", "235 hello" if self._known else "535 no")

    def _take(self) -> None:
        lines = []
        while (line := self._in.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        if self._box._odd.get("DOT") == "take":
            self._keep(b"".join(lines))
            raise _Dropped
        if self._said("DOT", ""):
            self._keep(b"".join(lines))
            self._say("250 taken")

    def _keep(self, data: bytes) -> None:
        made = message_from_bytes(data, policy=policy.default)
        assert isinstance(made, EmailMessage)
        self._box.mails.append(made)
        self._box.recipients.append(self._to)
        self._box.on_taken(len(self._box.mails))

    def _said(self, step: str, usual: str) -> bool:
        """Whether this step went as it should."""
        odd = self._box._odd.get(step, "")
        if odd == "drop":
            raise _Dropped
        if odd == "hang":
            self._box._freed.wait(60)
            raise _Dropped
        if odd:
            self._say(f"{odd} as you wished")
            return False
        if usual:
            self._say(usual)
        return usual[:1] in ("2", "3", "")

    def _say(self, text: str) -> None:
        self._out.write(text.encode() + b"\r\n")
        self._out.flush()
