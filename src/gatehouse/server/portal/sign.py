"""The sign at an entrance: how many bays are free, or that there are none. For a screen that nobody touches."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from gatehouse.server.moment import now
from gatehouse.server.parking import room


@require_safe
def sign(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "portal/sign.html", _said(code))


@require_safe
def screen(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "portal/sign_screen.html", _said(code))


def _said(code: str) -> dict[str, object]:
    """Raises Http404."""
    garage = room.garage_by_sign(code)
    if garage is None:
        raise Http404
    return {
        "garage_name": garage.name,
        "room": room.room(garage),
        "poll": reverse("sign-screen", args=[code]),
        "now": now(),
    }
