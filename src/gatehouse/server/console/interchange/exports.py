"""Exports: a month's hours, shifts or punches as a table for a spreadsheet or for Frappe HR."""

from zoneinfo import ZoneInfo

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import can_be_meant, local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.audit.actions import record
from gatehouse.server.console import words, words_interchange
from gatehouse.server.console.access import reader
from gatehouse.server.console.months import month_before
from gatehouse.server.console.spreadsheet import plain, table_file
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.interchange import exporting
from gatehouse.server.moment import now
from gatehouse.server.payroll.cells import month_from
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import sites_visible_to


@require_safe
def exports(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, **more: object) -> HttpResponse:
    sites = sites_visible_to(reader(request))
    today = max((local_date(now(), ZoneInfo(site.zone)) for site in sites), default=now().date())
    context = tabs(request, "exports") | {
        "sites": sites,
        "tables": [(code, name, meaning) for code, (name, meaning) in words_interchange.TABLES.items()],
        "chosen": request.POST.get("table", "workdays"),
        "month_code": str(month_before(Month.of(today))),
    }
    return render(request, "interchange/exports.html", context | more, status=422 if more else 200)


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    who, table = reader(request), request.POST.get("table", "")
    site = next((one for one in sites_visible_to(who) if str(one.pk) == request.POST.get("site", "")), None)
    month = _month(request.POST.get("month", ""))
    if site is None or month is None or table not in exporting.TABLES:
        return _page(request, error=_("Choose a site, a month and what is to be written."))
    rows = exporting.TABLES[table](site, month, who.by.authority)
    if isinstance(rows, Refused):
        return _page(request, refused=words.refused(rows.code))
    _record(site, table, request)
    return table_file(request, f"{table}-{site.code}-{month}", ([_cell(cell) for cell in row] for row in rows))


def _cell(cell: object) -> object:
    return plain(cell) if isinstance(cell, str) else cell


@transaction.atomic
def _record(site: Site, table: str, request: HttpRequest) -> None:
    record(f"export.{table}", "site", site.pk, by=reader(request).by, at=now())


def _month(text: str) -> Month | None:
    try:
        found = month_from(text[:7])
    except ValueError:
        return None
    return found if can_be_meant(found.first) else None
