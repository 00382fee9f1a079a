"""The blocks of a stay, priced run by run instead of one by one.

The stay is cut wherever the price of a block could change: at midnight, at window edges, at clock changes, at
tier edges, at cap periods. Between two cuts every block has one rule, so counting them is a division, and a
year of one-minute blocks costs no more than a year of hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gatehouse.domain.periods import Period, at_local, local, offset_change
from gatehouse.domain.tariff_rules import BlockRule, Per
from gatehouse.domain.tariffs import BlockPricing, CapPeriod

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_ZERO = timedelta(0)

PeriodKey = date | int | None


@dataclass(frozen=True, slots=True)
class BlockGrid:
    """What the blocks of one stay hang on: `entry` <= `start` (chargeable) < `until`, all in UTC."""

    entry: datetime
    start: datetime
    until: datetime
    zone: ZoneInfo
    pricing: BlockPricing
    holidays: frozenset[date]


@dataclass(frozen=True, slots=True)
class Charge:
    """Neighbouring blocks under one rule in one cap period: `amount` in minor units, `covered` of the stay.

    `opened_on` is the date on which the window of a flat price opened, None for prices per block."""

    period: PeriodKey
    rule: BlockRule
    opened_on: date | None
    blocks: int
    covered: timedelta
    amount: int


def charges(grid: BlockGrid) -> list[Charge]:
    """All blocks that start before `until`, in order, neighbours of one rule and cap period joined."""
    paid: set[tuple[str, date]] = set()
    result: list[Charge] = []
    for first, count in _runs(grid):
        charge = _charge(grid, first, count, paid)
        if result and _joins(result[-1], charge):
            last = result.pop()
            charge = replace(
                last,
                blocks=last.blocks + charge.blocks,
                covered=last.covered + charge.covered,
                amount=last.amount + charge.amount,
            )
        result.append(charge)
    return result


def _joins(last: Charge, following: Charge) -> bool:
    return (last.period, last.rule, last.opened_on) == (following.period, following.rule, following.opened_on)


def _charge(grid: BlockGrid, first: int, count: int, paid: set[tuple[str, date]]) -> Charge:
    length = grid.pricing.length
    begins = grid.start + first * length
    shown = local(begins, grid.zone)
    rule, opened_on = _rule_at(grid, shown, first * length)
    covered = min(begins + count * length, grid.until) - begins
    period = _cap_period(grid, begins, shown.date())
    if rule.per is Per.BLOCK:
        return Charge(period, rule, None, count, covered, count * rule.price)
    occurrence = (rule.code, opened_on)
    amount = 0 if occurrence in paid else rule.price
    paid.add(occurrence)
    return Charge(period, rule, opened_on, count, covered, amount)


def _rule_at(grid: BlockGrid, shown: datetime, since_start: timedelta) -> tuple[BlockRule, date]:
    """The most particular rule that holds the moment, and the date on which its window opened."""
    by_kind = sorted(grid.pricing.rules, key=lambda rule: rule.days.kind)
    today = shown.date()
    clock = timedelta(hours=shown.hour, minutes=shown.minute, seconds=shown.second)
    for rule in by_kind:
        if not rule.tier.holds(since_start):
            continue
        for days_ago in range((rule.window.closes - timedelta.resolution) // _DAY + 1):
            opened_on = today - days_ago * _DAY
            in_window = rule.window.opens <= clock + days_ago * _DAY < rule.window.closes
            if in_window and rule.days.include(opened_on, grid.holidays):
                return rule, opened_on
    raise AssertionError(f"a checked tariff has a rule for {shown}")


def _cap_period(grid: BlockGrid, begins: datetime, day: date) -> PeriodKey:
    cap = grid.pricing.cap
    if cap is None:
        return None
    return day if cap.period is CapPeriod.CALENDAR_DAY else (begins - grid.entry) // _DAY + 1


def _runs(grid: BlockGrid) -> Iterator[tuple[int, int]]:
    """(number of the first block, how many) of the blocks that start between two cuts, none left empty."""
    cuts = sorted({grid.start, grid.until} | {cut for cut in _cuts(grid) if grid.start < cut < grid.until})
    first = 0
    for cut in cuts[1:]:
        following = -((grid.start - cut) // grid.pricing.length)  # blocks that start before the cut
        if following > first:
            yield first, following - first
        first = following


def _cuts(grid: BlockGrid) -> Iterator[datetime]:
    for rule in grid.pricing.rules:
        yield grid.start + rule.tier.starts
        yield grid.start + (rule.tier.ends or _ZERO)
    if grid.pricing.cap and grid.pricing.cap.period is CapPeriod.ROLLING_24_H:
        periods = (grid.until - grid.entry) // _DAY
        yield from (grid.entry + n * _DAY for n in range(1, periods + 1))
    edges = {edge % _DAY for rule in grid.pricing.rules for edge in (rule.window.opens, rule.window.closes)}
    edges.add(_ZERO)
    day, last = local(grid.start, grid.zone).date(), local(grid.until, grid.zone).date()
    while day <= last:
        yield from _cuts_of_day(day, grid.zone, edges)
        day += _DAY


def _cuts_of_day(day: date, zone: ZoneInfo, edges: set[timedelta]) -> Iterator[datetime]:
    """The instants at which the zone's clocks reach one of `edges` on `day`, and those of a clock change."""
    whole = Period.local_day(day, zone)
    opens, ends = local(whole.start, zone), local(whole.end, zone)
    if opens.utcoffset() == ends.utcoffset() and not (opens.hour or opens.minute):
        yield from (whole.start + edge for edge in edges)
        return
    for edge in edges:
        clock = time(edge // _HOUR, edge % _HOUR // _MINUTE)
        yield from (at_local(day, clock, zone, fold) for fold in (0, 1))
    if opens.utcoffset() != ends.utcoffset():
        yield offset_change(whole.start, whole.end, zone)
