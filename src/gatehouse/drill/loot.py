"""The loot: a real copy of what may be stolen from an installation, and every byte string that lies in it.

Stealable is all of HOME except `keeper/` and `edge/`, the two folders that hold secrets. A database is copied twice
over: as raw files, write-ahead log and free pages included, and as its logical values, since a long value is cut in
pieces over a raw file's pages.
"""

import gzip
import io
import os
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECRET_FOLDERS = ("keeper", "edge")
ROWS = ".rows"  # suffix of a consistent copy of a database, beside the raw copy of its file
STREAM_LIMIT = 64 * 1024 * 1024  # bytes that one compressed stream may unfold to
INFLATE_BYTES = 4096
DEPTH_LIMIT = 3  # a stream inside a stream inside a stream


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that a thief can read. `where` names the file, or file and table, never a value."""

    where: str
    data: bytes


def copy_home(home: Path, target: Path) -> int:
    """Copy what may be stolen below `home` into `target`; returns how many files. Sockets and links are passed over."""
    files = 0
    for folder, names, filenames in os.walk(home):
        here = Path(folder)
        if here == home:
            names[:] = [name for name in names if name not in SECRET_FOLDERS]
        for name in filenames:
            source = here / name
            if source.is_symlink() or not source.is_file():
                continue
            copy = target / source.relative_to(home)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
            files += 1
            if is_sqlite(source):
                copy_rows(source, copy.with_name(copy.name + ROWS))
    return files


def copy_rows(source: Path, target: Path) -> None:
    """A consistent copy of a database that is being written; the raw copy may be torn, as a thief's would be."""
    reading, writing = sqlite3.connect(f"file:{source}?mode=ro", uri=True), sqlite3.connect(target)
    try:
        reading.backup(writing)
    finally:
        reading.close()
        writing.close()


def is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


def databases(loot: Path) -> list[Path]:
    """The readable databases of the loot: of each the consistent copy, where there is one."""
    found = {path for path in loot.rglob("*") if path.is_file() and is_sqlite(path)}
    return sorted(path for path in found if path.with_name(path.name + ROWS) not in found)


def files(loot: Path) -> list[Path]:
    return sorted(path for path in loot.rglob("*") if path.is_file() and path.suffix != ROWS)


def as_bytes(value: object) -> bytes:
    """A database value as the bytes that a thief would search."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, memoryview):
        return value.tobytes()
    return b"" if value is None else str(value).encode()


def rows(database: Path) -> Iterator[tuple[str, list[str], tuple[object, ...]]]:
    """Every row of every table as (table, columns, values), framework tables included."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        connection.text_factory = bytes  # text that is not UTF-8 is searched like any other
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        for (name,) in connection.execute(names).fetchall():
            table = name.decode()
            cursor = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the name comes from the schema
            columns = [column[0] for column in cursor.description]
            for row in cursor:
                yield table, columns, row
    finally:
        connection.close()


def pieces(loot: Path) -> Iterator[Piece]:
    """Every file, every logical row and everything that unfolds from a compressed stream inside them."""
    for path in files(loot):
        where = str(path.relative_to(loot))
        data = path.read_bytes()
        yield Piece(where, data)
        yield from unfolded(where, data, DEPTH_LIMIT)
    for database in databases(loot):
        for table, _, values in rows(database):
            where = f"{database.relative_to(loot)}:{table}"
            data = b"\x00".join(as_bytes(value) for value in values)
            yield Piece(where, data)
            for value in values:
                if isinstance(value, bytes):
                    yield from unfolded(where, value, DEPTH_LIMIT)


def unfolded(where: str, data: bytes, depth: int) -> Iterator[Piece]:
    """What gzip, zlib and zip streams anywhere in `data` unfold to, down to `depth` levels; a broken stream gives what
    came before the break."""
    if depth == 0:
        return
    for found in (*_deflated(data), *_zipped(data)):
        yield Piece(f"{where} (compressed)", found)
        yield from unfolded(where, found, depth - 1)


def _deflated(data: bytes) -> Iterator[bytes]:
    for magic, window in ((b"\x1f\x8b\x08", zlib.MAX_WBITS | 16), (b"\x78", zlib.MAX_WBITS)):
        at = data.find(magic)
        while at != -1:
            # A zlib header is a multiple of 31 (RFC 1950, 2.2): this spares a try at every letter x.
            if magic != b"\x78" or (at + 1 < len(data) and (0x7800 | data[at + 1]) % 31 == 0):
                stream = _inflate(memoryview(data)[at:], window)
                if len(stream) >= 4:
                    yield stream
            at = data.find(magic, at + 1)


def _inflate(data: memoryview, window: int) -> bytes:
    """Fed in small parts: a large file has thousands of places that only look like a stream, and what follows each must
    not be copied."""
    machine = zlib.decompressobj(window)
    found = bytearray()
    try:
        for at in range(0, len(data), INFLATE_BYTES):
            found += machine.decompress(data[at : at + INFLATE_BYTES], STREAM_LIMIT - len(found))
            if machine.eof or len(found) >= STREAM_LIMIT:
                break
    except zlib.error:
        return bytes(found)  # what came before the break
    return bytes(found)


def _zipped(data: bytes) -> Iterator[bytes]:
    at = data.find(b"PK\x03\x04")
    if at == -1:
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data[at:])) as archive:
            for entry in archive.infolist():
                if entry.file_size <= STREAM_LIMIT and not entry.flag_bits & 1:
                    yield archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, NotImplementedError, RuntimeError):
        return
