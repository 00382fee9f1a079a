"""Joiner, mover, leaver: on the right date, done again without harm, undone before the day, by the job afterwards."""

from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from tests.server.world import SETUP, ZONE, overtake

from gatehouse.domain import approvals
from gatehouse.domain.approvals import Delegation, Held, Span
from gatehouse.domain.money import Money
from gatehouse.domain.pay_facts import Contract, PayKind, Term
from gatehouse.domain.periods import local_date
from gatehouse.keeper.client import KeeperAway
from gatehouse.keeper.protocol import Role
from gatehouse.server import jobs, keeping
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance.models import PlannedShift
from gatehouse.server.audit import queries as audit
from gatehouse.server.parking.actions import add_permit
from gatehouse.server.parking.models import Permit
from gatehouse.server.payroll import looks as pay_looks
from gatehouse.server.payroll import queries as pay_queries
from gatehouse.server.payroll.actions import set_contract
from gatehouse.server.people import departments, looks
from gatehouse.server.people.actions import Facts, add_group
from gatehouse.server.people.cells import TermWish
from gatehouse.server.people.credential_actions import NotEnrolled, add_card
from gatehouse.server.people.departments import NotSet
from gatehouse.server.people.models import Credential, Person, StaffChange
from gatehouse.server.people.vehicle_actions import register_vehicle
from gatehouse.server.staffing import changes, joining
from gatehouse.server.staffing.joining import NotChanged

DAY = timedelta(days=1)
RULES = {"start": "09:00:00", "end": "18:00:00"}


@pytest.fixture
def hr(world):
    return world.operator(Role.HR)


@pytest.fixture
def today(world) -> date:
    return local_date(world.now(), ZoneInfo(ZONE))


@pytest.fixture
def welding(world, hr):
    return departments.add_department(world.site, "Welding", None, by=hr, at=world.now())


@pytest.fixture
def store(world, hr):
    return departments.add_department(world.site, "Store", None, by=hr, at=world.now())


def midnight_after(day: date) -> datetime:
    return datetime.combine(day + DAY, datetime.min.time(), ZoneInfo(ZONE))


def terms(world, person, hr):
    held = pay_looks.contract(pay_queries.contract_of(person), hr.authority, "x")
    return [] if held is None else [(one.rate.minor, one.since, one.until) for one in held.terms]


def pay(world, person, hr, since):
    wage = Contract((Term(PayKind.MONTHLY, Money(800_000, "CNY"), since),))
    set_contract(person, wage, by=hr, at=world.now())


def where(world, person, on):
    return departments.chart(world.site).department_of(str(person.pk), on)


# --- joiners ---


def test_a_form_that_is_sent_twice_makes_one_person_as_it_was_said_last(world, hr):
    new_id, facts = uuid4(), Facts(number="S-9", name="Ida Vale")
    joining.join(world.site, new_id, facts, groups=[world.group], by=hr, at=world.now())
    again = joining.join(world.site, new_id, Facts(number="S-9", name="Ida Wale"), groups=[], by=hr, at=world.now())
    assert (Person.objects.count(), again.memberships.count()) == (1, 0)
    assert looks.facts(again, hr.authority).name == "Ida Wale"


def test_two_of_the_same_form_at_once_make_one_person(world, hr, monkeypatch):
    new_id, facts = uuid4(), Facts(number="S-9", name="Ida Vale")
    monkeypatch.setattr(joining.actions, "hire_person", _slow(world, joining.actions.hire_person, new_id, facts, hr))
    person = joining.join(world.site, new_id, facts, groups=[world.group], by=hr, at=world.now())
    assert (Person.objects.count(), person.pk) == (1, new_id)


def _slow(world, hire, new_id, facts, hr):
    """Between the look and the writing another request with the same form hires."""

    def hire_after_another(site, said, **more):
        hire(site, facts, new_id=new_id, by=hr, at=world.now())
        return hire(site, said, **more)

    return hire_after_another


def test_the_id_of_somebody_at_another_site_joins_nobody(world, hr):
    from tests.server.elsewhere import elsewhere

    other = elsewhere(world)[Person]
    found = joining.join(world.site, other.pk, Facts("S-9", "Ida Vale"), groups=[], by=hr, at=world.now())
    assert found == NotChanged("left")
    assert looks.facts(other, hr.authority).name == "Lin Farr"


def test_new_terms_end_the_ones_before_and_said_twice_change_nothing(world, hr, today):
    person = world.hire()
    pay(world, person, hr, today - 100 * DAY)
    for _time in range(2):
        joining.set_terms(person, TermWish("month", 900_000, "CNY"), today, by=hr, at=world.now())
    assert terms(world, person, hr) == [(800_000, today - 100 * DAY, today), (900_000, today, None)]


# --- movers ---


def test_a_move_of_today_is_in_force_at_once(world, hr, today, welding):
    person, group = world.hire(), add_group(world.site, "Welders", by=SETUP, at=world.now())
    row = changes.move(person, today, department=welding, groups=[group], terms=TermWish("month", 900_000, "CNY"),
                       by=hr, at=world.now())  # fmt: skip
    row.refresh_from_db()
    person.refresh_from_db()
    assert row.state == "done"
    assert [one.group for one in person.memberships.all()] == [group]
    assert terms(world, person, hr) == [(900_000, today, None)]
    assert where(world, person, today) == str(welding.pk)
    assert looks.facts(person, hr.authority).file.department == "Welding"


def test_a_later_move_waits_for_its_date_and_the_job_does_it_once(world, hr, today, welding):
    person, group = world.hire(), add_group(world.site, "Welders", by=SETUP, at=world.now())
    changes.move(person, today + 2 * DAY, department=welding, groups=[group], by=hr, at=world.now())
    assert (where(world, person, today), where(world, person, today + 2 * DAY)) == (None, str(welding.pk))
    assert changes.come_into_force(world.site, at=midnight_after(today)) == 0
    assert [one.group for one in person.memberships.all()] == [world.group]
    assert changes.come_into_force(world.site, at=midnight_after(today + DAY)) == 1
    assert [one.group for one in person.memberships.all()] == [group]
    assert changes.come_into_force(world.site, at=midnight_after(today + DAY)) == 0


def test_a_job_that_was_killed_in_the_middle_ends_with_the_same(world, hr, today, welding, monkeypatch):
    person, group = world.hire(), add_group(world.site, "Welders", by=SETUP, at=world.now())
    row = changes.move(person, today + DAY, department=welding, groups=[group],
                       terms=TermWish("month", 900_000, "CNY"), by=hr, at=world.now())  # fmt: skip
    for step in ("set_terms", "_write_file", "_close"):
        with monkeypatch.context() as cut:
            cut.setattr(changes, step, _killed)
            with pytest.raises(KeyboardInterrupt):
                changes.come_into_force(world.site, at=midnight_after(today))
    assert changes.come_into_force(world.site, at=midnight_after(today)) == 1
    row.refresh_from_db()
    person.refresh_from_db()
    assert (row.state, terms(world, person, hr)) == ("done", [(900_000, today + DAY, None)])
    assert looks.facts(person, hr.authority).file.department == "Welding"


def _killed(*_args, **_more):
    raise KeyboardInterrupt


def test_a_move_is_undone_before_its_date_and_not_after(world, hr, today, welding, store):
    person = world.hire()
    changes.move(person, today, department=store, by=hr, at=world.now())
    row = changes.move(person, today + DAY, department=welding, by=hr, at=world.now())
    assert changes.undo(row, by=hr, at=world.now()) is None
    assert where(world, person, today + DAY) == str(store.pk)
    assert changes.undo(row, by=hr, at=world.now()) == NotChanged("over")
    assert changes.come_into_force(world.site, at=midnight_after(today)) == 0


def test_only_one_change_waits_for_a_person(world, hr, today, welding):
    person = world.hire()
    changes.move(person, today + DAY, department=welding, by=hr, at=world.now())
    assert changes.leave(person, today, by=hr, at=world.now()) == NotChanged("waits")


# --- leavers ---


@pytest.fixture
def leaver(world, hr, today, welding):
    """Somebody with a card, a plan, a contract, a parked right, a department that they manage, and a delegate."""
    person, other = world.hire(), world.hire("S-2", "Ada Farr")
    add_card(person, "04AA", by=SETUP, at=world.now())
    pattern = work.add_pattern(world.site, "day", "Day", RULES, by=SETUP, at=world.now())
    work.plan(person, pattern, [today + n * DAY for n in range(5)], by=SETUP, at=world.now())
    pay(world, person, hr, today - 100 * DAY)
    car = register_vehicle(world.site, "沪A12345", owner=person, by=SETUP, at=world.now())
    add_permit(car, world.garage, starts=today - DAY, ends=None, by=SETUP, at=world.now())
    mine, theirs, long = str(person.pk), str(other.pk), Span(today - DAY)

    def staffed(facts):
        for one in facts:
            yield approvals.Department(one.id, one.parent, (Held(mine, long), Held(theirs, long)), (Held(mine, long),),
                                       (Delegation(mine, theirs, long),))  # fmt: skip

    departments.change_staff(world.site, staffed, by=hr, at=world.now())
    return person


def standing(world, person, hr):
    person.refresh_from_db()
    return (
        person.state,
        sorted(Credential.objects.filter(person=person).values_list("state", flat=True)),
        sorted(PlannedShift.objects.filter(person=person).values_list("date", flat=True)),
        terms(world, person, hr),
        list(Permit.objects.values_list("ends", flat=True)),
        looks.facts(person, hr.authority).file,
        departments.facts_of(departments.departments(world.site)),
    )


def test_on_the_last_day_everything_still_works_and_after_it_nothing(world, hr, today, leaver):
    last = today + 2 * DAY
    row = changes.leave(leaver, last, by=hr, at=world.now())
    assert leaver.plan.filter(date__gt=last).count() == 0
    assert terms(world, leaver, hr)[0][2] == last + DAY  # a final pay run takes whose contract ends in the month
    assert looks.facts(leaver, hr.authority).file.ends == last
    assert changes.come_into_force(world.site, at=midnight_after(last - DAY)) == 0
    assert (leaver.state, set(Credential.objects.values_list("state", flat=True))) == ("active", {"active"})
    assert changes.come_into_force(world.site, at=midnight_after(last)) == 1
    leaver.refresh_from_db()
    row.refresh_from_db()
    assert (leaver.state, row.state) == ("left", "done")
    assert set(Credential.objects.values_list("state", "cell")) == {("dead", None)}
    assert add_card(leaver, "04BB", by=SETUP, at=world.now()) == NotEnrolled("left")
    assert list(Permit.objects.values_list("ends", "renews")) == [(last + DAY, False)]
    assert departments.chart(world.site).approvers(str(leaver.pk), last + DAY) == ()
    chart = departments.chart(world.site)
    other = Person.objects.exclude(pk=leaver.pk).get()
    assert [one.person for one in chart.approvers(str(other.pk), last)] == [str(leaver.pk)]
    assert chart.approvers(str(other.pk), last + DAY) == ()


def test_the_job_has_the_name_staff_and_runs_at_midnight(world, hr, today, leaver):
    jobs.run_due(world.now())
    changes.leave(leaver, today, by=hr, at=world.now())
    jobs.run_due(midnight_after(today))
    leaver.refresh_from_db()
    assert leaver.state == "left"
    assert audit.entries_about("person", leaver.pk)  # by alias of the date


def test_a_leave_that_is_undone_leaves_no_trace_in_what_holds(world, hr, today, leaver):
    before = standing(world, leaver, hr)
    row = changes.leave(leaver, today + DAY, by=hr, at=world.now())
    assert standing(world, leaver, hr) != before
    assert changes.undo(row, by=hr, at=world.now()) is None
    assert standing(world, leaver, hr) == before
    assert changes.come_into_force(world.site, at=midnight_after(today + DAY)) == 0


def test_what_somebody_said_of_pay_meanwhile_stays_when_a_leave_is_undone(world, hr, today, leaver):
    row = changes.leave(leaver, today + DAY, by=hr, at=world.now())
    joining.set_terms(leaver, TermWish("hour", 5_000, "CNY"), today, by=hr, at=world.now())
    changes.undo(row, by=hr, at=world.now())
    assert terms(world, leaver, hr)[-1] == (5_000, today, None)


def test_after_the_last_day_there_is_nothing_to_undo(world, hr, today, leaver):
    row = changes.leave(leaver, today, by=hr, at=world.now())
    assert changes.undo(row, by=hr, at=midnight_after(today)) == NotChanged("over")
    row.refresh_from_db()
    assert row.state == "waiting"


def test_whose_ways_in_are_dead_is_not_brought_back_by_undoing(world, hr, today, leaver, monkeypatch):
    row = changes.leave(leaver, today, by=hr, at=world.now())
    with monkeypatch.context() as cut:
        cut.setattr(changes, "_close", _killed)
        with pytest.raises(KeyboardInterrupt):
            changes.leave_now(row, by=hr, at=world.now())
    assert changes.undo(row, by=hr, at=world.now()) == NotChanged("over")
    assert changes.come_into_force(world.site, at=midnight_after(today)) == 1


def test_a_leaver_of_today_can_go_at_once(world, hr, today, leaver):
    row = changes.leave(leaver, today, by=hr, at=world.now())
    assert changes.leave_now(row, by=hr, at=world.now()) is None
    leaver.refresh_from_db()
    assert (leaver.state, set(Credential.objects.values_list("state", flat=True))) == ("left", {"dead"})
    later = world.hire("S-3", "Bo Lund")
    row = changes.leave(later, today + DAY, by=hr, at=world.now())
    assert changes.leave_now(row, by=hr, at=world.now()) == NotChanged("past")


def test_a_last_day_that_is_over_and_somebody_who_left_are_refused(world, hr, today, leaver):
    assert changes.leave(leaver, today - DAY, by=hr, at=world.now()) == NotChanged("past")
    changes.leave_now(changes.leave(leaver, today, by=hr, at=world.now()), by=hr, at=world.now())
    leaver.refresh_from_db()
    assert changes.leave(leaver, today, by=hr, at=world.now()) == NotChanged("left")
    assert changes.move(leaver, today, by=hr, at=world.now()) == NotChanged("left")


@pytest.mark.parametrize("step", ["write_file", "unplan", "set_contract", "staffed"])
def test_a_leave_that_was_cut_off_while_it_was_written_still_comes_into_force(
    world, hr, today, leaver, monkeypatch, step
):
    """The row comes first: with the keeper gone after it, the last day holds all the same, and ends all the rest."""
    of = {"write_file": changes.actions, "unplan": changes.work, "set_contract": changes.pay, "staffed": changes}[step]
    with monkeypatch.context() as cut:
        cut.setattr(of, step, _away)
        with pytest.raises(KeeperAway):
            changes.leave(leaver, today, by=hr, at=world.now())
    assert StaffChange.objects.get().state == "waiting"
    assert changes.come_into_force(world.site, at=midnight_after(today)) == 1
    after = standing(world, leaver, hr)
    assert (after[0], after[1], after[2], after[4]) == ("left", ["dead"], [today], [today + DAY])
    assert (after[3][0][2], after[5].left) == (today + DAY, today)
    assert departments.chart(world.site).department_of(str(leaver.pk), today + DAY) is None


def _away(*_args, **_more):
    raise KeeperAway("away")


@pytest.mark.parametrize("step", ["unplan", "end_permits_of", "_write_file", "_close"])
def test_a_last_day_that_was_killed_in_the_middle_is_ended_the_next_time(world, hr, today, leaver, monkeypatch, step):
    changes.leave(leaver, today, by=hr, at=world.now())
    with monkeypatch.context() as cut:
        cut.setattr(changes.work if step == "unplan" else changes, step, _killed)
        with pytest.raises(KeyboardInterrupt):
            changes.come_into_force(world.site, at=midnight_after(today))
    leaver.refresh_from_db()
    assert (leaver.state, Credential.objects.get().state) == ("left", "dead")  # the ways in go first
    assert changes.come_into_force(world.site, at=midnight_after(today)) == 1
    assert Permit.objects.get().ends == today + DAY


def test_one_that_fails_keeps_nobody_else_back(world, hr, today, leaver, monkeypatch):
    other = world.hire("S-4", "Cy Dunn")
    changes.move(other, today + DAY, terms=TermWish("month", 1, "CNY"), by=hr, at=world.now())
    changes.leave(leaver, today, by=hr, at=world.now())
    monkeypatch.setattr(changes, "set_terms", lambda *_a, **_k: NotChanged("log_full"))
    with pytest.raises(keeping.KeeperRefused):
        changes.come_into_force(world.site, at=midnight_after(today))
    leaver.refresh_from_db()
    assert leaver.state == "left"


def test_what_waits_is_in_no_column(world, hr, today, leaver):
    changes.leave(leaver, today + 3 * DAY, by=hr, at=world.now())
    row = StaffChange.objects.values().get()
    assert (today + 3 * DAY).isoformat().encode() not in bytes(row["cell"])
    assert set(row) == {"id", "person_id", "state", "cell"}


# --- departments ---


def test_who_is_where_is_in_no_column(world, hr, today, leaver, welding):
    welding.refresh_from_db()
    assert str(leaver.pk).encode() not in bytes(welding.cell)


def test_circles_and_departments_with_people_in_them_are_refused(world, hr, leaver, welding, store):
    assert departments.place_department(store, "Store", welding, by=hr, at=world.now()) is None
    assert departments.place_department(welding, "Welding", store, by=hr, at=world.now()) == NotSet("cycle")
    assert departments.place_department(welding, "Welding", welding, by=hr, at=world.now()) == NotSet("cycle")
    welding.refresh_from_db()
    assert departments.drop_department(welding, by=hr, at=world.now()) == NotSet("not_empty")
    store.refresh_from_db()
    assert departments.drop_department(store, by=hr, at=world.now()) is None


def test_two_who_write_at_once_lose_nothing(world, hr, today, welding, monkeypatch):
    ann, ben = world.hire("S-5", "Ann Lee"), world.hire("S-6", "Ben Lee")

    def put_ben():
        joining.put_into(ben, welding, today, by=hr, at=world.now())

    overtake(monkeypatch, departments, "facts_of", put_ben)
    assert joining.put_into(ann, welding, today, by=hr, at=world.now()) is None
    assert [where(world, one, today) for one in (ann, ben)] == [str(welding.pk)] * 2
