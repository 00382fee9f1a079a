"""How somebody signs in: their passkeys, password and app; seen, added and removed by themselves.

Browsers speak of passkeys in JSON (passkeys.js); binary parts are base64url. The keeper makes every challenge and
checks every answer.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.keeper.protocol import AddPasskey, PasskeyAsked, PasskeySignIn, Refused, WayList
from gatehouse.server.accounts import actions, ways
from gatehouse.server.address import origin
from gatehouse.server.console import words
from gatehouse.server.console.access import START, reader, start_of
from gatehouse.server.console.qr import qr_svg

APP_URI = "otpauth://totp/"
URI_LIMIT = 400  # characters
PASSWORD_LIMIT = 1000


class NoPasskey(ValueError):
    """What a browser sent is none."""


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _parts(request: HttpRequest, *names: str) -> tuple[dict[str, bytes], bool]:
    """The named parts of what a browser made, and whether its device made it itself. Raises NoPasskey."""
    try:
        said = json.loads(request.body)
        on_device = said.get("attachment") == "platform"
        parts = {name: urlsafe_b64decode(said[name] + "==") for name in names}
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise NoPasskey from fault
    return parts, on_device


def _refusal(reply: Refused) -> JsonResponse:
    said = words.refused(reply.code)
    return JsonResponse({"what": str(said.what), "do": str(said.do)}, status=403)


def _asked(asked: PasskeyAsked) -> JsonResponse:
    return JsonResponse(
        {
            "challenge": _text(asked.challenge),
            "rp": asked.rp_id,
            "user": _text(asked.user),
            "handle": asked.handle,
            "known": [_text(one) for one in asked.known],
        }
    )


# --- signing in -------------------------------------------------------------------------------------------------------


@require_POST
def begin_sign_in(request: HttpRequest) -> HttpResponse:
    asked = ways.begin_passkey()
    return _refusal(asked) if isinstance(asked, Refused) else _asked(asked)


@require_POST
def sign_in_by_passkey(request: HttpRequest) -> HttpResponse:
    """Where to go, with the ticket as a cookie; or why not."""
    try:
        parts, _on = _parts(request, "credential", "client_data", "authenticator_data", "signature")
    except NoPasskey:
        return _refusal(Refused("bad_passkey"))
    entered = ways.sign_in_by_passkey(PasskeySignIn(**parts))
    if isinstance(entered, Refused):
        return _refusal(entered)
    response = JsonResponse({"to": reverse(START[entered.ticket.role])})
    actions.keep_ticket(response, entered, secure=request.is_secure())
    return response


# --- the page ---------------------------------------------------------------------------------------------------------


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """Where a one-time link leads: it will not work again, so a way of one's own comes first."""
    return _page(request, first=True)


def _page(request: HttpRequest, *, first: bool = False, refused: Refused | None = None) -> HttpResponse:
    who = reader(request)
    found = ways.ways_of(who.token)
    if isinstance(found, Refused):
        return HttpResponseRedirect(reverse("enter"))
    context = {
        "first": first,
        "handle": found.handle,
        "ways": found.ways,
        "has_password": any(way.kind == "password" for way in found.ways),
        "fresh": found.fresh,
        "tickets": found.tickets,
        "start": start_of(who),
        "origin": origin(),
        "refused": words.refused(refused.code) if refused else None,
    }
    return render(request, "console/account.html", context, status=403 if refused else 200)


@require_POST
def begin_passkey(request: HttpRequest) -> HttpResponse:
    asked = ways.begin_passkey(reader(request).token)
    return _refusal(asked) if isinstance(asked, Refused) else _asked(asked)


@require_POST
def add_passkey(request: HttpRequest) -> HttpResponse:
    try:
        parts, on_device = _parts(request, "client_data", "attestation")
    except NoPasskey:
        return _refusal(Refused("bad_passkey"))
    added = ways.add_passkey(AddPasskey(ticket=reader(request).token, on_device=on_device, **parts))
    return _refusal(added) if isinstance(added, Refused) else JsonResponse({"to": reverse("account")})


@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """First shows a new secret for an app, then takes the password and the app's first code."""
    token, uri = reader(request).token, request.POST.get("uri", "")
    if not uri.startswith(APP_URI) or len(uri) > URI_LIMIT:
        asked = ways.begin_password(token)
        return _page(request, refused=asked) if isinstance(asked, Refused) else _app(request, asked.uri, asked.handle)
    handle = request.POST.get("handle", "")[:9]
    new, again = (request.POST.get(name, "")[:PASSWORD_LIMIT] for name in ("password", "again"))
    if new != again:
        return _app(request, uri, handle, words.Wording(_("The two passwords differ"), _("Type the same twice.")))
    reply = ways.set_password(token, new, request.POST.get("code", "")[:PASSWORD_LIMIT])
    if isinstance(reply, WayList):
        return HttpResponseRedirect(reverse("account"))
    if reply.code in ("weak_password", "bad_app_code", "busy"):
        return _app(request, uri, handle, words.refused(reply.code))
    return _page(request, refused=reply)


def _app(request: HttpRequest, uri: str, handle: str, refused: words.Wording | None = None) -> HttpResponse:
    secret = uri.partition("secret=")[2].partition("&")[0]
    context = {
        "uri": uri,
        "handle": handle,
        "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        "qr": qr_svg(uri, _("QR code for an authenticator app")),
        "refused": refused,
    }
    return render(request, "console/password.html", context, status=403 if refused else 200)


@require_POST
def remove_way(request: HttpRequest) -> HttpResponse:
    reply = ways.remove_way(reader(request).token, request.POST.get("way", "")[:64])
    return _page(request, refused=reply) if isinstance(reply, Refused) else HttpResponseRedirect(reverse("account"))


@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    ways.sign_out_everywhere(reader(request).token)
    response = HttpResponseRedirect(reverse("enter"))
    actions.drop_ticket(response)
    return response
