"""Lock a whole site down, or let everybody out: asked once, done with one click, and undone with one."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from gatehouse.domain.policy import Alert
from gatehouse.server import bus
from gatehouse.server.console import words_access
from gatehouse.server.console.access import reader
from gatehouse.server.console.sites import site_of
from gatehouse.server.gates import policies, policy_actions, queries
from gatehouse.server.moment import now


def alert(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """GET asks whether it is meant; POST does it, and goes back to Watch."""
    site = site_of(request, site_id)
    if request.method == "POST":
        wanted = request.POST.get("alert", "?")
        if wanted in list(Alert):
            policy_actions.set_alert(site, Alert(wanted), by=reader(request).by, at=now())
            for gate in queries.gates([site]):
                bus.publish(bus.TileChanged(str(site.pk), gate.code))
            return HttpResponseRedirect(reverse("watch"))
    state = policies.state_of(site)
    context = {"site": site, "state": state, "said": words_access.ALERTS.get(state.alert.value, "")}
    return render(request, "console/alert.html", context, status=422 if request.method == "POST" else 200)
