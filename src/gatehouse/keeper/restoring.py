"""A keeper's folder made again out of its copies: keys of a snapshot, log of its copies, a root key of its own.

Whoever was erased after the snapshot stays erased, as far as any later snapshot tells: what is destroyed in one of them
is destroyed here. Tickets, invitations and grants of the lost machine are worth nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gatehouse.crypto.errors import CryptoError
from gatehouse.crypto.sealing import KeyRef
from gatehouse.keeper import logcopies
from gatehouse.keeper.errors import DamagedStore
from gatehouse.keeper.rootkey import source_of
from gatehouse.keeper.snapshots import Snapshot, SnapshotFault
from gatehouse.keeper.store import Store, open_store

# Of the lost machine, not of the new one.
_NOT_TAKEN = frozenset({"fact:snapshot", "fact:rolled", "fact:log_copies", "fact:checkpoint"})


@dataclass(frozen=True, slots=True)
class KeysRestored:
    """`erased` are keys that the snapshot held and a later one no longer; `entries` those of the log."""

    keys: int
    erased: int
    entries: int


def restore_keys(
    folder: Path,
    snapshot: Snapshot,
    others: Iterable[Snapshot],
    *,
    secret: str,
    log_copies: list[Path],
    without_edge: str,
    now: datetime,
) -> KeysRestored:
    """Make `folder`, which is not there yet. Without `log_copies` the log begins anew. Letters of `without_edge`, whose
    key was on the lost machine, count no more. Raises SnapshotFault, KeeperError, OSError."""
    folder.mkdir(mode=0o700, parents=True)
    source = source_of(folder)
    store = open_store(folder / "store.db", source.load() if source.exists() else source.create())
    try:
        _fill(store, snapshot)
        erased = _destroy(store, snapshot, others)
        if without_edge:
            store.disenrol(without_edge)
        entries = _log(folder, store, snapshot, secret, log_copies)
        store.set_fact("rehearsed", now.isoformat().encode())
        store.wipe_all()
        return KeysRestored(len(store.rows("SELECT 1 FROM keys")), erased, entries)
    finally:
        store.close()


def _fill(store: Store, snapshot: Snapshot) -> None:
    tables = []
    for name, table in snapshot.tables.items():
        rows = [row for row in table.rows if name != "own" or row[table.columns.index("name")] not in _NOT_TAKEN]
        tables.append((name, table.columns, rows))
    try:
        store.fill(snapshot.kek, tables)
    except DamagedStore as fault:
        raise SnapshotFault("other_version", str(fault)) from fault
    except (CryptoError, ValueError, KeyError) as fault:
        raise SnapshotFault("damaged", "what lies in the key snapshot is not as it should be") from fault


def _destroy(store: Store, snapshot: Snapshot, others: Iterable[Snapshot]) -> int:
    """A tombstone that the snapshot has not, or has with an earlier time, is of a key that it still holds."""
    held = snapshot.tombstones()
    newer: dict[KeyRef, str] = {}
    for other in others:
        for ref, at in other.tombstones().items():
            if at > max(held.get(ref, ""), newer.get(ref, "")):
                newer[ref] = at
    return sum(len(store.destroy_keys([ref], datetime.fromisoformat(at))) for ref, at in newer.items())


def _log(folder: Path, store: Store, snapshot: Snapshot, secret: str, copies: list[Path]) -> int:
    entries = folder / "log" / "entries"
    entries.parent.mkdir(mode=0o700)
    if not copies:
        return 0
    size, root = snapshot.log
    count = logcopies.joined(copies, secret, entries, size, root)
    entries.chmod(0o600)
    store.set_fact("checkpoint", size.to_bytes(8, "big") + root)
    return count
