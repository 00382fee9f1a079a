"""People with days, written past the gates: performance only reads what the nightly job has written."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tests.server.world import SETUP, ZONE, World

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import local_date
from gatehouse.domain.reckoning import Flag, Workday
from gatehouse.domain.shifts import DayClass
from gatehouse.server.attendance.patterns import pattern_fact
from gatehouse.server.attendance.workdays import write_days
from gatehouse.server.people.actions import Facts, hire_person
from gatehouse.server.people.cells import File
from gatehouse.server.people.models import Person, Site

SHIFT = pattern_fact("D", {"start": "09:00:00", "end": "18:00:00"})


def came(on: date, late: int = 0, ot: int = 0) -> Workday:
    return Workday(on, SHIFT, DayClass.WORKDAY, late, 0, 480 - late, ot, ot, 0, 0, 480, None, None, (), ())


def away(on: date) -> Workday:
    return Workday(on, SHIFT, DayClass.WORKDAY, 0, 0, 0, 0, 0, 0, 0, 480, None, None, (Flag.ABSENT,), ())


def write(world: World, person: Person, *days: Workday) -> None:
    for day in days:
        write_days(day.date, {person.pk: [day]})


def today(world: World) -> date:
    return local_date(world.now(), ZoneInfo(ZONE))


def month_before_last(world: World) -> Month:
    """Over for longer than any number of days that figures are a person's alone."""
    return Month.of(today(world).replace(day=1) - timedelta(days=40))


def hire(world: World, number: str, department: str = "", site: Site | None = None) -> Person:
    facts = Facts(number=number, name=f"Person {number}", file=File(department=department))
    return hire_person(site or world.site, facts, groups=[], by=SETUP, at=world.now())
