"""The way in and out: a one-time link shows a button, the button spends the code.

Opening a link must not spend it: messengers fetch links for previews.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts import actions
from gatehouse.server.console import words
from gatehouse.server.console.access import START, signed_in

CODE_LIMIT = 200  # characters; codes are far shorter


def enter(request: HttpRequest, code: str = "") -> HttpResponse:
    """GET asks; POST spends the code and hands the ticket to the browser."""
    if request.method != "POST":
        return render(request, "console/enter.html", {"code": code})
    reply = actions.sign_in(request.POST.get("code", "").strip()[:CODE_LIMIT])
    if isinstance(reply, Refused):
        return render(request, "console/enter.html", {"refused": words.refused(reply.code)}, status=403)
    response = HttpResponseRedirect(reverse(START[reply.ticket.role]))
    actions.keep_ticket(response, reply, secure=request.is_secure())
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the ticket at the keeper as well as in the browser."""
    found = signed_in(request)
    response = HttpResponseRedirect(reverse("enter"))
    actions.drop_ticket(response)
    if found is not None:
        actions.sign_out(found.token)
    return response


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Everybody's own first page."""
    found = signed_in(request)
    return HttpResponseRedirect(reverse(START[found.role] if found else "enter"))
