"""The key store: SQLite in HOME/keeper/store.db, fully synchronous, deleted pages overwritten.

The root key wraps one random key-encryption key; that wraps every data key, bound to its name. Nothing else in the
whole installation holds a data key. Also here: enrolled edges and small facts of the keeper itself.

A roll replaces the key-encryption key, or the root key, and is killed at no moment at which the store does not open
again: everything that the key-encryption key wraps is wrapped anew in one transaction; of the root key's two wraps one
always fits the key that its source holds.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gatehouse.crypto.errors import CryptoError
from gatehouse.crypto.sealing import KeyKind, KeyRef, new_key, unwrap, wrap
from gatehouse.keeper.errors import DamagedStore

_KEK, _NEXT_KEK = "kek", "kek.next"  # under the root key, and while that is rolled under the next one
_OWN_KEYS = "SELECT name, value FROM own WHERE name NOT IN (?, ?) AND name NOT LIKE 'fact:%'"
_MADE_ONCE = frozenset({KeyKind.SITE_DAY, KeyKind.SITE_DAY_OTHER, KeyKind.STAY, KeyKind.BOOKS})
_SCHEMA = """
CREATE TABLE IF NOT EXISTS own (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (
    kind INTEGER NOT NULL, owner TEXT NOT NULL, number INTEGER NOT NULL, wrapped BLOB NOT NULL,
    PRIMARY KEY (kind, owner, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tombstones (
    kind INTEGER NOT NULL, owner TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (kind, owner, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS edges (
    edge TEXT PRIMARY KEY, site TEXT NOT NULL, zone TEXT NOT NULL,
    sign_key BLOB NOT NULL, seal_key BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS invitations (
    hash BLOB PRIMARY KEY, ticket BLOB NOT NULL, ends TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tickets (
    hash BLOB PRIMARY KEY, ticket BLOB NOT NULL, ends TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recipients (
    name TEXT NOT NULL, site TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (site, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS grants (
    digest BLOB NOT NULL, actor TEXT NOT NULL, ends TEXT NOT NULL, PRIMARY KEY (digest, actor)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bulks (
    id TEXT PRIMARY KEY, asked TEXT NOT NULL, until TEXT NOT NULL, state TEXT NOT NULL, body BLOB NOT NULL) WITHOUT
    ROWID;
CREATE TABLE IF NOT EXISTS honeys (subject TEXT PRIMARY KEY, kind TEXT NOT NULL, site TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS teams (
    manager TEXT NOT NULL, site TEXT NOT NULL, team BLOB NOT NULL, PRIMARY KEY (manager, site)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS holds (
    id TEXT PRIMARY KEY, subject TEXT NOT NULL, class TEXT NOT NULL, until TEXT NOT NULL, why TEXT NOT NULL,
    reference TEXT NOT NULL, actor TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (
    subject TEXT NOT NULL, class TEXT NOT NULL, PRIMARY KEY (subject, class)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (
    name BLOB PRIMARY KEY, handle BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS passkeys (credential BLOB PRIMARY KEY, account BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lockouts (
    mark BLOB PRIMARY KEY, failures INTEGER NOT NULL, ends TEXT NOT NULL, forgotten TEXT NOT NULL) WITHOUT ROWID;
DROP TABLE IF EXISTS failures;
"""


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge that an owner enrolled: its site, the site's IANA zone and its two public keys."""

    edge: str
    site: str
    zone: str
    sign_key: bytes
    seal_key: bytes


class Store:
    """Every key of the installation. Safe to use from many threads; a key that was destroyed is out of memory too."""

    def __init__(self, connection: sqlite3.Connection, root_key: bytes) -> None:
        """Use `open_store` or `read_store`. Raises DamagedStore when the root key is another's."""
        self._lock = threading.RLock()
        self._connection = connection
        self._kek = self._load_kek(root_key)
        self._keys: dict[KeyRef, bytes] = {}
        self._remnants = False  # the write-ahead file may still hold destroyed keys
        self.changes = 0  # of keys that no clock makes: copies of the store are then old
        self._edges = {row[0]: Edge(*row) for row in self.rows("SELECT * FROM edges")}

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _load_kek(self, root_key: bytes) -> bytes:
        found = dict(self.rows("SELECT name, value FROM own WHERE name IN (?, ?)", (_KEK, _NEXT_KEK)))
        if not found:
            kek = new_key()
            self.write("INSERT INTO own VALUES (?, ?)", (_KEK, wrap(root_key, _KEK, kek)))
            return kek
        for wrapped in found.values():
            try:
                return unwrap(root_key, _KEK, wrapped)
            except CryptoError:
                continue
        raise DamagedStore("the key store belongs to another root key")

    # --- rolls ---

    def roll_kek(self, root_key: bytes) -> int:
        """A new key-encryption key: everything under the old one is wrapped anew, and nothing of the old one is left
        on the disk. How many keys that were."""
        with self._lock:
            kek = new_key()
            own = self.rows(_OWN_KEYS, (_KEK, _NEXT_KEK))
            held = self.rows("SELECT kind, owner, number, wrapped FROM keys")
            with self._transaction():
                self._connection.executemany(
                    "UPDATE own SET value=? WHERE name=?",
                    ((self._rewrapped(kek, name, old), name) for name, old in own),
                )
                self._connection.executemany(
                    "UPDATE keys SET wrapped=? WHERE kind=? AND owner=? AND number=?",
                    ((self._rewrapped(kek, name_of_key(*row), old), *row) for *row, old in held),
                )
                self.write("DELETE FROM own WHERE name=?", (_NEXT_KEK,))
                self.write("INSERT OR REPLACE INTO own VALUES (?, ?)", (_KEK, wrap(root_key, _KEK, kek)))
            self._kek = kek
            self.wipe_all()
            return len(own) + len(held)

    def _rewrapped(self, kek: bytes, name: str, wrapped: bytes) -> bytes:
        return wrap(kek, name, unwrap(self._kek, name, wrapped))

    def roll_root(self, take: Callable[[bytes], None]) -> None:
        """A new root key, which `take` makes durable at its source. Raises what `take` raises; the old one stays."""
        with self._lock:
            root_key = new_key()
            self.write("INSERT OR REPLACE INTO own VALUES (?, ?)", (_NEXT_KEK, wrap(root_key, _KEK, self._kek)))
            take(root_key)
            self.settle_root(root_key)

    def settle_root(self, root_key: bytes) -> None:
        """End a roll of the root key, one that was broken off as well: only the wrap that fits stays."""
        with self._lock:
            if self.rows("SELECT 1 FROM own WHERE name=?", (_NEXT_KEK,)):
                with self._transaction():
                    self.write("DELETE FROM own WHERE name=?", (_NEXT_KEK,))
                    self.write("INSERT OR REPLACE INTO own VALUES (?, ?)", (_KEK, wrap(root_key, _KEK, self._kek)))
            self.wipe_all()

    # --- statements, for the tables of the keeper's other modules ---

    def rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, closing(self._connection.execute(sql, values)) as cursor:
            return cursor.fetchall()

    def write(self, sql: str, values: tuple[object, ...] = ()) -> int:
        """One statement, durable when this returns. The number of rows that it changed."""
        with self._lock, closing(self._connection.execute(sql, values)) as cursor:
            return cursor.rowcount

    def write_all(self, statements: list[tuple[str, tuple[object, ...]]]) -> None:
        """All of them or none, durable when this returns."""
        with self._lock, self._transaction():
            for sql, values in statements:
                self.write(sql, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, durable at the end. The caller holds the lock. A commit that the disk refuses leaves no
        transaction open: every later statement would wait in it and only look durable."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    # --- copies ---

    def dump(self, without: frozenset[str]) -> tuple[bytes, dict[str, tuple[list[str], list[list[Any]]]]]:
        """The key-encryption key, and every table but these: columns and rows. What wraps that key is left out."""
        with self._lock:
            names = self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            tables = {name: self._table(name) for (name,) in names if name not in without}
            return self._kek, tables

    def _table(self, name: str) -> tuple[list[str], list[list[Any]]]:
        with closing(self._connection.execute(f'SELECT * FROM "{name}"')) as cursor:  # noqa: S608 - from the schema
            columns = [column[0] for column in cursor.description]
            rows = [list(row) for row in cursor]
        return columns, [row for row in rows if name != "own" or row[0] not in (_KEK, _NEXT_KEK)]

    def fill(self, kek: bytes, tables: Iterable[tuple[str, list[str], list[list[Any]]]]) -> None:
        """Take over tables of a `dump`, whose keys are under `kek`, into this store that is new. All or nothing. Raises
        DamagedStore for a table or column that this store has not, CryptoError for a key that does not open."""
        with self._lock, self._transaction():
            for name, columns, rows in tables:
                known = {row[1] for row in self.rows("SELECT * FROM pragma_table_info(?)", (name,))}
                if not columns or not known.issuperset(columns):
                    raise DamagedStore(f"the table {name} is another here: a newer Gatehouse wrote it")
                listed, marks = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
                self._connection.executemany(
                    f'INSERT INTO "{name}" ({listed}) VALUES ({marks})',  # noqa: S608 - names of this schema
                    (self._taken_over(kek, name, dict(zip(columns, row, strict=True))) for row in rows),
                )
            self._edges = {row[0]: Edge(*row) for row in self.rows("SELECT * FROM edges")}

    def _taken_over(self, kek: bytes, table: str, row: dict[str, Any]) -> list[Any]:
        if table == "keys":
            name = name_of_key(row["kind"], row["owner"], row["number"])
            row["wrapped"] = wrap(self._kek, name, unwrap(kek, name, row["wrapped"]))
        elif table == "own" and not row["name"].startswith("fact:"):
            row["value"] = wrap(self._kek, row["name"], unwrap(kek, row["name"], row["value"]))
        return list(row.values())

    def disenrol(self, edge: str) -> bool:
        """This edge's letters count no more; False when there is none of this name."""
        with self._lock:
            self._edges.pop(edge, None)
            return bool(self.write("DELETE FROM edges WHERE edge=?", (edge,)))

    # --- the keeper's own keys ---

    def own_key(self, name: str) -> bytes:
        """A random key of the keeper itself (its identity, its log), made at first use."""
        with self._lock:
            found = self.rows("SELECT value FROM own WHERE name = ?", (name,))
            if found:
                return unwrap(self._kek, name, found[0][0])
            key = new_key()
            self.write("INSERT INTO own VALUES (?, ?)", (name, wrap(self._kek, name, key)))
            self.changes += 1
            return key

    def fact(self, name: str) -> bytes | None:
        """A small fact that is no secret, such as the last checkpoint."""
        found = self.rows("SELECT value FROM own WHERE name = ?", (f"fact:{name}",))
        return found[0][0] if found else None

    def set_fact(self, name: str, value: bytes) -> None:
        self.write("INSERT OR REPLACE INTO own VALUES (?, ?)", (f"fact:{name}", value))

    # --- data keys ---

    def key(self, ref: KeyRef) -> bytes | None:
        """The key, or None when it was never made or is destroyed."""
        found = self._keys.get(ref)
        if found is not None:
            return found
        with self._lock:
            rows = self.rows("SELECT wrapped FROM keys WHERE kind=? AND owner=? AND number=?", _row(ref))
            if not rows:
                return None
            key = self._keys[ref] = unwrap(self._kek, _name(ref), rows[0][0])
            return key

    def make_keys(self, refs: Iterable[KeyRef]) -> list[KeyRef]:
        """Make those of these keys that do not exist, in one transaction; the ones that were made. A day or stay that
        was destroyed is left out."""
        with self._lock:
            missing = [ref for ref in dict.fromkeys(refs) if self.key(ref) is None and not self._is_over(ref)]
            if not missing:
                return []
            made = {ref: new_key() for ref in missing}
            with self._transaction():
                for ref, key in made.items():
                    self.write("INSERT INTO keys VALUES (?, ?, ?, ?)", (*_row(ref), wrap(self._kek, _name(ref), key)))
            self._keys.update(made)
            self.changes += any(ref.kind not in _MADE_ONCE for ref in made)
            return missing

    def _is_over(self, ref: KeyRef) -> bool:
        return ref.kind in _MADE_ONCE and self.is_destroyed(ref)

    def destroy_keys(self, refs: Iterable[KeyRef], at: datetime) -> list[KeyRef]:
        """Destroy these keys and remember that they are gone; those that there were."""
        with self._lock:
            gone = []
            with self._transaction():
                for ref in refs:
                    if self.write("DELETE FROM keys WHERE kind=? AND owner=? AND number=?", _row(ref)):
                        gone.append(ref)
                    self.write("INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?, ?)", (*_row(ref), at.isoformat()))
                    self._keys.pop(ref, None)
            self.wipe_all()
            self.changes += any(ref.kind is not KeyKind.STAY for ref in gone)
            return gone

    def wipe_all(self) -> None:
        """As `wipe`, whatever this process knows of: an earlier one may have been killed before it wiped."""
        with self._lock:
            self._remnants = True
            self.wipe()

    def wipe(self) -> None:
        """Empty the write-ahead file of the pages with keys that were destroyed. While somebody else reads the store it
        cannot be; then the next call does it."""
        with self._lock:
            if self._remnants:
                (busy, _, _) = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0]
                self._remnants = bool(busy)

    def is_destroyed(self, ref: KeyRef) -> bool:
        """Whether a key of this name was ever destroyed."""
        return bool(self.rows("SELECT 1 FROM tombstones WHERE kind=? AND owner=? AND number=?", _row(ref)))

    def destroyed(self, kind: KeyKind) -> list[str]:
        """Whose key of this kind was ever destroyed."""
        return [row[0] for row in self.rows("SELECT DISTINCT owner FROM tombstones WHERE kind=?", (kind,))]

    def erased(self, kinds: Iterable[KeyKind]) -> list[str]:
        """Of whom a key of one of these kinds was destroyed."""
        sql = "SELECT DISTINCT owner FROM tombstones WHERE kind=?"
        return sorted({row[0] for kind in kinds for row in self.rows(sql, (int(kind),))})

    def owners(self, kind: KeyKind) -> list[str]:
        """Who has a key of this kind."""
        return [row[0] for row in self.rows("SELECT DISTINCT owner FROM keys WHERE kind=?", (kind,))]

    def count(self, kind: KeyKind) -> int:
        rows = self.rows("SELECT COUNT(*) FROM keys WHERE kind=?", (kind,))
        return int(rows[0][0])

    def numbers(self, kind: KeyKind, owner: str) -> list[int]:
        """The days or years for which this site has keys, ascending."""
        rows = self.rows("SELECT number FROM keys WHERE kind=? AND owner=? ORDER BY number", (kind, owner))
        return [row[0] for row in rows]

    # --- edges ---

    def edge(self, edge: str) -> Edge | None:
        return self._edges.get(edge)

    def edges(self) -> list[Edge]:
        return list(self._edges.values())

    def enrol(self, edge: Edge) -> None:
        """Admit an edge, or replace its keys."""
        with self._lock:
            self.write(
                "INSERT OR REPLACE INTO edges VALUES (?, ?, ?, ?, ?)",
                (edge.edge, edge.site, edge.zone, edge.sign_key, edge.seal_key),
            )
            self._edges[edge.edge] = edge


def open_store(path: Path, root_key: bytes) -> Store:
    """The keeper's own store, made when there is none. Raises DamagedStore."""
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.executescript(_SCHEMA)
        path.chmod(0o600)
        store = Store(connection, root_key)
        store.settle_root(root_key)
        return store
    except sqlite3.DatabaseError as fault:
        connection.close()
        raise DamagedStore(f"{path} is no key store") from fault
    except DamagedStore:
        connection.close()
        raise


def read_store(path: Path, root_key: bytes) -> Store:
    """A copy in memory of the store of a keeper that may be running: as it is at this moment, whatever is rolled or
    destroyed meanwhile. Raises DamagedStore."""
    memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as source:
            source.backup(memory)
        return Store(memory, root_key)
    except sqlite3.DatabaseError as fault:
        memory.close()
        raise DamagedStore(f"{path} is no key store") from fault
    except DamagedStore:
        memory.close()
        raise


def _row(ref: KeyRef) -> tuple[int, str, int]:
    return int(ref.kind), ref.owner, ref.number


def _name(ref: KeyRef) -> str:
    return name_of_key(*_row(ref))


def name_of_key(kind: int, owner: str, number: int) -> str:
    return f"key:{kind}:{number}:{owner}"
