"""Retention: how long each site keeps what, what was destroyed when, and what is next."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.errors import DomainError
from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.retention import BOUNDS, Kept, Retention, books_before, days_before
from gatehouse.keeper.protocol import Role
from gatehouse.server.console import words_rights
from gatehouse.server.console.access import reader
from gatehouse.server.console.rights.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import Site
from gatehouse.server.rights import queries
from gatehouse.server.rights.retention import lately, set_retention


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
def change(request: HttpRequest, site_id: UUID) -> HttpResponse:
    who = reader(request)
    site = next((one for one in people.sites_visible_to(who) if one.pk == site_id), None)
    if site is None:
        raise Http404
    typed = {kept: request.POST.get(kept.value, "").strip() for kept in Kept}
    try:
        kept = Retention(**{one.value: int(text) if text.isdecimal() else -1 for one, text in typed.items()})
    except DomainError as fault:
        return _page(request, wrong=site, typed=typed, error=words_rights.error(fault))
    set_retention(site, kept, by=who.by, at=now())
    messages.success(request, _("Saved. It is in force from the coming night on."), "yes")
    return HttpResponseRedirect(reverse("retention"))


def _page(
    request: HttpRequest, *, wrong: Site | None = None, typed: dict[Kept, str] | None = None, error: str = ""
) -> HttpResponse:
    who = reader(request)
    sites = people.sites_visible_to(who)
    context: dict[str, object] = tabs(request, "retention") | {
        "may_set": who.role == Role.OWNER,
        "sites": [_site(site, typed if site == wrong else None, error if site == wrong else "") for site in sites],
        "done": [
            {
                "row": row,
                "name": words_rights.KEPT[Kept(row.kept)][0],
                "last": row.before - DAY,
                "years": row.kept == Kept.BOOKS,
                "line": None if row.place is None else row.place + 1,
            }
            for row in lately(sites)
        ],
    }
    return render(request, "rights/retention.html", context, status=422 if error else 200)


def _site(site: Site, typed: dict[Kept, str] | None, error: str) -> dict[str, object]:
    kept, today = queries.retention_of(site), local_date(now(), ZoneInfo(site.zone))
    return {
        "id": site.pk,
        "name": site.name,
        "error": error,
        "fields": [
            {
                "kept": one.value,
                "id": f"{one.value}-{site.pk}",
                "name": words_rights.KEPT[one][0],
                "what": words_rights.KEPT[one][1],
                "value": typed[one] if typed else kept.of(one),
                "unit": words_rights.unit(one),
                "bounds": BOUNDS[one],
            }
            for one in Kept
        ],
        "next": [
            (words_rights.KEPT[Kept.OTHERS][0], days_before(kept, Kept.OTHERS, today), False),
            (words_rights.KEPT[Kept.STAFF][0], days_before(kept, Kept.STAFF, today), False),
            (words_rights.KEPT[Kept.BOOKS][0], today.replace(year=books_before(kept, today), month=1, day=1), True),
        ],
    }
