"""A person's passages of one chosen day, and why they were refused. The keeper gives the day's token to who may ask."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import PassageFacts, Refused
from gatehouse.server import keeping
from gatehouse.server.console import words, words_papers
from gatehouse.server.console.access import reader
from gatehouse.server.console.people import DAYS_BACK, show, visible
from gatehouse.server.console.watch import OUTCOMES
from gatehouse.server.console.watch_log import facts_of
from gatehouse.server.gates import queries
from gatehouse.server.gates.models import Attempt, Outcome
from gatehouse.server.moment import now
from gatehouse.server.people.models import Person

PURPOSE = "person.passages"


@dataclass(frozen=True, slots=True)
class Stop:
    """One time at a gate, and why it was decided so."""

    at: datetime
    gate: str
    direction: words.Text
    outcome: words.Text
    why: words.Text
    do: words.Text
    tone: str
    mark: str


@require_POST
def passages(request: HttpRequest, person_id: UUID) -> HttpResponse:
    of = visible(request, person_id)
    today = local_date(now(), ZoneInfo(of.site.zone))
    try:
        asked = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        asked = today
    asked = min(max(asked, today - timedelta(days=DAYS_BACK)), today)
    found = _stops(request, of, asked)
    context: dict[str, object] = {"asked": asked}
    if isinstance(found, Refused):
        context["refused"] = words.refused(found.code)
    else:
        context["lines"] = found
    if request.headers.get("HX-Request") == "true":
        return render(request, "console/passages.html", context)
    return show(request, of, more=context)


def _stops(request: HttpRequest, of: Person, day: date) -> list[Stop] | Refused:
    who = reader(request)
    tokens = keeping.tokens(of.site_id, day, [of.pk], who.by.authority)
    if isinstance(tokens, Refused):
        return tokens
    names = {gate.code: gate.name for gate in queries.gates([of.site])}
    stops = []
    for attempt in queries.attempts_with_tokens([token for token in tokens if token]):
        if attempt.site_id != of.site_id:
            continue
        facts = facts_of(attempt, who, PURPOSE)
        if isinstance(facts, Refused):
            return facts
        stops.append(_stop(attempt, facts, names))
    return stops


def _stop(attempt: Attempt, facts: PassageFacts | None, names: dict[str, str]) -> Stop:
    outcome, tone, mark = OUTCOMES[attempt.outcome]
    why = words_papers.reason(facts.reason, facts.rule or "", attempt.site) if facts else words.refused("day_destroyed")
    return Stop(
        at=attempt.at,
        gate=names.get(attempt.gate, attempt.gate),
        direction=words.DIRECTIONS.get(attempt.direction, ""),
        outcome=outcome,
        why=why.what,
        do=why.do if attempt.outcome == Outcome.REFUSED else "",
        tone=tone,
        mark=mark,
    )
