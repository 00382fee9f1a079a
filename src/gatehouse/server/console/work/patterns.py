"""Shift patterns of a site: list, make, change from a date on, put away. Days that were worked are never rewritten."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.periods import DAY
from gatehouse.server.attendance import pattern_actions, queries, roster_queries
from gatehouse.server.attendance.actions import add_pattern
from gatehouse.server.attendance.models import ShiftPattern
from gatehouse.server.attendance.pattern_actions import PatternRefused
from gatehouse.server.attendance.patterns import OPEN_CODE, OPEN_PATTERN
from gatehouse.server.attendance.versions import Versions
from gatehouse.server.console import words_rosters
from gatehouse.server.console.access import reader
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.words import Text
from gatehouse.server.console.work import pattern_form
from gatehouse.server.console.work.day_picture import Picture, day_picture
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.console.work.typed import day_from
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to


@dataclass(frozen=True, slots=True)
class Shown:
    """One pattern of the list, as it holds tomorrow, and what comes later."""

    row: ShiftPattern
    picture: Picture
    flexible: bool
    later: list[date]


@require_safe
def patterns(request: HttpRequest) -> HttpResponse:
    sites = [_site_shown(site) for site in sites_visible_to(reader(request))]
    return render(request, "work/patterns.html", tabs(request, "patterns") | {"sites": sites})


def _site_shown(site: Site) -> dict[str, object]:
    rows = list(queries.patterns(site))
    versions, on = Versions(rows), pattern_actions.first_day(site, now())
    found = []
    for row in rows:
        fact = versions.on(row, on)
        later = [version.since for version in versions.later_than(row, on)]
        found.append(Shown(row, day_picture(fact), fact.flex is not None, later))
    return {
        "site": site,
        "patterns": [one for one in found if not one.row.retired and one.row.code != OPEN_CODE],
        "retired": [one for one in found if one.row.retired],
    }


def new_pattern(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """GET shows the form, POST makes the pattern; a split shift makes two."""
    site = site_of(request, site_id)
    values, wrong = dict(pattern_form.USUAL), {}
    if request.method == "POST":
        typed = pattern_form.read(request.POST)
        wrong = typed.wrong or _make(request, site, typed)
        if not wrong:
            messages.success(request, _("Made. Put it into the roster now."), "yes")
            return HttpResponseRedirect(reverse("patterns"))
        values = pattern_form.shown(request.POST)
    context = {"site": site, "new": True, "title": _("New shift")}
    return _form(request, context, values, wrong)


def _make(request: HttpRequest, site: Site, typed: pattern_form.Typed) -> dict[str, Text]:
    """Write it; what is wrong by field where the code is taken."""
    parts = [(typed.code, typed.name, typed.rules)]
    if typed.second is not None:
        names = (_("%(name)s, first part"), _("%(name)s, second part"))
        said = [text % {"name": typed.name[:60]} for text in names]
        parts = [(f"{typed.code[:14]}-1", said[0], typed.rules), (f"{typed.code[:14]}-2", said[1], typed.second)]
    if any(code.lower() == OPEN_CODE for code, _name, _rules in parts):
        return {"code": _("This code is kept for days without a shift.")}
    try:
        with transaction.atomic():
            for code, name, rules in parts:
                add_pattern(site, code, name, rules, by=reader(request).by, at=now())
    except IntegrityError:
        return {"code": _("Another shift of this site has this code.")}
    return {}


def _pattern(request: HttpRequest, pattern_id: UUID) -> ShiftPattern:
    """Raises Http404."""
    found = roster_queries.pattern(pattern_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


def pattern(request: HttpRequest, pattern_id: UUID) -> HttpResponse:
    """GET shows the pattern as it holds tomorrow; POST has it changed from a date on."""
    row = _pattern(request, pattern_id)
    return _changing(request, row.site, row)


def open_days(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """The rules of days without a shift."""
    site = site_of(request, site_id)
    return _changing(request, site, queries.patterns(site).filter(code=OPEN_CODE).first())


def _changing(request: HttpRequest, site: Site, row: ShiftPattern | None) -> HttpResponse:
    """`row` None are days without a shift of a site that has said nothing about them yet."""
    first = pattern_actions.first_day(site, now())
    used = row is None or pattern_actions.is_used(row)
    code, name = (row.code, row.name) if row else (OPEN_CODE, _("Days without a shift"))
    wrong: dict[str, Text] = {}
    if request.method == "POST":
        typed = pattern_form.read(request.POST, code, dated="since" if used else "")
        wrong = dict(typed.wrong)
        if not wrong:
            try:
                with transaction.atomic():
                    _change(request, site, row, typed, first)
            except PatternRefused as fault:
                wrong["since"] = words_rosters.PATTERN_FAULTS[fault.code]
            else:
                messages.success(request, _("Saved. Days that were worked stay as they are."), "yes")
                return HttpResponseRedirect(reverse("patterns"))
    versions = Versions([row] if row else [])
    fact = versions.on(row, first) if row else OPEN_PATTERN
    values = pattern_form.shown(request.POST) if wrong else pattern_form.filled(name, fact)
    context: dict[str, object] = {
        "site": site,
        "row": row,
        "used": used,
        "first": first,
        "title": name,
        "picture": day_picture(fact),
        "later": versions.later_than(row, first - DAY) if row else [],
        "open": code == OPEN_CODE,
    }
    return _form(request, context, {"since": first.isoformat()} | values, wrong)


def _change(request: HttpRequest, site: Site, row: ShiftPattern | None, typed: pattern_form.Typed, first: date) -> None:
    by, at = reader(request).by, now()
    held = row or pattern_actions.open_pattern_row(site, typed.name, by=by, at=at)
    pattern_actions.change_pattern(held, typed.name, typed.rules, typed.since or first, by=by, at=at)


def _form(
    request: HttpRequest, context: dict[str, object], values: dict[str, str], wrong: dict[str, Text]
) -> HttpResponse:
    context |= {
        "v": values,
        "wrong": wrong,
        "pairings": words_rosters.PAIRINGS.items(),
        "missing": words_rosters.MISSING.items(),
        "countings": words_rosters.COUNTINGS.items(),
        "roundings": [str(step) for step in words_rosters.ROUNDINGS],
    }
    return render(request, "work/pattern.html", tabs(request, "patterns") | context, status=422 if wrong else 200)


@require_POST
def put_away(request: HttpRequest, pattern_id: UUID) -> HttpResponse:
    """What is done with a pattern besides changing it: put it away, take it up again, delete one that was never used,
    or take back a version that has not begun."""
    row, by, at = _pattern(request, pattern_id), reader(request).by, now()
    try:
        match request.POST.get("do", ""):
            case "retire":
                pattern_actions.retire_pattern(row, by=by, at=at)
                messages.success(request, _("Put away. What is planned stays."), "yes")
            case "take_up":
                pattern_actions.take_up_pattern(row, by=by, at=at)
                messages.success(request, _("Offered again."), "yes")
            case "delete":
                pattern_actions.delete_pattern(row, by=by, at=at)
                messages.success(request, _("Deleted."), "yes")
            case said if (since := day_from(said)) is not None:
                if pattern_actions.take_back_version(row, since, by=by, at=at):
                    messages.success(request, _("The change is taken back."), "yes")
            case _:
                messages.error(request, _("Choose what is to be done."), "warn")
    except PatternRefused as fault:
        messages.error(request, str(words_rosters.PATTERN_FAULTS[fault.code]), "warn")
    return HttpResponseRedirect(reverse("patterns"))
