"""The receipt: what was paid, how long there is to leave and what happens after it, the code that opens the exit once,
the printed form and the request for an invoice. Its address is known to whoever paid and to nobody else."""

import re
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.periods import local_date, start_of_day
from gatehouse.domain.taxpayer import clean_code, is_social_credit_code
from gatehouse.server.console import words, words_money
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.console.saying import time_of_day
from gatehouse.server.moment import now
from gatehouse.server.parking import invoices, queries, receipts
from gatehouse.server.parking.facts import StayUnreadable, quote
from gatehouse.server.parking.models import InvoiceRequest, Payment, PaymentState, Receipt
from gatehouse.server.portal.garage import answers_a_form, frame, garage_of
from gatehouse.server.portal.pay import EXPIRED, UNPRICED, card, form, is_chinese, looked_at, payment_of
from gatehouse.server.portal.receipt_pdf import receipt_pdf

TITLE_LIMIT, MAIL_LIMIT = 120, 200
_OTHER_TAX_NUMBER = re.compile(r"[A-Z0-9]{4,20}")


@require_safe
def receipt(request: HttpRequest, code: str, payment_id: UUID) -> HttpResponse:
    garage = garage_of(code)
    payment = looked_at(garage, payment_id)
    came = payment.state in receipts.CAME
    zone = ZoneInfo(garage.site.zone)
    given = _given(payment) if came else None
    facts = receipts.read_receipt(given) if given else None
    exit_code = receipts.exit_code(payment, now()) if came else None
    context = frame(request, garage) | _state(payment)
    context |= {
        "payment": payment.pk,
        "amount": Money(payment.amount_minor, payment.currency),
        "number": receipts.number_text(garage, facts) if facts else None,
        "paid_at": payment.at if came else None,
        # Later than the same day only the date is known; it is kept as its midnight.
        "date_only": payment.at == start_of_day(local_date(payment.at, zone), zone),
        "exit_code": qr_svg(exit_code, gettext("QR code that opens the exit once")) if exit_code else "",
        "invoice": _invoice_of(given),
        "refunds": _refunds(payment),
    }
    return render(request, "portal/receipt.html", context)


def _refunds(payment: Payment) -> list[dict[str, object]]:
    """What goes or went back, and where that stands."""
    return [
        {"amount": Money(one.amount_minor, payment.currency), "said": words_money.REFUND_STATES[one.state]}
        for one in queries.refunds_of(payment)
    ]


def _given(payment: Payment) -> Receipt | None:
    """The receipt, numbered now if it is not yet."""
    return receipts.give_receipt(payment.pk, at=now())


def _invoice_of(given: Receipt | None) -> InvoiceRequest | None:
    return queries.invoice_of(given) if given else None


@require_safe
def receipt_state(request: HttpRequest, code: str, payment_id: UUID) -> HttpResponse:
    """The part of the receipt that is asked anew: waiting, time left to leave, goodbye. A payment that has come since
    the page was drawn has the whole page drawn again."""
    garage = garage_of(code)
    payment = looked_at(garage, payment_id)
    context = frame(request, garage) | _state(payment) | {"payment": payment.pk}
    answer = render(request, "portal/receipt_state.html", context)
    if request.GET.get("was") == PaymentState.STARTED and payment.state != PaymentState.STARTED:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _state(payment: Payment) -> dict[str, object]:
    """Words for where the payment and the car stand."""
    if payment.state == PaymentState.STARTED:
        waiting = _("This page shows it as soon as it has come.")
        return _said(_("Waiting for the payment"), waiting, "clock", poll=2) | {"was": PaymentState.STARTED.value}
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
    ends: datetime | None = clearance.ends if clearance is not None else None
    if ends is None or ends <= now():
        more = _("The time to leave has passed. You pay only what was added since; what you paid still counts.")
        return _said(_("Paid, but you stayed longer"), more, "warn") | {"over": True}
    go = _("The barrier opens by itself when your car stands there.")
    after = gettext("From %(time)s on you pay for what was added; what you paid still counts.") % {
        "time": time_of_day(ends)
    }
    left = {"left": ends - now(), "ends": ends, "after": after}
    return _said(_("Paid. You can leave."), beyond if payment.excess_minor else go, "yes", poll=10) | left


def _said(what: words.Text, then: words.Text, mark: str, poll: int = 0) -> dict[str, object]:
    return {"said": what, "then": then, "mark": mark, "poll": poll}


@answers_a_form
def more(request: HttpRequest, code: str, payment_id: UUID) -> HttpResponse:
    """What was added since: the card of the same stay, without typing."""
    garage = garage_of(code)
    stay = queries.open_stay(payment_of(garage, payment_id).stay)
    if stay is None:
        return form(request, garage, EXPIRED)
    try:
        asked = quote(stay, now())
    except (StayUnreadable, DomainError):
        return form(request, garage, UNPRICED)
    return card(request, garage, asked, {"called": _("Your car")})


@require_safe
def pdf(request: HttpRequest, code: str, payment_id: UUID) -> HttpResponse:
    garage = garage_of(code)
    payment = payment_of(garage, payment_id)
    given = _given(payment)
    facts = receipts.read_receipt(given) if given else None
    if facts is None:
        raise Http404
    number = receipts.number_text(garage, facts)
    answer = HttpResponse(receipt_pdf(garage, facts, number, _refunds(payment)), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{number}.pdf"'
    return answer


# --- invoices ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def invoice(request: HttpRequest, code: str, payment_id: UUID) -> HttpResponse:
    """For whom the invoice is, once for each receipt."""
    garage = garage_of(code)
    payment = payment_of(garage, payment_id)
    given = _given(payment)
    if given is None:
        raise Http404
    back = reverse("pay-receipt", args=[garage.pay_code, payment.pk])
    if _invoice_of(given) is not None:
        return HttpResponseRedirect(back)
    typed = {name: request.POST.get(name, "").strip() for name in ("kind", "title", "tax_number", "mail")}
    faults: dict[str, words.Text] = {}
    if request.method == "POST":
        faults = _faults(typed, chinese=is_chinese(garage))
        if not faults:
            invoices.ask_invoice(given, _as_invoice(typed), at=now())
            return HttpResponseRedirect(back)
    context = frame(request, garage) | {
        "payment": payment.pk,
        "typed": typed,
        "faults": faults,
        "limits": {"title": TITLE_LIMIT, "mail": MAIL_LIMIT},
        "chinese": is_chinese(garage),
    }
    return render(request, "portal/invoice.html", context, status=422 if faults else 200)


def _faults(typed: dict[str, str], *, chinese: bool) -> dict[str, words.Text]:
    found: dict[str, words.Text] = {}
    if not typed["title"] or len(typed["title"]) > TITLE_LIMIT or not typed["title"].isprintable():
        found["title"] = _("Write the name that the invoice is for.")
    if typed["kind"] != "person":
        number = clean_code(typed["tax_number"])
        if chinese and not is_social_credit_code(number):
            found["tax_number"] = _("These are not the 18 characters of a tax number. Check each one on your licence.")
        elif not chinese and not _OTHER_TAX_NUMBER.fullmatch(number):
            found["tax_number"] = _("Write the tax number with its letters and digits.")
    try:
        validate_email(typed["mail"])
    except ValidationError:
        found["mail"] = _("Write the e-mail address to which the invoice is sent.")
    if len(typed["mail"]) > MAIL_LIMIT:
        found["mail"] = _("This address is too long.")
    return found


def _as_invoice(typed: dict[str, str]) -> invoices.Invoice:
    person = typed["kind"] == "person"
    return invoices.Invoice(
        kind="person" if person else "company",
        title=typed["title"],
        tax_number="" if person else clean_code(typed["tax_number"]),
        mail=typed["mail"],
        asked_at=now(),
    )
