"""Pay: one field for the plate, then one card with what is owed and one button.

The answer has the same shape for every plate, shows no picture, and is capped by the keeper for each asking address.
Only who holds the garage's own code gets to ask at all.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.periods import local_date, start_of_day
from gatehouse.domain.plates import normalise
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import words, words_money
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.console.words_parking import price_line
from gatehouse.server.moment import now
from gatehouse.server.parking import accounts, actions, orders, payments, queries, testprovider
from gatehouse.server.parking.facts import Quote, StayUnreadable, quote
from gatehouse.server.parking.models import Garage, OpenStay, Payment, PaymentState
from gatehouse.server.parking.payments import NothingDue
from gatehouse.server.parking.providers.protocol import Declined, ProviderFault, QrCode, Redirect
from gatehouse.server.portal.notices import public_url

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
PLATE_LIMIT = 20
ASK_HOLDS = timedelta(minutes=15)
_SALT = "gatehouse.pay.stay"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the card is not shown."""

    what: words.Text
    do: words.Text
    tone: str
    mark: str


NOT_FOUND = Problem(
    _("No car with this plate is parked here right now"),
    _("Check every character. If you have paid already or hold a permit, just drive to the exit."),
    "warn",
    "info",
)
CAPPED = Problem(
    _("Too many plates were tried from here"),
    _("Wait a few minutes, then try again. You can also pay at the exit."),
    "stop",
    "clock",
)
EXPIRED = Problem(_("That took a while, so the amount may have changed"), _("Type your plate again."), "warn", "clock")
UNPRICED = Problem(
    _("We can not work out what you owe"),
    _("Drive to the exit and press the help button: somebody lets you out."),
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


def _garage(code: str) -> Garage:
    """The garage of a pay code, its clock made the page's. Raises Http404."""
    garage = queries.garage_by_pay_code(code)
    if garage is None:
        raise Http404
    timezone.activate(ZoneInfo(garage.site.zone))
    return garage


def _frame(garage: Garage) -> dict[str, object]:
    return {"code": garage.pay_code, "garage_name": garage.name, "now": now()}


@require_safe
def pay(request: HttpRequest, code: str) -> HttpResponse:
    return _ask(request, _garage(code))


def _ask(
    request: HttpRequest, garage: Garage, problem: Problem | None = None, plate: str = "", status: int = 200
) -> HttpResponse:
    chinese = garage.currency == "CNY" or translation.get_language() == "zh-hans"
    context = _frame(garage) | {
        "problem": problem,
        "plate": plate,
        "provinces": PROVINCES if chinese else "",
        "open_keys": chinese and translation.get_language() == "zh-hans",
    }
    return render(request, "portal/pay.html", context, status=status)


@require_POST
def find(request: HttpRequest, code: str) -> HttpResponse:
    """The card for a typed plate; the plate travels in the body and never in an address."""
    garage = _garage(code)
    typed = request.POST.get("plate", "").strip()[:PLATE_LIMIT]
    stay = actions.find_stay(garage, typed, address=request.META.get("REMOTE_ADDR", ""))
    if isinstance(stay, Refused) and stay.code == "capped":
        return _ask(request, garage, CAPPED, typed, status=429)
    if isinstance(stay, Refused):
        return _ask(request, garage, UNPRICED, typed)
    if stay is None:
        return _ask(request, garage, NOT_FOUND, typed)
    try:
        asked = quote(stay, now())
    except (StayUnreadable, DomainError):
        return _ask(request, garage, UNPRICED, typed)
    return render(request, "portal/owed.html", _frame(garage) | _card(asked, normalise(typed), _ways(garage)))


def _ways(garage: Garage) -> list[tuple[str, words.Text]]:
    """Providers to choose from, with their names."""
    return [(name, words_money.PROVIDERS[name]) for name, _account in accounts.ways_to_pay(garage)]


def _card(asked: Quote, plate: str, ways: list[tuple[str, words.Text]]) -> dict[str, object]:
    """What the card says."""
    at = now()
    zero = Money.zero(asked.due.currency)
    lines = [price_line(line) for line in asked.price.lines] if asked.price else []
    return {
        "plate": plate,
        "amount": asked.due,
        "entered": asked.entered_at,
        "now": at,
        "stayed": max(at - asked.entered_at, timedelta()),  # an edge's clock may be ahead of ours
        "free": _nothing_due(asked),
        "quote": signing.dumps(str(asked.stay), salt=_SALT),
        "ways": ways if len(ways) > 1 else [],  # a single one needs no choice
        "lines": lines,
        "total": asked.price.total if asked.price else zero,
        "paid": asked.paid if asked.paid > zero else None,
        "tax": asked.price.tax if asked.price else None,
    }


def _nothing_due(asked: Quote) -> words.Wording | None:
    if asked.due:
        return None
    if asked.price is None:
        return words.Wording(_("Your permit covers this stay"), _("Just drive to the exit."))
    if asked.paid:
        return words.Wording(_("This stay is paid"), _("Just drive to the exit."))
    return words.Wording(_("There is nothing to pay"), _("Just drive to the exit."))


def _stay(request: HttpRequest, garage: Garage) -> OpenStay | None:
    """The stay whose card the driver looked at, None when that was too long ago or it has left."""
    try:
        stay_id = signing.loads(request.POST.get("quote", ""), salt=_SALT, max_age=ASK_HOLDS)
    except signing.BadSignature:
        return None
    stay = queries.open_stay(UUID(str(stay_id)))
    return stay if stay is not None and stay.garage_id == garage.pk else None


@require_POST
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a payment at the provider, which learns an opaque id and an amount."""
    garage = _garage(code)
    stay = _stay(request, garage)
    if stay is None:
        return _ask(request, garage, EXPIRED)
    ways = dict(accounts.ways_to_pay(garage))
    way = request.POST.get("way", "") or next(iter(ways), "")
    if way not in ways:
        return _ask(request, garage, NO_PROVIDER, status=503)
    try:
        started = payments.start_payment(stay, way, now(), ways[way])
    except (StayUnreadable, DomainError):
        return _ask(request, garage, UNPRICED)
    if started is None:
        return _ask(request, garage, EXPIRED)
    if isinstance(started, NothingDue):
        free = Problem(_("There is nothing to pay"), _("Just drive to the exit."), "good", "yes")
        return _ask(request, garage, free)
    return _to_provider(request, garage, started[0])


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
        return _ask(request, garage, PROVIDER_AWAY, status=503)
    frame = _frame(garage) | {"amount": Money(payment.amount_minor, payment.currency), "back": back}
    frame |= {"provider": words_money.PROVIDERS[payment.provider], "payment": payment.pk}
    match begun:
        case Declined():
            return _ask(request, garage, PROVIDER_AWAY, status=503)
        case QrCode(text=text):
            title = str(_("QR code of the payment provider"))
            return render(request, "portal/scan.html", frame | {"qr": qr_svg(text, title), "link": text})
        case Redirect(url=url) if url.startswith("/"):
            return HttpResponseRedirect(url)
        case Redirect(url=url):
            return render(request, "portal/go.html", frame | {"url": url})


def _payment(garage: Garage, payment_id: UUID) -> Payment:
    found = queries.payment(payment_id)
    if found is None or found.garage_id != garage.pk:
        raise Http404
    return found


def _looked_at(garage: Garage, payment_id: UUID) -> Payment:
    """The payment as it stands, its provider asked when a notice may be lost."""
    orders.look_again(_payment(garage, payment_id), now())
    return _payment(garage, payment_id)


def test_provider(request: HttpRequest, code: str, payment_id: UUID) -> HttpResponse:
    """The built-in provider's own page: it tells us by a signed message, as a real one would."""
    garage = _garage(code)
    payment = _payment(garage, payment_id)
    if not settings.TEST_PROVIDER or payment.provider != testprovider.NAME:
        raise Http404
    if request.method == "POST":
        if request.POST.get("outcome") != "paid":
            return HttpResponseRedirect(reverse("pay", args=[garage.pay_code]))
        testprovider.pay(payment, now())
        return HttpResponseRedirect(reverse("pay-receipt", args=[garage.pay_code, payment.pk]))
    context = _frame(garage) | {"payment": payment.pk, "amount": Money(payment.amount_minor, payment.currency)}
    return render(request, "portal/test_provider.html", context)


@require_safe
def receipt(request: HttpRequest, code: str, payment_id: UUID) -> HttpResponse:
    garage = _garage(code)
    payment = _looked_at(garage, payment_id)
    settled = payment.state in {PaymentState.SETTLED, PaymentState.LATE}
    zone = ZoneInfo(garage.site.zone)
    context = _frame(garage) | _receipt_state(payment)
    context |= {
        "payment": payment.pk,
        "amount": Money(payment.amount_minor, payment.currency),
        "paid_at": payment.at if settled else None,
        "refunds": [
            {"amount": Money(one.amount_minor, payment.currency), "said": words_money.REFUND_STATES[one.state]}
            for one in queries.refunds_of(payment)
        ],
        # Later than the same day only the date is known; it is kept as its midnight.
        "date_only": payment.at == start_of_day(local_date(payment.at, zone), zone),
    }
    return render(request, "portal/receipt.html", context)


@require_safe
def receipt_state(request: HttpRequest, code: str, payment_id: UUID) -> HttpResponse:
    """The part of the receipt that is asked anew: waiting, time left to leave, goodbye."""
    garage = _garage(code)
    payment = _looked_at(garage, payment_id)
    context = _frame(garage) | _receipt_state(payment) | {"payment": payment.pk}
    return render(request, "portal/receipt_state.html", context)


def _receipt_state(payment: Payment) -> dict[str, object]:
    """Words for where the payment and the car stand."""
    if payment.state == PaymentState.STARTED:
        return _said(_("Waiting for the payment"), _("This page shows it as soon as it has come."), "clock", poll=2)
    if payment.state == PaymentState.FAILED:
        return _said(_("The payment did not go through"), _("Nothing was taken. Try again."), "no")
    if payment.state == PaymentState.LATE:
        late = _("The car had left by then. Somebody looks at it and pays back what is too much.")
        return _said(_("Paid"), late, "info")
    stay = queries.open_stay(payment.stay)
    beyond = _("This was more than you owed. Somebody looks at it and pays back what is too much.")
    if stay is None:
        over = _("Your stay is over. Keep this receipt if you need it.")
        return _said(_("Goodbye"), beyond if payment.excess_minor else over, "yes")
    clearance = getattr(stay, "clearance", None)
    left = clearance.ends - now() if clearance is not None else timedelta()
    if left <= timedelta():
        more = _("The time to leave has passed. Type your plate again to see what was added.")
        return _said(_("Paid, but you stayed longer"), more, "warn")
    go = _("The barrier opens by itself when your car stands there.")
    return _said(_("Paid. You can leave."), beyond if payment.excess_minor else go, "yes", poll=10) | {"left": left}


def _said(what: words.Text, then: words.Text, mark: str, poll: int = 0) -> dict[str, object]:
    return {"said": what, "then": then, "mark": mark, "poll": poll}
