"""Wages of a construction site by contractor and team: on the page without names, with names as a printed list to be
signed, or as rows for a spreadsheet."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gatehouse.domain.crew_wages import Amounts, Crew, Line, Sums, Terms, Work, crews, sums
from gatehouse.domain.money import decimal_text
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import saying, words, words_payruns, words_registers
from gatehouse.server.console.access import reader
from gatehouse.server.console.months import month_before
from gatehouse.server.console.registers.sheet import Column, Part, blanks, sheet_pdf
from gatehouse.server.console.registers.tabs import sites_of
from gatehouse.server.console.slip_files import attached
from gatehouse.server.console.spreadsheet import csv_file, plain
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.payroll.crews import Report, report
from gatehouse.server.people import looks, roster_queries
from gatehouse.server.people.looks import Named
from gatehouse.server.people.models import Site, SiteType

PAGE_PURPOSE, FILE_PURPOSE = "wages.page", "wages.file"


def wages(request: HttpRequest, of: Month | None = None) -> HttpResponse:
    """GET lists the sites; POST opens the sums of one of them."""
    sites = sites_of(request, SiteType.CONSTRUCTION)
    of = of or _current(sites)
    chosen = _chosen(request, sites) if request.method == "POST" else None
    more: dict[str, object] = {}
    if chosen is not None:
        found = report(chosen, of, reader(request).by.authority, PAGE_PURPOSE)
        if isinstance(found, Refused):
            more["refused"] = words.refused(found.code)
        else:
            more |= {"opened": chosen.pk, "crews": _crews(chosen, found), "sums": _sums_said(sums(found.lines))}
    elif request.method == "POST":
        more["error"] = _("Choose a construction site.")
    return _page(request, sites, of, more)


def _page(request: HttpRequest, sites: Sequence[Site], of: Month, more: dict[str, object]) -> HttpResponse:
    context = {
        "sites": sites,
        "first": of.first,
        "month": str(of),
        "before": str(month_before(of)),
        "after": str(of.after) if of.first < _current(sites).first else "",
        **tabs(request, "registers-wages"),
    }
    return render(request, "registers/wages.html", context | more, status=422 if "error" in more else 200)


def _current(sites: Sequence[Site]) -> Month:
    return Month.of(max((local_date(now(), ZoneInfo(site.zone)) for site in sites), default=now().date()))


def _chosen(request: HttpRequest, sites: Sequence[Site]) -> Site | None:
    return next((site for site in sites if str(site.pk) == request.POST.get("site", "")), None)


def _crews(site: Site, found: Report) -> list[dict[str, object]]:
    names = _names(site)
    return [
        {
            "key": f"{crew.contractor}:{crew.team}",
            "contractor": names.get(crew.contractor, _("No contractor")),
            "team": names.get(crew.team, _("No team")),
            "without": sum(not line.amounts for line in crew.lines),
            **_sums_said(crew.sums),
        }
        for crew in _by_name(found.lines, names)
    ]


def _by_name(lines: Sequence[Line], names: dict[str, str]) -> list[Crew]:
    """The teams by the names of contractor and team; who is in none comes last."""
    return sorted(
        crews(lines),
        key=lambda crew: (
            not crew.contractor, names.get(crew.contractor, ""), not crew.team, names.get(crew.team, ""), crew.team
        ),
    )  # fmt: skip


def _sums_said(found: Sums) -> dict[str, object]:
    return {
        "people": found.people,
        "days": saying.number(found.work.days),
        "worked": found.work.worked_min,
        "overtime": found.work.overtime_min,
        "amounts": [
            {"gross": one.gross, "kept": one.kept, "recovered": one.recovered, "net": one.net, "paid": one.paid}
            for one in found.amounts
        ],
    }


def _names(site: Site) -> dict[str, str]:
    """Of contractors and teams, by id."""
    found = {str(one.pk): one.name for one in roster_queries.contractors([site])}
    return found | {str(one.pk): one.name for one in roster_queries.teams([site])}


# --- files -------------------------------------------------------------------------------------------------------


@require_POST
def file(request: HttpRequest, of: Month) -> HttpResponse:
    """One team's list or everybody's, with names: made now, for whoever asks, and not kept."""
    sites = sites_of(request, SiteType.CONSTRUCTION)
    site = _chosen(request, sites)
    if site is None:
        return _page(request, sites, of, {"error": _("Choose a construction site.")})
    by = reader(request).by.authority
    found = report(site, of, by, FILE_PURPOSE)
    if isinstance(found, Refused):
        return _page(request, sites, of, {"refused": words.refused(found.code)})
    wanted = request.POST.get("crew", "")
    chosen = [
        crew for crew in _by_name(found.lines, _names(site)) if not wanted or f"{crew.contractor}:{crew.team}" == wanted
    ]
    if not chosen:
        return _page(request, sites, of, {"error": _("Nobody is in this team in this month.")})
    people = [found.people[line.person] for crew in chosen for line in crew.lines]
    named = looks.names(people, by, FILE_PURPOSE)
    if isinstance(named, Refused):
        return _page(request, sites, of, {"refused": words.refused(named.code)})
    known = {str(one.person.pk): one for one in named}
    if request.POST.get("as") == "csv":
        answer = csv_file(f"wages-{of}.csv", _rows(site, chosen, known))
    else:
        answer = attached(_pdf(site, of, chosen, known), f"wages-{of}.pdf")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _ordered(crew: Crew, known: dict[str, Named]) -> list[Line]:
    return sorted(crew.lines, key=lambda line: (known[line.person].brief.number, line.person))


def _terms(terms: Terms | None) -> str:
    return f"{saying.money(terms.rate)} {words_registers.PAY_KINDS[terms.kind]}" if terms else ""


def _rows(site: Site, chosen: Sequence[Crew], known: dict[str, Named]) -> list[list[object]]:
    """One row for everybody and currency, with their head; amounts as numbers in major units."""
    names = _names(site)
    head: list[object] = [
        _("Contractor"), _("Team"), _("Number"), _("Name"), _("Trade"), _("Paid by"), _("Rate"), _("Days"),
        _("Hours"), _("Overtime hours"), _("Currency"), _("Earned"), _("Contributions and tax"), _("Recovered"),
        _("Due"), _("Paid"), _("State"),
    ]  # fmt: skip
    rows = [head]
    for crew in chosen:
        for line in _ordered(crew, known):
            one = known[line.person]
            before: list[object] = [
                plain(names.get(crew.contractor, "")), plain(names.get(crew.team, "")), plain(one.brief.number),
                plain(one.name), plain(line.trade),
                words_registers.PAY_KINDS[line.terms.kind] if line.terms else "",
                decimal_text(line.terms.rate) if line.terms else "",
                saying.number(line.work.days), saying.hours(line.work.worked_min), saying.hours(line.work.overtime_min),
            ]  # fmt: skip
            for amount in line.amounts or (None,):
                rows.append([*before, *_amount_cells(amount), _state(line)])
    return rows


def _amount_cells(one: Amounts | None) -> list[object]:
    if one is None:
        return [""] * 6
    return [one.currency, *(decimal_text(m) for m in (one.gross, one.kept, one.recovered, one.net, one.paid))]


def _state(line: Line) -> str:
    if line.amounts or not line.without:
        return str(words_registers.STANDINGS[line.standing])
    return str(words_payruns.without(line.without))


def _pdf(site: Site, of: Month, chosen: Sequence[Crew], known: dict[str, Named]) -> bytes:
    names = _names(site)
    title = _("Wages of %(month)s") % {"month": saying.month(of.first)}
    parts = [_crew_part(site, title, crew, names, known) for crew in chosen]
    if len(chosen) > 1:
        parts.append(_summary_part(site, title, chosen, names))
    return sheet_pdf(f"{title} · {site.name}", parts)


def _crew_part(site: Site, title: str, crew: Crew, names: dict[str, str], known: dict[str, Named]) -> Part:
    columns = (
        Column(_("Number"), 42), Column(_("Name"), 78), Column(_("Trade"), 58), Column(_("Paid by"), 84),
        Column(_("Days"), 28, right=True), Column(_("Hours"), 40, right=True), Column(_("Overtime"), 40, right=True),
        Column(_("Earned"), 64, right=True), Column(_("Kept back"), 64, right=True),
        Column(_("Recovered"), 56, right=True), Column(_("Due"), 64, right=True), Column(_("Paid"), 64, right=True),
        Column(_("Signature"), 96),
    )  # fmt: skip
    rows = []
    for line in _ordered(crew, known):
        one = known[line.person]
        before = [one.brief.number, one.name, line.trade, _terms(line.terms), *_work(line.work)]
        if not line.amounts:
            rows.append([*before, _state(line), "", "", "", "", ""])
        for amount in line.amounts:
            rows.append([*before, *_money(amount), ""])
            before = ["", "", "", "", "", "", ""]
    found = crew.sums
    totals = []
    label = ngettext("%(count)d person", "%(count)d people", found.people) % {"count": found.people}
    for place, amount in enumerate(found.amounts):
        work = _work(found.work) if place == 0 else ["", "", ""]
        totals.append(["", _("Sum") if place == 0 else "", label if place == 0 else "", "", *work, *_money(amount), ""])
    contractor, team = names.get(crew.contractor, _("No contractor")), names.get(crew.team, _("No team"))
    foot = (
        _("Each signs for the days and the amount in their line."),
        blanks(_("For the contractor"), _("Foreman"), _("Date")),
    )
    return Part(title, (f"{site.name} · {contractor} · {team}",), columns, rows, totals, foot, row_height=24)


def _summary_part(site: Site, title: str, chosen: Sequence[Crew], names: dict[str, str]) -> Part:
    columns = (
        Column(_("Contractor"), 130), Column(_("Team"), 110), Column(_("People"), 40, right=True),
        Column(_("Days"), 44, right=True), Column(_("Hours"), 54, right=True), Column(_("Overtime"), 50, right=True),
        Column(_("Earned"), 74, right=True), Column(_("Kept back"), 74, right=True),
        Column(_("Recovered"), 70, right=True), Column(_("Due"), 74, right=True), Column(_("Paid"), 74, right=True),
    )  # fmt: skip
    rows = []
    for crew in chosen:
        who = [names.get(crew.contractor, _("No contractor")), names.get(crew.team, _("No team"))]
        rows += _sum_rows(who, crew.sums)
    whole = sums(line for crew in chosen for line in crew.lines)
    return Part(title, (f"{site.name} · {_('All teams')}",), columns, rows, _sum_rows([_("Sum"), ""], whole))


def _sum_rows(who: list[str], found: Sums) -> list[list[str]]:
    first = [*who, str(found.people), *_work(found.work)]
    if not found.amounts:
        return [[*first, "", "", "", "", ""]]
    later = ["", "", "", "", "", ""]
    return [[*(later if place else first), *_money(amount)] for place, amount in enumerate(found.amounts)]


def _work(work: Work) -> list[str]:
    return [saying.number(work.days), saying.hours(work.worked_min), saying.hours(work.overtime_min)]


def _money(one: Amounts) -> list[str]:
    return [saying.money(amount) for amount in (one.gross, one.kept, one.recovered, one.net, one.paid)]
