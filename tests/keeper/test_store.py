"""The key store when the disk or another reader is in the way."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatehouse.crypto.sealing import KeyKind, KeyRef
from gatehouse.keeper.store import Store, open_store

ROOT = b"r" * 32
AT = datetime(2026, 3, 10, tzinfo=UTC)
ANN, BEN = (KeyRef(KeyKind.FACE, name) for name in ("ann", "ben"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path / "store.db", ROOT)
    yield made
    made.close()


class Refusing:
    """A connection whose next COMMIT the disk refuses."""

    def __init__(self, real: sqlite3.Connection) -> None:
        self._real, self._left = real, 1

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        if sql == "COMMIT" and self._left:
            self._left = 0
            raise sqlite3.OperationalError("database or disk is full")
        return self._real.execute(sql, *values)  # type: ignore[arg-type]


@pytest.mark.parametrize("destroying", [False, True])
def test_a_commit_that_the_disk_refuses_changes_nothing_and_hinders_nothing_later(
    store: Store, tmp_path: Path, destroying: bool
) -> None:
    store.make_keys([ANN])
    store._connection = Refusing(store._connection)  # type: ignore[assignment]
    with pytest.raises(sqlite3.OperationalError):
        store.destroy_keys([ANN], AT) if destroying else store.make_keys([BEN])
    assert store.key(ANN) is not None
    assert store.key(BEN) is None
    assert store.make_keys([BEN]) == [BEN]
    store.set_fact("seen", b"1")
    with sqlite3.connect(tmp_path / "store.db") as other:  # what another process sees is durable
        assert other.execute("SELECT COUNT(*) FROM keys").fetchone() == (2,)
        assert other.execute("SELECT COUNT(*) FROM own WHERE name = 'fact:seen'").fetchone() == (1,)
    other.close()


@pytest.mark.parametrize("ref", [KeyRef(KeyKind.STAY, "stay-1"), KeyRef(KeyKind.SITE_DAY, "site-1", 739_000)])
def test_a_destroyed_day_or_stay_is_made_by_nobody(store: Store, ref: KeyRef) -> None:
    """Also when the caller looked before it was destroyed."""
    store.make_keys([ref])
    store.destroy_keys([ref], AT)
    assert store.make_keys([ref, ANN]) == [ANN]
    assert store.key(ref) is None


def test_a_destroyed_key_leaves_the_write_ahead_file_once_nobody_reads(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store.make_keys([ANN])
    ((wrapped,),) = store.rows("SELECT wrapped FROM keys WHERE owner = 'ann'")
    store.rows("PRAGMA busy_timeout = 50")
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM keys").fetchall()
    store.destroy_keys([ANN], AT)
    assert wrapped in (tmp_path / "store.db-wal").read_bytes()
    reader.close()
    store.wipe()
    assert wrapped not in (tmp_path / "store.db-wal").read_bytes() + path.read_bytes()
