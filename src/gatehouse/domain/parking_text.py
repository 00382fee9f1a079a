"""A price in plain English and as plain data: for a terminal, a log of a dispute, another program.

Pages word the same lines in the reader's language (`server/console/words_parking.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from gatehouse.domain.money import Money, decimal_text
from gatehouse.domain.parking import Price
from gatehouse.domain.parking_lines import Line, LineKind, Params

_SECOND = timedelta(seconds=1)


def as_dict(priced: Price) -> dict[str, object]:
    """Plain data: amounts in minor units, times in ISO 8601 (UTC), lengths in seconds. The lines' amounts add up to
    `total`, their `covered_s` to the stay."""
    return {
        "tariff": priced.tariff,
        "version": priced.version + 1,
        "from": priced.entry.isoformat(),
        "to": priced.until.isoformat(),
        "length_s": (priced.until - priced.entry) // _SECOND,
        "currency": priced.total.currency,
        "total": priced.total.minor,
        "tax": None if priced.tax is None else priced.tax.minor,
        "lines": [
            {"kind": line.kind.value, "covered_s": line.covered_s, "amount": line.amount.minor, "says": says(line)}
            | {"params": dict(line.params)}
            for line in priced.lines
        ],
    }


def length_text(length: timedelta) -> str:
    """ "40 days 30 min", "2 h 5 min", "15 min 1 s", "0 min"; at most whole seconds are told."""
    seconds = length // _SECOND
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"


def amount_text(money: Money) -> str:
    return f"{money.currency} {decimal_text(money)}"


def says(line: Line) -> str:
    """Which rule a line stands for and how it came to its amount."""
    return _period(line.params) + _WORDS[line.kind](line)


def _period(params: Params) -> str:
    """The cap period that the line belongs to: a date, some dates, or a 24 h period counted from entry."""
    first, last = params.get("first_period"), params.get("last_period")
    if first is None:
        return ""
    name = f"{first}" if first == last else f"{first} to {last}"
    return f"{name}: " if isinstance(first, str) else f"24 h period {name}: "


def _price(line: Line, key: str = "price") -> str:
    return amount_text(Money(int(line.params[key]), line.amount.currency))


def _version(params: Params) -> str:
    return f" (version {params['version']})" if "version" in params else ""


def _tier(params: Params) -> str:
    if "tier_from_min" not in params:
        return ""
    begins = length_text(timedelta(minutes=int(params["tier_from_min"])))
    if "tier_to_min" not in params:
        return f", from {begins} on"
    return f", from {begins} up to {length_text(timedelta(minutes=int(params['tier_to_min'])))}"


def _blocks(line: Line) -> str:
    count = int(line.params["blocks"])
    blocks = f"{count} block{'' if count == 1 else 's'} started"
    return f"{line.params['name']}{_version(line.params)}{_tier(line.params)}, {blocks} at {_price(line)}"


def _flat_window(line: Line) -> str:
    return f"{line.params['name']}{_version(line.params)}, {_price(line)} once an opening"


def _flat_entry(line: Line) -> str:
    return f"{line.params['name']}{_version(line.params)}, {_price(line)} an entry"


def _by(line: Line) -> str:
    return f" by {line.params['by']}" if line.params.get("by") else ""


_WORDS: dict[LineKind, Callable[[Line], str]] = {
    LineKind.ZERO_LENGTH: lambda line: "a stay of no length",
    LineKind.GRACE: lambda line: f"a stay of up to {line.params['grace_minutes']} min is free",
    LineKind.FREE_MINUTES: lambda line: "free minutes",
    LineKind.CLASS_FREE_MINUTES: lambda line: f"free minutes of {line.params['vehicle_class']}",
    LineKind.VALIDATED_MINUTES: lambda line: f"minutes given{_by(line)}",
    LineKind.BLOCKS: _blocks,
    LineKind.FLAT_WINDOW: _flat_window,
    LineKind.FLAT_ENTRY: _flat_entry,
    LineKind.CAP: lambda line: f"never more than {_price(line, 'cap')}",
    LineKind.CLASS_PERCENTAGE: lambda line: f"{line.params['vehicle_class']}: {line.params['change_percent']} %",
    LineKind.VALIDATED_AMOUNT: lambda line: f"{_price(line, 'offered')} given{_by(line)}",
}
