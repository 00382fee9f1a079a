"""What a decision costs as a policy grows: `decide()` of one person at one gate under 1, 10, 100, 1,000 and 10,000
rules, in turns within one process. Rules are spread over gates and groups as on a real site: 10,000 rules name 400
gates and 1,000 groups. Beside it the plain way, which looks at every rule. Prints the machine, rates and ratios.

    .venv/bin/python benchmarks/access.py [--seconds 1]
"""

import argparse
import json
import os
import platform
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

from gatehouse.domain.access import decide
from gatehouse.domain.periods import within
from gatehouse.domain.policy import Direction, Gate, GateKind, Policy, Rule, Subject
from gatehouse.domain.sightings import Means, Sighting

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
SIZES = (1, 10, 100, 1_000, 10_000)
DOOR = Gate("gate-0", GateKind.DOOR, Direction.IN, frozenset({Means.CARD}))
WHO = Subject("ada", frozenset({"group-0", "group-1", "group-2"}))
SEEN = Sighting(Means.CARD, "4711", "ada", NOW, NOW, 1)
ROUNDS = 5


def policy(size: int) -> Policy:
    """The last rule lets her in; the others are about somebody or somewhere else, or are over."""
    chance = random.Random(size)
    gates, groups = max(1, size // 25), max(1, size // 10)
    rules = [
        Rule(
            f"rule-{n}",
            frozenset({f"group-{chance.randrange(groups)}"}),
            frozenset({f"gate-{chance.randrange(gates)}" for _ in range(3)}),
            deny=n % 10 == 0,
            ends=NOW - timedelta(days=1),
        )
        for n in range(size - 1)
    ]
    last = Rule("rule-last", frozenset({"group-1"}), frozenset({"gate-0"}))
    return Policy("Europe/Berlin", rules=(*rules, last), subjects={"ada": WHO}, gates={"gate-0": DOOR})


def plain(ruled: Policy) -> str | None:
    """Every rule looked at, denies first."""
    for deny in (True, False):
        for rule in ruled.rules:
            named = rule.deny is deny and "gate-0" in rule.gates and rule.groups & WHO.groups
            if named and within(rule.starts, rule.ends, NOW):
                return None if deny else rule.id
    return None


def rate(seconds: float, act: Callable[[], object]) -> float:
    act()
    done, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        act()
        done += 1
    return done / spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each size, in all rounds together")
    seconds = parser.parse_args().seconds / ROUNDS
    policies = {size: policy(size) for size in SIZES}
    rates: dict[int, list[float]] = {size: [] for size in SIZES}
    plainly: dict[int, list[float]] = {size: [] for size in SIZES}
    for size, ruled in policies.items():
        assert decide(SEEN, DOOR, ruled, NOW).rule == plain(ruled) == "rule-last", size
    for _ in range(ROUNDS):
        for size, ruled in policies.items():
            rates[size].append(rate(seconds, lambda ruled=ruled: decide(SEEN, DOOR, ruled, NOW)))
            plainly[size].append(rate(seconds, lambda ruled=ruled: plain(ruled)))
    one = median(rates[1])
    found = {
        str(size): {
            "decisions_per_s": round(median(rates[size])),
            "cost_against_one_rule": round(one / median(rates[size]), 2),
            "plain_cost_against_one_rule": round(median(plainly[1]) / median(plainly[size]), 2),
        }
        for size in SIZES
    }
    machine = {"python": platform.python_version(), "machine": platform.machine(), "cpus": os.cpu_count()}
    print(json.dumps({"machine": machine, "rules": found}, indent=2))


if __name__ == "__main__":
    main()
