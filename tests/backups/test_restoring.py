"""The rehearsed restore: an installation is lost and made again, and all is there but the lost machine's rights."""

import json
import stat
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.backups.house import House

from gatehouse.crypto.agefile import new_identity

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_lost_installation_is_made_again_and_shows_hr_a_name(house: House, into: Path) -> None:
    ann = house.hire("Ann Example", "R-1")
    assert house.tell(house.passage(subject=ann)) >= 1
    made = house.back_up()
    assert Path(made["data"]).stat().st_size == made["bytes"]
    later = 0
    for _ in range(3):  # lost with the machine, and confirmed to the edge
        later = house.tell(house.passage(subject=ann))

    done = house.restore(into)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["warnings"], told["erased"]) == ([], 0)
    assert told["entries"] > 0
    assert {path.name for path in into.iterdir()} >= {"keeper", "server", "format"}
    assert {path.name for path in into.iterdir()} & {"unpacked", "restore.unfinished", "edge"} == set()
    assert stat.S_IMODE((into / "keeper" / "root.key").stat().st_mode) == 0o600
    assert (into / "keeper" / "root.key").read_bytes() != (house.home / "keeper" / "root.key").read_bytes()

    again = house.restored(into)
    try:
        again.start()
        assert again.name_of(ann) == "Ann Example"
        assert again.rows("SELECT last_seq FROM gates_edge")[0][0] < later
        before = again.rows("SELECT COUNT(*) FROM gates_passage")[0][0]
        assert again.tell(again.passage(subject=ann)) == later + 1  # the edge goes on where it was
        assert again.tell(again.passage(subject=ann), again.passage(subject=ann)) == later + 3
        assert again.rows("SELECT COUNT(*) FROM gates_passage")[0][0] == before + 3
        tokens = again.rows("SELECT DISTINCT token FROM gates_passage")
        assert len(tokens) == 1  # still one person of one day
        assert again.back_up()["data"].startswith(str(into))
    finally:
        again.stop()
        house.sim.seq = later  # what the other server heard this one did not


def test_an_edge_that_skips_letters_without_a_restore_is_not_believed(house: House) -> None:
    held = house.tell(house.passage())
    house.sim.seq += 5
    try:
        assert house.tell(house.passage()) == held
    finally:
        house.sim.seq = held


def test_a_rehearsal_opens_everything_and_changes_nothing(house: House) -> None:
    house.hire("Ben Example", "R-2")
    house.back_up()
    assert house.paper is not None
    before = {path: path.read_bytes() for path in (house.home / "backups").rglob("data-*.age")}
    done = house.command("keeper", "rehearse", "--json", "--key-file", "-", stdin=house.paper.secret.lower())
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["keys"] == told["same"] > 40
    assert (told["noted"], bool(told["data"]), told["entries"] > 0) == (True, True, True)
    assert {path: path.read_bytes() for path in before} == before
    assert json.loads((house.home / "keeper" / "status.json").read_text())["rehearsed_at"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rehearse",), "sealed to another"),
        (("rehearse", "typo"), "a letter may be wrong"),
        (("rehearse", "nothing"), "a letter may be wrong"),
    ],
    ids=["another", "typo", "nothing"],
)
def test_a_wrong_recovery_key_is_said(house: House, words: tuple[str, ...], said: str) -> None:
    house.back_up()
    other = new_identity().secret
    typed = {"typo": other[:-1] + "Q", "nothing": ""}.get(words[-1], other)
    done = house.command("keeper", words[0], "--key-file", "-", stdin=typed)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert said in " ".join(done.stderr.split())


def test_a_recovery_key_is_made_once_unless_it_is_replaced(house: House) -> None:
    done = house.command("keeper", "recovery-key")
    assert done.returncode == 1
    assert "--replace" in done.stderr
    assert "AGE-SECRET-KEY" not in done.stdout + done.stderr


def test_a_roll_on_demand_says_how_many(house: House) -> None:
    ida = house.hire("Ida Example", "R-5")
    for words in ((), ("--root",)):
        before = (house.home / "keeper" / "root.key").read_bytes()
        done = house.command("keeper", "roll", *words)
        assert done.returncode == 0, done.stderr
        assert "keys are wrapped anew" in done.stdout
        assert ((house.home / "keeper" / "root.key").read_bytes() != before) is bool(words)
    assert house.name_of(ida) == "Ida Example"


def test_the_recovery_key_stands_in_no_file(house: House) -> None:
    assert house.paper is not None
    secret = house.paper.secret.encode()
    found = [path for path in house.home.rglob("*") if path.is_file() and secret in path.read_bytes().upper()]
    assert found == []


def test_every_night_one_is_written_by_itself(house: House) -> None:
    folder = house.home / "backups" / "data"
    before = len(list(folder.glob("data-*.age")))
    house.clock.advance(timedelta(days=1, hours=3))
    assert eventually(lambda: len(list(folder.glob("data-*.age"))) > before), (folder / "status.json").read_text()
    assert eventually(lambda: json.loads((folder / "status.json").read_text())["fault"] == "")


def test_a_night_without_one_raises_an_alarm(house: House) -> None:
    folder = house.home / "backups" / "data"
    folder.rename(folder.with_name("aside"))
    folder.write_text("in the way")
    try:
        house.clock.advance(timedelta(days=2))
        query = "SELECT COUNT(*) FROM gates_gatealarm WHERE kind = 'backup_fails'"
        assert eventually(lambda: house.rows(query)[0][0] == 1)
    finally:
        folder.unlink()
        folder.with_name("aside").rename(folder)


def eventually(holds: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 90
    while not holds() and time.monotonic() < ends:
        time.sleep(0.2)
    return holds()


# --- where a restore is refused ---------------------------------------------------------------------------------------


def test_a_home_that_is_not_empty_is_left_alone(house: House, into: Path) -> None:
    into.mkdir()
    (into / "notes.txt").write_text("mine")
    done = house.restore(into)
    assert done.returncode == 1
    assert "is not empty" in " ".join(done.stderr.split())
    assert [path.name for path in into.iterdir()] == ["notes.txt"]


def _spoiled(house: House, folder: Path, stream: str, spoil) -> Path:
    """A copy of the newest backups with one stream spoiled."""
    import shutil

    copy = Path(shutil.copytree(house.home / "backups", folder / "copy"))
    for path in (copy / stream).glob(f"{stream}-*.age"):
        path.write_bytes(spoil(path.read_bytes()))
    return copy


@pytest.mark.parametrize("stream", ["data", "keys"])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[: len(data) // 2], "cut off"),
        (lambda data: data[:-30] + b"x" + data[-29:], "changed or cut off"),
        (lambda data: b"\x1f\x8b" + bytes(4000), "beginning is missing"),
    ],
    ids=["half", "changed", "else"],
)
def test_a_spoiled_stream_is_said_and_leaves_nothing(
    house: House, tmp_path: Path, into: Path, stream, spoil, said
) -> None:
    house.back_up()
    done = house.restore(into, source=_spoiled(house, tmp_path, stream, spoil))
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert said in " ".join(done.stderr.split())
    assert not into.exists()


def test_a_missing_log_is_said_and_can_be_done_without(house: House, tmp_path: Path, into: Path) -> None:
    ann = house.hire("Ann Second", "R-3")
    house.back_up()
    copy = _spoiled(house, tmp_path, "data", lambda data: data)
    for path in (copy / "keys").glob("log-*.age"):
        path.unlink()
    done = house.restore(into, source=copy)
    assert done.returncode == 1
    assert "--without-log" in done.stderr
    assert not into.exists()
    done = house.restore(into, "--without-log", source=copy)
    assert (done.returncode, json.loads(done.stdout)["entries"]) == (0, 0), done.stderr
    again = house.restored(into)
    try:
        assert again.start().name_of(ann) == "Ann Second"
    finally:
        again.stop()


def test_an_empty_folder_holds_nothing_to_restore(house: House, tmp_path: Path, into: Path) -> None:
    done = house.restore(into, source=tmp_path)
    assert done.returncode == 1
    assert "holds no key snapshot" in " ".join(done.stderr.split())


def test_what_a_killed_restore_left_is_not_started(house: House, into: Path) -> None:
    into.mkdir()
    (into / "restore.unfinished").write_text("")
    done = house.command("up", "--port", str(house.box.port + 1), home=into)
    assert done.returncode == 1
    assert "was broken off" in " ".join(done.stderr.split())


def test_a_backup_for_somebody_else_is_restored_with_their_key(house: House, tmp_path: Path, into: Path) -> None:
    bank = new_identity()
    ann = house.hire("Ann Third", "R-4")
    vault = tmp_path / "vault"
    done = house.command("backup", "--to", str(vault), "--recipient", bank.recipient, "--keep", "2")
    assert done.returncode == 0, done.stderr
    (data,) = vault.glob("data-*.age")
    wrong = house.restore(into, "--data", str(data))
    assert (wrong.returncode, "sealed to another key" in " ".join(wrong.stderr.split())) == (1, True)
    key = tmp_path / "bank.key"
    key.write_text(f"# public key: {bank.recipient}\n{bank.secret}\n")
    right = house.restore(into, "--data", str(data), "--data-key-file", str(key))
    assert right.returncode == 0, right.stderr
    again = house.restored(into)
    try:
        assert again.start().name_of(ann) == "Ann Third"
    finally:
        again.stop()
