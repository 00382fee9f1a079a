"""The blocks of a stay as lines that a driver can check: which rule, how long, how much, what the cap took.

Neighbouring cap periods that came out alike share their lines ("24 h period 2 to 3, 2 in all").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from gatehouse.domain.money import Money
from gatehouse.domain.parking_blocks import BlockGrid, Charge, PeriodKey, charges
from gatehouse.domain.tariff_rules import Per

_ZERO = timedelta(0)

Params = Mapping[str, str | int]


class LineKind(Enum):
    """What a line is for; its wording is made from this and the line's params."""

    ZERO_LENGTH = "zero_length"
    GRACE = "grace"
    FREE_MINUTES = "free_minutes"
    CLASS_FREE_MINUTES = "class_free_minutes"
    VALIDATED_MINUTES = "validated_minutes"
    BLOCKS = "blocks"
    FLAT_WINDOW = "flat_window"
    FLAT_ENTRY = "flat_entry"
    CAP = "cap"
    CLASS_PERCENTAGE = "class_percentage"
    VALIDATED_AMOUNT = "validated_amount"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a price. `covered` is the part of the stay it stands for (zero for caps and discounts).

    `params` by kind, amounts in minor units. blocks, flat_window: name, price, blocks, and where tiered
    tier_from_min, tier_to_min; cap: cap; these three also first_period, last_period (an ISO date or a number
    from 1) and periods where there is a cap. grace: grace_minutes. class_*: vehicle_class, change_percent (a
    decimal in text). validated_*: by, offered. flat_entry: name, price. `version` (from 1) where a tariff has
    several.
    """

    kind: LineKind
    params: Params
    covered: timedelta
    amount: Money

    @property
    def covered_s(self) -> int:
        return self.covered // timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _CapPeriod:
    """What one cap period, or each of `periods` that came out alike, was charged; the cap took `cap_off`."""

    first: PeriodKey
    last: PeriodKey
    periods: int
    charges: tuple[Charge, ...]
    cap_off: int


def block_lines(grid: BlockGrid, currency: str, version: Params) -> list[Line]:
    """The lines of all blocks of the stay and of the caps, in order of time."""
    lines = []
    for period in _alike_joined(_by_period(grid)):
        named = dict(version) | _period_params(period)
        lines += [_charge_line(charge, period.periods, currency, named) for charge in period.charges]
        if period.cap_off and grid.pricing.cap:
            params = named | {"cap": grid.pricing.cap.amount}
            off = Money(-period.cap_off * period.periods, currency)
            lines.append(Line(LineKind.CAP, params, _ZERO, off))
    return lines


def _by_period(grid: BlockGrid) -> list[_CapPeriod]:
    found: dict[PeriodKey, list[Charge]] = {}
    for charge in charges(grid):
        found.setdefault(charge.period, []).append(charge)
    cap = grid.pricing.cap
    result = []
    for key, members in found.items():
        whole = sum(charge.amount for charge in members)
        off = max(0, whole - cap.amount) if cap else 0
        result.append(_CapPeriod(key, key, 1, tuple(members), off))
    return result


def _alike_joined(periods: list[_CapPeriod]) -> list[_CapPeriod]:
    joined: list[_CapPeriod] = []
    for period in periods:
        before = joined[-1] if joined else None
        if before and _follows(before.last, period.first) and _outcome(before) == _outcome(period):
            joined[-1] = _CapPeriod(before.first, period.last, before.periods + 1, before.charges, before.cap_off)
        else:
            joined.append(period)
    return joined


def _follows(before: PeriodKey, after: PeriodKey) -> bool:
    if isinstance(before, date) and isinstance(after, date):
        return before + timedelta(days=1) == after
    return isinstance(before, int) and isinstance(after, int) and before + 1 == after


def _outcome(period: _CapPeriod) -> list[tuple[str, int, timedelta, int]]:
    """What makes two periods alike; what the cap took off follows from it."""
    return [(c.rule.code, c.blocks, c.covered, c.amount) for c in period.charges]


def _period_params(period: _CapPeriod) -> dict[str, str | int]:
    if period.first is None:
        return {}
    first, last = (key.isoformat() if isinstance(key, date) else key or 0 for key in (period.first, period.last))
    return {"first_period": first, "last_period": last, "periods": period.periods}


def _charge_line(charge: Charge, times: int, currency: str, named: Params) -> Line:
    rule = charge.rule
    params = dict(named) | {"name": rule.name, "price": rule.price, "blocks": charge.blocks * times}
    if rule.tier.starts or rule.tier.ends is not None:
        params["tier_from_min"] = rule.tier.starts // timedelta(minutes=1)
        if rule.tier.ends is not None:
            params["tier_to_min"] = rule.tier.ends // timedelta(minutes=1)
    kind = LineKind.BLOCKS if rule.per is Per.BLOCK else LineKind.FLAT_WINDOW
    return Line(kind, params, charge.covered * times, Money(charge.amount * times, currency))
