"""Garages: who is inside how many, at a glance, and the way to each payment page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import PARKERS, tabs
from gatehouse.server.parking import queries, room
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.portal.lanes import lets_in_unread


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    rows = [
        {
            "garage": garage,
            "room": room.room(garage),
            "entries": [lane for lane in queries.lanes(garage) if lets_in_unread(lane)],
        }
        for garage in queries.garages(sites_visible_to(reader(request)))
    ]
    context = {"rows": rows, "may": reader(request).role in PARKERS}
    return render(request, "garages/overview.html", tabs(request, "parking") | context)
