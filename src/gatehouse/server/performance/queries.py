"""Reading this room's rows; `performance.looks` says what the cells hold."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db.models import Case, QuerySet, When

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.seen_first import DAYS_FIRST, others_see
from gatehouse.server.people.models import Person, Site
from gatehouse.server.performance.models import (
    Contest,
    ContestState,
    ContestWord,
    FiguresSetup,
    FiguresSheet,
    Goal,
    MonthSeen,
    Review,
)

_OPEN_FIRST = Case(When(state=ContestState.OPEN, then=0), When(state=ContestState.ANSWERED, then=1), default=2)


def days_first(site: Site) -> int:
    found: int | None = FiguresSetup.objects.filter(site=site).values_list("days_first", flat=True).first()
    return DAYS_FIRST if found is None else found


def who_said_seen(people: Iterable[Person], month: Month) -> set[UUID]:
    """Of these, those who said that they have seen the month."""
    found = MonthSeen.objects.filter(person__in=list(people), month=month.first)
    return set(found.values_list("person_id", flat=True))


def months_said_seen(person: Person) -> set[Month]:
    return {Month.of(first) for first in MonthSeen.objects.filter(person=person).values_list("month", flat=True)}


def open_months(person: Person, months: Iterable[Month], today: date) -> list[Month]:
    """Of these months, those of which operators see the person's figures; `today` is the site's."""
    days, said = days_first(person.site), months_said_seen(person)
    return [month for month in months if others_see(month, today, days, seen=month in said)]


def sheet(site: Site, month: Month) -> FiguresSheet | None:
    return FiguresSheet.objects.filter(site=site, month=month.first).first()


def sheets(site: Site, months: Sequence[Month]) -> QuerySet[FiguresSheet]:
    return FiguresSheet.objects.filter(site=site, month__in=[month.first for month in months]).order_by("month")


def goals_of(person: Person) -> QuerySet[Goal]:
    return Goal.objects.filter(person=person).order_by("id")


def goal(goal_id: UUID, sites: Iterable[Site]) -> Goal | None:
    return Goal.objects.select_related("person__site").filter(pk=goal_id, person__site__in=list(sites)).first()


def reviews_of(person: Person) -> QuerySet[Review]:
    return Review.objects.filter(person=person).order_by("id")


def contests_of(person: Person) -> QuerySet[Contest]:
    return Contest.objects.filter(person=person).select_related("person__site").order_by(_OPEN_FIRST, "id")


def contests(sites: Iterable[Site]) -> QuerySet[Contest]:
    """Those that wait for an answer first."""
    found = Contest.objects.filter(person__site__in=list(sites)).select_related("person__site")
    return found.order_by(_OPEN_FIRST, "id")


def contest(contest_id: UUID, sites: Iterable[Site]) -> Contest | None:
    return contests(sites).filter(pk=contest_id).first()


def words_of(rows: Iterable[Contest]) -> QuerySet[ContestWord]:
    return ContestWord.objects.filter(contest__in=list(rows)).order_by("contest_id", "place")


def people_with_either(sites: Iterable[Site]) -> set[UUID]:
    """Everybody of these sites about whom there is a goal or a review."""
    there = {"person__site__in": list(sites)}
    goals = Goal.objects.filter(**there).values_list("person_id", flat=True)
    return set(goals) | set(Review.objects.filter(**there).values_list("person_id", flat=True))
