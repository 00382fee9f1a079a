"""Posters to print: the garage's payment page, and at an entry lane the way in without a plate."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.poster import Poster, as_pdf, as_svg
from gatehouse.server.gates import queries as gates
from gatehouse.server.parking import queries
from gatehouse.server.parking.models import Garage
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.portal.lanes import entry_address, lets_in_unread


def _garage(request: HttpRequest, garage_id: UUID) -> Garage:
    found = queries.garage(garage_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


def _pay_poster(request: HttpRequest, garage: Garage) -> Poster:
    address = request.build_absolute_uri(reverse("pay", args=[garage.pay_code]))
    return Poster(
        _("Pay for parking"), garage.name, _("Scan, type your plate, pay. The exit opens by itself."), address
    )


def _answer(data: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=kind)
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


@require_safe
def pdf(request: HttpRequest, garage_id: UUID) -> HttpResponse:
    garage = _garage(request, garage_id)
    return _answer(as_pdf(_pay_poster(request, garage)), "application/pdf", f"pay-{garage.code}.pdf")


@require_safe
def svg(request: HttpRequest, garage_id: UUID) -> HttpResponse:
    garage = _garage(request, garage_id)
    return _answer(as_svg(_pay_poster(request, garage)), "image/svg+xml", f"pay-{garage.code}.svg")


@require_safe
def lane(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    gate = gates.gate(gate_id, sites_visible_to(reader(request)))
    garage = queries.garage_of_gate(gate) if gate is not None else None
    if gate is None or garage is None or not lets_in_unread(gate):
        raise Http404
    poster = Poster(
        _("No plate, or it is not read?"),
        f"{garage.name} · {gate.name}",
        _("Scan here, and the barrier opens. Your phone stands in for the plate."),
        request.build_absolute_uri(entry_address(gate, garage)),
    )
    return _answer(as_pdf(poster), "application/pdf", f"entry-{gate.code}.pdf")
