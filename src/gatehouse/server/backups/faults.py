"""How a backup fails: one family, a stable code and a text that says what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatehouse.crypto.errors import Malformed, Unreadable

NEWER = "a newer Gatehouse wrote it; install that version, or a later one"


class BackupFault(Exception):
    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@contextmanager
def of_writing(folder: Path) -> Iterator[None]:
    """Raises BackupFault for what the system refuses while a backup is written."""
    try:
        yield
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BackupFault(
                "disk_full", f"the disk of {folder} is full: free some space, or choose another"
            ) from fault
        raise BackupFault("not_written", f"{fault.filename or folder} cannot be used ({fault.strerror})") from fault


@contextmanager
def of_reading(path: Path) -> Iterator[None]:
    """Raises BackupFault for a file that does not open."""
    try:
        yield
    except Malformed as fault:
        raise BackupFault("no_backup", f"{path} is no age file, or its beginning is missing") from fault
    except Unreadable as fault:
        told = {
            "sealed to another": ("wrong_key", "is sealed to another key: this one does not open it"),
            "cut off": ("cut_off", "is cut off: its end is missing; copy it again, or take another"),
        }
        code, text = told.get(
            str(fault), ("damaged", "was changed or cut off after it was written; copy it again, or take another")
        )
        raise BackupFault(code, f"{path} {text}") from fault
    except OSError as fault:
        raise BackupFault("not_read", f"{path} cannot be read ({fault.strerror})") from fault
