"""The way in and out. A one-time link shows a button, the button spends the code; passkeys are in `account`.

Opening a link must not spend it: messengers fetch links for previews.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from gatehouse.keeper.protocol import Entered, Refused
from gatehouse.server import keeping
from gatehouse.server.accounts import actions, ways
from gatehouse.server.address import origin
from gatehouse.server.console import words
from gatehouse.server.console.access import START, signed_in, start_of

CODE_LIMIT = 200  # characters; codes are far shorter
TYPED_LIMIT = 1000


def enter(request: HttpRequest, code: str = "") -> HttpResponse:
    """GET asks; POST spends the code and hands the ticket to the browser, and whoever came by a code is led to a way of
    their own at once: the code will not work again."""
    if request.method != "POST":
        return render(request, "console/enter.html", {"code": code, "origin": origin()})
    reply = actions.sign_in(request.POST.get("code", "").strip()[:CODE_LIMIT], source=source(request))
    if isinstance(reply, Refused):
        return _refused(request, reply, by="code")
    return _in(request, reply, reverse("account-first"))


@require_POST
def enter_by_password(request: HttpRequest) -> HttpResponse:
    """Handle, password and the app's code, all three at once."""
    handle, password, code = (request.POST.get(name, "")[:TYPED_LIMIT] for name in ("handle", "password", "app"))
    reply = ways.sign_in_by_password(handle, password, code, source(request))
    if isinstance(reply, Refused):
        return _refused(request, reply, by="password")
    return _in(request, reply, reverse(START[reply.ticket.role]))


def source(request: HttpRequest) -> str:
    """From where it is asked, told apart and not told. Raises KeeperAway."""
    return keeping.source_of(str(request.META.get("REMOTE_ADDR", "")))


def _refused(request: HttpRequest, reply: Refused, *, by: str) -> HttpResponse:
    context = {"refused": words.refused(reply.code), "by": by, "origin": origin()}
    if isinstance(seconds := reply.facts.get("seconds"), int):
        context["minutes"] = -(-seconds // 60)
    return render(request, "console/enter.html", context, status=403)


def _in(request: HttpRequest, entered: Entered, to: str) -> HttpResponse:
    response = HttpResponseRedirect(to)
    actions.keep_ticket(response, entered, secure=request.is_secure())
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
    return HttpResponseRedirect(start_of(found) if found else reverse("enter"))
