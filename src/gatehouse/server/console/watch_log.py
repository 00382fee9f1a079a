"""Back in time: what happened at the gates on a day. Who it was, and why, is sealed; asking is counted and logged."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.periods import Period, local_date
from gatehouse.keeper.protocol import PassageFacts, Refused, Role
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import saying, words, words_papers
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.watch import OUTCOMES
from gatehouse.server.gates import queries
from gatehouse.server.gates.models import Attempt
from gatehouse.server.moment import now
from gatehouse.server.people import looks
from gatehouse.server.people.models import Site
from gatehouse.server.people.queries import people_by_id, sites_visible_to, uuid_from
from gatehouse.server.visits import looks as visit_looks
from gatehouse.server.visits import queries as visits

ASKERS = frozenset({Role.OWNER, Role.SECURITY, Role.HR, Role.PARKING})
FACTS = "attempt.facts/1"
PAGE = 100


@dataclass(frozen=True, slots=True)
class LogLine:
    """One attempt, as far as it is in the clear."""

    id: UUID
    at: datetime
    zone: str
    gate: str
    direction: words.Text
    outcome: words.Text
    tone: str
    mark: str
    can_ask: bool


@require_safe
def log(request: HttpRequest, on: date | None = None, number: int = 1) -> HttpResponse:
    """A page of a date's attempts at every visible site, each by its own clock; without one, the last site's date."""
    who = reader(request)
    sites = sites_visible_to(who)
    today = max((local_date(now(), ZoneInfo(site.zone)) for site in sites), default=now().date())
    day = min(on or today, today)
    found = queries.attempts({site.pk: Period.local_day(day, ZoneInfo(site.zone)) for site in sites})
    shown, pager = paged(found, number, PAGE, lambda page: reverse("watch-log-page", args=[day.isoformat(), page]))
    names = {(gate.site_id, gate.code): gate.name for gate in queries.gates(sites)}
    said = ngettext("%(count)d attempt", "%(count)d attempts", pager.count) % {"count": pager.count}
    context = {
        "lines": [_line(attempt, names, who) for attempt in shown],
        "pager": pager,
        "caption": f"{saying.day(day)} · {said}",
        "before": (day - timedelta(days=1)).isoformat(),
        "after": (day + timedelta(days=1)).isoformat() if day < today else "",
    }
    return render(request, "console/watch_log.html", context)


@require_POST
def who(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Who stood there and why it was decided so: revealed by the reader's ticket, after the keeper has logged it."""
    asking = reader(request)
    sites = sites_visible_to(asking)
    attempt = queries.attempt(attempt_id, sites)
    if attempt is None or attempt.cell is None:
        raise Http404
    facts = facts_of(attempt, asking, "watch.who")
    context: dict[str, object] = {"id": attempt_id, "may_ask_why": asking.role in (Role.OWNER, Role.SECURITY)}
    match facts:
        case Refused(code=code):
            context["refused"] = words.refused(code)
        case None:
            context["why"] = words.refused("day_destroyed").what
        case PassageFacts():
            context |= {
                "plate": facts.plate,
                "why": words_papers.reason(facts.reason, facts.rule or "", attempt.site).what,
            } | _named(facts, sites, asking)
    return render(request, "console/who.html", context)


def facts_of(attempt: Attempt, who: SignedIn, purpose: str) -> PassageFacts | Refused | None:
    """What the attempt's cell says, None when its keys are gone."""
    if attempt.cell is None:
        return None
    cell = keeping.cell(FACTS, attempt.pk, attempt.cell, bytes(attempt.token) if attempt.token else None)
    data = keeping.reveal([cell], who.by.authority, purpose)
    if isinstance(data, Refused):
        return data
    return msgspec.msgpack.decode(data[0], type=PassageFacts) if data[0] else None


def _named(facts: PassageFacts, sites: list[Site], asking: SignedIn) -> dict[str, object]:
    """The person's name for the template, or the refusal; nothing for a plate or a stranger."""
    if facts.plate is not None or facts.subject is None:
        return {}
    person = people_by_id([facts.subject], sites).get(facts.subject)
    if person is None:
        return _visitor(facts.subject, sites, asking)
    named = looks.names([person], asking.by.authority, "watch.who")
    if isinstance(named, Refused):
        return {"refused": words.refused(named.code)}
    return {"person": {"id": person.pk, "name": named[0].name or named[0].brief.number}}


def _visitor(subject: str, sites: list[Site], asking: SignedIn) -> dict[str, object]:
    """A visitor's name while the visit is kept, for whoever may see it; nothing for a stranger."""
    visit = visits.visit(subject, sites) if uuid_from(subject) else None
    if visit is None:
        return {}
    found = visit_looks.facts(visit, asking.by.authority, "watch.who")
    if isinstance(found, Refused):
        return {"visitor": ""} if found.code == "not_allowed" else {"refused": words.refused(found.code)}
    return {"visitor": found.name} if found is not None else {}


def _line(attempt: Attempt, names: dict[tuple[UUID, str], str], asking: SignedIn) -> LogLine:
    outcome, tone, mark = OUTCOMES.get(attempt.outcome, (_("Something happened"), "warn", "info"))
    return LogLine(
        id=attempt.pk,
        at=attempt.at,
        zone=attempt.site.zone,
        gate=names.get((attempt.site_id, attempt.gate), attempt.gate),
        direction=words.DIRECTIONS.get(attempt.direction, ""),
        outcome=outcome,
        tone=tone,
        mark=mark,
        can_ask=attempt.cell is not None and asking.role in ASKERS,
    )
