"""The tariff editor: a form for people who never saw the JSON, with a preview beside it that saves nothing.

Saving adds a version from a chosen time on; what has begun stays as it was. Buttons that add or take out a line, or
import holidays, send the form and get it back changed; nothing is kept between.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gatehouse.domain.periods import local
from gatehouse.domain.tariff_json import tariff_to_dict
from gatehouse.domain.tariff_notices import Notice
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.server.audit.by import By
from gatehouse.server.console import words_tariff
from gatehouse.server.console.access import reader
from gatehouse.server.console.garages.tabs import tabs
from gatehouse.server.console.garages.tariff_days import countries, country_of, days_off
from gatehouse.server.console.garages.tariff_form import (
    MOST_ROWS,
    WEEKDAYS,
    ClassRow,
    RuleRow,
    Typed,
    from_version,
    typed,
)
from gatehouse.server.console.garages.tariff_preview import (
    REACHES,
    Checked,
    asked_of,
    check,
    preview,
    said_error,
    tariff_zone,
)
from gatehouse.server.console.garages.tariffs import (
    changed_meanwhile,
    code_problem,
    version_lines,
    wall_text,
    wanted,
)
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.words_tariff import Said
from gatehouse.server.moment import now
from gatehouse.server.parking import actions, tariffs
from gatehouse.server.parking.models import Tariff
from gatehouse.server.people.models import Site

_DAY = timedelta(days=1)
_PLACED = re.compile(r"remove-(rule|class)-([0-9]{1,3})")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = site_of(request, site_id)
    if request.method == "POST":
        return _posted(request, site, None)
    return _page(request, site, None, Typed(), "")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, tariff_id: UUID) -> HttpResponse:
    row = wanted(request, tariff_id)
    if request.method == "POST":
        return _posted(request, row.site, row)
    form, starts = _held(row, request.GET.get("version", ""), now())
    return _page(request, row.site, row, form, starts)


@require_POST
def preview_new(request: HttpRequest, site_id: UUID) -> HttpResponse:
    return _previewed(request, site_of(request, site_id), None)


@require_POST
def preview_part(request: HttpRequest, tariff_id: UUID) -> HttpResponse:
    row = wanted(request, tariff_id)
    return _previewed(request, row.site, row)


def _previewed(request: HttpRequest, site: Site, row: Tariff | None) -> HttpResponse:
    form, at = typed(request.POST), now()
    found = check(site, row, _code(request), form, _starts(request), at)
    shown = preview(found, asked_of(request.POST, site, at))
    return render(request, "garages/tariff_preview.html", {"shown": shown})


def _held(row: Tariff, chosen: str, at: datetime) -> tuple[Typed, str]:
    """The form of the chosen version, else of the one in force, and when it would begin: a planned one when it is
    planned for, any other tomorrow."""
    lines = version_lines(row, at)
    tomorrow = local(at, tariff_zone(row.site)).date() + _DAY
    starts = f"{tomorrow}T00:00"
    if not lines:
        return Typed(), starts
    place = next((i for i, line in enumerate(lines) if str(line.number) == chosen), None)
    if place is None:
        place = next((i for i, line in enumerate(lines) if line.state == "now"), len(lines) - 1)
    if lines[place].state == "planned":
        starts = lines[place].starts_at
    held = row.versions["versions"][place]
    return from_version(held, row.site.currency), starts


def _posted(request: HttpRequest, site: Site, row: Tariff | None) -> HttpResponse:
    form, do = typed(request.POST), request.POST.get("do", "")[:40]
    if do == "save":
        return _save(request, site, row, form)
    said = _change(form, do, request.POST.get("country", "")[:2].upper(), site)
    return _page(request, site, row, form, _starts(request), notices=said)


def _change(form: Typed, do: str, country: str, site: Site) -> list[Said]:
    """What a button other than Save does to the form."""
    placed = _PLACED.fullmatch(do)
    if do == "add-rule" and len(form.rules) < MOST_ROWS:
        form.rules.append(RuleRow())
    elif do == "add-class" and len(form.classes) < MOST_ROWS:
        form.classes.append(ClassRow())
    elif placed and placed[1] == "rule":
        form.rules = [row for i, row in enumerate(form.rules) if i != int(placed[2])] or [RuleRow()]
    elif placed:
        form.classes = [row for i, row in enumerate(form.classes) if i != int(placed[2])]
    elif do in ("holidays", "makeup"):
        return _import(form, do, country, site)
    return []


def _import(form: Typed, do: str, country: str, site: Site) -> list[Said]:
    first_year = local(now(), tariff_zone(site)).year
    found = days_off(country, first_year)
    if found is None:
        return [Said("country", "", str(words_tariff.ERRORS["wrong_type"]))]
    worked = [day.isoformat() for day in found.worked]
    if do == "makeup":
        like = next((row for row in form.rules if row.days == "weekdays" and "mon" in row.weekdays), RuleRow())
        form.rules.append(replace(like, code="", days="dates", weekdays=[], dates="\n".join(worked)))
        return []
    held = set(form.holidays.split()) | {day.isoformat() for day in found.off}
    form.holidays = "\n".join(sorted(held))
    if not worked:
        return []
    return [Said("makeup", "", words_tariff.notice(Notice("makeup", "", {"dates": ", ".join(worked)})))]


def _save(request: HttpRequest, site: Site, row: Tariff | None, form: Typed) -> HttpResponse:
    at, by, code, starts = now(), reader(request).by, _code(request), _starts(request)
    found = check(site, row, code, form, starts, at)
    problem = code_problem(site, code) if row is None else ""
    if problem:
        found.errors.insert(0, Said("code", words_tariff.field_name("code"), problem))
    if not found.errors and found.whole is not None:
        try:
            saved = _written(request, site, row, found, by=by, at=at)
            return HttpResponseRedirect(f"{reverse('parking-tariff', args=[saved.pk])}?saved=yes")
        except TariffError as fault:
            found.errors.append(said_error(fault, form))
        except tariffs.ChangedMeanwhile:
            found.errors.append(Said("", "", changed_meanwhile()))
    return _page(request, site, row, form, starts, errors=found.errors)


def _written(request: HttpRequest, site: Site, row: Tariff | None, found: Checked, *, by: By, at: datetime) -> Tariff:
    whole = found.whole
    assert whole is not None
    if row is None:
        return actions.add_tariff(site, whole.name, tariff_to_dict(whole), by=by, at=at)
    return tariffs.put_versions(row, whole, seen=request.POST.get("seen", ""), by=by, at=at)


def _code(request: HttpRequest) -> str:
    return request.POST.get("code", "").strip().lower()[:60]


def _starts(request: HttpRequest) -> str:
    return request.POST.get("starts", "").strip()[:40]


def _page(
    request: HttpRequest,
    site: Site,
    row: Tariff | None,
    form: Typed,
    starts: str,
    *,
    errors: list[Said] | None = None,
    notices: list[Said] | None = None,
) -> HttpResponse:
    at = now()
    asked = asked_of(request.POST, site, at)
    found = check(site, row, _code(request), form, starts, at)
    context: dict[str, object] = {
        "site": site,
        "row": row,
        "form": form,
        "rule_count": len(form.rules),
        "class_count": len(form.classes),
        "starts": starts,
        "code": _code(request),
        "seen": request.POST.get("seen") or (tariffs.seen_mark(row) if row else ""),
        "versions": version_lines(row, at) if row else [],
        "several": row is not None and len(version_lines(row, at)) > 1,
        "asked": asked,
        "reaches": REACHES,
        "shown": preview(found, asked),
        "untouched": row is None and request.method == "GET",
        "errors": errors or [],
        "wrong": {said.field: said.text for said in errors or []},
        "said": notices or [],
        "classes": words_tariff.CLASSES.items(),
        "known": list(words_tariff.CLASSES),
        "weekdays": [(day, words_tariff.weekday(i)) for i, day in enumerate(WEEKDAYS)],
        "countries": countries(),
        "country": request.POST.get("country", "")[:2].upper() or country_of(site.zone),
        "now_wall": wall_text(local(at, tariff_zone(site)).replace(tzinfo=None)),
        "saved": request.GET.get("saved") == "yes",
        "here": reverse("parking-tariff", args=[row.pk]) if row else reverse("parking-tariff-new", args=[site.pk]),
        "preview_at": (
            reverse("parking-tariff-preview", args=[row.pk])
            if row
            else reverse("parking-tariff-new-preview", args=[site.pk])
        ),
    }
    status = 422 if errors else 200
    return render(request, "garages/tariff.html", tabs(request, "parking-tariffs") | context, status=status)
