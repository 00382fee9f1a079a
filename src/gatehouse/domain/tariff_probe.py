"""Whether a longer stay ever costs less, tried on the tariff itself.

`parking` says why it cannot be. This holds every version that is saved against it all the same, so that a rule added
one day that breaks the reasoning is refused where it is written, not found by a driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from gatehouse.domain.parking import price
from gatehouse.domain.periods import Period, at_local
from gatehouse.domain.plates import CAR
from gatehouse.domain.stays import StayFact
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.domain.tariffs import BlockPricing, Tariff, TariffVersion

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_NONE = timedelta(0)
_MOST_PRICES = 2_400  # of one version; fewer where its many rules make each price dear
_REACH = 3 * _DAY
_CLOCKS = (time(0), time(6, 30), time(11, 59), time(18), time(23, 45))


@dataclass(frozen=True, slots=True)
class Fall:
    """A stay from `entry` of `longer` costs less than one of `shorter`."""

    entry: datetime
    vehicle_class: str
    shorter: timedelta
    longer: timedelta


def check_never_falls(tariff: Tariff, from_day: date) -> None:
    """Raises TariffError `falls` with the version's path. `from_day` is about when the tariff will be used."""
    for number in range(len(tariff.versions)):
        found = fall(tariff, number, from_day)
        if found is not None:
            entry = found.entry.astimezone(tariff.zone)
            said = f"entered {entry:%Y-%m-%d %H:%M}, {found.longer} would cost less than {found.shorter}"
            raise TariffError("falls", f"versions[{number}]", said)


@lru_cache(maxsize=64)
def fall(tariff: Tariff, number: int, from_day: date) -> Fall | None:
    """The first fall of price among sampled entries: of a week, around both clock changes of the year, holidays,
    listed dates, window edges and the version's own edges; lengths around every tier, block and cap period.

    Thousands of prices; remembered, because the editor asks at each preview and once more when it saves."""
    version = tariff.versions[number]
    lengths = _lengths(version)
    classes = [CAR, *(rule.vehicle_class for rule in version.classes)][:4]
    budget = _MOST_PRICES // (1 + len(version.rules) // 4)
    entries = [at for at in _entries(tariff, version, from_day) if tariff.version_at(at) == number]
    asked = max(1, budget // (len(lengths) * len(classes)))
    step = max(1, len(entries) // asked)
    for entry in entries[::step]:
        for vehicle_class in classes:
            found = _fall_of(tariff, entry, vehicle_class, lengths)
            if found is not None:
                return found
    return None


def _fall_of(tariff: Tariff, entry: datetime, vehicle_class: str, lengths: list[timedelta]) -> Fall | None:
    before, cost = _NONE, 0
    for length in lengths:
        now = price(StayFact(entry, None, vehicle_class), tariff, entry + length).total.minor
        if now < cost:
            return Fall(entry, vehicle_class, before, length)
        before, cost = length, now
    return None


def _lengths(version: TariffVersion) -> list[timedelta]:
    """In order; each edge at which something changes, a second before and a second after."""
    edges = {version.grace, version.free, _DAY, 2 * _DAY, _REACH, timedelta(hours=1), timedelta(hours=5)}
    for rule in version.classes:
        edges.add(version.free + rule.free)
    match version.pricing:
        case BlockPricing(length=length, rules=rules):
            edges |= {version.free + n * length for n in (1, 2, 3)}
            for block_rule in rules[:12]:
                edges.add(version.free + block_rule.tier.starts)
                edges.add(version.free + (block_rule.tier.ends or _NONE))
    around = {edge + shift for edge in edges for shift in (-_SECOND, _NONE, _SECOND)}
    return sorted(length for length in around if _NONE < length <= _REACH + _DAY)


def _entries(tariff: Tariff, version: TariffVersion, from_day: date) -> Iterator[datetime]:
    first = max(version.starts.date() if version.starts else from_day, from_day)
    days = [first + n * _DAY for n in range(7)]
    days += [day - shift * _DAY for day in change_days(tariff, first) for shift in (1, 0)]
    days += [day - shift * _DAY for day in sorted(version.holidays)[:4] for shift in (1, 0)]
    clocks = set(_CLOCKS)
    if isinstance(version.pricing, BlockPricing):
        for rule in version.pricing.rules[:12]:
            days += sorted(rule.days.dates)[:2]
            clocks |= {_clock(rule.window.opens), _clock(rule.window.closes - _MINUTE)}
    for wall in (version.starts, version.ends):
        if wall is not None:
            at = at_local(wall.date(), wall.time(), tariff.zone)
            yield from (at - _SECOND, at)
    for day in dict.fromkeys(days):
        yield from (at_local(day, clock, tariff.zone) for clock in sorted(clocks))


def _clock(edge: timedelta) -> time:
    return (datetime(2000, 1, 1, tzinfo=UTC) + edge % _DAY).time()


def change_days(tariff: Tariff, first: date) -> list[date]:
    """The dates of the year from `first` on whose local day is not 24 hours long."""
    days = (first + n * _DAY for n in range(366))
    return [day for day in days if Period.local_day(day, tariff.zone).length != _DAY]
