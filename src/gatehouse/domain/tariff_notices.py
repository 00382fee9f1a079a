"""What is allowed in a tariff and still worth a second look: notices, never errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from gatehouse.domain.periods import WallTime, at_local, instant, wall_time
from gatehouse.domain.tariff_probe import change_days
from gatehouse.domain.tariff_rules import BlockRule, DayKind, Days, Per
from gatehouse.domain.tariffs import BlockPricing, CapPeriod, Tariff, TariffVersion

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Notice:
    """`path` names the field as a TariffError does; `facts` by code:

    window_skipped: rule, date (the clocks leave the whole window out on that date). edge_skipped, edge_twice: rule,
    date, clock, edge (`opens` or `closes`; the clocks skip it, or show it twice). cap_below_price: rule.
    cap_never_reached. all_free. holidays_unused. no_holidays: rule. holidays_past: last. dates_past: rule, last.
    starts_in_past: starts.
    """

    code: str
    path: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


def notices(tariff: Tariff, number: int, now: datetime) -> tuple[Notice, ...]:
    """Those of one version, in the order of its fields."""
    version = tariff.versions[number]
    today = instant(now).astimezone(tariff.zone).date()
    first = max(version.starts.date() if version.starts else today, today)
    found = [*_about_start(tariff, version, now), *_about_holidays(version, first)]
    match version.pricing:
        case BlockPricing() as pricing:
            found += _about_cap(pricing)
            change = change_days(tariff, first)
            for i, rule in enumerate(pricing.rules):
                found += _about_changes(tariff, version, rule, f"blocks.rules[{i}]", change)
    if not any(rule.price for rule in version.rules):
        found.append(Notice("all_free", "rules"))
    return tuple(found)


def _about_start(tariff: Tariff, version: TariffVersion, now: datetime) -> Iterator[Notice]:
    if version.starts and at_local(version.starts.date(), version.starts.time(), tariff.zone) < instant(now):
        yield Notice("starts_in_past", "from", {"starts": version.starts.isoformat(timespec="minutes")})


def _about_holidays(version: TariffVersion, first: date) -> Iterator[Notice]:
    name = "blocks" if isinstance(version.pricing, BlockPricing) else "entry"
    ruled = False
    for i, rule in enumerate(version.rules):
        path = f"{name}.rules[{i}].days"
        if rule.days.kind is DayKind.HOLIDAY:
            ruled = True
            if not version.holidays:
                yield Notice("no_holidays", path, {"rule": rule.name})
        if rule.days.kind is DayKind.DATES and max(rule.days.dates) < first:
            yield Notice("dates_past", path, {"rule": rule.name, "last": max(rule.days.dates).isoformat()})
    if version.holidays and not ruled:
        yield Notice("holidays_unused", "holidays")
    if version.holidays and ruled and max(version.holidays) < first:
        yield Notice("holidays_past", "holidays", {"last": max(version.holidays).isoformat()})


def _about_cap(pricing: BlockPricing) -> Iterator[Notice]:
    if pricing.cap is None:
        return
    dearest = max(pricing.rules, key=lambda rule: rule.price)
    if dearest.price > pricing.cap.amount:
        yield Notice("cap_below_price", "blocks.cap.amount", {"rule": dearest.name})
    longest = _DAY if pricing.cap.period is CapPeriod.ROLLING_24_H else 25 * timedelta(hours=1)
    blocks = -(-longest // pricing.length)
    if all(rule.per is Per.BLOCK for rule in pricing.rules) and blocks * dearest.price < pricing.cap.amount:
        yield Notice("cap_never_reached", "blocks.cap.amount")


def _about_changes(
    tariff: Tariff, version: TariffVersion, rule: BlockRule, path: str, change: list[date]
) -> Iterator[Notice]:
    """Windows that open or close at a wall time which a clock change skips or shows twice. Whole dates do neither:
    a date is as long as it is."""
    if not (rule.window.opens % _DAY or rule.window.closes % _DAY):
        return
    for day in change:
        shown = {name: _shown(tariff, version, rule.days, edge, day) for name, edge in _edges(rule)}
        facts: dict[str, str | int] = {"rule": rule.name, "date": day.isoformat()}
        if list(shown.values()) == [WallTime.SKIPPED] * 2 and rule.window.closes <= _DAY:
            yield Notice("window_skipped", f"{path}.window", facts)
            continue
        for name, edge in _edges(rule):
            if shown[name] in (WallTime.SKIPPED, WallTime.TWICE):
                code = "edge_skipped" if shown[name] is WallTime.SKIPPED else "edge_twice"
                clock = f"{_clock(edge):%H:%M}"
                yield Notice(code, f"{path}.window.{name}", facts | {"clock": clock, "edge": name})


def _edges(rule: BlockRule) -> tuple[tuple[str, timedelta], ...]:
    return ("opens", rule.window.opens), ("closes", rule.window.closes)


def _shown(tariff: Tariff, version: TariffVersion, days: Days, edge: timedelta, day: date) -> WallTime | None:
    """How often the edge is shown on `day`; None when the window has no edge then."""
    opened_on = day - (edge // _DAY) * _DAY
    if not days.include(opened_on, version.holidays):
        return None
    return wall_time(day, _clock(edge), tariff.zone)


def _clock(edge: timedelta) -> time:
    minutes = edge % _DAY // _MINUTE
    return time(minutes // 60, minutes % 60)
