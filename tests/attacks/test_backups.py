"""Backups in wrong hands, old backups restored, and two thefts a month apart."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tests.backups.house import House

from gatehouse.clock import ShiftedClock
from gatehouse.crypto.agefile import new_identity, open_file
from gatehouse.drill import links, loot, run, truth
from gatehouse.keeper.inspect import Inspector

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "h", ShiftedClock(tmp_path / "clock"))
    try:
        yield made.start().furnish()
    finally:
        made.stop()


def test_who_was_erased_stays_unreadable_in_every_old_backup_and_others_do_not(house: House, tmp_path: Path) -> None:
    gone, stays = house.hire("Gone Example", "A-1"), house.hire("Stays Example", "A-2")
    backups = []
    for _ in range(2):
        house.clock.advance(timedelta(days=1))
        backups.append(house.back_up())
        shutil.copy(backups[-1]["keys"], tmp_path)  # somebody keeps what should have gone
    assert house.name_of(gone) == "Gone Example"
    house.erase(gone)
    house.clock.advance(timedelta(minutes=2))
    backups.append(house.back_up())
    old = [tmp_path / Path(one["keys"]).name for one in backups[:2]]
    assert house.paper is not None
    assert all(gone.encode() in open_file(path.read_bytes(), house.paper.secret) for path in old)
    for number, one in enumerate(backups):
        # The newest keys, and the oldest ones, which still hold theirs: the later tombstones count.
        for keys in ([], ["--keys", str(old[0])]):
            into = tmp_path / f"r{number}{len(keys)}"
            done = house.restore(into, "--data", one["data"], *keys, *(["--without-log"] if keys else []))
            assert done.returncode == 0, done.stderr
            assert (json.loads(done.stdout)["erased"] > 0) is bool(keys)
            again = house.restored(into)
            try:
                again.box.start_keeper()
                assert (again.name_of(gone), again.name_of(stays)) == (None, "Stays Example")
            finally:
                again.stop()


def test_a_thief_of_all_backups_finds_nothing_and_opens_none(house: House) -> None:
    house.hire("Zuzana Quillfeather", "A-3")
    house.tell(house.passage(means="plate", plate="京Q77123"))
    house.back_up()
    report = run.drill(house.home)
    assert report.clean, report.found
    assert {"names", "plates"} <= {kind for kind, count in report.needles.items() if count}
    for path in sorted((house.home / "backups").rglob("*.age")):
        with pytest.raises(Exception, match="sealed to another"):
            open_file(path.read_bytes(), new_identity().secret)
    # And were one of them open, the drill would see it.
    shutil.copy(house.home / "server" / "gatehouse.db", house.home / "backups" / "monday.db")
    assert run.drill(house.home).clean
    (house.home / "backups" / "notes.txt").write_text("Zuzana Quillfeather")
    assert run.drill(house.home).found["names"] == 1


def test_two_thefts_a_month_apart_link_nobody_and_no_car(house: House, tmp_path: Path) -> None:
    people = [house.hire(f"Worker Number{n}", f"M-{n}") for n in range(4)]
    plates = [f"京M1000{n}" for n in range(4)]
    copies = []
    for _ in range(2):
        house.tell(*(house.passage(subject=one) for one in people),
                   *(house.passage(means="plate", plate=one) for one in plates))  # fmt: skip
        copies.append(_stolen(house, tmp_path / f"theft{len(copies)}.db"))
        house.clock.advance(timedelta(days=30))
    with Inspector(house.home) as inspector:
        whose = truth.tokens(inspector, plates)
    both = _joined(*copies)
    with closing(sqlite3.connect(both)) as database:
        (tokens,) = database.execute("SELECT COUNT(DISTINCT token) FROM gates_passage").fetchone()
        assert tokens == 16, "each of the eight has a token of its own on each of the two days"
    assert links.links(both, whose) == []
    with closing(sqlite3.connect(both)) as database:  # the search is not blind
        database.execute("ALTER TABLE gates_passage ADD COLUMN badge TEXT")
        mine = [token for owners in whose.tokens.values() for token, name in owners.items() if name == people[0]]
        for token in mine:
            database.execute("UPDATE gates_passage SET badge = 'badge-of-one' WHERE token = ?", (token,))
        database.commit()
    assert {link.subject for link in links.links(both, whose)} == {people[0]}


def _stolen(house: House, target: Path) -> Path:
    with (
        closing(sqlite3.connect(house.home / "server" / "gatehouse.db")) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
    return target


def _joined(first: Path, second: Path) -> Path:
    """All rows of both thefts in one database, as the thief would lay them side by side."""
    assert loot.is_sqlite(first)
    with closing(sqlite3.connect(second)) as database:
        database.execute("ATTACH ? AS earlier", (str(first),))
        names = "SELECT name FROM earlier.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        for (name,) in database.execute(names).fetchall():
            database.execute(f'INSERT OR IGNORE INTO main."{name}" SELECT * FROM earlier."{name}"')
        database.commit()
    return second
