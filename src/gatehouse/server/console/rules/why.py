"""Why a gate answered as it did: the attempt gone through again with the policy of its day. Each look is logged."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gatehouse.domain.decisions import Grant
from gatehouse.domain.expectations import ask
from gatehouse.domain.replay import replay
from gatehouse.domain.whereabouts import INSIDE, OUTSIDE
from gatehouse.keeper.protocol import PassageFacts, Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import words, words_access, words_papers
from gatehouse.server.console.access import reader
from gatehouse.server.console.rules.saying import Names, verdict
from gatehouse.server.console.rules.tabs import frame
from gatehouse.server.console.watch import OUTCOMES
from gatehouse.server.console.watch_log import facts_of
from gatehouse.server.gates import policies, queries
from gatehouse.server.gates.models import Attempt, Outcome
from gatehouse.server.people import looks
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import people_by_id, sites_visible_to

PURPOSE = "access.why"


def why(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """GET says what will be looked at; POST looks."""
    who = reader(request)
    attempt = queries.attempt(attempt_id, sites_visible_to(who))
    if attempt is None or attempt.cell is None:
        raise Http404
    outcome, tone, mark = OUTCOMES[attempt.outcome]
    context: dict[str, object] = {
        "attempt": attempt,
        "gate": Names.of(attempt.site).gates.get(attempt.gate, attempt.gate),
        "outcome": outcome,
        "tone": tone,
        "mark": mark,
        **frame(request, attempt.site, "access-why"),
    }
    if request.method == "POST":
        match facts_of(attempt, who, PURPOSE):
            case Refused(code=code):
                context["refused"] = words.refused(code)
            case None:
                context["refused"] = words.refused("day_destroyed")
            case PassageFacts() as facts:
                context |= _explained(attempt, facts, who)
    return render(request, "access/why.html", context)


def _explained(attempt: Attempt, facts: PassageFacts, who: SignedIn) -> dict[str, object]:
    reason = words_papers.reason(facts.reason, facts.rule or "", attempt.site)
    refused = attempt.outcome == Outcome.REFUSED
    context: dict[str, object] = {
        "opened": True,
        "reason": reason.what,
        "do": reason.do if refused else "",
        "means": words.MEANS.get(facts.means, facts.means),
        "plate": facts.plate,
        "was_in": _place(attempt.site, facts.was_in),
        "inside": facts.inside,
    }
    context |= _named(attempt, facts, who)
    return context if facts.plate is not None or facts.subject is None else context | _replayed(attempt, facts)


def _named(attempt: Attempt, facts: PassageFacts, who: SignedIn) -> dict[str, object]:
    found = people_by_id([facts.subject], [attempt.site]) if facts.subject and facts.plate is None else {}
    if not found:
        return {}
    named = looks.names(list(found.values()), who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return {}
    return {"person": {"id": named[0].person.pk, "name": named[0].name or named[0].brief.number}}


def _place(site: Site, zone: str | None) -> str:
    if zone is None:
        return ""
    if zone in (OUTSIDE, INSIDE):
        return _("outside") if zone == OUTSIDE else _("inside")
    found = site.zones.filter(pk=zone).first()
    return found.name if found else _("a zone that is gone")


def _replayed(attempt: Attempt, facts: PassageFacts) -> dict[str, object]:
    """Each rule that named the person, as it was then, and what the policy of today would answer."""
    site = attempt.site
    row = policies.version(site, facts.policy) if facts.policy else None
    number, held = policies.in_force(site)
    document = policies.document_of(row) if row is not None else None
    if document is None and facts.policy == 0 and number == 0:
        document = held
    if document is None:
        return {"no_version": True}
    then = policies.policy_of(site, document, facts.policy)
    gate = then.gates.get(attempt.gate)
    if gate is None:
        return {"no_version": True}
    found, names = replay(then, gate, facts.groups, attempt.at, facts.rule), Names.of(site)
    steps = [
        {
            "deny": step.rule.deny,
            "who": names.who(step.rule),
            "when": names.when(step.rule),
            "span": names.span(step.rule),
            "held": words_access.HELD[step.held.value],
            "live": step.held.value == "in_force",
            "decided": step.decided,
        }
        for step in found.steps
    ]
    granted = attempt.outcome == Outcome.GRANTED
    now_ruled = policies.policy_of(site, held, number)
    groups = frozenset(one for one in names.groups if any(one.startswith(short) for short in facts.groups))
    gate_now = now_ruled.gates.get(attempt.gate)
    today = None if gate_now is None else ask(now_ruled, gate_now, groups, attempt.at)
    return {
        "version": row,
        "steps": steps,
        "rules_say": verdict(found.answer),
        "beyond": isinstance(found.answer, Grant) != granted,
        "today": verdict(today) if today is not None and number != facts.policy else None,
    }
