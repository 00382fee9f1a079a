"""The keeper's log: append-only, on disk before any plaintext leaves, hashed into an RFC 6962 tree.

HOME/keeper/log/entries: records of a 4-byte big-endian length, the CRC-32 of the payload, and the payload, an encoded
`Entry`. Many threads append. While one of them writes and syncs, those that come gather in the next batch, which the
first of them writes for all: a sync costs a disk's time whether it covers one line or a hundred. After kill -9 a torn
last record is cut off: nothing that it would have covered has left. A record that is broken further up means damage,
and the keeper does not start; so does a log that is shorter or other than the head that the store remembers.
"""

import os
import struct
import threading
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from gatehouse.crypto.merkle import EMPTY_ROOT, Hashes, leaf_hash
from gatehouse.keeper.errors import DamagedLog, LogFull
from gatehouse.machine import sync_folder

_HEAD = struct.Struct(">II")


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line of the log. `subjects` are keyed pseudonyms (crypto.keyring.pseudonym), sorted; never ids or names."""

    at: datetime
    kind: str  # the verb, or tombstone, refused, start
    actor: str = ""  # operator or person id, "job:<name>", "shell"
    role: str = ""
    purpose: str = ""
    budget: str = ""
    grant: str = ""  # of a look that a second person allowed beside the caps
    subjects: list[bytes] = []
    count: int = 0
    hashes: list[bytes] = []  # of the server's own audit entries


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode


class _Batch:
    """Lines that go to the disk together. `led`: one of those who wait for it has taken on to write it."""

    __slots__ = ("led", "lost", "payloads", "settled")

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.led = False
        self.lost = True  # until it is on the disk
        self.settled = threading.Event()


@dataclass(frozen=True, slots=True)
class Proof:
    """One line, and the path from it to the head that the log had when it was asked."""

    payload: bytes
    path: list[bytes]
    size: int
    root: bytes


class Log:
    """Opens HOME/keeper/log. `vouched` is a size and root that it must still begin with: before that is sure nothing
    of it is cut off."""

    def __init__(self, folder: Path, vouched: tuple[int, bytes] = (0, EMPTY_ROOT)) -> None:
        """Raises DamagedLog."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self.path = folder / "entries"
        fresh = not self.path.exists()
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if fresh:
            sync_folder(folder)
        self._tree = Hashes()
        self._ends = array("Q")  # of each record, in bytes from the file's start
        self._gathering, self._writing = threading.Lock(), threading.Lock()
        self._open = _Batch()
        self._appended = 0
        self._broken = False
        try:
            self._recover(*vouched)
        except DamagedLog:
            os.close(self._handle)
            raise

    def _recover(self, size: int, expected: bytes) -> None:
        end, stands = 0, self._tree.root() == expected
        for payload, end in read_records(self.path):  # noqa: B007
            self._grow(payload)
            if self._tree.size == size:
                stands = self._tree.root() == expected
        if not stands:
            raise DamagedLog(f"the log no longer begins with the {size} entries that the store remembers")
        if end != os.fstat(self._handle).st_size:
            os.ftruncate(self._handle, end)
            os.fsync(self._handle)
        self._appended = self._tree.size

    def append(self, *entries: Entry) -> int:
        """Durable when this returns: the place of the first of them. Raises LogFull when the disk refuses; then nothing
        may leave."""
        payloads = [_encode(entry) for entry in entries]
        with self._gathering:
            self._refuse_if_broken()
            place, batch = self._appended, self._open
            batch.payloads += payloads
            self._appended += len(payloads)
            leads, batch.led = not batch.led, True
        if leads:
            self._write(batch)
        else:
            batch.settled.wait()
        if batch.lost:
            raise LogFull("the log cannot be written")
        return place

    def append_soon(self, *entries: Entry) -> None:
        """On disk with the next `append` or `flush`: for lines that cover no personal data."""
        payloads = [_encode(entry) for entry in entries]
        with self._gathering:
            self._refuse_if_broken()
            self._open.payloads += payloads
            self._appended += len(payloads)

    def flush(self) -> None:
        """Make everything appended so far durable. Raises LogFull."""
        if self._open.payloads or not self._broken:
            self.append()

    def _refuse_if_broken(self) -> None:
        if self._broken:
            raise LogFull("the log is broken since an earlier write; restart the keeper")

    def _write(self, batch: _Batch) -> None:
        """Write a batch for everybody who waits for it, after the batch before. Until then it goes on gathering."""
        try:
            with self._writing:
                with self._gathering:
                    self._open = _Batch()
                if not self._broken:
                    self._settle(batch)
        finally:
            batch.settled.set()

    def _settle(self, batch: _Batch) -> None:
        """On the disk and in the tree, or lost; then nothing is written after it. The caller holds the writing lock."""
        try:
            self._sync(batch.payloads)
            for payload in batch.payloads:
                self._grow(payload)
            batch.lost = False
        except OSError:
            return  # whoever waits finds it lost
        finally:
            self._broken = batch.lost

    def _sync(self, payloads: list[bytes]) -> None:
        if not payloads:
            return
        data = b"".join(_HEAD.pack(len(p), zlib.crc32(p)) + p for p in payloads)
        written = os.write(self._handle, data)
        while written < len(data):
            written += os.write(self._handle, data[written:])
        os.fdatasync(self._handle)

    def _grow(self, payload: bytes) -> None:
        self._tree.append(leaf_hash(payload))
        self._ends.append((self._ends[-1] if self._ends else 0) + _HEAD.size + len(payload))

    def proven(self, old: int) -> tuple[int, bytes, list[bytes] | None]:
        """The head, and the proof that its tree begins with the first `old` leaves; None where it has not so many."""
        with self._writing:
            size, root = self._tree.size, self._tree.root()
            if old > size:
                return size, root, None
            return size, root, self._tree.consistency_proof(old) if old else []

    def head(self) -> tuple[int, bytes]:
        """Size and root of what is durable."""
        with self._writing:
            return self._tree.size, self._tree.root()

    def payload(self, place: int) -> bytes:
        """The durable line at this place. Raises IndexError."""
        with self._writing:
            return self._payload(place)

    def prove(self, place: int) -> Proof:
        """Raises IndexError for a line that the log does not have."""
        with self._writing:
            path = self._tree.inclusion_proof(place)
            return Proof(self._payload(place), path, self._tree.size, self._tree.root())

    def _payload(self, place: int) -> bytes:
        if not 0 <= place < len(self._ends):
            raise IndexError("no such line")
        start = (self._ends[place - 1] if place else 0) + _HEAD.size
        return os.pread(self._handle, self._ends[place] - start, start)

    def entries(self) -> Iterator[Entry]:
        """Every durable entry, oldest first."""
        return read_entries(self.path)

    def close(self) -> None:
        """Raises LogFull when what waits cannot be written."""
        try:
            self.flush()
        finally:
            os.close(self._handle)


def read_entries(path: Path) -> Iterator[Entry]:
    """Every line of a log on disk, oldest first. Raises DamagedLog."""
    for payload, _ in read_records(path):
        yield _decode(payload)


def read_records(path: Path, start: int = 0) -> Iterator[tuple[bytes, int]]:
    """Each payload from the offset `start` on, and the offset after it. Stops before a torn tail; raises DamagedLog for
    a broken record earlier."""
    with path.open("rb") as file:
        yield from records_in(file, path.stat().st_size, start)


def records_in(file: BinaryIO, size: int, start: int) -> Iterator[tuple[bytes, int]]:
    """As `read_records`, of a file of `size` bytes."""
    file.seek(start)
    offset = start
    while offset + _HEAD.size <= size:
        length, checksum = _HEAD.unpack(file.read(_HEAD.size))
        end = offset + _HEAD.size + length
        if end > size or length == 0:  # zeros: the file grew, but a power cut came before its bytes
            return
        payload = file.read(length)
        if zlib.crc32(payload) != checksum:
            if end == size:
                return
            raise DamagedLog(f"the log is damaged at byte {offset}")
        yield payload, end
        offset = end
