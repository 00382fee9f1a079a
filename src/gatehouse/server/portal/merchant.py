"""A merchant's page: a plate or a code gives a customer time or money. It says the same for every plate.

The link is a secret of its own; on a till's device its PIN is typed once, and again after half a day.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.money import Money
from gatehouse.domain.plates import normalise
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import saying, words
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.moment import now
from gatehouse.server.parking import merchants
from gatehouse.server.parking.actions import find_stay
from gatehouse.server.parking.merchants import CODE_HOLDS, UNDO_HOLDS, BudgetSpent
from gatehouse.server.parking.models import GiftKind, Merchant
from gatehouse.server.parking.queries import merchant_room
from gatehouse.server.portal.limits import Limit
from gatehouse.server.portal.pay import PLATE_LIMIT, plate_keys

COOKIE = "gatehouse_merchant"
SIGNED_IN_FOR = timedelta(hours=12)
_UNDO = "gatehouse.merchant.undo"
_MAC = 32
TOO_OFTEN = Refused("capped")


@dataclass(frozen=True, slots=True)
class Said:
    """One note on the page."""

    what: words.Text
    do: words.Text
    tone: str
    mark: str


NO_PLATE = Said(_("That is no plate"), _("Type letters and digits."), "warn", "warn")
CAPPED = Said(
    _("Too many plates for now"), _("Show the customer a code instead, or wait a few minutes."), "stop", "clock"
)
SPENT = Said(_("This month's budget is used up"), _("Ask the garage's operator for more."), "stop", "no")
WRONG_PIN = Said(_("That is not the PIN"), _("Try again. After ten wrong tries the link is dead."), "stop", "no")
BAD_PIN = Said(_("Choose 4 to 8 digits"), _("Everybody at this till types it once a day."), "warn", "warn")
UNDONE = Said(_("Taken back"), _("Unless that car has left already: then it stays given."), "good", "yes")
TOO_LATE = Said(_("Too late to take that back"), _("Ten minutes are over."), "warn", "clock")
NOT_HERE = Said(
    _("No car with this plate is parked here right now"),
    _("Check every character. The code stays good."),
    "warn",
    "info",
)
ASKED_TOO_OFTEN = Said(
    _("Too many plates were tried from here"), _("Wait a few minutes, then try again."), "stop", "clock"
)
TRIES = Limit(5, CODE_HOLDS)  # plates to a code: it is for one's own car, and finds nobody else's
CODE_OVER = Said(
    _("This code is used or too old"), _("Ask in the shop for a new one. Your own time is not touched."), "stop", "no"
)


def gift(merchant: Merchant, amount: int | None = None) -> str:
    """What one validation gives, as people say it."""
    given = merchant.gives if amount is None else amount
    if merchant.kind == GiftKind.MINUTES:
        return saying.length(timedelta(minutes=given))
    return saying.money(Money(given, merchant.garage.currency))


def _merchant(code: str) -> Merchant:
    """Raises Http404; the garage's clock is made the page's."""
    found = merchants.merchant_by_code(code)
    if found is None:
        raise Http404
    timezone.activate(ZoneInfo(found.garage.site.zone))
    return found


def _signed(merchant: Merchant) -> str:
    """Ends with the link and with the PIN that it was signed in by."""
    text = "\0".join((str(merchant.pk), merchant.link_hash, merchant.pin_hash))
    return salted_hmac("gatehouse.merchant.cookie", text, algorithm="sha256").hexdigest()


def _is_signed_in(request: HttpRequest, merchant: Merchant) -> bool:
    held = request.get_signed_cookie(COOKIE, default="", salt=COOKIE, max_age=SIGNED_IN_FOR)
    return bool(merchant.pin_hash) and constant_time_compare(held or "", _signed(merchant))


def _page(
    request: HttpRequest, code: str, merchant: Merchant, said: Said | None = None, *, status: int = 200, **more: object
) -> HttpResponse:
    context: dict[str, object] = {
        "code": code,
        "garage_name": merchant.garage.name,
        "merchant": merchant.name,
        "said": said,
        "now": now(),
    }
    if not _is_signed_in(request, merchant):
        return render(request, "portal/merchant_pin.html", context | {"first": not merchant.pin_hash}, status=status)
    room = merchant_room(merchant, now())
    context |= {
        "gift": gift(merchant),
        "left": gift(merchant, room) if room >= merchant.gives else "",
    } | plate_keys(request, merchant.garage)
    return render(request, "portal/merchant.html", context | more, status=status)


@require_safe
def merchant(request: HttpRequest, code: str) -> HttpResponse:
    return _page(request, code, _merchant(code))


@require_POST
def pin(request: HttpRequest, code: str) -> HttpResponse:
    """The first PIN of a link is chosen; later ones are compared."""
    found, typed = _merchant(code), request.POST.get("pin", "")
    if not (typed.isascii() and typed.isdigit() and 4 <= len(typed) <= 8):
        return _page(request, code, found, WRONG_PIN if found.pin_hash else BAD_PIN, status=422)
    if not found.pin_hash:
        merchants.choose_pin(found, typed, at=now())
        found = _merchant(code)
    if not merchants.is_pin(found, typed):
        return _page(request, code, found, WRONG_PIN, status=422)
    response = HttpResponseRedirect(reverse("merchant", args=[code]))
    response.set_signed_cookie(
        COOKIE,
        _signed(found),
        salt=COOKIE,
        max_age=SIGNED_IN_FOR,
        path="/merchant/",
        httponly=True,
        samesite="Strict",
        secure=request.is_secure(),
    )
    return response


@require_POST
def give(request: HttpRequest, code: str) -> HttpResponse:
    """The same answer for every plate: it says what was given, not whether somebody has it."""
    found = _merchant(code)
    if not _is_signed_in(request, found):
        return _page(request, code, found)
    plate = normalise(request.POST.get("plate", "").strip()[:PLATE_LIMIT])
    if not plate:
        return _page(request, code, found, NO_PLATE, status=422)
    try:
        given = merchants.validate(found, plate, at=now())
    except BudgetSpent:
        return _page(request, code, found, SPENT, status=409)
    if isinstance(given, Refused):
        return _page(request, code, found, CAPPED, status=429)
    undo = signing.dumps(str(given.validation), salt=_UNDO)
    return _page(request, code, found, given_to=plate, undo=undo)


@require_POST
def undo(request: HttpRequest, code: str) -> HttpResponse:
    found = _merchant(code)
    if not _is_signed_in(request, found):
        return _page(request, code, found)
    try:
        validation = UUID(signing.loads(request.POST.get("undo", ""), salt=_UNDO, max_age=UNDO_HOLDS))
    except (signing.BadSignature, ValueError):
        return _page(request, code, found, TOO_LATE, status=409)
    merchants.take_back(found, validation, at=now())
    return _page(request, code, found, UNDONE)


@require_POST
def show(request: HttpRequest, code: str) -> HttpResponse:
    """A code for the customer's own phone: good once, for ten minutes."""
    found = _merchant(code)
    if not _is_signed_in(request, found):
        return _page(request, code, found)
    try:
        given = merchants.show_code(found, at=now())
    except BudgetSpent:
        return _page(request, code, found, SPENT, status=409)
    ends = now() + CODE_HOLDS
    address = request.build_absolute_uri(reverse("validate", args=[validation_code(given.validation, ends)]))
    return _page(request, code, found, qr=qr_svg(address, str(_("Scan to have your parking validated"))), until=ends)


# --- the driver's side -------------------------------------------------------------------------------------------


def validation_code(validation: UUID, ends: datetime) -> str:
    """What the QR says: which validation, until when, and that it is ours."""
    text = f"{validation.hex}-{int(ends.timestamp())}"
    return f"{text}-{_mac(text)}"


def _mac(text: str) -> str:
    return salted_hmac("gatehouse.merchant.code", text, algorithm="sha256").hexdigest()[:_MAC]


def validation_of(code: str, at: datetime) -> UUID | None:
    """None for a code that is too old or none of ours."""
    text, _dash, mac = code.rpartition("-")
    if not constant_time_compare(mac, _mac(text)):
        return None
    name, _dash, ends = text.partition("-")
    return UUID(name) if at < datetime.fromtimestamp(int(ends), UTC) else None


def scan(request: HttpRequest, code: str) -> HttpResponse:
    """GET asks for the driver's own plate; POST gives the time to that stay."""
    validation = validation_of(code, now())
    found = merchants.waiting_merchant(validation) if validation else None
    if validation is None or found is None:
        return render(request, "portal/validated.html", {"said": CODE_OVER, "now": now()}, status=410)
    timezone.activate(ZoneInfo(found.garage.site.zone))
    context = {
        "code": code,
        "garage_name": found.garage.name,
        "merchant": found.name,
        "gift": gift(found),
        "now": now(),
    } | plate_keys(request, found.garage)
    if request.method != "POST":
        return render(request, "portal/validate.html", context)
    typed = request.POST.get("plate", "").strip()[:PLATE_LIMIT]
    tried = TRIES.take(str(validation), now())
    stay = find_stay(found.garage, typed, address=request.META.get("REMOTE_ADDR", "")) if tried else TOO_OFTEN
    if isinstance(stay, Refused):
        return render(request, "portal/validate.html", context | {"said": ASKED_TOO_OFTEN}, status=429)
    done = stay is not None and merchants.scan(validation, stay, at=now())
    if not done and merchants.waiting_merchant(validation) is not None:
        # Also of a car that is here and may not have it: a code tells nobody of a car that has paid, or has a permit.
        return render(request, "portal/validate.html", context | {"said": NOT_HERE, "plate": typed})
    said = None if done else CODE_OVER
    shown = {"pay_code": found.garage.pay_code, "plate": normalise(typed), "said": said}
    return render(request, "portal/validated.html", context | shown, status=200 if done else 409)
