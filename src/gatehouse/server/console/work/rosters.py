"""The roster of a site, a week at a time: shifts are put into cells as drafts, and published when they are right.

The plan lies in the clear by random id; staff numbers and initials are looks, a page of 25 people at a time. Leave is
sealed and opened on a click.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gatehouse.domain.periods import DAY, can_be_meant, local_date
from gatehouse.domain.rosters import WEEK
from gatehouse.domain.shifts import Leave
from gatehouse.domain.working_time import monday
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import roster_queries
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.attendance.notes import leaves_of as leaves_in
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.work.roster_grid import Line, Week
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.console.work.typed import day_from
from gatehouse.server.moment import now
from gatehouse.server.people import looks
from gatehouse.server.people.models import Person, Site
from gatehouse.server.people.queries import sites_visible_to

PAGE = 25
PURPOSE = "roster.page"
LEAVE_PURPOSE = "roster.leave"
OFF = "off"
HOWS = ("instead", "beside")


@require_http_methods(["GET", "HEAD", "POST"])
def rosters(request: HttpRequest, site_id: UUID | None = None) -> HttpResponse:
    """The week that today lies in, at the first site that the reader sees or at this one; POST with `on` goes to the
    week of that date."""
    site = site_of(request, site_id) if site_id else next(iter(sites_visible_to(reader(request))), None)
    if site is None:
        return render(request, "work/roster.html", tabs(request, "rosters") | {"site": None})
    on = day_from(request.POST.get("on", "")) or local_date(now(), ZoneInfo(site.zone))
    if request.POST.get("on"):
        return HttpResponseRedirect(reverse("rosters-week", args=[site.pk, monday_of(on)]))
    return page(request, site, monday_of(on), 1)


@require_safe
def week(request: HttpRequest, site_id: UUID, on: date, number: int = 1) -> HttpResponse:
    return page(request, site_of(request, site_id), monday_of(on), number)


@require_POST
def leave(request: HttpRequest, site_id: UUID, on: date) -> HttpResponse:
    """The page with the leave of its people opened."""
    return page(request, site_of(request, site_id), monday_of(on), _number(request), leave_opened=True)


def monday_of(on: date) -> date:
    """The week's Monday. Raises Http404 at the ends of what can be meant."""
    first = monday(on)
    if not (can_be_meant(first - 2 * WEEK) and can_be_meant(first + 30 * WEEK)):
        raise Http404
    return first


def _number(request: HttpRequest) -> int:
    said = request.POST.get("number", "1")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 1


def _today(site: Site) -> date:
    return local_date(now(), ZoneInfo(site.zone))


def page(request: HttpRequest, site: Site, first: date, number: int, *, leave_opened: bool = False) -> HttpResponse:
    who = reader(request)
    shown, pager = paged(
        roster_queries.on_roster(site, first, first + WEEK), number, PAGE,
        lambda page: reverse("rosters-page", args=[site.pk, first, page]),
    )  # fmt: skip
    grid = Week(site, first, _today(site))
    context = tabs(request, "rosters") | _frame(request, site, first) | _strokes(request, grid)
    context |= {"pager": pager, "heads": grid.heads(), "shown": ",".join(str(one.pk) for one in shown)}
    leaves: dict[UUID, list[Leave]] = {}
    if leave_opened:
        opened = _leaves(shown, who)
        if isinstance(opened, Refused):
            context["refused"] = words.refused(opened.code)
        else:
            leaves, context["leave_opened"] = opened, True
    lines = lines_of(grid, shown, who, leaves)
    if isinstance(lines, Refused):
        context |= {"refused": words.refused(lines.code), "lines": []}
    else:
        context |= {"lines": lines, "doubtful": sum(bool(line.doubts) for line in lines)}
    return render(request, "work/roster.html", context)


def lines_of(
    grid: Week, people: Sequence[Person], who: SignedIn, leaves: dict[UUID, list[Leave]]
) -> list[Line] | Refused:
    named = looks.briefs(people, who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return named
    rows = sorted(named, key=lambda one: one.brief.number)
    return grid.lines([(one.person, one.brief.number, one.brief.initials) for one in rows], leaves)


def leaves_of(person: Person, who: SignedIn) -> dict[UUID, list[Leave]]:
    """One person's leave again, that was opened before; empty where it may not be."""
    found = _leaves([person], who)
    return {} if isinstance(found, Refused) else found


def _leaves(people: Sequence[Person], who: SignedIn) -> dict[UUID, list[Leave]] | Refused:
    rows = list(roster_queries.approved_leave(people))
    notes = work_looks.notes(rows, who.by.authority, LEAVE_PURPOSE)
    if isinstance(notes, Refused):
        return notes
    found: dict[UUID, list[Leave]] = {}
    for row in rows:
        note = notes.get(row.pk)
        if isinstance(note, LeaveNote):
            found.setdefault(row.person_id, []).extend(leaves_in(str(row.pk), note))
    return found


def _frame(request: HttpRequest, site: Site, first: date) -> dict[str, object]:
    today = _today(site)
    return {
        "site": site,
        "sites": sites_visible_to(reader(request)),
        "first": first,
        "last": first + 6 * DAY,
        "before": first - WEEK,
        "after": first + WEEK,
        "rotations": roster_queries.rotations(site),
        "past": first + WEEK <= today,
        "today": today,
    } | summary(site, first)


def summary(site: Site, first: date) -> dict[str, object]:
    """How many dates are drafted, in this week and in all, and whether the last stroke can be undone."""
    return {
        "site": site,
        "first": first,
        "drafts": roster_queries.draft_count(site, first, first + WEEK),
        "all_drafts": roster_queries.draft_count(site),
        "published": roster_queries.is_published(site, first),
        "can_undo": roster_queries.can_undo_drafts(site),
    }


def _strokes(request: HttpRequest, grid: Week) -> dict[str, object]:
    """What a click on a cell does: the shift, and whether it replaces what is there."""
    brushes = grid.brushes()
    said, how = request.GET.get("brush", ""), request.GET.get("how", "")
    known = {shift for shift, _chip in brushes} | {OFF}
    usual = brushes[0][0] if brushes else OFF
    return {"brushes": brushes, "brush": said if said in known else usual, "how": how if how in HOWS else HOWS[0]}


def back(request: HttpRequest, site: Site, first: date, person: UUID | None = None) -> HttpResponse:
    """To the page that was left, with the same brush in hand, at the person's row."""
    address = reverse("rosters-page", args=[site.pk, first, _number(request)])
    held = {key: request.POST.get(key, "")[:40] for key in ("brush", "how") if request.POST.get(key)}
    place = f"#p-{person}" if person else ""
    return HttpResponseRedirect(f"{address}?{urlencode(held)}{place}" if held else f"{address}{place}")
