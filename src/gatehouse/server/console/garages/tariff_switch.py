"""A garage takes another tariff, from a moment on. Whoever is inside keeps the prices that they came in under."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gatehouse.domain.tariff_rules import TariffError
from gatehouse.server.console import words_tariff
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.garages.tariff_preview import wall_of
from gatehouse.server.console.garages.tariffs import changed_meanwhile, version_lines
from gatehouse.server.moment import now
from gatehouse.server.parking import queries, tariff_switch
from gatehouse.server.parking.models import Garage
from gatehouse.server.people.queries import sites_visible_to


@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest, garage_id: UUID) -> HttpResponse:
    """GET shows what is in force and what else there is; POST takes another one. Without a time it is from now on."""
    garage = queries.garage(garage_id, sites_visible_to(reader(request)))
    if garage is None:
        raise Http404
    if request.method != "POST":
        return _page(request, garage, "")
    at = now()
    chosen = queries.tariff_with_code(garage.site, request.POST.get("tariff", "")[:40])
    if chosen is None:
        return _page(request, garage, _("Choose a tariff of this site."))
    try:
        starts = _starts(request.POST.get("starts", "").strip()[:40], garage, at)
        tariff_switch.switch_tariff(
            garage, chosen, starts, seen=request.POST.get("seen", ""), by=reader(request).by, at=at
        )
    except TariffError as fault:
        return _page(request, garage, words_tariff.error(fault))
    except tariff_switch.ChangedMeanwhile:
        return _page(request, garage, changed_meanwhile())
    return HttpResponseRedirect(reverse("garage-tariff", args=[garage.pk]))


def _starts(typed: str, garage: Garage, at: datetime) -> datetime:
    """By the garage's clock; the minute that begins next where nothing is typed. Raises TariffError."""
    if typed:
        return wall_of(typed, "starts")
    local = (at + timedelta(minutes=1)).astimezone(ZoneInfo(garage.site.zone))
    return local.replace(second=0, microsecond=0, tzinfo=None)


def _page(request: HttpRequest, garage: Garage, wrong: str) -> HttpResponse:
    at = now()
    context = tabs(request, "parking-tariffs") | {
        "garage": garage,
        "tariff": garage.tariff,
        "versions": [line for line in version_lines(garage.tariff, at) if line.state != "past"],
        "others": [
            row for row in queries.tariffs(garage.site) if row.pk != garage.tariff_id and version_lines(row, at)
        ],
        "seen": tariff_switch.seen_mark(garage),
        "wrong": wrong,
    }
    return render(request, "garages/tariff_switch.html", context, status=422 if wrong else 200)
