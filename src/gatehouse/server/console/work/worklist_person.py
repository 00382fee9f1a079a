"""One person's month on the worklist: what waits, every answer, and taking one back."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.pay_facts import Month
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.attendance import worklist_looks
from gatehouse.server.console import words, words_worklist
from gatehouse.server.console.access import reader
from gatehouse.server.console.work.answering import (
    PURPOSE,
    undo,
)
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.console.work.worklist import Line, row_of
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries
from gatehouse.server.people.models import Person

ID_LENGTH = 36


@require_safe
def person(request: HttpRequest, person_id: UUID, of: Month) -> HttpResponse:
    return render(request, "work/worklist_person.html", _sealed_frame(request, person_id, of))


@require_POST
def person_open(request: HttpRequest, person_id: UUID, of: Month) -> HttpResponse:
    """What waits about one person's month, and every answer about it, those taken back included."""
    context = _sealed_frame(request, person_id, of)
    shown, who = context["person"], reader(request)
    assert isinstance(shown, Person)
    named = looks.briefs([shown], who.by.authority, PURPOSE)
    found = worklist_looks.found([shown], of.first, of.until, who.by.authority, PURPOSE)
    for one in (named, found):
        if isinstance(one, Refused):
            return render(request, "work/worklist_person.html", context | {"refused": words.refused(one.code)})
    assert not isinstance(named, Refused)
    assert not isinstance(found, Refused)
    its, zone, brief = found[shown.pk], ZoneInfo(shown.site.zone), named[0].brief
    rows = [row_of(Line(shown.pk, one.key), shown, brief, one) for one in its.waiting]
    answers = [
        {
            "id": one.id,
            "date": one.key.date,
            "kind": words_worklist.KINDS[one.key.kind],
            "said": words_worklist.given(one, zone),
            "reason": one.reason,
            "by": handle_of(one.by),
            "at": one.at,
            "undone_by": handle_of(one.undone_by) if one.undone_by else "",
            "undone_at": one.undone_at,
        }
        for one in sorted(its.answers, key=lambda one: one.at, reverse=True)
    ]
    return render(
        request,
        "work/worklist_person.html",
        context | {"opened": True, "rows": rows, "answers": answers, "brief": brief},
    )


def _sealed_frame(request: HttpRequest, person_id: UUID, of: Month) -> dict[str, object]:
    """Raises Http404."""
    shown = queries.person(person_id, queries.sites_visible_to(reader(request)))
    if shown is None:
        raise Http404
    return tabs(request, "worklist") | {"person": shown, "month_code": str(of), "first": of.first}


@require_POST
def take_back(request: HttpRequest, person_id: UUID, of: Month) -> HttpResponse:
    who = reader(request)
    shown = queries.person(person_id, queries.sites_visible_to(who))
    if shown is None:
        raise Http404
    taken = undo(who, shown, of.first, request.POST.get("answer", "")[:ID_LENGTH], at=now())
    if isinstance(taken, str):
        why = words_worklist.NOT_DONE.get(taken, words_worklist.NOT_DONE["answered"])
        messages.error(request, _("Not taken back: %(why)s.") % {"why": why}, "warn")
    else:
        messages.success(request, _("Taken back. It waits again; both stay written."), "yes")
    return HttpResponseRedirect(reverse("worklist-person", args=[shown.pk, str(of)]))
