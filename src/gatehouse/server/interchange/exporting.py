"""Tables of a month that an operator takes away: looks at numbers, hours and times, counted as such, never a name."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from gatehouse.domain.frappe import ASSIGNMENT, CHECKIN, Assigned, Checkin, assignment_rows, checkin_rows
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import DAY, Period, local, local_date
from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance import looks as work_looks
from gatehouse.server.attendance import queries as work
from gatehouse.server.attendance.models import PlannedShift, Punch
from gatehouse.server.people import looks, queries
from gatehouse.server.people.models import Person, Site

PURPOSE = "exports.page"
Rows = list[tuple[object, ...]]
WORKDAYS = (
    "number", "date", "shift", "first_in", "last_out", "worked_min", "late_min", "early_min", "overtime_worked_min",
    "overtime_paid_min", "leave_min", "flags",
)  # fmt: skip


def workdays(site: Site, month: Month, by: Authority) -> Rows | Refused:
    """A row for each shift of everybody's days. Raises KeeperAway."""
    people = _there(site, month)
    numbers = _numbers(people, by)
    if isinstance(numbers, Refused):
        return numbers
    found = work_looks.workdays(list(work.workdays(people, month.first, month.until)), by, PURPOSE)
    if isinstance(found, Refused):
        return found
    zone = ZoneInfo(site.zone)
    rows: Rows = []
    for (person, day), shifts in sorted(found.items(), key=lambda one: (numbers.get(one[0][0], ""), one[0][1])):
        for shift in shifts:
            times = [f"{local(at, zone):%Y-%m-%d %H:%M}" if at else "" for at in (shift.first_in, shift.last_out)]
            minutes = (shift.worked_min, shift.late_min, shift.early_min, shift.ot_worked_min, shift.ot_paid_min)
            flags = " ".join(flag.value for flag in shift.flags)
            rows.append((numbers.get(person, ""), day, shift.pattern.code, *times, *minutes, shift.leave_min, flags))
    return [WORKDAYS, *rows]


def assignments(site: Site, month: Month, by: Authority) -> Rows | Refused:
    """Planned shifts as Frappe HR's Shift Assignment. Raises KeeperAway."""
    plans = PlannedShift.objects.filter(person__site=site, date__gte=month.first, date__lt=month.until)
    rows = list(plans.values_list("person_id", "date", "pattern__name"))
    wanted = {person for person, _, _ in rows}
    numbers = _numbers([one for one in queries.people([site]) if one.pk in wanted], by)
    if isinstance(numbers, Refused):
        return numbers
    return [ASSIGNMENT, *assignment_rows((Assigned(numbers[p], name, day) for p, day, name in rows), site.name)]


def checkins(site: Site, month: Month, by: Authority) -> Rows | Refused:
    """Punches that count as Frappe HR's Employee Checkin. A date whose keys are destroyed has none; one of more than 40
    days ago is refused by the keeper. Raises KeeperAway."""
    zone = ZoneInfo(site.zone)
    span = Period(Period.local_day(month.first, zone).start, Period.local_day(month.until, zone).start)
    by_day: dict[date, list[Punch]] = {}
    for punch in work.punches(site, span):
        by_day.setdefault(local_date(punch.at, zone), []).append(punch)
    whose: list[tuple[str, Punch]] = []
    for day, punches in by_day.items():
        ids = keeping.who(site.pk, day, [bytes(punch.token) for punch in punches], by)
        if isinstance(ids, Refused):
            if ids.code == "day_destroyed":
                continue
            return ids
        whose += [(person, punch) for person, punch in zip(ids, punches, strict=True) if person]
    wanted = {UUID(person) for person, _ in whose}
    numbers = _numbers([one for one in queries.people([site]) if one.pk in wanted], by)
    if isinstance(numbers, Refused):
        return numbers
    # Visitors pass gates as well and are in nobody's attendance.
    told = [Checkin(numbers[UUID(one)], p.at, p.direction, p.gate) for one, p in whose if UUID(one) in numbers]
    return [CHECKIN, *checkin_rows(told, zone)]


TABLES = {"workdays": workdays, "assignments": assignments, "checkins": checkins}


def _there(site: Site, month: Month) -> list[Person]:
    in_it = work.people_in_span([site], month.first, month.until + DAY)
    return [person for person in queries.people([site]) if person.pk in in_it]


def _numbers(people: Sequence[Person], by: Authority) -> dict[UUID, str] | Refused:
    named = looks.briefs(people, by, PURPOSE)
    return named if isinstance(named, Refused) else {one.person.pk: one.brief.number for one in named}
