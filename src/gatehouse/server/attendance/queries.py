"""Reading punches, plans and workdays: rows only; `attendance.looks` says what the cells hold."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Max, QuerySet

from gatehouse.domain.periods import Period
from gatehouse.domain.shifts import DayCalendar, DayClass
from gatehouse.domain.shifts import PlannedShift as PlannedShiftFact
from gatehouse.domain.shifts import ShiftPattern as ShiftPatternFact
from gatehouse.server.attendance.models import (
    CalendarDay,
    NoteState,
    PlannedShift,
    Punch,
    PunchSource,
    ShiftPattern,
    Workday,
    WorkNote,
)
from gatehouse.server.attendance.patterns import OPEN_CODE, OPEN_PATTERN
from gatehouse.server.attendance.versions import Versions
from gatehouse.server.gates.models import Gate
from gatehouse.server.people.models import Person, Site

PLAN_NEAR = timedelta(days=31)


def punches(site: Site, span: Period) -> Sequence[Punch]:
    """Those that count: punches of an import that was taken back do not."""
    found = Punch.objects.filter(site=site, at__gte=span.start, at__lt=span.end)
    return list(found.exclude(source__in=_voided(site)).order_by("at"))


def punch_rows(site: Site, span: Period) -> list[tuple[UUID, datetime, str, bytes]]:
    """As `punches`: id, instant, direction and token alone, since a large site has hundreds of thousands a day."""
    found = Punch.objects.filter(site=site, at__gte=span.start, at__lt=span.end).exclude(source__in=_voided(site))
    rows = found.order_by("at").values_list("id", "at", "direction", "token")
    return [(pk, at, direction, bytes(token)) for pk, at, direction, token in rows.iterator()]


def other_sites(site: Site) -> list[Site]:
    """Those with a gate that counts, besides this one."""
    counting = Site.objects.filter(pk__in=Gate.objects.filter(counts_attendance=True).values("site_id"))
    return list(counting.exclude(pk=site.pk).order_by("code"))


def punches_with_tokens(tokens: Iterable[bytes]) -> Sequence[Punch]:
    """As `punches`, of whatever site."""
    found = list(Punch.objects.filter(token__in=list(tokens)).order_by("at"))
    sourced = {punch.site_id for punch in found if punch.source}
    taken_back = set(PunchSource.objects.filter(site_id__in=sourced, voided=True).values_list("site_id", "number"))
    return [punch for punch in found if (punch.site_id, punch.source) not in taken_back]


def _voided(site: Site) -> list[int]:
    return list(PunchSource.objects.filter(site=site, voided=True).values_list("number", flat=True))


def patterns(site: Site) -> QuerySet[ShiftPattern]:
    return ShiftPattern.objects.filter(site=site).order_by("code")


def open_pattern(site: Site, on: date) -> ShiftPatternFact:
    """The pattern of dates without a shift, as it holds on this date."""
    own = ShiftPattern.objects.filter(site=site, code=OPEN_CODE).first()
    return Versions([own]).on(own, on) if own else OPEN_PATTERN


def calendar(site: Site) -> DayCalendar:
    days = {day.date: DayClass(day.day_class) for day in CalendarDay.objects.filter(site=site)}
    return DayCalendar(days=days)


def plan_of(person: Person, since: date, until: date) -> QuerySet[PlannedShift]:
    found = PlannedShift.objects.filter(person=person, date__gte=since, date__lt=until)
    return found.select_related("pattern").order_by("date")


def plans(site: Site, since: date, until: date) -> dict[UUID, list[PlannedShiftFact]]:
    """Planned shifts of the dates [since, until) by person."""
    there = PlannedShift.objects.filter(person__site=site, date__gte=since, date__lt=until)
    rows = list(there.values_list("person_id", "date", "pattern_id"))
    shifts = ShiftPattern.objects.in_bulk({pattern for _, _, pattern in rows})
    versions = Versions(shifts.values())
    facts: dict[tuple[date, UUID], PlannedShiftFact] = {}
    found: dict[UUID, list[PlannedShiftFact]] = {}
    for person, day, pattern in rows:
        if (day, pattern) not in facts:
            facts[day, pattern] = PlannedShiftFact(day, versions.on(shifts[pattern], day))
        found.setdefault(person, []).append(facts[day, pattern])
    return found


def shifts_of(person: Person, since: date, until: date) -> list[tuple[str, PlannedShiftFact]]:
    """One person's published shifts of [since, until), by date, each with its name and the rules of its date."""
    rows = list(plan_of(person, since, until))
    versions = Versions([row.pattern for row in rows])
    found = [(row.pattern.name, PlannedShiftFact(row.date, versions.on(row.pattern, row.date))) for row in rows]
    return sorted(found, key=lambda one: (one[1].date, one[1].pattern.start, one[0]))


def people_with_plan_near(site: Site, day: date) -> list[UUID]:
    """Everybody with a planned shift within a month of `day`: who gets a workday row for it, at work or away."""
    near = PlannedShift.objects.filter(person__site=site, date__gt=day - PLAN_NEAR, date__lt=day + PLAN_NEAR)
    return sorted(near.values_list("person_id", flat=True).order_by().distinct())


def people_in_span(sites: Iterable[Site], since: date, until: date) -> set[UUID]:
    """Everybody of these sites who is planned or reckoned on the dates [since, until)."""
    there = {"person__site__in": list(sites), "date__gte": since, "date__lt": until}
    found: set[UUID] = set()
    for rows in (PlannedShift.objects.filter(**there), Workday.objects.filter(**there)):
        found |= set(rows.values_list("person_id", flat=True).distinct())
    return found


def reckoned_until(sites: Iterable[Site], since: date, until: date) -> date | None:
    """The last date of [since, until) that has workdays."""
    found = Workday.objects.filter(person__site__in=list(sites), date__gte=since, date__lt=until)
    last: date | None = found.aggregate(last=Max("date"))["last"]
    return last


def approved_notes(people: Iterable[UUID]) -> QuerySet[WorkNote]:
    return WorkNote.objects.filter(person_id__in=list(people), state=NoteState.APPROVED).order_by("id")


def notes_of(person: Person) -> QuerySet[WorkNote]:
    return WorkNote.objects.filter(person=person).order_by("state", "id")


def asked_notes(sites: Iterable[Site]) -> QuerySet[WorkNote]:
    found = WorkNote.objects.filter(person__site__in=list(sites), state=NoteState.ASKED)
    return found.select_related("person").order_by("id")


def workdays(people: Iterable[Person], since: date, until: date) -> QuerySet[Workday]:
    """On the dates [since, until)."""
    found = Workday.objects.filter(person__in=list(people), date__gte=since, date__lt=until)
    return found.select_related("person").order_by("date", "person_id")
