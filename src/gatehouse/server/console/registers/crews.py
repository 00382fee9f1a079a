"""Contractors, teams and the real-name roster of construction sites: who is in which team, and who may not enter."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.crew_wages import gap
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import words, words_registers
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.console.registers.tabs import sites_of
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries, roster_actions, roster_looks, roster_queries
from gatehouse.server.people.looks import Named
from gatehouse.server.people.models import Person, Site, SiteType, Team
from gatehouse.server.people.roster_cells import RosterFacts

PAGE = 25
MOST_GAPS = 200
PURPOSE = "crews.page"


def crews(request: HttpRequest, number: int = 1) -> HttpResponse:
    """GET lists people by number; POST opens teams and training of the page, or looks for those who lack something."""
    return _page(request, number, do=request.POST.get("do", "open") if request.method == "POST" else "")


def _page(request: HttpRequest, number: int, *, do: str = "", error: str = "") -> HttpResponse:
    sites = sites_of(request, SiteType.CONSTRUCTION)
    active = roster_queries.active(sites)
    shown, pager = paged(active, number, PAGE, lambda page: reverse("registers-crews-page", args=[page]))
    context: dict[str, object] = {
        "sites": [_site(site) for site in sites],
        "several": len(sites) > 1,
        "pager": pager,
        "error": error,
        **tabs(request, "registers-crews"),
    }
    found = _gaps(request, list(active)) if do == "gaps" else _lines(request, shown, opened=do == "open")
    if isinstance(found, Refused):
        context["refused"] = words.refused(found.code)
    else:
        context |= {"people": found, "opened": bool(do), "gaps_only": do == "gaps"}
    return render(request, "registers/crews.html", context, status=422 if error else 200)


def _site(site: Site) -> dict[str, object]:
    teams: dict[UUID, list[str]] = {}
    for team in roster_queries.teams([site]):
        teams.setdefault(team.contractor_id, []).append(team.name)
    return {
        "id": site.pk,
        "name": site.name,
        "training_first": roster_queries.training_first(site),
        "contractors": [
            {"id": one.pk, "name": one.name, "teams": teams.get(one.pk, [])}
            for one in roster_queries.contractors([site])
        ],
    }


def _lines(request: HttpRequest, people: list[Person], *, opened: bool) -> list[dict[str, object]] | Refused:
    by = reader(request).by.authority
    named = looks.briefs(people, by, PURPOSE)
    if isinstance(named, Refused):
        return named
    facts: dict[UUID, RosterFacts] | Refused = roster_looks.roster(people, by, PURPOSE) if opened else {}
    if isinstance(facts, Refused):
        return facts
    teams = _teams({person.site for person in people})
    lines = [_line(one, facts.get(one.person.pk), teams, opened=opened) for one in named]
    return sorted(lines, key=lambda line: str(line["number"]))


def _line(one: Named, facts: RosterFacts | None, teams: dict[str, Team], *, opened: bool) -> dict[str, object]:
    line: dict[str, object] = {
        "id": one.person.pk,
        "number": one.brief.number,
        "initials": one.brief.initials,
        "site": one.person.site.name,
    }
    if not opened:
        return line
    missing = gap(facts.training if facts else None, local_date(now(), ZoneInfo(one.person.site.zone)))
    team = teams.get(facts.team) if facts else None
    return line | {
        "trade": facts.trade if facts else "",
        "team": team.name if team else "",
        "contractor": team.contractor.name if team else "",
        "foreman": facts.foreman if facts else False,
        "until": facts.trained_until if facts else None,
        "gap": words_registers.GAPS[missing] if missing else "",
    }


def _teams(sites: set[Site]) -> dict[str, Team]:
    return {str(team.pk): team for team in roster_queries.teams(sites)}


def _gaps(request: HttpRequest, people: list[Person]) -> list[dict[str, object]] | Refused:
    """Everybody who lacks something today, at most MOST_GAPS of them."""
    facts = roster_looks.roster(people, reader(request).by.authority, PURPOSE)
    if isinstance(facts, Refused):
        return facts
    lacking = [person for person in people if _lacks(person, facts.get(person.pk))]
    return _lines(request, lacking[:MOST_GAPS], opened=True)


def _lacks(person: Person, facts: RosterFacts | None) -> bool:
    return gap(facts.training if facts else None, local_date(now(), ZoneInfo(person.site.zone))) is not None


# --- contractors, teams, the rule -------------------------------------------------------------------------------


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """One of: a contractor, a team, whether training comes first."""
    try:
        said = _change(request)
    except Mistyped as fault:
        return _page(request, 1, error=str(fault))
    messages.success(request, said, "yes")
    return HttpResponseRedirect(reverse("registers-crews"))


def _change(request: HttpRequest) -> str:
    """Raises Mistyped."""
    form, by, at = request.POST, reader(request).by, now()
    sites = sites_of(request, SiteType.CONSTRUCTION)
    do, name = form.get("do", ""), typed.text(form, "name", 80)
    if do == "team":
        contractor = roster_queries.contractor(form.get("contractor", ""), sites)
        if contractor is None:
            raise Mistyped(_("Choose the contractor of the team."))
        if not name:
            raise Mistyped(_("Give the team a name."))
        roster_actions.add_team(contractor, name, by=by, at=at)
        return _("The team %(name)s is there.") % {"name": name}
    site = next((one for one in sites if str(one.pk) == form.get("site", "")), None)
    if site is None:
        raise Mistyped(_("Choose a construction site."))
    if do == "contractor":
        if not name:
            raise Mistyped(_("Give the contractor a name."))
        roster_actions.add_contractor(site, name, by=by, at=at)
        return _("The contractor %(name)s is there.") % {"name": name}
    if do == "ask":
        roster_actions.ask_for_training(site, by=by, at=at)
        return _("Gates let in only who is in the roster with a training that holds.")
    if do == "let":
        roster_actions.let_in_without_training(site, by=by, at=at)
        return _("Gates do not ask for training any more.")
    raise Mistyped(_("Nothing was chosen."))


# --- one person ---------------------------------------------------------------------------------------------------


def entry(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """GET offers to open the entry; POST opens, saves or strikes it."""
    person = queries.person(person_id, sites_of(request, SiteType.CONSTRUCTION))
    if person is None:
        raise Http404
    if request.method != "POST":
        return _entry(request, person, {})
    do = request.POST.get("do", "open")
    if do == "save":
        return _save(request, person)
    if do == "strike":
        roster_actions.strike_from_roster(person, by=reader(request).by, at=now())
        messages.success(request, _("Taken out of the roster."), "yes")
        return HttpResponseRedirect(reverse("registers-crews"))
    found = roster_looks.roster([person], reader(request).by.authority, PURPOSE)
    if isinstance(found, Refused):
        return _entry(request, person, {"refused": words.refused(found.code)})
    held = found.get(person.pk)
    return _entry(request, person, {"opened": True, "facts": held or RosterFacts(), "known": held is not None})


def _entry(request: HttpRequest, person: Person, more: dict[str, object], status: int = 200) -> HttpResponse:
    named = looks.briefs([person], reader(request).by.authority, PURPOSE)
    brief = looks.NO_BRIEF if isinstance(named, Refused) else named[0].brief
    context: dict[str, object] = {
        "id": person.pk,
        "number": brief.number,
        "initials": brief.initials,
        "site": person.site.name,
        "teams": [
            {"id": str(team.pk), "name": f"{team.contractor.name} · {team.name}"}
            for team in roster_queries.teams([person.site])
        ],
        **tabs(request, "registers-crews"),
    }
    return render(request, "registers/entry.html", context | more, status=status)


def _save(request: HttpRequest, person: Person) -> HttpResponse:
    form = request.POST
    try:
        facts = _typed(request, person)
    except Mistyped as fault:
        # What was typed stays in its fields.
        held = {name: form.get(name, "")[:80] for name in ("trade", "team", "trained", "trained_until")}
        more = {"opened": True, "facts": held | {"foreman": "foreman" in form}, "known": True, "error": str(fault)}
        return _entry(request, person, more, status=422)
    roster_actions.enter_roster(person, facts, by=reader(request).by, at=now())
    messages.success(request, _("Saved. Gates know it at once."), "yes")
    return HttpResponseRedirect(reverse("registers-crews"))


def _typed(request: HttpRequest, person: Person) -> RosterFacts:
    """Raises Mistyped."""
    form = request.POST
    trade = typed.text(form, "trade", 41)
    if not trade:
        raise Mistyped(_("Trade: write what this person does, such as mason or crane driver."))
    if len(trade) > 40:
        raise Mistyped(_("Trade: at most 40 characters."))
    team = form.get("team", "")
    if team and roster_queries.team(team, [person.site]) is None:
        raise Mistyped(_("Team: choose one of the list."))
    trained = typed.day_or_none(form.get("trained", ""), _("Training given on"))
    until = typed.day_or_none(form.get("trained_until", ""), _("Holds until"))
    _check(trained, until)
    return RosterFacts(trade, team, "foreman" in form, trained, until)


def _check(trained: date | None, until: date | None) -> None:
    """Raises Mistyped."""
    if until is not None and trained is None:
        raise Mistyped(_("Training given on: say when it was given, or leave its end empty too."))
    if trained is not None and until is not None and until < trained:
        raise Mistyped(_("Holds until: this is before the training was given."))
