"""A gate as a process of its own, which is killed from outside, or by itself at a named point.

    python -m tests.edge.gate_process HOME RELAY_URL POINT NUMBER

The same cars stand before it after every start. Each line on stdout is a letter that was recorded: its number was said
only after `append` had returned. POINT and NUMBER: at which passing of which point it kills itself.
"""

import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from tests.edge.world import World, plate_reads

from gatehouse.clock import SystemClock
from gatehouse.devices.relays.shelly import ShellyRelay
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.spool import Spool

CARS = [f"京A1000{n}" for n in range(8)]


class Fatal:
    """Kills this process with SIGKILL at the given passing of the given point."""

    def __init__(self, point, number):
        self.point, self.left = point, number

    def at(self, point):
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class FatalSpool(Spool):
    fatal: Fatal

    def append(self, bodies, **more):
        self.fatal.at("before append")
        written = super().append(bodies, **more)
        if written:
            sys.stdout.write(f"{self.last_seq()}\n")
            sys.stdout.flush()
        self.fatal.at("after append")
        return written

    def _write(self, bodies, at):
        super()._write(bodies, at)
        self.fatal.at("before commit")


class FatalRelay(ShellyRelay):
    fatal: Fatal

    def pulse(self, seconds):
        self.fatal.at("before pulse")
        super().pulse(seconds)
        self.fatal.at("after pulse")


def main():
    home, url, point, number = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    FatalSpool.fatal = FatalRelay.fatal = Fatal(point, number)
    world = World(home)
    loaded, keys = world.loaded()
    spool = FatalSpool(home / "edge" / "spool.db", edge=loaded.edge, keys=keys, keeper_seal_key=loaded.keeper_seal_key)
    clock = SystemClock()
    known = world.known(clock)
    known.recall()
    relay = FatalRelay(url)
    # The cars follow each other at once; none is in view any more when the next one comes.
    gate = Gatekeeper("entry", spool=spool, relay=relay, knowledge=known.now, clock=clock, leaves=timedelta())
    for car in CARS:
        for _ in range(3):
            gate.look(plate_reads(car, clock.now(), 0.99), clock.now())
        gate.sensed(clock.now())
    sys.stdout.write("done\n")
    sys.stdout.flush()
    threading.Event().wait(0.01)


if __name__ == "__main__":
    main()
