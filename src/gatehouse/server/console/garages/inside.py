"""Inside: how many, since when, over night, for too long; counting by hand, and stays that left unseen."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.plates import display
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import saying, words
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.forms import ParkingForm
from gatehouse.server.console.garages.tabs import PARKERS, tabs
from gatehouse.server.console.words_tariff import CLASSES
from gatehouse.server.moment import now
from gatehouse.server.parking import classes, queries, room, stays
from gatehouse.server.parking.inside import Inside, Over, plate
from gatehouse.server.parking.inside import inside as everybody
from gatehouse.server.parking.models import Garage
from gatehouse.server.parking.room import RoomError
from gatehouse.server.people.queries import sites_visible_to

SHOWN = 100
OVER: dict[Over, words.Text] = {
    Over.LONG: _("Here for long"),
    Over.RIGHT_ENDED: _("Permit or booking has ended"),
    Over.TIME_TO_LEAVE: _("Paid, but did not leave in time"),
}
CAME: dict[str, words.Text] = {
    "visitor": _("Visitor"),
    "permit": _("Permit"),
    "pool_full": _("Visitor: bays of its contract were taken"),
    "booking": _("Booking"),
    "welcome": _("Welcome list"),
    "emergency": _("Emergency"),
    "by_hand": _("Let in by hand"),
    "unreadable": _("Cannot be read any more"),
}


def chosen(request: HttpRequest, garage_id: UUID | None) -> Garage | None:
    """The garage of a page, the first where none is named. Its clock is made the page's. Raises Http404."""
    found = queries.garages(sites_visible_to(reader(request)))
    garage = found.filter(pk=garage_id).first() if garage_id else found.first()
    if garage is None and garage_id:
        raise Http404
    if garage is not None:
        timezone.activate(ZoneInfo(garage.site.zone))
    return garage


def _named(request: HttpRequest, garage_id: UUID) -> Garage:
    garage = chosen(request, garage_id)
    if garage is None:
        raise Http404
    return garage


@require_safe
def inside(request: HttpRequest, garage_id: UUID | None = None) -> HttpResponse:
    return _page(request, chosen(request, garage_id))


def _page(
    request: HttpRequest, garage: Garage | None, said: str = "", wrong: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, object] = tabs(request, "inside") | {"garage": garage, "said": said, "wrong": wrong}
    if garage is not None:
        rows = everybody(garage, now())
        context |= {
            "garages": queries.garages(sites_visible_to(reader(request))),
            "room": room.room(garage),
            "overnight": sum(row.overnight for row in rows),
            "over": sum(bool(row.over) for row in rows),
            "rows": [_line(row) for row in rows[:SHOWN]],
            "classes": _classes(garage),
            "more": max(0, len(rows) - SHOWN),
            "may": reader(request).role in PARKERS,
        }
    return render(request, "garages/inside.html", context, status=status)


def _classes(garage: Garage) -> list[tuple[str, words.Text]]:
    """What a car inside can be said to be; nothing where the tariff has one price for all."""
    found = classes.classes_of(garage)
    return [(code, CLASSES.get(code, code)) for code in found] if len(found) > 1 else []


def _line(row: Inside) -> dict[str, object]:
    return {
        "stay": row.stay.pk,
        "entered": row.entered,
        "came": CAME.get(row.reason, row.reason),
        "overnight": row.overnight,
        "called": CLASSES.get(row.stay.vehicle_class, row.stay.vehicle_class),
        "over": [OVER[one] for one in row.over],
    }


@require_POST
def show_plate(request: HttpRequest, garage_id: UUID) -> HttpResponse:
    """One plate, after the keeper has logged and counted the look; which one stands in the body."""
    garage = _named(request, garage_id)
    stay = queries.open_stay(_uuid(request.POST.get("stay", "")))
    if stay is None or stay.garage_id != garage.pk:
        return render(request, "garages/plate.html", {"gone": _("It has left.")})
    seen = plate(stay, reader(request).by.authority)
    if isinstance(seen, Refused):
        return render(request, "garages/plate.html", {"refused": words.refused(seen.code)})
    return render(request, "garages/plate.html", {"plate": display(seen)})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text[:40])
    except ValueError as fault:
        raise Http404 from fault


@require_POST
def close(request: HttpRequest, garage_id: UUID) -> HttpResponse:
    """These have left unseen, somebody says."""
    garage = _named(request, garage_id)
    asked = [_uuid(text) for text in request.POST.getlist("stay")[:SHOWN]]
    found = [stay for stay in map(queries.open_stay, asked) if stay is not None and stay.garage_id == garage.pk]
    count = stays.close_unseen(found, by=reader(request).by, at=now())
    said = ngettext("%(count)d stay was closed as left unseen.", "%(count)d stays were closed as left unseen.", count)
    return _page(request, garage, said=said % {"count": count})


@require_POST
def set_class(request: HttpRequest, garage_id: UUID) -> HttpResponse:
    """What one car inside is: it is priced so from now on."""
    garage = _named(request, garage_id)
    stay = queries.open_stay(_uuid(request.POST.get("stay", "")))
    if stay is None or stay.garage_id != garage.pk:
        return _page(request, garage, wrong=str(_("It has left.")), status=409)
    called = request.POST.get("class", "")[:64]
    try:
        done = classes.set_class(stay, called, by=reader(request).by, at=now())
    except classes.ClassError:
        return _page(request, garage, wrong=str(_("The tariff has no prices for that class.")), status=422)
    if done is None:
        return _page(request, garage, said=str(_("It is priced so already, or it has left.")))
    if done.before is None or done.after is None:
        return _page(request, garage, said=str(_("The class is set. It has no price at the moment.")))
    said = gettext("Priced as: %(class)s. It owed %(before)s and owes %(after)s now.")
    amounts = {"before": saying.money(done.before), "after": saying.money(done.after)}
    return _page(request, garage, said=said % (amounts | {"class": CLASSES.get(called, called)}))


@require_POST
def count(request: HttpRequest, garage_id: UUID) -> HttpResponse:
    """Somebody has counted the cars."""
    garage = _named(request, garage_id)
    typed = request.POST.get("counted", "").strip()
    try:
        drift = room.correct(garage, _number(typed), by=reader(request).by, at=now())
    except RoomError:
        return _page(request, garage, wrong=str(_("Type the number of cars that you counted.")), status=422)
    if not drift:
        return _page(request, garage, said=str(_("That is what we had. Nothing changes.")))
    said = ngettext(
        "Corrected by %(count)+d car. The sign follows at once.",
        "Corrected by %(count)+d cars. The sign follows at once.",
        drift,
    )
    return _page(request, garage, said=said % {"count": drift})


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1


class RoomForm(ParkingForm):
    capacity = forms.IntegerField(
        label=_("Bays"), required=False, min_value=1, max_value=room.MOST_BAYS, help_text=_("Empty: never full.")
    )
    reopen_free = forms.IntegerField(
        label=_("Open again when free"), min_value=1, max_value=1000, help_text=_("So that the sign does not flicker.")
    )
    overstay_days = forms.IntegerField(label=_("Too long after days"), min_value=1, max_value=365)
    emergency_forms = forms.BooleanField(
        label=_("Plates of rescue and police pass"),
        required=False,
        help_text=_("By the form of the plate, where the country has one."),
    )


def settings(request: HttpRequest, garage_id: UUID) -> HttpResponse:
    """GET shows, POST sets a garage's room."""
    garage = _named(request, garage_id)
    of = room.held(garage)
    names = ("capacity", "reopen_free", "overstay_days", "emergency_forms")
    form = RoomForm.asked(request, **{name: getattr(of, name) for name in names})
    if request.method == "POST" and form.is_valid():
        room.set_room(garage, by=reader(request).by, at=now(), **{name: form.cleaned_data[name] for name in names})
        return HttpResponseRedirect(reverse("garage-room", args=[garage.pk]))
    sign = request.build_absolute_uri(reverse("sign", args=[of.sign_code])) if not of._state.adding else ""
    context = {"garage": garage, "form": form, "sign": sign, "room": room.room(garage)}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "garages/room.html", tabs(request, "parking") | context, status=status)
