"""The price of a stay against its length, as steps to draw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gatehouse.domain.money import Money
from gatehouse.domain.parking import LineKind, Price, price
from gatehouse.domain.stays import StayFact
from gatehouse.domain.tariffs import BlockPricing, Tariff

_NONE = timedelta(0)
_SECOND = timedelta(seconds=1)
_MOST_STEPS = 240


@dataclass(frozen=True, slots=True)
class Step:
    """A stay longer than `after` costs `total`, until the next step. `capped` when the cap takes part of it."""

    after: timedelta
    total: Money
    capped: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """Steps of the price up to `reach`. Where there are too many blocks to price each, one in `every` is."""

    entry: datetime
    reach: timedelta
    steps: tuple[Step, ...]
    every: int


def curve(tariff: Tariff, entry: datetime, vehicle_class: str, reach: timedelta) -> Curve:
    """Raises StayError when no version is in force at `entry`."""
    number = tariff.version_at(entry)
    version = tariff.versions[number] if number is not None else None
    edges, every = {_NONE}, 1
    if version is not None:
        free = version.free + version.rule_for_class(vehicle_class).free
        edges |= {version.grace, free}
        if isinstance(version.pricing, BlockPricing):
            length = version.pricing.length
            count = max(0, -((free - reach) // length))
            most = _MOST_STEPS // (1 + len(version.pricing.rules) // 10)
            every = max(1, -(-count // most))
            edges |= {free + n * length for n in range(0, count, every)}
    steps: list[Step] = []
    for after in sorted(edge for edge in edges if edge < reach):
        priced = price(StayFact(entry, None, vehicle_class), tariff, entry + after + _SECOND)
        step = Step(after, priced.total, _capped(priced))
        if not steps or (step.total, step.capped) != (steps[-1].total, steps[-1].capped):
            steps.append(step)
    return Curve(entry, reach, tuple(steps), every)


def _capped(priced: Price) -> bool:
    """Whether the cap took something in the last cap period."""
    last = next((line for line in reversed(priced.lines) if "last_period" in line.params), None)
    return last is not None and last.kind is LineKind.CAP
