"""What a stay costs and why. The explanation is built with the decision, line by line.

The rules common to all tariffs:
1. A stay is [entry, exit) in whole elapsed seconds; the site's clock only tells date, weekday and window.
2. Order: grace, chargeable start, blocks, cap per period, class percentage, validated amounts.
3. Grace is all or nothing over the whole stay; exactly the grace is still free.
4. Free, class-free and validated time add up, in this order, from entry on; the chargeable start S follows.
5. Block k is [S + kL, S + (k+1)L), charged whole when it starts before exit; the grid never restarts.
6. A block belongs to the date, window, tier and cap period that hold its start. All are half-open.
7. Tiers count from S over the whole stay.
8. A flat window costs once per opening, in the cap period of its first block.
9. A cap counts over the local date, or over 24 elapsed hours from entry, again and again.
10. A flat entry costs once when S is before exit, by the local date of entry; it has no cap.
11. A class percentage is applied once to the sum after caps, rounded half up.
12. A validated amount lowers the total to no less than 0.
13. The version in force at entry prices the whole stay.
14. Tax is included: total x rate / (100 + rate), rounded half up.
A longer stay with the same entry never costs less, by construction: grace ends once and for all; S does not
move with the exit; a later exit only adds blocks, each at 0 or more (a price, or 0 in a window paid before);
min(sum, cap) grows with the sum; the class factor is 0 or more and rounding keeps order; so does max(0, x - off).
`tariff_probe` holds every tariff that is saved against this all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gatehouse.domain.money import Money, tax_within, total
from gatehouse.domain.parking_blocks import BlockGrid
from gatehouse.domain.parking_lines import Line, LineKind, block_lines
from gatehouse.domain.periods import Period, local_date
from gatehouse.domain.stays import (
    StayError,
    StayFact,
    StayState,
    ValidatedAmount,
    ValidatedTime,
    check_length,
    may_become,
    whole_second,
)
from gatehouse.domain.tariff_rules import percent_text
from gatehouse.domain.tariffs import BlockPricing, ClassRule, EntryPricing, Tariff, TariffVersion

__all__ = [
    "Line",
    "LineKind",
    "Price",
    "StayError",
    "StayFact",
    "StayState",
    "ValidatedAmount",
    "ValidatedTime",
    "amount_due",
    "grace_to_leave",
    "may_become",
    "overpaid",
    "price",
]

_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Price:
    """What a stay costs up to `until`: the amounts of `lines` add up to `total`, their `covered` times to the
    stay. `tax` is what the total holds, None under a tariff without a rate. `version` is the one in force,
    the first being 0."""

    lines: tuple[Line, ...]
    total: Money
    tax: Money | None
    entry: datetime
    until: datetime
    tariff: str
    version: int


@dataclass(frozen=True, slots=True)
class _Case:
    """One stay under one version, up to `until`."""

    stay: StayFact
    until: datetime
    tariff: Tariff
    number: int

    @property
    def version(self) -> TariffVersion:
        return self.tariff.versions[self.number]

    @property
    def class_rule(self) -> ClassRule:
        return self.version.rule_for_class(self.stay.vehicle_class)

    @property
    def length(self) -> timedelta:
        return self.until - self.stay.entry

    def line(self, kind: LineKind, covered: timedelta, minor: int, **params: str | int) -> Line:
        return Line(kind, params, covered, Money(minor, self.tariff.currency))


def price(stay: StayFact, tariff: Tariff, at: datetime) -> Price:
    """What the stay costs at the instant `at`, or at its exit when that was earlier, line by line.

    An `at` before entry (two clocks that disagree) is priced as zero length. Raises StayError when no version
    was in force at entry or the stay would be longer than ten years, MoneyError when a validated amount is in
    another currency.
    """
    until = max(stay.entry, min(whole_second(at), stay.exit or whole_second(at)))
    check_length(stay.entry, until)
    number = tariff.version_at(stay.entry)
    if number is None:
        raise StayError(
            "no_version_in_force",
            f"tariff {tariff.name} has no version in force at {stay.entry}; add one that covers it",
            tariff=tariff.name,
            entry=stay.entry,
        )
    lines = tuple(_lines(_Case(stay, until, tariff, number)))
    whole = total((line.amount for line in lines), tariff.currency)
    rate = tariff.versions[number].tax_percent
    tax = None if rate is None else tax_within(whole, rate)
    return Price(lines, whole, tax, stay.entry, until, tariff.name, number)


def amount_due(price: Price, paid: Money) -> Money:
    """What is still owed after earlier payments, never below zero."""
    return max(price.total - paid, Money.zero(price.total.currency))


def overpaid(price: Price, paid: Money) -> Money:
    """What was paid beyond the price, never below zero; whether it goes back is for a person to say."""
    return max(paid - price.total, Money.zero(price.total.currency))


def grace_to_leave(paid_at: datetime, minutes: int) -> Period:
    """The time to reach the exit after paying; a passage that it `holds` owes nothing more."""
    if not 0 <= minutes <= 24 * 60:
        raise StayError("impossible_time", f"time to leave is 0 to 1440 minutes, not {minutes}", minutes=minutes)
    return Period(paid_at, paid_at + timedelta(minutes=minutes))


def _lines(case: _Case) -> list[Line]:
    if not case.length:
        return [case.line(LineKind.ZERO_LENGTH, _ZERO, 0)]
    if case.length <= case.version.grace:
        minutes = case.version.grace // timedelta(minutes=1)
        return [case.line(LineKind.GRACE, case.length, 0, grace_minutes=minutes)]
    lines = _free_lines(case)
    start = case.stay.entry + sum((line.covered for line in lines), _ZERO)
    if start < case.until:
        lines += _priced_lines(case, start)
    lines += _class_lines(case, lines)
    lines += _validated_amount_lines(case, lines)
    return lines


def _free_lines(case: _Case) -> list[Line]:
    """Free, class-free and validated time, each as far as the stay reaches."""
    offered: list[tuple[LineKind, timedelta, dict[str, str | int]]] = [
        (LineKind.FREE_MINUTES, case.version.free, {}),
        (LineKind.CLASS_FREE_MINUTES, case.class_rule.free, {"vehicle_class": case.stay.vehicle_class}),
    ]
    for validation in case.stay.validations:
        if isinstance(validation, ValidatedTime):
            offered.append((LineKind.VALIDATED_MINUTES, validation.length, {"by": validation.by}))
    lines, left = [], case.length
    for kind, length, params in offered:
        used = min(length, left)
        if used:
            lines.append(case.line(kind, used, 0, **params))
            left -= used
    return lines


def _priced_lines(case: _Case, start: datetime) -> list[Line]:
    version_params: dict[str, str | int] = {}
    if len(case.tariff.versions) > 1:
        version_params["version"] = case.number + 1
    match case.version.pricing:
        case BlockPricing() as pricing:
            zone, holidays = case.tariff.zone, case.version.holidays
            grid = BlockGrid(case.stay.entry, start, case.until, zone, pricing, holidays)
            return block_lines(grid, case.tariff.currency, version_params)
        case EntryPricing(rules=rules):
            day = local_date(case.stay.entry, case.tariff.zone)
            by_kind = sorted(rules, key=lambda rule: rule.days.kind)
            rule = next(rule for rule in by_kind if rule.days.include(day, case.version.holidays))
            covered = case.until - start
            params = version_params | {"name": rule.name, "price": rule.price}
            return [case.line(LineKind.FLAT_ENTRY, covered, rule.price, **params)]


def _class_lines(case: _Case, lines: list[Line]) -> list[Line]:
    """The class percentage on the sum so far, rounded once."""
    so_far = total((line.amount for line in lines), case.tariff.currency)
    percent = case.class_rule.change_percent
    if not percent or not so_far:
        return []
    changed = so_far.share(1 + percent / 100)
    params = {"vehicle_class": case.stay.vehicle_class, "change_percent": percent_text(percent)}
    return [Line(LineKind.CLASS_PERCENTAGE, params, _ZERO, changed - so_far)]


def _validated_amount_lines(case: _Case, lines: list[Line]) -> list[Line]:
    left = total((line.amount for line in lines), case.tariff.currency)
    taken = []
    for validation in case.stay.validations:
        if isinstance(validation, ValidatedAmount):
            off = min(validation.amount, left)
            if off:
                params: dict[str, str | int] = {"offered": validation.amount.minor, "by": validation.by}
                taken.append(Line(LineKind.VALIDATED_AMOUNT, params, _ZERO, -off))
                left -= off
    return taken
