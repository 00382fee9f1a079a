"""Reading one JSON object of a tariff field by field; every error says where and what to write instead.

No value from outside is ever put into a message: it may be huge, or not printable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TypeVar

from gatehouse.domain.tariff_rules import TariffError

T = TypeVar("T")

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WALL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
_PERCENT = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,6})?")
_MOST_MINUTES = 366 * 24 * 60
_LONGEST_TEXT = 200


@contextmanager
def inside(path: str, names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Errors raised within are seen from `path`; `names` turns a fact's field into the JSON's name for it."""
    try:
        yield
    except TariffError as error:
        field, dot, rest = error.path.partition(".")
        shown = error.at((names or {}).get(field, field) + dot + rest)
        raise (shown.inside(path) if path else shown) from error


class Fields:
    """One JSON object whose keys are all among `known`. Raises TariffError."""

    def __init__(self, value: object, known: tuple[str, ...]) -> None:
        if not isinstance(value, dict):
            raise TariffError("wrong_type", "", "write an object in braces")
        for key in value:
            if key not in known:
                shown = key[:40] if isinstance(key, str) and key[:40].isidentifier() else "?"
                raise TariffError("unknown_field", shown, f"not a field here; known are {', '.join(known)}")
        self._value: dict[object, object] = value

    def has(self, name: str) -> bool:
        return self._value.get(name) is not None

    def take(self, name: str, parse: Callable[[object], T]) -> T:
        """The field read by `parse`; `missing_field` when it is absent or null."""
        if not self.has(name):
            raise TariffError("missing_field", name, "write this field")
        with inside(name):
            return parse(self._value[name])

    def maybe(self, name: str, parse: Callable[[object], T], default: T) -> T:
        return self.take(name, parse) if self.has(name) else default


def whole(value: object) -> int:
    if type(value) is not int:
        raise TariffError("not_whole", "", "write a whole number")
    return value


def minutes(value: object) -> timedelta:
    if not 0 <= whole(value) <= _MOST_MINUTES:
        raise TariffError("out_of_range", "", f"write minutes from 0 to {_MOST_MINUTES}")
    return timedelta(minutes=whole(value))


def text(value: object) -> str:
    if not isinstance(value, str):
        raise TariffError("wrong_type", "", "write text")
    if len(value) > _LONGEST_TEXT:
        raise TariffError("out_of_range", "", f"write at most {_LONGEST_TEXT} characters")
    return value


def percent(value: object) -> Fraction:
    """A whole number, or a decimal as text: a JSON number with a point would come in as a float."""
    written = str(value) if type(value) is int and abs(value) < 10**5 else value
    if not isinstance(written, str) or not _PERCENT.fullmatch(written):
        raise TariffError("wrong_type", "", 'write a whole number, or a decimal as text such as "8.25"')
    return Fraction(written)


def clock(value: object) -> timedelta:
    """ "07:30" as time since midnight; "24:00" is the end of the date."""
    if value == "24:00":
        return timedelta(days=1)
    found = _CLOCK.fullmatch(text(value))
    if not found:
        raise TariffError("bad_time", "", "write a clock time such as 07:30")
    return timedelta(hours=int(found[1]), minutes=int(found[2]))


def calendar_date(value: object) -> date:
    if _DATE.fullmatch(text(value)):
        try:
            return date.fromisoformat(text(value))
        except ValueError as error:
            raise TariffError("bad_time", "", "there is no such date") from error
    raise TariffError("bad_time", "", "write a date such as 2026-05-01")


def wall(value: object) -> datetime:
    if _WALL.fullmatch(text(value)):
        try:
            return datetime.fromisoformat(text(value))
        except ValueError as error:
            raise TariffError("bad_time", "", "there is no such date or time") from error
    raise TariffError("bad_time", "", "write the site's own time such as 2026-07-01T00:00, without an offset")


def choice(words: Mapping[str, T]) -> Callable[[object], T]:
    """A parser for one of the words."""

    def parse(value: object) -> T:
        if not isinstance(value, str) or value not in words:
            raise TariffError("wrong_type", "", f"write one of {', '.join(words)}")
        return words[value]

    return parse


def list_of(parse: Callable[[object], T], most: int) -> Callable[[object], tuple[T, ...]]:
    """A parser for a JSON list of at most `most` items."""

    def parse_list(value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise TariffError("wrong_type", "", "write a list in brackets")
        if len(value) > most:
            raise TariffError("too_many", "", f"write at most {most}")
        items = []
        for i, item in enumerate(value):
            with inside(f"[{i}]"):
                items.append(parse(item))
        return tuple(items)

    return parse_list
