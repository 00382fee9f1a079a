"""The drill on the store that the demo leaves: clean as it is, and never clean once something is planted in it."""

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.demo_run import COMMAND, Told

from gatehouse.demo.site import MARA, PERMIT_PLATE
from gatehouse.drill import run, truth
from gatehouse.keeper.inspect import Inspector
from gatehouse.vision.packs import asset_path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

CARD = "0093716258"  # Teodora's, as the demo enrols it


@pytest.fixture
def home(told: Told, tmp_path: Path) -> Path:
    """A copy of the finished installation."""
    return told.copy_to(tmp_path) / "box"


@pytest.fixture
def database(home: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(home / "server" / "gatehouse.db", isolation_level=None)) as connection:
        yield connection


def found(home: Path) -> dict[str, int]:
    """What the drill finds, by class, zeros left out."""
    return {kind: count for kind, count in run.drill(home).found.items() if count}


def test_an_honest_store_yields_zeros_and_leaves_nothing_changed(home: Path) -> None:
    before = {path: path.read_bytes() for path in (home / "keeper").rglob("*") if path.is_file()}
    report = run.drill(home)
    assert (report.clean, set(report.found.values())) == (True, {0})
    assert all(report.needles.values())
    assert {path: path.read_bytes() for path in before if not path.name.endswith("-shm")} == {
        path: data for path, data in before.items() if not path.name.endswith("-shm")
    }


# --- planted plaintext ------------------------------------------------------------------------------------------------


def test_a_name_in_a_log_is_found(home: Path) -> None:
    with (home / "logs" / "server.log").open("a") as log:
        log.write(f'{{"event": "person.hired", "who": "{MARA.upper()}"}}\n')
    assert found(home)["names"] == 1  # and once more as the holder of a bank account


def test_a_plate_in_a_new_column_of_a_frameworks_table_is_found(home: Path, database: sqlite3.Connection) -> None:
    database.execute("ALTER TABLE django_content_type ADD COLUMN note TEXT")
    database.execute("UPDATE django_content_type SET note = ? WHERE id = 1", (PERMIT_PLATE,))
    assert found(home) == {"plates": 1}


def test_a_card_in_a_compressed_backup_is_found(home: Path) -> None:
    (home / "backups").mkdir()
    (home / "backups" / "monday.sql.gz").write_bytes(gzip.compress(f"INSERT INTO cards VALUES ('{CARD}');".encode()))
    assert found(home) == {"cards": 1}


def test_a_phone_number_without_its_spaces_is_found(home: Path) -> None:
    (home / "server" / "export.csv").write_text("1001;+861055501001\n", "utf-16")
    assert found(home) == {"contacts": 1}


def test_a_portrait_among_the_media_is_found(home: Path) -> None:
    (home / "server" / "media").mkdir()
    shutil.copy(asset_path("grace_hopper.jpg"), home / "server" / "media" / "1001.jpg")
    assert found(home) == {"faces": 1}


def _template(home: Path) -> npt.NDArray[np.float32]:
    """The first vector of somebody's enrolled face, as the keeper's own user reads it."""
    with Inspector(home) as inspector:
        cells = truth.opened(home / "server" / "gatehouse.db", inspector)
        return next(truth.vectors(cell)[0] for cell in cells if cell.label == "face.template/1")


def test_a_template_as_floats_is_found(home: Path) -> None:
    (home / "server" / "cache.bin").write_bytes(b"head." + _template(home).astype("<f4").tobytes())
    assert set(found(home)) == {"templates"}


def test_a_template_that_was_rounded_on_its_way_is_still_matched(home: Path) -> None:
    """No byte of it is as enrolled: it is recognised, as a thief would recognise a face."""
    noisy = _template(home) + np.random.default_rng(7).normal(scale=0.01, size=128)
    noisy = (noisy / np.linalg.norm(noisy)).astype("<f4")
    (home / "server" / "cache.bin").write_bytes(noisy.tobytes())
    assert set(found(home)) == {"templates"}


@pytest.mark.parametrize(("digits", "between"), [(17, ", "), (17, ","), (6, ",\n  ")])
def test_a_template_as_json_is_found_also_when_it_was_rounded(home: Path, digits: int, between: str) -> None:
    numbers = between.join(repr(round(float(value), digits)) for value in _template(home))
    (home / "server" / "cache.json").write_text(f'{{"1001": [{numbers}]}}')
    assert set(found(home)) == {"templates"}


# --- planted links ----------------------------------------------------------------------------------------------------


@pytest.fixture
def passages(home: Path, database: sqlite3.Connection) -> list[list[str]]:
    """Ids of one person's passages on each of two days."""
    by_day: dict[str, list[list[str]]] = {}
    with Inspector(home) as inspector:
        for site, day in inspector.days():
            for token, person in inspector.people_of(site, day).items():
                rows = database.execute("SELECT id FROM gates_passage WHERE token = ?", (token,)).fetchall()
                if rows:
                    by_day.setdefault(person, []).append([row[0] for row in rows])
    return next(days for _, days in sorted(by_day.items()) if len(days) >= 2)


def test_a_stable_value_beside_ones_passages_links_their_days(
    home: Path, database: sqlite3.Connection, passages: list[list[str]]
) -> None:
    database.execute("ALTER TABLE gates_passage ADD COLUMN badge TEXT")
    for day in passages:
        database.execute("UPDATE gates_passage SET badge = 'b-17' WHERE id = ?", (day[0],))
    assert found(home)["linked_between_days"] >= 1


def test_a_copied_timestamp_in_another_table_links(
    home: Path, database: sqlite3.Connection, passages: list[list[str]]
) -> None:
    """What happened on the first day lies beside the token of the second."""
    (at,) = database.execute("SELECT at FROM gates_passage WHERE id = ?", (passages[0][0],)).fetchone()
    (token,) = database.execute("SELECT token FROM gates_passage WHERE id = ?", (passages[1][0],)).fetchone()
    database.execute("CREATE TABLE last_seen (id INTEGER PRIMARY KEY, token BLOB, before TEXT)")
    database.execute("INSERT INTO last_seen VALUES (1, ?, ?)", (token, at))
    assert found(home)["linked_between_days"] >= 1


def test_a_person_three_joins_away_links(home: Path, database: sqlite3.Connection, passages: list[list[str]]) -> None:
    """Passage, use, credential, person: each day another credential, both of one person."""
    (person,) = database.execute("SELECT id FROM people_person LIMIT 1").fetchone()
    database.executescript(
        """
        CREATE TABLE seen_credential (id TEXT PRIMARY KEY, person_id TEXT REFERENCES people_person (id));
        CREATE TABLE seen_use (id TEXT PRIMARY KEY, passage_id TEXT REFERENCES gates_passage (id),
                               credential_id TEXT REFERENCES seen_credential (id));
        """
    )
    for number, day in enumerate(passages):
        database.execute("INSERT INTO seen_credential VALUES (?, ?)", (f"credential-{number}", person))
        database.execute("INSERT INTO seen_use VALUES (?, ?, ?)", (f"use-{number}", day[0], f"credential-{number}"))
    assert found(home)["linked_between_days"] >= 1


def test_a_cell_of_a_length_of_ones_own_links(
    home: Path, database: sqlite3.Connection, passages: list[list[str]]
) -> None:
    for day in passages:
        database.execute("UPDATE gates_passage SET cell = ? WHERE id = ?", (os.urandom(777), day[0]))
    assert found(home)["linked_between_days"] >= 1


# --- what cannot be proved --------------------------------------------------------------------------------------------


def cli(home: Path) -> subprocess.CompletedProcess[str]:
    words = [*COMMAND, "drill", "--json", "--home", str(home)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


def test_the_command_prints_counts_only_and_fails_when_something_is_found(home: Path) -> None:
    clean = cli(home)
    assert (clean.returncode, set(json.loads(clean.stdout)["found"].values())) == (0, {0}), clean.stderr
    assert MARA not in clean.stdout + clean.stderr
    (home / "notes.txt").write_text(MARA)
    dirty = cli(home)
    assert (dirty.returncode, json.loads(dirty.stdout)["found"]["names"]) == (1, 1), dirty.stderr
    assert MARA not in dirty.stdout + dirty.stderr


def test_where_nobody_is_known_nothing_is_proved_and_the_drill_fails(home: Path) -> None:
    (home / "server" / "gatehouse.db").unlink()
    with closing(sqlite3.connect(home / "keeper" / "store.db")) as store:
        store.execute("DELETE FROM keys")
        store.commit()
    report = run.drill(home)
    assert (report.clean, set(report.needles.values()), set(report.found.values())) == (False, {0}, {0})
    assert cli(home).returncode == 1


def test_a_folder_without_a_keeper_is_said(tmp_path: Path) -> None:
    told = cli(tmp_path)
    assert (told.returncode, told.stdout) == (1, "")
    assert "holds no keeper" in told.stderr.replace("\n", " ")


def test_a_root_key_of_another_keeper_is_said(home: Path) -> None:
    (home / "keeper" / "root.key").write_bytes(os.urandom(32))
    with pytest.raises(run.CannotDrill, match="another root key"):
        run.drill(home)
