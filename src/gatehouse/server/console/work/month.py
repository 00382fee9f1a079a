"""Month: how far it is, whose days need somebody, and a person's month as a strip of days.

Hours are sealed under each person's own key: opening them is counted and logged by the keeper, so a page of people is
opened on a click and never by itself.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import Figure, person_figures
from gatehouse.domain.periods import local_date
from gatehouse.domain.reckoning import Workday
from gatehouse.domain.seen_first import open_from
from gatehouse.keeper.protocol import Refused
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import queries as work
from gatehouse.server.console import saying, words, words_work
from gatehouse.server.console.access import reader
from gatehouse.server.console.months import month_before
from gatehouse.server.console.paging import paged
from gatehouse.server.console.performance import showing
from gatehouse.server.console.slips import slip_of
from gatehouse.server.console.strips import strip
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.console.work.waiting import waiting_by_day
from gatehouse.server.moment import now
from gatehouse.server.people import looks, queries
from gatehouse.server.people.models import Person
from gatehouse.server.performance import queries as queries_of_figures

PAGE = 25
PURPOSE = "month.page"

Days = dict[date, list[Workday]]


@dataclass(frozen=True, slots=True)
class Row:
    """One person in the month's list."""

    id: UUID
    number: str
    initials: str


def month(request: HttpRequest, of: Month | None = None, number: int = 1) -> HttpResponse:
    """GET lists; POST opens the days of everybody on the page."""
    who = reader(request)
    of = of or _current(who)
    shown, pager = paged(_with_plan(who, of), number, PAGE, lambda page: reverse("month-page", args=[of, page]))
    context = _frame(who, of, pager.count) | tabs(request, "month") | {"pager": pager}
    context |= _people(who, of, shown, opened=request.method == "POST")
    return render(request, "work/month.html", context)


def _people(who: SignedIn, of: Month, shown: list[Person], *, opened: bool) -> dict[str, object]:
    """The list, with the days of everybody in it where `opened`."""
    named = looks.briefs(shown, who.by.authority, PURPOSE)
    if isinstance(named, Refused):
        return {"refused": words.refused(named.code), "people": []}
    rows = sorted(named, key=lambda one: one.brief.number)
    lines: list[dict[str, object]] = [{"row": Row(n.person.pk, n.brief.number, n.brief.initials)} for n in rows]
    if not opened:
        return {"people": lines}
    days, waits = _days(who, of, shown), waiting_by_day(who, shown, of, PURPOSE)
    for answer in (days, waits):
        if isinstance(answer, Refused):
            return {"people": lines, "refused": words.refused(answer.code)}
    assert not isinstance(days, Refused)
    assert not isinstance(waits, Refused)
    for line, named_one in zip(lines, rows, strict=True):
        person = named_one.person
        line |= _strip(of, days.get(person.pk, {}), person.site.zone, waits.get(person.pk, {}))
    return {"people": lines, "opened": True}


@require_POST
def person_month(request: HttpRequest, person_id: UUID, of: Month) -> HttpResponse:
    """One person's strip, figures and draft payslip."""
    who = reader(request)
    person = queries.person(person_id, queries.sites_visible_to(who))
    if person is None:
        raise Http404
    named = looks.briefs([person], who.by.authority, PURPOSE)
    days, waits = _days(who, of, [person]), waiting_by_day(who, [person], of, PURPOSE)
    slip = slip_of(person, of, who.by.authority, PURPOSE)
    context: dict[str, object] = {"month_code": str(of), "full": True, "now": now()}
    brief = looks.NO_BRIEF if isinstance(named, Refused) else named[0].brief
    line: dict[str, object] = {"row": Row(person.pk, brief.number, brief.initials)}
    for answer in (named, days, waits, slip):
        if isinstance(answer, Refused):
            context["refused"] = words.refused(answer.code)
    if not isinstance(days, Refused) and not isinstance(waits, Refused):
        mine = days.get(person.pk, {})
        line |= _strip(of, mine, person.site.zone, waits.get(person.pk, {}))
        line |= _own_figures(who, person, of, _flat(mine))
    context["payslip"] = None if isinstance(slip, Refused) else slip
    part = request.headers.get("HX-Request") == "true"
    template = "work/month_line.html" if part else "work/month_alone.html"
    return render(request, template, context | {"line": line})


def _current(who: SignedIn) -> Month:
    sites = queries.sites_visible_to(who)
    return Month.of(max((local_date(now(), ZoneInfo(site.zone)) for site in sites), default=now().date()))


def _with_plan(who: SignedIn, of: Month) -> list[Person]:
    """Everybody who is planned or reckoned in the month."""
    sites = queries.sites_visible_to(who)
    in_it = work.people_in_span(sites, of.first, of.until)
    return [person for person in queries.people(sites) if person.pk in in_it]


def _frame(who: SignedIn, of: Month, people: int) -> dict[str, object]:
    asked = work.asked_notes(queries.sites_visible_to(who)).count()
    done = _reckoned_until(who, of)
    said = [ngettext("%(count)d person", "%(count)d people", people) % {"count": people}]
    if asked:
        waiting = ngettext("%(count)d request waits for an answer", "%(count)d requests wait for an answer", asked)
        said.append(waiting % {"count": asked})
    if done is not None:
        said.append(_("days are counted up to %(day)s") % {"day": saying.day(done)})
    return {
        "first": of.first,
        "month_code": str(of),
        "before": str(month_before(of)),
        "after": str(of.after) if of.first < _current(who).first else "",
        "summary": " · ".join(said),
        "definitions": [(name, meaning) for name, meaning in words_work.MEASURES.values()],
        "here": reverse("month-of", args=[str(of)]),
        "now": now(),
    }


def _reckoned_until(who: SignedIn, of: Month) -> date | None:
    return work.reckoned_until(queries.sites_visible_to(who), of.first, of.until)


def _days(who: SignedIn, of: Month, people: list[Person]) -> dict[UUID, Days] | Refused:
    rows = list(work.workdays(people, of.first, of.until))
    found = work_looks.workdays(rows, who.by.authority, PURPOSE)
    if isinstance(found, Refused):
        return found
    days: dict[UUID, Days] = defaultdict(dict)
    for (person, on), shifts in found.items():
        days[person][on] = list(shifts)
    return days


def _flat(days: Days) -> list[Workday]:
    return [workday for shifts in days.values() for workday in shifts]


def _strip(of: Month, days: Days, zone: str, waits: dict[date, list[str]]) -> dict[str, object]:
    needing = len(waits)
    return {
        "strip": strip(of, days, ZoneInfo(zone), waits),
        "worked": sum(w.worked_min + w.ot_worked_min for w in _flat(days)),
        "needing": needing,
        "needing_said": ngettext("%(count)d day to look at", "%(count)d days to look at", needing) % {"count": needing},
    }


def _own_figures(who: SignedIn, person: Person, of: Month, days: list[Workday]) -> dict[str, object]:
    """Once they are no longer the person's alone; until then, when that will be."""
    if queries_of_figures.open_months(person, [of], local_date(now(), ZoneInfo(person.site.zone))):
        found = showing.contested(list(queries_of_figures.contests_of(person)), who.by.authority, PURPOSE)
        if isinstance(found, Refused):  # no figure without what is contested of it
            return {}
        contests = [one for one in found if one.about.month == of]
        return {"figures": [_said(figure) for figure in person_figures(days)], "contests": contests}
    return {"alone_until": saying.day(open_from(of, queries_of_figures.days_first(person.site)))}


def _said(figure: Figure) -> dict[str, object]:
    name, meaning = words_work.MEASURES[figure.measure]
    return {"name": name, "value": words_work.value(figure), "meaning": meaning}
