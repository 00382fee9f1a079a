"""A gate at set-up: made from what its type of site mostly wants, or like another gate; what stands at it."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.policy import Gate as GateFact
from gatehouse.domain.policy import GateKind
from gatehouse.domain.site_types import KITS, GateKit
from gatehouse.server.audit.by import By
from gatehouse.server.console import words, words_setup
from gatehouse.server.console.access import reader
from gatehouse.server.console.setup.facts import answers
from gatehouse.server.console.setup.forms import NewGateForm
from gatehouse.server.console.setup.rule import add_to_rules
from gatehouse.server.console.sites import site_of
from gatehouse.server.gates import devices as standing
from gatehouse.server.gates import queries
from gatehouse.server.gates.actions import add_gate
from gatehouse.server.gates.models import Device, DeviceKind, Gate
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site, Zone
from gatehouse.server.people.queries import sites_visible_to

CODE_LIMIT = 32


def gate_of(request: HttpRequest, gate_id: UUID) -> Gate:
    """Raises Http404."""
    found = queries.gate(gate_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


def new(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site, who = site_of(request, site_id), reader(request)
    form = NewGateForm(site, request.POST) if request.method == "POST" else NewGateForm(site)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        like: Gate | None = data.get("like")
        gate = (
            _copied(site, like, data["name"], by=who.by)
            if like is not None
            else _made(site, _kit(site, data["kit"]), data["name"], has_sensor=data["has_sensor"], by=who.by)
        )
        messages.success(request, _("The gate is there. Now say what stands at it."), "yes")
        return HttpResponseRedirect(reverse("setup-gate", args=[gate.pk]))
    kits = [(one.code, words_setup.GATE_KITS[one.code]) for one in KITS[site.type].gates]
    context = {"site": site, "form": form, "kits": kits}
    return render(request, "setup/gate_new.html", context, status=422 if form.is_bound else 200)


def _kit(site: Site, code: str) -> GateKit:
    return next(one for one in KITS[site.type].gates if one.code == code)


def _made(site: Site, kit: GateKit, name: str, *, has_sensor: bool, by: By) -> Gate:
    """A lane stands in the site's first zone, which is its garage; a door leads into the site."""
    zone: Zone | None = None
    if kit.kind is GateKind.LANE and "garage" in KITS[site.type].zones:
        zone = site.zones.filter(code="garage").first()
    fact = kit.gate(free_code(site, name, kit.kind), has_sensor=has_sensor)
    return add_gate(site, fact, name, zone=zone, counts_attendance=kit.counts, by=by, at=now())


@transaction.atomic
def _copied(site: Site, like: Gate, name: str, *, by: By) -> Gate:
    """Whom it takes, how long it opens, what it does alone, its zone and the rules that name it. Devices have addresses
    of their own."""
    fact = queries.gate_fact(like)
    code = free_code(site, name, fact.kind)
    own = GateFact(
        code,
        fact.kind,
        fact.direction,
        fact.means,
        open_s=fact.open_s,
        confirm_s=fact.confirm_s,
        freshness_s=fact.freshness_s,
        admits_unknown=fact.admits_unknown,
        collects=fact.collects,
        has_sensor=fact.has_sensor,
        server_away=fact.server_away,
        server_away_s=fact.server_away_s,
        camera_lost=fact.camera_lost,
    )
    counts = like.counts_attendance
    made = add_gate(site, own, name, zone=like.zone, counts_attendance=counts, by=by, at=now())
    add_to_rules(made, like, by=by, at=now())
    return made


def free_code(site: Site, name: str, kind: str) -> str:
    """A short word for the gate's letters; its kind where the name has no Latin letters."""
    wanted = slugify(name)[: CODE_LIMIT - 4].strip("-_") or str(kind)
    taken = set(queries.gates_by_code(site.pk))
    return next(code for n in range(1, len(taken) + 2) if (code := wanted if n == 1 else f"{wanted}-{n}") not in taken)


@require_safe
def gate(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """What stands at a gate, what was tried, and what may be done with each."""
    found = gate_of(request, gate_id)
    return render(request, "setup/gate.html", gate_context(found))


def gate_context(gate: Gate) -> dict[str, object]:
    devices = list(queries.devices(gate.site).filter(gate=gate))

    def of(*kinds: DeviceKind) -> list[Device]:
        return [device for device in devices if device.kind in kinds]

    return {
        "gate": gate,
        "site": gate.site,
        "means": [words.MEANS[code] for code in gate.means],
        "direction": words.DIRECTIONS[gate.direction],
        "cameras": of(DeviceKind.CAMERA),
        "readers": of(DeviceKind.READER),
        "terminals": of(DeviceKind.TERMINAL),
        "relays": of(DeviceKind.RELAY),
        "edge_answers": answers(gate.site),
        "can_remove": standing.can_remove(gate),
        "reads_plates": gate.kind == GateKind.LANE,
    }


@require_POST
def remove(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    found, who = gate_of(request, gate_id), reader(request)
    if standing.remove_gate(found, by=who.by, at=now()):
        messages.success(request, _("The gate is gone, with what stood at it."), "yes")
        return HttpResponseRedirect(reverse("setup-at", args=[found.site_id]))
    messages.error(request, _("Somebody was let in here already, so the gate stays. Lock it down on Watch."), "warn")
    return HttpResponseRedirect(reverse("setup-gate", args=[found.pk]))
