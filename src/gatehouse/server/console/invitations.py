"""One-time sign-in links, shown once to whoever hands them over."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts import actions, queries, ways
from gatehouse.server.address import origin
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.people import visible
from gatehouse.server.console.qr import qr_svg
from gatehouse.server.moment import now


@require_POST
def invite_worker(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A link to somebody's own page; after a loss every other way in of theirs ends first."""
    of = visible(request, person_id)
    if request.POST.get("lost") == "yes":
        closed = ways.close_account(of.pk, reader(request).by.authority, worker=True)
        if isinstance(closed, Refused):
            return show_link(request, closed, reverse("person", args=[of.pk]))
    code = actions.invite_worker(of.pk, of.site_id, by=reader(request).by, at=now())
    return show_link(request, code, reverse("person", args=[of.pk]))


def invite_operator(request: HttpRequest, operator_id: UUID) -> HttpResponse:
    """GET asks, POST makes the link; after a loss every other way in of theirs ends first."""
    operator = queries.operator(operator_id, reader(request))
    if operator is None:
        raise Http404
    if request.method != "POST":
        return render(request, "console/invite.html", {"operator": operator})
    if request.POST.get("lost") == "yes":
        closed = ways.close_account(operator.pk, reader(request).by.authority, worker=False)
        if isinstance(closed, Refused):
            return show_link(request, closed, reverse("admin:accounts_operator_changelist"))
    code = actions.invite_operator(operator, by=reader(request).by, at=now())
    return show_link(request, code, reverse("admin:accounts_operator_changelist"))


def show_link(request: HttpRequest, code: str | Refused, back: str) -> HttpResponse:
    if isinstance(code, Refused):
        return render(request, "console/invited.html", {"refused": words.refused(code.code), "back": back}, status=403)
    path = reverse("enter-code", args=[code])
    link = f"{origin()}{path}" if origin() else request.build_absolute_uri(path)
    context = {"link": link, "qr": qr_svg(link, _("QR code of the sign-in link")), "back": back}
    return render(request, "console/invited.html", context)
