"""Garages: what goes on today, at a glance, and the way to each payment page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.paging import paged
from gatehouse.server.moment import now
from gatehouse.server.parking import queries
from gatehouse.server.people.queries import sites_visible_to
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
    now_there = today_of(shown, now())
    rows = [
        {"garage": garage, "inside": now_there[garage.pk].inside, "today": now_there[garage.pk]} for garage in shown
    ]
    context = {
        "rows": rows,
        "pager": None if typed else pager,
        "searchable": count > PAGE,
        "q": typed,
        "more": max(0, pager.count - PAGE) if typed else 0,
    }
    return render(request, "garages/overview.html", tabs(request, "parking") | context)
