"""To do: what in people's time waits for an answer, oldest first, with what workers ask for; answers for many at once.

The list and the days are sealed: they are opened on a click, 25 lines at a time, and every look is in the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse.domain.findings import APPROVING, Finding, Key, Kind, Way
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import can_be_meant, local_date
from gatehouse.domain.working_time import monday
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import queries as work
from gatehouse.server.attendance import worklist_looks, worklist_queries
from gatehouse.server.attendance.notes import Note
from gatehouse.server.attendance.worklist_actions import (
    WorklistBusy,
    WorklistRefused,
    departments,
    list_waiting,
)
from gatehouse.server.console import words, words_work, words_worklist
from gatehouse.server.console.access import reader
from gatehouse.server.console.months import month_before
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
    undo,
    with_minutes,
)
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.payroll import run_queries
from gatehouse.server.people import looks, queries
from gatehouse.server.people.cells import Brief
from gatehouse.server.people.models import Person, Site

PAGE = 25
STEP = 8
TICKS_AT_MOST = 500
REASON_LIMIT = 200
MOST_APPROVED_MIN = 24 * 60
MONTHS_BACK = 2
ID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the list is shown."""

    kind: str = ""
    department: str = ""
    week: date | None = None
    who: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list, before its person's days are opened; a request with what was asked."""

    person: UUID
    key: Key
    note: Note | None = None


def worklist(request: HttpRequest) -> HttpResponse:
    """GET offers to open the list; POST opens a page of it."""
    who = reader(request)
    context = _frame(request, who)
    if request.method != "POST":
        return render(request, "work/worklist.html", context)
    wanted = _filter(request.POST)
    context |= {"filter": wanted, "opened": True} | _opened(who, wanted)
    return render(request, "work/worklist.html", context)


def _frame(request: HttpRequest, who: SignedIn) -> dict[str, object]:
    sites = queries.sites_visible_to(who)
    since, until = _span(sites)
    weeks = [until - timedelta(days=7 * n) for n in range(14)]
    return tabs(request, "worklist") | {
        "asked": work.asked_notes(sites).count(),
        "filter": Filter(),
        "kinds": [(kind.value, said) for kind, said in words_worklist.KINDS.items()],
        "departments": sorted({one.name for site in sites for one in queries.departments(site)}),
        "weeks": [monday(day) for day in weeks if monday(day) >= monday(since)],
        "ways": [(way.value, said, meaning) for way, (said, meaning) in words_worklist.WAYS.items()],
        "reason_limit": REASON_LIMIT,
        "now": now(),
    }


def _span(sites: Sequence[Site]) -> tuple[date, date]:
    """From the first of the month before last to today, by the site that is furthest on."""
    today = max((local_date(now(), ZoneInfo(site.zone)) for site in sites), default=now().date())
    first = Month.of(today)
    for _n in range(MONTHS_BACK):
        first = month_before(first)
    return first.first, today


def _filter(form: QueryDict) -> Filter:
    """What cannot be meant filters nothing."""
    kind = form.get("kind", "")[:32]
    try:
        week: date | None = date.fromisoformat(form.get("week", "")[:10])
        week = monday(week) if week and can_be_meant(week) else None
    except ValueError:
        week = None
    page = form.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    return Filter(
        kind if kind in {one.value for one in Kind} else "",
        typed.text(form, "department", 80),
        week,
        typed.text(form, "who", 60),
        number,
    )


def _opened(who: SignedIn, wanted: Filter) -> dict[str, object]:
    sites = queries.sites_visible_to(who)
    lines = _lines(who, sites, wanted)
    if isinstance(lines, Refused):
        return {"refused": words.refused(lines.code)}
    shown, never = lines
    pages = Paginator(sorted(shown, key=lambda one: (one.key, str(one.person))), PAGE)
    page = pages.get_page(max(1, wanted.page))
    rows = _rows(who, sites, list(page.object_list))
    if isinstance(rows, Refused):
        return {"refused": words.refused(rows.code)}
    return {
        "rows": rows,
        "count": pages.count,
        "count_said": ngettext("%(count)d waits", "%(count)d wait", pages.count) % {"count": pages.count},
        "page": page.number,
        "pages": pages.num_pages,
        "before": page.number - 1 if page.has_previous() else 0,
        "after": page.number + 1 if page.has_next() else 0,
        "never": never,
    }


def _lines(who: SignedIn, sites: Sequence[Site], wanted: Filter) -> tuple[list[Line], bool] | Refused:
    """Everything that waits and fits, requests included; and whether a site has never been listed."""
    since, until = _span(sites)
    lists = list(worklist_queries.lists(sites, since, until + timedelta(days=1)))
    found = worklist_looks.listed(lists, who.by.authority, PURPOSE)
    if isinstance(found, Refused):
        return found
    only = _named(who, wanted.who, sites)
    if isinstance(only, Refused):
        return only
    lines = [
        Line(UUID(one.person), Key(*key))
        for some in found.values()
        for one in some
        if wanted.department in ("", one.department)
        for key in one.keys
    ]
    asked = _asked(who, sites, wanted)
    if isinstance(asked, Refused):
        return asked
    return [
        line
        for line in [*asked, *lines]
        if wanted.kind in ("", line.key.kind.value)
        and (only is None or line.person in only)
        and (wanted.week is None or monday(line.key.date) == wanted.week)
    ], len({one.site_id for one in lists}) < len(sites)


def _named(who: SignedIn, text: str, sites: Sequence[Site]) -> set[UUID] | Refused | None:
    """Who is meant by a number or a part of a name; None where nobody was asked for."""
    if not text:
        return None
    hits = keeping.find(text, who.token, PAGE, queries.findable(sites))
    return hits if isinstance(hits, Refused) else {UUID(hit) for hit in hits}


def _asked(who: SignedIn, sites: Sequence[Site], wanted: Filter) -> list[Line] | Refused:
    if wanted.kind not in ("", Kind.REQUEST.value):
        return []
    notes = list(work.asked_notes(sites).select_related("person__site")[:TICKS_AT_MOST])
    said = work_looks.notes(notes, who.by.authority, PURPOSE)
    if isinstance(said, Refused):
        return said
    there = departments([note.person for note in notes]) if wanted.department else {}
    return [
        Line(note.person_id, Key(said[note.pk].date, Kind.REQUEST, str(note.pk)), said[note.pk])
        for note in notes
        if note.pk in said and wanted.department in ("", there.get(note.person_id, ""))
    ]


def _rows(who: SignedIn, sites: Sequence[Site], lines: Sequence[Line]) -> list[dict[str, object]] | Refused:
    """The lines as they are now: one that was settled since it was listed is left out."""
    people = queries.people_by_id({line.person for line in lines}, sites)
    named = looks.briefs(list(people.values()), who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return named
    briefs = {one.person.pk: one.brief for one in named}
    waiting: dict[tuple[UUID, Key], Finding] = {}
    for month in sorted({Month.of(line.key.date) for line in lines if line.note is None}, key=lambda one: one.first):
        some = [people[str(one.person)] for one in lines if _in(one, month) and str(one.person) in people]
        found = worklist_looks.found(list(dict.fromkeys(some)), month.first, month.until, who.by.authority, PURPOSE)
        if isinstance(found, Refused):
            return found
        waiting |= {(person, one.key): one for person, its in found.items() for one in its.waiting}
    rows = []
    for line in lines:
        person = people.get(str(line.person))
        finding = waiting.get((line.person, line.key))
        if person is None or (finding is None and line.note is None):
            continue
        rows.append(_row(line, person, briefs[person.pk], finding))
    return rows


def _in(line: Line, month: Month) -> bool:
    return line.note is None and Month.of(line.key.date) == month


def _row(line: Line, person: Person, brief: Brief, finding: Finding | None) -> dict[str, object]:
    zone = ZoneInfo(person.site.zone)
    kind = line.key.kind
    tone, mark = words_worklist.MARKS.get(kind, ("warn", "clock"))
    note = line.note
    tick = Tick(note=UUID(line.key.shift)) if note is not None else Tick(line.person, line.key)
    said = words_work.asked(note, zone) if note is not None else words_worklist.found(finding, zone) if finding else ""
    return {
        "tick": str(tick),
        "date": line.key.date,
        "month": str(Month.of(line.key.date)),
        "id": person.pk,
        "number": brief.number,
        "initials": brief.initials,
        "site": person.site.name,
        "kind": words_worklist.KINDS[kind],
        "tone": tone,
        "mark": mark,
        "said": said,
        "why": note.reason if note is not None else "",
        "source": finding.limit.source if finding and finding.limit else "",
        "mends": words_worklist.adds(finding.adds, zone) if finding else "",
    }


# --- answering ---------------------------------------------------------------------------------------------------


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
        "form": {"way": wish.way.value, "reason": wish.reason, "minutes": wish.at_most_min or ""},
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
        "code": str(words_worklist.NOT_DONE.get(one.code, words_worklist.NOT_DONE["answered"])) if one.code else "",
        "changes": [(n, b, a) for n, b, a in zip(names, before, after, strict=False) if a != b],
        "same": bool(before) and before == after,
        "locked": bool(person and day and run_queries.closed_month(person, Month.of(day))),
    }


def _again(request: HttpRequest, error: str) -> HttpResponse:
    who = reader(request)
    context = _frame(request, who) | {"error": error, "filter": _filter(request.POST), "opened": True}
    context |= _opened(who, _filter(request.POST)) | {
        "ticked": request.POST.getlist("tick")[:TICKS_AT_MOST],
        "typed": {name: request.POST.get(name, "")[:REASON_LIMIT] for name in ("way", "reason", "minutes")},
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
        "form": {"way": wish.way.value, "reason": wish.reason, "minutes": wish.at_most_min or ""},
        "count_said": ngettext("%(count)d answered", "%(count)d answered", len(given)) % {"count": len(given)},
        "why_not": sorted({str(words_worklist.NOT_DONE.get(c, words_worklist.NOT_DONE["answered"])) for c in codes}),
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
    people = queries.people_by_id([one for one in map(_uuid, months) if one], queries.sites_visible_to(who))
    named = looks.briefs(list(people.values()), who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return []
    return [
        {"id": one.person.pk, "number": one.brief.number, "month": months[str(one.person.pk)]}
        for one in sorted(named, key=lambda one: one.brief.number)
        if _month(months[str(one.person.pk)]) is not None
    ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


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
    since, until = _span(queries.sites_visible_to(who))
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


# --- one person's month ------------------------------------------------------------------------------------------


@require_safe
def person(request: HttpRequest, person_id: UUID, of: Month) -> HttpResponse:
    return render(request, "work/worklist_person.html", _person_frame(request, person_id, of))


@require_POST
def person_open(request: HttpRequest, person_id: UUID, of: Month) -> HttpResponse:
    """What waits about one person's month, and every answer about it, those taken back included."""
    context = _person_frame(request, person_id, of)
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
    rows = [_row(Line(shown.pk, one.key), shown, brief, one) for one in its.waiting]
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


def _person_frame(request: HttpRequest, person_id: UUID, of: Month) -> dict[str, object]:
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
