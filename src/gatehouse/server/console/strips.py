"""A person's days as a strip: one cell a date, readable without its colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.reckoning import Workday
from gatehouse.server.console import words_work
from gatehouse.server.console.saying import day, hours


@dataclass(frozen=True, slots=True)
class StripDay:
    """One date: what stands in the cell, and all of it in `title`."""

    date: date
    short: str
    title: str
    tone: str
    mark: str


def strip(of: Month, found: Mapping[date, Sequence[Workday]], zone: ZoneInfo) -> list[StripDay]:
    """One cell a date of the month; punches are told on the clock of `zone`."""
    days = [of.first + timedelta(days=n) for n in range((of.until - of.first).days)]
    return [_cell(on, found.get(on, ()), zone) for on in days]


def _cell(on: date, found: Sequence[Workday], zone: ZoneInfo) -> StripDay:
    shifts = [w for w in found if w.owed_min or w.worked_min or w.ot_worked_min or w.flags]
    if not shifts:
        return StripDay(on, "–", f"{day(on)}: {_('nothing counted')}", "off", "")
    worst = max(shifts, key=lambda w: ("off", "good", "warn", "stop").index(words_work.tone(w)[0]))
    tone, mark = words_work.tone(worst)
    minutes = sum(w.worked_min + w.ot_worked_min for w in shifts)
    said = "; ".join(words_work.title(w, zone) for w in shifts)
    return StripDay(on, hours(minutes), f"{day(on)}: {said}", tone, mark)
