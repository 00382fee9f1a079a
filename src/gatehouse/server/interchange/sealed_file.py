"""What is handed over with photos, on the disk in sealed pieces until it is taken in.

HOME/server/incoming/<id of the import>, no part of any backup. Its key lies in the import's row, sealed by the keeper
for the job `imports` alone, so that a server that was killed goes on; with the row the file is worth nothing.
"""

import io
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import msgspec
from django.conf import settings

from gatehouse.crypto.errors import Unreadable
from gatehouse.crypto.pieces import OVERHEAD, open_piece, seal_piece
from gatehouse.crypto.sealing import new_key
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.audit.by import By
from gatehouse.server.interchange.models import Import

LABEL = "import.file/1"
IMPORTS = By.job("imports")
PIECE = 2 * 2**20  # bytes; one request of a browser or of the command
LEAST_FREE = 2 * 2**30
_DAY_S = 86_400


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of those that were handed over together; they lie one after another."""

    name: str
    size: int


class FileFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """import.file/1"""

    key: bytes
    parts: list[Part]


_decoder = msgspec.json.Decoder(FileFacts)


def folder() -> Path:
    return Path(settings.HOME) / "server" / "incoming"


def path_of(task: UUID) -> Path:
    return folder() / task.hex


def has_room(size: int) -> bool:
    """Whether the disk takes so many bytes and gates can still write down what happens."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    return shutil.disk_usage(folder()).free >= size + LEAST_FREE


def new_facts(parts: Iterable[Part]) -> FileFacts:
    return FileFacts(new_key(), list(parts))


def sealed_facts(task: Import, facts: FileFacts) -> bytes:
    """Raises KeeperAway."""
    return keeping.seal_one(LABEL, task.site_id, task.pk, msgspec.json.encode(facts))


def facts_of(task: Import) -> FileFacts:
    """Raises KeeperAway, KeeperRefused; Unreadable where the file's key is gone."""
    if task.file_cell is None:
        raise Unreadable("no file")
    data = keeping.reveal([keeping.cell(LABEL, task.pk, task.file_cell)], IMPORTS.authority, "imports")
    if isinstance(data, Refused):
        raise keeping.KeeperRefused(data.code, data.facts)
    if data[0] is None:
        raise Unreadable("no key")
    return _decoder.decode(data[0])


def write_piece(task: UUID, key: bytes, number: int, data: bytes) -> None:
    """At its place, over what lies there. The file's time tells its date only. Raises OSError."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = path_of(task)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.seek(number * (PIECE + OVERHEAD))
        file.write(seal_piece(key, task.bytes, number, data))
    midnight = path.stat().st_mtime // _DAY_S * _DAY_S
    os.utime(path, (midnight, midnight))


def remove(task: UUID) -> None:
    path_of(task).unlink(missing_ok=True)


def remove_orphans(known: Iterable[UUID]) -> int:
    """Files whose import is over or gone: a kill came between the two."""
    keep = {one.hex for one in known}
    gone = [path for path in folder().glob("*") if path.name not in keep] if folder().is_dir() else []
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


class SealedFile(io.RawIOBase):
    """`size` bytes from `start` on, to be read anywhere; one piece at a time is in memory. Raises Unreadable,
    OSError."""

    def __init__(self, task: UUID, key: bytes, start: int, size: int) -> None:
        self._file = path_of(task).open("rb")
        self._task, self._key = task, key
        self._start, self._size, self._at = start, size, 0
        self._number, self._piece = -1, b""

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the file's beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        count = min(len(view), self._size - self._at)
        if count <= 0:
            return 0
        number, within = divmod(self._start + self._at, PIECE)
        found = self._of(number)[within : within + count]
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _of(self, number: int) -> bytes:
        if number != self._number:
            self._file.seek(number * (PIECE + OVERHEAD))
            sealed = self._file.read(PIECE + OVERHEAD)
            self._piece = open_piece(self._key, self._task.bytes, number, sealed)
            self._number = number
        return self._piece
