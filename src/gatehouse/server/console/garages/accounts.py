"""Accounts at payment providers: their keys go in once and are never shown; whether they work can be tried."""

from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from gatehouse.server.console import words, words_money
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.parking import accounts as held
from gatehouse.server.parking import queries
from gatehouse.server.parking.models import ProviderAccount
from gatehouse.server.parking.providers.known import KINDS, BadKeys, Kind
from gatehouse.server.parking.providers.protocol import ProviderFault
from gatehouse.server.people.queries import sites_visible_to

LONGEST_KEY = 6000
KEYS: dict[str, words.Text] = {
    "secret_key": gettext_lazy("Secret key (sk_… or rk_…)"),
    "webhook_secret": gettext_lazy("Signing secret of the webhook (whsec_…)"),
    "appid": gettext_lazy("App ID"),
    "app_id": gettext_lazy("App ID"),
    "mchid": gettext_lazy("Merchant number"),
    "serial_no": gettext_lazy("Serial number of the merchant certificate"),
    "private_key": gettext_lazy("Private key (PEM)"),
    "apiv3_key": gettext_lazy("API v3 key (32 characters)"),
    "public_key_id": gettext_lazy("Number of the platform's public key"),
    "public_key": gettext_lazy("The platform's public key (PEM)"),
    "alipay_public_key": gettext_lazy("Alipay's public key (PEM)"),
    "way": gettext_lazy("h5 for phones, native for a QR code"),
    "base_url": gettext_lazy("Address, only when it is another"),
    "gateway": gettext_lazy("Address, only when it is another"),
}
LONG = frozenset({"private_key", "public_key", "alipay_public_key"})


def _fields(kind: Kind) -> list[dict[str, object]]:
    return [
        {"name": one.name, "said": KEYS[one.name], "needed": one.required, "long": one.name in LONG}
        for one in msgspec.structs.fields(kind.keys)
    ]


def accounts(request: HttpRequest) -> HttpResponse:
    """GET lists them; POST adds one."""
    problem = _add(request) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        return HttpResponseRedirect(reverse("money-accounts"))
    sites = sites_visible_to(reader(request))
    context = {
        "accounts": [_shown(request, row) for row in held.accounts(sites)],
        "kinds": [
            {"name": k.name, "said": words_money.PROVIDERS[k.name], "fields": _fields(k)} for k in KINDS.values()
        ],
        "sites": sites,
        "garages": queries.garages(sites),
        "problem": problem,
    }
    return render(request, "garages/accounts.html", tabs(request, "money") | context, status=422 if problem else 200)


def _shown(request: HttpRequest, row: ProviderAccount) -> dict[str, object]:
    path = reverse("pay-notice", args=[row.provider, row.code])
    base = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    return {
        "id": row.pk,
        "provider": words_money.PROVIDERS[row.provider],
        "where": row.garage.name if row.garage else row.site.name,
        "active": row.active,
        "notice": base + path,
        "fields": _fields(KINDS[row.provider]),
    }


def _given(request: HttpRequest, provider: str) -> dict[str, str]:
    kind = KINDS.get(provider)
    names = [one.name for one in msgspec.structs.fields(kind.keys)] if kind else []
    return {name: request.POST.get(name, "").replace("\0", "")[:LONGEST_KEY] for name in names}


def _add(request: HttpRequest) -> str:
    """What was wrong, "" when it is there."""
    sites = {str(site.pk): site for site in sites_visible_to(reader(request))}
    site = sites.get(request.POST.get("site", ""))
    provider, wanted = request.POST.get("provider", ""), request.POST.get("garage", "")
    if site is None or provider not in KINDS:
        return _("Choose a provider and a site.")
    garage = {str(one.pk): one for one in queries.garages([site])}.get(wanted)
    if wanted and garage is None:
        return _("The garage belongs to another site.")
    try:
        held.add_account(site, provider, _given(request, provider), garage=garage, by=reader(request).by, at=now())
    except BadKeys as fault:
        return _said(fault)
    return ""


def _said(fault: BadKeys) -> str:
    named = KEYS.get(fault.field)
    if named is None:
        return _("These keys can not be read. Copy each of them whole, PEM lines included.")
    return _("This is missing or can not be read: %(field)s") % {"field": named}


def _mine(request: HttpRequest, account_id: UUID) -> ProviderAccount:
    """Raises Http404."""
    found = held.accounts(sites_visible_to(reader(request))).filter(pk=account_id).first()
    if found is None:
        raise Http404
    timezone.activate(ZoneInfo(found.site.zone))
    return found


@require_POST
def try_it(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Talk to the provider once."""
    account = _mine(request, account_id)
    try:
        held.try_account(account, now())
        messages.success(request, _("The connection works: the provider knows these keys."))
    except ProviderFault as fault:
        said = words_money.fault(fault.code)
        more = f" ({fault.said})" if fault.said else ""
        messages.warning(request, f"{said.what}{more}. {said.do}")
    return HttpResponseRedirect(reverse("money-accounts"))


@require_POST
def turn(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Stop a working one, or take a stopped one up again."""
    account = _mine(request, account_id)
    act = held.stop_account if account.active else held.resume_account
    act(account, by=reader(request).by, at=now())
    return HttpResponseRedirect(reverse("money-accounts"))


@require_POST
def keys(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """All keys anew."""
    account = _mine(request, account_id)
    try:
        held.change_keys(account, _given(request, account.provider), by=reader(request).by, at=now())
        messages.success(request, _("The new keys are sealed. Try the connection."))
    except BadKeys as fault:
        messages.warning(request, _said(fault))
    return HttpResponseRedirect(reverse("money-accounts"))
