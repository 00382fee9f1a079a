"""To do: what in people's time waits for an answer, oldest first, with what workers ask for; answers for many at once.

The list and the days are sealed: they are opened on a click, 25 lines at a time, and every look is in the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import ngettext

from gatehouse.domain.findings import Finding, Key, Kind
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import can_be_meant, local_date
from gatehouse.domain.working_time import monday
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import queries as work
from gatehouse.server.attendance import worklist_looks, worklist_queries
from gatehouse.server.attendance.leave_kinds import offered
from gatehouse.server.attendance.notes import Note
from gatehouse.server.attendance.worklist_actions import (
    departments,
)
from gatehouse.server.console import words, words_work, words_worklist
from gatehouse.server.console.access import reader
from gatehouse.server.console.months import month_before
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.work.answering import (
    PURPOSE,
    Tick,
)
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries
from gatehouse.server.people.cells import Brief
from gatehouse.server.people.models import Person, Site

PAGE = 25
MONTHS_BACK = 2
REASON_LIMIT = 200
TICKS_AT_MOST = 500


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
    context = frame(request, who)
    if request.method != "POST":
        return render(request, "work/worklist.html", context)
    wanted = filter_of(request.POST)
    context |= {"filter": wanted, "opened": True} | opened(who, wanted)
    return render(request, "work/worklist.html", context)


def frame(request: HttpRequest, who: SignedIn) -> dict[str, object]:
    sites = queries.sites_visible_to(who)
    since, until = span(sites)
    weeks = [until - timedelta(days=7 * n) for n in range(14)]
    return tabs(request, "worklist") | {
        "asked": work.asked_notes(sites).count(),
        "filter": Filter(),
        "kinds": [(kind.value, said) for kind, said in words_worklist.KINDS.items()],
        "departments": sorted({one.name for site in sites for one in queries.departments(site)}),
        "weeks": [monday(day) for day in weeks if monday(day) >= monday(since)],
        "ways": [(way.value, said, meaning) for way, (said, meaning) in words_worklist.WAYS.items()],
        "leave_kinds": sorted({(kind.code, kind.name) for site in sites for kind in offered(site)}),
        "reason_limit": REASON_LIMIT,
        "now": now(),
    }


def span(sites: Sequence[Site]) -> tuple[date, date]:
    """From the first of the month before last to today, by the site that is furthest on."""
    today = max((local_date(now(), ZoneInfo(site.zone)) for site in sites), default=now().date())
    first = Month.of(today)
    for _n in range(MONTHS_BACK):
        first = month_before(first)
    return first.first, today


def filter_of(form: QueryDict) -> Filter:
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


def opened(who: SignedIn, wanted: Filter) -> dict[str, object]:
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
    since, until = span(sites)
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
        rows.append(row_of(line, person, briefs[person.pk], finding))
    return rows


def _in(line: Line, month: Month) -> bool:
    return line.note is None and Month.of(line.key.date) == month


def row_of(line: Line, person: Person, brief: Brief, finding: Finding | None) -> dict[str, object]:
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
