"""`gatehouse backup`: both streams, the data first, so that the keys open every cell in it."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path

from gatehouse.box.key_care import CannotCare, shell, state
from gatehouse.clock import from_environment
from gatehouse.server.backups.faults import BackupFault
from gatehouse.server.backups.writing import Follow, data_folder, write_backup


class CannotBackUp(Exception):
    """Why not, and what to do."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    data: str
    bytes: int
    sha256: str
    keys: str

    def as_dict(self) -> dict[str, str | int]:
        return asdict(self)


def back_up(home: Path, to: Path | None, recipient: str, keep: int, follow: Follow) -> BackedUp:
    """Raises CannotBackUp, OSError for a home that cannot be read."""
    if home.exists():
        os.listdir(home)
    try:
        held = state(home).recipient
        if not held:
            raise CannotBackUp(f"there is no recovery key yet; make one: gatehouse keeper recovery-key --home {home}")
        folder = to.absolute() if to else data_folder(home)
        done = write_backup(home, folder, recipient or held, now=from_environment().now(), keep=keep, follow=follow)
        with shell(home) as (keeper, by):
            keys = keeper.take_snapshot(by)
    except (BackupFault, CannotCare) as fault:
        raise CannotBackUp(str(fault)) from fault
    return BackedUp(str(done.path), done.bytes, done.sha256, str(keys))
