"""Merchants: who gives whose customers parking, how much of the month's budget is taken, and the statement."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import local_date
from gatehouse.server.console import saying
from gatehouse.server.console.access import reader
from gatehouse.server.console.forms import major, minor
from gatehouse.server.console.garages.forms import ParkingForm, garage_field
from gatehouse.server.console.garages.tabs import PARKERS, tabs
from gatehouse.server.console.months import month_before
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.console.spreadsheet import plain, table_file
from gatehouse.server.moment import now
from gatehouse.server.parking import merchants as actions
from gatehouse.server.parking import queries
from gatehouse.server.parking.merchants import MerchantError, Terms
from gatehouse.server.parking.models import Garage, GiftKind, Merchant
from gatehouse.server.people.queries import sites_visible_to


class TermsForm(ParkingForm):
    """Amounts in the garage's money, or minutes."""

    gives = forms.DecimalField(
        label=_("Each validation gives"), min_value=0, max_digits=12, help_text=_("minutes, or money")
    )
    most_per_stay = forms.DecimalField(label=_("At most for one stay"), min_value=0, max_digits=12)
    month_budget = forms.DecimalField(label=_("Budget of a month"), min_value=0, max_digits=15)

    def terms(self, kind: GiftKind, garage: Garage) -> Terms | None:
        """None, with the errors said, when they cannot be."""
        numbers = {}
        for name in ("gives", "most_per_stay", "month_budget"):
            typed = self.cleaned_data[name]
            whole = (
                minor(typed, garage.currency)
                if kind == GiftKind.AMOUNT
                else int(typed)
                if typed == int(typed)
                else None
            )
            if whole is None:
                self.add_error(name, _("Write whole minutes, or an amount of this money."))
                return None
            numbers[name] = whole
        try:
            return Terms(kind, **numbers)
        except MerchantError as fault:
            said = {
                "gives": _("More than nothing, and no more than a year or ten million."),
                "most_per_stay": _("No less than one validation gives."),
                "month_budget": _("Room for one validation at least."),
            }
            self.add_error(fault.code, said[fault.code])
            return None


class NewMerchant(TermsForm):
    garage = garage_field()
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("Drivers read it on their receipt."))
    kind = forms.ChoiceField(
        label=_("Gives"), choices=[(GiftKind.MINUTES, _("Minutes")), (GiftKind.AMOUNT, _("Money"))]
    )
    field_order = ("garage", "name", "kind")


def said(merchant: Merchant, number: int) -> str:
    if merchant.kind == GiftKind.MINUTES:
        return saying.length(timedelta(minutes=number))
    return saying.money(Money(number, merchant.garage.currency))


def merchants(request: HttpRequest) -> HttpResponse:
    """GET lists; POST adds one and shows its link, once."""
    form = NewMerchant.asked(request)
    if request.method == "POST" and reader(request).role in PARKERS and form.is_valid():
        garage = form.cleaned_data["garage"]
        terms = cast(NewMerchant, form).terms(GiftKind(form.cleaned_data["kind"]), garage)
        if terms is not None:
            made, code = actions.add_merchant(garage, form.cleaned_data["name"], terms, by=reader(request).by, at=now())
            return _link(request, made, code)
    rows = [_row(one) for one in queries.merchants(sites_visible_to(reader(request)))]
    context = {
        "rows": rows,
        "form": form,
        "may_add": reader(request).role in PARKERS and form.garages.exists(),
        "wrong": form.is_bound and bool(form.errors),
    }
    return render(
        request, "garages/merchants.html", tabs(request, "merchants") | context, status=422 if context["wrong"] else 200
    )


def _row(merchant: Merchant) -> dict[str, Any]:
    left = queries.merchant_room(merchant, now())
    taken = merchant.month_budget - left
    return {
        "merchant": merchant,
        "gives": said(merchant, merchant.gives),
        "most": said(merchant, merchant.most_per_stay),
        "budget": said(merchant, merchant.month_budget),
        "taken": said(merchant, taken),
        "share": 100 * taken // max(1, merchant.month_budget),
        "locked": merchant.wrong_pins >= actions.WRONG_PINS,
    }


def _link(request: HttpRequest, merchant: Merchant, code: str) -> HttpResponse:
    address = request.build_absolute_uri(reverse("merchant", args=[code]))
    context = {"merchant": merchant, "address": address, "qr": qr_svg(address, str(_("The merchant's page")))}
    return render(request, "garages/merchant_link.html", tabs(request, "merchants") | context)


def _merchant(request: HttpRequest, merchant_id: UUID) -> Merchant:
    found = queries.merchants(sites_visible_to(reader(request))).filter(pk=merchant_id).first()
    if found is None:
        raise Http404
    timezone.activate(ZoneInfo(found.garage.site.zone))
    return found


def merchant(request: HttpRequest, merchant_id: UUID, of: Month | None = None) -> HttpResponse:
    """GET shows the statement of a month; POST changes what is given."""
    found = _merchant(request, merchant_id)
    this = Month.of(local_date(now(), ZoneInfo(found.garage.site.zone)))
    of = of or this
    known: dict[str, Any] = {name: getattr(found, name) for name in ("gives", "most_per_stay", "month_budget")}
    if found.kind == GiftKind.AMOUNT:
        known = {name: major(number, found.garage.currency) for name, number in known.items()}
    form = TermsForm.asked(request, **known)
    if request.method == "POST" and reader(request).role in PARKERS and form.is_valid():
        terms = cast(TermsForm, form).terms(GiftKind(found.kind), found.garage)
        if terms is not None:
            actions.change_terms(found, terms, by=reader(request).by, at=now())
            return HttpResponseRedirect(reverse("merchant-of", args=[found.pk]))
    days = list(queries.merchant_days(found, of.first))
    currency = found.garage.currency
    wrong = form.is_bound and bool(form.errors)
    context = {
        "row": _row(found),
        "merchant": found,
        "form": form,
        "wrong": wrong,
        "may_change": reader(request).role in PARKERS,
        "month": of,
        "before": month_before(of),
        "days": [(one.date, one.stays, said(found, one.given), Money(one.worth_minor, currency)) for one in days],
        "stays": sum(one.stays for one in days),
        "given": said(found, sum(one.given for one in days)),
        "worth": Money(sum(one.worth_minor for one in days), currency),
    }
    page = tabs(request, "merchants") | context
    return render(request, "garages/merchant.html", page, status=422 if wrong else 200)


@require_POST
def new_link(request: HttpRequest, merchant_id: UUID) -> HttpResponse:
    found = _merchant(request, merchant_id)
    return _link(request, found, actions.give_new_link(found, by=reader(request).by, at=now()))


@require_POST
def stop(request: HttpRequest, merchant_id: UUID) -> HttpResponse:
    actions.stop_merchant(_merchant(request, merchant_id), by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("merchants"))


@require_safe
def statement(request: HttpRequest, merchant_id: UUID, of: Month) -> HttpResponse:
    """One line a date on which stays ended that the merchant had given something."""
    found = _merchant(request, merchant_id)
    unit = "minutes" if found.kind == GiftKind.MINUTES else found.garage.currency
    rows: list[list[object]] = [["merchant", "date", "stays", f"given ({unit})", f"worth ({found.garage.currency})"]]
    for line in queries.merchant_days(found, of.first):
        minutes = found.kind == GiftKind.MINUTES
        given = line.given if minutes else major(line.given, found.garage.currency)
        worth = major(line.worth_minor, found.garage.currency)
        rows.append([plain(found.name), line.date.isoformat(), line.stays, given, worth])
    return table_file(request, f"statement-{of}", rows)
