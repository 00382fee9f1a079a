"""What the operator pays out to the owners of garages for a month, line by line.

1. Money counts on the date on which it came or went back. On each date a garage belongs to the holdings in force.
2. Whatever came in a stretch of dates with the same holdings is split by their parts, largest remainder, so that no
   minor unit is lost (`money.split`). Dates without a holding belong to the operator.
3. A provider's fee is a percentage of what came through it; a refund brings none of it back.
4. Commission is a percentage of what came less what went back. A fixed fee is by the month, in proportion to the dates
   of the holding. VAT is on commission and fixed fee together.
5. Every share of an amount is rounded half up, once, in its own line. The payout is the sum of the lines.
6. What an approved month would come to today, less what it was stated as, is one line of the next month.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from fractions import Fraction
from itertools import groupby

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, split, total
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY

OTHER = ""  # the provider whose percentage holds for all that are not named
MOST_PARTS = 10_000


class PayoutError(DomainError):
    """Codes: `bad_parts`, `bad_percent`, `bad_fee`, `order`, `currency_mix`."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator keeps. Percentages lie from 0 to 100; `fixed_fee` is for a whole month."""

    fixed_fee: Money
    commission_percent: Fraction = Fraction(0)
    vat_percent: Fraction = Fraction(0)
    provider_percents: Mapping[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for percent in (self.commission_percent, self.vat_percent, *self.provider_percents.values()):
            if not 0 <= percent <= 100:
                raise PayoutError("bad_percent", f"a percentage lies from 0 to 100, not {percent}", percent=percent)
        if self.fixed_fee.minor < 0:
            raise PayoutError("bad_fee", "a fixed fee is 0 or more", fee=self.fixed_fee.minor)

    def provider_percent(self, provider: str) -> Fraction:
        return self.provider_percents.get(provider, self.provider_percents.get(OTHER, Fraction(0)))


@dataclass(frozen=True, slots=True)
class Holding:
    """`parts` of a garage that `holder` owns on the dates [starts, ends); None for no end yet."""

    holder: str
    parts: int
    terms: Terms
    starts: date
    ends: date | None = None

    def __post_init__(self) -> None:
        if not 0 < self.parts <= MOST_PARTS:
            raise PayoutError("bad_parts", f"parts are 1 to {MOST_PARTS}, not {self.parts}", parts=self.parts)
        if self.ends is not None and self.ends <= self.starts:
            raise PayoutError("order", "a holding ends after it starts", starts=self.starts, ends=self.ends)

    def holds_on(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True, slots=True)
class Sum:
    """What came on `day` through `provider` and holds tax of `tax_percent` (None where none is stated). Negative for
    what went back."""

    day: date
    provider: str
    tax_percent: Fraction | None
    amount: Money


class LineKind(Enum):
    GROSS = "gross"
    REFUNDS = "refunds"
    PROVIDER_FEE = "provider_fee"
    COMMISSION = "commission"
    FIXED_FEE = "fixed_fee"
    FEE_VAT = "fee_vat"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement; what the operator keeps is negative. `params` by kind: gross, refunds: tax_percent (""
    for none); provider_fee: provider, percent; commission, fee_vat: percent; fixed_fee: days, of_days; earlier:
    month."""

    kind: LineKind
    params: Mapping[str, str | int]
    amount: Money


@dataclass(frozen=True, slots=True)
class _Share:
    """What one holding gets of one sum."""

    holding: Holding
    sum: Sum


def month_lines(month: Month, sums: Iterable[Sum], holdings: Sequence[Holding], currency: str) -> dict[str, list[Line]]:
    """One garage's month: the lines of each holder who has a holding in it, in order of kind."""
    lines: dict[str, list[Line]] = {}
    shares = _shares(month, sums, holdings, currency)
    for holding in holdings:
        if _days(month, holding):
            mine = [share.sum for share in shares if share.holding is holding]
            lines.setdefault(holding.holder, []).extend(_holding_lines(month, holding, mine, currency))
    return lines


def _shares(month: Month, sums: Iterable[Sum], holdings: Sequence[Holding], currency: str) -> list[_Share]:
    found: list[_Share] = []
    within = sorted((one for one in sums if month.first <= one.day < month.until), key=lambda one: one.day)
    for on, stretch in groupby(within, key=lambda one: tuple(h for h in holdings if h.holds_on(one.day))):
        if not on:
            continue
        parts = [holding.parts for holding in on]
        for first, amount in _joined(stretch, currency):
            for holding, part in zip(on, split(amount, parts), strict=True):
                found.append(_Share(holding, Sum(first.day, first.provider, first.tax_percent, part)))
    return found


def _joined(stretch: Iterable[Sum], currency: str) -> list[tuple[Sum, Money]]:
    """Sums alike added up, what came apart from what went back, each with the first of its kind."""
    found: dict[tuple[str, Fraction | None, bool], tuple[Sum, Money]] = {}
    for one in stretch:
        if one.amount.currency != currency:
            raise PayoutError("currency_mix", f"a statement is in {currency}", currency=one.amount.currency)
        key = (one.provider, one.tax_percent, one.amount.minor < 0)
        first, so_far = found.get(key, (one, Money.zero(currency)))
        found[key] = (first, so_far + one.amount)
    return list(found.values())


def _holding_lines(month: Month, holding: Holding, sums: Sequence[Sum], currency: str) -> list[Line]:
    came = [one for one in sums if one.amount.minor > 0]
    back = [one for one in sums if one.amount.minor < 0]
    lines = _by_rate(LineKind.GROSS, came, currency) + _by_rate(LineKind.REFUNDS, back, currency)
    terms = holding.terms
    for provider in sorted({one.provider for one in came}):
        percent = terms.provider_percent(provider)
        fee = total((one.amount for one in came if one.provider == provider), currency).share(percent / 100)
        if fee:
            lines.append(Line(LineKind.PROVIDER_FEE, {"provider": provider, "percent": text(percent)}, -fee))
    commission = total((one.amount for one in sums), currency).share(terms.commission_percent / 100)
    if commission:
        lines.append(Line(LineKind.COMMISSION, {"percent": text(terms.commission_percent)}, -commission))
    days, of_days = _days(month, holding), (month.until - month.first).days
    fixed = terms.fixed_fee.share(Fraction(days, of_days))
    if fixed:
        lines.append(Line(LineKind.FIXED_FEE, {"days": days, "of_days": of_days}, -fixed))
    vat = (commission + fixed).share(terms.vat_percent / 100)
    if vat:
        lines.append(Line(LineKind.FEE_VAT, {"percent": text(terms.vat_percent)}, -vat))
    return lines


def _by_rate(kind: LineKind, sums: Sequence[Sum], currency: str) -> list[Line]:
    rates = sorted({one.tax_percent for one in sums}, key=lambda rate: (rate is None, rate or 0))
    return [
        Line(
            kind,
            {"tax_percent": "" if rate is None else text(rate)},
            total((one.amount for one in sums if one.tax_percent == rate), currency),
        )
        for rate in rates
    ]


def _days(month: Month, holding: Holding) -> int:
    """On how many dates of the month it holds."""
    ends = min(holding.ends or month.until, month.until)
    return max(0, (ends - max(holding.starts, month.first)) // DAY)


def payout(lines: Iterable[Line], currency: str) -> Money:
    """The sum of the lines. Negative: the owner owes it."""
    return total((line.amount for line in lines), currency)


def own(lines: Iterable[Line]) -> list[Line]:
    """The lines that are about the month itself."""
    return [line for line in lines if line.kind is not LineKind.EARLIER]


def correction(month: Month, stated: Money, corrected: Money, now: Money) -> Line | None:
    """What an approved `month` comes to `now` beyond what it was `stated` as and later statements `corrected` since;
    None when nothing changed."""
    difference = now - stated - corrected
    return Line(LineKind.EARLIER, {"month": str(month)}, difference) if difference else None


def text(percent: Fraction) -> str:
    """A percentage as it was written: "8.25"."""
    whole, rest = divmod(round(percent * 1_000_000), 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
