"""How long it takes until a person is erased at the keeper, with few and with many people enrolled, against the least
that any erasure on this disk costs in the same run: deleting one row of as large a table and having it synced.

    .venv/bin/python benchmarks/erasure.py [--people 1000 10000 100000] [--times 20]

Everybody has a name and a face sealed, so a key for each; a face's template is as long as the model's. What is timed is
`forget` over the real socket: the keys gone from disk and memory, the log's line durable, the certificate signed.
"""

import argparse
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cryptography
from _keeper import running_keeper

from gatehouse.keeper import local
from gatehouse.keeper.client import Client
from gatehouse.keeper.protocol import Authority, KeyClass, Owner, Plain

BATCH, TEMPLATE = 500, 512
CLASSES = [KeyClass.IDENTITY, KeyClass.FACE]


def enrolled(client: Client, count: int) -> None:
    """So many people, each with a name and a face."""
    template = os.urandom(TEMPLATE)
    for start in range(0, count, BATCH):
        names = [f"person-{n}" for n in range(start, min(start + BATCH, count))]
        client.seal([Plain("person.name/1", Owner(name), name, b"Ann Example") for name in names])
        client.seal([Plain("face.template/1", Owner(name), name, template) for name in names])


def erasures(client: Client, by: Authority, times: int) -> Iterator[float]:
    for number in range(times):
        started = time.perf_counter()
        client.forget(f"person-{number}", CLASSES, by)
        yield time.perf_counter() - started


def bare(folder: Path, count: int, times: int) -> Iterator[float]:
    """One row less in a table of as many keys, durable and overwritten."""
    database = sqlite3.connect(folder / "bare.db")
    database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;")
    database.execute("CREATE TABLE keys (name TEXT PRIMARY KEY, wrapped BLOB) WITHOUT ROWID")
    with database:
        database.executemany("INSERT INTO keys VALUES (?, ?)", ((f"{n}", os.urandom(60)) for n in range(2 * count)))
    for number in range(times):
        started = time.perf_counter()
        with database:
            database.execute("DELETE FROM keys WHERE name = ?", (f"{number}",))
        yield time.perf_counter() - started
    database.close()


def measured(people: int, times: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with running_keeper(home) as client:
            by = Authority(ticket=client.sign_in(local.invite_operator(home, "owner-1")).token)
            enrolled(client, people)
            ours = list(erasures(client, by, times))
        least = list(bare(home, people, times))
    ratio = statistics.median(ours) / statistics.median(least)
    said = f"{statistics.median(ours) * 1e3:8.1f} ms, at most {max(ours) * 1e3:8.1f} ms"
    return f"{people:9,} people  {said}   {ratio:6.1f} x one durable DELETE ({statistics.median(least) * 1e3:.1f} ms)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--times", type=int, default=20, help="people who are erased, one after another")
    args = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(
        f"Python {platform.python_version()}, cryptography {cryptography.__version__}, SQLite {sqlite3.sqlite_version}"
    )
    for people in args.people:
        print(measured(people, args.times), flush=True)


if __name__ == "__main__":
    main()
