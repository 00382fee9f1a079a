"""My figures, before anybody else sees the month; my goals and reviews; and what I contest, with what was answered."""

from collections.abc import Callable
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import Measure
from gatehouse.domain.performance_trend import months_back
from gatehouse.domain.periods import can_be_meant, local_date
from gatehouse.domain.seen_first import open_from, others_see
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.console import saying, words, words_performance
from gatehouse.server.console.performance import showing
from gatehouse.server.console.performance.people import MONTHS, own_trends
from gatehouse.server.moment import now
from gatehouse.server.people.models import Person
from gatehouse.server.performance import actions, contests, looks, queries
from gatehouse.server.performance.cells import About, AboutDay, AboutFigure
from gatehouse.server.performance.errors import PerformanceError
from gatehouse.server.performance.models import Contest
from gatehouse.server.performance.texts import TEXT_LIMIT
from gatehouse.server.portal.worker import worker_of

PURPOSE = "me.page"
MONTHS_TO_RELEASE = 3
HERE = "#performance"


def my_performance(who: SignedIn, person: Person) -> dict[str, object]:
    """For the template `portal/me_performance.html`."""
    by, today = who.by.authority, local_date(now(), ZoneInfo(person.site.zone))
    of = Month.of(today)
    trends = own_trends(person, list(months_back(of, MONTHS)), by, PURPOSE)
    found = showing.contested(list(queries.contests_of(person)), by, PURPOSE)
    goals = looks.goals(list(queries.goals_of(person)), by, PURPOSE)
    reviews = looks.reviews(list(queries.reviews_of(person)), by, PURPOSE)
    for answer in (trends, found, goals, reviews):
        if isinstance(answer, Refused):
            return {"performance": {"refused": words.refused(answer.code)}}
    assert not isinstance(trends, Refused)
    assert not isinstance(found, Refused)
    assert not isinstance(goals, Refused)
    assert not isinstance(reviews, Refused)
    with_days = {month for trend in trends for month, figure in trend.points if figure.value is not None}
    months = [of, *(month for month in sorted(with_days, reverse=True) if month != of)][:MONTHS_TO_RELEASE]
    return {
        "performance": {
            "months": [_month(person, month, today) | {"figures": showing.figures(month, trends, found)}
                       for month in months],
            "charts": showing.trend_charts("mine", trends) if len(with_days) > 1 else [],
            "contests": found,
            "goals": showing.goal_lines(goals, today),
            "reviews": showing.review_lines(reviews),
            "limit": TEXT_LIMIT,
            "today": today,
        }
    }  # fmt: skip


def _month(person: Person, month: Month, today: date) -> dict[str, object]:
    days, said = queries.days_first(person.site), month in queries.months_said_seen(person)
    return {
        "first": month.first,
        "code": str(month),
        "open": others_see(month, today, days, seen=said),
        "said": said,
        "until": saying.day(open_from(month, days)),
    }


@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """I have seen this month: others may see its figures, too."""
    who, person = worker_of(request)

    def act() -> None:
        month = _month_typed(request)
        actions.say_seen(person, month, by=who.by, at=now())

    return _done(request, act, _("Thank you. HR sees the figures of this month now, too."))


@require_POST
def contest(request: HttpRequest) -> HttpResponse:
    """A day or a figure is wrong, says the person whose it is."""
    who, person = worker_of(request)

    def act() -> Refused | None:
        opened = contests.open_contest(person, _about(request), request.POST.get("text", ""), by=who.by, at=now())
        return opened if isinstance(opened, Refused) else None

    return _done(request, act, _("Sent. It stays beside the figure wherever that is shown."))


@require_POST
def say_more(request: HttpRequest, contest_id: UUID) -> HttpResponse:
    who, person = worker_of(request)
    row = _own_contest(person, contest_id)
    return _done(request, lambda: contests.say_more(row, request.POST.get("text", ""), by=who.by, at=now()), _("Sent."))


@require_POST
def withdraw(request: HttpRequest, contest_id: UUID) -> HttpResponse:
    who, person = worker_of(request)
    row = _own_contest(person, contest_id)
    contests.withdraw(row, by=who.by, at=now())
    return _done(request, lambda: None, _("Withdrawn. What was written stays readable for you and HR."))


@require_POST
def reply(request: HttpRequest, review_id: UUID) -> HttpResponse:
    who, person = worker_of(request)
    row = queries.reviews_of(person).filter(pk=review_id).select_related("person__site").first()
    if row is None:
        raise Http404
    text = request.POST.get("text", "")
    return _done(
        request,
        lambda: actions.reply_to_review(row, text, by=who.by, at=now()),
        _("Your reply stands beside the review."),
    )


@require_POST
def goal(request: HttpRequest) -> HttpResponse:
    """A goal that the person sets themselves."""
    who, person = worker_of(request)

    def act() -> None:
        actions.add_goal(person, request.POST.get("what", ""), _date(request, "until"), by=who.by, at=now())

    return _done(request, act, _("Your goal is written down."))


def _own_contest(person: Person, contest_id: UUID) -> Contest:
    """Raises Http404 for another's."""
    row = queries.contests_of(person).filter(pk=contest_id).first()
    if row is None:
        raise Http404
    return row


def _done(request: HttpRequest, act: Callable[[], Refused | None], said: str) -> HttpResponse:
    """Do it, and say on the page how it went."""
    try:
        refused = act()
    except PerformanceError as fault:
        messages.error(request, words_performance.error(fault), "warn")
    else:
        if refused is None:
            messages.success(request, said, "yes")
        else:
            messages.error(request, str(words.refused(refused.code).what), "warn")
    return HttpResponseRedirect(reverse("me") + HERE)


def _about(request: HttpRequest) -> About:
    """Raises PerformanceError."""
    if "measure" not in request.POST:
        return AboutDay(_date(request, "day"))
    measure = next((one for one in Measure if one.value == request.POST["measure"]), None)
    if measure is None:
        raise PerformanceError("no_such_month", "no figure of ours")
    return AboutFigure(_month_typed(request).first, measure)


def _date(request: HttpRequest, name: str) -> date:
    """Raises PerformanceError."""
    try:
        found = date.fromisoformat(request.POST.get(name, ""))
    except ValueError as fault:
        raise PerformanceError("no_such_day" if name == "day" else "bad_date", "no date") from fault
    return found


def _month_typed(request: HttpRequest) -> Month:
    """Raises PerformanceError."""
    try:
        first = date.fromisoformat(f"{request.POST.get('month', '')}-01")
    except ValueError as fault:
        raise PerformanceError("no_such_month", "no month") from fault
    if not can_be_meant(first):
        raise PerformanceError("no_such_month", "no month that can be meant")
    return Month.of(first)
