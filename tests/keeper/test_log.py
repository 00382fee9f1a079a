"""The log: in order, durable, provable; whole again after kill -9, and stopped by any rewriting."""

import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatehouse.crypto.merkle import inclusion_proof, leaf_hash, verify_inclusion
from gatehouse.keeper import service
from gatehouse.keeper.errors import DamagedLog, LogFull
from gatehouse.keeper.log import Entry, Log, read_records

from .conftest import Desk, eventually

AT = datetime(2026, 3, 10, tzinfo=UTC)


def entry(number: int) -> Entry:
    return Entry(at=AT, kind="test", count=number)


def counts(log: Log) -> list[int]:
    return [one.count for one in log.entries()]


def test_entries_come_back_in_order_with_the_same_head(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    log.append(entry(0), entry(1))
    log.append_soon(entry(2))
    log.append(entry(3))
    head = log.head()
    log.close()
    again = Log(tmp_path / "log")
    assert counts(again) == [0, 1, 2, 3]
    assert again.head() == head
    again.close()


def test_every_entry_is_proved_under_the_head(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    log.append(*(entry(n) for n in range(9)))
    size, root = log.head()
    leaves = [leaf_hash(payload) for payload, _ in read_records(log.path)]
    for index, leaf in enumerate(leaves):
        assert verify_inclusion(leaf, index, size, inclusion_proof(leaves, index), root)
    log.close()


def test_many_threads_append_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    threads = [
        threading.Thread(target=lambda n=n: [log.append(entry(n * 50 + i)) for i in range(50)]) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts(log)) == list(range(400))
    assert log.head()[0] == 400
    log.close()


def test_an_appended_entry_is_synced_when_append_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    fdatasync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda handle: (fdatasync(handle), synced.append(os.fstat(handle).st_size)))
    log = Log(tmp_path / "log")
    for number in range(3):
        log.append(entry(number))
        assert synced[-1] == log.path.stat().st_size
        assert len(synced) == number + 1
    log.close()


@pytest.mark.parametrize("cut", [1, 5, 9, 15])
def test_a_torn_last_record_is_cut_off(tmp_path: Path, cut: int) -> None:
    log = Log(tmp_path / "log")
    log.append(entry(0), entry(1))
    log.close()
    os.truncate(log.path, log.path.stat().st_size - cut)
    again = Log(tmp_path / "log")
    assert counts(again) == [0]
    again.append(entry(2))
    assert counts(again) == [0, 2]
    again.close()


def test_zeros_that_a_power_cut_left_are_cut_off(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    log.append(entry(0))
    log.close()
    with log.path.open("ab") as file:
        file.write(b"\x00" * 100)
    again = Log(tmp_path / "log")
    assert counts(again) == [0]
    again.close()


def test_a_record_changed_before_the_end_stops_the_keeper(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    log.append(entry(0), entry(1))
    log.close()
    data = bytearray(log.path.read_bytes())
    data[12] ^= 1
    log.path.write_bytes(data)
    with pytest.raises(DamagedLog):
        Log(tmp_path / "log")


def test_after_a_failed_write_nothing_is_appended_until_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path / "log")
    log.append(entry(0))

    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(LogFull):
        log.append(entry(1))
    monkeypatch.undo()
    with pytest.raises(LogFull):
        log.append(entry(2))
    again = Log(tmp_path / "log")
    assert counts(again) == [0]
    again.close()


_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from gatehouse.keeper.log import Entry, Log
log = Log(Path(sys.argv[1]))
number = log.head()[0]
while True:
    log.append(Entry(at=datetime(2026, 3, 10, tzinfo=UTC), kind="x" * 3000, count=number))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
    number += 1
"""


def test_kill_9_in_the_middle_of_appends_loses_nothing_that_was_promised(tmp_path: Path) -> None:
    promised = -1
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(25):
            promised = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        promised = max([promised, *(int(line) for line in process.stdout.read().splitlines() if line)])
        process.wait()
        process.stdout.close()
        log = Log(tmp_path / "log")
        found = counts(log)
        log.close()
        assert found == list(range(len(found)))
        assert len(found) > promised
    assert promised >= 99


class Disk:
    """The disk under a test's hand: syncs wait until they may, and are counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.syncs, self.begun = 0, threading.Event()
        self.may = threading.Event()
        self.refuses = False
        self._sync = os.fdatasync
        monkeypatch.setattr(os, "fdatasync", self.sync)

    def sync(self, handle: int) -> None:
        self.syncs += 1
        self.begun.set()
        assert self.may.wait(10)
        if self.refuses:
            raise OSError(5, "Input/output error")
        self._sync(handle)


class Appender(threading.Thread):
    """Appends one line; `told` is what came of it."""

    def __init__(self, log: Log, number: int) -> None:
        super().__init__(daemon=True)
        self._log, self._number = log, number
        self.told: int | str | None = None

    def run(self) -> None:
        try:
            self.told = self._log.append(entry(self._number))
        except LogFull:
            self.told = "refused"


def _crowd(log: Log, disk: Disk) -> list[Appender]:
    """One whose sync has begun, and seven who came after it and wait."""
    crowd = [Appender(log, number) for number in range(8)]
    crowd[0].start()
    assert disk.begun.wait(10)
    for one in crowd[1:]:
        one.start()
    assert eventually(lambda: log._appended == 8)
    return crowd


def test_nobody_goes_on_before_the_sync_that_covers_them_and_all_who_wait_share_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, log = Disk(monkeypatch), Log(tmp_path / "log")
    crowd = _crowd(log, disk)
    assert [one.told for one in crowd] == [None] * 8
    disk.may.set()
    for one in crowd:
        one.join(10)
    assert sorted(one.told for one in crowd if isinstance(one.told, int)) == list(range(8))
    assert disk.syncs == 2  # the first one's own, and one for the seven
    assert sorted(counts(log)) == list(range(8))
    log.close()


def test_a_sync_that_fails_fails_everybody_it_covers_and_whoever_comes_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, log = Disk(monkeypatch), Log(tmp_path / "log")
    crowd = _crowd(log, disk)
    disk.refuses = True
    disk.may.set()
    for one in crowd:
        one.join(10)
    assert {one.told for one in crowd} == {"refused"}
    assert disk.syncs == 1  # after a write that failed nothing is written behind it
    assert log.head()[0] == 0
    with pytest.raises(LogFull):
        log.append(entry(9))


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 64, 100])
def test_a_line_is_proved_from_what_the_log_remembers_and_after_a_restart(tmp_path: Path, size: int) -> None:
    log = Log(tmp_path / "log")
    log.append(*(entry(number) for number in range(size)))
    for _ in range(2):
        payloads = [payload for payload, _ in read_records(log.path)]
        leaves = [leaf_hash(payload) for payload in payloads]
        for place in range(size):
            proof = log.prove(place)
            assert (proof.payload, proof.path) == (payloads[place], inclusion_proof(leaves, place))
            assert (proof.size, proof.root) == log.head()
        for place in (-1, size):
            with pytest.raises(IndexError):
                log.prove(place)
        log.close()
        log = Log(tmp_path / "log")
    log.close()


_CROWD = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from gatehouse.keeper.log import Entry, Log
log, at, saying = Log(Path(sys.argv[1])), datetime(2026, 3, 10, tzinfo=UTC), threading.Lock()
def work(who):
    number = 0
    while True:
        log.append(Entry(at=at, kind="x" * 500, actor=sys.argv[2] + who, count=number))
        with saying:
            sys.stdout.write(f"{sys.argv[2]}{who} {number}\\n")
            sys.stdout.flush()
        number += 1
for who in "abcdefgh":
    threading.Thread(target=work, args=(who,)).start()
"""


def test_kill_9_while_many_share_a_sync_loses_nothing_that_anybody_was_told(tmp_path: Path) -> None:
    """A batch may be torn; whoever was in it was not answered."""
    told: set[tuple[str, int]] = set()
    for turn in "123":
        process = subprocess.Popen(
            [sys.executable, "-c", _CROWD, str(tmp_path / "log"), turn], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(200)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().split("\n")[:-1]
        process.wait()
        process.stdout.close()
        told |= {(who, int(number)) for who, number in (line.split() for line in lines)}
        log = Log(tmp_path / "log")
        held = [(one.actor, one.count) for one in log.entries()]
        log.close()
        assert told <= set(held)
        for who in {actor for actor, _ in held}:  # of each in order, none twice
            own = [number for actor, number in held if actor == who]
            assert own == list(range(len(own)))
    assert len(told) >= 600


def test_a_log_that_was_rewritten_below_its_checkpoint_stops_the_keeper(desk: Desk) -> None:
    desk.client.note([b"h" * 32])
    desk.client.checkpoint()
    desk.stop()
    path = desk.home / "keeper" / "log" / "entries"
    original = path.read_bytes()
    payloads = [payload for payload, _ in read_records(path)]
    path.unlink()
    forged = Log(path.parent)
    forged.append(*(entry(n) for n in range(len(payloads) + 5)))  # a whole new history, even a longer one
    forged.close()
    with pytest.raises(DamagedLog):
        desk.start()
    path.write_bytes(original[: len(original) // 2])
    with pytest.raises(DamagedLog):
        desk.start()
    path.write_bytes(original)
    desk.start()


def _lengthened(data: bytes) -> bytes:
    """The first record claims to reach beyond the end, as a torn last one does."""
    return struct.pack(">I", 2**31) + data[4:]


def _emptied(data: bytes) -> bytes:
    return bytes(4) + data[4:]


def _shortened(data: bytes) -> bytes:
    length = struct.unpack(">I", data[:4])[0]
    return data[: 8 + length]


@pytest.mark.parametrize("damage", [_lengthened, _emptied, _shortened])
def test_a_log_that_lost_its_end_stops_the_keeper_and_is_left_as_it_is(
    desk: Desk, damage: Callable[[bytes], bytes]
) -> None:
    """Nobody asked for a checkpoint: the store remembers the head all the same."""
    desk.client.note([b"h" * 32])
    desk.stop()
    path = desk.home / "keeper" / "log" / "entries"
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.raises(DamagedLog):
        desk.start()
    assert path.read_bytes() == damage(whole)
    path.write_bytes(whole)
    desk.start()


def test_the_store_remembers_the_head_while_the_keeper_runs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SWEEP_S", 0.05)
    desk.restart()
    vault = desk.service.vault
    desk.client.note([b"h" * 32])
    size, root = vault.log.head()
    assert eventually(lambda: vault.store.fact("checkpoint") == size.to_bytes(8, "big") + root)


def test_a_record_that_claims_more_than_the_file_is_a_torn_one(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    log.append(entry(0))
    log.close()
    with log.path.open("ab") as file:
        file.write(struct.pack(">II", 2**31, 0) + b"x")
    again = Log(tmp_path / "log")
    assert counts(again) == [0]
    again.close()
