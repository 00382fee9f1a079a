"""Amounts, dates and shares as people type them into the forms of pay; what cannot be meant is said with its field."""

import re
from datetime import date
from fractions import Fraction

from django.http import QueryDict
from django.utils.translation import gettext as _

from gatehouse.domain.money import Money, MoneyError, exponent
from gatehouse.domain.periods import can_be_meant

LARGEST = 10**12
_AMOUNT = re.compile(r"[-\N{MINUS SIGN}]?[0-9]{1,12}([.][0-9]{1,4})?", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9_]{0,23}", re.ASCII)


class Mistyped(ValueError):
    """Somebody typed what cannot be; the text says where and what would do."""


def text(form: QueryDict, name: str, limit: int = 140) -> str:
    return " ".join(form.get(name, "").split())[:limit]


def currency(form: QueryDict, name: str = "currency") -> str:
    """Raises Mistyped."""
    said = text(form, name, 3).upper()
    try:
        exponent(said)
    except MoneyError as fault:
        raise Mistyped(_("Write the currency in three letters, such as CNY or EUR.")) from fault
    return said


def amount(said: str, of: str, field: str) -> Money:
    """In major units, as 1500 or 1500.50. Raises Mistyped."""
    plain = said.replace("\N{MINUS SIGN}", "-").replace(",", "").strip()
    if not _AMOUNT.fullmatch(plain):
        raise Mistyped(_("%(field)s: write an amount such as 1500 or 1500.50.") % {"field": field})
    minor = Fraction(plain) * 10 ** exponent(of)
    if minor.denominator != 1 or abs(minor) > LARGEST:
        raise Mistyped(_("%(field)s: %(currency)s has no such amount.") % {"field": field, "currency": of})
    return Money(minor.numerator, of)


def plain(money: Money) -> str:
    """The amount as it is typed."""
    places = exponent(money.currency)
    digits = str(abs(money.minor)).rjust(places + 1, "0")
    sign = "-" if money.minor < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def whole(said: str, field: str, most: int = 1_000_000) -> int:
    """Empty is nothing. Raises Mistyped."""
    if not said:
        return 0
    if not said.isascii() or not said.isdigit() or len(said) > 9 or int(said) > most:
        raise Mistyped(_("%(field)s: write a whole number.") % {"field": field})
    return int(said)


def day(said: str, field: str) -> date:
    """Raises Mistyped."""
    try:
        found = date.fromisoformat(said)
    except ValueError as fault:
        raise Mistyped(_("%(field)s: choose a date.") % {"field": field}) from fault
    if not can_be_meant(found):
        raise Mistyped(_("%(field)s: choose a date from 2000 to 2199.") % {"field": field})
    return found


def day_or_none(said: str, field: str) -> date | None:
    return day(said, field) if said else None


def code(said: str, field: str) -> str:
    """What a line is called in rules and ledgers: small letters, digits and underscores. Raises Mistyped."""
    found = said.strip().lower().replace(" ", "_")
    if not _CODE.fullmatch(found):
        raise Mistyped(_("%(field)s: a name of small letters a to z, such as bonus or meals.") % {"field": field})
    return found


def share(said: str, field: str) -> Fraction:
    """A percentage, as 10 or 12.5. Raises Mistyped."""
    if not _AMOUNT.fullmatch(said.strip()):
        raise Mistyped(_("%(field)s: write a percentage such as 10 or 12.5.") % {"field": field})
    return Fraction(said.strip()) / 100
