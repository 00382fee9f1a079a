"""Invoices: which ones drivers wait for. For whom is shown on a click, which the keeper logs and counts."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.money import Money, decimal_text
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server.console import problems
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.paging import paged
from gatehouse.server.console.spreadsheet import plain, table_file
from gatehouse.server.moment import now
from gatehouse.server.parking import invoices, queries, receipts
from gatehouse.server.parking.models import InvoiceRequest
from gatehouse.server.people.queries import sites_visible_to

PAGE = 25
EXPORTED = 50  # in one file: as many as a parking operator may see in an hour, or fewer


@require_safe
def listed(request: HttpRequest, number: int = 1) -> HttpResponse:
    found = queries.invoice_requests(sites_visible_to(reader(request)))
    rows, pager = paged(found, number, PAGE, lambda page: reverse("parking-invoices-page", args=[page]))
    context = {"rows": [_row(one) for one in rows], "pager": pager}
    return render(request, "garages/invoices.html", tabs(request, "parking-invoices") | context)


def _row(one: InvoiceRequest) -> dict[str, object]:
    payment, garage = one.receipt.payment, one.receipt.garage
    return {
        "request": one,
        "garage": garage.name,
        "on": local_date(payment.at, ZoneInfo(garage.site.zone)),
        "amount": Money(payment.amount_minor, payment.currency),
        "waits": one.state == "asked",
    }


def _one(request: HttpRequest, request_id: UUID) -> InvoiceRequest:
    found = queries.invoice_request(request_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


@require_safe
def shown(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """For whom, and of which receipt."""
    found = _one(request, request_id)
    read = invoices.read_invoices([found], Authority(ticket=reader(request).token))
    if isinstance(read, Refused):
        return problems.keeper_refused(request, read.code)
    facts = receipts.read_receipt(found.receipt)
    number = receipts.number_text(found.receipt.garage, facts) if facts else ""
    return render(request, "garages/invoice.html", {"request_id": found.pk, "invoice": read[0], "number": number})


@require_POST
def issued(request: HttpRequest, request_id: UUID) -> HttpResponse:
    found, who = _one(request, request_id), reader(request)
    invoices.mark_issued(found, by=who.by, at=now())
    return HttpResponseRedirect(reverse("parking-invoices"))


@require_safe
def exported(request: HttpRequest) -> HttpResponse:
    """Those that wait, for the program that issues them; each counts as seen."""
    waiting = list(queries.waiting_invoices(sites_visible_to(reader(request)))[:EXPORTED])
    read = invoices.read_invoices(waiting, Authority(ticket=reader(request).token))
    if isinstance(read, Refused):
        return problems.keeper_refused(request, read.code)
    heads = [_("Receipt"), _("Date"), _("Garage"), _("Amount"), _("Currency"), _("Tax")]
    rows = [[*heads, _("For"), _("Name on the invoice"), _("Tax number"), _("Send it to")]]
    for one, invoice in zip(waiting, read, strict=True):
        facts = receipts.read_receipt(one.receipt)
        if invoice is None or facts is None:
            continue
        tax = "" if facts.tax_minor is None else decimal_text(Money(facts.tax_minor, facts.currency))
        garage, on = one.receipt.garage, local_date(facts.paid_at, ZoneInfo(one.receipt.garage.site.zone))
        said = [receipts.number_text(garage, facts), on.isoformat(), garage.name, decimal_text(facts.amount)]
        said += [facts.currency, tax, invoice.kind, invoice.title, invoice.tax_number, invoice.mail]
        rows.append([plain(text) for text in said])
    return table_file(request, "invoices", rows)
