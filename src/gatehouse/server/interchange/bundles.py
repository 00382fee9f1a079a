"""A table and its photos as they were handed over: a ZIP, a table beside a ZIP, or files side by side.

Nothing of it is ever unpacked to a disk. An archive lies about itself: its list is looked at before it is read, every
read is bounded, and only the two methods are taken whose unpacking can be stopped in the middle.
"""

import hashlib
import stat
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from gatehouse.crypto.errors import Unreadable
from gatehouse.domain.photo_files import (
    MOST_FILES,
    MOST_PHOTO,
    MOST_TABLE,
    MOST_UNPACKED,
    BundleFault,
    NoBundle,
    Photos,
    folder_and_name,
    is_archive,
    is_noise,
    is_table,
)
from gatehouse.domain.portraits import Fault
from gatehouse.server.interchange import sealed_file
from gatehouse.server.interchange.models import Import
from gatehouse.server.interchange.sealed_file import FileFacts, SealedFile

_END = struct.Struct("<4s4H2LH")  # end of central directory, PKWARE APPNOTE 4.3.16
_END_MARK = b"PK\x05\x06"
_LONGEST_COMMENT = 65_535
_MOST_LIST = 8 * 2**20  # bytes of the list of files: it is read as a whole
_UTF8, _ENCRYPTED = 0x800, 0x1


@dataclass(frozen=True, slots=True)
class _Member:
    """One file: in the archive where `info` is given, else a part of its own."""

    parts: tuple[str, ...]
    size: int
    mark: int  # the archive's checksum
    info: ZipInfo | None = None
    start: int = 0

    @property
    def name(self) -> str:
        return "/".join(self.parts)


@dataclass(slots=True)
class Bundle:
    """Open until the block ends in which it was opened."""

    task: Import
    facts: FileFacts = field(repr=False)
    _archive: ZipFile | None = None
    _members: dict[str, _Member] = field(default_factory=dict, repr=False)
    _table: _Member | None = None
    photos: Photos = field(default_factory=lambda: Photos.of(()), repr=False)

    def table(self) -> bytes:
        """Raises NoBundle."""
        assert self._table is not None
        data = self._read(self._table, MOST_TABLE)
        if isinstance(data, Fault):
            raise NoBundle(BundleFault.TOO_BIG if data is Fault.TOO_LARGE else BundleFault.NOT_A_ZIP)
        return data

    def photo(self, name: str) -> bytes | Fault:
        """The bytes of a picture; a fault where they do not come out whole."""
        member = self._members.get(name)
        return Fault.NO_IMAGE if member is None else self._read(member, MOST_PHOTO)

    def count(self) -> int:
        return len(self._members)

    def fingerprint(self) -> str:
        """The same for the same pictures, in whatever order."""
        lines = sorted(f"{name}\x1f{one.size}\x1f{one.mark}" for name, one in self._members.items())
        return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()

    def _read(self, member: _Member, most: int) -> bytes | Fault:
        if member.size > most:
            return Fault.TOO_LARGE
        try:
            if member.info is None:
                with _section(self.task, self.facts, member.start, member.size) as source:
                    return source.read()
            if self._archive is None or member.info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                return Fault.NO_IMAGE
            with self._archive.open(member.info) as unpacked:
                data = unpacked.read(most + 1)
        except Exception:  # noqa: BLE001  on crafted bytes zipfile and zlib raise what they like
            return Fault.NO_IMAGE
        return data if len(data) <= most else Fault.TOO_LARGE


@contextmanager
def opened(task: Import) -> Iterator[Bundle]:
    """Raises NoBundle; KeeperAway, KeeperRefused."""
    try:
        facts = sealed_file.facts_of(task)
    except Unreadable as fault:
        raise NoBundle(BundleFault.NOT_A_ZIP) from fault
    archives = [n for n, part in enumerate(facts.parts) if part.name.casefold().endswith(".zip")]
    if len(archives) > 1:
        raise NoBundle(BundleFault.NESTED)
    starts = [sum(part.size for part in facts.parts[:n]) for n in range(len(facts.parts))]
    members = [
        _Member(_parts(part.name), part.size, 0, None, start)
        for n, (part, start) in enumerate(zip(facts.parts, starts, strict=True))
        if n not in archives
    ]
    if not archives:
        yield _sorted(Bundle(task, facts), members)
        return
    only = archives[0]
    with _section(task, facts, starts[only], facts.parts[only].size) as file:
        archive = _archive(file)
        with archive:
            yield _sorted(Bundle(task, facts, archive), [*members, *_listed(archive)])


def _section(task: Import, facts: FileFacts, start: int, size: int) -> SealedFile:
    """Raises NoBundle where the file is gone."""
    try:
        return SealedFile(task.pk, facts.key, start, size)
    except OSError as fault:
        raise NoBundle(BundleFault.NOT_A_ZIP) from fault


def _archive(file: SealedFile) -> ZipFile:
    """Raises NoBundle."""
    _look_at_the_end(file)
    try:
        return ZipFile(cast(BinaryIO, file))
    except Exception as fault:  # on crafted bytes zipfile raises what it likes, struct.error among it
        raise NoBundle(BundleFault.NOT_A_ZIP) from fault


def _look_at_the_end(file: SealedFile) -> None:
    """How long the archive says that its list is, before anybody reads it. Raises NoBundle."""
    try:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END.size - _LONGEST_COMMENT))
        tail = b"".join(iter(lambda: file.read(1 << 16), b""))
        at = tail.rfind(_END_MARK)
        found = _END.unpack_from(tail, at) if at >= 0 else None
    except (OSError, Unreadable, struct.error) as fault:
        raise NoBundle(BundleFault.NOT_A_ZIP) from fault
    if found is None:
        raise NoBundle(BundleFault.NOT_A_ZIP)
    _, _, _, _, count, length, _, _ = found
    if count > MOST_FILES or length > _MOST_LIST:  # also 0xFFFF, by which ZIP64 says: look elsewhere
        raise NoBundle(BundleFault.TOO_MANY)


def _listed(archive: ZipFile) -> list[_Member]:
    """Raises NoBundle."""
    found: list[_Member] = []
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise NoBundle(BundleFault.TOO_MANY)
    if sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise NoBundle(BundleFault.TOO_BIG)
    for info in infos:
        parts = _parts(_said(info))
        if stat.S_ISLNK(info.external_attr >> 16):
            raise NoBundle(BundleFault.PATH)
        if info.is_dir():
            continue
        if info.flag_bits & _ENCRYPTED:
            raise NoBundle(BundleFault.LOCKED)
        if is_archive(parts) and not is_noise(parts):
            raise NoBundle(BundleFault.NESTED)
        found.append(_Member(parts, info.file_size, info.CRC, info))
    return found


def _said(info: ZipInfo) -> str:
    """The name as it was meant: where no one says how its letters are coded, UTF-8 or, of Chinese systems, GBK."""
    name = info.orig_filename
    if info.flag_bits & _UTF8 or name.isascii():
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name


def _parts(name: str) -> tuple[str, ...]:
    parts = folder_and_name(name)
    if parts is None:
        raise NoBundle(BundleFault.PATH)
    return parts


def _sorted(bundle: Bundle, members: Sequence[_Member]) -> Bundle:
    """One table and its pictures. Two files of one name are neither's. Raises NoBundle."""
    real = [one for one in members if not is_noise(one.parts)]
    tables = [one for one in real if is_table(one.parts)]
    if len(tables) > 1:  # a note beside the table
        tables = [one for one in tables if not one.name.casefold().endswith(".txt")]
    if len(tables) != 1:
        raise NoBundle(BundleFault.TABLES if tables else BundleFault.NO_TABLE)
    doubled: set[str] = set()
    for one in real:
        if not is_table(one.parts):
            if one.name in bundle._members:
                doubled.add(one.name)
            bundle._members[one.name] = one
    for name in doubled:
        del bundle._members[name]
    if not bundle._members:
        raise NoBundle(BundleFault.NO_PHOTOS)
    bundle._table = tables[0]
    bundle.photos = Photos.of(bundle._members)
    return bundle
