"""The parts of a tariff that say when a price holds: dates, windows of the clock, tiers of the stay.

All are data. Where several rules could hold, the more particular kind of dates wins (see `DayKind`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum, IntEnum
from fractions import Fraction

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import round_half_up

MAX_PRICE = 1_000_000_000  # minor units; above is a slip of the keyboard
MAX_LENGTH = timedelta(days=366)
MAX_DATES = 500
MAX_WINDOW = timedelta(days=7)
MAX_LABEL = 60
FIRST_YEAR, LAST_YEAR = 1970, 2999
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class TariffError(DomainError):
    """A tariff that can not be. `path` names the field ("versions[0].blocks.length_min"), the message says
    what to change. Codes: `wrong_type`, `not_whole`, `out_of_range`, `bad_code`, `bad_label`, `bad_time`,
    `unknown_field`, `missing_field`, `empty`, `too_many`, `duplicate`, `overlap`, `not_covered`, `unknown_zone`,
    `unknown_currency`; for a site, `other_zone`, `other_currency`; and for a change of one that is in use,
    `begun_changed`, `in_the_past`, `not_planned` (see `tariff_versions`), `falls` (see `tariff_probe`).

    `facts` also say, for `overlap` of two rules: one, other (their names), and the moment; for `not_covered` by any
    rule: the moment and since_min (of the tier). A moment is weekday (Monday is 0) or date, and clock."""

    def __init__(self, code: str, path: str, message: str, **facts: str | int) -> None:
        super().__init__(code, f"{path}: {message}" if path else message, **(facts | {"path": path}))
        self.path = path
        self.advice = message

    def at(self, path: str) -> TariffError:
        """The same error at another path."""
        facts = {name: fact for name, fact in self.facts.items() if name != "path" and isinstance(fact, str | int)}
        return TariffError(self.code, path, self.advice, **facts)

    def inside(self, parent: str) -> TariffError:
        """The same error seen from the field that holds this one."""
        joint = "" if not self.path or self.path.startswith("[") else "."
        return self.at(f"{parent}{joint}{self.path}")


class DayKind(IntEnum):
    """How particular a choice of dates is; the lowest that holds a moment prices it."""

    DATES = 0
    HOLIDAY = 1
    WEEKDAYS = 2
    ANY = 3


@dataclass(frozen=True, slots=True)
class Days:
    """The dates on which a window opens: listed dates, public holidays, weekdays (Monday is 0), or any."""

    kind: DayKind = DayKind.ANY
    weekdays: frozenset[int] = frozenset()
    dates: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if any(type(day) is not int or not 0 <= day <= 6 for day in self.weekdays):
            raise TariffError("out_of_range", "", "weekdays count from 0 (Monday) to 6 (Sunday)")
        if len(self.dates) > MAX_DATES:
            raise TariffError("too_many", "", f"write at most {MAX_DATES} dates")
        for day in self.dates:
            check_date(day, "")
        if bool(self.weekdays) != (self.kind is DayKind.WEEKDAYS):
            raise TariffError("empty", "", "name at least one weekday, and only in a rule for weekdays")
        if bool(self.dates) != (self.kind is DayKind.DATES):
            raise TariffError("empty", "", "name at least one date, and only in a rule for dates")

    @classmethod
    def on_weekdays(cls, *weekdays: int) -> Days:
        return cls(DayKind.WEEKDAYS, weekdays=frozenset(weekdays))

    @classmethod
    def on_dates(cls, *dates: date) -> Days:
        return cls(DayKind.DATES, dates=frozenset(dates))

    def include(self, day: date, holidays: frozenset[date]) -> bool:
        match self.kind:
            case DayKind.DATES:
                return day in self.dates
            case DayKind.HOLIDAY:
                return day in holidays
            case DayKind.WEEKDAYS:
                return day.weekday() in self.weekdays
            case DayKind.ANY:
                return True


ANY_DAY = Days()
HOLIDAYS = Days(DayKind.HOLIDAY)


@dataclass(frozen=True, slots=True)
class Window:
    """[opens, closes) on the site's clock, both counted from 00:00 of the date on which it opens, in whole
    minutes. A night from 22:00 to 07:00 is (22 h, 31 h); a weekend that opens on Saturday is (0 h, 48 h)."""

    opens: timedelta = timedelta(0)
    closes: timedelta = _DAY

    def __post_init__(self) -> None:
        for name, edge in (("opens", self.opens), ("closes", self.closes)):
            if type(edge) is not timedelta or edge % _MINUTE:
                raise TariffError("bad_time", name, "write a clock time in whole minutes")
        if not timedelta(0) <= self.opens < _DAY:
            raise TariffError("out_of_range", "opens", "a window opens from 00:00 to 23:59")
        if self.closes <= self.opens:
            raise TariffError("out_of_range", "closes", "a window closes after it opens")
        if self.closes - self.opens > MAX_WINDOW:
            raise TariffError("out_of_range", "closes", "a window is open for at most seven days")


@dataclass(frozen=True, slots=True)
class Tier:
    """[starts, ends) of the time since the chargeable start; no end when None."""

    starts: timedelta = timedelta(0)
    ends: timedelta | None = None

    def __post_init__(self) -> None:
        check_length(self.starts, "starts")
        if self.ends is not None:
            check_length(self.ends, "ends")
            if self.ends <= self.starts:
                raise TariffError("out_of_range", "ends", "a tier ends after it starts")

    def holds(self, since_start: timedelta) -> bool:
        return self.starts <= since_start and (self.ends is None or since_start < self.ends)

    def meets(self, other: Tier) -> bool:
        """True when some time lies in both."""
        return (self.ends is None or other.starts < self.ends) and (other.ends is None or self.starts < other.ends)


class Per(Enum):
    """BLOCK: every block costs the price. OCCURRENCE: the first block in one opening of the window costs it,
    the others in the same opening nothing."""

    BLOCK = "block"
    OCCURRENCE = "occurrence"


@dataclass(frozen=True, slots=True)
class BlockRule:
    """The price (minor units) of the blocks that start in `window` of `days` and in `tier`. `label` is what
    drivers read on their receipt; the code where there is none."""

    code: str
    price: int
    per: Per = Per.BLOCK
    days: Days = ANY_DAY
    window: Window = field(default_factory=Window)
    tier: Tier = field(default_factory=Tier)
    label: str = ""

    def __post_init__(self) -> None:
        check_code(self.code, "code")
        check_price(self.price, "price")
        check_label(self.label, "label")

    @property
    def name(self) -> str:
        return self.label or self.code


@dataclass(frozen=True, slots=True)
class EntryRule:
    """The price (minor units) of one entry on `days`, whatever the length; `label` as for a block rule."""

    code: str
    price: int
    days: Days = ANY_DAY
    label: str = ""

    def __post_init__(self) -> None:
        check_code(self.code, "code")
        check_price(self.price, "price")
        check_label(self.label, "label")

    @property
    def name(self) -> str:
        return self.label or self.code

    def as_block_rule(self) -> BlockRule:
        return BlockRule(self.code, self.price, Per.OCCURRENCE, self.days, label=self.label)


def check_code(code: object, path: str) -> None:
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise TariffError("bad_code", path, "write a short name of a-z, 0-9, - and _, such as night-flat")


def check_label(label: object, path: str) -> None:
    """Text of one line that prints: it stands on receipts and in terminals."""
    if not isinstance(label, str) or not label.isprintable() or label != label.strip():
        raise TariffError("bad_label", path, "write a short name on one line, such as Night")
    if len(label) > MAX_LABEL:
        raise TariffError("bad_label", path, f"write at most {MAX_LABEL} characters")


def check_price(price: object, path: str) -> None:
    if type(price) is not int:
        raise TariffError("not_whole", path, "write a whole number of minor units (fen, cents)")
    if not 0 <= price <= MAX_PRICE:
        raise TariffError("out_of_range", path, f"a price is from 0 to {MAX_PRICE} minor units")


def check_length(length: object, path: str, least: timedelta = timedelta(0)) -> None:
    if not isinstance(length, timedelta) or length % _MINUTE:
        raise TariffError("not_whole", path, "write a length in whole minutes")
    if not least <= length <= MAX_LENGTH:
        raise TariffError("out_of_range", path, f"a length here is from {least} to {MAX_LENGTH.days} days")


def check_date(day: object, path: str) -> None:
    if type(day) is not date:
        raise TariffError("bad_time", path, "write a date such as 2026-05-01")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise TariffError("out_of_range", path, f"a date lies in the years {FIRST_YEAR} to {LAST_YEAR}")


def percent_text(percent: Fraction) -> str:
    """A percentage of at most six decimals as decimal text: "-50", "12.5", "8.25"."""
    millionths = round_half_up(abs(percent) * 10**6)
    whole, part = divmod(millionths, 10**6)
    text = f"{whole}.{part:06}".rstrip("0").rstrip(".")
    return f"-{text}" if percent < 0 else text
