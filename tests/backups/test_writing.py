"""A backup of the data: whole while others write, for its recipient alone, checked before it is called one."""

import errno
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gatehouse.crypto.agefile import CHUNK, TAG, new_identity, open_file, recipient_key, seal_file
from gatehouse.crypto.agestream import opener
from gatehouse.server.backups import archive, sources, writing
from gatehouse.server.backups.archive import unpack
from gatehouse.server.backups.faults import BackupFault
from gatehouse.server.backups.writing import listed, write_backup

PAPER = new_identity()
AT = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a database of pairs whose halves belong together, and a picture."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    home = tmp_path / "home"
    (home / "server" / "media" / "a").mkdir(parents=True)
    (home / "server" / "media" / "a" / "face.bin").write_bytes(os.urandom(200_000))
    with closing(sqlite3.connect(home / "server" / "gatehouse.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT)")
        database.execute("INSERT INTO django_migrations VALUES (1, 'people', '0001_initial')")
        database.execute("CREATE TABLE pairs (a INTEGER, b INTEGER, filling BLOB)")
        database.executemany("INSERT INTO pairs VALUES (0, 0, ?)", ((os.urandom(900),) for _ in range(8000)))
        database.commit()
    return home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "data"


def opened(path: Path, target: Path) -> Path:
    unpack(path, opener(PAPER.secret), target)
    return target


def _chunks(data: bytes) -> int:
    """Where the first chunk begins: after the header's MAC and a nonce."""
    return data.index(b"\n", data.index(b"\n---") + 1) + 1 + 16


def fault_of(act: Callable[[], object]) -> str:
    with pytest.raises(BackupFault) as caught:
        act()
    assert str(caught.value)
    return caught.value.code


def test_what_was_written_comes_back(home: Path, folder: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    done = write_backup(home, folder, PAPER.recipient, now=AT, follow=lambda *step: steps.append(step))
    got = opened(done.path, tmp_path / "got")
    assert (got / "media" / "a" / "face.bin").read_bytes() == (home / "server/media/a/face.bin").read_bytes()
    with closing(sqlite3.connect(got / "database.sqlite")) as database:
        assert database.execute("SELECT COUNT(*) FROM pairs").fetchone() == (8000,)
    assert [done <= total for done, total in steps] == [True] * len(steps)
    assert steps == sorted(steps)
    assert steps[-1][0] == steps[-1][1] > 0
    assert {path.name for path in folder.iterdir()} == {done.path.name, done.path.name + ".sha256", "lock"}
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
    assert done.path.read_bytes()[:200].startswith(b"age-encryption.org/v1")
    subprocess.run(["sha256sum", "-c", done.path.name + ".sha256"], cwd=folder, check=True, capture_output=True)


def test_it_is_one_moment_of_a_database_that_others_write(home: Path, folder: Path, tmp_path: Path) -> None:
    """Every transaction raises both halves of all pairs by one: a copy of two moments would show two numbers."""
    stopping, wrote = threading.Event(), [0]

    def write() -> None:
        with closing(sqlite3.connect(home / "server" / "gatehouse.db", timeout=20, isolation_level=None)) as database:
            while not stopping.is_set():
                database.execute("UPDATE pairs SET a = a + 1, b = b + 1")
                wrote[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while wrote[0] < 2:
            stopping.wait(0.01)
        began = wrote[0]
        done = write_backup(home, folder, PAPER.recipient, now=AT)
    finally:
        stopping.set()
        writer.join()
    assert wrote[0] > began, "nobody wrote meanwhile: nothing is shown"
    with closing(sqlite3.connect(opened(done.path, tmp_path / "got") / "database.sqlite")) as database:
        assert len(database.execute("SELECT DISTINCT a, b FROM pairs").fetchall()) == 1


def test_the_newest_stay_and_no_more_than_asked(home: Path, folder: Path) -> None:
    for day in range(5):
        write_backup(home, folder, PAPER.recipient, now=AT + timedelta(days=day), keep=3)
    assert [path.name[5:13] for path in listed(folder)] == ["20260314", "20260313", "20260312"]
    assert len(list(folder.glob("*.sha256"))) == 3


def test_nobody_else_opens_it(home: Path, folder: Path) -> None:
    path = write_backup(home, folder, PAPER.recipient, now=AT).path
    assert fault_of(lambda: unpack(path, opener(new_identity().secret), None)) == "wrong_key"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: data[: _chunks(data) + 3 * (CHUNK + TAG)], "cut_off"),  # all that is there opens
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda data: data[:-1], "damaged"),
        (lambda data: data[:100_000] + bytes([data[100_000] ^ 1]) + data[100_001:], "damaged"),
        (lambda data: data + b"more", "damaged"),
        (lambda data: b"", "no_backup"),
        (lambda data: b"PK\x03\x04", "no_backup"),
    ],
    ids=["chunks", "half", "last byte", "changed", "added", "empty", "zip"],
)
def test_a_spoiled_backup_is_said(
    home: Path, folder: Path, spoil: Callable[[bytes], bytes], code: str, tmp_path: Path
) -> None:
    path = write_backup(home, folder, PAPER.recipient, now=AT).path
    whole = path.read_bytes()
    path.write_bytes(spoil(whole))
    assert fault_of(lambda: unpack(path, opener(PAPER.secret), tmp_path / "got")) == code


@pytest.mark.parametrize(
    ("inside", "code"), [(b"GHB\x02", "other_version"), (b"GHB\x01", "damaged"), (b"GHB\x01tar", "damaged"),
                         (b"else", "no_backup"), (b"", "no_backup")],
)  # fmt: skip
def test_an_age_file_of_something_else_is_said(tmp_path: Path, inside: bytes, code: str) -> None:
    path = tmp_path / "data.age"
    path.write_bytes(seal_file(inside, recipient_key(PAPER.recipient)))
    assert fault_of(lambda: unpack(path, opener(PAPER.secret), None)) == code


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "media/../../outside", "media/", "elsewhere"])
def test_a_member_that_would_go_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    import io
    import tarfile

    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"bad"))
    path = tmp_path / "data.age"
    path.write_bytes(seal_file(b"GHB\x01" + held.getvalue(), recipient_key(PAPER.recipient)))
    assert fault_of(lambda: unpack(path, opener(PAPER.secret), tmp_path / "in" / "got")) == "damaged"
    assert not (tmp_path / "in" / "outside").exists()


# --- what goes wrong while it is written ------------------------------------------------------------------------------


def test_a_disk_that_fills_up_leaves_no_half_backup(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = write_backup(home, folder, PAPER.recipient, now=AT).path

    def full(self: object, name: str, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(archive.ArchiveWriter, "add_file", full)
    later = AT + timedelta(days=1)
    assert fault_of(lambda: write_backup(home, folder, PAPER.recipient, now=later, keep=1)) == "disk_full"
    assert listed(folder) == [before]
    assert list(folder.glob(".draft-*")) == []


def test_too_little_room_is_said_before_anything_is_written(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(home)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    monkeypatch.setattr(sources, "take", lambda *_: pytest.fail("it began"))
    assert fault_of(lambda: write_backup(home, folder, PAPER.recipient, now=AT)) == "disk_full"


def test_what_reads_back_differently_is_no_backup(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def spoiling(handle: int) -> None:
        real(handle)
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        if path.name == "sealed":
            with path.open("r+b") as file:
                file.seek(300_000)
                file.write(b"a bad sector")

    monkeypatch.setattr(os, "fsync", spoiling)
    assert fault_of(lambda: write_backup(home, folder, PAPER.recipient, now=AT)) == "damaged"
    assert listed(folder) == []


def test_a_damaged_database_is_no_backup(home: Path, folder: Path) -> None:
    path = home / "server" / "gatehouse.db"
    with path.open("r+b") as file:
        file.seek(4096 * 20)
        file.write(os.urandom(4096 * 40))
    assert fault_of(lambda: write_backup(home, folder, PAPER.recipient, now=AT)) == "database_damaged"
    assert listed(folder) == []


def test_a_second_one_at_the_same_time_is_refused(home: Path, folder: Path) -> None:
    told: list[str] = []

    def meanwhile(done: int, total: int) -> None:
        if not told:
            told.append("")
            told.append(fault_of(lambda: write_backup(home, folder, PAPER.recipient, now=AT)))

    write_backup(home, folder, PAPER.recipient, now=AT, follow=meanwhile)
    assert told[1] == "busy"


def test_what_a_killed_one_left_is_cleared_away(home: Path, folder: Path) -> None:
    left = folder / ".draft-dead"
    left.mkdir(parents=True)
    (left / "gatehouse.db").write_bytes(b"half")
    write_backup(home, folder, PAPER.recipient, now=AT)
    assert not left.exists()


@pytest.mark.parametrize("recipient", ["", "age1", "AGE-SECRET-KEY-1", "somebody@example.com"])
def test_a_recipient_that_is_none_is_said(home: Path, folder: Path, recipient: str) -> None:
    assert fault_of(lambda: write_backup(home, folder, recipient, now=AT)) == "no_recipient"


def test_a_home_without_a_database_is_said(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert fault_of(lambda: write_backup(tmp_path / "no", folder, PAPER.recipient, now=AT)) == "no_database"


def test_a_database_that_does_not_answer_is_said_without_its_password(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://gatehouse:hunter22@127.0.0.1:1/gatehouse")
    with pytest.raises(BackupFault, match="does not answer") as caught:
        write_backup(home, folder, PAPER.recipient, now=AT)
    assert "hunter22" not in str(caught.value)


@pytest.fixture(autouse=True)
def _plain(folder: Path) -> Iterator[None]:
    """Whatever a test did, no file beside a draft is a readable database."""
    yield
    for path in folder.rglob("*") if folder.exists() else ():
        assert not path.is_file() or not path.read_bytes().startswith(b"SQLite format 3"), path


def test_the_reference_reader_opens_it_too(home: Path, folder: Path) -> None:
    assert (
        open_file(write_backup(home, folder, PAPER.recipient, now=AT).path.read_bytes(), PAPER.secret)[:4] == b"GHB\x01"
    )
