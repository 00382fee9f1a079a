"""Writing a backup: taken, sealed, on the disk, read back, and only then called one."""

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from gatehouse.crypto.agefile import recipient_key
from gatehouse.crypto.agestream import SealingWriter, opener_of_own
from gatehouse.crypto.errors import Malformed
from gatehouse.machine import backups_folder, lock, replace_durably, sync_folder
from gatehouse.server.backups import sources
from gatehouse.server.backups.archive import MANIFEST, PIECE, ArchiveWriter, Manifest, unpack
from gatehouse.server.backups.faults import BackupFault, of_writing

KEEP = 14
SPARE = 64 * 1024 * 1024  # bytes that stay free on the disk
SUM = ".sha256"  # suffix of the file beside a backup that `sha256sum -c` reads
_NAME = re.compile(r"data-(\d{8}T\d{6}Z)\.age")
_STAMP = "%Y%m%dT%H%M%SZ"
Follow = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Written:
    path: Path
    bytes: int
    sha256: str


def data_folder(home: Path) -> Path:
    return backups_folder(home) / "data"


def listed(folder: Path) -> list[Path]:
    """The backups of this folder, newest first."""
    found = (path for path in folder.glob("data-*.age") if time_of(path))
    return sorted(found, key=lambda path: path.name, reverse=True)


def time_of(path: Path) -> datetime | None:
    found = _NAME.fullmatch(path.name)
    return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) if found else None


def write_backup(
    home: Path,
    folder: Path,
    recipient: str,
    *,
    now: datetime,
    keep: int = KEEP,
    follow: Follow = lambda done, total: None,
) -> Written:
    """The database and media of `home`, sealed to `recipient` ("age1..."), as a new file in `folder`; the `keep` newest
    stay. The box may run meanwhile. `follow(done, total)` is told how far it is. Raises BackupFault."""
    try:
        key = recipient_key(recipient)
    except Malformed as fault:
        raise BackupFault("no_recipient", f"{recipient} is no age recipient: it begins with age1") from fault
    with of_writing(folder), _draft(folder) as draft:
        path = folder / f"data-{now.astimezone(UTC).strftime(_STAMP)}.age"
        sealed, written = draft / "sealed", _seal(home, draft, draft / "sealed", key, now, follow)
        replace_durably(path.with_name(path.name + SUM), f"{written.sha256}  {path.name}\n".encode())
        sealed.replace(path)
        sync_folder(folder)
        for old in listed(folder)[max(keep, 1) :]:
            old.unlink()
            old.with_name(old.name + SUM).unlink(missing_ok=True)
        return Written(path, written.bytes, written.sha256)


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A folder for what is not a backup yet; only one is written at a time. What a killed one left goes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = lock(folder / "lock")
    except BlockingIOError as fault:
        raise BackupFault("busy", "another backup is being written; try again when it is done") from fault
    with handle:
        for left in folder.glob(".draft-*"):
            shutil.rmtree(left, ignore_errors=True)
        draft = folder / f".draft-{uuid.uuid4().hex[:8]}"
        draft.mkdir(mode=0o700)
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _seal(home: Path, draft: Path, path: Path, key: bytes, now: datetime, follow: Follow) -> Written:
    url = os.environ.get("DATABASE_URL")
    weight = sources.size(home, url)
    free = shutil.disk_usage(draft).free
    if free < 2 * weight + SPARE:  # the copy of the database, and the sealed file
        needed, there = (2 * weight + SPARE) / 1e6, free / 1e6
        raise BackupFault(
            "disk_full",
            f"{needed:.0f} MB are needed where {draft.parent} lies, {there:.0f} MB are free; free some space",
        )
    done = [0]

    def went(count: int) -> None:
        done[0] += count
        follow(min(done[0], 3 * weight), 3 * weight)  # copied, sealed, read back

    taken = sources.take(home, url, draft, went)
    with path.open("xb") as target:
        path.chmod(0o600)
        sealed = SealingWriter(target, key)
        archive = ArchiveWriter(sealed, went)
        archive.add_bytes(MANIFEST, msgspec.json.encode(_manifest(home, taken, now)))
        for member in (*taken.members, *sources.media_files(home)):
            archive.add_file(member.name, member.path)
        archive.finish()
        target.flush()
        os.fsync(target.fileno())
    unpack(path, opener_of_own(sealed.file_key), None, went)
    follow(3 * weight, 3 * weight)
    return Written(path, path.stat().st_size, _sha256(path))


def _manifest(home: Path, taken: sources.Taken, now: datetime) -> Manifest:
    return Manifest(
        made_at=now.astimezone(UTC).isoformat(),
        gatehouse=_version(),
        database=taken.kind,
        migrations=taken.migrations,
        tables=taken.tables,
        local_edge=_local_edge(home),
    )


def _version() -> str:
    try:
        return version("gatehouse")
    except PackageNotFoundError:
        return "source"


def _local_edge(home: Path) -> str:
    """The name of the edge on this machine, no secret of it; under another user it cannot be seen, and is asked for."""
    try:
        return str(msgspec.json.decode((home / "edge" / "edge.json").read_bytes())["edge"])
    except (OSError, msgspec.MsgspecError, KeyError, TypeError):
        return ""


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()
