"""One person's entry in the real-name roster: trade, team, training, certificates."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.console.registers.tabs import sites_of
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries, roster_actions, roster_looks, roster_queries
from gatehouse.server.people.models import CertificateKind, Person, SiteType
from gatehouse.server.people.roster_cells import MOST_CERTIFICATES, CertificateFacts, RosterFacts

PURPOSE = "crews.page"


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
    facts = held or RosterFacts()
    more = {"opened": True, "facts": facts, "known": held is not None, "certificates": _held(person, facts)}
    return _entry(request, person, more)


def _kinds(person: Person) -> list[CertificateKind]:
    return list(roster_queries.certificates([person.site]))


def _held(person: Person, facts: RosterFacts) -> list[dict[str, object]]:
    """A line for each certificate that the site knows, with what the person holds of it last."""
    own = {one.kind: one for one in facts.certificates}
    return [
        {"id": kind.pk, "name": kind.name, "asked": kind.asked, "holds": str(kind.pk) in own,
         "since": _iso(own[str(kind.pk)].since) if str(kind.pk) in own else "",
         "until": _iso(own[str(kind.pk)].until) if str(kind.pk) in own else ""}
        for kind in _kinds(person)
    ]  # fmt: skip


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


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
        more = {
            "opened": True,
            "facts": held | {"foreman": "foreman" in form},
            "known": True,
            "certificates": _typed_back(request, person),
            "error": str(fault),
        }
        return _entry(request, person, more, status=422)
    roster_actions.enter_roster(person, facts, by=reader(request).by, at=now())
    messages.success(request, _("Saved. Gates know it at once."), "yes")
    return HttpResponseRedirect(reverse("registers-crews"))


def _typed_back(request: HttpRequest, person: Person) -> list[dict[str, object]]:
    form = request.POST
    return [
        {"id": kind.pk, "name": kind.name, "asked": kind.asked, "holds": f"holds-{kind.pk}" in form,
         "since": form.get(f"since-{kind.pk}", "")[:20], "until": form.get(f"until-{kind.pk}", "")[:20]}
        for kind in _kinds(person)
    ]  # fmt: skip


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
    return RosterFacts(trade, team, "foreman" in form, trained, until, certificates=_certificates(request, person))


def _check(trained: date | None, until: date | None) -> None:
    """Raises Mistyped."""
    if until is not None and trained is None:
        raise Mistyped(_("Training given on: say when it was given, or leave its end empty too."))
    if trained is not None and until is not None and until < trained:
        raise Mistyped(_("Holds until: this is before the training was given."))


def _certificates(request: HttpRequest, person: Person) -> list[CertificateFacts]:
    """Raises Mistyped."""
    form, found = request.POST, []
    for kind in _kinds(person):
        if f"holds-{kind.pk}" not in form:
            continue
        since = typed.day_or_none(form.get(f"since-{kind.pk}", ""), kind.name)
        until = typed.day_or_none(form.get(f"until-{kind.pk}", ""), kind.name)
        if since is not None and until is not None and until < since:
            raise Mistyped(_("%(name)s: its last day is before its first.") % {"name": kind.name})
        found.append(CertificateFacts(str(kind.pk), since, until))
    if len(found) > MOST_CERTIFICATES:
        raise Mistyped(_("At most %(most)d certificates of one person.") % {"most": MOST_CERTIFICATES})
    return found
