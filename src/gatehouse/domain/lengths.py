"""How long stays lasted, in steps that people ask for; and what of it may be shown of few cars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

# Upper ends in minutes; the last step has none. Half-open: a stay of exactly 15 minutes is in the second.
STEPS_MIN: tuple[int, ...] = (15, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
FEWEST = 3  # of fewer cars a step would tell of one: who knows that a car was there would learn how long


@dataclass(frozen=True, slots=True)
class Step:
    """`count` stays that lasted [from_min, to_min) minutes; None for no upper end."""

    from_min: int
    to_min: int | None
    count: int


def step_of(length: timedelta) -> int:
    """The place of a stay's length among the steps."""
    minutes = length / timedelta(minutes=1)
    return sum(minutes >= end for end in STEPS_MIN)


def counted(lengths: Iterable[timedelta]) -> list[int]:
    counts = [0] * (len(STEPS_MIN) + 1)
    for length in lengths:
        counts[step_of(length)] += 1
    return counts


def shown(counts: Sequence[int]) -> list[Step] | None:
    """Neighbouring steps joined until each holds nobody or at least FEWEST; None where all together are fewer.

    A step that holds too few joins the next longer one, the last of them the one before. An empty step beside a joined
    one stays apart only when it is not needed; the counts add up to all stays.
    """
    if 0 < sum(counts) < FEWEST:
        return None
    bounds = (0, *STEPS_MIN)
    steps: list[Step] = []
    start, waiting = 0, 0
    for place, count in enumerate(counts):
        waiting += count
        if waiting and waiting < FEWEST:
            continue
        steps.append(Step(bounds[start], STEPS_MIN[place] if place < len(STEPS_MIN) else None, waiting))
        start, waiting = place + 1, 0
    if waiting:
        while steps and waiting < FEWEST:
            last = steps.pop()
            waiting += last.count
            start = bounds.index(last.from_min)
        steps.append(Step(bounds[start], None, waiting))
    return steps
