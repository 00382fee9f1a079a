"""Answers for many lines of the worklist at once: what they would change, then a few at a time until all are given."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gatehouse.domain.findings import APPROVING, Kind, Way
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import can_be_meant
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance.worklist_actions import (
    WorklistBusy,
    WorklistRefused,
    list_waiting,
)
from gatehouse.server.console import words, words_leave, words_worklist
from gatehouse.server.console.access import reader
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.console.work.answering import (
    PURPOSE,
    Done,
    Item,
    Tick,
    Wish,
    answer,
    items,
    tick_from,
    with_minutes,
)
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.console.work.worklist import (
    REASON_LIMIT,
    TICKS_AT_MOST,
    filter_of,
    frame,
    opened,
    span,
)
from gatehouse.server.moment import now
from gatehouse.server.payroll import run_queries
from gatehouse.server.people import looks, queries
from gatehouse.server.people.cells import Brief
from gatehouse.server.people.queries import uuid_from

STEP = 8
MOST_APPROVED_MIN = 24 * 60
LEAVE_CODE_LIMIT = 16


def _ticks(form: QueryDict, name: str = "tick") -> list[Tick]:
    found = [tick_from(text) for text in form.getlist(name)[:TICKS_AT_MOST]]
    return list(dict.fromkeys(tick for tick in found if tick is not None))


def _wish(form: QueryDict) -> Wish:
    """Raises Mistyped."""
    way = form.get("way", "")
    if way not in {one.value for one in Way}:
        raise Mistyped(_("Choose an answer."))
    reason = typed.text(form, "reason", REASON_LIMIT)
    if not reason:
        raise Mistyped(_("Write a reason; it stays beside the answer."))
    if way == Way.LEAVE.value:
        return Wish(Way.LEAVE, reason, leave=form.get("leave", "")[:LEAVE_CODE_LIMIT])
    most = form.get("minutes", "").strip()
    if most and Way(way) in APPROVING:
        limit = typed.whole(most, _("Minutes"), MOST_APPROVED_MIN)
        if not limit:
            raise Mistyped(_("Minutes: write how many minutes each may be approved, or leave it empty for all."))
        return Wish(Way(way), reason, limit)
    return Wish(Way(way), reason)


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What the answers would change; nothing is written."""
    who = reader(request)
    ticks = _ticks(request.POST)
    try:
        if not ticks:
            raise Mistyped(_("Tick at least one line."))
        wish = _wish(request.POST)
    except Mistyped as fault:
        return _again(request, str(fault))
    found = items(who, ticks, wish, at=now())
    if isinstance(found, Refused):
        return _again(request, str(words.refused(found.code).what))
    found = with_minutes(who, found)
    named = looks.briefs([one.person for one in found if one.person], who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return _again(request, str(words.refused(named.code).what))
    numbers = {one.person.pk: one.brief for one in named}
    rows = [_previewed(one, numbers) for one in found]
    context = tabs(request, "worklist") | {
        "rows": [row for row in rows if not row["code"]],
        "others": [row for row in rows if row["code"]],
        "left_over": sum(bool(one.code) for one in found),
        "able": sum(not one.code for one in found),
        "way": words_worklist.WAYS[wish.way][0],
        "ticks": [str(one.tick) for one in found if not one.code],
        "form": {"way": wish.way.value, "reason": wish.reason, "minutes": wish.at_most_min or "", "leave": wish.leave},
        "locked": any(row["locked"] for row in rows),
    }
    return render(request, "work/worklist_preview.html", context)


def _previewed(one: Item, numbers: dict[UUID, Brief]) -> dict[str, object]:
    person, day = one.person, one.day
    brief = numbers.get(person.pk, looks.NO_BRIEF) if person else looks.NO_BRIEF
    zone = ZoneInfo(person.site.zone) if person else ZoneInfo("UTC")
    before = words_worklist.counted(one.before) if one.before else []
    after = words_worklist.counted(one.after) if one.after else []
    names = (_("worked"), _("overtime paid"), _("time off"), _("leave"))
    kind = one.finding.kind if one.finding else Kind.REQUEST
    return {
        "number": brief.number,
        "initials": brief.initials,
        "date": day,
        "kind": words_worklist.KINDS[kind],
        "will": words_worklist.given(one.answer, zone) if one.answer else "",
        "code": words_leave.not_done(one.code) if one.code else "",
        "changes": [(n, b, a) for n, b, a in zip(names, before, after, strict=False) if a != b],
        "same": bool(before) and before == after,
        "locked": bool(person and day and run_queries.closed_month(person, Month.of(day))),
    }


def _again(request: HttpRequest, error: str) -> HttpResponse:
    who = reader(request)
    context = frame(request, who) | {"error": error, "filter": filter_of(request.POST), "opened": True}
    context |= opened(who, filter_of(request.POST)) | {
        "ticked": request.POST.getlist("tick")[:TICKS_AT_MOST],
        "typed": {name: request.POST.get(name, "")[:REASON_LIMIT] for name in ("way", "reason", "minutes", "leave")},
    }
    return render(request, "work/worklist.html", context, status=422)


@require_POST
def give_answers(request: HttpRequest) -> HttpResponse:
    """A few of the ticked at a time; the page sends the rest until none is left, and may be left at any point."""
    who, form = reader(request), request.POST
    ticks = _ticks(form)
    try:
        wish = _wish(form)
    except Mistyped as fault:
        return _again(request, str(fault))
    total = max(len(ticks), _number(form, "total"))
    part, rest = ticks[:STEP], ticks[STEP:]
    done = answer(who, part, wish, at=now()) if part else Done()
    if isinstance(done, Refused):
        return _again(request, str(words.refused(done.code).what))
    given = [*form.getlist("given")[:TICKS_AT_MOST], *(f"{p.pk}/{m.isoformat()}/{a.id}" for p, m, a in done.given)]
    codes = [*form.getlist("not_done")[:TICKS_AT_MOST], *(code for _tick, code in done.not_done)]
    context = tabs(request, "worklist") | {
        "rest": [str(tick) for tick in rest],
        "given": given,
        "not_done": codes,
        "total": total,
        "percent": 100 * (total - len(rest)) // total if total else 100,
        "said": _("%(done)d of %(total)d done") % {"done": total - len(rest), "total": total},
        "form": {"way": wish.way.value, "reason": wish.reason, "minutes": wish.at_most_min or "", "leave": wish.leave},
        "count_said": ngettext("%(count)d answered", "%(count)d answered", len(given)) % {"count": len(given)},
        "why_not": sorted({words_leave.not_done(code) for code in codes}),
        "not_count": len(codes),
    }
    if not rest:
        context |= {"people": _answered_people(who, given)}
    part_only = request.headers.get("HX-Request") == "true"
    return render(request, "work/worklist_part.html" if part_only else "work/worklist_done.html", context)


def _number(form: QueryDict, name: str) -> int:
    said = form.get(name, "")
    return min(int(said), TICKS_AT_MOST) if said.isascii() and said.isdigit() and len(said) < 6 else 0


def _answered_people(who: SignedIn, given: Sequence[str]) -> list[dict[str, object]]:
    """Whose month to open for taking something back."""
    months: dict[str, str] = {}
    for text in given:
        parts = text.split("/")
        if len(parts) == 3:
            months.setdefault(parts[0], parts[1][:7])
    people = queries.people_by_id([one for one in map(uuid_from, months) if one], queries.sites_visible_to(who))
    named = looks.briefs(list(people.values()), who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return []
    return [
        {"id": one.person.pk, "number": one.brief.number, "month": months[str(one.person.pk)]}
        for one in sorted(named, key=lambda one: one.brief.number)
        if _month(months[str(one.person.pk)]) is not None
    ]


def _month(text: str) -> Month | None:
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return Month.of(day) if can_be_meant(day) else None


@require_POST
def list_anew(request: HttpRequest) -> HttpResponse:
    """List what waits now, as the night does; useful after days were counted anew elsewhere."""
    who = reader(request)
    since, until = span(queries.sites_visible_to(who))
    try:
        count = 0
        for site in queries.sites_visible_to(who):
            month = Month.of(since)
            while month.first <= until:
                count += list_waiting(site, month, at=now())
                month = Month.of(month.until)
    except (WorklistRefused, WorklistBusy):
        messages.error(request, _("The list could not be made. Try again in a minute."), "warn")
    else:
        said = ngettext("Listed: %(count)d waits.", "Listed: %(count)d wait.", count) % {"count": count}
        messages.success(request, said, "yes")
    return HttpResponseRedirect(reverse("worklist"))
