"""Nightly retention: what is due goes with its keys, the rest stays, and a late letter changes nothing."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from tests.server.world import SETUP, ZONE

from gatehouse.domain.periods import local_date
from gatehouse.domain.retention import Kept, Retention
from gatehouse.keeper.protocol import Cell, Role
from gatehouse.server.attendance.models import Punch
from gatehouse.server.gates.models import Attempt, Passage, Quarantine
from gatehouse.server.jobs import SITE_JOBS
from gatehouse.server.rights import queries
from gatehouse.server.rights.models import Destruction
from gatehouse.server.rights.retention import destroy_due, set_retention


def told(world, **ago):
    """A stranger, a car and somebody known, so long ago."""
    at = world.ago(**ago)
    person = world.hire(f"S-{at:%m%d%H%M%S}", "Lin Moss")
    bodies = [
        world.attempt(granted=False, reason="unknown_face", at=at),
        world.enters(f"京A{at:%d%H%M}", at),
        world.passage(at=at, subject=str(person.pk)),
    ]
    world.tell(*bodies)
    return bodies


def kept(world, **days):
    set_retention(world.site, Retention(**days), by=SETUP, at=world.now())


def test_strangers_go_first_and_people_who_are_known_with_their_day(world, moved) -> None:
    kept(world, others=7, staff=45)
    old, new = told(world, days=9), told(world, days=6)
    done = destroy_due(world.site, at=world.now())
    assert [(one.kept, one.rows) for one in done] == [(Kept.OTHERS, 2)]
    assert done[0].keys > 0
    assert done[0].place is not None
    left = {str(pk) for model in (Attempt, Passage) for pk in model.objects.values_list("pk", flat=True)}
    assert left == {old[2].id, *(one.id for one in new)}
    moved(timedelta(days=50))
    done = destroy_due(world.site, at=world.now())
    assert {one.kept for one in done} == {Kept.OTHERS, Kept.STAFF}
    assert not Attempt.objects.exists()
    assert not Passage.objects.exists()
    assert not Punch.objects.exists()


def test_what_was_copied_before_is_unreadable_afterwards(world) -> None:
    kept(world, others=7, staff=45)
    told(world, days=9)
    row = Attempt.objects.get()
    copied = Cell("attempt.facts/1", str(row.pk), bytes(row.cell))
    by = world.operator(Role.OWNER)
    assert world.keeper.reveal([copied], by.authority, "x") != [None]
    destroy_due(world.site, at=world.now())
    assert world.keeper.reveal([copied], by.authority, "x") == [None]


def test_a_late_letter_about_a_destroyed_day_leaves_no_row_and_no_letter(world) -> None:
    kept(world, others=7, staff=45)
    late = world.sim.letter(world.attempt(granted=False, reason="unknown_face", at=world.ago(days=9)))
    destroy_due(world.site, at=world.now())
    world.receive([late])
    assert not Attempt.objects.exists()
    assert [one.code for one in Quarantine.objects.all()] == ["day_destroyed"]
    destroy_due(world.site, at=world.now())
    assert not Quarantine.objects.exists()


def test_a_second_run_of_the_same_night_does_nothing(world) -> None:
    kept(world, others=7, staff=45)
    told(world, days=9)
    assert destroy_due(world.site, at=world.now())
    count = Destruction.objects.count()
    assert destroy_due(world.site, at=world.now()) == []
    assert Destruction.objects.count() == count


def test_another_sites_days_stay(world) -> None:
    from gatehouse.server.people.actions import add_site
    from gatehouse.server.people.models import SiteType

    kept(world, others=7, staff=45)
    told(world, days=9)
    other = add_site("far", "Farside", SiteType.WORKPLACE, zone=ZONE, currency="CNY", by=SETUP, at=world.now())
    destroy_due(other, at=world.now())
    assert Attempt.objects.count() == 1


def test_the_line_in_the_keepers_log_is_the_one_that_is_named(world) -> None:
    from gatehouse.keeper.certificate import check_proof

    told(world, days=31)
    (done,) = destroy_due(world.site, at=world.now())
    auditor = world.operator(Role.AUDITOR).authority.ticket
    _, entry = check_proof(world.keeper.prove(done.place, auditor))
    before = local_date(world.now(), ZoneInfo(ZONE)) - timedelta(days=30)
    assert (entry.kind, entry.actor) == ("tombstone", "job:retention")
    assert entry.purpose == f"days.others:{world.site.pk}:{before}:{done.keys}"


def test_a_site_without_numbers_of_its_own_keeps_the_defaults(world) -> None:
    assert queries.retention_of(world.site) == Retention()
    kept(world, others=10, staff=60, work=5, books=12)
    assert queries.retention_of(world.site) == Retention(10, 60, 5, 12)


def test_it_runs_every_night_at_every_site() -> None:
    assert "retention" in {job.name for job in SITE_JOBS}


def test_the_day_that_is_just_old_enough_stays(world) -> None:
    kept(world, others=7, staff=45)
    told(world, days=7)
    destroy_due(world.site, at=world.now())
    assert Passage.objects.count() == 2
    assert Attempt.objects.count() == 1
