import os
import sqlite3
import time
from datetime import date
from pathlib import Path

import pytest

from gatehouse.drill.links import Truth, links

MONDAY, TUESDAY = ("site", date(2026, 3, 2)), ("site", date(2026, 3, 3))
PEOPLE = ("ann", "bob", "cem")
TOKENS = {day: {person: os.urandom(16) for person in PEOPLE} for day in (MONDAY, TUESDAY)}
ANN = "2f1c7a52-3f0e-4c1e-9d54-6a0b1c2d3e4f"
TRUTH = Truth(
    {day: {token: person for person, token in tokens.items()} for day, tokens in TOKENS.items()}, frozenset({ANN})
)


@pytest.fixture
def store(tmp_path: Path) -> sqlite3.Connection:
    """Everybody passes the same gate on both days; rows hold a token and a sealed cell of one length."""
    connection = sqlite3.connect(tmp_path / "db")
    connection.executescript(
        """
        CREATE TABLE gates_gate (id TEXT PRIMARY KEY, code TEXT);
        CREATE TABLE passage (id TEXT PRIMARY KEY, gate_id TEXT REFERENCES gates_gate (id), at TEXT, token BLOB,
                              cell BLOB);
        INSERT INTO gates_gate VALUES ('gate-0001', 'north');
        """
    )
    for (_, day), tokens in TOKENS.items():
        for number, token in enumerate(tokens.values()):
            row = (os.urandom(8).hex(), "gate-0001", f"{day}T08:0{number}:00", token, os.urandom(64))
            connection.execute("INSERT INTO passage VALUES (?, ?, ?, ?, ?)", row)
    connection.commit()
    return connection


def found(connection: sqlite3.Connection) -> set[str]:
    connection.commit()
    path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
    return {link.subject for link in links(path, TRUTH)}


def passages(connection: sqlite3.Connection, person: str) -> list[str]:
    tokens = [tokens[person] for tokens in TOKENS.values()]
    return [row[0] for row in connection.execute("SELECT id FROM passage WHERE token IN (?, ?)", tokens)]


def test_an_honest_store_links_nobody(store: sqlite3.Connection) -> None:
    assert found(store) == set()


def test_a_stable_id_beside_the_passage_links(store: sqlite3.Connection) -> None:
    store.execute("ALTER TABLE passage ADD COLUMN rule TEXT")
    for passage in passages(store, "ann"):
        store.execute("UPDATE passage SET rule = 'r-1' WHERE id = ?", (passage,))
    assert found(store) == {"ann"}


def test_a_cell_length_of_ones_own_links(store: sqlite3.Connection) -> None:
    for passage in passages(store, "bob"):
        store.execute("UPDATE passage SET cell = ? WHERE id = ?", (os.urandom(80), passage))
    assert found(store) == {"bob"}


def test_a_row_three_joins_away_links(store: sqlite3.Connection) -> None:
    store.executescript(
        """
        CREATE TABLE person (id TEXT PRIMARY KEY, note TEXT);
        CREATE TABLE credential (id TEXT PRIMARY KEY, person_id TEXT REFERENCES person (id));
        CREATE TABLE usage (id TEXT PRIMARY KEY, passage_id TEXT REFERENCES passage (id),
                            credential_id TEXT REFERENCES credential (id));
        INSERT INTO person VALUES ('person-x', 'nothing');
        """
    )
    for number, passage in enumerate(passages(store, "cem")):
        store.execute("INSERT INTO credential VALUES (?, 'person-x')", (f"credential-{number}",))
        store.execute("INSERT INTO usage VALUES (?, ?, ?)", (f"usage-{number}", passage, f"credential-{number}"))
    assert found(store) == {"cem"}


def test_a_timestamp_copied_to_a_row_of_another_day_links(store: sqlite3.Connection) -> None:
    first, _ = passages(store, "ann")
    at = store.execute("SELECT at FROM passage WHERE id = ?", (first,)).fetchone()[0]
    store.execute("CREATE TABLE open_stay (id TEXT PRIMARY KEY, token BLOB, entered_at TEXT)")
    store.execute("INSERT INTO open_stay VALUES ('stay-0001', ?, ?)", (TOKENS[TUESDAY]["ann"], at))
    assert found(store) == {"ann"}


def test_what_all_share_links_nobody(store: sqlite3.Connection) -> None:
    store.execute("ALTER TABLE passage ADD COLUMN model TEXT DEFAULT 'same for everybody'")
    assert found(store) == set()


def test_a_time_beside_a_persons_id_links(store: sqlite3.Connection) -> None:
    """However it is spelt, and in whichever column."""
    store.execute("CREATE TABLE log (id INTEGER PRIMARY KEY, at TEXT, about TEXT)")
    store.execute("INSERT INTO log VALUES (1, '2026-03-02 08:00:41', ?)", (ANN.replace("-", ""),))
    store.execute("INSERT INTO log VALUES (2, '2026-03-02 08:00:41', 'somebody else')")
    assert found(store) == {ANN}


def test_a_date_beside_a_persons_id_is_no_time(store: sqlite3.Connection) -> None:
    store.execute("CREATE TABLE plan (id INTEGER PRIMARY KEY, date TEXT, person TEXT)")
    store.execute("INSERT INTO plan VALUES (1, '2026-03-02', ?)", (ANN,))
    assert found(store) == set()


@pytest.mark.parametrize(
    ("kind", "suffix", "links_by"), [(9, "", {"stay"}), (9, "WITHOUT ROWID", set()), (10, "", set())]
)
def test_the_order_in_which_finished_stays_were_written_links(
    store: sqlite3.Connection, kind: int, suffix: str, links_by: set[str]
) -> None:
    """Not where rows lie by their random ids, and not for what belongs to a site."""
    store.execute(f"CREATE TABLE stay (id TEXT NOT NULL PRIMARY KEY, left_on TEXT, cell BLOB) {suffix}")
    for name in ("b", "a", "c"):
        store.execute(
            "INSERT INTO stay VALUES (?, '2026-03-02', ?)", (name, b"GH\x01" + bytes([kind]) + os.urandom(60))
        )
    assert found(store) == links_by


def test_many_passages_are_searched_in_time_that_grows_with_their_number(store: sqlite3.Connection) -> None:
    """Each person is compared with all others at once; one against one took hours for a factory."""
    people = {day: {os.urandom(16): f"worker {n}" for n in range(1500)} for day in (MONDAY, TUESDAY)}
    for (_, day), tokens in people.items():
        rows = [(os.urandom(8).hex(), "gate-0001", f"{day}T08:00:{n}", t, os.urandom(64)) for n, t in enumerate(tokens)]
        store.executemany("INSERT INTO passage VALUES (?, ?, ?, ?, ?)", rows)
    store.commit()
    path = Path(store.execute("PRAGMA database_list").fetchone()[2])
    began = time.monotonic()
    assert links(path, Truth(people)) == []
    assert time.monotonic() - began < 10
