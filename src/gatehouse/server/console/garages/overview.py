"""Garages: what goes on today, at a glance, and the way to each payment page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import PARKERS, tabs
from gatehouse.server.console.paging import paged
from gatehouse.server.moment import now
from gatehouse.server.parking import queries, room
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.portal.lanes import lets_in_unread
from gatehouse.server.takings.today import today_of

PAGE = 24


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest, number: int = 1) -> HttpResponse:
    """A page of garages; POST with `q` those whose name or site holds the text."""
    found = queries.garages(sites_visible_to(reader(request))).order_by("name", "pk")
    count, typed = found.count(), request.POST.get("q", "").replace("\0", "").strip()[:80]
    if typed:
        found = queries.garages_named(found, typed)
    shown, pager = paged(found, number, PAGE, lambda page: reverse("parking-page", args=[page]))
    now_there, rooms, lanes = today_of(shown, now()), room.rooms(shown), queries.lanes_by_zone(shown)
    rows = [
        {
            "garage": garage,
            "room": rooms[garage.pk],
            "today": now_there[garage.pk],
            "entries": [lane for lane in lanes.get(garage.zone_id, ()) if lets_in_unread(lane)],
        }
        for garage in shown
    ]
    context = {
        "rows": rows,
        "may": reader(request).role in PARKERS,
        "pager": None if typed else pager,
        "searchable": count > PAGE,
        "q": typed,
        "more": max(0, pager.count - PAGE) if typed else 0,
    }
    return render(request, "garages/overview.html", tabs(request, "parking") | context)
