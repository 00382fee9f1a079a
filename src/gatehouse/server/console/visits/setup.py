"""How a site receives visitors: which doors their pass opens, and how soon everything about them is destroyed."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gatehouse.server.console.access import reader
from gatehouse.server.console.staff.tabs import tabs
from gatehouse.server.console.visits.forms import SetupForm
from gatehouse.server.gates import queries as gates
from gatehouse.server.moment import now
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.visits import actions, queries


def setup(request: HttpRequest) -> HttpResponse:
    sites = sites_visible_to(reader(request))
    wrong: SetupForm | None = None
    if request.method == "POST":
        site = next((one for one in sites if str(one.pk) == request.POST.get("site", "")), None)
        if site is None:
            raise Http404
        wrong = SetupForm(site, queries.setup_of(site), request.POST)
        if wrong.is_valid():
            _save(request, site, wrong)
            return HttpResponseRedirect(reverse("visitors-setup"))
    places = []
    for site in sites:
        mine = wrong is not None and wrong.prefix == str(site.pk)
        places.append({"site": site, "form": wrong if mine else SetupForm(site, queries.setup_of(site))})
    context = tabs(request, "visitors") | {"places": places}
    return render(request, "visits/setup.html", context, status=422 if wrong is not None else 200)


def _save(request: HttpRequest, site: Site, form: SetupForm) -> None:
    chosen = set(form.cleaned_data["gates"])
    opened = [gate for gate in gates.gates([site]) if str(gate.pk) in chosen]
    actions.set_up(site, opened, form.cleaned_data["keep_days"], by=reader(request).by, at=now())
    messages.success(request, _("Saved. It holds at the gates at once."), "yes")
