"""A real keeper in a process of its own, for as long as something is measured."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatehouse.keeper import local
from gatehouse.keeper.client import Client, KeeperAway

_RUN = "import sys, pathlib; from gatehouse.clock import SystemClock; from gatehouse.keeper.service import run; "
_RUN += "run(pathlib.Path(sys.argv[1]), SystemClock())"


@contextmanager
def running_keeper(home: Path) -> Iterator[Client]:
    """A client of it, once it answers."""
    process = subprocess.Popen([sys.executable, "-c", _RUN, str(home)], stderr=subprocess.DEVNULL)
    try:
        yield _answered(Client(local.socket_path(home)))
    finally:
        process.terminate()
        process.wait()


def _answered(client: Client) -> Client:
    ends = time.monotonic() + 20
    while True:
        try:
            client.hello()
        except KeeperAway:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)
        else:
            return client
