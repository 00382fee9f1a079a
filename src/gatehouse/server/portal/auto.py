"""Auto-pay, the driver's side: the words, one button to agree, one to withdraw. Whoever has the address decides."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gatehouse.server.audit.by import By
from gatehouse.server.console import words_money
from gatehouse.server.moment import now
from gatehouse.server.parking import autopay
from gatehouse.server.parking.models import Mandate
from gatehouse.server.parking.providers.protocol import ProviderFault
from gatehouse.server.portal.notices import public_url

DRIVER = By.job("driver")


def words_of(mandate: Mandate) -> list[str]:
    """What the driver agrees to, in their language; kept word for word."""
    facts = {"site": mandate.vehicle.site.name, "provider": words_money.PROVIDERS[mandate.provider]}
    return [
        _("When this car stands at an exit of %(site)s and owes something, %(provider)s is charged for it.") % facts,
        _("%(provider)s keeps your card. It learns a random number and the amount of each stay, never your plate.")
        % facts,
        _("You get the same receipt as everybody, and can pay by hand whenever the charge does not work."),
        _("You can withdraw here at any time, at once and without a reason."),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def auto_pay(request: HttpRequest, mandate_id: UUID) -> HttpResponse:
    mandate = autopay.mandate(mandate_id)
    if mandate is None:
        raise Http404
    timezone.activate(ZoneInfo(mandate.vehicle.site.zone))
    here = reverse("auto-pay", args=[mandate.pk])
    if request.method == "POST" and request.POST.get("do") == "withdraw":
        autopay.withdraw(mandate, by=DRIVER, at=now())
        return HttpResponseRedirect(here)
    if request.method == "POST" and request.POST.get("do") == "agree":
        return _agree(request, mandate, here)
    try:
        mandate = autopay.confirm(mandate, now())
    except (ProviderFault, autopay.NotFound):
        return _page(request, mandate, away=True)
    return _page(request, mandate)


def _agree(request: HttpRequest, mandate: Mandate, here: str) -> HttpResponse:
    text, language = "\n".join(words_of(mandate)), translation.get_language() or "en"
    try:
        url = autopay.agree(mandate, text, language, return_url=public_url(request, here), at=now())
    except ProviderFault:
        return _page(request, mandate, away=True)
    except autopay.NotFound:
        return HttpResponseRedirect(here)
    if url.endswith(here):
        return HttpResponseRedirect(here)
    frame = {"garage_name": mandate.vehicle.site.name, "provider": words_money.PROVIDERS[mandate.provider]}
    return render(request, "portal/go.html", frame | {"url": url, "now": now()})


def _page(request: HttpRequest, mandate: Mandate, *, away: bool = False) -> HttpResponse:
    context = {
        "garage_name": mandate.vehicle.site.name,
        "provider": words_money.PROVIDERS[mandate.provider],
        "words": words_of(mandate),
        "state": str(mandate.state),
        "away": away,
        "now": now(),
    }
    return render(request, "portal/auto_pay.html", context, status=503 if away else 200)
