"""A person's days as a strip: one cell a date, readable without its colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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


def strip(
    of: Month,
    found: Mapping[date, Sequence[Workday]],
    zone: ZoneInfo,
    waits: Mapping[date, Sequence[str]] | None = None,
) -> list[StripDay]:
    """One cell a date of the month; punches are told on the clock of `zone`. `waits` says what of a date waits for an
    answer: such a day is marked, and one that
    waits for none any more says what it is without a colour."""
    days = [of.first + timedelta(days=n) for n in range((of.until - of.first).days)]
    cells = [_cell(on, found.get(on, ()), zone) for on in days]
    return cells if waits is None else [_waiting(cell, waits.get(cell.date, ())) for cell in cells]


def _waiting(cell: StripDay, waits: Sequence[str]) -> StripDay:
    if waits:
        said = _("waits for an answer: %(what)s") % {"what": _(", ").join(waits)}
        tone = "stop" if cell.tone == "stop" else "warn"
        return replace(cell, title=f"{cell.title} · {said}", tone=tone, mark="warn")
    return replace(cell, tone="off") if cell.tone in {"warn", "stop"} else cell


def _cell(on: date, found: Sequence[Workday], zone: ZoneInfo) -> StripDay:
    shifts = [w for w in found if w.owed_min or w.worked_min or w.ot_worked_min or w.flags]
    if not shifts:
        return StripDay(on, "–", f"{day(on)}: {_('nothing counted')}", "off", "")
    worst = max(shifts, key=lambda w: ("off", "good", "warn", "stop").index(words_work.tone(w)[0]))
    tone, mark = words_work.tone(worst)
    minutes = sum(w.worked_min + w.ot_worked_min for w in shifts)
    said = "; ".join(words_work.title(w, zone) for w in shifts)
    return StripDay(on, hours(minutes), f"{day(on)}: {said}", tone, mark)
