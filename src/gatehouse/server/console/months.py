"""A calendar month in an address."""

from datetime import date, timedelta

from django.urls.converters import StringConverter

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import can_be_meant


def meant(day: date) -> date:
    """The date itself. Raises ValueError for one that nobody can mean."""
    if not can_be_meant(day):
        raise ValueError("no date of this house")
    return day


def month_before(of: Month) -> Month:
    return Month.of(of.first - timedelta(days=1))


class MonthConverter(StringConverter):
    """2026-03 in an address; a ValueError is a 404."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> Month:  # type: ignore[override]
        return Month.of(meant(date.fromisoformat(f"{value}-01")))

    def to_url(self, value: Month | str) -> str:
        return str(value)
