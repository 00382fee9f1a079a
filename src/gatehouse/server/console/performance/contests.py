"""Contests as operators answer them: a list of states, and one thread on a click."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, local_date
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import missing
from gatehouse.server.attendance import queries as work
from gatehouse.server.attendance.workdays import WorkdaysRefused, reckon_again
from gatehouse.server.console import words, words_performance, words_work
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.console.performance import showing
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.keeping import KeeperAway
from gatehouse.server.moment import now
from gatehouse.server.payroll.actions import redraft_payslips
from gatehouse.server.people import looks as people_looks
from gatehouse.server.people import queries as people
from gatehouse.server.performance import contests as acts
from gatehouse.server.performance import looks, queries
from gatehouse.server.performance.cells import About, AboutDay
from gatehouse.server.performance.errors import PerformanceError
from gatehouse.server.performance.models import Contest, ContestState
from gatehouse.server.performance.texts import TEXT_LIMIT

PAGE = 25
PURPOSE = "contest.page"


@require_safe
def contests(request: HttpRequest, number: int = 1) -> HttpResponse:
    """Those that wait for an answer first; what they say is not opened."""
    who = reader(request)
    rows = queries.contests(people.sites_visible_to(who))
    waiting = rows.filter(state=ContestState.OPEN).count()
    shown, pager = paged(rows, number, PAGE, lambda page: reverse("performance-contests-page", args=[page]))
    context: dict[str, object] = tabs(request, "performance-contests") | {"pager": pager, "waiting": waiting}
    everybody = list({row.person_id: row.person for row in shown}.values())
    named = people_looks.briefs(everybody, who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return render(request, "performance/contests.html", context | {"refused": words.refused(named.code)})
    briefs = {one.person.pk: one.brief for one in named}
    context["lines"] = [
        {"row": row, "brief": briefs[row.person_id], "state": words_performance.CONTESTS[row.state]} for row in shown
    ]
    return render(request, "performance/contests.html", context)


def contest(request: HttpRequest, contest_id: UUID) -> HttpResponse:
    """GET tells who and how far; POST opens the words, or answers."""
    who = reader(request)
    row = queries.contest(contest_id, people.sites_visible_to(who))
    if row is None:
        raise Http404
    timezone.activate(ZoneInfo(row.person.site.zone))
    named = people_looks.briefs([row.person], who.by.authority, PURPOSE)
    brief = people_looks.NO_BRIEF if isinstance(named, Refused) else named[0].brief
    context: dict[str, object] = tabs(request, "performance-contests") | {
        "row": row,
        "number": brief.number,
        "initials": brief.initials,
        "state": words_performance.CONTESTS[row.state],
        "limit": TEXT_LIMIT,
    }
    if request.method != "POST":
        return render(request, "performance/contest.html", context)
    about = looks.abouts([row], who.by.authority, PURPOSE)
    if isinstance(about, Refused) or row.pk not in about:
        code = about.code if isinstance(about, Refused) else "gone"
        return render(request, "performance/contest.html", context | {"refused": words.refused(code)})
    if request.POST.get("do") in ("ask", "stands", "grant"):
        try:
            done = _answer(request, who, row, about[row.pk])
        except Mistyped as fault:
            context |= {"error": str(fault), "typed": request.POST}
        except PerformanceError as fault:
            context |= {"error": words_performance.error(fault), "typed": request.POST}
        else:
            messages.success(request, done, "yes")
            return HttpResponseRedirect(reverse("performance-contest", args=[row.pk]))
    row.refresh_from_db(fields=["state"])
    opened = _opened(who, row, about[row.pk])
    if isinstance(opened, Refused):
        return render(request, "performance/contest.html", context | {"refused": words.refused(opened.code)})
    status = 422 if "error" in context else 200
    return render(request, "performance/contest.html", context | opened, status=status)


def _opened(who: SignedIn, row: Contest, about: About) -> dict[str, object] | Refused:
    threads = looks.threads(list(queries.words_of([row])), who.by.authority, PURPOSE)
    if isinstance(threads, Refused):
        return threads
    found = {
        "opened": True,
        "contest": showing.one_contested(row, about, threads.get(row.pk, [])),
        "state": words_performance.CONTESTS[row.state],
        "waits": row.state == ContestState.OPEN,
        "month_code": str(about.month),
        "day": about.date if isinstance(about, AboutDay) else None,
        "shifts": [],
    }
    if isinstance(about, AboutDay):
        rows = list(work.workdays([row.person], about.date, about.date + DAY))
        days = work_looks.workdays(rows, who.by.authority, PURPOSE)
        if isinstance(days, Refused):
            return days
        found["shifts"] = [
            {
                "state": words_work.state(shift),
                "first_in": shift.first_in,
                "last_out": shift.last_out,
                "worked": shift.worked_min + shift.ot_worked_min,
                "steps": [words_work.step(step) for step in shift.explanation],
            }
            for shift in days.get((row.person_id, about.date), [])
        ]
    return found


def _answer(request: HttpRequest, who: SignedIn, row: Contest, about: About) -> str:
    """What was done, in words. Raises Mistyped, PerformanceError."""
    text, at = request.POST.get("text", ""), now()
    if request.POST.get("do") != "grant":
        acts.answer(row, text, "stands" if request.POST.get("do") == "stands" else "", by=who.by, at=at)
        return _("Answered. The person reads it on their page.")
    on = _corrected_day(request, row, about)
    zone = ZoneInfo(row.person.site.zone)
    try:
        said = missing.wanted(on, request.POST.get("came", ""), request.POST.get("left", ""), zone)
    except ValueError as fault:
        raise Mistyped(_("Write times such as 08:58.")) from fault
    punches = missing.in_order(row.person, on, said)
    if any(moment > at for _direction, moment in punches):
        raise Mistyped(_("That time has not come yet."))
    acts.grant(row, text, missing.notes(on, punches, text), by=who.by, at=at)
    try:
        done = reckon_again(row.person.site, on, by=who.by, at=at)
        if done:
            redraft_payslips(row.person, Month.of(on), by=who.by, at=at)
    except (WorkdaysRefused, KeeperAway):
        done = False
    return (
        _("Corrected. The day was reckoned anew.") if done else _("Corrected. The day is reckoned anew in the night.")
    )


def _corrected_day(request: HttpRequest, row: Contest, about: About) -> date:
    if isinstance(about, AboutDay):
        return about.date
    on = typed.day(request.POST.get("date", ""), _("Date"))
    today = local_date(now(), ZoneInfo(row.person.site.zone))
    if Month.of(on) != about.month or not today - missing.CORRECTABLE <= on <= today:
        raise Mistyped(_("Choose a date of the contested month, not after today."))
    return on
