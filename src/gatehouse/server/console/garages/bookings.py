"""Bookings: stays that were paid ahead."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from gatehouse.domain.money import Money
from gatehouse.domain.periods import DAY, can_be_meant
from gatehouse.domain.plates import display
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.forms import minor
from gatehouse.server.console.garages.forms import ParkingForm, Plate, garage_field
from gatehouse.server.console.garages.tabs import PARKERS, tabs
from gatehouse.server.moment import now
from gatehouse.server.parking import bookings as actions
from gatehouse.server.parking.bookings import BookingError
from gatehouse.server.parking.models import Booking
from gatehouse.server.people import looks
from gatehouse.server.people.queries import sites_visible_to

SHOWN = 200
STATES: dict[str, tuple[words.Text, str, str]] = {
    "expected": (_("Expected"), "good", "clock"),
    "used": (_("Used"), "off", "yes"),
    "no_show": (_("Did not come"), "warn", "no"),
    "cancelled": (_("Cancelled"), "off", "closed"),
}
WRONG: dict[str, tuple[str, words.Text]] = {
    "plate": ("plate", _("A plate has letters or digits.")),
    "ends": ("ends", _("It ends after it starts, and not in the past.")),
    "tolerance": ("tolerance_min", _("A day early at most.")),
    "prepaid": ("prepaid", _("An amount of 0 or more.")),
    "currency": ("prepaid", _("An amount of the garage's own money.")),
}


class WallTime(forms.CharField):
    """A time of the garage's clock, which the form's garage decides."""

    def __init__(self, **more: Any) -> None:
        super().__init__(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), max_length=25, **more)


class NewBooking(ParkingForm):
    plate = Plate()
    garage = garage_field()
    starts = WallTime(label=_("From"), help_text=_("By the garage's clock."))
    ends = WallTime(label=_("Until"))
    tolerance_min = forms.IntegerField(label=_("May come early by minutes"), min_value=0, max_value=1440, initial=30)
    prepaid = forms.DecimalField(label=_("Paid ahead"), min_value=0, max_digits=12, initial=0)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        garage = data.get("garage")
        for name in ("starts", "ends"):
            if garage is None or name not in data:
                continue
            try:
                local = datetime.fromisoformat(data[name])
                if local.tzinfo is not None or not can_be_meant(local.date()):
                    raise ValueError("no time of this garage's clock")
                data[name] = local.replace(tzinfo=ZoneInfo(garage.site.zone))
            except ValueError:
                self.add_error(name, _("Write a date and a time."))
        if garage is not None and "prepaid" in data:
            data["money"] = minor(data["prepaid"], garage.currency)
            if data["money"] is None:
                self.add_error("prepaid", str(WRONG["currency"][1]))
        return data


def bookings(request: HttpRequest) -> HttpResponse:
    """GET lists; POST books."""
    form = NewBooking.asked(request)
    if request.method == "POST" and reader(request).role in PARKERS and form.is_valid():
        data = form.cleaned_data
        try:
            actions.book(
                data["garage"],
                data["plate"],
                starts=data["starts"],
                ends=data["ends"],
                prepaid=Money(data["money"], data["garage"].currency),
                tolerance_min=data["tolerance_min"],
                by=reader(request).by,
                at=now(),
            )
        except BookingError as fault:
            name, said = WRONG[fault.code]
            form.add_error(name, str(said))
        else:
            return HttpResponseRedirect(reverse("bookings"))
    rows = actions.bookings(sites_visible_to(reader(request)), now() - 7 * DAY)[:SHOWN]
    wrong = form.is_bound and bool(form.errors)
    context = {
        "rows": [_line(row) for row in rows],
        "form": form,
        "wrong": wrong,
        "may": reader(request).role in PARKERS and form.garages.exists(),
    }
    return render(request, "garages/bookings.html", tabs(request, "bookings") | context, status=422 if wrong else 200)


def _line(row: Booking) -> dict[str, Any]:
    said, tone, mark = STATES[row.state]
    return {
        "pk": row.pk,
        "garage": row.garage.name,
        "zone": row.garage.site.zone,
        "starts": row.starts,
        "ends": row.ends,
        "prepaid": Money(row.prepaid_minor, row.garage.currency),
        "said": said,
        "tone": tone,
        "mark": mark,
        "open": row.state == "expected",
    }


def _booking(request: HttpRequest, booking_id: UUID) -> Booking:
    found = actions.bookings(sites_visible_to(reader(request)), now() - actions.KEPT).filter(pk=booking_id).first()
    if found is None:
        raise Http404
    return found


@require_POST
def show(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    seen = looks.plate(_booking(request, booking_id).vehicle, reader(request).by.authority, "parking.booking")
    if isinstance(seen, Refused):
        return render(request, "garages/plate.html", {"refused": words.refused(seen.code)})
    return render(request, "garages/plate.html", {"plate": display(seen)})


@require_POST
def cancel(request: HttpRequest, booking_id: UUID) -> HttpResponse:
    actions.cancel(_booking(request, booking_id), by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("bookings"))
