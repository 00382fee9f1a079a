"""A day of four garages in fast time: `python -m tests.garage_day.run --stays 12000 --seed 1`.

Prints how the day goes and, at its end, what was found; the exit status is 1 when anything was wrong.
"""

import argparse
import json
import logging
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from tests.garage_day import oracle, plan
from tests.garage_day.day import NeverEnds, Play
from tests.garage_day.town import Town

from gatehouse.domain.periods import start_of_day

SET_UP_BEFORE = timedelta(minutes=20)


def live(
    home: Path,
    *,
    seed: int,
    stays: int,
    cuts: int,
    outages: int,
    say: Callable[[str], None],
    hours: tuple[int, int] = (0, 24),
) -> tuple[Play, oracle.Findings]:
    """Live the next day through in `home`; everything is stopped at its end."""
    town = Town(home)
    try:
        start = _midnight(town.clock.now() + SET_UP_BEFORE)
        town.clock.advance_to(start - SET_UP_BEFORE)
        day = plan.make(seed, stays, start, hours)
        began = time.monotonic()
        town.start()
        town.set_up(day)
        say(f"set up in {time.monotonic() - began:.0f} s: {len(town.garages)} garages, {len(day.permits)} permits")
        play = Play(town, day, seed, cuts, outages, say)
        try:
            began = time.monotonic()
            play.run()
            lasted = time.monotonic() - began
        except NeverEnds:
            for line in oracle.still_there(play):
                say(line)
            raise
        finally:
            play.desk.close()
            for edge in play.edges:
                edge.close()
        found = oracle.judge(play)
    finally:
        town.stop()
    cpu = {"day": resource.RUSAGE_SELF, "keeper and server": resource.RUSAGE_CHILDREN}
    letters = sum(len(edge.spool.bodies) for edge in play.edges)
    found.report |= {
        "seed": seed,
        "visits": stays,
        "seconds": round(lasted),
        "cpu_seconds": {name: round(resource.getrusage(whose).ru_utime) for name, whose in cpu.items()},
        "letters": letters,
        "letters_a_second": round(letters / lasted),
        "batches": sum(edge.link.sent for edge in play.edges),
        "answers_lost": sum(edge.link.lost for edge in play.edges),
        "pages_asked": play.phones.asked,
        "happened": dict(sorted(play.counts.items())),
        "wrong": found.wrong[:50],
    }
    return play, found


def _midnight(after: datetime) -> datetime:
    zone = ZoneInfo(plan.ZONE)
    return start_of_day(after.astimezone(zone).date() + timedelta(days=1), zone).astimezone(zone)


def in_memory() -> str | None:
    """A folder in memory where there is one: kill -9 loses nothing of it, and nobody waits for a disk."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--stays", type=int, default=12_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--cuts", type=int, default=8, help="how often keeper or server are killed")
    asked.add_argument("--outages", type=int, default=6, help="how often a garage loses its line")
    asked.add_argument("--hours", type=int, nargs=2, default=(0, 24), help="within which hours cars come")
    given = asked.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # keeper and server end with it

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    with tempfile.TemporaryDirectory(prefix="garage-day-", dir=in_memory()) as home:
        _, found = live(
            Path(home),
            seed=given.seed,
            stays=given.stays,
            cuts=given.cuts,
            outages=given.outages,
            say=say,
            hours=tuple(given.hours),
        )
    say(json.dumps(found.report, ensure_ascii=False, indent=2))
    say(f"WRONG: {len(found.wrong)}" if found.wrong else "all as it must be")
    sys.exit(1 if found.wrong else 0)


if __name__ == "__main__":
    main()
