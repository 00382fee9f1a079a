"""Letters a second through intake with the real keeper, against bare inserts of the same rows in the same run.

    .venv/bin/python benchmarks/ingest.py [--letters 10000] [--rows 1000000]

First the cost of sealing: the same letters through the same code in which every cipher, key exchange and signature is
a copy (`--unsealed`), in processes of their own. Then two baselines: the rows of a batch in one commit by the driver's
own `executemany`, which no receiver that verifies and seals can come near, and one commit per letter, as a receiver
without batches would keep its word.

The letters are those of a morning: people walk through a door that counts attendance (an attempt and a passage each),
and every tenth is a car that comes in and leaves. Intake and bare inserts take turns, batch by batch, so that both see
the same machine; the twin database has the same schema and settings. With `--rows` both are filled with that many
attempts before anything is measured. SQLite only.
"""

import argparse
import os
import platform
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import _unsealed

from gatehouse import wire
from gatehouse.clock import SystemClock
from gatehouse.crypto.letters import seal_letter
from gatehouse.crypto.signing import DeviceKeys, new_device_keys
from gatehouse.keeper.service import run

BATCH, PEOPLE, FILL = 200, 200, 10_000
NUMBERED = ("gates_attempt", "gates_passage", "attendance_punch", "audit_entry")
BY_KEY = ("parking_openstay", "parking_closedstay")
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-65536;"
KEEP = "--keep-for-benchmark"


def start_keeper(home: Path, more: list[str]) -> subprocess.Popen[bytes]:
    with (home / "keeper.out").open("wb") as out:
        process = subprocess.Popen([sys.executable, __file__, KEEP, str(home), *more], stdout=out, stderr=out)
    while not (home / "keeper" / "keeper.sock").exists():
        assert process.poll() is None, "the keeper did not start"
        time.sleep(0.02)
    return process


class Morning:
    """Letters of one edge, sealed and signed ahead of what is measured."""

    def __init__(self, edge: str, keys: DeviceKeys, seal_key: bytes, people: list[str]) -> None:
        self._edge, self._keys, self._seal_key, self._people = edge, keys, seal_key, people
        self._seq = 0
        self._at = datetime.now(UTC) - timedelta(hours=3)

    def letters(self, count: int) -> list[wire.Letter]:
        return [self._sealed(body) for _, body in zip(range(count), self._bodies(), strict=False)]

    def _bodies(self) -> Iterator[wire.Body]:
        turn = 0
        while True:
            turn += 1
            self._at += timedelta(milliseconds=50)
            if turn % 10 == 0:
                plate = f"京{random.choice('ABCDEFGH')}{random.randrange(100_000):05}"
                for gate, direction in (("in", "in"), ("out", "out")):
                    yield self._passage(gate, direction, plate=plate)
            else:
                subject = random.choice(self._people)
                yield wire.Attempt(
                    id=wire.new_id(self._at), gate="door", at=self._at, seen_at=self._at, direction="in", means="face",
                    subject=subject, granted=True, reason="rule",
                )  # fmt: skip
                yield self._passage("door", "in", subject=subject)

    def _passage(self, gate, direction, *, subject=None, plate=None) -> wire.Passage:
        return wire.Passage(
            id=wire.new_id(self._at), attempt=wire.new_id(self._at), gate=gate, at=self._at, direction=direction,
            means="plate" if plate else "face", subject=subject, plate=plate, reason="visitor" if plate else "rule",
            sensed=True,
        )  # fmt: skip

    def _sealed(self, body: wire.Body) -> wire.Letter:
        self._seq += 1
        sealed, signature = seal_letter(
            wire.encode(body),
            info=wire.LETTER_INFO,
            aad=wire.letter_aad(self._edge, self._seq),
            context=wire.LETTER_SIGNATURE,
            seal_key=self._seal_key,
            sign_key=self._keys.sign_key,
        )
        return wire.Letter(edge=self._edge, seq=self._seq, body=sealed, signature=signature)


class Twin:
    """A database of the same schema that only takes rows."""

    def __init__(self, source: Path, path: Path) -> None:
        self._from = sqlite3.connect(source)
        self._to = sqlite3.connect(path)
        self._to.executescript(PRAGMAS)
        self._from.backup(self._to)
        self._seen = {table: self._last(table) for table in NUMBERED}
        self._held: dict[str, set[object]] = {table: self._keys(table) for table in BY_KEY}

    def _last(self, table: str) -> int:
        return int(self._from.execute(f"SELECT COALESCE(MAX(rowid), 0) FROM {table}").fetchone()[0])

    def _keys(self, table: str) -> set[object]:
        return {row[0] for row in self._from.execute(f"SELECT id FROM {table}")}

    def new_rows(self) -> dict[str, list[tuple[object, ...]]]:
        """What the source has taken since the last call. The small tables that lie by key have no row numbers."""
        found = {}
        for table in NUMBERED:
            found[table] = self._from.execute(f"SELECT * FROM {table} WHERE rowid > ?", (self._seen[table],)).fetchall()
            self._seen[table] = self._last(table)
        for table, held in self._held.items():
            found[table] = [row for row in self._from.execute(f"SELECT * FROM {table}") if row[0] not in held]
            held |= {row[0] for row in found[table]}
        return found

    def insert_one_by_one(self, rows: dict[str, list[tuple[object, ...]]], letters: int) -> None:
        """The same rows again, in as many commits as there were letters."""
        flat = [(table, row) for table, found in rows.items() for row in found]
        share = -(-len(flat) // letters)
        for first in range(0, len(flat), share):
            for table, row in flat[first : first + share]:
                marks = ",".join("?" * len(row))
                self._to.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", row)
            self._to.commit()

    def insert(self, rows: dict[str, list[tuple[object, ...]]]) -> None:
        for table, found in rows.items():
            if found:
                marks = ",".join("?" * len(found[0]))
                self._to.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", found)
        self._to.commit()


def fill(path: Path, site: str, rows: int) -> None:
    """Attempts of the last months, with random tokens, as many of them as are wanted."""
    database = sqlite3.connect(path)
    start = datetime.now(UTC) - timedelta(days=90)
    step = timedelta(days=89) / rows
    for first in range(0, rows, FILL):
        batch = []
        for n in range(first, min(first + FILL, rows)):
            at = start + n * step
            batch.append((wire.new_id(at).replace("-", ""), "door", str(at)[:26], "in", "granted", os.urandom(16),
                          os.urandom(320), site))  # fmt: skip
        database.executemany(
            "INSERT INTO gates_attempt (id, gate, at, direction, outcome, token, cell, site_id) "
            "VALUES (?,?,?,?,?,?,?,?)",
            batch,
        )
        database.commit()
    database.close()


def measure(home: Path, letters: int, rows: int) -> None:
    from gatehouse.keeper.client import Client  # noqa: PLC0415  after set-up
    from gatehouse.keeper.local import enrol_edge  # noqa: PLC0415  after set-up
    from gatehouse.server.run import prepare  # noqa: PLC0415  after set-up

    prepare(home, SystemClock())
    from tests.server.world import ZONE, World  # noqa: PLC0415  after set-up

    from gatehouse.server import intake, keeping  # noqa: PLC0415  after set-up
    from gatehouse.server.gates.models import Edge  # noqa: PLC0415  after set-up

    client = Client(home / "keeper" / "keeper.sock")
    world = World(home, client, SystemClock())
    keys = new_device_keys()
    enrol_edge(home, "edge-bench", str(world.site.pk), ZONE, keys.public())
    edge = Edge.objects.create(id="edge-bench", site=world.site, sign_key=keys.public().sign_key)
    people = [str(world.hire(f"S-{n}", "Lin Moss").pk) for n in range(PEOPLE)]
    path = home / "server" / "gatehouse.db"
    if rows:
        fill(path, world.site.pk.hex, rows)
    twin = Twin(path, home / "twin.db")
    morning = Morning("edge-bench", keys, client.hello().seal_key, people)
    parts = {"intake": 0.0, "keeper": 0.0, "bare": 0.0}
    inner = keeping.admit

    def timed_admit(*args):
        began = time.perf_counter()
        found = inner(*args)
        parts["keeper"] += time.perf_counter() - began
        return found

    keeping.admit = timed_admit
    latencies, singles = [], []
    for done in range(0, letters + BATCH, BATCH):
        batch = morning.letters(BATCH)
        began = time.perf_counter()
        intake.receive(edge, batch, now=datetime.now(UTC))
        took = time.perf_counter() - began
        found = twin.new_rows()
        began = time.perf_counter()
        twin.insert(found)
        bare = time.perf_counter() - began
        began = time.perf_counter()
        if done and done % (10 * BATCH) == 0:
            twin.insert_one_by_one(found, BATCH)
            singles.append(BATCH / (time.perf_counter() - began))
        if done:  # the first batch warms up
            parts["intake"] += took
            parts["bare"] += bare
            latencies.append(took * 1000)
        else:
            parts["keeper"] = 0.0
    through, bare_rate = letters / parts["intake"], letters / parts["bare"]
    print(f"rows in the table before: {rows:,}")
    print(f"through intake:  {through:8,.0f} letters/s   ({statistics.median(latencies):.0f} ms a batch of {BATCH})")
    print(f"  of that, the keeper admits for {parts['keeper'] / parts['intake']:.0%} of the time")
    single_rate = statistics.median(singles)
    print(f"bare inserts, one commit per batch:  {bare_rate:8,.0f} letters/s   ratio {through / bare_rate:.2f}")
    print(f"bare inserts, one commit per letter: {single_rate:8,.0f} letters/s   ratio {through / single_rate:.2f}")
    client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument(_unsealed.FLAG, action="store_true", help="the same code, with copies in place of all ciphers")
    parser.add_argument(KEEP, type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.keep_for_benchmark:
        run(asked.keep_for_benchmark, SystemClock())
        return
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import django  # noqa: PLC0415  after set-up

    if not asked.unsealed:
        sizes = ["--letters", str(asked.letters), "--rows", str(asked.rows)]
        subprocess.run([sys.executable, __file__, _unsealed.FLAG, *sizes], check=True)
        print("\nand sealed:")
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
    print(f"Django {django.__version__}, SQLite {sqlite3.sqlite_version}, run {uuid4().hex[:6]}")
    with tempfile.TemporaryDirectory(prefix="gatehouse-ingest-") as folder:
        keeper = start_keeper(Path(folder), [_unsealed.FLAG] if asked.unsealed else [])
        try:
            measure(Path(folder), asked.letters, asked.rows)
        finally:
            keeper.terminate()
            keeper.wait(10)


if __name__ == "__main__":
    main()
