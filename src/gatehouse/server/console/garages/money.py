"""Money: what came and went in a month, what has to go back, and where a provider's statement says otherwise."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.money import Money, decimal_text, exponent
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, Period, local_date, start_of_day
from gatehouse.server.console import words_money
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import PARKERS, tabs
from gatehouse.server.console.months import meant, month_before
from gatehouse.server.console.paging import paged
from gatehouse.server.console.spreadsheet import plain, table_file
from gatehouse.server.moment import now
from gatehouse.server.parking import money_queries as money_of
from gatehouse.server.parking import queries, reconciling, refunds
from gatehouse.server.parking.models import Difference, Payment, PaymentState, Refund, RefundReason, Statement
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to, uuid_from

PAGE = 50
STATEMENT_DAYS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One payment as the page shows it."""

    id: UUID
    at: datetime
    zone: str
    date_only: bool
    garage: str
    amount: Money
    returned: Money | None
    state: object
    tone: str
    mark: str
    provider: object
    may_return: bool


_LOOKS = {
    "settled": ("good", "yes"),
    "late": ("warn", "warn"),
    "started": ("off", "clock"),
    "failed": ("off", "no"),
}


def _sites(request: HttpRequest) -> list[Site]:
    """The reader's sites, the first one's clock made the page's."""
    found = sites_visible_to(reader(request))
    if found:
        timezone.activate(ZoneInfo(found[0].zone))
    return found


def _zone() -> ZoneInfo:
    found = timezone.get_current_timezone()
    return found if isinstance(found, ZoneInfo) else ZoneInfo("UTC")


def _line(row: Payment) -> Line:
    zone = ZoneInfo(row.garage.site.zone)
    tone, mark = _LOOKS[row.state]
    taken = row.state in (PaymentState.SETTLED, PaymentState.LATE)
    return Line(
        row.pk,
        row.at,
        row.garage.site.zone,
        row.at == start_of_day(local_date(row.at, zone), zone),
        row.garage.name,
        Money(row.amount_minor, row.currency),
        Money(row.refunded_minor, row.currency) if row.refunded_minor else None,
        words_money.PAYMENT_STATES[row.state],
        tone,
        mark,
        words_money.PROVIDERS.get(row.provider, row.provider),
        taken and row.refunded_minor < row.amount_minor,
    )


def _span(of: Month | None, on: date | None) -> tuple[Period, date]:
    """The month, or the one day; and its first date."""
    zone = _zone()
    today = local_date(now(), zone)
    if on is not None:
        return Period.local_day(on, zone), on
    month = of or Month.of(today)
    return Period(start_of_day(month.first, zone), start_of_day(month.until, zone)), month.first


def money(request: HttpRequest, of: Month | None = None, on: date | None = None, number: int = 1) -> HttpResponse:
    """GET shows a month or a day; POST looks for one payment."""
    sites = _sites(request)
    if request.method == "POST":
        q = request.POST.get("q", "").replace("\0", "")[:160]
        found = [_line(row) for row in money_of.named(q, sites)]
        return render(request, "garages/money_found.html", _frame(request) | {"q": q, "lines": found})
    return _month(request, of, on, number)


def _month(
    request: HttpRequest, of: Month | None, on: date | None = None, number: int = 1, problem: object = ""
) -> HttpResponse:
    sites = _sites(request)
    span, first = _span(of, on)
    rows = money_of.payments(sites, span.start, span.end)
    name = "money-day-page" if on else "money-page"
    at = on or Month.of(first)
    shown, pager = paged(rows, number, PAGE, lambda page: reverse(name, args=[at, page]))
    month, yesterday = Month.of(first), local_date(now(), _zone()) - DAY
    context: dict[str, object] = {
        "first": first,
        "on": on,
        "month": month,
        "before": month_before(month),
        "after": month.after if month.until <= local_date(now(), _zone()) else None,
        "lines": [_line(row) for row in shown],
        "pager": pager,
        "sums": money_of.sums(rows),
        "back": [_waiting(row) for row in money_of.to_pay_back(sites)[:50]],
        "refunds": [_refund(row) for row in money_of.open_refunds(sites)[:50]],
        "differences": [_difference(row) for row in money_of.differences(sites)[:100]],
        "statements": [_statement(row) for row in money_of.statements(sites, yesterday - STATEMENT_DAYS * DAY)],
        "explanations": list(words_money.EXPLANATIONS.items()),
        "yesterday": yesterday,
        "problem": problem,
    }
    return render(request, "garages/money.html", _frame(request) | context, status=422 if problem else 200)


def _frame(request: HttpRequest) -> dict[str, object]:
    return tabs(request, "money") | {"may_act": reader(request).role in PARKERS}


def _waiting(row: Payment) -> dict[str, object]:
    late = row.state == PaymentState.LATE
    why = words_money.REFUND_REASONS["late" if late else "excess"]
    return {"line": _line(row), "owed": money_of.still_to_pay_back(row), "why": why, "refund": uuid4()}


def _refund(row: Refund) -> dict[str, object]:
    return {
        "amount": Money(row.amount_minor, row.payment.currency),
        "payment": row.payment_id,
        "garage": row.payment.garage.name,
        "day": row.day,
        "code": row.code,
    }


def _difference(row: Difference) -> dict[str, object]:
    def amount(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, row.currency)

    return {
        "id": row.pk,
        "day": row.statement.day,
        "said": words_money.DIFFERENCES[row.kind],
        "provider": words_money.PROVIDERS.get(row.statement.provider, row.statement.provider),
        "subject": row.subject,
        "ours": amount(row.ours_minor),
        "theirs": amount(row.theirs_minor),
    }


def _statement(row: Statement) -> dict[str, object]:
    currency = row.site.currency
    return {
        "day": row.day,
        "site": row.site.name,
        "provider": words_money.PROVIDERS.get(row.provider, row.provider),
        "fault": words_money.fault(row.code) if row.code else None,
        "rows": row.rows,
        "paid": Money(row.paid_minor, currency),
        "returned": Money(row.refunded_minor, currency) if row.refunded_minor else None,
    }


# --- paying back -----------------------------------------------------------------------------------------------------


def _visible(request: HttpRequest, payment_id: UUID) -> Payment:
    """Raises Http404."""
    found = money_of.payment(payment_id, _sites(request))
    if found is None:
        raise Http404
    return found


def refund(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """GET asks how much and why, in a dialog or on a page of its own; POST pays it back, once per dialog."""
    of = _visible(request, payment_id)
    left = Money(of.amount_minor - of.refunded_minor, of.currency)
    if request.method != "POST":
        return _ask_refund(request, of, left, typed=decimal_text(left))
    typed, reason = request.POST.get("amount", "")[:20], request.POST.get("reason", "")
    amount, refund_id = _typed(typed, of.currency), uuid_from(request.POST.get("refund", ""))
    if amount is None or (not Money.zero(of.currency) < amount <= left and not _is_made(refund_id)):
        return _ask_refund(request, of, left, typed=typed, problem=_("Write an amount, at most what is left of it."))
    if reason not in RefundReason.values or refund_id is None:
        return _ask_refund(request, of, left, typed=typed, problem=_("Choose why."))
    try:
        by = reader(request).by
        made = refunds.pay_back(of, amount, RefundReason(reason), refund_id=refund_id, by=by, at=now())
    except refunds.RefundError:
        return _ask_refund(request, of, left, typed=typed, problem=_("Somebody has paid some of it back meanwhile."))
    context = {"payment": of.pk, "amount": amount, "state": made.state, "code": made.code}
    return _dialog(request, "garages/money_refunded_part.html", context)


def _ask_refund(request: HttpRequest, of: Payment, left: Money, *, typed: str, problem: object = "") -> HttpResponse:
    context = {
        "payment": of.pk,
        "garage": of.garage.name,
        "left": left,
        "typed": typed,
        "reasons": list(words_money.REFUND_REASONS.items()),
        "refund": uuid4(),
        "problem": problem,
    }
    return _dialog(request, "garages/money_refund_part.html", context, status=422 if problem else 200)


def _dialog(request: HttpRequest, part: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        return render(request, part, context, status=200)
    return render(request, "garages/money_alone.html", _frame(request) | context | {"part": part}, status=status)


@require_POST
def pay_back(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """With one click: what was beyond the debt, or came for a car that had left."""
    of = _visible(request, payment_id)
    amount, refund_id = money_of.still_to_pay_back(of), uuid_from(request.POST.get("refund", ""))
    if amount and refund_id is not None and not _is_made(refund_id):
        reason = RefundReason.LATE if of.state == PaymentState.LATE else RefundReason.EXCESS
        try:
            refunds.pay_back(of, amount, reason, refund_id=refund_id, by=reader(request).by, at=now())
        except refunds.RefundError:
            messages.warning(request, _("Somebody has paid some of it back meanwhile."))
    return HttpResponseRedirect(reverse("money"))


def _is_made(refund_id: UUID | None) -> bool:
    return refund_id is not None and queries.refund(refund_id) is not None


def _typed(text: str, currency: str) -> Money | None:
    """An amount as people type it, "12.50" or "12,50"; None for anything else."""
    text = text.strip().replace(",", ".")
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", text):
        return None
    minor = Decimal(text).scaleb(exponent(currency))
    return Money(int(minor), currency) if minor == int(minor) else None


# --- statements ------------------------------------------------------------------------------------------------------


@require_POST
def compare(request: HttpRequest) -> HttpResponse:
    """Ask every provider for the statement of a date, now."""
    sites = _sites(request)
    try:
        day = meant(date.fromisoformat(request.POST.get("date", "")))
    except ValueError:
        return _month(request, Month.of(local_date(now(), _zone())), problem=_("Write a date."))
    for site in sites:
        if day <= local_date(now(), ZoneInfo(site.zone)):
            reconciling.compare_day(site, day, by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("money"))


@require_POST
def explain(request: HttpRequest, difference_id: UUID) -> HttpResponse:
    found = money_of.difference(difference_id, _sites(request))
    if found is None:
        raise Http404
    why = request.POST.get("why", "")
    if why in words_money.EXPLANATIONS:
        reconciling.explain(found, why, by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("money"))


# --- a file for the books --------------------------------------------------------------------------------------------


@require_safe
def export(request: HttpRequest, of: Month) -> HttpResponse:
    """The month's payments that came, and what of them went back, in major units."""
    span, _first = _span_of(request, of)
    rows = [["payment", "date", "garage", "provider", "provider_ref", "state", "currency", "amount", "paid_back"]]
    for row in money_of.payments(_sites(request), span.start, span.end).filter(state__in=money_of.TAKEN):
        day = local_date(row.at, ZoneInfo(row.garage.site.zone))
        paid, back = Money(row.amount_minor, row.currency), Money(row.refunded_minor, row.currency)
        facts = [row.pk, day, row.garage.code, row.provider, row.provider_ref or "", row.state, row.currency]
        rows.append([plain(str(one)) for one in facts] + [decimal_text(paid), decimal_text(back)])
    return table_file(request, f"payments-{of}", rows)


def _span_of(request: HttpRequest, of: Month) -> tuple[Period, date]:
    _sites(request)
    return _span(of, None)
