"""Somebody holds copies of the store and looks for what its rows tell besides their values: order, time, neighbours."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from tests.server.conftest import keeper  # noqa: F401  these tests need the keeper of the server's tests
from tests.server.world import ZONE, World

from gatehouse.clock import ShiftedClock
from gatehouse.domain.periods import Period, local_date
from gatehouse.keeper.client import Client
from gatehouse.keeper.protocol import Role
from gatehouse.server import jobs
from gatehouse.server.accounts.signed_in import SignedIn
from gatehouse.server.attendance.actions import add_note
from gatehouse.server.attendance.models import NoteState
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.audit import queries
from gatehouse.server.audit.by import By
from gatehouse.server.audit.models import DueJob, Entry
from gatehouse.server.databases import fold
from gatehouse.server.parking.models import ClosedStay, OpenStay, Payment
from gatehouse.server.parking.payments import start_payment
from gatehouse.server.parking.stays import retoken_stays
from gatehouse.server.parking.times import cut_payment_times
from gatehouse.server.people.credential_actions import set_pin

PLATES = [f"京A{number:05d}" for number in range(100, 112)]


@pytest.fixture
def world(keeper: Client, keeper_home: Path, clock: ShiftedClock, db: None) -> World:  # noqa: F811
    return World(keeper_home, keeper, clock)


def as_they_lie(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in cursor.description]
        return [str(UUID(str(row[0]))) for row in cursor.fetchall() if names[0] in {"id", "stay", "stay_id"}]


def test_the_order_of_finished_stays_does_not_tell_which_car_left_when(world: World) -> None:
    """Otherwise the price of the third car out, taken off the time of the third passage out, says when it came in."""
    world.tell(*(world.enters(plate, world.ago(hours=3)) for plate in PLATES))
    inside = {bytes(stay.token): str(stay.pk) for stay in OpenStay.objects.all()}
    assert len(inside) == len(PLATES)
    for minutes, plate in enumerate(PLATES):
        world.tell(world.leaves(plate, world.ago(minutes=60 - minutes)))
    assert ClosedStay.objects.count() == len(PLATES)
    if connection.vendor == "sqlite":  # on PostgreSQL they lie as written: docs/threat-model.md
        assert as_they_lie("parking_closedstay") == sorted(inside.values())


@pytest.mark.parametrize(
    "table",
    ["people_person", "people_consent", "people_credential", "people_vehicle", "people_membership",
     "attendance_worknote", "attendance_workday", "payroll_contract", "payroll_payslip", "parking_openstay",
     "parking_exitclearance",
     "parking_closedstay", "parking_spentkey", "parking_permit", "parking_payment", "gates_expectation"],
)  # fmt: skip
def test_rows_that_tell_no_time_have_no_number_that_counts_up(table: str, db: None) -> None:
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table])
        assert cursor.fetchone()[0].endswith("WITHOUT ROWID")


def test_an_entry_about_a_person_does_not_name_the_person_beside_its_time(world: World) -> None:
    person, other = world.hire(), world.hire("S-2", "Ada Reed")
    set_pin(person, "482913", by=By.job("setup"), at=world.now())
    told = " ".join(f"{row.actor} {row.object_id}" for row in Entry.objects.all())
    assert (str(person.pk) in told, person.pk.hex in told) == (False, False)
    verbs = [entry.verb for entry in queries.entries_about("person", person.pk)]
    assert verbs == ["credential.added", "person.hired"]
    assert [entry.verb for entry in queries.entries_about("person", other.pk)] == ["person.hired"]
    assert queries.first_broken_entry() is None


def test_entries_about_one_person_on_two_dates_are_not_seen_to_be_about_one(world: World) -> None:
    person = world.hire()
    set_pin(person, "482913", by=By.job("setup"), at=world.now())
    set_pin(person, "482914", by=By.job("setup"), at=world.now() + timedelta(days=1))
    hired, today, tomorrow = Entry.objects.filter(object_type="person").order_by("pk")
    assert hired.object_id == today.object_id != tomorrow.object_id
    assert len(queries.entries_about("person", person.pk)) == 3


def test_what_a_worker_asks_for_is_not_signed_with_the_workers_id(world: World) -> None:
    """Somebody who asks for a correction at 18:02 has perhaps just gone out, at 18:01."""
    person = world.hire()
    code = world.keeper.invite(
        str(person.pk), Role.WORKER, world.operator(Role.OWNER).authority, subject=str(person.pk)
    )
    entered = world.keeper.sign_in(code)
    who = SignedIn(entered.ticket, entered.token, None)
    leave = LeaveNote(date=world.now().date(), part="whole", reason="unwell")
    add_note(person, leave, state=NoteState.ASKED, by=who.by, at=world.now())
    entry = queries.latest_entries(1)[0]
    assert entry.actor.startswith("~")
    assert str(person.pk) not in (entry.actor, entry.object_id)


def test_the_minute_of_a_payment_is_gone_when_its_date_is_over(world: World) -> None:
    """Taken off it, the price of a stay would say when the car came in, on another date perhaps."""
    zone = ZoneInfo(ZONE)
    paid_at = Period.local_day(local_date(world.now(), zone), zone).end - timedelta(hours=5)
    world.tell(world.enters(PLATES[0], world.ago(hours=3)))
    stay = OpenStay.objects.get()
    payment, _ = start_payment(stay, "test", world.now())
    Payment.objects.update(at=paid_at, state="settled")
    told = {row.object_id for row in Entry.objects.filter(object_type="payment")}
    assert len(told) == 1
    assert str(payment.pk) not in told
    cut_payment_times(world.site, local_date(paid_at, zone), paid_at + timedelta(hours=4))
    assert Payment.objects.get().at == paid_at
    with transaction.atomic():
        assert retoken_stays(world.site, paid_at + timedelta(hours=5), by=By.job("retoken"))
    assert Payment.objects.get().at == Period.local_day(local_date(paid_at, zone), zone).start


@pytest.mark.django_db(transaction=True)
def test_the_write_ahead_log_keeps_no_older_pages(clock: ShiftedClock) -> None:
    """Before a site's date changed they hold yesterday's tokens beside the ids that open stays still have."""
    if connection.vendor != "sqlite":
        return
    DueJob.objects.create(name="a row", due_at=clock.now())
    DueJob.objects.all().delete()
    log = Path(f"{connection.settings_dict['NAME']}-wal")
    assert log.stat().st_size > 0
    fold()
    assert log.stat().st_size == 0
    assert fold in [job.run for job in jobs.SERVER_JOBS]
