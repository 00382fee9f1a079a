"""Accounts: who may come in again without a new code, as what, and by which passkeys or password.

An account belongs to an actor and is of a worker or of an operator; nobody becomes the other by an invitation. What an
account holds is sealed under one of the keeper's own keys; what is looked up by is a keyed hash.
"""

import secrets
import threading
from datetime import datetime
from typing import Any

import msgspec

from gatehouse.crypto.keyring import pseudonym
from gatehouse.crypto.sealing import unwrap, wrap
from gatehouse.keeper.protocol import Role, Ticket, Way
from gatehouse.keeper.store import Store

PASSKEYS = 10  # of one account
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_LOOKALIKE = str.maketrans("OIL", "011", "- ")


def typed(text: str) -> str:
    """A code or handle as it was meant: case, dashes, blanks and look-alikes do not matter."""
    return text.upper().translate(_LOOKALIKE)


class Passkey(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: bytes
    public_key: bytes
    counter: int
    made: datetime
    used: datetime | None = None
    on_device: bool = False

    def as_way(self) -> Way:
        return Way(self.id.hex()[:32], "passkey", self.made, self.used, self.on_device)


class Password(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Both are always asked together. `step` is the last half minute whose code was used."""

    hashed: str
    secret: bytes
    step: int
    made: datetime
    used: datetime | None = None

    def as_way(self) -> Way:
        return Way("password", "password", self.made, self.used)


class Account(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`ticket` is what its holder may: as the last code said that they came in by."""

    ticket: Ticket
    handle: str  # random, typed with a password
    user: bytes  # random, what authenticators know the account by
    passkeys: list[Passkey] = []
    password: Password | None = None
    sources: list[bytes] = []  # where a password has signed in from lately, newest last

    @property
    def name(self) -> str:
        return name_of(self.ticket)

    @property
    def shown(self) -> str:
        return f"{self.handle[:4]}-{self.handle[4:]}"

    def ways(self) -> list[Way]:
        password = [self.password.as_way()] if self.password else []
        return [*(passkey.as_way() for passkey in self.passkeys), *password]


def name_of(ticket: Ticket) -> str:
    """The account that a ticket's holder has or may have."""
    return f"worker:{ticket.subject}" if ticket.role is Role.WORKER else f"operator:{ticket.actor}"


_decode = msgspec.msgpack.Decoder(Account).decode
_encode = msgspec.msgpack.Encoder().encode


class Accounts:
    """In the store. A change is read, made and written under `lock`, so that no counter and no code counts twice."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._key = store.own_key("accounts")
        self.lock = threading.RLock()

    def mark(self, kind: str, text: bytes) -> bytes:
        """What something is looked up by."""
        return pseudonym(self._key, f"{kind}:{text.hex()}")

    def _open(self, rows: list[tuple[Any, ...]]) -> Account | None:
        return _decode(unwrap(self._key, f"account:{rows[0][0].hex()}", rows[0][1])) if rows else None

    def of(self, ticket: Ticket) -> Account | None:
        return self.named(name_of(ticket))

    def named(self, name: str) -> Account | None:
        mark = self.mark("name", name.encode())
        return self._open(self._store.rows("SELECT name, sealed FROM accounts WHERE name=?", (mark,)))

    def by_handle(self, handle: str) -> Account | None:
        mark = self.mark("handle", typed(handle).encode("utf-8", "replace"))
        return self._open(self._store.rows("SELECT name, sealed FROM accounts WHERE handle=?", (mark,)))

    def by_credential(self, credential: bytes) -> Account | None:
        sql = "SELECT a.name, a.sealed FROM passkeys p JOIN accounts a ON a.name = p.account WHERE p.credential=?"
        return self._open(self._store.rows(sql, (self.mark("credential", credential),)))

    def new(self, ticket: Ticket) -> Account:
        """Not written yet."""
        handle = "".join(secrets.choice(ALPHABET) for _ in range(8))
        while self.by_handle(handle) is not None:
            handle = "".join(secrets.choice(ALPHABET) for _ in range(8))
        return Account(ticket=ticket, handle=handle, user=secrets.token_bytes(32))

    def write(self, account: Account) -> None:
        name = self.mark("name", account.name.encode())
        sealed = wrap(self._key, f"account:{name.hex()}", _encode(account))
        handle = self.mark("handle", account.handle.encode())
        self._store.write_all(
            [
                ("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)", (name, handle, sealed)),
                ("DELETE FROM passkeys WHERE account=?", (name,)),
                *(
                    ("INSERT INTO passkeys VALUES (?, ?)", (self.mark("credential", one.id), name))
                    for one in account.passkeys
                ),
            ]
        )

    def drop(self, name: str) -> bool:
        """Whether there was one."""
        mark = self.mark("name", name.encode())
        with self.lock:
            self._store.write("DELETE FROM passkeys WHERE account=?", (mark,))
            return bool(self._store.write("DELETE FROM accounts WHERE name=?", (mark,)))

    def renew_right(self, ticket: Ticket) -> None:
        """Somebody came in by a new code: from now on their ways bring what that code says."""
        with self.lock:
            account = self.of(ticket)
            if account is not None and account.ticket != ticket:
                account.ticket = ticket
                self.write(account)
