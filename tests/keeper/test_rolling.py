"""New keys above the data keys: all stays readable, the old ones open nothing, and kill -9 finds no bad moment."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gatehouse.crypto.errors import CryptoError
from gatehouse.crypto.sealing import KeyKind, KeyRef, unwrap
from gatehouse.keeper.errors import DamagedStore
from gatehouse.keeper.rootkey import CREDENTIAL, CREDENTIALS, RootKeyFile, source_of
from gatehouse.keeper.store import Store, open_store, read_store

# One key of every class, and two of the keeper's own.
REFS = [KeyRef(kind, f"owner-{kind.name}", 2026 if kind is KeyKind.BOOKS else 0) for kind in KeyKind]
OWN = ("sign", "log")
# A process that rolls `what` and is killed before its nth statement or file operation, or ends with "done".
KILLED = """
import os, signal, sys
from pathlib import Path
from gatehouse.keeper import rootkey, store as rooms
folder, what, at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
left = [at]

def step():
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1

class Counting:
    def __init__(self, real):
        self._real = real
    def __getattr__(self, name):
        return getattr(self._real, name)
    def execute(self, *words):
        step()
        return self._real.execute(*words)
    def executemany(self, sql, rows):
        def counted():
            for row in rows:
                step()
                yield row
        return self._real.executemany(sql, counted())

source = rootkey.source_of(folder)
opened = rooms.open_store(folder / "store.db", source.load())
opened._connection = Counting(opened._connection)
if what == "kek":
    opened.roll_kek(source.load())
else:
    def take(key):
        step()
        draft = source.path.with_name("root.key.new")
        draft.write_bytes(key[:7])
        step()
        source.replace(key)
        step()
    opened.roll_root(take)
print("done")
"""


def keys_of(store: Store) -> list[bytes | None]:
    return [*(store.key(ref) for ref in REFS), *(store.own_key(name) for name in OWN)]


def wraps(folder: Path) -> list[bytes]:
    store = read_store(folder / "store.db", source_of(folder).load())
    found = [row[0] for row in store.rows("SELECT wrapped FROM keys")]
    found += [row[0] for row in store.rows("SELECT value FROM own WHERE name NOT LIKE 'fact:%'")]
    store.close()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with a key of each class."""
    store = open_store(tmp_path / "store.db", RootKeyFile(tmp_path / "root.key").create())
    store.make_keys(REFS)
    for name in OWN:
        store.own_key(name)
    store.close()
    return tmp_path


def lying_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


@pytest.mark.parametrize("what", ["kek", "root"])
def test_a_roll_keeps_every_key_and_leaves_nothing_of_the_old_one(folder: Path, what: str) -> None:
    source, old_root = source_of(folder), source_of(folder).load()
    store = open_store(folder / "store.db", old_root)
    before, old_kek, was = keys_of(store), store._kek, wraps(folder)
    if what == "kek":
        assert store.roll_kek(old_root) == len(REFS) + len(OWN)
    else:
        store.roll_root(source.replace)
    assert keys_of(store) == before
    held = lying_in(folder)  # while it is open: closing would empty the write-ahead file anyway
    store.close()
    again = open_store(folder / "store.db", source.load())
    assert keys_of(again) == before
    assert (again._kek == old_kek, source.load() == old_root) == (what == "root", what == "kek")
    again.close()
    gone = was if what == "kek" else [wrapped for wrapped in was if _opens(old_root, wrapped)]
    assert len(gone) == (len(was) if what == "kek" else 1)
    assert [wrapped for wrapped in gone if wrapped in held] == []
    if what == "root":
        with pytest.raises(DamagedStore):
            read_store(folder / "store.db", old_root)


def _opens(root: bytes, wrapped: bytes) -> bool:
    try:
        unwrap(root, "kek", wrapped)
    except CryptoError:
        return False
    return True


@pytest.mark.timeout(400)
@pytest.mark.slow
@pytest.mark.parametrize("what", ["kek", "root"])
def test_kill_9_at_every_step_of_a_roll_loses_no_key_and_leaves_no_old_one(folder: Path, what: str) -> None:
    store = open_store(folder / "store.db", source_of(folder).load())
    before = keys_of(store)
    store.close()
    for step in range(200):
        was, old_root = wraps(folder), source_of(folder).load()
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(folder), what, str(step)], capture_output=True, text=True, env=os.environ
        )
        again = open_store(folder / "store.db", source_of(folder).load())  # as the keeper does at its next start
        assert keys_of(again) == before, step
        assert again.rows("SELECT COUNT(*) FROM own WHERE name LIKE 'kek%'") == [(1,)], step
        now, held = wraps(folder), lying_in(folder)
        again.close()
        assert [one for one in was if one not in now and one in held] == [], step
        if what == "root" and source_of(folder).load() != old_root:
            with pytest.raises(DamagedStore):
                read_store(folder / "store.db", old_root)
        if done.returncode == 0:
            assert done.stdout == "done\n"
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
    else:
        pytest.fail("the roll never ended")
    assert step > (len(REFS) if what == "kek" else 8)


def test_a_roll_that_the_disk_refuses_changes_nothing(folder: Path) -> None:
    root = source_of(folder).load()
    store = open_store(folder / "store.db", root)
    before = keys_of(store)

    def refuse(key: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        store.roll_root(refuse)
    store.make_keys([KeyRef(KeyKind.FACE, "after")])
    store.close()
    again = open_store(folder / "store.db", root)
    assert keys_of(again) == before
    assert again.key(KeyRef(KeyKind.FACE, "after")) is not None
    again.close()


def test_a_reader_that_opened_before_a_roll_still_reads(folder: Path) -> None:
    root = source_of(folder).load()
    store, reader = open_store(folder / "store.db", root), read_store(folder / "store.db", root)
    store.roll_kek(root)
    assert keys_of(reader) == keys_of(store)
    reader.close()
    store.close()


# --- where the root key comes from ------------------------------------------------------------------------------------


@pytest.fixture
def credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    given = tmp_path / "credentials"
    given.mkdir()
    monkeypatch.setenv(CREDENTIALS, str(given))
    return given / CREDENTIAL


def test_a_systemd_credential_comes_before_a_file(folder: Path, credential: Path) -> None:
    assert source_of(folder).kind == "file"  # a service with other credentials only
    credential.write_bytes(source_of(folder).load())
    (folder / "root.key").unlink()
    source = source_of(folder)
    assert source.kind == "credential"
    store = open_store(folder / "store.db", source.load())
    assert None not in keys_of(store)
    with pytest.raises(DamagedStore, match="systemd-creds"):
        store.roll_root(source.replace)
    assert None not in keys_of(store)
    store.close()
    store = open_store(folder / "store.db", source.load())
    store.roll_kek(source.load())
    store.close()


@pytest.mark.parametrize("make", [lambda path: path.write_bytes(b"short"), lambda path: path.mkdir()])
def test_a_credential_that_is_no_key_is_said(folder: Path, credential: Path, make: Callable[[Path], object]) -> None:
    make(credential)
    with pytest.raises(DamagedStore, match=CREDENTIAL):
        source_of(folder).load()
