"""What zones ask for, where doors lead and when they stand unlocked; and two words that hold at once."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.policy import Direction, GateKind
from gatehouse.server.console import words_access
from gatehouse.server.console.access import reader
from gatehouse.server.console.rules.forms import DoorForm, ZoneForm
from gatehouse.server.console.rules.tabs import frame
from gatehouse.server.console.sites import site_of
from gatehouse.server.gates import policies, policy_actions, queries
from gatehouse.server.gates.models import Gate, ZoneRule
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site, Zone


@require_safe
def zones(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    rows = [policies.zone_rule(site, zone) for zone in (None, *site.zones.order_by("name"))]
    doors = [gate for gate in queries.gates([site]).select_related("outer", "unlocks") if gate.kind != GateKind.LANE]
    context = {
        "zones": [{"zone": row.zone, "asks": _asks(row)} for row in rows],
        "doors": [{"gate": gate, "blind": gate.direction == Direction.BOTH} for gate in doors],
        "state": policies.state_of(site),
        **frame(request, site, "access-zones"),
    }
    return render(request, "access/zones.html", context)


def _asks(row: ZoneRule) -> list[str]:
    """What a zone asks for, a line each."""
    found = []
    if row.passback not in ("site", "off"):
        found.append(_("Inside already: %(what)s") % {"what": words_access.PASSBACK[row.passback]})
    if row.limit is not None:
        found.append(ngettext("At most %(count)d person", "At most %(count)d people", row.limit) % {"count": row.limit})
    told = (
        (row.two_person, _("Never one alone")),
        (row.first_in, _("Somebody comes first every day")),
        (row.escorted, _("Some come in only after an escort")),
    )
    return found + [said for holds, said in told if holds]


def zone(request: HttpRequest, site_id: UUID, zone_id: UUID | None = None) -> HttpResponse:
    """GET shows what a zone, or the site, asks for; POST writes it into the draft."""
    site = site_of(request, site_id)
    of = _zone(site, zone_id)
    row = policies.zone_rule(site, of)
    plain = ("passback", "passback_s", "soft_when_away", "limit", "two_person", "together_s")
    lists = ("first_in", "escorted", "escorts")
    initial = {name: getattr(row, name) for name in (*plain, *lists)}
    form = ZoneForm(site, request.POST) if request.method == "POST" else ZoneForm(site, initial=initial)
    if request.method == "POST" and form.is_valid():
        for name in plain:
            setattr(row, name, form.cleaned_data[name])
        for name in lists:
            setattr(row, name, sorted(str(group.pk) for group in form.cleaned_data[name]))
        policy_actions.save_zone_rule(row, by=reader(request).by, at=now())
        messages.success(request, _("Written into the draft. Publish it to put it in force."), "yes")
        return HttpResponseRedirect(reverse("access-zones", args=[site.pk]))
    title = of.name if of else _("The whole site")
    context = {"form": form, "title": title, **frame(request, site, "access-zones")}
    return render(request, "access/edit.html", context, status=422 if form.is_bound else 200)


def _zone(site: Site, zone_id: UUID | None) -> Zone | None:
    found = site.zones.filter(pk=zone_id).first() if zone_id else None
    if zone_id is not None and found is None:
        raise Http404
    return found


def door(request: HttpRequest, site_id: UUID, gate_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    gate = queries.gate(gate_id, [site])
    if gate is None or gate.kind == GateKind.LANE:
        raise Http404
    form = DoorForm(site, request.POST) if request.method == "POST" else DoorForm(site, initial=_initial(gate))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        told = policies.Door(
            outer=str(data["outer"].pk) if data["outer"] else "",
            interlock=data["interlock"].strip(),
            unlocks=str(data["unlocks"].pk) if data["unlocks"] else None,
            unlock_after=frozenset(str(group.pk) for group in data["unlock_after"]),
            held_s=data["held_s"],
        )
        policy_actions.set_door(gate, data["zone"], told, by=reader(request).by, at=now())
        messages.success(request, _("Written into the draft. Publish it to put it in force."), "yes")
        return HttpResponseRedirect(reverse("access-zones", args=[site.pk]))
    context = {"form": form, "title": gate.name, **frame(request, site, "access-zones")}
    return render(request, "access/edit.html", context, status=422 if form.is_bound else 200)


def _initial(gate: Gate) -> dict[str, object]:
    names = ("zone", "outer", "interlock", "unlocks", "unlock_after", "held_s")
    return {name: getattr(gate, name) for name in names}


@require_POST
def forget(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """Nobody counts as being anywhere until they are seen again; holds at once."""
    site = site_of(request, site_id)
    zone_id = request.POST.get("zone", "")
    of = next((zone for zone in site.zones.all() if str(zone.pk) == zone_id), None)
    policy_actions.forget_places(site, of, by=reader(request).by, at=now())
    messages.success(request, _("Forgotten: whoever comes next is let in as if they were outside."), "yes")
    return HttpResponseRedirect(reverse("access-zones", args=[site.pk]))


@require_POST
def duress(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    policy_actions.set_duress(site, on=request.POST.get("on") == "on", by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("access-zones", args=[site.pk]))
