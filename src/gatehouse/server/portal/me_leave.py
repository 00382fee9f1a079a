"""My leave: what is left, what a request would take, asking, taking back, and cancelling before it begins."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.leave_requests import Request
from gatehouse.domain.periods import local_date
from gatehouse.domain.shifts import LeavePart
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import leave_looks
from gatehouse.server.attendance.leave_actions import LeaveRefused
from gatehouse.server.attendance.leave_looks import Standing
from gatehouse.server.console import words, words_leave
from gatehouse.server.console.saying import short_day
from gatehouse.server.console.words import Text
from gatehouse.server.console.work.leave import balances_of, requests_of, words_of
from gatehouse.server.console.work.typed import day_from
from gatehouse.server.moment import now
from gatehouse.server.people.models import Person
from gatehouse.server.portal.worker import worker_of
from gatehouse.server.staffing import leave

PURPOSE = "me.page"
DATES_SHOWN = 40
FIELDS = ("kind", "first", "last", "from_noon", "until_noon", "reason")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was asked for; None for dates that nobody can mean."""

    kind: str
    request: Request | None
    reason: str


def my_leave(request: HttpRequest) -> HttpResponse:
    """GET shows what is left and what was asked for; POST shows what a request would take and writes nothing."""
    who, person = worker_of(request)
    if request.method != "POST":
        return _page(request, who, person)
    typed = _typed(request.POST)
    of = leave_looks.standing(person, who.by.authority, PURPOSE)
    if isinstance(of, Refused):
        return _page(request, who, person)
    wrong = _wrong(typed, of)
    if wrong:
        return _page(request, who, person, of=of, wrong=wrong, status=422)
    return _page(request, who, person, of=of, found=_previewed(of, typed))


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    who, person = worker_of(request)
    typed = _typed(request.POST)
    wrong = _wrong(typed, None)
    if wrong or typed.request is None:
        return _page(request, who, person, wrong=wrong, status=422)
    asked = leave.ask(person, typed.kind, typed.request, typed.reason, by=who.by, at=now())
    if isinstance(asked, leave.NotAsked):
        messages.error(request, _not_asked(asked), "warn")
        return _page(request, who, person, status=422)
    if asked.state == "approved":
        messages.success(request, _("Written. It holds at once."), "yes")
    else:
        messages.success(request, _("Asked. Your manager or HR answers; you can withdraw it until then."), "yes")
    return HttpResponseRedirect(reverse("me-leave"))


@require_POST
def take_back(request: HttpRequest, note_id: UUID) -> HttpResponse:
    """Withdraw a request that waits, or cancel leave that was approved and has not begun."""
    who, person = worker_of(request)
    try:
        of = leave_looks.standing(person, who.by.authority, PURPOSE)
        if isinstance(of, Refused):
            raise LeaveRefused(of.code)
        found = next((one for one in of.asked if one.row.pk == note_id), None)
        if found is None:
            raise Http404
        if found.row.state == "asked":
            leave.withdraw(found.row, by=who.by, at=now())
            said = _("Withdrawn. It stays written that you asked.")
        elif found.row.state == "approved" and leave.has_begun(found.note, person, now()):
            raise LeaveRefused("begun")
        else:
            leave.cancel(found.row, found.note, "", by=who.by, at=now())
            said = _("Cancelled. The days are yours again; the request and its answer stay written.")
    except LeaveRefused as refused:
        messages.error(request, _fault(refused.code), "warn")
        return _page(request, who, person, status=409 if refused.code == "answered" else 422)
    messages.success(request, said, "yes")
    return HttpResponseRedirect(reverse("me-leave"))


def _typed(form: QueryDict) -> Typed:
    first, last = day_from(form.get("first", "")), day_from(form.get("last", "") or form.get("first", ""))
    asked = None
    if first is not None and last is not None:
        asked = Request(first, last, form.get("from_noon") == "on", form.get("until_noon") == "on")
    reason = " ".join(form.get("reason", "").replace("\0", "").split())[: leave.REASON_LIMIT]
    return Typed(form.get("kind", "")[:16], asked, reason)


def _wrong(typed: Typed, of: Standing | None) -> dict[str, Text]:
    """By field."""
    wrong: dict[str, Text] = {}
    if typed.request is None:
        wrong["first"] = _("Choose the first and the last day.")
    elif of is not None and not leave.can_be_asked(typed.request, local_date(now(), ZoneInfo(of.person.site.zone))):
        wrong["first"] = words_leave.FAULTS["dates"]
    if not typed.reason:
        wrong["reason"] = _("Say why, in a few words; only who answers reads it.")
    kind = of.kind(typed.kind) if of is not None else None
    if of is not None and (kind is None or kind.row.retired):
        wrong["kind"] = words_leave.FAULTS["unknown"]
    return wrong


def _previewed(of: Standing, typed: Typed) -> dict[str, object]:
    kind = of.kind(typed.kind)
    assert kind is not None
    assert typed.request is not None
    found = leave.preview(of, kind, typed.request)
    dates = [_date_said(one.date, one.part) for one in found.parts]
    return {
        "name": kind.name,
        "pay": words_leave.pay(kind.fact.pay_share),
        "days": found.days,
        "dates": dates[:DATES_SHOWN],
        "more": len(dates) - DATES_SHOWN if len(dates) > DATES_SHOWN else 0,
        "before": found.before,
        "after": found.after,
        "against": words_leave.against(found.objection) if found.objection else "",
        "unplanned": found.unplanned,
        "approval": kind.rules.approval,
    }


def _date_said(day: date, part: LeavePart) -> str:
    halves = {LeavePart.MORNING: _("morning"), LeavePart.AFTERNOON: _("afternoon")}
    return f"{short_day(day)} ({halves[part]})" if part in halves else short_day(day)


def _page(
    request: HttpRequest,
    who: SignedIn,
    person: Person,
    *,
    of: Standing | None = None,
    found: dict[str, object] | None = None,
    wrong: dict[str, Text] | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = of or leave_looks.standing(person, who.by.authority, PURPOSE)
    if isinstance(shown, Refused):
        return render(request, "portal/me_leave.html", {"refused": words.refused(shown.code)}, status=status)
    today = local_date(now(), ZoneInfo(person.site.zone))
    context = {
        "today": today,
        "types": [kind for kind in shown.kinds if not kind.row.retired],
        "balances": balances_of(shown, today),
        "requests": requests_of(shown, today),
        "words": words_of(shown),
        "preview": found,
        "wrong": wrong or {},
        "v": {name: request.POST.get(name, "")[: leave.REASON_LIMIT] for name in FIELDS},
        "earliest": today - leave.BACK,
        "latest": today + leave.AHEAD,
        "hired_known": shown.hired_known,
    }
    return render(request, "portal/me_leave.html", context, status=status)


def _not_asked(of: leave.NotAsked) -> str:
    return words_leave.against(of.objection) if of.objection is not None else _fault(of.code)


def _fault(code: str) -> str:
    found = words_leave.FAULTS.get(code)
    return str(found) if found is not None else str(words.refused(code).what)
