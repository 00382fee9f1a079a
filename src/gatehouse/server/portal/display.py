"""The exit display, read from a driver's seat. It shows what stands at the lane this moment and stores nothing.

Its address holds a code that only who set it up knows, so that nobody watches a lane from elsewhere.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from gatehouse.domain.decisions import Reason
from gatehouse.domain.money import Money
from gatehouse.server import bus
from gatehouse.server.console import words
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates.models import Gate
from gatehouse.server.moment import now
from gatehouse.server.parking.facts import is_cleared
from gatehouse.server.parking.models import Garage
from gatehouse.server.parking.queries import garage_of_gate, open_stay
from gatehouse.server.portal import lanes

SHOWN_FOR = timedelta(seconds=20)
CODE_LENGTH = 20


def display_code(gate: Gate) -> str:
    """The code in the address of a lane's display; the same until the keeper's signing secret is changed."""
    return salted_hmac("gatehouse.display", str(gate.pk), algorithm="sha256").hexdigest()[:CODE_LENGTH]


def display_address(gate: Gate) -> str:
    return reverse("display", args=[gate.site.code, gate.code, display_code(gate)])


@require_safe
def display(request: HttpRequest, site: str, gate: str, code: str) -> HttpResponse:
    return render(request, "portal/display.html", _screen(request, _lane(site, gate, code)))


@require_safe
def screen(request: HttpRequest, site: str, gate: str, code: str) -> HttpResponse:
    return render(request, "portal/screen.html", _screen(request, _lane(site, gate, code)))


def _lane(site: str, gate: str, code: str) -> Gate:
    found = gates.gate_by_codes(site, gate)
    if found is None or not constant_time_compare(display_code(found), code):
        raise Http404
    timezone.activate(ZoneInfo(found.site.zone))
    return found


def _screen(request: HttpRequest, gate: Gate) -> dict[str, object]:
    garage = garage_of_gate(gate)
    live = bus.tile(gate.site_id, gate.code)
    pay_at = request.build_absolute_uri(_scanned(gate, garage, live)) if garage else ""
    context: dict[str, object] = {
        "poll": reverse("display-screen", args=[gate.site.code, gate.code, display_code(gate)]),
        "garage_name": garage.name if garage else gate.name,
        "entry": lanes.lets_in_unread(gate),
        "qr": qr_svg(pay_at, str(_("Pay on your phone"))) if pay_at else "",
        "now": now(),
    }
    if live.owed is not None and not _cleared(live.owed):
        return context | {"amount": Money(live.owed.minor, live.owed.currency)}
    if _is_unfound(live):
        return context | {"unfound": True}
    said = _said(live)
    return context | {"said": said.what, "then": said.do} if said else context


def _scanned(gate: Gate, garage: Garage, live: bus.Tile) -> str:
    """Where the display's code leads: to the card of the car that is held, in without a plate, or to the form."""
    if live.owed is not None:
        return reverse("pay-held", args=[garage.pay_code, lanes.held_code(live.owed.stay, now())])
    if _is_unfound(live):
        return reverse("pay-unfound", args=[garage.pay_code, gate.code, lanes.unfound_code(gate, now())])
    if lanes.lets_in_unread(gate):
        return lanes.entry_address(gate, garage)
    return reverse("pay", args=[garage.pay_code])


def _is_unfound(live: bus.Tile) -> bool:
    """Whether a car is held of which nobody knows what it owes."""
    fresh = live.at is not None and now() - live.at <= SHOWN_FOR
    return fresh and live.owed is None and live.outcome == "refused" and live.reason == Reason.UNPAID


def _cleared(owed: bus.Owed) -> bool:
    """Whether the held car has been paid for since its last attempt."""
    stay = open_stay(owed.stay)
    return stay is not None and is_cleared(stay, now())


def _said(live: bus.Tile) -> words.Wording | None:
    """What to say to the car that stands there, None when none does."""
    if live.at is None or (live.owed is None and now() - live.at > SHOWN_FOR):
        return None
    if live.owed is not None:
        return words.Wording(_("Paid. Thank you."), _("The barrier opens now."))
    if live.outcome in {"granted", "passed"}:
        return words.Wording(_("Goodbye")) if live.direction == "out" else words.Wording(_("Welcome"))
    if live.outcome == "refused":
        return words.Wording(words.reason(live.reason).what, _("Press the help button and somebody comes."))
    return None
