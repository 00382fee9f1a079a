"""The file of a backup: in the age format "GHB" | 0x01 | a tar stream.

Its members, in this order: `manifest.json`; the database's; `media/...`; `digests.json` with the SHA-256 of each member
before. A file that lacks its last member was never finished.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from gatehouse.crypto.agestream import Opener, OpeningReader, SealingWriter
from gatehouse.server.backups.faults import NEWER, BackupFault, of_reading

MAGIC, VERSION = b"GHB", 1
PIECE = 1 << 20
MANIFEST, DIGESTS, SQLITE, TABLES, MEDIA = "manifest.json", "digests.json", "database.sqlite", "tables/", "media/"
_NAME = re.compile(r"(manifest\.json|digests\.json|database\.sqlite|tables/\w+|media/[^\0]+)")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`migrations` are those that the database had; `tables` the columns of each, for PostgreSQL. `local_edge` is the
    edge whose key lay on the same machine, "" where none did."""

    made_at: str
    gatehouse: str
    database: str
    migrations: list[tuple[str, str]]
    tables: dict[str, list[str]] = {}
    local_edge: str = ""


class ArchiveWriter:
    """Members go in one after another, then `finish`."""

    def __init__(self, sealed: SealingWriter, went: Callable[[int], None]) -> None:
        """`went` is told of every piece's bytes."""
        sealed.write(MAGIC + bytes([VERSION]))
        self._sealed, self._went = sealed, went
        self._tar = tarfile.open(fileobj=cast(BinaryIO, sealed), mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._digests: dict[str, str] = {}

    def add_bytes(self, name: str, data: bytes) -> None:
        self._add(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> None:
        """Raises OSError, also for a file that grows or shrinks meanwhile."""
        with path.open("rb") as file:
            self._add(name, file, path.stat().st_size)

    def _add(self, name: str, file: BinaryIO, size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        hashed = _Hashing(file, self._went)
        self._tar.addfile(entry, cast(BinaryIO, hashed))
        self._digests[name] = hashed.hexdigest()

    def finish(self) -> None:
        self.add_bytes(DIGESTS, json.dumps(self._digests).encode())
        self._tar.close()
        self._sealed.finish()


class _Hashing:
    def __init__(self, file: BinaryIO, went: Callable[[int], None]) -> None:
        self._file, self._went, self._hash = file, went, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        self._went(len(data))
        return data

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def unpack(
    path: Path, opener: Opener, target: Path | None, went: Callable[[int], None] = lambda count: None
) -> Manifest:
    """Read a backup to its end and check every digest; its members go to files below `target`, if there is one. Raises
    BackupFault."""
    with of_reading(path), path.open("rb") as file:
        reader = OpeningReader(file, opener)
        head = reader.read(len(MAGIC) + 1)
        if head[:3] != MAGIC:
            raise BackupFault("no_backup", f"{path} is an age file, but no backup of a Gatehouse")
        if head[3:] != bytes([VERSION]):
            raise BackupFault("other_version", f"{path} has another format: {NEWER}")
        manifest, said, found = None, None, dict[str, str]()
        try:
            for name, member in _members(reader):
                data = io.BytesIO() if name in (MANIFEST, DIGESTS) else _file_of(target, name)
                with data:
                    found[name] = _copied(member, data, went)
                    if isinstance(data, io.BytesIO):
                        text = data.getvalue()
                        if name == MANIFEST:
                            manifest = msgspec.json.decode(text, type=Manifest)
                        else:
                            said = json.loads(text)
                            found.pop(name)
            reader.read()  # a file whose end is missing is known only there
        except (tarfile.TarError, msgspec.MsgspecError, ValueError) as fault:
            raise BackupFault("damaged", f"{path} is not what Gatehouse writes; take another") from fault
        if manifest is None or said != found:
            raise BackupFault("damaged", f"{path} is not whole; take another")
        return manifest


def _members(reader: OpeningReader) -> Iterator[tuple[str, BinaryIO]]:
    with tarfile.open(fileobj=cast(BinaryIO, reader), mode="r|") as tar:
        for entry in tar:
            parts = entry.name.split("/")
            if not entry.isreg() or not _NAME.fullmatch(entry.name) or {"", ".", ".."} & set(parts):
                raise ValueError(entry.name)
            member = tar.extractfile(entry)
            assert member is not None, "a regular file"
            yield entry.name, cast(BinaryIO, member)


def _file_of(target: Path | None, name: str) -> BinaryIO:
    if target is None:
        return Path("/dev/null").open("wb")
    path = target / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.open("xb")


def _copied(source: BinaryIO, target: BinaryIO, went: Callable[[int], None]) -> str:
    hashed = _Hashing(source, went)
    while piece := hashed.read(PIECE):
        target.write(piece)
    return hashed.hexdigest()
