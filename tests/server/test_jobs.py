"""What a look at the due jobs costs, for one site and for many."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.server.world import SETUP, ZONE

from gatehouse.server import jobs
from gatehouse.server.audit import queries as due
from gatehouse.server.people.actions import add_site
from gatehouse.server.people.models import SiteType


def look(now) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        jobs.run_due(now)
    return [one["sql"] for one in caught.captured_queries]


def test_a_server_with_nothing_to_do_writes_nothing(world):
    now = world.now()
    jobs.run_due(now)
    assert not [sql for sql in look(now) if not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE"))]


def test_a_look_costs_no_more_for_more_sites(world):
    now = world.now()
    jobs.run_due(now)
    of_one = len(look(now))
    for number in range(20):
        add_site(f"s-{number}", f"Site {number}", SiteType.GARAGE, zone=ZONE, currency="CNY", by=SETUP, at=now)
    jobs.run_due(now)
    assert len(look(now)) == of_one


def test_a_site_that_is_added_while_the_server_runs_has_its_jobs_at_the_next_look(world):
    now = world.now()
    jobs.run_due(now)
    made = add_site("late", "Late", SiteType.GARAGE, zone=ZONE, currency="CNY", by=SETUP, at=now)
    jobs.run_due(now)
    assert all(due.due_at(job.name, str(made.pk)) > now for job in jobs.SITE_JOBS)


def test_a_start_runs_what_is_frequent_at_once(world):
    now = world.now()
    jobs.run_due(now)
    frequent = [job for job in jobs.SERVER_JOBS if job.is_frequent]
    assert jobs.run_due(now) == 0
    jobs.forget()
    assert jobs.run_due(now) == len(frequent)
