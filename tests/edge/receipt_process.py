"""One car at an exit whose driver shows a receipt, as a process that kills itself at a named point.

python -m tests.edge.receipt_process HOME RELAY_URL POINT RECEIPT
"""

import sys
from pathlib import Path

from tests.edge.gate_process import Fatal, FatalRelay, FatalSpool
from tests.edge.world import SITE, World

from gatehouse.clock import SystemClock
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.looking import Looker


def main():
    home, url, point, text = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    FatalSpool.fatal = FatalRelay.fatal = Fatal(point, 1)
    world, clock = World(home), SystemClock()
    loaded, keys = world.loaded()
    spool = FatalSpool(home / "edge" / "spool.db", edge=loaded.edge, keys=keys, keeper_seal_key=loaded.keeper_seal_key)
    known = world.known(clock)
    known.recall()
    gate = known.now().policy.gates["exit"]
    lane = Gatekeeper("exit", spool=spool, relay=FatalRelay(url), knowledge=known.now, clock=clock)
    now = clock.now()
    answer = lane.look([Looker(SITE, loaded.keeper_verify_key).code(text, gate, now)], now)
    sys.stdout.write(f"answer {getattr(answer, 'reason', None)}\n")


if __name__ == "__main__":
    main()
