"""Registers and rosters on the server: what passages come to, what is written over it, and whom gates let in."""

from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from tests.server.world import SETUP, ZONE

from gatehouse.domain.periods import at_local, local_date
from gatehouse.domain.reckoning import Flag, Workday
from gatehouse.domain.registers import Mark, Session, SessionPlan, Source, Status
from gatehouse.domain.shifts import DayClass
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import feed
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance import register_actions, register_looks, register_queries
from gatehouse.server.attendance.models import RegisterEntry
from gatehouse.server.attendance.patterns import pattern_fact
from gatehouse.server.attendance.register_actions import NotSigned
from gatehouse.server.attendance.register_cells import MARKS_BYTES, marks_from_bytes, marks_to_bytes, plan_from, plan_to
from gatehouse.server.attendance.register_looks import Asked
from gatehouse.server.attendance.workdays import write_days
from gatehouse.server.audit.models import Entry
from gatehouse.server.people import roster_actions, roster_looks, roster_queries
from gatehouse.server.people.actions import Facts, add_group, hire_person
from gatehouse.server.people.cells import File
from gatehouse.server.people.models import RosterEntry, Site, SiteType
from gatehouse.server.people.roster_cells import RosterFacts

CN = ZoneInfo(ZONE)
PLAN = SessionPlan(
    (
        Session("morning", time(8), time(8, 10), time(8, 30), time(11, 30), time(11, 40)),
        Session("afternoon", time(13, 30), time(13, 40), time(14), time(16), time(16, 10)),
    )
)
SHIFT = pattern_fact("D", {"start": "08:00:00", "end": "16:10:00"})


class School:
    """The world's site as a school with one class of two."""

    def __init__(self, world) -> None:
        self.world, self.site = world, world.site
        Site.objects.filter(pk=self.site.pk).update(type=SiteType.SCHOOL)
        self.site.refresh_from_db()
        at = world.now()
        group = add_group(self.site, "Class 3b", by=SETUP, at=at)
        self.pupils = [
            hire_person(self.site, Facts(number=f"P-{n}", name=f"Pupil {n}"), groups=[group], by=SETUP, at=at)
            for n in (1, 2)
        ]
        self.plan = register_actions.set_plan(self.site, "day", PLAN, by=SETUP, at=at)
        self.of = register_actions.set_class(group, self.plan, None, by=SETUP, at=at)
        self.teacher = world.operator(Role.HR)

    def read(self, *dates: date, at: datetime | None = None, by=None):
        asked = Asked(self.site, PLAN, self.pupils, dates, at or self.world.now())
        return register_looks.register(asked, (by or self.teacher).authority, "register.page")

    def sign(self, on: date, *marks: Mark, pupil=None, read=None):
        """The marks of the first pupil on top of what is there."""
        found = read or self.read(on)
        pupil = pupil or self.pupils[0]
        said = {one.pk: list(found.marks.get((one.pk, on), ())) for one in self.pupils}
        said[pupil.pk] += marks
        held = {pk: cell for (pk, _), cell in found.held.items()}
        register_actions.sign(self.of, on, said, held, by=self.teacher, at=self.world.now())


@pytest.fixture
def school(world) -> School:
    return School(world)


def today(school: School) -> date:
    return local_date(school.world.now(), CN)


def states(found, pupil, on: date) -> list[str]:
    return [entry.status.value for entry in found.entries[pupil.pk][on]]


def test_todays_register_comes_from_todays_passages(school):
    first, second = school.pupils
    on = today(school)
    school.world.tell(school.world.passage(subject=str(first.pk), at=at_local(on, time(7, 55), CN)))
    school.world.tell(school.world.passage(subject=str(second.pk), at=at_local(on, time(8, 15), CN)))
    found = school.read(on, at=at_local(on, time(12), CN))
    assert states(found, first, on) == ["present", "present"]
    assert states(found, second, on) == ["late", "present"]
    assert register_looks.inside_now(school.site, at_local(on, time(12), CN), school.teacher.authority) == {
        first.pk,
        second.pk,
    }
    school.world.tell(school.world.passage(subject=str(first.pk), at=at_local(on, time(11), CN), direction="out"))
    found = school.read(on, at=at_local(on, time(12), CN))
    assert states(found, first, on) == ["left_early", "expected"]
    inside = register_looks.inside_now(school.site, at_local(on, time(12), CN), school.teacher.authority)
    assert inside == {second.pk}


def test_a_reckoned_date_comes_from_its_workdays_and_one_that_nobody_reckoned_is_not_known(school):
    first, second = school.pupils
    on = today(school) - timedelta(days=10)
    came, went = at_local(on, time(8, 20), CN), at_local(on, time(16, 15), CN)
    facts = (SHIFT, DayClass.WORKDAY, 0, 0, 480, 0, 0, 0)
    write_days(
        on,
        {
            first.pk: [Workday(on, *facts, 0, 480, came, went, (), ())],
            second.pk: [Workday(on, *facts, 480, 0, None, None, (), ())],
        },
    )
    found = school.read(on, on + timedelta(days=1))
    assert states(found, first, on) == ["late", "present"]
    assert states(found, second, on) == ["excused", "excused"]  # approved leave, the whole day
    assert states(found, first, on + timedelta(days=1)) == ["expected", "expected"]
    write_days(
        on,
        {first.pk: [Workday(on, *facts, 0, 480, None, None, (Flag.ABSENT,), ())]},
    )
    assert states(school.read(on), first, on) == ["absent", "absent"]


def test_a_pupil_who_came_later_has_no_entry_before(school):
    on = today(school) - timedelta(days=10)
    late = hire_person(
        school.site,
        Facts(number="P-9", name="Pupil 9", file=File(starts=on, ends=on + timedelta(days=2))),
        by=SETUP,
        at=school.world.now(),
    )
    school.pupils.append(late)
    days = [on + timedelta(days=n) for n in (-1, 0, 2, 3)]
    assert list(school.read(*days).entries[late.pk]) == days[1:3]


def test_signing_writes_a_cell_of_one_size_for_everybody_and_keeps_both_sides(school):
    first, second = school.pupils
    on = today(school) - timedelta(days=10)
    at = school.world.now()
    said = Mark("morning", Status.EXCUSED, "sickness", "发烧, called at 7", Source.GUARDIAN, "op", at)
    school.sign(on, said)
    sizes = {len(row.cell) for row in RegisterEntry.objects.filter(date=on)}
    assert RegisterEntry.objects.filter(date=on).count() == 2
    assert len(sizes) == 1
    school.sign(on, Mark("morning", Status.PRESENT, "", "came after all", Source.TEACHER, "op", at))
    entry = school.read(on).entries[first.pk][on][0]
    assert [mark.text for mark in entry.marks] == ["发烧, called at 7", "came after all"]
    assert entry.marks[0] == said
    assert (entry.status, entry.seen.status) == (Status.PRESENT, Status.EXPECTED)
    assert school.read(on).entries[second.pk][on][0].marks == ()
    assert {len(row.cell) for row in RegisterEntry.objects.filter(date=on)} == sizes
    assert Entry.objects.filter(verb="register.signed").count() == 2


def test_of_two_who_write_at_once_one_is_told(school):
    on = today(school) - timedelta(days=10)
    at = school.world.now()
    read = school.read(on)
    mark = Mark("morning", Status.ABSENT, "unexplained", "", Source.TEACHER, "op", at)
    school.sign(on, mark, read=read)
    with pytest.raises(NotSigned) as fault:
        school.sign(on, mark, read=read)
    assert fault.value.code == "overtaken"
    assert len(school.read(on).entries[school.pupils[0].pk][on][0].marks) == 1


def test_a_cell_takes_no_more_than_its_size(school):
    on, at = today(school), school.world.now()
    many = [Mark("morning", Status.PRESENT, "", "字" * 80, Source.TEACHER, "op", at)] * 20
    assert marks_to_bytes(many) is None
    few = marks_to_bytes(many[:4])
    assert few is not None
    assert len(few) == MARKS_BYTES
    assert marks_from_bytes(few) == tuple(many[:4])
    with pytest.raises(NotSigned) as fault:
        school.sign(on, *many)
    assert fault.value.code == "full"
    assert not RegisterEntry.objects.exists()


def test_a_plan_comes_back_from_its_column():
    assert plan_from(plan_to(PLAN)) == PLAN


def test_who_may_look_at_a_register(school):
    on = today(school)
    for role in (Role.SECURITY, Role.PARKING, Role.AUDITOR):
        found = school.read(on, by=school.world.operator(role))
        assert isinstance(found, Refused), role
        assert found.code == "not_allowed"
    security = school.world.operator(Role.SECURITY)
    assert register_looks.inside_now(school.site, school.world.now(), security.authority) == set()


def test_a_class_is_of_one_school_and_its_teacher_is_no_pupil(school):
    first = school.pupils[0]
    register_actions.set_class(school.of.group, school.plan, first, by=SETUP, at=school.world.now())
    school.of.refresh_from_db()
    assert [one.pk for one in register_queries.pupils(school.of)] == [school.pupils[1].pk]
    far = register_actions.set_plan(_other(school.world), "day", PLAN, by=SETUP, at=school.world.now())
    with pytest.raises(ValueError, match="one site"):
        register_actions.set_class(school.of.group, far, None, by=SETUP, at=school.world.now())


def _other(world) -> Site:
    from gatehouse.server.people.actions import add_site

    return add_site(uuid4().hex[:8], "Far", SiteType.SCHOOL, zone=ZONE, currency="CNY", by=SETUP, at=world.now())


def test_school_days_are_the_calendars(school):
    monday = date(2026, 3, 2)
    work.set_calendar_day(school.site, monday, DayClass.HOLIDAY, by=SETUP, at=school.world.now())
    work.set_calendar_day(school.site, date(2026, 3, 7), DayClass.WORKDAY, by=SETUP, at=school.world.now())
    days = register_queries.school_days(school.site, monday, monday + timedelta(days=7))
    assert [day.day for day in days] == [3, 4, 5, 6, 7]


# --- the roster and the gates -------------------------------------------------------------------------------------


def spans(world) -> dict[str, tuple[datetime | None, datetime | None]]:
    feed.forget()
    found = feed.changes(world.edge, feed.Known(roster=0, clearances=0), now=world.now())
    assert found is not None
    assert found.roster is not None
    return {one.id: (one.starts, one.ends) for one in found.roster.people}


def enter(world, person, **facts) -> None:
    roster_actions.enter_roster(person, RosterFacts(trade="mason", **facts), by=SETUP, at=world.now())


def test_every_change_of_the_roster_is_told_to_edges_and_logged(world):
    person = world.hire("S-1")
    before = spans(world)
    for change, verb in (
        (lambda: enter(world, person), "person.roster_entered"),
        (lambda: roster_actions.ask_for_training(world.site, by=SETUP, at=world.now()), "entryrule.training_asked"),
        (lambda: roster_actions.strike_from_roster(person, by=SETUP, at=world.now()), "person.roster_struck"),
    ):
        version = world.site.feed.__class__.objects.get(pk=world.site.pk).roster
        change()
        assert world.site.feed.__class__.objects.get(pk=world.site.pk).roster > version
        assert Entry.objects.filter(verb=verb).count() == 1
    assert before
    assert roster_actions.strike_from_roster(person, by=SETUP, at=world.now()) is False


def test_the_roster_is_opened_by_those_who_may_see_pay(world):
    person = world.hire("S-1")
    enter(world, person, foreman=True)
    clerk = world.operator(Role.HR)
    found = roster_looks.roster([person], clerk.authority, "roster.page")
    assert found == {person.pk: RosterFacts("mason", foreman=True)}
    refused = roster_looks.roster([person], world.operator(Role.SECURITY).authority, "roster.page")
    assert isinstance(refused, Refused)
    assert len(RosterEntry.objects.get().cell) > 1024


def test_a_contractor_and_a_team_are_made_once(world):
    at = world.now()
    one = roster_actions.add_contractor(world.site, "Beam & Co", by=SETUP, at=at)
    assert roster_actions.add_contractor(world.site, "Beam & Co", by=SETUP, at=at) == one
    team = roster_actions.add_team(one, "Steel", by=SETUP, at=at)
    assert roster_actions.add_team(one, "Steel", by=SETUP, at=at) == team
    other = roster_actions.add_team(one, "Concrete", by=SETUP, at=at)
    assert roster_actions.rename_team(other, "Steel", by=SETUP, at=at) is False
    assert roster_actions.rename_team(other, "Concrete 2", by=SETUP, at=at) is True
    assert [t.name for t in roster_queries.teams([world.site])] == ["Concrete 2", "Steel"]
    for garbage in ("", "x", "\0", "9" * 50):
        assert roster_queries.team(garbage, [world.site]) is None
        assert roster_queries.contractor(garbage, [world.site]) is None
