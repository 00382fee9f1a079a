"""Garages: what goes on today, at a glance, and the way to each payment page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import PARKERS, tabs
from gatehouse.server.console.paging import paged
from gatehouse.server.gates import queries as gates
from gatehouse.server.moment import now
from gatehouse.server.parking import queries, room
from gatehouse.server.people.queries import sites_visible_to, zones
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
        "steps": [] if count else _steps(reader(request)),
    }
    return render(request, "garages/overview.html", tabs(request, "parking") | context)


def _steps(who: SignedIn) -> list[dict[str, object]]:
    """What a first garage takes, in order, and what of it is there."""
    sites = list(sites_visible_to(who))
    lanes = {gate.direction for gate in gates.gates(sites) if gate.kind == "lane"}
    steps = (
        (_("A site, with its time zone and currency"), "admin:people_site_add", bool(sites)),
        (_("A zone for the garage"), "admin:people_zone_add", any(zones(site).exists() for site in sites)),
        (_("A lane in and a lane out, as gates of the kind lane"), "admin:gates_gate_add", len(lanes) > 1),
        (_("A tariff"), "parking-tariffs", any(queries.tariffs(site).exists() for site in sites)),
        (_("The garage: its zone and its tariff"), "admin:parking_garage_add", False),
    )
    mine = [who.role is Role.OWNER or not name.startswith("admin:") for _said, name, _done in steps]
    return [
        {"said": said, "href": reverse(name) if may else "", "done": done}
        for (said, name, done), may in zip(steps, mine, strict=True)
    ]
