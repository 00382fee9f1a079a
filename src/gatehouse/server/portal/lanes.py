"""What the code at a lane is for: at an exit the card of the car that stands there, without typing; at an entry the way
in for a vehicle that has no plate, or whose plate the camera does not read."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.errors import DomainError
from gatehouse.domain.policy import Direction, GateKind
from gatehouse.server import bus
from gatehouse.server.audit.by import By
from gatehouse.server.gates import actions as gates
from gatehouse.server.gates import queries as gate_queries
from gatehouse.server.gates.models import Gate, GateMode
from gatehouse.server.gates.virtual import DRIVER, is_numbered, plate_of
from gatehouse.server.moment import now
from gatehouse.server.parking import queries
from gatehouse.server.parking.facts import StayUnreadable, quote
from gatehouse.server.parking.models import Garage
from gatehouse.server.portal.garage import Problem, frame, garage_of, source_of
from gatehouse.server.portal.limits import Limit
from gatehouse.server.portal.pay import EXPIRED, UNPRICED, card, form

CODE_LENGTH = 24
MINUTES_GOOD = 5  # a scanned code of an exit is good so long
QUIET = timedelta(seconds=15)  # nobody is let in behind a car that has only just passed
PER_SOURCE, PER_LANE = Limit(3, timedelta(hours=1)), Limit(30, timedelta(hours=1))

BUSY = Problem(
    _("Another car is just being let in"), _("Wait until the barrier is down, then try again."), "warn", "clock"
)
TOO_OFTEN = Problem(
    _("This was asked too often"), _("Press “I need help”: somebody looks and opens for you."), "stop", "clock"
)


# --- at an exit ----------------------------------------------------------------------------------------------------


def held_code(stay: str, at: datetime) -> str:
    """What the display of an exit shows for the stay that stands there. Another one every minute."""
    return _held_code(stay, int(at.timestamp()) // 60)


def _held_code(stay: str, minute: int) -> str:
    return f"{UUID(stay).hex}-{_signed('held', stay, minute)}"


def _signed(salt: str, what: str, minute: int) -> str:
    return salted_hmac(f"gatehouse.lane.{salt}", f"{what}/{minute}", algorithm="sha256").hexdigest()[:CODE_LENGTH]


def unfound_code(gate: Gate, at: datetime) -> str:
    """What the display of an exit shows to a car that is held and whose stay is not found."""
    return _signed("unfound", str(gate.pk), int(at.timestamp()) // 60)


def is_unfound_code(gate: Gate, text: str, at: datetime) -> bool:
    this_minute = int(at.timestamp()) // 60
    good = (_signed("unfound", str(gate.pk), this_minute - back) for back in range(MINUTES_GOOD + 1))
    return sum(constant_time_compare(text, one) for one in good) > 0


def _held_stay(text: str, at: datetime) -> str | None:
    """The stay of a code that is still good."""
    try:
        stay = str(UUID(text.partition("-")[0]))
    except ValueError:
        return None
    this_minute = int(at.timestamp()) // 60
    good = (_held_code(stay, this_minute - back) for back in range(MINUTES_GOOD + 1))
    return stay if sum(constant_time_compare(text, one) for one in good) else None


@require_safe
def held(request: HttpRequest, code: str, lane: str) -> HttpResponse:
    """The card of the car at the exit, for whoever has just scanned the display."""
    garage = garage_of(code)
    stay_id = _held_stay(lane, now())
    stay = queries.open_stay(stay_id) if stay_id else None
    if stay is None or stay.garage_id != garage.pk:
        return form(request, garage, EXPIRED)
    try:
        asked = quote(stay, now())
    except (StayUnreadable, DomainError):
        return form(request, garage, UNPRICED)
    return card(request, garage, asked, {"called": _("Your car at the exit")})


# --- at an entry ---------------------------------------------------------------------------------------------------


def entry_code(gate: Gate) -> str:
    """In the address of the code that hangs at an entry lane."""
    return salted_hmac("gatehouse.lane.entry", str(gate.pk), algorithm="sha256").hexdigest()[:CODE_LENGTH]


def entry_address(gate: Gate, garage: Garage) -> str:
    return reverse("pay-entry", args=[garage.pay_code, gate.code, entry_code(gate)])


def lets_in_unread(gate: Gate) -> bool:
    """Whether this lane lets in vehicles that it does not know: only such a one lets in a vehicle that nobody read."""
    return gate.kind == GateKind.LANE and gate.direction == Direction.IN and gate.admits_unknown


def _entry(garage: Garage, gate: str, lane: str) -> Gate:
    found = gate_queries.gate_by_codes(garage.site.code, gate)
    if found is None or found.zone_id != garage.zone_id or not lets_in_unread(found):
        raise Http404
    if not constant_time_compare(entry_code(found), lane):
        raise Http404
    return found


@require_safe
def entry(request: HttpRequest, code: str, gate: str, lane: str) -> HttpResponse:
    garage = garage_of(code)
    found = _entry(garage, gate, lane)
    return _entry_page(request, garage, found)


def _entry_page(
    request: HttpRequest, garage: Garage, gate: Gate, problem: Problem | None = None, status: int = 200
) -> HttpResponse:
    context = frame(request, garage) | {"gate": gate, "problem": problem, "lane": entry_code(gate)}
    return render(request, "portal/entry.html", context, status=status)


@require_POST
def come_in(request: HttpRequest, code: str, gate: str, lane: str) -> HttpResponse:
    """Order the barrier up for a vehicle that gets a virtual plate."""
    garage = garage_of(code)
    found = _entry(garage, gate, lane)
    at = now()
    if found.mode != GateMode.CONTROLLED or _is_busy(found, at):
        return _entry_page(request, garage, found, BUSY, status=409)
    if not PER_SOURCE.take(source_of(request), at) or not PER_LANE.take(str(found.pk), at):
        return _entry_page(request, garage, found, TOO_OFTEN, status=429)
    opening = gates.open_once(found, _fresh_since(found, at), by=By.job(DRIVER), at=at)
    if opening is None:
        return _entry_page(request, garage, found, BUSY, status=409)
    return HttpResponseRedirect(reverse("pay-mine", args=[garage.pay_code, opening.pk]))


def _is_busy(gate: Gate, at: datetime) -> bool:
    """Whether somebody has just been let in, or is about to be."""
    live = bus.tile(gate.site_id, gate.code)
    let_in = live.outcome in ("granted", "passed") and live.at is not None and at - live.at < QUIET
    return let_in or gate_queries.opening_waits(gate, _fresh_since(gate, at))


def _fresh_since(gate: Gate, at: datetime) -> datetime:
    """An order of before then is carried out no more."""
    return at - timedelta(seconds=gate.freshness_s)


@require_safe
def mine(request: HttpRequest, code: str, opening_id: UUID) -> HttpResponse:
    """The page that a vehicle without a plate is known by: kept on the phone, it shows and pays its stay."""
    garage = garage_of(code)
    opening = gate_queries.opening(opening_id)
    if opening is None or not is_numbered(opening) or opening.gate.zone_id != garage.zone_id:
        raise Http404
    plate = plate_of(opening.pk)
    context = frame(request, garage) | {
        "opening": opening.pk,
        "plate": f"{plate[:5]} {plate[5:]}",
        "typed": plate,
        "opened": opening.acknowledged,
        "waits": not opening.acknowledged and now() - opening.at < timedelta(seconds=opening.gate.freshness_s),
    }
    part = request.headers.get("HX-Request") == "true"
    return render(request, "portal/mine_state.html" if part else "portal/mine.html", context)
