"""Pay: one field for the plate, then one card with what is owed and one button.

The card of a car that owes nothing is that of a car that is not here, shows no picture, and is capped for each asking
address, garage and plate. Only who holds the garage's own code gets to ask at all. Nothing is remembered.
"""

import re
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.plates import PROVINCES, display, normalise
from gatehouse.server.console import words, words_money
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.console.words_parking import price_line
from gatehouse.server.moment import now
from gatehouse.server.parking import accounts, orders, payments, queries, testprovider
from gatehouse.server.parking.facts import Quote, StayUnreadable
from gatehouse.server.parking.models import Garage, OpenStay, Payment
from gatehouse.server.parking.payments import NothingDue
from gatehouse.server.parking.providers.protocol import Declined, ProviderFault, QrCode, Redirect
from gatehouse.server.portal import asking
from gatehouse.server.portal.asking import No, Owed
from gatehouse.server.portal.garage import STATION, Problem, answers_a_form, frame, garage_of, source_of
from gatehouse.server.portal.notices import public_url

PLATE_LIMIT = 20
ASK_HOLDS = timedelta(minutes=15)
_SALT = "gatehouse.pay.stay"
# A Chinese plate without its first character. Whose it is nobody guesses: the driver says the province.
_NO_PROVINCE = re.compile(r"[A-HJ-Z][A-Z0-9]{4,5}[A-Z0-9学警港澳挂]")
LETTERS = "QWERTYUPASDFGHJKLZXCVBNM"  # no I and no O: Chinese serials have neither
DIGITS = "1234567890"
LAST = "学港澳挂警"

EMPTY = Problem(_("Please type your plate"), _("Letters and digits as they stand on the car."), "warn", "info")
CAPPED = Problem(
    _("Too many plates were tried from here, or this plate too often"),
    _("Wait a few minutes, then try again. You can also pay at the exit."),
    "stop",
    "clock",
)
EXPIRED = Problem(_("That took a while, so the amount may have changed"), _("Type your plate again."), "warn", "clock")
UNPRICED = Problem(
    _("We can not work out what you owe"),
    _("Press “I need help” below: somebody looks at it and lets you out."),
    "stop",
    "warn",
)
NO_PROVIDER = Problem(
    _("Paying by phone is not set up here yet"), _("Please pay at the exit, or press the help button."), "stop", "warn"
)
PROVIDER_AWAY = Problem(
    _("The payment service does not answer"),
    _("Nothing was taken. Try again, or choose another way to pay."),
    "stop",
    "warn",
)
FREE = Problem(_("There is nothing to pay"), _("Just drive to the exit."), "good", "yes")


@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, code: str) -> HttpResponse:
    """The form. A plate that is to be corrected comes in the body, never in the address."""
    garage = garage_of(code)
    if request.method == "POST":
        return form(request, garage, plate=request.POST.get("plate", "")[:PLATE_LIMIT])
    request.session.pop(STATION, None)
    return form(request, garage)


@require_safe
def station(request: HttpRequest, code: str) -> HttpResponse:
    """The same page on a tablet that stands in the garage: large keys, and nothing stays."""
    garage = garage_of(code)
    request.session[STATION] = garage.pay_code
    return form(request, garage)


def form(
    request: HttpRequest, garage: Garage, problem: Problem | None = None, plate: str = "", status: int = 200
) -> HttpResponse:
    context = (
        frame(request, garage)
        | {
            "problem": problem,
            "plate": plate,
        }
        | plate_keys(request, garage)
    )
    return render(request, "portal/pay.html", context, status=status)


def is_chinese(garage: Garage) -> bool:
    """Whether cars here mostly carry Chinese plates."""
    return garage.currency == "CNY"


def plate_keys(request: HttpRequest, garage: Garage) -> dict[str, object]:
    """For the template `portal/plate_field.html`: the keys of Chinese plates, and whether they are out at once."""
    if not is_chinese(garage):
        return {"keys": None}
    keys = {"provinces": PROVINCES, "digits": DIGITS, "letters": LETTERS, "last": LAST}
    at_once = translation.get_language() == "zh-hans" or request.session.get(STATION) == garage.pay_code
    return {"keys": keys, "open_keys": at_once}


@answers_a_form
def find(request: HttpRequest, code: str) -> HttpResponse:
    """The card for a typed plate; the plate travels in the body and never in an address."""
    garage = garage_of(code)
    typed = request.POST.get("plate", "").strip()[:PLATE_LIMIT]
    plate = normalise(typed)
    if not plate:
        return form(request, garage, EMPTY)
    province = request.POST.get("province", "")
    if len(province) == 1 and province in PROVINCES:
        plate = normalise(province + plate)
    elif is_chinese(garage) and not request.POST.get("as_is") and _NO_PROVINCE.fullmatch(plate):
        context = frame(request, garage) | {"plate": plate, "provinces": PROVINCES}
        return render(request, "portal/province.html", context)
    answer = asking.ask(garage, plate, source_of(request), now())
    if answer is No.CAPPED:
        return form(request, garage, CAPPED, typed, status=429)
    if answer is No.UNPRICED:
        return form(request, garage, UNPRICED, typed)
    shown: dict[str, object] = {"plate": display(plate), "typed": plate}
    if isinstance(answer, Owed):
        return card(request, garage, answer.quote, shown)
    # The ways to pay are looked up here too, so that as much is asked as for a car that owes.
    context = frame(request, garage) | shown | {"nothing": Money.zero(garage.currency), "choices": _ways(garage)}
    return render(request, "portal/owed.html", context)


def card(request: HttpRequest, garage: Garage, asked: Quote, shown: dict[str, object]) -> HttpResponse:
    """What a stay owes. `shown` says what the car is called: the typed plate, or the lane it stands at."""
    at = now()
    lines = [price_line(line) for line in asked.price.lines] if asked.price else []
    context = {
        "amount": asked.due,
        "entered": asked.entered_at,
        "stayed": max(at - asked.entered_at, timedelta()),  # an edge's clock may be ahead of ours
        "free": None if asked.due else FREE,
        "quote": signing.dumps(str(asked.stay), salt=_SALT),
        "choices": _ways(garage),
        "lines": lines,
        "total": asked.price.total if asked.price else Money.zero(asked.due.currency),
        "paid": asked.paid if asked.paid.minor else None,
        "tax": asked.price.tax if asked.price else None,
    }
    return render(request, "portal/owed.html", frame(request, garage) | context | shown)


def _stay(request: HttpRequest, garage: Garage) -> OpenStay | None:
    """The stay whose card the driver looked at, None when that was too long ago or it has left."""
    try:
        stay_id = signing.loads(request.POST.get("quote", ""), salt=_SALT, max_age=ASK_HOLDS)
    except signing.BadSignature:
        return None
    stay = queries.open_stay(UUID(str(stay_id)))
    return stay if stay is not None and stay.garage_id == garage.pk else None


@answers_a_form
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a payment at the provider, which learns an opaque id and an amount."""
    garage = garage_of(code)
    stay = _stay(request, garage)
    if stay is None:
        return form(request, garage, EXPIRED)
    ways = dict(accounts.ways_to_pay(garage))
    way = request.POST.get("way", "") or next(iter(ways), "")
    if way not in ways:
        return form(request, garage, NO_PROVIDER, status=503)
    try:
        started = payments.start_payment(stay, way, now(), ways[way])
    except (StayUnreadable, DomainError):
        return form(request, garage, UNPRICED)
    if started is None:
        return form(request, garage, EXPIRED)
    if isinstance(started, NothingDue):
        return form(request, garage, FREE)
    return _to_provider(request, garage, started[0])


def _ways(garage: Garage) -> list[tuple[str, words.Text]]:
    """Providers to choose from, with their names."""
    return [(name, words_money.WAYS[name]) for name, _account in accounts.ways_to_pay(garage)]


def _to_provider(request: HttpRequest, garage: Garage, payment: Payment) -> HttpResponse:
    """The provider's own page. A form may lead only to our own addresses, so a page of ours leads further."""
    back = reverse("pay-receipt", args=[garage.pay_code, payment.pk])
    code = payment.account.code if payment.account else "builtin"
    try:
        begun = orders.begin(
            payment,
            return_url=public_url(request, back),
            notify_url=public_url(request, reverse("pay-notice", args=[payment.provider, code])),
            payer_address=request.META.get("REMOTE_ADDR", ""),
            at=now(),
        )
    except ProviderFault:
        return form(request, garage, PROVIDER_AWAY, status=503)
    shown = frame(request, garage) | {"amount": Money(payment.amount_minor, payment.currency), "back": back}
    shown |= {"provider": words_money.PROVIDERS[payment.provider], "payment": payment.pk}
    match begun:
        case Declined():
            return form(request, garage, PROVIDER_AWAY, status=503)
        case QrCode(text=text):
            title = str(_("QR code of the payment provider"))
            return render(request, "portal/scan.html", shown | {"qr": qr_svg(text, title), "link": text})
        case Redirect(url=url) if payment.account is None:
            return HttpResponseRedirect(url)
        case Redirect(url=url) if url.startswith(("https://", "http://")):
            return render(request, "portal/go.html", shown | {"url": url})
        case Redirect():  # an address that no browser should be sent to
            return form(request, garage, PROVIDER_AWAY, status=503)


def payment_of(garage: Garage, payment_id: UUID) -> Payment:
    """Raises Http404 for another garage's."""
    found = queries.payment(payment_id)
    if found is None or found.garage_id != garage.pk:
        raise Http404
    return found


def looked_at(garage: Garage, payment_id: UUID) -> Payment:
    """The payment as it stands, its provider asked when a notice may be lost. Raises Http404."""
    orders.look_again(payment_of(garage, payment_id), now())
    return payment_of(garage, payment_id)


def test_provider(request: HttpRequest, code: str, payment_id: UUID) -> HttpResponse:
    """The built-in provider's own page: it tells us by a signed message, as a real one would."""
    garage = garage_of(code)
    payment = payment_of(garage, payment_id)
    if not settings.TEST_PROVIDER or payment.provider != testprovider.NAME:
        raise Http404
    if request.method == "POST":
        if request.POST.get("outcome") != "paid":
            return HttpResponseRedirect(str(frame(request, garage)["start"]))
        testprovider.pay(payment, now())
        return HttpResponseRedirect(reverse("pay-receipt", args=[garage.pay_code, payment.pk]))
    amount = Money(payment.amount_minor, payment.currency)
    context = frame(request, garage) | {"payment": payment.pk, "amount": amount}
    return render(request, "portal/test_provider.html", context)
