"""Requests: what people ask about their data, answered until a date. What they say is opened on a click."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gatehouse.domain.periods import local_date
from gatehouse.domain.subject_rights import is_late, is_soon
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.console import words, words_rights
from gatehouse.server.console.access import reader
from gatehouse.server.console.staff.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks
from gatehouse.server.people import queries as people
from gatehouse.server.rights import queries
from gatehouse.server.rights import requests as acts
from gatehouse.server.rights.cells import RequestFacts
from gatehouse.server.rights.errors import RightsError
from gatehouse.server.rights.models import RequestState, SubjectRequest

PURPOSE = "request.page"
SHOWN = 50
ANSWERS = {"done": RequestState.DONE, "declined": RequestState.DECLINED}


def requests(request: HttpRequest) -> HttpResponse:
    """GET lists what waits, without a word of it; POST opens the dates, so that the most urgent comes first."""
    who = reader(request)
    waiting = queries.open_requests(people.sites_visible_to(who))
    rows, count = list(waiting[:SHOWN]), waiting.count()
    said = ngettext("%(count)d request waits for an answer.", "%(count)d requests wait for an answer.", count)
    context: dict[str, object] = tabs(request, "requests") | {"count": count, "summary": said % {"count": count}}
    named = looks.briefs([row.person for row in rows], who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return render(request, "rights/requests.html", context | {"refused": words.refused(named.code)})
    lines: list[dict[str, object]] = [
        {"row": row, "brief": one.brief, "kind": words_rights.ASKED_SHORT[row.kind], "due": None}
        for row, one in zip(rows, named, strict=True)
    ]
    if request.method == "POST":
        facts = acts.read(rows, who.by, PURPOSE)
        if isinstance(facts, Refused):
            return render(request, "rights/requests.html", context | {"refused": words.refused(facts.code)})
        held = sorted(
            ((one, row, line) for line, row, one in zip(lines, rows, facts, strict=True) if one is not None),
            key=lambda found: found[0].due_on,
        )
        lines = [line | {"due": one.due_on, "state": _due(row, one)} for one, row, line in held]
        context["opened"] = True
    return render(request, "rights/requests.html", context | {"lines": lines})


def one(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """GET tells who and of which kind; POST opens the words, or answers."""
    who = reader(request)
    row = queries.request(request_id, people.sites_visible_to(who))
    if row is None:
        raise Http404
    timezone.activate(ZoneInfo(row.person.site.zone))
    context: dict[str, object] = tabs(request, "requests") | {"row": row, "limit": acts.TEXT_LIMIT}
    named = looks.briefs([row.person], who.by.authority, PURPOSE)
    brief = looks.NO_BRIEF if isinstance(named, Refused) else named[0].brief
    context |= {
        "number": brief.number,
        "initials": brief.initials,
        "kind": words_rights.ASKED_SHORT[row.kind],
        "erasure": row.kind == "erasure",
    }
    do = request.POST.get("do", "")
    if do in ANSWERS:
        try:
            refused = acts.answer(row, ANSWERS[do], request.POST.get("text", ""), by=who.by, at=now())
        except RightsError as fault:
            context |= {"error": words_rights.error(fault), "typed": request.POST.get("text", "")}
        else:
            if refused is None:
                messages.success(request, _("Answered. The person reads it on their page."), "yes")
                return HttpResponseRedirect(reverse("request", args=[row.pk]))
            context["refused"] = words.refused(refused.code)
    row.refresh_from_db()
    context["state"] = words_rights.STATES[row.state]
    if request.method == "POST":
        context |= _opened(request, row)
    return render(request, "rights/request.html", context, status=422 if "error" in context else 200)


def _opened(request: HttpRequest, row: SubjectRequest) -> dict[str, object]:
    facts = acts.read([row], reader(request).by, PURPOSE)
    if isinstance(facts, Refused):
        return {"refused": words.refused(facts.code)}
    (held,) = facts
    if held is None:
        return {"refused": words.refused("gone")}
    return {
        "opened": True,
        "facts": held,
        "due": _due(row, held),
        "waits": row.state == RequestState.OPEN,
        "answered_by": handle_of(held.answered_by) if held.answered_by else "",
    }


def _due(row: SubjectRequest, facts: RequestFacts) -> tuple[str, str, str] | None:
    """Said, tone and mark; None where there is time."""
    today = local_date(now(), ZoneInfo(row.person.site.zone))
    if row.state != RequestState.OPEN:
        return None
    if is_late(facts.due_on, today):
        return (_("too late"), "stop", "warn")
    return (_("due soon"), "warn", "clock") if is_soon(facts.due_on, today) else None
