"""Auto-pay, the operator's side: give a driver the way to agree, see what stands, take it back at their word."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.plates import normalise
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words, words_money
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.moment import now
from gatehouse.server.parking import autopay, money_queries
from gatehouse.server.parking.accounts import ways_to_charge
from gatehouse.server.parking.models import Mandate
from gatehouse.server.people import looks
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import Site, Vehicle
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.portal.notices import public_url

LIKE_LIMIT = 5  # so many plates are looked at to find the one that was typed
STATES: dict[str, tuple[words.Text, str, str]] = {
    "offered": (words_money.MANDATE_STATES["offered"], "off", "clock"),
    "asked": (words_money.MANDATE_STATES["asked"], "off", "clock"),
    "active": (words_money.MANDATE_STATES["active"], "good", "yes"),
}


def auto_pay(request: HttpRequest) -> HttpResponse:
    """GET shows what stands; POST makes an offer for a vehicle and shows its address once."""
    sites = sites_visible_to(reader(request))
    offered, problem = (None, "")
    if request.method == "POST":
        offered, problem = _offer(request, sites)
    context: dict[str, object] = {
        "mandates": [_shown(row) for row in money_queries.mandates(sites)[:200]],
        "sites": [{"id": site.pk, "name": site.name} for site in sites if ways_to_charge(site)],
        "problem": problem,
    }
    if offered is not None:
        link = public_url(request, reverse("auto-pay", args=[offered.pk]))
        context |= {"link": link, "qr": qr_svg(link, _("QR code: the driver's page for auto-pay"))}
    return render(request, "garages/auto_pay.html", tabs(request, "money") | context, status=422 if problem else 200)


def _shown(row: Mandate) -> dict[str, object]:
    said, tone, mark = STATES[row.state]
    provider = words_money.PROVIDERS.get(row.provider, row.provider)
    return {"id": row.pk, "vehicle": str(row.vehicle_id)[:8], "said": said, "tone": tone, "mark": mark,
            "provider": provider, "site": row.vehicle.site.name}  # fmt: skip


def _offer(request: HttpRequest, sites: list[Site]) -> tuple[Mandate | None, str]:
    who = reader(request)
    site = {str(one.pk): one for one in sites}.get(request.POST.get("site", ""))
    ways = ways_to_charge(site) if site else []
    if site is None or not ways:
        return None, _("No provider of this site can charge by itself. Add a Stripe account first.")
    found = _vehicle(request.POST.get("plate", "")[:20], site, who)
    if isinstance(found, str):
        return None, found
    provider, account = ways[0]
    return autopay.offer(found, provider, account, by=who.by, at=now()), ""


def _vehicle(plate: str, site: Site, who: SignedIn) -> Vehicle | str:
    """The registered vehicle of exactly this plate, or why not; plates like it count as seen. Raises KeeperAway."""
    wanted = normalise(plate)
    listed = {str(row.pk): row for row in people.listed_vehicles(site)}
    hits = keeping.find(wanted, who.token, LIKE_LIMIT, among=listed) if wanted else []
    if isinstance(hits, Refused):
        return str(words.refused(hits.code).what)
    for row in map(listed.__getitem__, hits):
        seen = looks.plate(row, who.by.authority, "auto_pay")
        if isinstance(seen, Refused):
            return str(words.refused(seen.code).what)
        if seen == wanted:
            return row
    return _("No vehicle with this plate is registered at this site.")


@require_POST
def withdraw(request: HttpRequest, mandate_id: UUID) -> HttpResponse:
    """At the driver's word."""
    found = money_queries.mandates(sites_visible_to(reader(request))).filter(pk=mandate_id).first()
    if found is None:
        raise Http404
    autopay.withdraw(found, by=reader(request).by, at=now())
    messages.success(request, _("Withdrawn. Nothing is charged by it any more."))
    return HttpResponseRedirect(reverse("money-auto"))
