"""My team: what the people of one's departments ask for, and of those for whom one stands in. Answered by the manager's
own ticket: the keeper shows them names and requests of these people, counts it, and tells it to each of them."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import answers
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance.models import NoteKind, WorkNote
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.console import saying, words, words_leave, words_staff, words_work
from gatehouse.server.moment import now
from gatehouse.server.people import looks
from gatehouse.server.people.models import Person
from gatehouse.server.portal.worker import worker_of
from gatehouse.server.staffing import answering

SHOWN = 20
AWAY_READ = 400
AHEAD = timedelta(days=60)


def team(request: HttpRequest) -> HttpResponse:
    """GET tells how much waits; POST shows it."""
    who, person = worker_of(request)
    return _page(request, who, person, opened=request.method == "POST")


@require_POST
def answer(request: HttpRequest, note_id: UUID) -> HttpResponse:
    who, person = worker_of(request)
    note = answers.note(note_id, person.site)
    said = request.POST.get("answer", "")
    if note is None or said not in ("approve", "decline"):
        raise Http404
    reason = " ".join(request.POST.get("reason", "").replace("\0", "").split())
    not_answered = answering.answer(note, person, approved=said == "approve", reason=reason, by=who.by, at=now())
    if not_answered is None:
        done = _("Approved.") if said == "approve" else _("Declined; the reason is told.")
        messages.success(request, done, "yes")
        return _page(request, who, person, opened=True, answered=note)
    return _not_done(request, who, person, not_answered)


@require_POST
def take_back(request: HttpRequest, note_id: UUID) -> HttpResponse:
    """One's own answer, a slip of the hand perhaps: the request waits again."""
    who, person = worker_of(request)
    note = answers.note(note_id, person.site)
    if note is None:
        raise Http404
    not_done = answering.take_back(note, person, by=who.by, at=now())
    if not_done is not None:
        return _not_done(request, who, person, not_done)
    messages.success(request, _("Taken back: the request waits again. Both stay written."), "yes")
    return _page(request, who, person, opened=True)


def _not_done(request: HttpRequest, who: SignedIn, person: Person, not_answered: answering.NotAnswered) -> HttpResponse:
    wording = words_staff.not_answered(not_answered.code)
    messages.error(request, f"{wording.what}. {wording.do}", "warn")
    return _page(request, who, person, opened=True, status=409 if not_answered.code == "answered" else 422)


def _page(
    request: HttpRequest,
    who: SignedIn,
    person: Person,
    *,
    opened: bool,
    status: int = 200,
    answered: WorkNote | None = None,
) -> HttpResponse:
    people = answering.team(person, now())
    waiting = answers.asked_of(people)
    count = waiting.count()
    context: dict[str, object] = {
        "manages": bool(people),
        "count": count,
        "summary": ngettext("%(count)d request waits for you", "%(count)d requests wait for you", count)
        % {"count": count},
        "of": ngettext("%(count)d person", "%(count)d people", len(people)) % {"count": len(people)},
    }
    if opened:
        context |= _opened(who, list(waiting[:SHOWN]))
        context |= {"answered": answered, "away": _away(who, people, person)}
    return render(request, "portal/team.html", context, status=status)


def _away(who: SignedIn, people: list[UUID], manager: Person) -> list[dict[str, object]]:
    """Approved leave of the team that is not over, the nearest first; nothing where the keeper tells no more."""
    rows = list(answers.approved_leave_of(people)[:AWAY_READ])
    said = work_looks.notes(rows, who.by.authority, answering.PURPOSE)
    if isinstance(said, Refused):
        return []
    today = local_date(now(), ZoneInfo(manager.site.zone))
    coming = [
        (note.date, row, note)
        for row in rows
        if isinstance(note := said.get(row.pk), LeaveNote) and today <= note.last and note.date <= today + AHEAD
    ]
    named = looks.briefs([row.person for _on, row, _note in coming], who.by.authority, answering.PURPOSE)
    briefs = {} if isinstance(named, Refused) else {one.person.pk: one.brief for one in named}
    lines: list[dict[str, object]] = [
        {"number": briefs[row.person_id].number, "initials": briefs[row.person_id].initials,
         "said": words_leave.span(note)}
        for _on, row, note in sorted(coming, key=lambda one: (one[0], str(one[1].pk)))
        if row.person_id in briefs
    ]  # fmt: skip
    return lines[:SHOWN]


def _opened(who: SignedIn, rows: list[WorkNote]) -> dict[str, object]:
    if not rows:
        return {"opened": True}
    people = list({row.person_id: row.person for row in rows}.values())
    named = looks.names(people, who.by.authority, answering.PURPOSE)
    if isinstance(named, Refused):
        return {"refused": words.refused(named.code)}
    said = work_looks.notes(rows, who.by.authority, answering.PURPOSE)
    if isinstance(said, Refused):
        return {"refused": words.refused(said.code)}
    names = {one.person.pk: one for one in named}
    lines = [
        {
            "id": row.pk,
            "name": names[row.person_id].name,
            "number": names[row.person_id].brief.number,
            "kind": words_staff.KINDS[NoteKind(row.kind)],
            "day": saying.day(said[row.pk].date),
            "date": said[row.pk].date,
            "asked": words_work.asked(said[row.pk], ZoneInfo(row.person.site.zone)),
            "why": said[row.pk].reason,
        }
        for row in rows
        if row.pk in said
    ]
    lines.sort(key=lambda line: (str(line["date"]), str(line["number"])))
    return {"opened": True, "lines": lines}
