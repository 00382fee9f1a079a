"""Sign-ins of contractors: made, renewed and stopped by an owner."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server.accounts import actions
from gatehouse.server.accounts.models import Operator
from gatehouse.server.accounts.queries import operators
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.invitations import show_link
from gatehouse.server.console.registers.tabs import sites_of
from gatehouse.server.moment import now
from gatehouse.server.people import roster_actions, roster_queries
from gatehouse.server.people.models import Site, SiteType


def sign_ins(request: HttpRequest, site: Site) -> list[dict[str, object]]:
    """Who may sign in for a contractor of this site."""
    names = {one.pk: one.name for one in roster_queries.contractors([site])}
    return [
        {"id": row.pk, "handle": row.handle, "contractor": names[row.contractor]}
        for row in operators(reader(request)).filter(role=Role.CONTRACTOR, active=True)
        if row.contractor in names
    ]


@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Somebody of the chosen contractor: a new sign-in and its link. What the roster says of older entries is written
    anew first, under the contractor, so that the keeper knows whose they are."""
    who, at = reader(request), now()
    contractor = roster_queries.contractor(request.POST.get("contractor", ""), sites_of(request, SiteType.CONSTRUCTION))
    if contractor is None:
        raise Http404
    back = reverse("registers-crews")
    named = roster_actions.name_contractors(contractor.site, by=who.by, at=at)
    if isinstance(named, Refused):
        context = {"refused": words.refused(named.code), "back": back}
        return render(request, "console/invited.html", context, status=403)
    operator = actions.add_operator(
        f"contractor-{uuid4().hex[:8]}",
        Role.CONTRACTOR,
        sites=[contractor.site_id],
        contractor=contractor.pk,
        by=who.by,
        at=at,
    )
    return show_link(request, actions.invite_operator(operator, by=who.by, at=at), back)


@require_POST
def change(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """A new link for somebody who has lost theirs, or the end of their sign-in."""
    who = reader(request)
    operator = operators(who).filter(pk=operator_id, role=Role.CONTRACTOR).first()
    if operator is None:
        raise Http404
    if request.POST.get("do") == "link":
        return show_link(request, actions.invite_operator(operator, by=who.by, at=now()), reverse("registers-crews"))
    _stop(operator, request)
    messages.success(request, _("%(handle)s signs in no more.") % {"handle": operator.handle}, "yes")
    return HttpResponseRedirect(reverse("registers-crews"))


def _stop(operator: Operator, request: HttpRequest) -> None:
    sites = [UUID(site) for site in operator.sites]
    by = reader(request).by
    actions.change_operator(operator, role=Role.CONTRACTOR, sites=sites, active=False, by=by, at=now())
