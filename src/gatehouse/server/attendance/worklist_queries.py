"""Reading what the worklist stands on: rows only; `attendance.worklist_looks` says what they hold."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.domain.findings import SiteLimits
from gatehouse.domain.work_limits import TABLES, Limit, LimitError, Measured
from gatehouse.server.attendance.models import Workday, WorkNote
from gatehouse.server.attendance.worklist_models import AnswerBook, WorkLimits, Worklist
from gatehouse.server.people.models import Person, Site

OWN = "own"
OWN_SOURCE = "the site's own numbers"


def limits_row(site: Site) -> WorkLimits:
    """The site's own, or the defaults where nobody chose."""
    return WorkLimits.objects.filter(pk=site.pk).first() or WorkLimits(site=site)


def site_limits(site: Site) -> SiteLimits:
    row = limits_row(site)
    own = tuple(own_limits(row.own)) if row.law == OWN else TABLES.get(row.law, ())
    return SiteLimits(own, row.longest_min)


def own_limits(own: dict[str, int]) -> list[Limit]:
    """By the name of what is measured: minutes. A row of another release is no limit."""
    found = []
    for name, minutes in sorted(own.items()):
        try:
            of = Measured(name)
            found.append(Limit(of, minutes, OWN_SOURCE, 17 if of is Measured.WEEK_AVERAGE else 1))
        except (ValueError, LimitError):
            continue
    return found


def books(people: Iterable[UUID], since: date, until: date) -> QuerySet[AnswerBook]:
    """Of the months that have a date in [since, until)."""
    found = AnswerBook.objects.filter(person_id__in=list(people), month__gte=since.replace(day=1), month__lt=until)
    return found.order_by("person_id", "month")


def book(person: Person, month: date) -> AnswerBook | None:
    return AnswerBook.objects.filter(person=person, month=month).first()


def lists(sites: Iterable[Site], since: date, until: date) -> QuerySet[Worklist]:
    found = Worklist.objects.filter(site__in=list(sites), month__gte=since.replace(day=1), month__lt=until)
    return found.select_related("site").order_by("month", "site__code")


def workdays_of(people: Iterable[UUID], since: date, until: date) -> QuerySet[Workday]:
    found = Workday.objects.filter(person_id__in=list(people), date__gte=since, date__lt=until)
    return found.order_by("date", "person_id")


def note(note_id: UUID | str, sites: Iterable[Site]) -> WorkNote | None:
    found = WorkNote.objects.filter(pk=note_id, person__site__in=list(sites))
    return found.select_related("person__site").first()
