"""Ready-made lists of public holidays: files of facts beside this one, each with its source. To be checked by whoever
uses them; nothing is written into a calendar by itself."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from gatehouse.domain.shifts import DayClass
from gatehouse.server.attendance.calendar_actions import SpecialDay

FOLDER = "holidays"


@dataclass(frozen=True, slots=True)
class HolidaySet:
    """One country's list of one year, where it comes from and what it leaves out."""

    code: str
    title: str
    source: str
    note: str
    days: tuple[SpecialDay, ...]

    @property
    def year(self) -> int:
        return self.days[0].date.year


@cache
def holiday_sets() -> tuple[HolidaySet, ...]:
    """All of them, by name of file."""
    found = sorted(files("gatehouse.server.attendance").joinpath(FOLDER).iterdir(), key=lambda file: file.name)
    return tuple(_read(file.name, file.read_text("utf-8")) for file in found if file.name.endswith(".toml"))


def _read(name: str, text: str) -> HolidaySet:
    raw = tomllib.loads(text)
    days = tuple(SpecialDay(date.fromisoformat(on), DayClass(kind), called) for on, kind, called in raw["days"])
    return HolidaySet(name.removesuffix(".toml"), raw["title"], raw["source"], raw["note"], days)
