"""What every process asks of the operating system: a file that is whole or not there, to be the only one at work in a
folder, and to leave no memory on the disk."""

import ctypes
import fcntl
import os
import resource
from pathlib import Path
from typing import BinaryIO

BACKUPS = "GATEHOUSE_BACKUPS"
_PR_SET_DUMPABLE = 4  # prctl(2)


def replace_durably(path: Path, data: bytes) -> None:
    """Put `data` at `path` whole or not at all, readable by this user only, on disk when this returns: a crash or a
    full disk leaves what was there before. Raises OSError."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        left = memoryview(data)
        while left:  # a disk that is nearly full takes the beginning only, and says so without an error
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    draft.replace(path)
    sync_folder(path.parent)


def overwrite_and_delete(path: Path) -> None:
    """Delete a file whose bytes must not stay on the disk; what a disk keeps of them by itself nobody can say. Raises
    OSError."""
    with path.open("r+b") as file:
        left = file.seek(0, os.SEEK_END)
        file.seek(0)
        while left > 0:
            left -= file.write(bytes(min(left, 1 << 20)))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def backups_folder(home: Path) -> Path:
    """Where backups lie: GATEHOUSE_BACKUPS, or a folder of the home."""
    return Path(os.environ.get(BACKUPS) or home / "backups").absolute()


def sync_folder(folder: Path) -> None:
    """Make a new name in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def lock(path: Path) -> BinaryIO:
    """Hold the file at `path`, made where there is none, until it is closed; the system lets go of it when the process
    dies. Raises BlockingIOError while another process holds it."""
    handle = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise
    return handle


def leave_no_core() -> None:
    """No core dump and no debugger of the same user: keys, templates and plates are in memory, and a decoder that
    crashes on a crafted picture must not put them on the disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
