"""Performance of people: a list that opens nothing, and one person's figures, goals and reviews on a click.

A month's figures are shown only once they are no longer the person's alone (`domain.seen_first`).
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance_trend import Trend, by_month, months_back, trends
from gatehouse.domain.periods import local_date
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.seen_first import open_from, others_see
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import queries as work
from gatehouse.server.console import saying, words, words_performance
from gatehouse.server.console.access import reader
from gatehouse.server.console.months import month_before
from gatehouse.server.console.paging import paged
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.console.performance import showing
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.moment import now
from gatehouse.server.people import looks as people_looks
from gatehouse.server.people import queries as people
from gatehouse.server.people.models import Person
from gatehouse.server.performance import actions, looks, queries
from gatehouse.server.performance.errors import PerformanceError
from gatehouse.server.performance.texts import REVIEW_LIMIT, TEXT_LIMIT

PAGE = 25
MONTHS = 12
PURPOSE = "performance.page"


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the list; `until` is the date from which the month is open, None where it is."""

    id: UUID
    number: str
    initials: str
    until: date | None


def everybody(request: HttpRequest, of: Month | None = None, number: int = 1) -> HttpResponse:
    """Who had a plan or a day in the month. Nothing but numbers and initials is opened."""
    who = reader(request)
    sites = people.sites_visible_to(who)
    of = of or month_before(current_month(who))
    in_it = work.people_in_span(sites, of.first, of.until)
    there = [person for person in people.people(sites) if person.pk in in_it]
    shown, pager = paged(there, number, PAGE, lambda page: reverse("performance-page", args=[of, page]))
    context: dict[str, object] = tabs(request, "performance") | {
        "first": of.first,
        "month_code": str(of),
        "before": str(month_before(of)),
        "after": str(of.after) if of.first < current_month(who).first else "",
        "pager": pager,
        "people": [],
    }
    named = people_looks.briefs(shown, who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        context["refused"] = words.refused(named.code)
    else:
        waits = _waiting(shown, of)
        lines = [Line(n.person.pk, n.brief.number, n.brief.initials, waits.get(n.person.pk)) for n in named]
        context["people"] = sorted(lines, key=lambda line: line.number)
    return render(request, "performance/people.html", context)


def _waiting(shown: list[Person], of: Month) -> dict[UUID, date]:
    """Of these people, those whose month is their own yet, and until when."""
    said = queries.who_said_seen(shown, of)
    days = {site: queries.days_first(site) for site in {person.site for person in shown}}
    return {
        person.pk: open_from(of, days[person.site])
        for person in shown
        if not others_see(of, today_of(person), days[person.site], seen=person.pk in said)
    }


def person_page(request: HttpRequest, person_id: UUID, of: Month) -> HttpResponse:
    """GET tells what is sealed; POST opens it, or writes a goal, how one went, or a review."""
    who = reader(request)
    person = people.person(person_id, people.sites_visible_to(who))
    if person is None:
        raise Http404
    named = people_looks.briefs([person], who.by.authority, PURPOSE)
    brief = people_looks.NO_BRIEF if isinstance(named, Refused) else named[0].brief
    context: dict[str, object] = tabs(request, "performance") | {
        "person_id": person.pk,
        "number": brief.number,
        "initials": brief.initials,
        "first": of.first,
        "month_code": str(of),
        "before": str(month_before(of)),
        "after": str(of.after) if of.first < Month.of(today_of(person)).first else "",
        "text_limit": TEXT_LIMIT,
        "review_limit": REVIEW_LIMIT,
        "today": today_of(person),
    }
    if request.method != "POST":
        return render(request, "performance/person.html", context)
    write = _WRITES.get(request.POST.get("do", ""))
    if write is not None:
        try:
            refused = write(request, person)
        except Mistyped as fault:
            context |= {"error": str(fault), "typed": request.POST}
        except PerformanceError as fault:
            context |= {"error": words_performance.error(fault), "typed": request.POST}
        else:
            if refused is None:
                messages.success(request, _("Saved. The person sees it on their page."), "yes")
                return HttpResponseRedirect(reverse("performance-person", args=[person.pk, of]))
            context["refused"] = words.refused(refused.code)
    opened = _opened(person, of, who.by.authority)
    if isinstance(opened, Refused):
        return render(request, "performance/person.html", context | {"refused": words.refused(opened.code)})
    status = 422 if "error" in context else 200
    return render(request, "performance/person.html", context | opened, status=status)


def _opened(person: Person, of: Month, by: Authority) -> dict[str, object] | Refused:
    today = today_of(person)
    months = queries.open_months(person, months_back(of, MONTHS), today)
    shown = own_trends(person, months, by, PURPOSE)
    contests = showing.contested(list(queries.contests_of(person)), by, PURPOSE)
    goals = looks.goals(list(queries.goals_of(person)), by, PURPOSE)
    reviews = looks.reviews(list(queries.reviews_of(person)), by, PURPOSE)
    for answer in (shown, contests, goals, reviews):
        if isinstance(answer, Refused):
            return answer
    assert not isinstance(shown, Refused)
    assert not isinstance(contests, Refused)
    assert not isinstance(goals, Refused)
    assert not isinstance(reviews, Refused)
    return {
        "opened": True,
        "figures": showing.figures(of, shown, contests) if of in months else [],
        "theirs_until": "" if of in months else saying.day(open_from(of, queries.days_first(person.site))),
        "charts": showing.trend_charts("own", shown) if len(months) > 1 else [],
        "contests": contests,
        "goals": showing.goal_lines(goals, today),
        "goal_states": [(code, said[0]) for code, said in words_performance.GOALS.items()],
        "reviews": showing.review_lines(reviews),
    }


def own_trends(person: Person, months: list[Month], by: Authority, purpose: str) -> tuple[Trend, ...] | Refused:
    """One person's trends over these months."""
    if not months:
        return trends(())
    wanted = set(months)
    rows = [
        row for row in work.workdays([person], min(months).first, max(months).until) if Month.of(row.date) in wanted
    ]
    found = work_looks.workdays(rows, by, purpose)
    if isinstance(found, Refused):
        return found
    days: list[Workday] = [workday for shifts in found.values() for workday in shifts]
    return trends(by_month(days, months))


# --- what an operator writes; each raises Mistyped, PerformanceError ---


def _add_goal(request: HttpRequest, person: Person) -> Refused | None:
    until = typed.day(request.POST.get("until", ""), _("Until"))
    actions.add_goal(person, request.POST.get("what", ""), until, by=reader(request).by, at=now())
    return None


def _goal_state(request: HttpRequest, person: Person) -> Refused | None:
    who = reader(request)
    try:
        row = queries.goal(UUID(request.POST.get("goal", "")), people.sites_visible_to(who))
    except ValueError:
        row = None
    if row is None or row.person_id != person.pk:
        raise Http404
    return actions.set_goal_state(row, request.POST.get("state", ""), by=who.by, at=now())


def _add_review(request: HttpRequest, person: Person) -> Refused | None:
    since = typed.day(request.POST.get("since", ""), _("From"))
    until = typed.day(request.POST.get("ended", ""), _("To"))
    actions.add_review(person, request.POST.get("text", ""), since, until, by=reader(request).by, at=now())
    return None


_WRITES = {"goal": _add_goal, "goal-state": _goal_state, "review": _add_review}


# --- all goals ---


def goals(request: HttpRequest, number: int = 1) -> HttpResponse:
    """Everybody with a goal or a review, a page at a time; POST opens the goals of those on the page."""
    who = reader(request)
    sites = people.sites_visible_to(who)
    either = queries.people_with_either(sites)
    there = [person for person in people.people(sites) if person.pk in either]
    shown, pager = paged(there, number, PAGE, lambda page: reverse("performance-goals-page", args=[page]))
    context: dict[str, object] = tabs(request, "performance-goals") | {"pager": pager, "lines": []}
    named = people_looks.briefs(shown, who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return render(request, "performance/goals.html", context | {"refused": words.refused(named.code)})
    lines: list[dict[str, object]] = [
        {"person": n.person, "number": n.brief.number, "initials": n.brief.initials, "month": str(current_month(who))}
        for n in sorted(named, key=lambda one: one.brief.number)
    ]
    if request.method == "POST":
        opened = _open_goals(lines, who.by.authority)
        context |= {"opened": True} if opened is None else {"refused": words.refused(opened.code)}
    return render(request, "performance/goals.html", context | {"lines": lines})


def _open_goals(lines: list[dict[str, object]], by: Authority) -> Refused | None:
    persons = [line["person"] for line in lines]
    rows = [row for person in persons if isinstance(person, Person) for row in queries.goals_of(person)]
    found = looks.goals(rows, by, PURPOSE)
    if isinstance(found, Refused):
        return found
    for line in lines:
        person = line["person"]
        assert isinstance(person, Person)
        own = [(row, facts) for row, facts in found if row.person_id == person.pk]
        line["goals"] = showing.goal_lines(own, today_of(person))
        line["reviews"] = queries.reviews_of(person).count()
    return None


def current_month(who: SignedIn) -> Month:
    sites = people.sites_visible_to(who)
    return Month.of(max((local_date(now(), ZoneInfo(site.zone)) for site in sites), default=now().date()))


def today_of(person: Person) -> date:
    return local_date(now(), ZoneInfo(person.site.zone))
