"""Terminals: which tablets stand at which gate, pairing one by a code that is shown once, taking one away."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.equal_ways import EQUAL, lacks_equal_way
from gatehouse.domain.policy import GateKind
from gatehouse.domain.sightings import Means
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.gates import queries, terminals
from gatehouse.server.gates.models import Device, DeviceState, Gate
from gatehouse.server.moment import now
from gatehouse.server.people.queries import sites_visible_to


@dataclass(frozen=True, slots=True)
class GateView:
    """A gate that people pass, with its terminals."""

    gate: Gate
    means: list[words.Text]
    face_alone: bool  # takes faces and nothing beside them
    readable: bool  # a terminal could read something here
    terminals: list[Device]


@require_safe
def terminals_page(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, given: terminals.Given | None = None) -> HttpResponse:
    sites = sites_visible_to(reader(request))
    standing: dict[UUID, list[Device]] = {}
    for device in queries.terminals(sites):
        standing.setdefault(device.gate_id, []).append(device)
    gates = [_view(gate, standing.get(gate.pk, [])) for gate in queries.gates(sites) if gate.kind != GateKind.LANE]
    by_site = [{"site": site, "gates": [view for view in gates if view.gate.site_id == site.pk]} for site in sites]
    context = {
        "sites": [one for one in by_site if one["gates"]],
        "given": given,
        "paired": DeviceState.PAIRED,
    }
    return render(request, "console/terminals.html", context)


def _view(gate: Gate, standing: list[Device]) -> GateView:
    means = [Means(code) for code in gate.means]
    return GateView(
        gate=gate,
        means=[words.MEANS[code] for code in gate.means],
        face_alone=lacks_equal_way(means),
        readable=bool({Means.FACE, *EQUAL}.intersection(means)),
        terminals=standing,
    )


@require_POST
def add(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    gate = queries.gate(gate_id, sites_visible_to(reader(request)))
    if gate is None or gate.kind == GateKind.LANE:
        raise Http404
    return _page(request, terminals.add_terminal(gate, by=reader(request).by, at=now()))


@require_POST
def new_code(request: HttpRequest, terminal_id: UUID) -> HttpResponse:
    return _page(request, terminals.give_new_code(_terminal(request, terminal_id), by=reader(request).by, at=now()))


@require_POST
def take_away(request: HttpRequest, terminal_id: UUID) -> HttpResponse:
    terminals.take_away(_terminal(request, terminal_id), by=reader(request).by, at=now())
    messages.success(request, _("Taken away: it opens nothing any more, as soon as the edge has heard."), "yes")
    return HttpResponseRedirect(reverse("watch-terminals"))


def _terminal(request: HttpRequest, terminal_id: UUID) -> Device:
    found = queries.terminals(sites_visible_to(reader(request))).filter(pk=terminal_id).first()
    if found is None:
        raise Http404
    return found
