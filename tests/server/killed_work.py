"""Run as a process: the jobs that are due, until this process dies by its own hand.

    python -m tests.server.killed_work HOME DATABASE CLOCK NUMBER

It dies by SIGKILL, so nothing is tidied up, when the keeper has sealed for the NUMBERth time and nothing of that is
written yet. Portions are of three people, so that a few people are several portions.
"""

import os
import signal
import sys
import time
from pathlib import Path

from gatehouse.clock import ShiftedClock
from gatehouse.keeper.client import Client
from gatehouse.keeper.protocol import Reply, Request, Seal

# As the ticker does: on a slow machine a job stops in time and goes on at its next turn.
TICKS, TICK_S = 20, 1.1


class Mortal:
    """Asks the keeper, and dies when the sealed cells number `last` are there and not yet written."""

    def __init__(self, socket: Path, last: int) -> None:
        self._client, self._left = Client(socket), last

    def call(self, request: Request) -> Reply:
        reply = self._client.call(request)
        self._left -= isinstance(request, Seal)
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply


def main() -> None:
    home, database, clock, last = sys.argv[1:]
    os.environ["GATEHOUSE_HOME"] = home
    os.environ["DJANGO_SETTINGS_MODULE"] = "gatehouse.server.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    from gatehouse.server import jobs, keeping, moment
    from gatehouse.server.attendance import workdays
    from gatehouse.server.payroll import computing

    workdays.PORTION = 3
    computing.reckon_some.__kwdefaults__["batch"] = 3
    moment.use(ShiftedClock(Path(clock)))
    keeping.configure(Mortal(Path(home) / "keeper" / "keeper.sock", int(last)))
    for _ in range(TICKS):
        jobs.run_due(moment.now())
        time.sleep(TICK_S)


if __name__ == "__main__":
    main()
