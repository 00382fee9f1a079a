"""A parking tariff as data, checked whole when it is made: what can be made can be priced.

Rules common to all tariffs (what a block, a tier, a cap period is) are stated in `parking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from fractions import Fraction
from zoneinfo import ZoneInfo

from gatehouse.domain.money import MoneyError, exponent
from gatehouse.domain.periods import at_local
from gatehouse.domain.plates import CAR
from gatehouse.domain.tariff_checks import check_rules
from gatehouse.domain.tariff_rules import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_DATES,
    BlockRule,
    EntryRule,
    TariffError,
    check_code,
    check_date,
    check_length,
    check_price,
)

MAX_VERSIONS = 50
MAX_RULES = 50
_NONE = timedelta(0)


class CapPeriod(Enum):
    """What a cap is counted over: the local date, or 24 elapsed hours from entry, again and again."""

    CALENDAR_DAY = "calendar_day"
    ROLLING_24_H = "24_hours"


@dataclass(frozen=True, slots=True)
class Cap:
    """The blocks of one `period` never cost more than `amount` minor units together."""

    amount: int
    period: CapPeriod

    def __post_init__(self) -> None:
        check_price(self.amount, "amount")


@dataclass(frozen=True, slots=True)
class BlockPricing:
    """Every started block of `length` costs what the rule at its start says, lowered by the cap."""

    length: timedelta
    rules: tuple[BlockRule, ...]
    cap: Cap | None = None

    def __post_init__(self) -> None:
        check_length(self.length, "length", least=timedelta(minutes=1))
        _check_count(self.rules, MAX_RULES, "rules")


@dataclass(frozen=True, slots=True)
class EntryPricing:
    """One price per entry, by the local date of entry."""

    rules: tuple[EntryRule, ...]

    def __post_init__(self) -> None:
        _check_count(self.rules, MAX_RULES, "rules")


@dataclass(frozen=True, slots=True)
class ClassRule:
    """What a vehicle class gets: `free` time deducted, and `change_percent` on the sum after caps (-50 halves
    it, 100 doubles it)."""

    vehicle_class: str
    free: timedelta = _NONE
    change_percent: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        check_code(self.vehicle_class, "vehicle_class")
        check_length(self.free, "free")
        _check_percent(self.change_percent, "change_percent", -100, 1000)


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """The prices in force over [starts, ends) of the site's wall clock (naive datetimes; None is unbounded).

    `grace` is all or nothing over the whole stay, `free` is deducted; tax is included in every price.
    """

    pricing: BlockPricing | EntryPricing
    starts: datetime | None = None
    ends: datetime | None = None
    grace: timedelta = _NONE
    free: timedelta = _NONE
    classes: tuple[ClassRule, ...] = ()
    tax_percent: Fraction | None = None
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        _check_wall(self.starts, "starts")
        _check_wall(self.ends, "ends")
        if self.starts and self.ends and self.ends <= self.starts:
            raise TariffError("out_of_range", "ends", "a version ends after it starts")
        check_length(self.grace, "grace")
        check_length(self.free, "free")
        if self.tax_percent is not None:
            _check_percent(self.tax_percent, "tax_percent", 0, 100)
        _check_count(self.classes, MAX_RULES, "classes")
        names = [rule.vehicle_class for rule in self.classes]
        if len(set(names)) < len(names):
            raise TariffError("duplicate", "classes", "name every vehicle class once")
        _check_count(self.holidays, MAX_DATES, "holidays")
        for day in self.holidays:
            check_date(day, "holidays")
        self._check_pricing()

    def _check_pricing(self) -> None:
        match self.pricing:
            case BlockPricing(rules=rules):
                check_rules(rules, self.holidays)
            case EntryPricing(rules=entry_rules):
                check_rules([rule.as_block_rule() for rule in entry_rules], self.holidays)

    @property
    def rules(self) -> Sequence[BlockRule | EntryRule]:
        return self.pricing.rules

    def rule_for_class(self, vehicle_class: str) -> ClassRule:
        """The class's own rule; a class without a mention is priced as a car."""
        by_class = {rule.vehicle_class: rule for rule in self.classes}
        return by_class.get(vehicle_class) or by_class.get(CAR) or ClassRule(CAR)


@dataclass(frozen=True, slots=True)
class Tariff:
    """Versions in order of time, each beginning where the one before it ends; the site's zone reads every
    date and clock time in them. Raises TariffError."""

    name: str
    zone: ZoneInfo
    currency: str
    versions: tuple[TariffVersion, ...]

    def __post_init__(self) -> None:
        check_code(self.name, "name")
        if not isinstance(self.zone, ZoneInfo) or not self.zone.key:
            raise TariffError("unknown_zone", "zone", "write an IANA zone such as Europe/Berlin")
        try:
            exponent(self.currency)
        except MoneyError as error:
            advice = "write an ISO 4217 code such as CNY, EUR or USD"
            raise TariffError("unknown_currency", "currency", advice) from error
        if not self.versions:
            raise TariffError("empty", "versions", "write at least one version")
        _check_count(self.versions, MAX_VERSIONS, "versions")
        for i in range(1, len(self.versions)):
            earlier, later = self.versions[i - 1], self.versions[i]
            if earlier.ends is None or later.starts is None or earlier.ends > later.starts:
                raise TariffError("overlap", f"versions[{i}]", "begin where the version before ends")
            if earlier.ends < later.starts:
                raise TariffError("not_covered", f"versions[{i}]", "begin where the version before ends")

    def version_at(self, moment: datetime) -> int | None:
        """The index of the version in force at an instant, None when none is."""
        for i, version in enumerate(self.versions):
            if (version.starts is None or self._instant(version.starts) <= moment) and (
                version.ends is None or moment < self._instant(version.ends)
            ):
                return i
        return None

    def _instant(self, wall: datetime) -> datetime:
        return at_local(wall.date(), wall.time(), self.zone)


def _check_count(items: tuple[object, ...] | frozenset[date], most: int, path: str) -> None:
    if len(items) > most:
        raise TariffError("too_many", path, f"write at most {most}")


def _check_percent(percent: object, path: str, least: int, most: int) -> None:
    if not isinstance(percent, Fraction) or 10**6 % percent.denominator:
        raise TariffError("wrong_type", path, "write a percentage with at most six decimals, such as 8.25")
    if not least <= percent <= most:
        raise TariffError("out_of_range", path, f"a percentage here is from {least} to {most}")


def _check_wall(wall: datetime | None, path: str) -> None:
    if wall is None:
        return
    if not isinstance(wall, datetime) or wall.tzinfo is not None:
        raise TariffError("bad_time", path, "write the site's own clock time, without an offset")
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise TariffError("out_of_range", path, f"the year lies from {FIRST_YEAR} to {LAST_YEAR}")
