"""`gatehouse restore`: an installation made again in an empty home, out of its two streams of copies.

Nothing is written before every file that is needed has been opened and checked. What was begun and not ended leaves a
mark in the home, with which `gatehouse up` does not start.
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import structlog

from gatehouse.box.home import FORMAT, UNFINISHED
from gatehouse.clock import from_environment
from gatehouse.crypto.agestream import opener
from gatehouse.crypto.errors import Malformed
from gatehouse.crypto.sealing import KeyKind
from gatehouse.keeper import logcopies, snapshots
from gatehouse.keeper.errors import KeeperError
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.protocol import KeyClass
from gatehouse.keeper.restoring import KeysRestored, restore_keys
from gatehouse.keeper.service import Service
from gatehouse.keeper.snapshots import NO_KEY, Snapshot, SnapshotFault, open_snapshot
from gatehouse.server.backups import writing
from gatehouse.server.backups.archive import MEDIA, Manifest, unpack
from gatehouse.server.backups.faults import BackupFault

ERASABLE = (KeyKind.FACE, KeyKind.IDENTITY, KeyKind.ACCESS, KeyKind.WORK, KeyKind.VEHICLE)
Say = Callable[[str], None]
Follow = Callable[[int, int], None]


class CannotRestore(Exception):
    """Why not, and what to do. The home is as it was."""


@dataclass(frozen=True, slots=True, repr=False)
class Wanted:
    """`source` is the backups' folder of the lost installation. Empty paths mean the newest there; `data_secret` is of
    a backup that was sealed to another key than the recovery key, else the same."""

    source: Path
    secret: str
    data_secret: str = ""
    data: Path | None = None
    keys: Path | None = None
    without_log: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    data_made_at: str
    keys_made_at: str
    keys: int
    erased: int
    entries: int
    emptied: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def restore(home: Path, wanted: Wanted, say: Say, follow: Follow = lambda done, total: None) -> Restored:
    """Raises CannotRestore."""
    _check_empty(home)
    try:
        chosen, others = _snapshots(wanted, say)
        data = wanted.data or _newest(wanted.source, "data", writing.listed, "backup of the data (data-*.age)")
        with _unfinished(home):
            manifest = _unpack(data, wanted, home / "unpacked", follow)
            _compare(chosen, manifest, say)
            keys = _restore_keys(home, wanted, chosen, others, manifest)
            emptied = _restore_data(home, manifest)
    except (SnapshotFault, BackupFault, KeeperError) as fault:
        raise CannotRestore(str(fault)) from fault
    return Restored(manifest.made_at, chosen.made_at.isoformat(), keys.keys, keys.erased, keys.entries, emptied)


def _check_empty(home: Path) -> None:
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise CannotRestore(f"{home} is not empty; restore into a new folder, and keep this one until you have looked")


@contextmanager
def _unfinished(home: Path) -> Iterator[None]:
    """What is made in the home goes again when it cannot be ended."""
    there = home.exists()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / UNFINISHED).write_text("a restore was begun here\n", "ascii")
    try:
        yield
        (home / "format").write_text(f"{FORMAT}\n", "ascii")
        (home / UNFINISHED).unlink()
    except BaseException:
        for made in home.iterdir():
            shutil.rmtree(made) if made.is_dir() else made.unlink()
        if not there:
            home.rmdir()
        raise


# --- what is read -----------------------------------------------------------------------------------------------------


def _folder(source: Path, name: str) -> Path:
    """Both streams may lie in one folder, or each in its own, as they are written."""
    return source / name if (source / name).is_dir() else source


def _newest(source: Path, name: str, listed: Callable[[Path], list[Path]], what: str) -> Path:
    found = listed(_folder(source, name))
    if not found:
        raise CannotRestore(f"{_folder(source, name)} holds no {what}")
    return found[0]


def _read(path: Path, secret: str) -> Snapshot:
    try:
        return open_snapshot(path.read_bytes(), secret)
    except OSError as fault:
        raise SnapshotFault("not_read", f"{path} cannot be read ({fault.strerror})") from fault
    except SnapshotFault as fault:
        raise SnapshotFault(fault.code, f"{path}: {fault}") from fault


def _snapshots(wanted: Wanted, say: Say) -> tuple[Snapshot, list[Snapshot]]:
    """The one to restore, and all others for what was erased since."""
    path = wanted.keys or _newest(wanted.source, "keys", snapshots.listed, "key snapshot (keys-*.age)")
    chosen, others = _read(path, wanted.secret), []
    chosen.data_keys()  # every one opens, or nothing begins
    for other in snapshots.listed(_folder(wanted.source, "keys")):
        if other.name > path.name:
            try:
                others.append(_read(other, wanted.secret))
            except SnapshotFault as fault:
                say(f"Not read: {fault}. Who was erased between these two snapshots is readable again.")
    return chosen, others


def _unpack(path: Path, wanted: Wanted, target: Path, follow: Follow) -> Manifest:
    total, done = path.stat().st_size if path.exists() else 0, [0]

    def went(count: int) -> None:
        done[0] += count
        follow(min(done[0], total), total)

    target.mkdir(mode=0o700)
    try:
        opens = opener(wanted.data_secret or wanted.secret)
    except Malformed as fault:
        raise CannotRestore(NO_KEY) from fault
    return unpack(path, opens, target, went)


def _compare(chosen: Snapshot, manifest: Manifest, say: Say) -> None:
    if chosen.made_at < datetime.fromisoformat(manifest.made_at):
        say("The keys are older than the data: what was sealed under keys made in between stays closed.")


# --- what is made -----------------------------------------------------------------------------------------------------


def _restore_keys(
    home: Path, wanted: Wanted, chosen: Snapshot, others: list[Snapshot], manifest: Manifest
) -> KeysRestored:
    copies = [] if wanted.without_log else logcopies.listed(_folder(wanted.source, "keys"))
    if not copies and not wanted.without_log:
        raise CannotRestore("there is no copy of the log (log-*.age); add --without-log to begin a new one")
    try:
        return restore_keys(
            home / "keeper", chosen, others, secret=wanted.secret, log_copies=copies,
            without_edge=manifest.local_edge, now=from_environment().now(),
        )  # fmt: skip
    except SnapshotFault as fault:
        if fault.code in ("log_gap", "log_short"):
            raise SnapshotFault(fault.code, f"{fault}; find it, or add --without-log to begin a new one") from fault
        raise


def _restore_data(home: Path, manifest: Manifest) -> int:
    """With the keeper running in this process: the server's tables want its word."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    clock = from_environment()
    service = Service(home, clock)
    service.start()
    try:
        from gatehouse.server.run import set_up  # noqa: PLC0415  Django is set up for this home first

        set_up(home, clock)
        from django.db import connections  # noqa: PLC0415

        from gatehouse.server.backups.loading import load  # noqa: PLC0415
        from gatehouse.server.backups.replaying import settle  # noqa: PLC0415

        unpacked = home / "unpacked"
        load(manifest, unpacked, home)
        if (unpacked / MEDIA).is_dir():
            (unpacked / MEDIA).replace(home / "server" / "media")
        shutil.rmtree(unpacked)
        emptied = settle(_destroyed(home), manifest.local_edge, clock.now())
        connections.close_all()
        return emptied
    finally:
        service.stop()


def _destroyed(home: Path) -> dict[KeyClass, frozenset[str]]:
    """Of whom which class of keys is gone for good."""
    with Inspector(home) as inspector:
        return {KeyClass[kind.name]: frozenset(inspector.erased(kind)) for kind in ERASABLE}
