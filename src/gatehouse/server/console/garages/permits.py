"""Permits: what ends soon, renewals with one click, and bays that several vehicles share."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gatehouse.domain.periods import local_date
from gatehouse.domain.plates import display, normalise
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.forms import Day
from gatehouse.server.console.garages.forms import ParkingForm, Plate, garage_field
from gatehouse.server.console.garages.tabs import PARKERS, tabs
from gatehouse.server.console.paging import paged
from gatehouse.server.console.words_tariff import CLASSES
from gatehouse.server.moment import now
from gatehouse.server.parking import actions, permits
from gatehouse.server.parking.actions import PermitError
from gatehouse.server.parking.models import Period, Permit, PermitPool, PoolVehicle
from gatehouse.server.people import looks
from gatehouse.server.people.models import Vehicle
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.people.vehicle_actions import register_vehicle

PAGE = 25
PERIODS: dict[str, words.Text] = {
    Period.MONTH: _("a month"),
    Period.SEASON: _("three months"),
    Period.YEAR: _("a year"),
    Period.NONE: _("not renewed"),
}
WRONG: dict[str, tuple[str, words.Text]] = {
    "order": ("ends", _("It ends after it starts.")),
    "renews": ("renews", _("Only what has an end and a period renews by itself.")),
    "bays": ("bays", _("One bay at least.")),
    "grace": ("grace_days", _("60 days at most.")),
    "other_site": ("garage", _("Vehicle and garage belong to one site.")),
}


class TermsForm(ParkingForm):
    garage = garage_field()
    starts = Day(label=_("From"))
    ends = Day(label=_("First date without it"), required=False, help_text=_("Empty: without end."))
    period = forms.ChoiceField(label=_("Renewed for"), choices=list(PERIODS.items()), initial=Period.MONTH)
    renews = forms.BooleanField(label=_("Renews by itself"), required=False)
    grace_days = forms.IntegerField(
        label=_("Days of grace"),
        min_value=0,
        max_value=permits.MOST_GRACE,
        initial=0,
        help_text=_("It still opens so long after its end."),
    )

    def terms(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"period": Period(data["period"]), "renews": data["renews"], "grace_days": data["grace_days"]}

    def refuse(self, fault: PermitError) -> None:
        name, said = WRONG[fault.code]
        self.add_error(name if name in self.fields else None, str(said))


class NewPermit(TermsForm):
    plate = Plate()
    vehicle_class = forms.ChoiceField(
        label=_("Vehicle class"),
        required=False,
        choices=[("", _("As its plate says")), *CLASSES.items()],
        help_text=_("What it pays when the permit does not cover it."),
    )
    field_order = ("plate", "vehicle_class", "garage", "starts", "ends")

    def clean_plate(self) -> str:
        typed = normalise(self.cleaned_data["plate"])
        if not typed:
            raise forms.ValidationError(_("A plate has letters or digits."))
        return typed


class NewPool(TermsForm):
    code = forms.SlugField(
        label=_("Contract"), max_length=32, help_text=_("A short name of yours: letters, digits, dashes.")
    )
    bays = forms.IntegerField(label=_("Bays"), min_value=1, max_value=permits.MOST_BAYS)
    field_order = ("code", "garage", "bays", "starts", "ends")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("garage") and permits.is_code_taken(data["garage"], data.get("code", "")):
            self.add_error("code", _("There is a contract of this name in that garage."))
        return data


def _sites(request: HttpRequest) -> list[Any]:
    return sites_visible_to(reader(request))


def listed(request: HttpRequest, number: int = 1) -> HttpResponse:
    """GET lists; POST adds a permit."""
    form = NewPermit.asked(request)
    if request.method == "POST" and reader(request).role in PARKERS and form.is_valid():
        data, by = form.cleaned_data, reader(request).by
        try:
            _check(data)
            vehicle = register_vehicle(
                data["garage"].site, data["plate"], owner=None, vehicle_class=data["vehicle_class"], by=by, at=now()
            )
            permit = actions.add_permit(
                vehicle, data["garage"], starts=data["starts"], ends=data["ends"], by=by, at=now()
            )
            permits.set_terms(permit, by=by, at=now(), **cast(NewPermit, form).terms())
        except PermitError as fault:
            cast(NewPermit, form).refuse(fault)
        else:
            return HttpResponseRedirect(reverse("permits"))
    return _page(request, {"form": form, "wrong": form.is_bound and bool(form.errors)}, number)


def _check(data: dict[str, Any]) -> None:
    """Before a vehicle is registered for it. Raises PermitError."""
    if data["ends"] is not None and data["ends"] <= data["starts"]:
        raise PermitError("order", "ends after it starts")
    if data["renews"] and (data["ends"] is None or data["period"] == Period.NONE):
        raise PermitError("renews", "needs an end and a period")


def _page(request: HttpRequest, context: dict[str, Any], number: int = 1) -> HttpResponse:
    sites, at = _sites(request), now()
    rows, pager = paged(permits.permits(sites), number, PAGE, lambda page: reverse("permits-page", args=[page]))
    ending = [
        right
        for site in sites
        for model in (permits.pools([site]), permits.permits([site]))
        for right in model.filter(permits.ending(local_date(at, ZoneInfo(site.zone))))
        if right.ends is not None and right.ends > right.starts
    ]
    context = {
        "rows": [_line(row) for row in rows],
        "pager": pager,
        "pools": [_pool_line(pool) for pool in permits.pools(sites)],
        "ending": [_line(right) for right in ending],
        "may": reader(request).role in PARKERS,
        "form": NewPermit(request),
        "pool_form": NewPool(request),
        "any_garage": NewPermit(request).garages.exists(),
    } | context
    status = 422 if context.get("wrong") or context.get("pool_wrong") else 200
    return render(request, "garages/permits.html", tabs(request, "permits") | context, status=status)


def _line(right: Permit | PermitPool) -> dict[str, Any]:
    today = local_date(now(), ZoneInfo(right.garage.site.zone))
    pool = isinstance(right, PermitPool)
    state, tone, mark = _state(right, today)
    return {
        "key": f"{'pool' if pool else 'permit'} {right.pk}",
        "pk": right.pk,
        "name": right.code if isinstance(right, PermitPool) else "",
        "garage": right.garage.name,
        "starts": right.starts,
        "ends": right.ends,
        "period": PERIODS[right.period],
        "renewable": right.period != Period.NONE and right.ends is not None,
        "renews": right.renews,
        "state": state,
        "tone": tone,
        "mark": mark,
    }


def _state(right: Permit | PermitPool, today: Any) -> tuple[words.Text, str, str]:
    if right.ends is not None and right.ends <= today:
        if right.ends > right.starts and today < right.ends + timedelta(days=right.grace_days):
            return _("Ended: days of grace"), "warn", "clock"
        return _("Ended"), "off", "closed"
    if right.starts > today:
        return _("Not yet"), "off", "clock"
    if right.ends is not None and right.ends <= today + permits.ENDING_WITHIN and not right.renews:
        return _("Ends soon"), "warn", "clock"
    return _("Valid"), "good", "yes"


def _pool_line(pool: PermitPool) -> dict[str, Any]:
    return _line(pool) | {"bays": pool.bays, "count": pool.members.count()}


@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """One or many, each for its next period."""
    sites, rights = _sites(request), []
    for key in request.POST.getlist("right")[:500]:
        what, _space, pk = key.partition(" ")
        try:
            of = (permits.pools(sites) if what == "pool" else permits.permits(sites)).filter(pk=UUID(pk)).first()
        except ValueError:
            continue
        if of is not None:
            rights.append(of)
    count = permits.renew(rights, by=reader(request).by, at=now())
    said = ngettext(
        "%(count)d was renewed for its next period.", "%(count)d were renewed for their next period.", count
    )
    return _page(request, {"said": said % {"count": count}})


@require_POST
def add_pool(request: HttpRequest) -> HttpResponse:
    form = NewPool(request, request.POST)
    if form.is_valid():
        data, by = form.cleaned_data, reader(request).by
        try:
            pool = permits.add_pool(
                data["garage"], data["code"], bays=data["bays"], starts=data["starts"], ends=data["ends"],
                by=by, at=now(), **form.terms(),
            )  # fmt: skip
        except PermitError as fault:
            form.refuse(fault)
        else:
            return HttpResponseRedirect(reverse("pool", args=[pool.pk]))
    return _page(request, {"pool_form": form, "pool_wrong": True})


def _permit(request: HttpRequest, permit_id: UUID) -> Permit:
    found = permits.permits(_sites(request)).filter(pk=permit_id).first()
    if found is None:
        raise Http404
    return found


@require_POST
def show(request: HttpRequest, permit_id: UUID) -> HttpResponse:
    return _show(request, _permit(request, permit_id).vehicle)


def _show(request: HttpRequest, vehicle: Vehicle) -> HttpResponse:
    seen = looks.plate(vehicle, reader(request).by.authority, "parking.permit")
    if isinstance(seen, Refused):
        return render(request, "garages/plate.html", {"refused": words.refused(seen.code)})
    return render(request, "garages/plate.html", {"plate": display(seen)})


@require_POST
def end(request: HttpRequest, permit_id: UUID) -> HttpResponse:
    """From today on it is none."""
    permit = _permit(request, permit_id)
    today = local_date(now(), ZoneInfo(permit.garage.site.zone))
    actions.end_permit(permit, ends=max(permit.starts, today), by=reader(request).by, at=now())
    permits.set_terms(permit, period=Period.NONE, renews=False, grace_days=0, by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("permits"))


# --- one pool ----------------------------------------------------------------------------------------------------


def _pool(request: HttpRequest, pool_id: UUID) -> PermitPool:
    found = permits.pools(_sites(request)).filter(pk=pool_id).first()
    if found is None:
        raise Http404
    return found


class Member(ParkingForm):
    plate = Plate()


def pool(request: HttpRequest, pool_id: UUID) -> HttpResponse:
    """GET shows who shares the bays and who stands in them; POST adds a vehicle."""
    of = _pool(request, pool_id)
    form = Member.asked(request)
    if request.method == "POST" and reader(request).role in PARKERS and form.is_valid():
        try:
            vehicle = register_vehicle(
                of.garage.site, form.cleaned_data["plate"], owner=None, by=reader(request).by, at=now()
            )
        except ValueError:
            form.add_error("plate", _("A plate has letters or digits."))
        else:
            permits.join_pool(of, vehicle, by=reader(request).by, at=now())
            return HttpResponseRedirect(reverse("pool", args=[of.pk]))
    held = permits.in_bays(of)
    inside = {vehicle: stay for stay, vehicle in held}
    members = [
        {
            "pk": member.pk,
            "vehicle": member.vehicle_id,
            "stay": inside[member.vehicle_id].pk if member.vehicle_id in inside else None,
        }
        for member in of.members.order_by("id")
    ]
    wrong = form.is_bound and bool(form.errors)
    context = {
        "pool": of,
        "line": _pool_line(of),
        "members": sorted(members, key=lambda one: one["stay"] is None),
        "inside": len(held),
        "share": min(100, 100 * len(held) // of.bays),
        "form": form,
        "wrong": wrong,
        "may": reader(request).role in PARKERS,
    }
    return render(request, "garages/pool.html", tabs(request, "permits") | context, status=422 if wrong else 200)


def _member(request: HttpRequest, pool_id: UUID, member_id: UUID) -> PoolVehicle:
    found = _pool(request, pool_id).members.select_related("vehicle", "pool__garage__site").filter(pk=member_id).first()
    if found is None:
        raise Http404
    return found


@require_POST
def show_member(request: HttpRequest, pool_id: UUID, member_id: UUID) -> HttpResponse:
    return _show(request, _member(request, pool_id, member_id).vehicle)


@require_POST
def drop_member(request: HttpRequest, pool_id: UUID, member_id: UUID) -> HttpResponse:
    permits.leave_pool(_member(request, pool_id, member_id), by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("pool", args=[pool_id]))


@require_POST
def free(request: HttpRequest, pool_id: UUID, member_id: UUID) -> HttpResponse:
    """The car has left its bay unseen."""
    member = _member(request, pool_id, member_id)
    for stay, vehicle in permits.in_bays(member.pool):
        if vehicle == member.vehicle_id:
            permits.free_bay(stay, member.vehicle, by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("pool", args=[pool_id]))


@require_POST
def end_pool(request: HttpRequest, pool_id: UUID) -> HttpResponse:
    of = _pool(request, pool_id)
    today = local_date(now(), ZoneInfo(of.garage.site.zone))
    permits.end_pool(of, ends=max(of.starts, today), by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("pool", args=[of.pk]))
