"""Contractors, teams and the real-name roster of construction sites: who is in which team, and who may not enter.
One person's entry is `registers.entry`."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.console.registers.asked import Asked
from gatehouse.server.console.registers.contractors import sign_ins
from gatehouse.server.console.registers.tabs import sites_of
from gatehouse.server.console.words import Text
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks, roster_actions, roster_looks, roster_queries
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
        "sites": [_site(request, site) for site in sites],
        "may_invite": may_invite(request),
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


def may_invite(request: HttpRequest) -> bool:
    return reader(request).role is Role.OWNER


def _site(request: HttpRequest, site: Site) -> dict[str, object]:
    teams: dict[UUID, list[str]] = {}
    for team in roster_queries.teams([site]):
        teams.setdefault(team.contractor_id, []).append(team.name)
    return {
        "id": site.pk,
        "name": site.name,
        "training_first": roster_queries.training_first(site),
        "signs_in": sign_ins(request, site) if may_invite(request) else [],
        "certificates": [
            {"id": one.pk, "name": one.name, "asked": one.asked} for one in roster_queries.certificates([site])
        ],
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
    sites = {person.site for person in people}
    teams = {str(team.pk): team for team in roster_queries.teams(sites)}
    asked = {site.pk: Asked.of(site) for site in sites}
    lines = [
        _line(one) | (_opened(facts.get(one.person.pk), teams, asked[one.person.site_id]) if opened else {})
        for one in named
    ]
    return sorted(lines, key=lambda line: str(line["number"]))


def _line(one: Named) -> dict[str, object]:
    return {
        "id": one.person.pk,
        "number": one.brief.number,
        "initials": one.brief.initials,
        "site": one.person.site.name,
    }


def _opened(facts: RosterFacts | None, teams: dict[str, Team], asked: Asked) -> dict[str, object]:
    team = teams.get(facts.team) if facts else None
    return {
        "trade": facts.trade if facts else "",
        "team": team.name if team else "",
        "contractor": team.contractor.name if team else "",
        "foreman": facts.foreman if facts else False,
        "until": facts.trained_until if facts else None,
        "gap": asked.gap(facts),
    }


def _gaps(request: HttpRequest, people: list[Person]) -> list[dict[str, object]] | Refused:
    """Everybody who lacks something today, at most MOST_GAPS of them."""
    facts = roster_looks.roster(people, reader(request).by.authority, PURPOSE)
    if isinstance(facts, Refused):
        return facts
    asked = {site.pk: Asked.of(site) for site in {person.site for person in people}}
    without = [one for one in people if asked[one.site_id].lacking(facts.get(one.pk)) is not None]
    return _lines(request, without[:MOST_GAPS], opened=True)


# --- contractors, teams, what gates ask for ------------------------------------------------------------------------


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """One of: a contractor, a team, a certificate, whether training comes first."""
    try:
        said = _change(request)
    except Mistyped as fault:
        return _page(request, 1, error=str(fault))
    messages.success(request, said, "yes")
    return HttpResponseRedirect(reverse("registers-crews"))


# What may be done with a certificate of the site, and what is said then.
_CERTIFICATE: dict[str, tuple[Callable[..., None], Text]] = {
    "cert-ask": (roster_actions.ask_for_certificate, gettext_lazy("Nobody comes in without: %(name)s.")),
    "cert-holders": (roster_actions.ask_holders_only, gettext_lazy("%(name)s keeps out only whom it has run out for.")),
    "cert-drop": (roster_actions.drop_certificate, gettext_lazy("Gates look at this no more: %(name)s.")),
}


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
    if do in _CERTIFICATE:
        kind = roster_queries.certificate(form.get("certificate", ""), sites)
        if kind is None:
            raise Mistyped(_("Choose a certificate of the list."))
        act, said = _CERTIFICATE[do]
        act(kind, by=by, at=at)
        return str(said) % {"name": kind.name}
    site = next((one for one in sites if str(one.pk) == form.get("site", "")), None)
    if site is None:
        raise Mistyped(_("Choose a construction site."))
    if do == "contractor":
        if not name:
            raise Mistyped(_("Give the contractor a name."))
        roster_actions.add_contractor(site, name, by=by, at=at)
        return _("The contractor %(name)s is there.") % {"name": name}
    if do == "certificate":
        name = name[:60]
        if not name:
            raise Mistyped(_("Give the certificate a name, such as: Certificate for working at height."))
        roster_actions.add_certificate(site, name, by=by, at=at)
        return _("%(name)s can be entered for everybody now.") % {"name": name}
    if do == "ask":
        roster_actions.ask_for_training(site, by=by, at=at)
        return _("Gates let in only who is in the roster with a training that holds.")
    if do == "let":
        roster_actions.let_in_without_training(site, by=by, at=at)
        return _("Gates do not ask for training any more.")
    raise Mistyped(_("Nothing was chosen."))
