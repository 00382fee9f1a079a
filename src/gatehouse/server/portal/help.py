"""When it does not work: a button that reaches a human, and says whether somebody has seen it."""

from datetime import timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from gatehouse.server.moment import now
from gatehouse.server.parking import queries
from gatehouse.server.parking.lane_exceptions import raise_exception
from gatehouse.server.parking.models import ExceptionKind, Garage
from gatehouse.server.portal.garage import Problem, answers_a_form, frame, garage_of, source_of
from gatehouse.server.portal.limits import Limit
from gatehouse.server.portal.pay import form

CALLS = Limit(4, timedelta(minutes=10))
CALLED = Problem(
    _("Somebody has been told already"), _("Please wait a moment, or use the help button at the exit."), "warn", "clock"
)


@answers_a_form
def call(request: HttpRequest, code: str) -> HttpResponse:
    """Tell the operators that a driver needs somebody."""
    garage = garage_of(code)
    if not CALLS.take(source_of(request), now()):
        return form(request, garage, CALLED, status=429)
    raised = raise_exception(garage, ExceptionKind.HELP, at=now(), gate=_gate(garage, request.POST.get("gate", "")))
    return HttpResponseRedirect(reverse("pay-help-state", args=[garage.pay_code, raised.pk]))


def _gate(garage: Garage, code: str) -> str:
    """The lane at which the driver says to stand, if it is one of this garage."""
    return code if code in {lane.code for lane in queries.lanes(garage)} else ""


@require_safe
def called(request: HttpRequest, code: str, exception_id: UUID) -> HttpResponse:
    """The page that says how far the call is; the same address serves the part that is asked anew."""
    garage = garage_of(code)
    found = queries.called_exception(exception_id)
    if found is None or found.garage_id != garage.pk or found.kind != ExceptionKind.HELP:
        raise Http404
    context = frame(request, garage) | {"exception": found.pk, "done": found.done, "seen": bool(found.taken_by)}
    part = request.headers.get("HX-Request") == "true"
    return render(request, "portal/help_state.html" if part else "portal/help.html", context)
