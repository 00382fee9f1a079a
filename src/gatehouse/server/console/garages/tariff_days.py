"""Public holidays of a country for a tariff's list, from the library `holidays`.

China moves working days to weekends in exchange for longer holidays: the days off are among the holidays, the days
worked instead are told apart, so that a price can be made for them.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays
from babel.core import get_global

from gatehouse.server.console import saying

YEARS = 3  # this one and the next two


@dataclass(frozen=True, slots=True)
class DaysOff:
    """In order. `worked` are weekend days that are working days by exchange."""

    off: tuple[date, ...]
    worked: tuple[date, ...]


@lru_cache(maxsize=32)
def days_off(country: str, first_year: int) -> DaysOff | None:
    """Of a country's two letters; None where the library knows no such country."""
    if country not in _supported():
        return None
    found = holidays.country_holidays(country, years=range(first_year, first_year + YEARS))
    worked: set[date] = getattr(found, "weekend_workdays", set())
    years = range(first_year, first_year + YEARS)
    return DaysOff(
        tuple(sorted(day for day in found if day.year in years)), tuple(sorted(d for d in worked if d.year in years))
    )


@lru_cache(maxsize=1)
def _supported() -> frozenset[str]:
    return frozenset(code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2)


def countries() -> list[tuple[str, str]]:
    """Code and name in the reader's language, by name."""
    names = saying.locale().territories
    return sorted(((code, str(names.get(code, code))) for code in _supported()), key=lambda pair: pair[1])


def country_of(zone: str) -> str:
    """The country that a time zone lies in, "" where it is none."""
    return str(get_global("zone_territories").get(zone, ""))
