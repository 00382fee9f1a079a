"""The keeper's log: append-only, on disk before any plaintext leaves, hashed into an RFC 6962 tree.

HOME/keeper/log/entries: records of a 4-byte big-endian length, the CRC-32 of the payload, and the payload, an encoded
`Entry`. Many threads append; one of them writes and syncs for all that wait. After kill -9 a torn last record is cut
off: nothing that it would have covered has left. A record that is broken further up means damage, and the keeper does
not start; so does a log that is shorter or other than the head that the store remembers.
"""

import os
import struct
import threading
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from gatehouse.crypto.merkle import EMPTY_ROOT, Tree, consistency_proof, leaf_hash
from gatehouse.keeper.errors import DamagedLog, LogFull
from gatehouse.machine import sync_folder

_HEAD = struct.Struct(">II")
_LEAF = 32  # bytes of a leaf hash


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
        self._tree, self._leaves = Tree(), bytearray()
        self._append_lock, self._commit_lock = threading.Lock(), threading.Lock()
        self._pending: list[bytes] = []
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
        mine = self._enqueue(entries)
        with self._commit_lock:
            if self._tree.size < mine:
                self._commit()
        return mine - len(entries)

    def append_soon(self, *entries: Entry) -> None:
        """On disk with the next `append` or `flush`: for lines that cover no personal data."""
        self._enqueue(entries)

    def flush(self) -> None:
        """Make everything appended so far durable. Raises LogFull."""
        with self._commit_lock:
            if self._pending:
                self._commit()

    def _enqueue(self, entries: tuple[Entry, ...]) -> int:
        if self._broken:
            raise LogFull("the log is broken since an earlier write; restart the keeper")
        payloads = [_encode(entry) for entry in entries]
        with self._append_lock:
            self._pending += payloads
            self._appended += len(payloads)
            return self._appended

    def _commit(self) -> None:
        """Write what waits, for everybody who waits. The caller holds the commit lock."""
        if self._broken:
            raise LogFull("the log is broken since an earlier write; restart the keeper")
        with self._append_lock:
            batch, self._pending = self._pending, []
        data = b"".join(_HEAD.pack(len(p), zlib.crc32(p)) + p for p in batch)
        try:
            written = os.write(self._handle, data)
            while written < len(data):
                written += os.write(self._handle, data[written:])
            os.fdatasync(self._handle)
        except OSError as fault:
            self._broken = True
            raise LogFull("the log cannot be written") from fault
        for payload in batch:
            self._grow(payload)

    def _grow(self, payload: bytes) -> None:
        leaf = leaf_hash(payload)
        self._tree.append(leaf)
        self._leaves += leaf

    def leaves(self) -> list[bytes]:
        """The leaf hash of every durable entry, for proofs."""
        with self._commit_lock:
            held = bytes(self._leaves)
        return [held[start : start + _LEAF] for start in range(0, len(held), _LEAF)]

    def proven(self, old: int) -> tuple[int, bytes, list[bytes] | None]:
        """The head, and the proof that its tree begins with the first `old` leaves; None where it has not so many."""
        with self._commit_lock:
            size, root, held = self._tree.size, self._tree.root(), bytes(self._leaves) if old > 0 else b""
        if old > size:
            return size, root, None
        if old in (0, size):
            return size, root, []
        leaves = [held[start : start + _LEAF] for start in range(0, size * _LEAF, _LEAF)]
        return size, root, consistency_proof(leaves, old)

    def head(self) -> tuple[int, bytes]:
        """Size and root of what is durable."""
        with self._commit_lock:
            return self._tree.size, self._tree.root()

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


def payload_at(path: Path, place: int) -> bytes:
    """The line at this place. Raises IndexError, DamagedLog."""
    for number, (payload, _) in enumerate(read_records(path)):
        if number == place:
            return payload
    raise IndexError("no such line")
