"""A calendar month in an address and on a page."""

from dataclasses import dataclass
from datetime import date

from django.urls.converters import StringConverter


@dataclass(frozen=True, slots=True)
class Month:
    """[first, end): the dates of one month."""

    first: date

    @staticmethod
    def of(day: date) -> "Month":
        return Month(day.replace(day=1))

    @property
    def end(self) -> date:
        months = self.first.year * 12 + self.first.month
        return date(months // 12, months % 12 + 1, 1)

    @property
    def before(self) -> "Month":
        months = self.first.year * 12 + self.first.month - 2
        return Month(date(months // 12, months % 12 + 1, 1))

    @property
    def after(self) -> "Month":
        return Month(self.end)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


class MonthConverter(StringConverter):
    """2026-03 in an address; a ValueError is a 404."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> Month:  # type: ignore[override]
        return Month(date.fromisoformat(f"{value}-01"))

    def to_url(self, value: Month | str) -> str:  # type: ignore[override]
        return str(value)
