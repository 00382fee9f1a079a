"""A night's count and a pay run, killed with SIGKILL at several moments: whoever goes on comes to what they would have
come to undisturbed."""

import signal
import subprocess
import sys
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from tests.server.conftest import committed_world, keeper
from tests.server.pay_world import PayWorld, absent, worked
from tests.server.world import SETUP, ZONE

from gatehouse.domain.pay_facts import Month
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import jobs, keeping
from gatehouse.server.attendance import looks, queries
from gatehouse.server.attendance.actions import add_pattern, plan
from gatehouse.server.attendance.models import AnswerBook, Workday, Worklist
from gatehouse.server.attendance.worklist_looks import listed
from gatehouse.server.audit import queries as due
from gatehouse.server.audit.actions import set_due
from gatehouse.server.payroll import run_queries, runs

__all__ = ["committed_world", "keeper"]

CN = ZoneInfo(ZONE)
DAY = timedelta(days=1)
PEOPLE = 8  # three portions of at most three
SHIFT = {"start": "09:00:00", "end": "18:00:00", "break_min": 60, "break_over_min": 360, "overtime_from_min": 15}


@pytest.fixture
def killed(committed_world, clock):
    """A process that does what is due and dies at the keeper's seal of this number."""
    if connection.vendor != "sqlite":
        pytest.skip("the process takes the test's database by its file")

    def work(last: int) -> None:
        command = [sys.executable, "-m", "tests.server.killed_work", str(committed_world.home)]
        command += [str(connection.settings_dict["NAME"]), str(clock.file), str(last)]
        found = subprocess.run(command, check=False, capture_output=True, text=True)
        assert found.returncode == -signal.SIGKILL, found.stdout + found.stderr

    return work


class Night:
    """A date of eight people, each with other times, and the job that counts it."""

    def __init__(self, world, clock) -> None:
        self.world, self.site, self.clock = world, world.site, clock
        self.day = world.now().astimezone(CN).date() + DAY
        clock.advance_to(self.at(1))
        jobs.run_due(world.now())
        pattern = add_pattern(self.site, "day", "Day", SHIFT, by=SETUP, at=world.now())
        self.people = [world.hire(f"S-{n}", f"Person {n}") for n in range(PEOPLE)]
        for n, person in enumerate(self.people):
            plan(person, pattern, [self.day], by=SETUP, at=world.now())
            came = world.passage(subject=str(person.pk), at=self.at(9, 7 * n), direction="in")
            left = world.passage(subject=str(person.pk), at=self.at(18, 7 * n), direction="out")
            world.tell(*([came, left] if n % 4 else [came]))
        self.due_at = due.due_at("workdays", str(self.site.pk)) + DAY  # the night after the date
        clock.advance_to(datetime.combine(self.day + DAY, time(4, 40), CN))
        self.hr = world.operator(Role.HR)

    def at(self, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(self.day, time(hour, minute), CN)

    def not_yet(self) -> None:
        """As before the night."""
        for model in (Workday, AnswerBook, Worklist):
            model.objects.all().delete()
        set_due("workdays", str(self.site.pk), self.due_at)

    def counted(self):
        """By person and date, and what waits of whom."""
        rows = list(queries.workdays(self.people, self.day - DAY, self.day + DAY))
        found = looks.workdays(rows, self.hr.authority, "month")
        waits = listed(Worklist.objects.filter(site=self.site).order_by("month"), self.hr.authority, "worklist")
        assert not isinstance(found, Refused)
        assert not isinstance(waits, Refused)
        return found, [one for some in waits.values() for one in some]


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_a_night_that_was_killed_is_counted_as_if_nothing_had_been(committed_world, clock, killed):
    night = Night(committed_world, clock)
    night.not_yet()
    jobs.run_due(night.world.now())
    whole = night.counted()
    assert sum(len(days) for days in whole[0].values()) == PEOPLE
    assert len(whole[1]) > PEOPLE // 2  # most are late, and two have no punch out
    for last, written in ((1, 0), (2, 3), (5, PEOPLE), (8, PEOPLE + 3)):
        night.not_yet()
        killed(last)  # of one date, of its list, of the next date
        assert Workday.objects.count() >= written
        assert due.due_at("workdays", str(night.site.pk)) == night.due_at
        jobs.run_due(night.world.now())
        assert night.counted() == whole
        assert due.due_at("workdays", str(night.site.pk)) > night.world.now()


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_a_pay_run_that_was_killed_pays_as_if_nothing_had_been(committed_world, clock, killed):
    office, month = PayWorld(committed_world), Month(2026, 3)
    for n in range(PEOPLE):
        person = office.hire(f"S-{n}", f"{9000 + 777 * n}.00")
        on = month.first + DAY * (n + 1)
        office.full(person, month, but=(worked(on, ot=30 * n),) if n % 2 else (absent(on),))
    run = office.open(month)

    def outcome():
        """Every result, and the sums."""
        run.refresh_from_db()
        assert run.summary_cell is not None
        cell = keeping.cell("payrun.summary/1", run.pk, run.summary_cell)
        return office.results(run), keeping.reveal([cell], office.clerk.authority, "payrun")

    def go_on():
        for _ in range(2):
            clock.advance(timedelta(seconds=2))
            jobs.run_due(office.at)

    go_on()
    whole = outcome()
    assert len(whole[0]) == PEOPLE
    for last, reckoned in ((1, 0), (2, 3), (3, 6), (4, PEOPLE)):
        assert runs.reckon_anew(run, by=office.clerk, at=office.at) is None
        clock.advance(timedelta(seconds=2))
        killed(last)
        assert run_queries.progress(run) == (reckoned, PEOPLE)
        run.refresh_from_db()
        assert run.summary_cell is None
        go_on()
        assert outcome() == whole
