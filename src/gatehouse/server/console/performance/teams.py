"""Figures of a site and its teams, out of a month's sheet: nobody's own is opened, and small groups are not in it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import Measure
from gatehouse.domain.performance_groups import GroupFigure, GroupSheet
from gatehouse.domain.performance_trend import months_back
from gatehouse.domain.seen_first import MOST_DAYS_FIRST, open_from
from gatehouse.domain.suppression import SMALLEST_GROUP
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import charts, saying, words, words_performance, words_work
from gatehouse.server.console.access import reader
from gatehouse.server.console.charts import Chart, Point
from gatehouse.server.console.months import month_before
from gatehouse.server.console.performance import showing
from gatehouse.server.console.performance.people import MONTHS, current_month
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import Site
from gatehouse.server.performance import actions, looks, queries
from gatehouse.server.performance.errors import PerformanceError

PURPOSE = "performance.page"


@require_safe
def first_site(request: HttpRequest) -> HttpResponse:
    """The last month that is over, of the first site."""
    who = reader(request)
    sites = people.sites_visible_to(who)
    if not sites:
        return render(request, "performance/teams.html", tabs(request, "performance-teams") | {"no_site": True})
    return teams(request, sites[0].pk, month_before(current_month(who)))


@require_safe
def teams(request: HttpRequest, site_id: UUID, of: Month) -> HttpResponse:
    who = reader(request)
    site = site_of(request, site_id)
    context = _frame(request, who, site, of)
    sheets = _sheets(who, site, of)
    if isinstance(sheets, Refused):
        return render(request, "performance/teams.html", context | {"refused": words.refused(sheets.code)})
    sheet = sheets.get(of)
    if sheet is not None:
        context |= {
            "whole": [_shown(figure) for figure in sheet.whole],
            "teams": [
                {"number": place, "name": name, "figures": [_shown(figure) for figure in figures]}
                for place, (name, figures) in enumerate(sheet.teams, start=1)
            ],
            "team_charts": [chart for measure in Measure if (chart := _beside(measure, sheet)) is not None],
            "charts": _over_time("site", {month: one.whole for month, one in sheets.items()}),
        }
    return render(request, "performance/teams.html", context)


@require_safe
def team(request: HttpRequest, site_id: UUID, of: Month, number: int) -> HttpResponse:
    """One team over the months in which it was there under this name."""
    who = reader(request)
    site = site_of(request, site_id)
    sheets = _sheets(who, site, of)
    context = _frame(request, who, site, of)
    if isinstance(sheets, Refused):
        return render(request, "performance/teams.html", context | {"refused": words.refused(sheets.code)})
    sheet = sheets.get(of)
    if sheet is None or not 1 <= number <= len(sheet.teams):
        raise Http404
    name, figures = sheet.teams[number - 1]
    months = {month: dict(one.teams)[name] for month, one in sheets.items() if name in dict(one.teams)}
    context |= {"name": name, "whole": [_shown(figure) for figure in figures], "charts": _over_time("team", months)}
    return render(request, "performance/team.html", context)


@require_POST
def set_days(request: HttpRequest, site_id: UUID, of: Month) -> HttpResponse:
    """For how many days a month is the person's alone."""
    who = reader(request)
    site = site_of(request, site_id)
    said = request.POST.get("days", "").strip()
    days = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else -1
    try:
        actions.set_days_first(site, days, by=who.by, at=now())
    except PerformanceError as fault:
        messages.error(request, words_performance.error(fault), "warn")
    else:
        messages.success(request, _("Saved."), "yes")
    return HttpResponseRedirect(reverse("performance-teams-of", args=[site.pk, of]))


def _frame(request: HttpRequest, who: SignedIn, site: Site, of: Month) -> dict[str, object]:
    days = queries.days_first(site)
    return tabs(request, "performance-teams") | {
        "site": site,
        "sites": people.sites_visible_to(who),
        "first": of.first,
        "month_code": str(of),
        "before": str(month_before(of)),
        "after": str(of.after) if of.first < current_month(who).first else "",
        "days_first": days,
        "most_days": MOST_DAYS_FIRST,
        "smallest": SMALLEST_GROUP,
        "written_on": saying.day(open_from(of, days)),
        "definitions": [(words_work.MEASURES[m][0], said) for m, said in words_performance.GROUP_MEANINGS.items()],
        "heads": [words_work.MEASURES[measure][0] for measure in Measure],
    }


def _sheets(who: SignedIn, site: Site, of: Month) -> dict[Month, GroupSheet] | Refused:
    """The sheets of the last months, in order."""
    found = looks.sheets(list(queries.sheets(site, months_back(of, MONTHS))), who.by.authority, PURPOSE)
    return found if isinstance(found, Refused) else {Month.of(row.month): sheet for row, sheet in found}


def _shown(figure: GroupFigure) -> dict[str, object]:
    value, middle = figure.value, figure.median
    return {
        "name": words_work.MEASURES[figure.measure][0],
        "meaning": words_performance.GROUP_MEANINGS[figure.measure],
        "value": words_performance.WITHHELD_GROUP if value is None else showing.said(figure.measure, value),
        "median": "" if middle is None else showing.said(figure.measure, middle),
        "withheld": value is None,
    }


def _beside(measure: Measure, sheet: GroupSheet) -> Chart | None:
    """The teams that are shown, beside each other; none where fewer than two are."""
    found = [(name, f.value) for name, figures in sheet.teams for f in figures if f.measure is measure]
    points = [Point(name, value, showing.said(measure, value)) for name, value in found if value is not None]
    if len(points) < 2:
        return None
    title = words_work.MEASURES[measure][0]
    heads = [_("Team"), title]
    return charts.histogram(f"beside-{measure.value}", title, words_performance.GROUP_MEANINGS[measure], heads, points)


def _over_time(name: str, months: dict[Month, tuple[GroupFigure, ...]]) -> list[Chart]:
    if len(months) < 2:
        return []
    found = []
    for measure in Measure:
        points = [(m, next(f.value for f in figures if f.measure is measure)) for m, figures in sorted(months.items())]
        shown = [place for place, (_month, value) in enumerate(points) if value is not None]
        if shown:
            found.append(showing.group_chart(f"{name}-{measure.value}", measure, points[shown[0] :]))
    return found
