import os
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from gatehouse.drill.links import Truth, links

MONDAY, TUESDAY = ("site", date(2026, 3, 2)), ("site", date(2026, 3, 3))
PEOPLE = ("ann", "bob", "cem")
TOKENS = {day: {person: os.urandom(16) for person in PEOPLE} for day in (MONDAY, TUESDAY)}
TRUTH = Truth({day: {token: person for person, token in tokens.items()} for day, tokens in TOKENS.items()})


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
