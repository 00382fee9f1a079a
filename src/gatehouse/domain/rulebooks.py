"""Rulebooks: what a country, a city and a company lay down about pay, as a typed file of tables. Nothing is executed.

TOML, read into the types of this house and refused with the place where something is wrong. Amounts are in major units
as text ("5000.00"), ratios as text too ("3/2", "0.08"), so that no binary fraction comes near.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from gatehouse.domain.contributions import Base, ContributionRate, ContributionTable
from gatehouse.domain.earnings import EarningRules
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, MoneyError, exponent
from gatehouse.domain.pay_facts import PayError
from gatehouse.domain.payroll import PayRules
from gatehouse.domain.shifts import DayClass
from gatehouse.domain.withholding import Bracket, CumulativeWithholding, FlatTax, Withholding, YearEndTax

_TOP = {"title", "source", "currency", "earning", "tax", "year_end", "contributions"}
_EARNING = {"days_per_month", "hours_per_day", "overtime", "weekly_overtime", "week_limit_min", "leave_payout"}


class RulebookError(DomainError):
    """Code `bad_rulebook`; `facts["where"]` is the key that is wrong, the text says what it should be."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    title: str
    source: str
    currency: str
    rules: PayRules


def rulebook(text: str) -> Rulebook:
    """The rules of a TOML text. Raises RulebookError."""
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise _wrong("file", f"no TOML: {str(fault)[:80]}") from fault
    try:
        return _read(_Table(raw, ""))
    except (PayError, MoneyError) as fault:
        raise _wrong("file", str(fault)) from fault


def _read(top: _Table) -> Rulebook:
    top.only(_TOP)
    currency = top.text("currency")
    exponent(currency)
    earning = top.table("earning")
    earning.only(_EARNING)
    rules = PayRules(
        EarningRules(
            days_per_month=earning.above_nought("days_per_month"),
            hours_per_day=earning.above_nought("hours_per_day"),
            overtime=_overtime(earning.table("overtime")),
            weekly_overtime=earning.ratio("weekly_overtime", "1"),
            leave_payout=earning.ratio("leave_payout", "1"),
        ),
        contribution_tables=tuple(_tables(top, currency)),
        withholding=_tax(top.table("tax"), currency) if top.has("tax") else None,
        year_end=_year_end(top.table("year_end"), currency) if top.has("year_end") else None,
        week_limit_min=earning.whole("week_limit_min") if earning.has("week_limit_min") else None,
    )
    return Rulebook(top.text("title"), top.text("source"), currency, rules)


def _overtime(raw: _Table) -> dict[DayClass, Fraction]:
    raw.only(set(DayClass))
    return {day_class: raw.ratio(day_class) for day_class in DayClass}


def _tax(raw: _Table, currency: str) -> Withholding:
    match raw.text("method"):
        case "cumulative":
            raw.only({"method", "exempt_a_month", "brackets"})
            return CumulativeWithholding(_brackets(raw, currency), raw.money("exempt_a_month", currency))
        case "flat":
            raw.only({"method", "rate", "allowance"})
            return FlatTax(raw.ratio("rate"), raw.money("allowance", currency))
        case other:
            raise _wrong("tax.method", f"cumulative or flat, not {other[:20]}")


def _year_end(raw: _Table, currency: str) -> YearEndTax:
    raw.only({"until", "brackets"})
    return YearEndTax(_brackets(raw, currency), raw.day("until"))


def _brackets(raw: _Table, currency: str) -> tuple[Bracket, ...]:
    found = []
    for row in raw.tables("brackets"):
        row.only({"up_to", "rate", "quick"})
        edge = row.money("up_to", currency) if row.has("up_to") else None
        found.append(Bracket(edge, row.ratio("rate"), row.money("quick", currency)))
    return tuple(found)


def _tables(top: _Table, currency: str) -> Iterator[ContributionTable]:
    found = []
    for raw in top.tables("contributions") if top.has("contributions") else ():
        raw.only({"since", "until", "rates"})
        until = raw.day("until") if raw.has("until") else None
        rates = tuple(_rate(row, currency) for row in raw.tables("rates"))
        found.append(ContributionTable(raw.day("since"), until, rates))
    found.sort(key=lambda table: table.since)
    for earlier, later in pairwise(found):
        if earlier.until is None or earlier.until > later.since:
            raise _wrong("contributions", f"two tables hold on {later.since}; end the earlier one with `until`")
    yield from found


def _rate(raw: _Table, currency: str) -> ContributionRate:
    raw.only({"code", "rate", "base", "floor", "ceiling"})
    base = raw.text("base") if raw.has("base") else "salary"
    if base not in ("salary", "gross"):
        raise _wrong(raw.place("base"), "salary or gross")
    return ContributionRate(
        code=raw.text("code"),
        rate=raw.ratio("rate"),
        base=Base[base.upper()],
        floor=raw.money("floor", currency) if raw.has("floor") else None,
        ceiling=raw.money("ceiling", currency) if raw.has("ceiling") else None,
    )


class _Table:
    """One table of the file, asked for typed values; whatever is missing or of another kind is said with its place."""

    def __init__(self, raw: object, where: str) -> None:
        if not isinstance(raw, Mapping):
            raise _wrong(where, "a table")
        self._raw, self._where = raw, where

    def place(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key

    def only(self, known: set[str]) -> None:
        odd = sorted(str(key) for key in self._raw if key not in known)
        if odd:
            raise _wrong(self.place(odd[0][:40]), f"no such key; known are {', '.join(sorted(known))}")

    def has(self, key: str) -> bool:
        return key in self._raw

    def _get(self, key: str) -> object:
        if key not in self._raw:
            raise _wrong(self.place(key), "is missing")
        return self._raw[key]

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str) or not 0 < len(value) <= 500:
            raise _wrong(self.place(key), "a text of at most 500 characters")
        return value

    def whole(self, key: str) -> int:
        value = self._get(key)
        if type(value) is not int or not 0 < value < 100_000:
            raise _wrong(self.place(key), "a whole number above 0")
        return value

    def day(self, key: str) -> date:
        value = self._get(key)
        if type(value) is not date:
            raise _wrong(self.place(key), "a date such as 2026-07-01")
        return value

    def ratio(self, key: str, default: str = "") -> Fraction:
        value = self._raw.get(key, default) if default else self._get(key)
        if isinstance(value, str) and len(value) <= 20 and "e" not in value.lower():
            try:
                found = Fraction(value)
            except (ValueError, ZeroDivisionError):
                pass
            else:
                if found >= 0:
                    return found
        raise _wrong(self.place(key), 'a ratio as text, such as "3/2" or "0.08"')

    def above_nought(self, key: str) -> Fraction:
        found = self.ratio(key)
        if not found:
            raise _wrong(self.place(key), "more than 0")
        return found

    def money(self, key: str, currency: str) -> Money:
        minor = self.ratio(key) * 10 ** exponent(currency)
        if minor.denominator != 1:
            raise _wrong(self.place(key), f"an amount of {currency} in whole minor units")
        return Money(minor.numerator, currency)

    def table(self, key: str) -> _Table:
        return _Table(self._get(key), self.place(key))

    def tables(self, key: str) -> list[_Table]:
        value = self._get(key)
        if not isinstance(value, list):
            raise _wrong(self.place(key), "a list of tables")
        return [_Table(row, f"{self.place(key)}[{n}]") for n, row in enumerate(value)]


def _wrong(where: str, message: str) -> RulebookError:
    return RulebookError("bad_rulebook", f"{where or 'file'}: {message}", where=where)
