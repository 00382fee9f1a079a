"""A site's calendar of a year: holidays, days off, make-up working days; lists that are pasted, checked and undone."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.periods import local_date
from gatehouse.domain.shifts import DayClass
from gatehouse.server.attendance import calendar_actions, roster_queries
from gatehouse.server.attendance.calendar_actions import CalendarRefused, SpecialDay
from gatehouse.server.attendance.holiday_sets import HolidaySet, holiday_sets
from gatehouse.server.console import saying
from gatehouse.server.console.access import reader
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.words_rosters import CLASS_WORDS, DAY_CLASSES
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.console.work.typed import Fields, day_from
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to

MOST_LINES = 400
LONGEST_TEXT = 40_000
SEPARATORS = ",;\t，；"
FIRST_YEAR, LAST_YEAR = 2000, 2199
# What a class is called in a list that is shown to be changed; read back by CLASS_WORDS.
_WORD = {DayClass.HOLIDAY: "holiday", DayClass.RESTDAY: "off", DayClass.WORKDAY: "work"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of a pasted list that is not right, counted from 1."""

    line: int
    said: str


@require_safe
def calendar(request: HttpRequest, site_id: UUID | None = None, year: int | None = None) -> HttpResponse:
    """Without a site, the first that the reader sees; without a year, this one. `?set=` lays a ready-made list into
    the field, to be checked before it is written."""
    site = _site(request, site_id)
    wanted = request.GET.get("set", "")
    found = next((one for one in holiday_sets() if one.code == wanted), None)
    return _page(request, site, year, text=_text(found.days) if found else "", chosen=found)


def _site(request: HttpRequest, site_id: UUID | None) -> Site | None:
    """Raises Http404 for a site that the reader does not see; None where there is none at all."""
    if site_id is not None:
        return site_of(request, site_id)
    return next(iter(sites_visible_to(reader(request))), None)


def _page(
    request: HttpRequest,
    site: Site | None,
    year: int | None,
    *,
    text: str = "",
    chosen: HolidaySet | None = None,
    faults: list[Fault] | None = None,
    wrong: dict[str, object] | None = None,
) -> HttpResponse:
    this = local_date(now(), ZoneInfo(site.zone)).year if site else now().year
    if year is None:
        year = chosen.year if chosen else this
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    context: dict[str, object] = {"site": site, "sites": sites_visible_to(reader(request)), "year": year, "text": text}
    context |= {"before": year - 1 if year > FIRST_YEAR else None, "after": year + 1 if year < LAST_YEAR else None}
    context |= {"chosen": chosen, "faults": faults or [], "wrong": wrong or {}, "sets": holiday_sets()}
    context["classes"] = [(kind.value, said) for kind, said in DAY_CLASSES.items()]
    if site is not None:
        rows = roster_queries.calendar_days(site, year)
        context["days"] = [(row, DAY_CLASSES[DayClass(row.day_class)], _tone(row.day_class)) for row in rows]
        context["can_undo"] = roster_queries.can_undo_calendar(site)
    status = 422 if faults or wrong else 200
    return render(request, "work/calendar.html", tabs(request, "calendar") | context, status=status)


def _tone(day_class: str) -> str:
    return {"holiday": "good", "restday": "off", "workday": "warn"}[day_class]


def _text(days: tuple[SpecialDay, ...]) -> str:
    return "\n".join(f"{day.date.isoformat()}, {_WORD[day.day_class]}, {day.name}" for day in days)


@require_POST
def import_list(request: HttpRequest, site_id: UUID, year: int) -> HttpResponse:
    """All lines of a pasted list, or none of them."""
    site = _site(request, site_id)
    assert site is not None, "a site that is named is found or is a 404"
    text = request.POST.get("text", "")
    days, faults = read_list(text)
    if not faults:
        try:
            count = calendar_actions.import_days(site, days, by=reader(request).by, at=now())
        except CalendarRefused as fault:
            faults = [Fault(_line_of(text, fault.day), _reckoned(fault.day))]
        else:
            said = ngettext("%(count)d date was written.", "%(count)d dates were written.", count) % {"count": count}
            messages.success(request, said, "yes")
            to = days[0].date.year if days else year
            return HttpResponseRedirect(reverse("calendar-year", args=[site.pk, to]))
    return _page(request, site, year, text=text[:LONGEST_TEXT], faults=faults)


def _reckoned(day: date) -> str:
    return _("%(day)s was reckoned already, so it stays as it is.") % {"day": saying.date_full(day)}


def _line_of(text: str, day: date) -> int:
    lines = text.splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.strip().startswith(day.isoformat())), 1)


def read_list(text: str) -> tuple[list[SpecialDay], list[Fault]]:
    """A date, what it is, and its name, a line each; separated by commas, semicolons or tabs. Empty lines and a head
    line without a date at the top do not count. A date twice is a fault."""
    if len(text) > LONGEST_TEXT or text.count("\n") > MOST_LINES:
        return [], [Fault(1, _("That is more than %(count)d lines.") % {"count": MOST_LINES})]
    days: list[SpecialDay] = []
    faults: list[Fault] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found = _read_line(line)
        if isinstance(found, str):
            if number > 1 or day_from(_parts(line)[0]) is not None or not _parts(line)[0].isalpha():
                faults.append(Fault(number, found))
        elif any(day.date == found.date for day in days):
            faults.append(Fault(number, _("This date is in the list twice.")))
        else:
            days.append(found)
    if not days and not faults:
        faults.append(Fault(1, _("Write a date, what it is, and its name: 2026-10-01, holiday, National Day")))
    return days, faults


def _parts(line: str) -> list[str]:
    for mark in SEPARATORS[1:]:
        line = line.replace(mark, SEPARATORS[0])
    return [part.strip().strip('"').strip() for part in line.split(SEPARATORS[0], 2)]


def _read_line(line: str) -> SpecialDay | str:
    """The day, or why there is none."""
    on, kind, name = (*_parts(line), "", "")[:3]
    day = day_from(on)
    if day is None:
        return _("Begin the line with a date such as 2026-10-01.")
    day_class = CLASS_WORDS.get(kind.lower())
    if day_class is None:
        return _("Say what the date is: holiday, off or work.")
    if len(name) > 80 or not name.isprintable():
        return _("A name has at most 80 letters.")
    return SpecialDay(day, day_class, name)


@require_POST
def set_day(request: HttpRequest, site_id: UUID, year: int) -> HttpResponse:
    """One date by hand."""
    site = _site(request, site_id)
    assert site is not None, "a site that is named is found or is a 404"
    fields = Fields(request.POST)
    day, kind = fields.day("day"), fields.choice("kind", [kind.value for kind in DayClass], DayClass.HOLIDAY.value)
    name = fields.text("name") if fields.has("name") else ""
    wrong: dict[str, object] = dict(fields.wrong)
    if not wrong:
        try:
            special = SpecialDay(day, DayClass(kind), name)
            calendar_actions.import_days(site, [special], by=reader(request).by, at=now())
        except CalendarRefused as fault:
            wrong["day"] = _reckoned(fault.day)
        else:
            messages.success(request, _("Saved."), "yes")
            return HttpResponseRedirect(reverse("calendar-year", args=[site.pk, day.year]))
    return _page(request, site, year, wrong=wrong)


@require_POST
def change_days(request: HttpRequest, site_id: UUID, year: int) -> HttpResponse:
    """Take one date out, or undo the last change."""
    site = _site(request, site_id)
    assert site is not None, "a site that is named is found or is a 404"
    by, at = reader(request).by, now()
    try:
        if request.POST.get("do") == "undo":
            count = calendar_actions.undo_calendar(site, by=by, at=at)
            done = _("Undone.") if count else _("There is nothing to undo.")
        else:
            day = day_from(request.POST.get("day", ""))
            cleared = day is not None and calendar_actions.clear_day(site, day, by=by, at=at)
            done = _("Taken out.") if cleared else _("That date was not in the calendar.")
        messages.success(request, done, "yes")
    except CalendarRefused as fault:
        messages.error(request, _reckoned(fault.day), "warn")
    shown = min(max(year, FIRST_YEAR), LAST_YEAR)
    return HttpResponseRedirect(reverse("calendar-year", args=[site.pk, shown]))
