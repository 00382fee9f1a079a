"""My plate was not found: the driver types it once more and says when he came in, which only he knows.

The keeper compares; the answer for a plate that is not here, for one that is here at another time and for one of two
that are alike is the same, and takes as long.
"""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from gatehouse.clock import monotonic_s
from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import DAY, at_local, local_date
from gatehouse.domain.plates import display, normalise
from gatehouse.keeper.protocol import Refused
from gatehouse.server.gates.models import Gate
from gatehouse.server.gates.queries import gate_by_codes
from gatehouse.server.moment import now
from gatehouse.server.parking import matching
from gatehouse.server.parking.facts import StayUnreadable, quote
from gatehouse.server.parking.models import Garage
from gatehouse.server.portal.garage import Problem, frame, garage_of
from gatehouse.server.portal.lanes import is_unfound_code
from gatehouse.server.portal.pay import CAPPED, EXPIRED, PLATE_LIMIT, UNPRICED, card, form, plate_keys

FLOOR_S = 0.25
DAYS_BACK = 7  # for longer stays a human is quicker
AHEAD = timedelta(minutes=15)  # how far a driver's watch may be ahead of ours

NOT_HERE = Problem(
    _("No car fits these two together"),
    _("Check the plate and the time. If they are right, press “I need help”: somebody finds your car."),
    "warn",
    "info",
)
NO_TIME = Problem(_("Please say when you came in"), _("To the quarter of an hour is near enough."), "warn", "clock")


@require_http_methods(["GET", "HEAD", "POST"])
def lost(request: HttpRequest, code: str) -> HttpResponse:
    """The form; with a day and a time in the body, the answer to it."""
    garage = garage_of(code)
    typed = request.POST.get("plate", "")[:PLATE_LIMIT]
    if "came" not in request.POST:
        return _form(request, garage, typed)
    came = _came(request, garage)
    if came is None or not normalise(typed):
        return _form(request, garage, typed, NO_TIME, status=422)
    began_s = monotonic_s()
    at = now()
    found = matching.claim(garage, typed, came, address=request.META.get("REMOTE_ADDR", ""), at=at)
    time.sleep(max(0.0, began_s + FLOOR_S - monotonic_s()))
    if isinstance(found, Refused):
        return _form(request, garage, typed, CAPPED, status=429)
    if found is None:
        return _form(request, garage, typed, NOT_HERE)
    try:
        asked = quote(found, at)
    except (StayUnreadable, DomainError):
        return _form(request, garage, typed, UNPRICED)
    return card(request, garage, asked, {"plate": display(typed), "typed": normalise(typed)})


@require_http_methods(["GET", "HEAD", "POST"])
def unfound(request: HttpRequest, code: str, gate: str, lane: str) -> HttpResponse:
    """As `lost`, for the car that the exit holds: its plate is what the camera read, which nobody types or sees."""
    garage = garage_of(code)
    found = gate_by_codes(garage.site.code, gate)
    if found is None or found.zone_id != garage.zone_id or not is_unfound_code(found, lane, now()):
        return form(request, garage, EXPIRED)
    if "came" not in request.POST:
        return _form(request, garage, "", gate=found)
    came = _came(request, garage)
    if came is None:
        return _form(request, garage, "", NO_TIME, status=422, gate=found)
    began_s = monotonic_s()
    at = now()
    stay = matching.claim_at_exit(found, came, address=request.META.get("REMOTE_ADDR", ""), at=at)
    time.sleep(max(0.0, began_s + FLOOR_S - monotonic_s()))
    if isinstance(stay, Refused):
        return _form(request, garage, "", CAPPED, status=429, gate=found)
    if stay is None:
        return _form(request, garage, "", NOT_HERE, gate=found)
    try:
        asked = quote(stay, at)
    except (StayUnreadable, DomainError):
        return form(request, garage, UNPRICED)
    return card(request, garage, asked, {"called": _("Your car at the exit")})


def _came(request: HttpRequest, garage: Garage) -> datetime | None:
    """When the driver says he came in, by the garage's clock; None for no time, or one that cannot be meant."""
    zone = ZoneInfo(garage.site.zone)
    try:
        back = int(request.POST.get("day", "0"))
        clock_time = datetime.strptime(request.POST["came"], "%H:%M").time()  # noqa: DTZ007
    except ValueError:
        return None
    if not 0 <= back <= DAYS_BACK:
        return None
    came = at_local(local_date(now(), zone) - back * DAY, clock_time, zone)
    return came if came <= now() + AHEAD else None


def _form(
    request: HttpRequest,
    garage: Garage,
    plate: str,
    problem: Problem | None = None,
    status: int = 200,
    gate: Gate | None = None,
) -> HttpResponse:
    today = local_date(now(), ZoneInfo(garage.site.zone))
    context = (
        frame(request, garage)
        | {
            "problem": problem,
            "plate": plate,
            "gate": gate,
            "action": request.path,
            "came": request.POST.get("came", "")[:5],
            "day": request.POST.get("day", "0")[:1],
            "days": [(str(back), today - back * DAY) for back in range(DAYS_BACK + 1)],
        }
        | plate_keys(request, garage)
    )
    return render(request, "portal/lost.html", context, status=status)
