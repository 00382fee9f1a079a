"""What changes a roster: a stroke in one cell, a rotation or last week over many, undo, discard, publish."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gatehouse.domain.periods import DAY
from gatehouse.domain.rosters import (
    WEEK,
    RosterError,
    Shifts,
    laid_over,
    moved,
    put,
    put_beside,
    rotated,
    rotation_from_text,
    standing,
)
from gatehouse.domain.shifts import DayCalendar
from gatehouse.keeper.protocol import Refused
from gatehouse.server.attendance import queries, roster_actions, roster_queries
from gatehouse.server.attendance.plan_changes import Key
from gatehouse.server.attendance.roster_actions import RosterRefused
from gatehouse.server.console import words_rosters
from gatehouse.server.console.access import reader
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.words_rosters import ROSTER_FAULTS
from gatehouse.server.console.work import rosters
from gatehouse.server.console.work.roster_grid import Week
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.console.work.typed import Fields, day_from
from gatehouse.server.moment import now
from gatehouse.server.people.models import Person, Site
from gatehouse.server.people.queries import sites_visible_to

MOST_WEEKS = 26  # of one filling
EVERYBODY, ON_PAGE = "all", "page"


@require_POST
def put_shift(request: HttpRequest, site_id: UUID, on: date) -> HttpResponse:
    """One stroke in one cell; the person's row alone to a page that asks for a part."""
    site, first = site_of(request, site_id), rosters.monday_of(on)
    person, day = _cell(request, site, first)
    if person is None or day is None:
        messages.error(request, _("That cell is not in this roster."), "warn")
        return rosters.back(request, site, first)
    fault = _stroke(request, site, person, day)
    if request.headers.get("HX-Request") == "true" and not fault:
        return _row(request, site, first, person)
    if fault:
        messages.error(request, fault, "warn")
    return rosters.back(request, site, first, person.pk)


def _stroke(request: HttpRequest, site: Site, person: Person, day: date) -> str:
    """Why it was not done, "" when it was."""
    brush = request.POST.get("brush", "")
    if brush != rosters.OFF and brush not in roster_queries.patterns_by_id(site):
        return str(_("Choose a shift first."))
    found = roster_queries.planned([person], day, day + DAY)
    held = laid_over(found.published.get(person.pk, {}), found.drafts.get(person.pk, {})).get(day, ())
    stroke = put_beside if request.POST.get("how") == "beside" else put
    wanted = () if brush == rosters.OFF else stroke(held, brush)
    try:
        roster_actions.draft(site, {(person.pk, day): wanted}, by=reader(request).by, at=now())
    except RosterRefused as fault:
        return str(ROSTER_FAULTS[fault.code])
    return ""


def _cell(request: HttpRequest, site: Site, first: date) -> tuple[Person | None, date | None]:
    """The person and date of the cell, None where they are not of this site's week."""
    said, _colon, when = request.POST.get("at", "").partition(":")
    day = day_from(when)
    if day is None or not first <= day < first + WEEK:
        return None, None
    try:
        return roster_queries.on_roster(site, first, first + WEEK).filter(pk=UUID(said)).first(), day
    except ValueError:
        return None, None


def _row(request: HttpRequest, site: Site, first: date, person: Person) -> HttpResponse:
    who = reader(request)
    grid = Week(site, first, roster_actions.first_open_day(site, now()))
    opened = request.POST.get("leave") == "1"
    lines = rosters.lines_of(grid, [person], who, rosters.leaves_of(person, who) if opened else {})
    if isinstance(lines, Refused):
        return rosters.back(request, site, first, person.pk)
    context = rosters.summary(site, first) | {"line": lines[0], "part": True, "heads": grid.heads()}
    return render(request, "work/roster_row.html", context)


@require_POST
def fill(request: HttpRequest, site_id: UUID, on: date) -> HttpResponse:
    """A rotation over the rows of a person, a page or everybody, from this week on."""
    site, first = site_of(request, site_id), rosters.monday_of(on)
    fields = Fields(request.POST)
    weeks = fields.number("weeks", 1, MOST_WEEKS)
    week = fields.number("week", 1, 12)
    row = next((r for r in roster_queries.rotations(site) if str(r.pk) == request.POST.get("rotation")), None)
    people = _whose(request, site, first)
    if row is None or fields.wrong or not people:
        messages.error(request, _("Choose a rotation, whose rows, and 1 to 26 weeks."), "warn")
        return rosters.back(request, site, first)
    by_code = {pattern.code: shift for shift, pattern in roster_queries.patterns_by_id(site).items()}
    shifts = rotated(roster_queries.rotation_fact(row, by_code), first, week, first, first + weeks * WEEK)
    if request.POST.get("holidays") == "1":
        shifts = standing(shifts, queries.calendar(site))
    return _draft(request, site, first, {(pk, day): held for pk in people for day, held in shifts.items()})


@require_POST
def copy(request: HttpRequest, site_id: UUID, on: date) -> HttpResponse:
    """Last week's shifts, drafts included, into this week."""
    site, first = site_of(request, site_id), rosters.monday_of(on)
    ids = set(_whose(request, site, first))
    people = [person for person in roster_queries.on_roster(site, first, first + WEEK) if person.pk in ids]
    if not people:
        messages.error(request, _("Choose whose rows are to be filled."), "warn")
        return rosters.back(request, site, first)
    calendar = queries.calendar(site) if request.POST.get("holidays") == "1" else DayCalendar()
    wanted: dict[Key, Shifts] = {}
    for start in range(0, len(people), 500):
        some = people[start : start + 500]
        found = roster_queries.planned(some, first - WEEK, first)
        for person in some:
            plan = laid_over(found.published.get(person.pk, {}), found.drafts.get(person.pk, {}))
            days = {first - WEEK + n * DAY: () for n in range(7)} | plan
            wanted |= {(person.pk, day): held for day, held in standing(moved(days, 7), calendar).items()}
    return _draft(request, site, first, wanted)


def _draft(request: HttpRequest, site: Site, first: date, wanted: dict[Key, Shifts]) -> HttpResponse:
    """Days that have passed are left as they are."""
    today = roster_actions.first_open_day(site, now())
    open_days = {key: shifts for key, shifts in wanted.items() if key[1] >= today}
    try:
        count = roster_actions.draft(site, open_days, by=reader(request).by, at=now())
    except RosterRefused as fault:
        messages.error(request, str(ROSTER_FAULTS[fault.code]), "warn")
    else:
        said = ngettext("%(count)d date is drafted.", "%(count)d dates are drafted.", count) % {"count": count}
        messages.success(request, said if count else _("Nothing is other than it was."), "yes")
    return rosters.back(request, site, first)


def _whose(request: HttpRequest, site: Site, first: date) -> list[UUID]:
    """The people whose rows are meant, those of this site only."""
    said = request.POST.get("who", "")
    here = set(roster_queries.on_roster(site, first, first + WEEK).values_list("pk", flat=True))
    if said == EVERYBODY:
        return sorted(here)
    asked = request.POST.get("shown", "").split(",")[:100] if said == ON_PAGE else [said]
    found = []
    for text in asked:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return [pk for pk in found if pk in here]


@require_POST
def publish(request: HttpRequest, site_id: UUID, on: date) -> HttpResponse:
    """This week's drafts, or all of the site's, become the plan; or they are thrown away, or the last stroke is."""
    site, first = site_of(request, site_id), rosters.monday_of(on)
    by, at = reader(request).by, now()
    last = roster_queries.last_draft_day(site) or first
    spans = {"week": (first, first + WEEK), "all": (min(first, roster_actions.first_open_day(site, at)), last + DAY)}
    do, _space, which = request.POST.get("do", "").partition(" ")
    if do == "undo":
        count = roster_actions.undo_draft(site, by=by, at=at)
        messages.success(request, _("Undone.") if count else _("There is nothing to undo."), "yes")
    elif which in spans and do == "publish":
        count = roster_actions.publish(site, *spans[which], by=by, at=at)
        said = ngettext("%(count)d date is published.", "%(count)d dates are published.", count) % {"count": count}
        messages.success(request, said + " " + _("Workers see their shifts on My page."), "yes")
    elif which in spans and do == "discard":
        count = roster_actions.discard_drafts(site, *spans[which], by=by, at=at)
        said = ngettext("%(count)d draft is gone.", "%(count)d drafts are gone.", count) % {"count": count}
        messages.success(request, said + " " + _("Undo brings them back."), "yes")
    else:
        messages.error(request, _("Choose what is to be done."), "warn")
    return rosters.back(request, site, first)


def rotations(request: HttpRequest) -> HttpResponse:
    """GET lists every site's rotations; POST writes or drops one."""
    who = reader(request)
    sites = sites_visible_to(who)
    typed: dict[str, str] = {}
    wrong: dict[str, object] = {}
    if request.method == "POST":
        site = next((one for one in sites if str(one.pk) == request.POST.get("site")), None)
        typed = {key: request.POST.get(key, "")[:4000] for key in ("site", "name", "weeks")}
        if site is None:
            wrong["site"] = _("Choose a site.")
        elif request.POST.get("do") == "drop":
            return _drop_rotation(request, site)
        else:
            wrong = _set_rotation(request, site)
            if not wrong:
                messages.success(request, _("Saved. Fill it into the roster now."), "yes")
                return HttpResponseRedirect(reverse("rosters-rotations"))
    shown = [
        {
            "site": site,
            "rotations": [(row, _weeks(row.weeks)) for row in roster_queries.rotations(site)],
            "codes": [p.code for p in queries.patterns(site) if not p.retired and p.code != "open"],
        }
        for site in sites
    ]
    context = tabs(request, "rosters-rotations") | {"sites": shown, "typed": typed, "wrong": wrong}
    return render(request, "work/rotations.html", context, status=422 if wrong else 200)


def _weeks(text: str) -> list[list[str]]:
    return [[" + ".join(day) or "–" for day in week] for week in rotation_from_text(text).weeks]


def _set_rotation(request: HttpRequest, site: Site) -> dict[str, object]:
    """What is wrong by field."""
    fields = Fields(request.POST)
    name, weeks = fields.text("name"), request.POST.get("weeks", "")
    if fields.wrong:
        return dict(fields.wrong)
    if len(weeks) > 4000:
        return {"weeks": _("A rotation has at most 12 weeks.")}
    try:
        roster_actions.set_rotation(site, name, weeks, by=reader(request).by, at=now())
    except RosterError as fault:
        return {"weeks": words_rosters.rotation_fault(fault)}
    except RosterRefused as fault:
        return {"weeks": ROSTER_FAULTS[fault.code]}
    return {}


def _drop_rotation(request: HttpRequest, site: Site) -> HttpResponse:
    row = next((r for r in roster_queries.rotations(site) if str(r.pk) == request.POST.get("rotation")), None)
    if row is not None:
        roster_actions.drop_rotation(row, by=reader(request).by, at=now())
        messages.success(request, _("The rotation is gone; what was planned by it stays."), "yes")
    return HttpResponseRedirect(reverse("rosters-rotations"))
