"""An installation's folder: that it can be used, whose format it has, and that one `gatehouse up` alone tends it."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatehouse.machine import lock

FORMAT = 1  # of what lies in a home; raised when an older Gatehouse could not use what a newer one wrote
UNFINISHED = "restore.unfinished"  # a restore was begun here, and not ended
LONGEST_SOCKET_PATH = 107  # bytes, unix(7)


class UnusableHome(Exception):
    """The folder cannot be used now; the text says why and what to do."""


@contextmanager
def claimed(home: Path) -> Iterator[None]:
    """Be the only one who tends this home within the block; the system lets go of it when the process dies.
    Raises UnusableHome."""
    if len(os.fsencode(home / "keeper" / "keeper.sock")) > LONGEST_SOCKET_PATH:
        raise UnusableHome(f"{home} is too long a path for the keeper's socket; choose a shorter --home")
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = lock(home / "up.lock")
    except BlockingIOError as fault:
        whose = (home / "up.lock").read_text("utf-8", "replace").strip()
        raise UnusableHome(f"`gatehouse up` runs for {home} already (process {whose})") from fault
    except OSError as fault:
        raise UnusableHome(f"{home} cannot be written ({fault.strerror}); choose another --home") from fault
    with handle:
        if (home / UNFINISHED).exists():
            raise UnusableHome(f"a restore into {home} was broken off; delete the folder and restore again")
        handle.truncate(0)
        handle.write(b"%d\n" % os.getpid())
        handle.flush()
        _check_format(home / "format")
        yield


def _check_format(file: Path) -> None:
    try:
        found = file.read_text("utf-8", "replace").strip()
    except FileNotFoundError:
        file.write_text(f"{FORMAT}\n", "utf-8")
        return
    if found != str(FORMAT):
        known = f"this Gatehouse knows format {FORMAT}"
        shown = found[:20] if found.isprintable() else "that cannot be read"
        raise UnusableHome(f"{file.parent} was written by another version (format {shown}; {known})")


def check_port(port: int) -> None:
    """Raises UnusableHome when something listens there already, or this user may not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            raise UnusableHome(f"port {port} cannot be used ({fault.strerror}); choose another --port") from fault
