"""Who could pass a gate at a moment, and where somebody may pass: the policy asked, nothing opened."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gatehouse.domain.decisions import Grant
from gatehouse.domain.expectations import ask, first_change
from gatehouse.domain.periods import at_local
from gatehouse.domain.policy import GateKind, Policy
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words
from gatehouse.server.console.access import reader
from gatehouse.server.console.rules.forms import WhatIfForm
from gatehouse.server.console.rules.numbers import person_of
from gatehouse.server.console.rules.saying import verdict
from gatehouse.server.console.rules.tabs import frame
from gatehouse.server.console.saying import local
from gatehouse.server.console.sites import site_of
from gatehouse.server.gates import policies
from gatehouse.server.gates import queries as gate_queries
from gatehouse.server.gates.models import Gate
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries
from gatehouse.server.people.models import Site

PURPOSE = "access.whatif"
SHOWN, LOOKS_AHEAD = 100, timedelta(days=7)


def what_if(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site, who = site_of(request, site_id), reader(request)
    shown = local(now(), ZoneInfo(site.zone))
    initial = {"on": shown.date(), "clock": shown.time().replace(second=0, microsecond=0)}
    form = WhatIfForm(site, request.POST) if request.method == "POST" else WhatIfForm(site, initial=initial)
    context: dict[str, object] = {}
    if request.method == "POST" and form.is_valid():
        context = _answer(site, form, who)
    context |= {"form": form, **frame(request, site, "access-what-if")}
    return render(request, "access/what_if.html", context, status=422 if form.errors else 200)


def _answer(site: Site, form: WhatIfForm, who: SignedIn) -> dict[str, object]:
    data = form.cleaned_data
    at = at_local(data["on"], data["clock"], ZoneInfo(site.zone))
    number, held = policies.in_force(site)
    ruled = policies.policy_of(site, policies.draft(site) if data["which"] else held, number)
    if data["gate"]:
        return {"at": at, "gate": data["gate"]} | _who(site, ruled, data["gate"], at, who)
    if data["group"]:
        return {
            "at": at,
            "of": data["group"].name,
            "gates": _where(site, ruled, frozenset({str(data["group"].pk)}), at),
        }
    person = person_of(data["number"], site, who, PURPOSE)
    if isinstance(person, Refused):
        return {"refused": words.refused(person.code)}
    if person is None:
        form.add_error("number", _("Nobody here has this staff number."))
        return {}
    groups = policies.groups_of([person.pk]).get(person.pk, frozenset())
    return {"at": at, "of": data["number"], "gates": _where(site, ruled, groups, at)}


def _where(site: Site, ruled: Policy, groups: frozenset[str], at: datetime) -> list[dict[str, object]]:
    found = []
    for gate in gate_queries.gates([site]):
        fact = ruled.gates[gate.code]
        if fact.kind is GateKind.LANE:
            continue
        answer = ask(ruled, fact, groups, at)
        until = first_change(ruled, fact, groups, at, at + LOOKS_AHEAD)
        found.append({"gate": gate.name, "verdict": verdict(answer), "until": until})
    return found


def _who(site: Site, ruled: Policy, gate: Gate, at: datetime, who: SignedIn) -> dict[str, object]:
    people = list(queries.active_people(site))
    groups, fact = policies.groups_of(person.pk for person in people), ruled.gates[gate.code]
    nobodys: frozenset[str] = frozenset()
    answers = {of: ask(ruled, fact, of, at) for of in {*groups.values(), nobodys}}
    passing = [one for one in people if isinstance(answers[groups.get(one.pk, nobodys)], Grant)]
    named = looks.briefs(passing[:SHOWN], who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return {"refused": words.refused(named.code)}
    count = ngettext("%(count)d person could pass", "%(count)d people could pass", len(passing))
    rest = len(passing) - len(named)
    people_said = sorted(f"{one.brief.number} {one.brief.initials}".strip() for one in named)
    return {"count": count % {"count": len(passing)}, "people": people_said, "rest": rest, "everybody": len(people)}
