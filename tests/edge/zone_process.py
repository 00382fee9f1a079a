"""A door of a zone with hard anti-passback as a process that kills itself once somebody has passed.

python -m tests.edge.zone_process HOME RELAY_URL
"""

import os
import signal
import sys
from pathlib import Path

from tests.edge.test_zones import card
from tests.edge.world import World

from gatehouse.clock import SystemClock
from gatehouse.devices.relays.shelly import ShellyRelay
from gatehouse.edge.gatekeeper import Gatekeeper

if __name__ == "__main__":
    world, clock = World(Path(sys.argv[1])), SystemClock()
    known = world.known(clock)
    known.recall()
    relay = ShellyRelay(sys.argv[2])
    door = Gatekeeper("in", spool=world.spool(), relay=relay, knowledge=known.now, clock=clock)
    answer = card(door, clock)
    door.sensed(clock.now())
    sys.stdout.write(f"{answer.reason.value}\n")
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)
