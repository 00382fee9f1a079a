"""Letters on disk before anything moves: numbered, sealed to the keeper, signed, and only then believed.

One SQLite file, WAL, synchronous=FULL: `append` returns when the letters would survive a power cut. A
stolen file shows ids, gates and days: bodies are HPKE to the keeper, what the edge itself must remember is
sealed or hashed under its device key.

Letters that wait longer than KEEP_DAYS lose their facts: an event `expired` takes their place under the same number,
so that the numbering stays without gaps and the server learns how many were lost.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gatehouse.crypto.keyring import derive, pseudonym
from gatehouse.crypto.letters import seal_letter
from gatehouse.crypto.signing import DeviceKeys
from gatehouse.domain.bays import Bays
from gatehouse.domain.whereabouts import Move
from gatehouse.edge.errors import SpoolFailed
from gatehouse.edge.kept import NO_CHANGE, Arrival, Whereabout, opened_attempt, opened_place, row_of, sealed_place
from gatehouse.edge.kept import Mark as Mark
from gatehouse.edge.kept import Pending as Pending
from gatehouse.edge.kept import TakenBay as TakenBay
from gatehouse.wire import (
    LETTER_INFO,
    LETTER_SIGNATURE,
    LETTERS_PER_BATCH,
    Attempt,
    Body,
    GateEvent,
    Letter,
    Passage,
    encode,
    letter_aad,
    new_id,
)

KEEP_DAYS = 30
GRANT_OVER = timedelta(days=1)  # longer than any gate waits for a passage
BOOKING_KEPT = timedelta(days=400)  # a used booking is remembered for longer than any is for
_BATCH_BYTES = 4 * 1024 * 1024
_BUSY_S = 5.0

_TABLES = """
CREATE TABLE IF NOT EXISTS counter (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL);
INSERT OR IGNORE INTO counter VALUES (1, 0);
CREATE TABLE IF NOT EXISTS letter (
    seq INTEGER PRIMARY KEY, day INTEGER NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL,
    expired INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS grants (
    attempt TEXT PRIMARY KEY, gate TEXT NOT NULL, who BLOB NOT NULL, until_s REAL NOT NULL,
    sealed BLOB NOT NULL, passed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS place (who BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS newest (one INTEGER PRIMARY KEY CHECK (one = 1), at_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS mark (mark BLOB PRIMARY KEY, until_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS bay (
    pool BLOB NOT NULL, who BLOB NOT NULL, attempt TEXT NOT NULL, since_s REAL NOT NULL, once INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('granted', 'held', 'used')), PRIMARY KEY (pool, who)) WITHOUT ROWID;
"""


class Spool:
    """One edge's letters. Safe to share between threads; one process at a time."""

    def __init__(self, path: Path, *, edge: str, keys: DeviceKeys, keeper_seal_key: bytes) -> None:
        """Raises SpoolFailed when the file cannot be opened or is no spool."""
        self._edge = edge
        self._keys = keys
        self._keeper_seal_key = keeper_seal_key
        self._who_key = derive(keys.sign_key, "edge spool/1")
        self._lock = threading.Lock()
        self.arrived = threading.Condition()
        try:
            self._db = sqlite3.connect(
                path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=64
            )
            path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.executescript(_TABLES)
        except (sqlite3.Error, OSError) as fault:
            raise SpoolFailed(f"the spool cannot be opened: {fault}") from fault

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # --- for the gates --------------------------------------------------------------------------------------

    def append(
        self,
        bodies: Sequence[Body],
        *,
        at: datetime,
        pending: Pending | None = None,
        settled: str | None = None,
        passed: str | None = None,
        once: Mark | None = None,
        takes: Mark | None = None,
        frees: Sequence[Mark] = (),
        bay: TakenBay | None = None,
        places: Whereabout = NO_CHANGE,
    ) -> bool:
        """Write these letters, and in the same breath: remember a grant that waits for its passage, forget
        the grant of the attempt that is `settled`, note that of the attempt `passed`, take `once` and `takes`, let go
        of `frees`. A `bay` goes with the grant and is held from its passage in to the next passage out of its plate.
        `places` is where people are after these passages.

        True when all of it is durable. False, with nothing written, when `once` had been taken before or no bay was
        left; `takes` may have been. Raises SpoolFailed, with nothing written, when the disk does not take it.
        """
        with self._transaction("written") as db:
            if bay is not None and pending is not None and not self._take_bay(bay, pending.attempt.id, at):
                return False
            if once is not None and not self._take(once):
                if bay is not None:
                    db.execute("ROLLBACK")
                    db.execute("BEGIN IMMEDIATE")
                return False
            if takes is not None:
                self._take(takes)
            self._write(bodies, at)
            db.execute(
                "INSERT INTO newest VALUES (1, ?) ON CONFLICT DO UPDATE SET at_s = max(at_s, excluded.at_s)",
                (at.timestamp(),),
            )
            self._move_bays(bodies)
            rows = [(self._hash("move", move.subject), sealed_place(self._keys, move)) for move in places.moves]
            rows += [(self._hash("arrival", one.place), sealed_place(self._keys, one)) for one in places.arrivals]
            db.executemany("INSERT OR REPLACE INTO place VALUES (?, ?)", rows)
            if settled is not None:
                db.execute("DELETE FROM grants WHERE attempt = ?", (settled,))
                db.execute("DELETE FROM bay WHERE attempt = ? AND state = 'granted'", (settled,))
            if passed is not None:
                db.execute("UPDATE grants SET passed = 1 WHERE attempt = ?", (passed,))
            if pending is not None:
                db.execute("DELETE FROM grants WHERE passed = 1 AND until_s <= ?", (at.timestamp(),))
                db.execute("INSERT INTO grants VALUES (?, ?, ?, ?, ?, 0)", self._pending_row(pending))
            for mark in frees:
                db.execute("DELETE FROM mark WHERE mark = ?", (self._hash(mark.kind, mark.value),))
        with self.arrived:
            self.arrived.notify_all()
        return True

    def _take(self, once: Mark) -> bool:
        row = (self._hash(once.kind, once.value), once.until.timestamp())
        return self._db.execute("INSERT OR IGNORE INTO mark VALUES (?, ?)", row).rowcount == 1

    # --- bays ---------------------------------------------------------------------------------------------------

    def _take_bay(self, bay: TakenBay, attempt: str, at: datetime) -> bool:
        """A vehicle that holds one takes no second; one that used its own has none left."""
        pool, who = self._hash("pool", bay.pool), self._hash("bay", bay.plate)
        # The gate of a grant that was never settled is gone.
        stuck = ((at - GRANT_OVER).timestamp(), pool)
        self._db.execute("DELETE FROM bay WHERE state = 'granted' AND since_s <= ? AND pool = ?", stuck)
        row = self._db.execute("SELECT state FROM bay WHERE pool = ? AND who = ?", (pool, who)).fetchone()
        if row is not None:
            return bool(row[0] == "held")  # granted at another gate: that grant is over first
        (taken,) = self._db.execute("SELECT count(*) FROM bay WHERE pool = ? AND state <> 'used'", (pool,)).fetchone()
        if taken >= bay.bays:
            return False
        values = (pool, who, attempt, at.timestamp(), int(bay.once))
        self._db.execute("INSERT INTO bay VALUES (?, ?, ?, ?, ?, 'granted')", values)
        return True

    def _move_bays(self, bodies: Sequence[Body]) -> None:
        """What these passages do to bays; the same passage again changes nothing."""
        for body in bodies:
            if not isinstance(body, Passage) or body.plate is None:
                continue
            who = self._hash("bay", body.plate)
            if body.direction == "in":
                values = (body.at.timestamp(), who)
                self._db.execute("UPDATE bay SET state = 'held', since_s = ? WHERE who = ? AND state <> 'used'", values)
            else:
                self._db.execute("DELETE FROM bay WHERE who = ? AND once = 0", (who,))
                self._db.execute("UPDATE bay SET state = 'used' WHERE who = ? AND state = 'held'", (who,))

    def bays(self, plate: str, pools: Iterable[str]) -> Bays:
        """The bays of these pools as this vehicle stands before a gate. Raises SpoolFailed."""
        who, taken, held, used = self._hash("bay", plate), {}, set(), set()
        for pool in pools:
            rows = self._rows("SELECT who, state FROM bay WHERE pool = ?", self._hash("pool", pool))
            taken[pool] = sum(state != "used" for _, state in rows)
            held |= {pool for one, state in rows if one == who and state == "held"}
            used |= {pool for one, state in rows if one == who and state == "used"}
            if any(one == who and state == "granted" for one, state in rows):
                taken[pool] -= 1
        return Bays(taken, frozenset(held), frozenset(used))

    def free_bays(self, freed: Iterable[tuple[str, datetime]]) -> None:
        """These plates had left before these moments; a bay that one passed into later stays held. Raises
        SpoolFailed."""
        with self._transaction("freed") as db:
            for plate, at in freed:
                values = (self._hash("bay", plate), at.timestamp())
                db.execute("DELETE FROM bay WHERE who = ? AND since_s <= ? AND state = 'held' AND once = 0", values)
                db.execute("UPDATE bay SET state = 'used' WHERE who = ? AND since_s <= ? AND state = 'held'", values)

    def _write(self, bodies: Sequence[Body], at: datetime) -> None:
        (last,) = self._db.execute("SELECT seq FROM counter").fetchone()
        rows = [(seq, _day(at), *self._sealed(seq, body)) for seq, body in enumerate(bodies, last + 1)]
        self._db.executemany("INSERT INTO letter (seq, day, body, signature) VALUES (?, ?, ?, ?)", rows)
        self._db.execute("UPDATE counter SET seq = ?", (last + len(rows),))

    def _pending_row(self, pending: Pending) -> tuple[str, str, bytes, float, bytes]:
        attempt = pending.attempt
        return attempt.id, attempt.gate, self._who(attempt), pending.until.timestamp(), row_of(attempt, self._keys)

    def _sealed(self, seq: int, body: Body) -> tuple[bytes, bytes]:
        return seal_letter(
            encode(body),
            info=LETTER_INFO,
            aad=letter_aad(self._edge, seq),
            context=LETTER_SIGNATURE,
            seal_key=self._keeper_seal_key,
            sign_key=self._keys.sign_key,
        )

    def pending(self, gate: str) -> list[Pending]:
        """Granted attempts of this gate without a passage, oldest first. Raises SpoolFailed."""
        return self._grants(gate, 0)

    def passed(self, gate: str, now: datetime) -> list[Pending]:
        """Granted attempts of this gate whose passage was lately: who passed may still stand in view. Raises
        SpoolFailed."""
        return [pending for pending in self._grants(gate, 1) if pending.until > now]

    def _grants(self, gate: str, passed: int) -> list[Pending]:
        query = "SELECT sealed, until_s FROM grants WHERE gate = ? AND passed = ? ORDER BY attempt"
        rows = self._rows(query, gate, passed)
        found = []
        for sealed, until_s in rows:
            attempt = opened_attempt(self._keys, sealed)
            if attempt is not None:
                found.append(Pending(attempt, datetime.fromtimestamp(until_s, UTC)))
        return found

    def places(self) -> tuple[tuple[Move, ...], tuple[Arrival, ...]]:
        """Where people were when the edge stopped. Raises SpoolFailed."""
        found = [opened_place(self._keys, sealed) for (sealed,) in self._rows("SELECT sealed FROM place")]
        moves = tuple(one for one in found if isinstance(one, Move))
        return moves, tuple(one for one in found if isinstance(one, Arrival))

    def in_force(self, attempt: Attempt, now: datetime) -> datetime | None:
        """Until when a grant to the same subject or plate at the same gate waits for its passage, None when none
        does. Raises SpoolFailed."""
        rows = self._rows(
            "SELECT max(until_s) FROM grants WHERE gate = ? AND who = ? AND until_s > ? AND passed = 0",
            attempt.gate,
            self._who(attempt),
            now.timestamp(),
        )
        return None if rows[0][0] is None else datetime.fromtimestamp(rows[0][0], UTC)

    def taken(self, kind: str, value: str) -> bool:
        """True when this mark was taken by an `append`. Raises SpoolFailed."""
        return bool(self._rows("SELECT 1 FROM mark WHERE mark = ?", self._hash(kind, value)))

    def _who(self, attempt: Attempt) -> bytes:
        return self._hash("who", f"{attempt.gate}\0{attempt.subject or ''}\0{attempt.plate or ''}")

    def _hash(self, kind: str, value: str) -> bytes:
        return pseudonym(self._who_key, f"{kind}\0{value}")

    # --- for the uplink -------------------------------------------------------------------------------------

    def batch(self, most: int = LETTERS_PER_BATCH) -> list[Letter]:
        """The oldest letters in order, as many as one request carries. Raises SpoolFailed."""
        rows = self._rows("SELECT seq, body, signature FROM letter ORDER BY seq LIMIT ?", most)
        letters: list[Letter] = []
        size = 0
        for seq, body, signature in rows:
            size += len(body) + 200
            if letters and size > _BATCH_BYTES:
                break
            letters.append(Letter(edge=self._edge, seq=seq, body=body, signature=signature))
        return letters

    def acknowledge(self, through: int) -> int:
        """Drop what the server holds; the number dropped. A receipt beyond the last letter drops nothing that
        is to come, for numbers are never given twice. Raises SpoolFailed."""
        with self._transaction("dropped") as db:
            dropped = db.execute("DELETE FROM letter WHERE seq <= ?", (through,)).rowcount
        self._truncate_log()
        return int(dropped)

    def _truncate_log(self) -> None:
        """What was deleted would otherwise stay readable in the write-ahead log for a while. While another reads
        the file, for a copy, the log stays until the next time: no gate waits for that reader. Raises SpoolFailed."""
        with self._lock:
            try:
                self._db.execute("PRAGMA busy_timeout = 0")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.Error as fault:
                raise SpoolFailed(f"the spool cannot be read: {fault}") from fault
            finally:
                with suppress(sqlite3.Error):
                    self._db.execute(f"PRAGMA busy_timeout = {int(_BUSY_S * 1000)}")

    def newest(self) -> datetime | None:
        """The latest time at which anything was written here: no true time is earlier. None for a new spool. Raises
        SpoolFailed."""
        rows = self._rows("SELECT at_s FROM newest")
        return datetime.fromtimestamp(rows[0][0], UTC) if rows else None

    def time_is(self, at: datetime) -> None:
        """Somebody whose clock is right says so: what was written later was written by a clock that was ahead. Raises
        SpoolFailed."""
        with self._transaction("timed") as db:
            db.execute("INSERT OR REPLACE INTO newest VALUES (1, ?)", (at.timestamp(),))

    def last_seq(self) -> int:
        """The number of the newest letter ever written. Raises SpoolFailed."""
        return int(self._rows("SELECT seq FROM counter")[0][0])

    def waiting(self) -> int:
        """How many letters the server does not hold yet. Raises SpoolFailed."""
        return int(self._rows("SELECT count(*) FROM letter")[0][0])

    def expire(self, now: datetime, most: int = 500) -> int:
        """Forget what is over: marks, and the facts of letters older than KEEP_DAYS, at most `most` at a
        time so that no gate waits. The number of letters that lost their facts. Raises SpoolFailed."""
        oldest = _day(now) - KEEP_DAYS
        with self._transaction("expired") as db:
            db.execute("DELETE FROM mark WHERE until_s <= ?", (now.timestamp(),))
            used_until_s = (now - BOOKING_KEPT).timestamp()
            db.execute("DELETE FROM bay WHERE state = 'used' AND since_s <= ?", (used_until_s,))
            rows = db.execute(
                "SELECT seq FROM letter WHERE day < ? AND expired = 0 ORDER BY seq LIMIT ?", (oldest, most)
            ).fetchall()
            db.executemany(
                "UPDATE letter SET body = ?, signature = ?, expired = 1 WHERE seq = ?",
                [(*self._sealed(seq, _expired(now)), seq) for (seq,) in rows],
            )
        return len(rows)

    # --- the file -------------------------------------------------------------------------------------------

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.Error as fault:
                raise SpoolFailed(f"the spool cannot be read: {fault}") from fault

    @contextmanager
    def _transaction(self, what: str) -> Iterator[sqlite3.Connection]:
        """One write transaction: durable when the block ends, taken back whole when anything fails."""
        with self._lock:
            done = False
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
                done = True
            except sqlite3.Error as fault:
                raise SpoolFailed(f"letters were not {what}: {fault}") from fault
            finally:
                # SQLite takes back by itself on a full disk; asking a second time would be an error.
                if not done and self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def _expired(now: datetime) -> GateEvent:
    return GateEvent(id=new_id(now), gate="", at=now, kind="expired")


def _day(at: datetime) -> int:
    return at.astimezone(UTC).date().toordinal()
