"""What the keeper does for its keys by itself: rolls the key-encryption key every night, and writes key snapshots.

Snapshots go to the backups' folder as soon as there is a recovery recipient: within a minute after keys of people came
or went, and every hour. `HOME/keeper/status.json` tells how it stands, for the doctor.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog

from gatehouse.keeper import logcopies, snapshots
from gatehouse.keeper.errors import KeeperError
from gatehouse.keeper.protocol import KeyState
from gatehouse.keeper.rootkey import source_of
from gatehouse.keeper.store import Store
from gatehouse.machine import backups_folder, overwrite_and_delete, replace_durably

STATUS_FILE = "status.json"
NIGHT = timedelta(hours=3)  # on the wall of the first edge's site
EVERY = timedelta(hours=1)
QUIET_BY = timedelta(minutes=1)  # a batch that goes on for so long gets a snapshot all the same
AGAIN = timedelta(minutes=1)  # after a disk that refused
log = structlog.get_logger()


class NotWritten(Exception):
    """The snapshot is not on the disk; `reason` says why, in the system's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Upkeep:
    """One per keeper. `head` makes the log durable and tells its size and root. Safe to use from many threads."""

    def __init__(
        self, store: Store, folder: Path, *, entries: Path, origin: str, head: Callable[[], tuple[int, bytes]]
    ) -> None:
        self._store, self._folder = store, folder
        self._lock = threading.RLock()  # the hourly snapshot and one on demand come one after the other
        self._entries, self._origin, self._head = entries, origin, head
        self._copies = backups_folder(folder.parent) / snapshots.FOLDER
        self._seen = self._taken = store.changes  # of the store: at the last look, in the last snapshot
        self._busy_since: datetime | None = None
        self._not_before: datetime | None = None
        self._fault = ""

    def begin(self, now: datetime) -> None:
        """A store that has never been rolled is as good as rolled now."""
        if self._at("rolled") is None:
            self._set("rolled", now)
        self.tell()

    # --- by itself ---

    def look(self, now: datetime) -> None:
        """Whatever is due. Raises KeeperError, OSError for a roll; a snapshot that fails is tried again."""
        with self._lock:
            if self._night(now):
                self.roll(now)
            if self.recipient and self._is_due(now):
                try:
                    self.take(now)
                except NotWritten as fault:
                    log.error("keeper.snapshot_failed", fault=fault.reason)

    def _night(self, now: datetime) -> bool:
        edges = self._store.edges()
        zone, last = ZoneInfo(edges[0].zone if edges else "UTC"), self._at("rolled")
        return last is not None and (now.astimezone(zone) - NIGHT).date() > (last.astimezone(zone) - NIGHT).date()

    def _is_due(self, now: datetime) -> bool:
        changes, before = self._store.changes, self._seen
        self._seen = changes
        if self._not_before is not None and timedelta() < self._not_before - now <= AGAIN:
            return False
        last = self._at("snapshot")
        if last is None or now - last >= EVERY or last > now:
            return True
        if changes == self._taken:
            self._busy_since = None
            return False
        self._busy_since = self._busy_since or now
        return changes == before or now - self._busy_since >= QUIET_BY

    # --- on demand ---

    def roll(self, now: datetime) -> int:
        """A new key-encryption key; how many keys were wrapped anew. Raises KeeperError."""
        count = self._store.roll_kek(source_of(self._folder).load())
        self._set("rolled", now)
        self.tell()
        return count

    def roll_root(self) -> None:
        """A new root key. Raises KeeperError where its source makes none, OSError."""
        self._store.roll_root(source_of(self._folder).replace)

    def take(self, now: datetime) -> Path:
        """Write a snapshot and the log, read them back, and let go of what is too old. Raises NotWritten."""
        with self._lock:
            changes = self._store.changes
            try:
                path = self._write(now)
            except (OSError, KeeperError) as fault:
                self._fault, self._not_before = getattr(fault, "strerror", None) or str(fault), now + AGAIN
                self.tell()
                raise NotWritten(self._fault) from fault
            self._fault, self._taken, self._busy_since, self._not_before = "", changes, None, None
            self._set("snapshot", now)
            self.tell()
            return path

    def _write(self, now: datetime) -> Path:
        self._copies.mkdir(mode=0o700, parents=True, exist_ok=True)
        size, root = self._head()
        logcopies.copy_log(self._store, self._entries, self._copies, size, now, self.recipient)
        kek, tables = self._store.dump(snapshots.EPHEMERAL)
        made = snapshots.Snapshot(
            made_at=now,
            origin=self._origin,
            log=(size, root),
            kek=kek,
            tables={name: snapshots.Table(columns, rows) for name, (columns, rows) in tables.items()},
        )
        path, data = snapshots.path_of(self._copies, now), snapshots.seal(made, self.recipient)
        replace_durably(path, data)
        if path.read_bytes() != data:
            raise OSError(5, "what was written reads differently", str(path))
        for old in snapshots.too_many(snapshots.listed(self._copies), now):
            overwrite_and_delete(old)
        return path

    # --- the recovery recipient ---

    @property
    def recipient(self) -> str:
        """The public half of the recovery key, "" while there is none."""
        return (self._store.fact("recovery") or b"").decode()

    def keep_recovery(self, recipient: str, now: datetime) -> None:
        """From now on to this recipient; what is sealed to another goes once there is a new snapshot. Raises
        NotWritten."""
        with self._lock:
            before = {*snapshots.listed(self._copies), *logcopies.listed(self._copies)}
            self._store.set_fact("recovery", recipient.encode())
            self._store.set_fact("rehearsed", b"")
            logcopies.begin_anew(self._store)
            path = self.take(now)
            for old in before - {path, logcopies.listed(self._copies)[0]}:
                if old.exists():  # the new snapshot may have taken its place
                    overwrite_and_delete(old)

    def rehearsed(self, now: datetime) -> None:
        self._set("rehearsed", now)
        self.tell()

    # --- how it stands ---

    def told(self) -> KeyState:
        return KeyState(
            root_key=source_of(self._folder).kind,
            recipient=self.recipient,
            rolled_at=self._at("rolled"),
            snapshot_at=self._at("snapshot"),
            rehearsed_at=self._at("rehearsed"),
            fault=self._fault,
        )

    def tell(self) -> None:
        """Leave it where the doctor finds it. Raises OSError."""
        replace_durably(self._folder / STATUS_FILE, msgspec.json.encode(self.told()))

    def _at(self, what: str) -> datetime | None:
        held = self._store.fact(what)
        return datetime.fromisoformat(held.decode()) if held else None

    def _set(self, what: str, now: datetime) -> None:
        self._store.set_fact(what, now.isoformat().encode())
