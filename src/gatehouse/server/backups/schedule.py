"""The nightly backup: due once a date, in a thread of its own, so that no other job waits for it.

`HOME/backups/data/status.json` tells how it went, for the doctor. A failure is tried again every hour and raises an
alarm at every site.
"""

import os
import threading
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog
from django.conf import settings
from django.db import DatabaseError, connections, transaction

from gatehouse.domain.periods import local_date
from gatehouse.keeper.client import KeeperAway, KeeperRefused
from gatehouse.machine import replace_durably
from gatehouse.server import keeping
from gatehouse.server.backups.faults import BackupFault
from gatehouse.server.backups.writing import KEEP, data_folder, listed, time_of, write_backup
from gatehouse.server.gates.actions import raise_alarm
from gatehouse.server.people import queries as people

AT = time(2, 30)  # on the wall of the first site
AGAIN = timedelta(hours=1)
LATE = timedelta(hours=26)  # a box that is off at night
RECIPIENT, KEPT = "GATEHOUSE_BACKUP_RECIPIENT", "GATEHOUSE_BACKUP_KEEP"
ALARM = "backup_fails"
STATUS = "status.json"
log = structlog.get_logger()


class Status(msgspec.Struct, frozen=True):
    """`fault` is why the last try failed, "" when it did not; `done` of `total` while one is written."""

    tried_at: datetime
    fault: str = ""
    done: int = 0
    total: int = 0


_running: list[threading.Thread] = []


def look(now: datetime) -> None:
    """Begin a backup when one is due. Raises KeeperAway."""
    if any(thread.is_alive() for thread in _running):
        return
    home = Path(settings.HOME)
    if not is_due(home, now):
        return
    recipient = os.environ.get(RECIPIENT) or keeping.recovery_recipient()
    if not recipient:
        return  # the doctor says so
    thread = threading.Thread(target=_back_up, args=(home, recipient, now), name="backup", daemon=True)
    _running[:] = [thread]
    thread.start()


def is_due(home: Path, now: datetime) -> bool:
    """Whether the first site's date has no backup yet and it is night, or the last one is more than a day old."""
    folder = data_folder(home)
    status = _status(folder)
    if status is not None and status.fault and timedelta() <= now - status.tried_at < AGAIN:
        return False
    last = next((at for path in listed(folder) if (at := time_of(path)) and at <= now), None)
    if last is None or now - last > LATE:
        return True
    site = next(iter(people.all_sites()), None)
    zone = ZoneInfo(site.zone if site else "UTC")
    return now.astimezone(zone).time() >= AT and local_date(last, zone) < local_date(now, zone)


def last_fault(folder: Path) -> str:
    """Why the last nightly backup was not written, "" when it was."""
    status = _status(folder)
    return "" if status is None else status.fault


def _status(folder: Path) -> Status | None:
    try:
        return msgspec.json.decode((folder / STATUS).read_bytes(), type=Status)
    except (OSError, msgspec.MsgspecError):
        return None


def _back_up(home: Path, recipient: str, now: datetime) -> None:
    folder = data_folder(home)
    told = [0]

    def follow(done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if percent > told[0]:
            told[0] = percent
            _tell(folder, Status(now, done=done, total=total))

    try:
        write_backup(home, folder, recipient, now=now, keep=int(os.environ.get(KEPT) or KEEP), follow=follow)
        keeping.take_key_snapshot()
        _tell(folder, Status(now))
        log.info("backup.written")
    except (BackupFault, KeeperAway, KeeperRefused, ValueError, OSError) as fault:
        code = getattr(fault, "code", type(fault).__name__)
        log.error("backup.failed", code=code)
        _tell(folder, Status(now, fault=str(fault) or code))
        _alarm(now)
    finally:
        connections.close_all()


def _tell(folder: Path, status: Status) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_durably(folder / STATUS, msgspec.json.encode(status))
    except OSError as fault:
        log.warning("backup.untold", fault=type(fault).__name__)


def _alarm(now: datetime) -> None:
    try:
        with transaction.atomic():
            for site in people.all_sites():
                raise_alarm(site.pk, "", ALARM, at=now)
    except DatabaseError as fault:
        log.warning("job.alarm_failed", job="backup", fault=type(fault).__name__)
