"""`gatehouse keeper rehearse`: does the key on paper open what lies in the backups' folder? Nothing is restored."""

from dataclasses import asdict, dataclass
from pathlib import Path

from gatehouse.box.key_care import CannotCare, shell
from gatehouse.crypto.agestream import opener
from gatehouse.keeper import logcopies, snapshots
from gatehouse.keeper.errors import KeeperError
from gatehouse.keeper.rootkey import source_of
from gatehouse.keeper.snapshots import Snapshot, SnapshotFault
from gatehouse.keeper.store import read_store
from gatehouse.machine import backups_folder
from gatehouse.server.backups.archive import unpack
from gatehouse.server.backups.faults import BackupFault
from gatehouse.server.backups.writing import Follow, data_folder, listed


class Failed(Exception):
    """What did not open, and what to do."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`same` of the `keys` are those that the keeper has; None where this user may not look. `data` is the backup that
    opened, "" where there is none. `noted` is False when no keeper runs that could remember it."""

    snapshot: str
    made_at: str
    keys: int
    same: int | None
    entries: int
    data: str
    noted: bool

    def as_dict(self) -> dict[str, str | int | bool | None]:
        return asdict(self)

    def lines(self) -> list[str]:
        compared = "" if self.same is None else f", {self.same} of them the keeper's own of this moment"
        told = [
            f"Key snapshot {self.snapshot} opens: {self.keys} keys{compared}.",
            f"The copies of the log are whole: {self.entries} entries.",
            f"Backup {self.data} opens and is whole." if self.data else "There is no backup of the data yet.",
            "Nothing was changed.",
        ]
        return told if self.noted else [*told, "The keeper does not run, so the doctor is not told of this rehearsal."]


def rehearse(home: Path, secret: str, follow: Follow = lambda done, total: None) -> Rehearsal:
    """Raises Failed, OSError."""
    folder = backups_folder(home) / snapshots.FOLDER
    found = snapshots.listed(folder)
    if not found:
        raise Failed(f"{folder} holds no key snapshot; is there a recovery key? gatehouse keeper recovery-key")
    try:
        snapshot = snapshots.open_snapshot(found[0].read_bytes(), secret)
        keys = snapshot.data_keys()
        snapshot.own_keys()
        entries = logcopies.checked(logcopies.listed(folder), secret, *snapshot.log)
        data = _data(home, secret, follow)
        same = _same(home, snapshot)
    except (SnapshotFault, BackupFault) as fault:
        raise Failed(str(fault)) from fault
    return Rehearsal(found[0].name, snapshot.made_at.isoformat(), len(keys), same, entries, data, _note(home))


def _data(home: Path, secret: str, follow: Follow) -> str:
    """The newest backup opens; one that was sealed to another recipient on purpose is passed over."""
    done = [0]
    for path in listed(data_folder(home)):
        total = path.stat().st_size

        def went(count: int, total: int = total) -> None:
            done[0] += count
            follow(min(done[0], total), total)

        try:
            unpack(path, opener(secret), None, went)
        except BackupFault as fault:
            if fault.code == "wrong_key":
                continue
            raise
        return path.name
    return ""


def _same(home: Path, snapshot: Snapshot) -> int | None:
    """How many keys of the snapshot the keeper has. Raises SnapshotFault when not one: it is another keeper's."""
    try:
        store = read_store(home / "keeper" / "store.db", source_of(home / "keeper").load())
    except (KeeperError, OSError):
        return None
    try:
        held = snapshot.data_keys()
        same = sum(store.key(ref) == key for ref, key in held.items())
        if held and not same:
            raise SnapshotFault("other_keeper", "the snapshot opens, but it is of another installation")
        return same
    finally:
        store.close()


def _note(home: Path) -> bool:
    try:
        with shell(home) as (keeper, by):
            keeper.rehearsed(by)
    except CannotCare:
        return False
    return True
