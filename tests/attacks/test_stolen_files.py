"""Somebody copied files: the database with its write-ahead log, media, logs, an edge's folder."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.attacks.identities import NUMBERS, forms, seen_in
from tests.attacks.site import Attacked
from tests.demo_run import Told

from gatehouse import wire
from gatehouse.crypto.errors import Unreadable
from gatehouse.crypto.letters import hpke_open
from gatehouse.demo.site import MARA, PERMIT_PLATE, VISITOR_PLATE
from gatehouse.edge import config as edge_config
from gatehouse.edge.spool import Pending, Spool
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.protocol import KeyClass, Owner, Plain, Role

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def stealable(told: Told) -> list[Path]:
    return [path for path in files(told.home / "box") if "keeper" not in path.relative_to(told.home).parts]


@pytest.mark.parametrize("text", [MARA, "周若溪", PERMIT_PLATE, "0093716258", "person1001@riverside.example"])
def test_the_search_sees_what_lies_open(text: str) -> None:
    for form in forms(text):
        assert text in seen_in(b"\x00\x01" + form + b"\xff")


def test_a_stolen_database_with_its_media_and_logs_shows_nobody(told: Told) -> None:
    paths = stealable(told)
    assert {"gatehouse.db", "server.log", "keeper.out"} <= {path.name for path in paths}
    assert {path.name: seen_in(path.read_bytes()) for path in paths if seen_in(path.read_bytes())} == {}


def test_the_values_of_a_stolen_database_show_nobody(told: Told) -> None:
    """A long value is cut over a file's pages, so the rows are read as well."""
    with closing(sqlite3.connect(f"file:{told.home}/box/server/gatehouse.db?mode=ro", uri=True)) as database:
        dump = "\n".join(database.iterdump())
    assert "gates_passage" in dump
    assert seen_in(dump.encode()) == set()


def test_staff_numbers_lie_in_no_column(told: Told) -> None:
    with closing(sqlite3.connect(f"file:{told.home}/box/server/gatehouse.db?mode=ro", uri=True)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in database.execute(f'SELECT * FROM "{table}"')]
    assert {str(value) for row in rows for value in row} & {*NUMBERS} == set()


def test_the_logs_of_all_processes_name_nobody_not_even_by_id(told: Told) -> None:
    """Lines have times: an id of a person beside them would join the days."""
    with Inspector(told.home / "box") as inspector:
        ids = inspector.subjects()
    assert len(ids) >= 4
    logs = [path for folder in ("box", "gates") for path in files(told.home / folder / "logs")]
    assert {path.name for path in logs} >= {"keeper.out", "server.log", "edge.out"}
    for path in logs:
        data = path.read_bytes()
        assert seen_in(data) == set(), path
        assert [own for own in ids if own.encode() in data or own.replace("-", "").encode() in data] == [], path


def test_a_stolen_edge_folder_shows_nobody(told: Told) -> None:
    paths = list(files(told.home / "gates" / "edge"))
    assert {"spool.db", "cache.sealed", "device.key"} <= {path.name for path in paths}
    assert {path.name: seen_in(path.read_bytes()) for path in paths if seen_in(path.read_bytes())} == {}


def test_a_spool_full_of_letters_cannot_be_read_even_with_the_edges_own_key(told: Told, tmp_path: Path) -> None:
    home = told.copy_to(tmp_path) / "gates"
    settings, keys = edge_config.load(home)
    with Inspector(told.home / "box") as inspector:
        person = inspector.subjects()[0]
    spool = Spool(edge_config.spool_path(home), edge=settings.edge, keys=keys, keeper_seal_key=settings.keeper_seal_key)
    at = Attacked(home.parent).clock.now()
    for plate, subject in ((VISITOR_PLATE, None), (None, person)):
        facts = {"direction": "in", "means": "plate", "subject": subject, "plate": plate, "reason": "rule"}
        attempt = wire.Attempt(id=wire.new_id(at), gate="exit", at=at, seen_at=at, granted=True, **facts)
        spool.append([attempt], at=at, pending=Pending(attempt, at + timedelta(seconds=30)))
    letters = spool.batch()
    assert len(letters) >= 2
    for path in files(home / "edge"):
        data = path.read_bytes()
        assert (seen_in(data), person.encode() in data) == (set(), False), path
    for letter in letters:
        aad = wire.letter_aad(letter.edge, letter.seq)
        with pytest.raises(Unreadable):
            hpke_open(letter.body, info=wire.LETTER_INFO, aad=aad, private_key=keys.seal_key)
    spool.close()


def test_the_folders_with_secrets_are_their_owners_alone(site: Attacked) -> None:
    """While they run: write-ahead logs, sockets and tokens included."""
    for folder in (site.box.home / "keeper", site.home / "gates" / "edge"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    within = list((site.box.home / "keeper").rglob("*"))
    assert {"root.key", "store.db", "shell.token", "keeper.sock", "entries"} <= {path.name for path in within}
    for path in within:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((site.home / "gates" / "edge" / "device.key").stat().st_mode) == 0o600


def test_a_forgotten_persons_keys_are_nowhere_in_the_keepers_files(empty: Attacked) -> None:
    """Not in a freed page, not in the write-ahead log: what was wrapped is overwritten."""
    store = empty.box.home / "keeper" / "store.db"
    with closing(empty.keeper()) as keeper:
        for name in ("gone", "stays"):
            labels = ("person.name/1", "face.template/1", "credential.card/1", "workday.facts/1")
            keeper.seal([Plain(label, Owner(name), name, b"something") for label in labels])
        wrapped = _wrapped(store, "gone"), _wrapped(store, "stays")
        assert (len(wrapped[0]), len(wrapped[1])) == (4, 4)
        classes = [KeyClass.FACE, KeyClass.IDENTITY, KeyClass.ACCESS, KeyClass.WORK]
        keeper.forget("gone", classes, empty.sign_in(Role.OWNER))
    held = b"".join(path.read_bytes() for path in files(store.parent))
    assert [key for key in wrapped[0] if key in held] == []
    assert [key for key in wrapped[1] if key not in held] == []


def _wrapped(store: Path, owner: str) -> list[bytes]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute("SELECT wrapped FROM keys WHERE owner = ?", (owner,))]


def test_a_withdrawn_face_is_nowhere_in_the_servers_database_file(site: Attacked) -> None:
    """The row's cell is emptied and its bytes are overwritten, once SQLite has folded its write-ahead log in."""
    query = "SELECT person_id, cell FROM people_credential WHERE kind = 'face' AND state = 'active'"
    person, cell = site.rows(query)[0]
    owner = site.program(Role.OWNER)
    answer = owner.request("DELETE", f"/api/people/{UUID(person)}/consents", params={"purpose": "face"})
    assert answer.status_code == 204, answer.text
    site.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert bytes(cell) not in b"".join(path.read_bytes() for path in files(site.database.parent))
