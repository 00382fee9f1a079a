"""Backups on the Trust page: how old the last one is, whether it was read back, and when the recovery key was tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from gatehouse.keeper.protocol import KeyState
from gatehouse.server import keeping
from gatehouse.server.backups.schedule import last_fault
from gatehouse.server.backups.writing import data_folder, listed, time_of
from gatehouse.server.keeping import KeeperAway
from gatehouse.server.moment import now

# As `gatehouse doctor` judges them (doctor/backups.py).
DATA_OLD, KEYS_OLD, TRIED_OLD = timedelta(days=3), timedelta(hours=6), timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Line:
    """One fact: `at` is when it last happened, None for never. `do` says what mends it."""

    name: str
    at: datetime | None
    said: str
    tone: str
    mark: str
    do: str = ""
    command: str = ""


def backups_told() -> list[Line]:
    """The lines of the card; empty while the keeper is away."""
    try:
        keys = keeping.key_state()
    except KeeperAway:
        return []
    home = Path(settings.HOME)
    if not keys.recipient:
        return [
            Line(
                _("Recovery key"), None, _("there is none, so no backup is written"), "stop", "warn",
                _("When this disk dies, everything is lost. Make one, on the keeper's machine:"),
                f"gatehouse keeper recovery-key --home {home}",
            )
        ]  # fmt: skip
    return [_data(home), _keys(keys), _tried(keys, home)]


def _data(home: Path) -> Line:
    folder = data_folder(home)
    last = next((at for at in map(time_of, _listed(folder)) if at), None)
    name, fault = _("Backup of the data"), last_fault(folder)
    command = f"gatehouse backup --home {home}"
    if last is None:
        return Line(name, None, _("none yet"), "stop", "warn", _("One is written every night, or now:"), command)
    if now() - last > DATA_OLD:
        return Line(name, last, _("too old"), "stop", "warn", _("Write one, and see why none is written:"), command)
    if fault:
        return Line(
            name, last, _("the last try failed"), "warn", "warn", _("It is tried every hour. To see why:"), command
        )
    # Every backup is read back, and each digest compared, before it gets its name: server/backups/writing.py.
    return Line(name, last, _("read back and whole"), "good", "yes")


def _listed(folder: Path) -> Sequence[Path]:
    return listed(folder) if folder.is_dir() else []


def _keys(keys: KeyState) -> Line:
    name = _("Snapshot of the keys")
    if keys.fault or keys.snapshot_at is None or now() - keys.snapshot_at > KEYS_OLD:
        do = _("People enrolled since could not be restored. Make room on the disk, and see that the keeper runs.")
        return Line(name, keys.snapshot_at, _("none that is fresh"), "stop", "warn", do)
    return Line(name, keys.snapshot_at, _("read back and whole"), "good", "yes")


def _tried(keys: KeyState, home: Path) -> Line:
    name, command = _("Rehearsal with the recovery key"), f"gatehouse keeper rehearse --home {home}"
    if keys.rehearsed_at is None:
        return Line(name, None, _("never tried"), "warn", "warn", _("A key that nobody tried may be none:"), command)
    if now() - keys.rehearsed_at > TRIED_OLD:
        return Line(
            name, keys.rehearsed_at, _("long ago"), "warn", "warn", _("Is it still where it was? Try it:"), command
        )
    return Line(name, keys.rehearsed_at, _("opened everything"), "good", "yes")
