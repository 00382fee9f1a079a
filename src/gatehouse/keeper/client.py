"""How the server, the demo and the drill ask the keeper.

    client = Client(home / "keeper" / "keeper.sock")
    client.reveal(cells, by, "person.page") -> list[bytes | None]

One method per verb, each returning the reply's plain value. Safe to use from many threads: connections are pooled. A
refusal raises `KeeperRefused(code, facts)`; `call(request)` returns it as a reply instead. When the keeper does not
answer, both raise `KeeperAway`, which is an OSError.
"""

import select
import socket
import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from gatehouse.keeper import protocol as say
from gatehouse.keeper.frames import BrokenFrame, address, read_frame, write_frame
from gatehouse.wire import Letter

_POOL = 16
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(say.AnyReply).decode
R = TypeVar("R", bound=say.Reply)


class KeeperAway(ConnectionError):
    """Nobody answers on the keeper's socket, or the answer was broken off: it may or may not have been carried out."""


class KeeperRefused(Exception):
    """The keeper said no: `code` and `facts` as in protocol.Refused."""

    def __init__(self, code: str, facts: Mapping[str, str | int]) -> None:
        super().__init__(code)
        self.code = code
        self.facts = dict(facts)


class Client:
    """Asks the keeper behind `socket_path`; connects when first needed and again after a restart."""

    def __init__(self, socket_path: Path, timeout_s: float = 30.0) -> None:
        self._path = socket_path
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._idle: list[socket.socket] = []

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def call(self, request: say.Request) -> say.Reply:
        """The reply, a refusal included. Raises KeeperAway; ValueError for a request beyond the frame limit."""
        payload = _encode(request)
        if len(payload) > say.FRAME_LIMIT:
            raise ValueError("request beyond the frame limit")
        connection = self._take()
        try:
            connection.settimeout(self._timeout_s)
            write_frame(connection, payload)
            frame = read_frame(connection, self._timeout_s)
            reply: say.Reply | None = None if frame is None else _decode(frame)
        except (OSError, BrokenFrame, msgspec.MsgspecError, UnicodeDecodeError) as fault:
            connection.close()
            raise KeeperAway(type(fault).__name__) from fault
        except BaseException:
            connection.close()  # interrupted between question and answer: the next user would get this one's reply
            raise
        if reply is None:
            connection.close()
            raise KeeperAway("closed")
        self._give(connection)
        return reply

    def _take(self) -> socket.socket:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._connect()
            if not select.select([connection], [], [], 0)[0]:
                return connection
            connection.close()  # readable while nothing was asked: the keeper hung up

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self._timeout_s)
        try:
            with address(self._path) as name:
                connection.connect(name)
        except OSError as fault:
            connection.close()
            raise KeeperAway(type(fault).__name__) from fault
        return connection

    def _give(self, connection: socket.socket) -> None:
        with self._lock:
            if len(self._idle) < _POOL:
                self._idle.append(connection)
                return
        connection.close()

    def _ask(self, request: say.Request, expected: type[R]) -> R:
        reply = self.call(request)
        if isinstance(reply, say.Refused):
            raise KeeperRefused(reply.code, reply.facts)
        if not isinstance(reply, expected):
            raise KeeperAway("unexpected reply")
        return reply

    # --- one method per verb ---

    def hello(self) -> say.Welcome:
        return self._ask(say.Hello(), say.Welcome)

    def secret(self, name: str) -> bytes:
        return self._ask(say.Secret(name), say.Bytes).data

    def seal(self, cells: Sequence[say.Plain]) -> list[bytes]:
        return self._ask(say.Seal(list(cells)), say.Sealed).cells

    def admit(
        self, letters: Sequence[Letter], stay_days: Mapping[str, date], sent: say.Sent | None = None
    ) -> list[say.Admitted | say.Unadmitted]:
        return self._ask(say.Admit(list(letters), dict(stay_days), sent), say.Admissions).results

    def tokens(self, site: str, day: date, subjects: Sequence[str], by: say.Authority) -> list[bytes]:
        return self._ask(say.Tokens(site, day, list(subjects), by), say.Sealed).cells

    def who(self, site: str, day: date, tokens: Sequence[bytes], by: say.Authority) -> list[str]:
        return self._ask(say.Who(site, day, list(tokens), by), say.Names).ids

    def locate(self, site: str, stay_day: date, plate: str, source: str) -> say.PlateTokens:
        return self._ask(say.Locate(site, stay_day, plate, source), say.Located).tokens

    def retoken(self, site: str, day: date, stays: Sequence[say.Cell]) -> list[say.PlateTokens | None]:
        return self._ask(say.Retoken(site, day, list(stays)), say.Retokened).tokens

    def resemble(self, read: say.Cell, stays: Sequence[say.Cell], by: say.Authority) -> list[str]:
        return self._ask(say.Resemble(read, list(stays), by), say.Alike).how

    def claim(self, claim: say.Claim) -> say.Claimed:
        return self._ask(claim, say.Claimed)

    def second_plate(self, stay_day: date, stay: str, read: say.Cell, by: say.Authority) -> say.Second:
        return self._ask(say.SecondPlate(stay_day, stay, read, by), say.Plated).second

    def find(self, text: str, ticket: str, limit: int = 25) -> list[str]:
        return self._ask(say.Find(text, ticket, limit), say.Names).ids

    def index(self, cells: Sequence[say.Cell]) -> None:
        self._ask(say.Index(list(cells)), say.Done)

    def reveal(self, cells: Sequence[say.Cell], by: say.Authority, purpose: str) -> list[bytes | None]:
        return self._ask(say.Reveal(list(cells), by, purpose), say.Revealed).data

    def reseal(self, edge: str, cells: Sequence[say.Cell], owners: Sequence[str]) -> list[bytes | None]:
        return self._ask(say.Reseal(edge, list(cells), list(owners)), say.Revealed).data

    def sign(self, kind: Literal["pass", "receipt", "ask"], claims: Mapping[str, str | int], by: say.Authority) -> str:
        return self._ask(say.Sign(kind, dict(claims), by), say.Text).text

    def forget(self, subject: str, classes: Sequence[say.KeyClass], by: say.Authority) -> say.Forgotten:
        return self._ask(say.Forget(subject, list(classes), by), say.Forgotten)

    def forget_stay(self, stay: str, by: say.Authority) -> None:
        self._ask(say.Forget(stay, [say.KeyClass.STAY], by), say.Done)

    def forget_days(
        self, site: str, before: date, by: say.Authority, which: Literal["others", "all"] = "all"
    ) -> say.Tombstones:
        return self._ask(say.ForgetDays(site, before, by, which), say.Tombstones)

    def forget_books(self, site: str, before: int, by: say.Authority) -> say.Tombstones:
        return self._ask(say.ForgetBooks(site, before, by), say.Tombstones)

    def hold(
        self, subject: str, key: say.KeyClass, until: date, why: str, by: say.Authority, reference: str = ""
    ) -> str:
        return self._ask(say.Hold(subject, key, until, why, by, reference), say.Text).text

    def lift_hold(self, name: str, subject: str, by: say.Authority) -> None:
        self._ask(say.LiftHold(name, subject, by), say.Done)

    def held(self, subject: str, by: say.Authority) -> say.HeldList:
        return self._ask(say.Held(subject, by), say.HeldList)

    def prove(self, place: int, ticket: str) -> bytes:
        return self._ask(say.Prove(place, ticket), say.Bytes).data

    def grant(self, job: say.FillJob, by: say.Authority) -> say.Checked:
        return self._ask(say.Grant(job, by), say.Checked)

    def fill(self, job: say.FillJob, by: say.Authority) -> say.Filled:
        return self._ask(say.Fill(job, by), say.Filled)

    def enrol_recipient(self, name: str, site: str, key: str, by: say.Authority) -> None:
        self._ask(say.EnrolRecipient(name, site, key, by), say.Done)

    def recipients(self, site: str, by: say.Authority) -> list[say.Recipient]:
        return self._ask(say.Recipients(site, by), say.RecipientList).recipients

    def entrust(self, site: str, teams: Mapping[str, Sequence[say.Trust]], by: say.Authority) -> None:
        self._ask(say.Entrust(site, {one: list(team) for one, team in teams.items()}, by), say.Done)

    def invite(
        self,
        actor: str,
        role: say.Role,
        by: say.Authority,
        *,
        sites: Sequence[str] = (),
        subject: str | None = None,
    ) -> str:
        return self._ask(say.Invite(actor, role, tuple(sites), subject, by), say.Text).text

    def sign_in(self, code: str, source: str = "") -> say.Entered:
        return self._ask(say.SignIn(code, source), say.Entered)

    def whoami(self, ticket: str) -> say.Ticket:
        return self._ask(say.WhoAmI(ticket), say.TicketReply).ticket

    def sign_out(self, ticket: str) -> None:
        self._ask(say.SignOut(ticket), say.Done)

    def enrol_edge(
        self, edge: str, site: str, zone: str, *, sign_key: bytes, seal_key: bytes, by: say.Authority
    ) -> None:
        self._ask(say.EnrolEdge(edge, site, zone, sign_key, seal_key, by), say.Done)

    def note(self, hashes: Sequence[bytes]) -> None:
        self._ask(say.Note(list(hashes)), say.Done)

    def checkpoint(self) -> str:
        return self._ask(say.Checkpoint(), say.Text).text

    def looks(self, subject: str, ticket: str) -> list[say.Look]:
        return self._ask(say.Looks(subject, ticket), say.LookList).looks

    def keys(self) -> say.KeyState:
        return self._ask(say.AskKeys(), say.KeyState)

    def roll(self, what: Literal["kek", "root"], by: say.Authority) -> int:
        return int(self._ask(say.Roll(what, by), say.Text).text)

    def keep_recovery(self, recipient: str, by: say.Authority) -> None:
        self._ask(say.KeepRecovery(recipient, by), say.Done)

    def take_snapshot(self, by: say.Authority) -> Path:
        return Path(self._ask(say.TakeSnapshot(by), say.Text).text)

    def rehearsed(self, by: say.Authority) -> None:
        self._ask(say.Rehearsed(by), say.Done)

    def usage(self, ticket: str) -> say.UsageList:
        return self._ask(say.Usage(ticket), say.UsageList)

    def ask_bulk(self, budget: say.Budget, people: int, until: datetime, reason: str, by: say.Authority) -> str:
        return self._ask(say.AskBulk(budget, people, until, reason, by), say.Text).text

    def answer_bulk(self, wish: str, by: say.Authority, *, allow: bool) -> None:
        self._ask(say.AnswerBulk(wish, allow, by), say.Done)

    def end_bulk(self, wish: str, by: say.Authority) -> None:
        self._ask(say.EndBulk(wish, by), say.Done)

    def bulks(self, ticket: str) -> list[say.Bulk]:
        return self._ask(say.Bulks(ticket), say.BulkList).bulks

    def lay_honeys(self, sites: Sequence[str], by: say.Authority) -> list[say.Honey]:
        return self._ask(say.LayHoneys(list(sites), by), say.HoneyList).honeys

    def honey_cells(self, ids: Sequence[str], by: say.Authority) -> list[say.Honey]:
        return self._ask(say.HoneyCells(list(ids), by), say.HoneyList).honeys

    def incidents(self, after: int, size: int, by: say.Authority) -> say.IncidentList:
        return self._ask(say.AskIncidents(after, size, by), say.IncidentList)
