"""Signing in: one-time codes, and the tickets that the keeper gives for them. Only hashes are stored."""

import secrets
import threading
from datetime import datetime, timedelta

import msgspec

from gatehouse.crypto.keyring import bearer_hash
from gatehouse.keeper.accounts import ALPHABET, name_of, typed
from gatehouse.keeper.protocol import Entered, Refused, Role, Ticket
from gatehouse.keeper.store import Store

CODE_LIVES = timedelta(hours=24)
TICKET_LIVES = timedelta(hours=8)
FAILURES = 20  # wrong codes from one source that cost no wait
_decode = msgspec.msgpack.Decoder(Ticket).decode


class Tickets:
    """Invitations and tickets, in the store and, once seen, in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[bytes, Ticket] = {}

    def invite(self, actor: str, role: Role, sites: tuple[str, ...], subject: str | None, now: datetime) -> str:
        """A code of 100 random bits, good once within 24 hours: XXXXX-XXXXX-XXXXX-XXXXX."""
        letters = "".join(secrets.choice(ALPHABET) for _ in range(20))
        draft = Ticket(actor, role, sites, subject, now)
        self._store.write(
            "INSERT INTO invitations VALUES (?, ?, ?)",
            (bearer_hash(letters), msgspec.msgpack.encode(draft), (now + CODE_LIVES).isoformat()),
        )
        return "-".join(letters[n : n + 5] for n in range(0, 20, 5))

    def enter(self, code: str, now: datetime) -> Entered | Refused:
        """A ticket for a code, once; or bad_code."""
        with self._lock:
            hashed = bearer_hash(typed(code))
            rows = self._store.rows("SELECT ticket, ends FROM invitations WHERE hash=?", (hashed,))
            if not rows or not self._store.write("DELETE FROM invitations WHERE hash=?", (hashed,)):
                return Refused("bad_code")
            if datetime.fromisoformat(rows[0][1]) <= now:
                return Refused("bad_code")
            return self.issue(_decode(rows[0][0]), now)

    def issue(self, draft: Ticket, now: datetime) -> Entered:
        """A ticket as `draft` says, for eight hours from now."""
        token = secrets.token_urlsafe(32)
        ticket = msgspec.structs.replace(draft, ends=now + TICKET_LIVES)
        self._store.write(
            "INSERT INTO tickets VALUES (?, ?, ?)",
            (bearer_hash(token), msgspec.msgpack.encode(ticket), ticket.ends.isoformat()),
        )
        return Entered(token, ticket)

    def ticket(self, token: str, now: datetime) -> Ticket | None:
        """Whose token this is, while it is valid."""
        hashed = bearer_hash(token)
        with self._lock:
            ticket = self._known.get(hashed)
            if ticket is None:
                rows = self._store.rows("SELECT ticket FROM tickets WHERE hash=?", (hashed,))
                if not rows:
                    return None
                ticket = self._known[hashed] = _decode(rows[0][0])
        return ticket if now < ticket.ends else None

    def leave(self, token: str) -> None:
        """The token is worth nothing from now on."""
        hashed = bearer_hash(token)
        with self._lock:
            self._store.write("DELETE FROM tickets WHERE hash=?", (hashed,))
            self._known.pop(hashed, None)

    def revoke(self, actor: str) -> None:
        """End every ticket and invitation of this actor: for a person whose data is erased."""
        with self._lock:
            for table in ("tickets", "invitations"):
                for hashed, data in self._store.rows(f"SELECT hash, ticket FROM {table}"):  # noqa: S608
                    if actor in (_decode(data).actor, _decode(data).subject):
                        self._store.write(f"DELETE FROM {table} WHERE hash=?", (hashed,))  # noqa: S608
                        self._known.pop(hashed, None)

    def count(self, name: str, now: datetime) -> int:
        """How many tickets of this account are good now."""
        tickets = [_decode(row[0]) for row in self._store.rows("SELECT ticket FROM tickets")]
        return sum(1 for ticket in tickets if now < ticket.ends and name_of(ticket) == name)

    def end(self, name: str, *, invitations: bool) -> None:
        """End every ticket of this account; and every invitation."""
        with self._lock:
            for table in ("tickets", "invitations") if invitations else ("tickets",):
                for hashed, data in self._store.rows(f"SELECT hash, ticket FROM {table}"):  # noqa: S608
                    if name_of(_decode(data)) == name:
                        self._store.write(f"DELETE FROM {table} WHERE hash=?", (hashed,))  # noqa: S608
                        self._known.pop(hashed, None)

    def sweep(self, now: datetime) -> None:
        """Delete what has ended."""
        for table in ("tickets", "invitations"):
            self._store.write(f"DELETE FROM {table} WHERE ends <= ?", (now.isoformat(),))  # noqa: S608
        with self._lock:
            self._known = {hashed: ticket for hashed, ticket in self._known.items() if now < ticket.ends}
