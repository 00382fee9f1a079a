"""Whether this installation could be made again: by whom, from when, and whether that was ever tried."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gatehouse.doctor.findings import Finding, bad, ok, warn
from gatehouse.machine import backups_folder

DATA_DAYS = 3
KEY_HOURS = 6
REHEARSED_DAYS = 180
KEK_DAYS = 3


def told_by_keeper(home: Path) -> dict[str, Any]:
    """What the keeper last said of its keys; empty where it never ran."""
    return _json(home / "keeper" / "status.json")


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _age(told: dict[str, Any], what: str) -> timedelta | None:
    try:
        return datetime.now(UTC) - datetime.fromisoformat(str(told.get(what)))
    except ValueError:
        return None


def recovery(home: Path) -> Iterator[Finding]:
    """The recovery key: that there is one, and that somebody tried it."""
    told = told_by_keeper(home)
    if not told:
        return
    if not told.get("recipient"):
        yield bad(
            "recovery.absent",
            "there is no recovery key, so no backup: when this disk dies, everything is lost",
            f"gatehouse keeper recovery-key --home {home}",
        )
        return
    age = _age(told, "rehearsed_at")
    if age is None:
        yield warn("recovery.untried", "the recovery key was never tried", f"gatehouse keeper rehearse --home {home}")
    elif age > timedelta(days=REHEARSED_DAYS):
        yield warn(
            "recovery.untried",
            f"the recovery key was last tried {age.days} days ago: is it still where it was?",
            f"gatehouse keeper rehearse --home {home}",
        )
    else:
        yield ok("recovery.untried", f"the recovery key was tried {age.days} days ago")


def keys(home: Path) -> Iterator[Finding]:
    """Key snapshots, and the nightly roll."""
    told = told_by_keeper(home)
    if not told.get("recipient"):
        return
    age = _age(told, "snapshot_at")
    if told.get("fault") or age is None or age > timedelta(hours=KEY_HOURS):
        why = f": {told['fault']}" if told.get("fault") else ""
        yield bad(
            "keys.snapshot",
            f"the keys have no fresh snapshot{why}; people enrolled since could not be restored",
            "free some space, see that the folder can be written, and that the keeper runs",
        )
    else:
        yield ok("keys.snapshot", "the keys have a fresh snapshot")
    rolled = _age(told, "rolled_at")
    if rolled is not None and rolled > timedelta(days=KEK_DAYS):
        yield warn(
            "keys.rolled",
            f"the keys were last wrapped anew {rolled.days} days ago",
            f"gatehouse keeper roll --home {home}",
        )


def data(home: Path) -> Iterator[Finding]:
    """The backups of the data, by the times in their names."""
    if not told_by_keeper(home).get("recipient"):
        return
    folder = backups_folder(home) / "data"
    names = sorted(path.name[5:21] for path in folder.glob("data-*Z.age")) if folder.is_dir() else []
    fault = _json(folder / "status.json").get("fault")
    why = f" ({fault})" if fault else ""
    try:
        age = datetime.now(UTC) - datetime.strptime(names[-1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (IndexError, ValueError):
        yield bad("backup.absent", f"there is no backup of the data{why}", f"gatehouse backup --home {home}")
        return
    if age > timedelta(days=DATA_DAYS):
        yield bad("backup.old", f"the last backup is {age.days} days old{why}", f"gatehouse backup --home {home}")
    elif fault:
        yield warn("backup.failed", f"the last nightly backup was not written{why}", "mend it; it is tried every hour")
    else:
        yield ok("backup.old", f"the last backup is {age.days} days old")


CHECKS: tuple[Callable[[Path], Iterator[Finding]], ...] = (recovery, keys, data)
