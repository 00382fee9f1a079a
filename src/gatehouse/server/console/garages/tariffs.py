"""The tariffs of the reader's sites, and what is done with one besides editing it: copy, take back, download."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain import tariffs as domain
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money
from gatehouse.domain.tariff_apds import tariff_to_apds
from gatehouse.domain.tariff_json import tariff_from_dict, tariff_to_dict
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.domain.tariff_versions import begun
from gatehouse.server.console import saying, words_tariff
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.garages.tariff_preview import wall_of
from gatehouse.server.moment import now
from gatehouse.server.parking import queries, tariffs
from gatehouse.server.parking.models import Garage, Tariff
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")  # short enough for the row's own field


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in a list: `state` is past, now or planned; `number` counts from 1."""

    number: int
    state: str
    starts: str
    ends: str
    starts_at: str
    prices: str


@dataclass(frozen=True, slots=True)
class TariffLine:
    tariff: Tariff
    garages: list[Garage]
    versions: list[VersionLine]


@require_safe
def tariff_list(request: HttpRequest) -> HttpResponse:
    return _list(request, None)


def _list(request: HttpRequest, problem: tuple[UUID, str] | None) -> HttpResponse:
    at = now()
    places = [
        {
            "site": site,
            "rows": [
                TariffLine(tariff, queries.garages_using(tariff), version_lines(tariff, at))
                for tariff in queries.tariffs(site)
            ],
        }
        for site in sites_visible_to(reader(request))
    ]
    context = tabs(request, "parking-tariffs") | {"places": places, "problem": problem}
    return render(request, "garages/tariffs.html", context, status=422 if problem else 200)


def version_lines(row: Tariff, at: datetime) -> list[VersionLine]:
    """In order of time; none where the row cannot be read."""
    try:
        tariff = tariff_from_dict(row.versions)
    except DomainError:
        return []
    count = begun(tariff, at)
    return [_version_line(tariff, i, count, at) for i in range(len(tariff.versions))]


def _version_line(tariff: domain.Tariff, place: int, count: int, at: datetime) -> VersionLine:
    version = tariff.versions[place]
    state = "planned" if place >= count else "now" if tariff.version_at(at) == place else "past"
    return VersionLine(
        number=place + 1,
        state=state,
        starts=wall_text(version.starts),
        ends=wall_text(version.ends),
        starts_at=version.starts.isoformat(timespec="minutes") if version.starts else "",
        prices=_prices(version, tariff.currency),
    )


def _prices(version: domain.TariffVersion, currency: str) -> str:
    """The first few, and for what they are asked."""
    amounts = [saying.money(Money(rule.price, currency)) for rule in version.rules[:4]]
    said = {"prices": " · ".join(amounts) + (" …" if len(version.rules) > 4 else "")}
    if isinstance(version.pricing, domain.BlockPricing):
        return _("%(prices)s for %(length)s") % (said | {"length": saying.length(version.pricing.length)})
    return _("%(prices)s an entry") % said


def wall_text(wall: datetime | None) -> str:
    return "" if wall is None else f"{saying.date_full(wall.date())} {wall:%H:%M}"


def wanted(request: HttpRequest, tariff_id: UUID) -> Tariff:
    """Raises Http404 for a tariff of no site of the reader's."""
    found = queries.tariff(tariff_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


def code_problem(site: Site, code: str) -> str:
    """Why no new tariff of the site can have this code; "" when one can."""
    if not CODE.fullmatch(code):
        return str(words_tariff.ERRORS["bad_code"])
    if queries.tariff_with_code(site, code) is not None:
        return _("There is a tariff of this name already.")
    return ""


@require_POST
def copy(request: HttpRequest, tariff_id: UUID) -> HttpResponse:
    row, code = wanted(request, tariff_id), request.POST.get("code", "").strip().lower()[:60]
    problem = code_problem(row.site, code)
    if problem:
        return _list(request, (row.pk, problem))
    try:
        made = tariffs.copy_tariff(row, code, by=reader(request).by, at=now())
    except TariffError as fault:
        return _list(request, (row.pk, words_tariff.error(fault)))
    return HttpResponseRedirect(reverse("parking-tariff", args=[made.pk]))


@require_POST
def take_back(request: HttpRequest, tariff_id: UUID) -> HttpResponse:
    row, at = wanted(request, tariff_id), now()
    try:
        starts = wall_of(request.POST.get("starts", "")[:40], "starts")
        tariffs.take_back_version(row, starts, seen=request.POST.get("seen", ""), by=reader(request).by, at=at)
    except TariffError as fault:
        return _list(request, (row.pk, words_tariff.error(fault)))
    except tariffs.ChangedMeanwhile:
        return _list(request, (row.pk, changed_meanwhile()))
    return HttpResponseRedirect(reverse("parking-tariff", args=[row.pk]))


def changed_meanwhile() -> str:
    return _("Somebody else changed this tariff meanwhile. Open it again and look.")


@require_safe
def download(request: HttpRequest, tariff_id: UUID) -> HttpResponse:
    """As the file that `gatehouse price` reads."""
    row = wanted(request, tariff_id)
    return _file(row, json.dumps(_readable(row), ensure_ascii=False, indent=2).encode(), f"{row.code}.json")


@require_safe
def download_apds(request: HttpRequest, tariff_id: UUID) -> HttpResponse:
    row = wanted(request, tariff_id)
    written = msgspec.json.Encoder(decimal_format="number").encode(tariff_to_apds(tariff_from_dict(_readable(row))))
    return _file(row, msgspec.json.format(written), f"{row.code}.apds.json")


def _readable(row: Tariff) -> dict[str, object]:
    try:
        return tariff_to_dict(tariff_from_dict(row.versions))
    except DomainError as fault:
        raise Http404 from fault


def _file(row: Tariff, content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
