"""A site's calendar: lists of holidays, days off and make-up working days, and the way back from the last change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from gatehouse.domain.shifts import DayClass
from gatehouse.server.attendance.models import CalendarDay, CalendarUndo, Workday
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.people.models import Site


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date that is not what its weekday says, and what it is called ("" for nothing)."""

    date: date
    day_class: DayClass
    name: str = ""


class CalendarRefused(Exception):
    """Code `reckoned`: the date's workdays are written; `day` is the date."""

    def __init__(self, day: date) -> None:
        super().__init__("reckoned")
        self.code, self.day = "reckoned", day


@transaction.atomic
def import_days(site: Site, days: Sequence[SpecialDay], *, by: By, at: datetime) -> int:
    """Write all of these, in place of what stood on their dates; how many differ from what was there. A date that was
    reckoned already is refused, since people's days stand on it: then nothing is written. Raises CalendarRefused."""
    wanted = {day.date: day for day in days}
    held = _held(site, wanted)
    new = [day for day in wanted.values() if _entry(day) != held.get(day.date)]
    _refuse_reckoned(site, [day.date for day in new])
    if not new:
        return 0
    _remember(site, [day.date for day in new], held)
    for day in new:
        facts = {"day_class": day.day_class.value, "name": day.name}
        CalendarDay.objects.update_or_create(site=site, date=day.date, defaults=facts)
    record("calendar.imported", "site", site.pk, by=by, at=at)
    return len(new)


@transaction.atomic
def clear_day(site: Site, day: date, *, by: By, at: datetime) -> bool:
    """The date is what its weekday says again; False where it was. Raises CalendarRefused."""
    held = _held(site, [day])
    if not held:
        return False
    _refuse_reckoned(site, [day])
    _remember(site, [day], held)
    CalendarDay.objects.filter(site=site, date=day).delete()
    record("calendar.cleared", "site", site.pk, by=by, at=at)
    return True


@transaction.atomic
def undo_calendar(site: Site, *, by: By, at: datetime) -> int:
    """Put back what the last change took or wrote; how many dates, 0 where there is nothing to undo. Raises
    CalendarRefused."""
    undo = CalendarUndo.objects.filter(site=site).first()
    if undo is None:
        return 0
    dates = [date.fromisoformat(entry["date"]) for entry in undo.before]
    _refuse_reckoned(site, dates)
    for on, entry in zip(dates, undo.before, strict=True):
        if entry["day_class"] is None:
            CalendarDay.objects.filter(site=site, date=on).delete()
        else:
            facts = {"day_class": entry["day_class"], "name": entry["name"]}
            CalendarDay.objects.update_or_create(site=site, date=on, defaults=facts)
    undo.delete()
    record("calendar.undone", "site", site.pk, by=by, at=at)
    return len(dates)


def _entry(day: SpecialDay) -> tuple[str, str]:
    return day.day_class.value, day.name


def _held(site: Site, dates: Iterable[date]) -> dict[date, tuple[str, str]]:
    rows = CalendarDay.objects.filter(site=site, date__in=list(dates))
    return {row.date: (row.day_class, row.name) for row in rows}


def _remember(site: Site, dates: Iterable[date], held: dict[date, tuple[str, str]]) -> None:
    before: list[dict[str, Any]] = []
    for day in sorted(dates):
        day_class, name = held.get(day, (None, ""))
        before.append({"date": day.isoformat(), "day_class": day_class, "name": name})
    CalendarUndo.objects.update_or_create(site=site, defaults={"before": before})


def _refuse_reckoned(site: Site, dates: Sequence[date]) -> None:
    found = Workday.objects.filter(person__site=site, date__in=list(dates)).order_by("date").first()
    if found is not None:
        raise CalendarRefused(found.date)
