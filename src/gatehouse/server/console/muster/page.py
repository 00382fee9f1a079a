"""Muster: who is inside by zone, and the roll call at the assembly point on a phone. Opening it is an alarm on Watch.

The edge serves the same list with this server down: docs/recipes/muster.md.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.muster import How, RollCall, Tick
from gatehouse.keeper.protocol import Refused
from gatehouse.server import mustering
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.sites import site_of
from gatehouse.server.moment import now
from gatehouse.server.mustering import Mustered, Someone
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.vision.codes import read_codes
from gatehouse.vision.errors import BadFrame
from gatehouse.vision.frames import decode_picture

TEXT_LIMIT = 400


@dataclass(frozen=True, slots=True)
class Zone:
    name: str
    missing: int
    lines: list[dict[str, object]]


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Nothing is shown yet, and nobody is told."""
    sites = sites_visible_to(reader(request))
    rolls = [{"site": site, "roll": mustering.roll(site)} for site in sites]
    return render(request, "muster/choose.html", {"rolls": rolls})


@require_POST
def muster(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """The list; with `do` a step of the roll call before it. Without a redirect: a list is not to be found by going
    back."""
    site, who, at = site_of(request, site_id), reader(request), now()
    timezone.activate(ZoneInfo(site.zone))
    _step(request.POST.get("do", ""), site, at)
    untick = request.POST.get("untick", "")
    if untick:
        mustering.change(site, lambda roll: roll.unticked(untick))
    if "tick" in request.POST or "text" in request.POST or request.FILES:
        _tick(request, site, who, at)
    found = mustering.look(site, by=who.by, at=at)
    context: dict[str, object] = {"site": site, "at": at}
    if isinstance(found, Refused):
        return render(request, "muster/muster.html", context | {"refused": words.refused(found.code)}, status=403)
    return render(request, "muster/muster.html", context | _shown(found, mustering.roll(site), at))


def _step(do: str, site: Site, at: datetime) -> None:
    match do:
        case "start":
            mustering.start(site, at, drill=False)
        case "drill":
            mustering.start(site, at, drill=True)
        case "end":
            mustering.change(site, lambda roll: roll.end(at))


def _tick(request: HttpRequest, site: Site, who: SignedIn, at: datetime) -> None:
    person = request.POST.get("tick", "")
    if person:
        mustering.tick(site, Tick(_own(person), at, How.LIST))
        return
    texts = _photographed(request) or [request.POST.get("text", "").replace("\0", "")[:TEXT_LIMIT]]
    for text in texts:
        found = mustering.whose(site, text, who.token, who.by, at) if text.strip() else None
        if isinstance(found, Refused):
            wording = words.refused(found.code)
            messages.error(request, f"{wording.what} {wording.do}", "warn")
            return
        if isinstance(found, Tick):
            mustering.tick(site, found)
            messages.success(request, _("Ticked."), "yes")
            return
    messages.error(request, _("Nobody here is known by that."), "warn")


def _own(text: str) -> str:
    """Raises Http404 for what is no id."""
    try:
        return str(UUID(text))
    except ValueError as fault:
        raise Http404 from fault


def _photographed(request: HttpRequest) -> list[str]:
    """What stands in the codes of the photo; it is read in memory and dropped."""
    file = request.FILES.get("photo")
    try:
        return read_codes(decode_picture(file.read())) if file is not None and hasattr(file, "read") else []
    except BadFrame:
        return []


def _shown(found: Mustered, roll: RollCall | None, at: datetime) -> dict[str, object]:
    goes_on = roll is not None and roll.ended is None
    by_zone: dict[str, list[Someone]] = {}
    for one in found.inside:
        by_zone.setdefault(one.where.zone if one.where else "", []).append(one)
    ticks = roll.ticks if roll else {}
    zones = [
        Zone(
            found.zones.get(own, "") or _("Site"),
            sum(one.id not in ticks for one in some),
            [{"of": one, "ticked": one.id in ticks} for one in some],
        )
        for own, some in by_zone.items()
    ]
    missing = sum(zone.missing for zone in zones)
    return {
        "zones": sorted(zones, key=lambda zone: zone.name),
        "others": found.others,
        "roll": roll,
        "goes_on": goes_on,
        "count": missing if goes_on else len(found.inside),
        "inside": len(found.inside),
        "ticked": len(ticks),
        "lasted": _clock(roll.lasted(at)) if roll else "",
        "half": _clock(half) if roll and (half := roll.half_after(len(found.inside))) is not None else "",
    }


def _clock(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 60}:{seconds % 60:02d}"


@require_safe
def back(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """A list that is asked for by its address alone, as after a change of language, is opened anew by a button."""
    site_of(request, site_id)
    return HttpResponseRedirect(reverse("muster"))


def site_page(request: HttpRequest, site_id: UUID) -> HttpResponse:
    return muster(request, site_id) if request.method == "POST" else back(request, site_id)
