"""What managers and HR answered: who, to whom, what and why; and dates so far back that HR has them reckoned anew."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import answers as written
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance.models import NoteAnswer, NoteKind
from gatehouse.server.console import saying, words, words_staff, words_work
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.staff.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries
from gatehouse.server.staffing import answering

PAGE = 25
PURPOSE = "note.answer"


def answers(request: HttpRequest, number: int = 1) -> HttpResponse:
    """GET counts; POST opens a page of them."""
    who = reader(request)
    rows = written.answers(queries.sites_visible_to(who))
    shown, pager = paged(rows, number, PAGE, lambda page: reverse("answers-page", args=[page]))
    late = rows.filter(to_reckon=True).count()
    context: dict[str, object] = {
        "pager": pager,
        "count": pager.count,
        "summary": ngettext("%(count)d answer", "%(count)d answers", pager.count) % {"count": pager.count},
        "late": ngettext("%(count)d date to reckon anew", "%(count)d dates to reckon anew", late) % {"count": late}
        if late
        else "",
    }
    if request.method == "POST":
        context |= _opened(who, shown)
    return render(request, "staff/answers.html", context | tabs(request, "answers"))


def _opened(who: SignedIn, rows: list[NoteAnswer]) -> dict[str, object]:
    by = who.by.authority
    said = written.read(rows, by, PURPOSE)
    if isinstance(said, Refused):
        return {"refused": words.refused(said.code)}
    asked = work_looks.notes([row.note for row in rows], by, PURPOSE)
    if isinstance(asked, Refused):
        return {"refused": words.refused(asked.code)}
    sites = queries.sites_visible_to(who)
    ids = {str(row.note.person_id) for row in rows} | {one.by for one in said.values()}
    named = looks.briefs(list(queries.people_by_id(ids, sites).values()), by, "people.list")
    if isinstance(named, Refused):
        return {"refused": words.refused(named.code)}
    briefs = {str(one.person.pk): f"{one.brief.number} {one.brief.initials}" for one in named}
    lines = [
        {
            "id": row.pk,
            "person_id": row.note.person_id,
            "person": briefs.get(str(row.note.person_id), ""),
            "kind": words_staff.KINDS[NoteKind(row.note.kind)],
            "day": saying.day(asked[row.note_id].date),
            "asked": words_work.asked(asked[row.note_id], ZoneInfo(row.note.person.site.zone)),
            "why": asked[row.note_id].reason,
            "by": briefs.get(said[row.pk].by, "") if said[row.pk].department else handle_of(said[row.pk].by),
            "stands_in": said[row.pk].stands_in_for is not None,
            "approved": said[row.pk].approved,
            "reason": said[row.pk].reason,
            "at": said[row.pk].at,
            "to_reckon": row.to_reckon,
        }
        for row in rows
        if row.pk in said and row.note_id in asked
    ]
    return {"opened": True, "lines": lines}


@require_POST
def reckon(request: HttpRequest, answer_id: UUID) -> HttpResponse:
    who = reader(request)
    row = written.answer(answer_id, queries.sites_visible_to(who))
    if row is None:
        raise Http404
    refused = answering.reckon_for(row, by=who.by, at=now())
    if refused is None:
        messages.success(request, _("The day was reckoned anew."), "yes")
    else:
        wording = words_staff.not_answered(refused.code)
        messages.error(request, f"{wording.what}. {wording.do}", "warn")
    return HttpResponseRedirect(reverse("answers"))
