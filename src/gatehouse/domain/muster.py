"""Muster: who is still inside, in which zone, and who was ticked off at the assembly point.

A list for a fire errs to the side of naming somebody who is out already: whoever was last seen on the way into a place
is there, and who went out by a gate of a zone that they were never seen to enter may still be inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gatehouse.domain.periods import instant

LONGEST = timedelta(hours=36)  # whoever came in longer ago than this left unseen


@dataclass(frozen=True, slots=True)
class Step:
    """One passage of a person. `zone` is the zone that the gate leads into, "" for one that leads into the site."""

    at: datetime
    is_in: bool
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Inside since `since`, last seen going into `zone`. `doubtful`: seen leaving too, not the way that they came."""

    zone: str
    since: datetime
    doubtful: bool = False


def whereabouts(steps: Iterable[Step], now: datetime) -> Whereabouts | None:
    """None for somebody who is outside. Steps may come in any order and more than once."""
    entered: list[Step] = []
    doubtful = False
    for step in sorted(set(steps), key=lambda one: (instant(one.at), not one.is_in, one.zone)):
        if step.is_in:
            entered = [one for one in entered if one.zone != step.zone] + [step]
            doubtful = False
        elif step.zone == "":
            entered = []
        elif step.zone in (zones := [one.zone for one in entered]):
            entered = entered[: zones.index(step.zone)]
        else:
            doubtful = bool(entered)
    entered = [one for one in entered if instant(now) - instant(one.at) <= LONGEST]
    if not entered:
        return None
    return Whereabouts(entered[-1].zone, instant(entered[-1].at), doubtful)


class How(StrEnum):
    """By what somebody was ticked off."""

    LIST = "list"  # a warden saw them
    NUMBER = "number"
    CODE = "code"  # a pass or badge, even one that opens nothing any more
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Tick:
    person: str
    at: datetime
    how: How


@dataclass(frozen=True, slots=True)
class RollCall:
    """One roll call, or a drill of one. `ticks` by person: the first counts. Those who were not on the list and came
    all the same are in it too."""

    started: datetime
    drill: bool
    ticks: Mapping[str, Tick] = field(default_factory=dict)
    ended: datetime | None = None

    def ticked(self, tick: Tick) -> RollCall:
        """Ticked twice, by whatever, is ticked once."""
        if self.ended is not None or tick.person in self.ticks:
            return self
        return RollCall(self.started, self.drill, {**self.ticks, tick.person: tick}, self.ended)

    def unticked(self, person: str) -> RollCall:
        """It was somebody else."""
        left = {own: tick for own, tick in self.ticks.items() if own != person}
        return self if self.ended is not None else RollCall(self.started, self.drill, left, self.ended)

    def end(self, at: datetime) -> RollCall:
        return self if self.ended is not None else RollCall(self.started, self.drill, self.ticks, at)

    def missing(self, inside: Iterable[str]) -> list[str]:
        """Those inside who were not ticked yet, in the order given."""
        return [person for person in inside if person not in self.ticks]

    def lasted(self, now: datetime) -> timedelta:
        """From the start until its end, or until now."""
        return instant(self.ended or now) - instant(self.started)

    def half_after(self, count: int) -> timedelta | None:
        """How long until half of `count` people were ticked; None while it is not yet so."""
        times = sorted(instant(tick.at) for tick in self.ticks.values())
        need = (count + 1) // 2
        return times[need - 1] - instant(self.started) if 0 < need <= len(times) else None
