"""Leave of people, for HR: balances a page at a time, one person's leave with every line of it, corrections, and who is
away in a month. Balances are time at work: opening them is counted and logged by the keeper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.leave import days_a_year
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, local_date
from gatehouse.domain.shifts import dates, takes_whole
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import leave_actions, leave_looks
from gatehouse.server.attendance.leave_actions import LeaveRefused
from gatehouse.server.attendance.leave_cells import Word
from gatehouse.server.attendance.leave_kinds import offered
from gatehouse.server.attendance.leave_looks import Asked, Standing
from gatehouse.server.attendance.models import NoteState
from gatehouse.server.attendance.worklist_actions import departments
from gatehouse.server.console import words, words_leave
from gatehouse.server.console.access import reader
from gatehouse.server.console.months import month_before
from gatehouse.server.console.paging import paged
from gatehouse.server.console.sites import site_of
from gatehouse.server.console.work.leave_form import days_typed
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.console.work.typed import day_from
from gatehouse.server.moment import now
from gatehouse.server.people import looks
from gatehouse.server.people.models import Person, PersonState, Site
from gatehouse.server.people.queries import person as person_by_id
from gatehouse.server.people.queries import sites_visible_to
from gatehouse.server.staffing import leave

PURPOSE = "leave.page"
PAGE = 25
REASON_LIMIT = 500  # characters


def today_of(site: Site) -> date:
    return local_date(now(), ZoneInfo(site.zone))


# --- balances ----------------------------------------------------------------------------------------------------


def balances(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """GET shows who there is; POST opens what each has left."""
    site, who = site_of(request, site_id), reader(request)
    said = request.GET.get("page", "1") if request.method == "GET" else request.POST.get("page", "1")
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 1
    people, pager = paged(
        _people(site), number, PAGE, lambda page: f"{reverse('leave-balances-at', args=[site.pk])}?page={page}"
    )
    context = tabs(request, "leave-balances") | {
        "site": site,
        "sites": sites_visible_to(who),
        "pager": pager,
        "types": offered(site),
        "today": today_of(site),
        "opened": request.method == "POST",
    }
    lines = _lines(who, people, site, opened=request.method == "POST")
    if isinstance(lines, Refused):
        return render(request, "work/leave_balances.html", context | {"refused": words.refused(lines.code)})
    return render(request, "work/leave_balances.html", context | {"lines": lines})


def first_balances(request: HttpRequest) -> HttpResponse:
    """Of the first site that the reader sees. Raises Http404."""
    sites = sites_visible_to(reader(request))
    if not sites:
        raise Http404
    return balances(request, sites[0].pk)


def _people(site: Site) -> QuerySet[Person]:
    return Person.objects.filter(site=site, state=PersonState.ACTIVE).select_related("site").order_by("id")


def _lines(who: SignedIn, people: Sequence[Person], site: Site, *, opened: bool) -> list[dict[str, object]] | Refused:
    named = looks.briefs(people, who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return named
    found = leave_looks.standings(people, who.by.authority, PURPOSE) if opened else {}
    if isinstance(found, Refused):
        return found
    today = today_of(site)
    lines = [
        {
            "id": one.person.pk,
            "number": one.brief.number,
            "initials": one.brief.initials,
            "left": _left(found[one.person.pk], today) if opened else [],
        }
        for one in named
    ]
    return sorted(lines, key=lambda line: str(line["number"]))


def _left(of: Standing, today: date) -> list[dict[str, object]]:
    """Of each type with a balance: what is left today, and at the end of the year with all that is asked for."""
    return [
        {"name": kind.name, "today": of.balance(kind, today).left, "year": of.balance(kind, _year_end(today)).left}
        for kind in of.kinds
        if not kind.row.retired and kind.fact.has_balance
    ]


def _year_end(today: date) -> date:
    return date(today.year, 12, 31)


# --- one person --------------------------------------------------------------------------------------------------


def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """GET is sealed; POST opens it."""
    return _person_page(request, _shown(request, person_id), opened=request.method == "POST")


def _shown(request: HttpRequest, person_id: UUID) -> Person:
    """Raises Http404."""
    found = person_by_id(person_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


def _person_page(request: HttpRequest, shown: Person, *, opened: bool, status: int = 200) -> HttpResponse:
    who = reader(request)
    context: dict[str, object] = tabs(request, "leave-balances") | {"person": shown, "site": shown.site}
    if not opened:
        return render(request, "work/leave_person.html", context, status=status)
    named = looks.briefs([shown], who.by.authority, PURPOSE)
    of = leave_looks.standing(shown, who.by.authority, PURPOSE)
    for found in (named, of):
        if isinstance(found, Refused):
            return render(request, "work/leave_person.html", context | {"refused": words.refused(found.code)})
    assert not isinstance(named, Refused)
    assert not isinstance(of, Refused)
    today = today_of(shown.site)
    context |= {
        "opened": True,
        "brief": named[0].brief,
        "today": today,
        "hired": of.employment.since if of.hired_known else None,
        "works_since": of.book.works_since,
        "kinds": [kind for kind in of.kinds if kind.fact.has_balance],
        "balances": balances_of(of, today),
        "requests": requests_of(of, today),
        "words": words_of(of),
        "reason_limit": REASON_LIMIT,
    }
    return render(request, "work/leave_person.html", context, status=status)


def balances_of(of: Standing, today: date) -> list[dict[str, object]]:
    """Each type with a balance, with the lines of this year and what is left."""
    found: list[dict[str, object]] = []
    for kind in of.kinds:
        if not kind.fact.has_balance or kind.row.retired:
            continue
        year = of.balance(kind, _year_end(today))
        found.append(
            {
                "name": kind.name,
                "code": kind.code,
                "a_year": None if kind.rules.from_overtime else days_a_year(kind.fact, of.facts(kind), today),
                "today": of.balance(kind, today).left,
                "year": year.left,
                "lines": [(line.on, words_leave.BECAUSE[line.because], line.days) for line in year.lines],
            }
        )
    return found


def requests_of(of: Standing, today: date) -> list[dict[str, object]]:
    """Every request, the latest first, with what became of it."""
    turns = {turn.note: turn for turn in of.book.turns}
    rows: list[dict[str, object]] = []
    for one in sorted(of.asked, key=lambda one: (one.note.date, str(one.row.pk)), reverse=True):
        said, tone, mark = words_leave.STATES[NoteState(one.row.state)]
        turn = turns.get(str(one.row.pk))
        rows.append(
            {
                "id": one.row.pk,
                "said": words_leave.asked(one.note),
                "reason": one.note.reason,
                "state": said,
                "tone": tone,
                "mark": mark,
                "waits": one.row.state == NoteState.ASKED,
                "approved": one.row.state == NoteState.APPROVED,
                "begun": one.note.date <= today,
                "turn_at": turn.at if turn else None,
                "turn_reason": turn.reason if turn else "",
            }
        )
    return rows


def words_of(of: Standing) -> list[dict[str, object]]:
    """What HR said, the latest first, what was taken back included."""
    return [_word(of, word) for word in reversed(of.book.words)]


def _word(of: Standing, word: Word) -> dict[str, object]:
    kind = of.kind(word.kind)
    days = words_leave.days(Fraction(word.days))
    said = _("%(days)s a year from then on") % {"days": days} if word.what == "own" else days
    return {
        "id": word.id,
        "on": word.on,
        "kind": kind.name if kind else word.kind,
        "said": said,
        "reason": word.reason,
        "by": handle_of(word.by),
        "at": word.at,
        "stands": word.stands,
        "undone_at": word.undone_at,
    }


@require_POST
def say(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Days added or taken away, days a year of one's own, the beginning of the working life, or taking one back."""
    shown, by, form = _shown(request, person_id), reader(request).by, request.POST
    reason = " ".join(form.get("reason", "").replace("\0", "").split())[:REASON_LIMIT]
    try:
        match form.get("do", ""):
            case "take_back":
                leave_actions.take_back(shown, form.get("word", "")[:36], by=by, at=now())
                said = _("Taken back. Both stay written.")
            case "works_since":
                text = form.get("works_since", "").strip()
                day = _long_ago(text) if text else None
                leave_actions.set_works_since(shown, day, by=by, at=now())
                said = _("Saved. Balances follow from it at once.")
            case "given" | "own" as what:
                if not reason:
                    raise LeaveRefused("reason")
                days, on = days_typed(form.get("days", "")), day_from(form.get("on", ""))
                kind = next((one for one in offered(shown.site) if one.code == form.get("kind")), None)
                if kind is None or days is None or on is None:
                    raise LeaveRefused("unknown" if kind is None else "days" if days is None else "date")
                leave_actions.say(shown, what, kind.code, on, days, reason, by=by, at=now())
                said = _("Written. The person sees it on their page.")
            case _:
                raise LeaveRefused("unknown")
    except LeaveRefused as refused:
        messages.error(request, _fault(refused.code), "warn")
        return _person_page(request, shown, opened=True, status=422)
    messages.success(request, said, "yes")
    return _person_page(request, shown, opened=True)


def _long_ago(text: str) -> date:
    """Raises LeaveRefused."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LeaveRefused("date") from None


def _fault(code: str) -> str:
    if code == "reason":
        return _("Write a reason; it stays beside it, and the person reads it.")
    found = words_leave.FAULTS.get(code)
    return str(found) if found is not None else str(words.refused(code).what)


@require_POST
def cancel(request: HttpRequest, person_id: UUID, note_id: UUID) -> HttpResponse:
    """Approved leave that does not hold any more, also when it has begun."""
    shown, who = _shown(request, person_id), reader(request)
    reason = " ".join(request.POST.get("reason", "").replace("\0", "").split())
    try:
        if not reason:
            raise LeaveRefused("reason")
        one = _asked(shown, note_id, who)
        leave.cancel(one.row, one.note, reason, by=who.by, at=now(), as_hr=True)
    except LeaveRefused as refused:
        messages.error(request, _fault(refused.code), "warn")
        return _person_page(request, shown, opened=True, status=409 if refused.code == "answered" else 422)
    messages.success(
        request, _("Cancelled. The request and its answer stay written; the days were counted anew."), "yes"
    )
    return _person_page(request, shown, opened=True)


def _asked(shown: Person, note_id: UUID, who: SignedIn) -> Asked:
    """Raises Http404, LeaveRefused."""
    of = leave_looks.standing(shown, who.by.authority, PURPOSE)
    if isinstance(of, Refused):
        raise LeaveRefused(of.code)
    found = next((one for one in of.asked if one.row.pk == note_id), None)
    if found is None:
        raise Http404
    return found


# --- who is away -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AwayLine:
    """One person's month: for each date "" where they are here, "whole" or "half", and the type's name."""

    id: UUID
    number: str
    initials: str
    days: list[tuple[date, str, str]]
    count: int


def away(request: HttpRequest, site_id: UUID, of: Month) -> HttpResponse:
    """GET offers it, POST opens the month of a site, by department."""
    site, who = site_of(request, site_id), reader(request)
    days = dates(of.first, of.until)
    context: dict[str, object] = tabs(request, "leave-away") | {
        "site": site,
        "sites": sites_visible_to(who),
        "first": of.first,
        "days": [(day, day.weekday() > 4) for day in days],
        "before": month_before(of),
        "after": of.after,
        "month": of,
        "opened": request.method == "POST",
    }
    if request.method == "POST":
        found = _away(who, site, of)
        context |= {"refused": words.refused(found.code)} if isinstance(found, Refused) else {"groups": found}
    return render(request, "work/leave_away.html", context)


def first_away(request: HttpRequest) -> HttpResponse:
    """This month of the first site that the reader sees. Raises Http404."""
    sites = sites_visible_to(reader(request))
    if not sites:
        raise Http404
    return away(request, sites[0].pk, Month.of(today_of(sites[0])))


def _away(who: SignedIn, site: Site, of: Month) -> list[tuple[str, list[AwayLine]]] | Refused:
    """By department, those who are away on some date; who has never asked for leave is not looked at."""
    askers = leave_looks.askers(site)
    people = [one for one in _people(site) if one.pk in askers]
    found = leave_looks.standings(people, who.by.authority, PURPOSE)
    if isinstance(found, Refused):
        return found
    there = {key: one for key, one in found.items() if one.away(of.first, of.until - DAY)}
    some = [one.person for one in there.values()]
    named = looks.briefs(some, who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return named
    in_department = departments(some)
    groups: dict[str, list[AwayLine]] = {}
    for one in sorted(named, key=lambda one: one.brief.number):
        line = _away_line(there[one.person.pk], of, one.brief.number, one.brief.initials)
        groups.setdefault(in_department.get(one.person.pk, ""), []).append(line)
    return sorted(groups.items())


def _away_line(of: Standing, month: Month, number: str, initials: str) -> AwayLine:
    leaves = of.away(month.first, month.until - DAY)
    days, count = [], 0
    for day in dates(month.first, month.until):
        its = [one for one in leaves if one.date == day]
        part = "" if not its else "whole" if takes_whole(one.part for one in its) else "half"
        kind = of.kind(its[0].kind) if its else None
        days.append((day, part, kind.name if kind else _("Leave") if its else ""))
        count += bool(its)
    return AwayLine(of.person.pk, number, initials, days, count)
