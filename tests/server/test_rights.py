"""Lists, pools, bookings and room as the server keeps them, tells edges of them, and prices by them."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.server.test_stays import PLATE, enter
from tests.server.world import SETUP, ZONE

from gatehouse import wire
from gatehouse.domain.money import Money
from gatehouse.domain.periods import local_date, start_of_day
from gatehouse.keeper.protocol import Role
from gatehouse.server import feed
from gatehouse.server.gates.models import GateAlarm
from gatehouse.server.parking import actions, bookings, facts, lists, permits, queries, room
from gatehouse.server.parking.actions import PermitError
from gatehouse.server.parking.bookings import BookingError
from gatehouse.server.parking.lists import Flaw, Wanted
from gatehouse.server.parking.models import (
    ClosedStay,
    FreedBay,
    GarageRoom,
    LaneAct,
    LaneException,
    ListEntry,
    ListKind,
    OpenStay,
    Period,
    Permit,
    PermitPool,
)
from gatehouse.server.parking.room import RoomError
from gatehouse.server.people.models import Vehicle, VehicleState
from gatehouse.server.people.vehicle_actions import register_vehicle

ZONE_INFO = ZoneInfo(ZONE)


def today(world):
    return local_date(world.now(), ZONE_INFO)


def told(world):
    """What the edge fetches: (vehicles by plate, clearances)."""
    changed = feed.changes(world.edge, feed.Known(0, 0), now=world.now())
    vehicles = {}
    for entry in changed.roster.vehicles:
        plate = world.sim.open("vehicle.plate/1", entry.id, entry.plate).decode()
        vehicles.setdefault(plate, []).append(entry)
    return vehicles, changed.clearances, changed.roster


def listed(world, kind, plate=PLATE, **more):
    wanted = Wanted(plate, more.pop("ends", None), more.pop("reason", ""))
    return lists.add_entries(world.site, kind, [wanted], by=SETUP, at=world.now(), **more)[0]


def car(world, plate=PLATE):
    return register_vehicle(world.site, plate, owner=None, by=SETUP, at=world.now())


def came_by(world, vehicle, plate=PLATE, reason="permit", at=None):
    world.tell(world.passage("in", reason=reason, at=at, plate=plate, subject=str(vehicle.pk)))
    found = actions.find_stay(world.garage, plate, address="192.0.2.7")
    assert isinstance(found, OpenStay)
    return found


# --- lists -------------------------------------------------------------------------------------------------------


def test_edges_are_told_who_is_blocked_until_when_and_who_is_welcome_where(world):
    listed(world, ListKind.BLOCKED, ends=date(2199, 1, 2), reason="Unpaid damage")
    listed(world, ListKind.WELCOME, "京B11111", garage=world.garage)
    listed(world, ListKind.EMERGENCY, "京B22222")
    vehicles, _, _ = told(world)
    (blocked,), (welcome,), (emergency,) = vehicles[PLATE], vehicles["京B11111"], vehicles["京B22222"]
    assert (blocked.blocked, blocked.blocked_until) == (True, start_of_day(date(2199, 1, 2), ZONE_INFO))
    assert welcome.welcome[0].gates == {"in", "out"}
    assert emergency.emergency[0].ends is None


def test_an_entry_whose_date_has_come_is_no_longer_told(world):
    listed(world, ListKind.BLOCKED, ends=today(world))
    vehicles, _, _ = told(world)
    assert not vehicles[PLATE][0].blocked


def test_a_lists_rows_hold_no_plate_and_no_reason_and_a_look_is_counted(world):
    entry = listed(world, ListKind.BLOCKED, reason="Unpaid damage")
    row = ListEntry.objects.values().get()
    assert "damage" not in str(row)
    seen = lists.look(entry, world.operator(Role.PARKING).authority)
    assert (seen.plate, seen.reason) == (PLATE, "Unpaid damage")
    assert not isinstance(lists.look(entry, world.operator(Role.AUDITOR).authority), lists.Seen)


def test_an_import_says_what_is_wrong_with_each_row_and_adds_the_rest(world):
    lines = ["plate,until,reason", "京A12345,2199-01-01,Staff", "", "京A12345", ",", "hello there"]
    lines += ["京B1111,2001-01-01", "京C22222,soon", "x,y,z,a"]
    rows = lists.read_rows("\n".join(lines), today(world))
    assert [(row.number, row.flaw) for row in rows] == [
        (2, None),
        (4, Flaw.TWICE),
        (6, Flaw.ODD_PLATE),
        (7, Flaw.PAST),
        (8, Flaw.BAD_DATE),
        (9, Flaw.COLUMNS),
    ]
    assert rows[0].wanted == Wanted("京A12345", date(2199, 1, 2), "Staff")


@pytest.mark.parametrize("text", ["\0", '"', "京A12345\n" * 3000, "," * 99, "京A1234" + "5" * 500, "\ufeff京A12345;;x"])
def test_odd_text_is_no_fault_of_ours(world, text):
    rows = lists.read_rows(text, today(world))
    assert len(rows) <= lists.ROWS_LIMIT + 1


def test_an_import_is_taken_back_whole_and_counts_once(world):
    from uuid import uuid4

    batch = uuid4()
    wanted = [Wanted(f"京A1234{n}") for n in range(5)]
    for _ in range(2):
        lists.add_entries(world.site, ListKind.WELCOME, wanted, batch=batch, by=SETUP, at=world.now())
    assert lists.batches([world.site], ListKind.WELCOME) == [(batch, 5)]
    assert lists.remove_entries(lists.of_batch(batch, [world.site]), by=SETUP, at=world.now()) == 5
    assert set(Vehicle.objects.values_list("state", flat=True)) == {VehicleState.GONE}
    assert told(world)[0] == {}


def test_taking_off_a_list_leaves_a_vehicle_that_has_a_permit(world):
    entry = listed(world, ListKind.BLOCKED)
    actions.add_permit(entry.vehicle, world.garage, starts=today(world), ends=None, by=SETUP, at=world.now())
    lists.remove_entries([entry], by=SETUP, at=world.now())
    assert Vehicle.objects.get().state == VehicleState.ACTIVE


def test_a_blocked_car_that_leaves_is_an_alarm_for_an_operator(world):
    event = wire.GateEvent(id=wire.new_id(world.now()), gate="out", at=world.now(), kind="blocked_leaves")
    for _ in range(2):
        world.tell(event)
    assert [(alarm.kind, alarm.gate) for alarm in GateAlarm.objects.all()] == [("blocked_leaves", "out")]


@pytest.mark.parametrize("reason", ["welcome", "emergency"])
def test_who_leaves_by_such_a_right_owes_nothing_however_they_came_in(world, reason):
    enter(world, hours=3)
    world.tell(world.passage("out", reason=reason, plate=PLATE, direction="out"))
    closed = ClosedStay.objects.get()
    assert (closed.amount_minor, closed.state) == (0, "settled")


# --- permits -----------------------------------------------------------------------------------------------------


def test_a_stay_that_outlasts_its_permit_owes_for_the_time_after_it(world, moved):
    vehicle, day = car(world), today(world)
    permit = actions.add_permit(
        vehicle, world.garage, starts=day, ends=day + timedelta(days=1), by=SETUP, at=world.now()
    )
    stay = came_by(world, vehicle)
    over = start_of_day(permit.ends, ZONE_INFO)
    assert not facts.quote(stay, over).due
    assert facts.quote(stay, over + timedelta(minutes=61)).due == Money(1000, "CNY")
    permits.set_terms(permit, period=Period.MONTH, renews=False, grace_days=2, by=SETUP, at=world.now())
    assert not facts.quote(stay, over + timedelta(days=2)).due
    assert facts.quote(stay, over + timedelta(days=2, minutes=31)).due == Money(500, "CNY")
    permit.refresh_from_db()
    assert permits.renew([permit], by=SETUP, at=world.now()) == 1
    assert not facts.quote(stay, over + timedelta(days=20)).due


def test_a_permit_without_end_and_one_that_was_taken_back_cost_nothing(world):
    vehicle, day = car(world), today(world)
    permit = actions.add_permit(vehicle, world.garage, starts=day, ends=None, by=SETUP, at=world.now())
    stay = came_by(world, vehicle)
    later = world.now() + timedelta(days=9)
    assert not facts.quote(stay, later).due
    actions.end_permit(permit, ends=day, by=SETUP, at=world.now())
    assert not facts.quote(stay, later).due


def test_two_clicks_renew_once_and_a_job_renews_until_it_is_enough(world):
    vehicle = car(world)
    starts = today(world) - timedelta(days=200)
    permit = actions.add_permit(
        vehicle, world.garage, starts=starts, ends=starts + timedelta(days=30), by=SETUP, at=world.now()
    )
    permits.set_terms(permit, period=Period.MONTH, renews=True, grace_days=0, by=SETUP, at=world.now())
    permit.refresh_from_db()
    assert [permits.renew([permit], by=SETUP, at=world.now()) for _ in range(2)] == [1, 0]
    assert permits.renew_by_themselves(world.site, at=world.now()) >= 2
    assert permits.renew_by_themselves(world.site, at=world.now()) == 0
    assert Permit.objects.get().ends > today(world) + timedelta(days=1)


def test_a_permit_without_a_period_renews_neither_by_click_nor_by_itself(world):
    permit = actions.add_permit(
        car(world), world.garage, starts=today(world), ends=today(world) + timedelta(days=1), by=SETUP, at=world.now()
    )
    assert permits.renew([permit], by=SETUP, at=world.now()) == 0
    with pytest.raises(PermitError):
        permits.set_terms(permit, period=Period.NONE, renews=True, grace_days=0, by=SETUP, at=world.now())


def a_pool(world, bays=2, **more) -> PermitPool:
    return permits.add_pool(
        world.garage, more.pop("code", "offices"), bays=bays, starts=today(world), ends=None, by=SETUP, at=world.now()
    )


def test_edges_are_told_of_a_pools_bays_and_who_shares_them(world):
    pool = a_pool(world)
    for plate in (PLATE, "京B11111"):
        permits.join_pool(pool, car(world, plate), by=SETUP, at=world.now())
    vehicles, _, _ = told(world)
    for plate in (PLATE, "京B11111"):
        (permit,) = vehicles[plate][0].permits
        assert (permit.pool, permit.bays, permit.once) == (str(pool.pk), 2, False)


def test_a_car_that_came_in_when_its_pool_was_full_pays_as_a_visitor(world):
    pool, vehicle = a_pool(world), car(world)
    permits.join_pool(pool, vehicle, by=SETUP, at=world.now())
    stay = came_by(world, vehicle, reason="pool_full", at=world.ago(minutes=61))
    assert facts.quote(stay, world.now()).due == Money(1000, "CNY")
    assert permits.in_bays(pool) == []


def test_a_bay_that_a_car_left_unseen_is_freed_here_and_at_the_edge(world):
    pool, vehicle = a_pool(world), car(world)
    permits.join_pool(pool, vehicle, by=SETUP, at=world.now())
    came_by(world, vehicle)
    ((stay, held),) = permits.in_bays(pool)
    assert held == vehicle.pk
    assert permits.free_bay(stay, vehicle, by=SETUP, at=world.now())
    assert ClosedStay.objects.get().state == "exit_missed"
    assert not LaneException.objects.exists()
    (freed,) = told(world)[1].freed
    assert world.sim.open("vehicle.plate/1", str(vehicle.pk), freed.plate).decode() == PLATE
    assert not permits.free_bay(stay, vehicle, by=SETUP, at=world.now())
    stored = "".join(str(value) for row in FreedBay.objects.values() for value in row.values())
    assert str(vehicle.pk) not in stored
    cells = b"".join(bytes(row.cell) for row in FreedBay.objects.all())
    assert str(vehicle.pk).encode() not in cells
    assert vehicle.pk.bytes not in cells
    assert [freed for freed, _ in permits.freed_bays(world.site, world.now())] == [vehicle] * 2
    FreedBay.objects.update(on=world.now().date() - permits.FREED_KEPT)
    assert permits.freed_bays(world.site, world.now()) == []


# --- room --------------------------------------------------------------------------------------------------------


def set_room(world, capacity, **more):
    values = {"reopen_free": 1, "overstay_days": 3, "emergency_forms": True} | more
    return room.set_room(world.garage, capacity=capacity, by=SETUP, at=world.now(), **values)


def test_the_last_bay_turns_the_sign_and_edges_are_told_until_one_is_free(world):
    set_room(world, 2)
    enter(world)
    assert told(world)[1].full == []
    enter(world, "京B22222")
    assert room.room(world.garage).full
    assert told(world)[1].full == ["in", "out"]
    world.tell(world.leaves(PLATE))
    assert told(world)[1].full == []


def test_letters_that_come_twice_or_late_do_not_make_a_garage_full(world):
    set_room(world, 2)
    first = world.sim.letter(world.enters(PLATE))
    out = world.sim.letter(world.leaves(PLATE))
    for letters in ([out], [first, out], [first], [out]):
        world.receive(letters)
    assert room.room(world.garage).free == 2


def test_a_count_corrects_what_the_sign_says_and_later_cars_are_counted_on(world):
    set_room(world, 10)
    enter(world)
    assert room.correct(world.garage, 9, by=SETUP, at=world.now()) == 8
    enter(world, "京B22222")
    assert (room.room(world.garage).inside, room.room(world.garage).full) == (10, True)
    assert room.correct(world.garage, 1, by=SETUP, at=world.now()) == -9
    assert (room.room(world.garage).inside, room.room(world.garage).full) == (1, False)


def test_stays_that_were_closed_as_left_unseen_are_not_taken_off_twice(world):
    from gatehouse.server.parking.stays import close_unseen

    set_room(world, 10)
    stays = [enter(world, plate) for plate in (PLATE, "京B22222", "京B33333")]
    room.correct(world.garage, 1, by=SETUP, at=world.now())
    operator = world.operator(Role.PARKING)
    assert close_unseen([queries.open_stay(one.pk) for one in stays[:2]], by=operator, at=world.now()) == 2
    acts = [(act.operator, act.act, act.garage) for act in LaneAct.objects.all()]
    assert acts == [(operator.actor, "left_unseen", world.garage)] * 2  # an owner sees who closes stays without money
    assert room.room(world.garage).inside == 1
    assert GarageRoom.objects.get().correction == 0
    assert close_unseen(stays[:2], by=SETUP, at=world.now()) == 0


def test_a_car_that_a_count_took_off_is_counted_when_it_comes_in_again(world):
    set_room(world, 10)
    enter(world)
    room.correct(world.garage, 0, by=SETUP, at=world.now())
    world.clock.advance(timedelta(hours=3))
    enter(world)
    assert room.room(world.garage).inside == 1
    assert GarageRoom.objects.get().correction == 0


@pytest.mark.parametrize("more", [{"capacity": 0}, {"reopen_free": 0}, {"overstay_days": 0}, {"capacity": 10**9}])
def test_room_that_cannot_be_is_refused(world, more):
    values = {"capacity": 10, "reopen_free": 1, "overstay_days": 3, "emergency_forms": True} | more
    with pytest.raises(RoomError):
        room.set_room(world.garage, by=SETUP, at=world.now(), **values)
    with pytest.raises(RoomError):
        room.correct(world.garage, -1, by=SETUP, at=world.now())


def test_lanes_go_by_emergency_plates_unless_the_garage_says_no(world):
    assert told(world)[2].emergency == ["in", "out"]
    set_room(world, None, emergency_forms=False)
    assert told(world)[2].emergency == []


# --- bookings ----------------------------------------------------------------------------------------------------


def booked(world, plate=PLATE, hours=4, starts=None, **more):
    starts = starts or world.now()
    return bookings.book(
        world.garage, plate, starts=starts, ends=starts + timedelta(hours=hours), prepaid=Money(2000, "CNY"),
        by=SETUP, at=world.now(), **more,
    )  # fmt: skip


def test_edges_are_told_of_a_booking_that_serves_once_and_a_little_early(world):
    booking = booked(world, tolerance_min=15)
    (right,) = told(world)[0][PLATE][0].permits
    assert (right.pool, right.bays, right.once) == (str(booking.pk), 1, True)
    assert right.starts == booking.starts - timedelta(minutes=15)
    assert bookings.cancel(booking, by=SETUP, at=world.now())
    assert not bookings.cancel(booking, by=SETUP, at=world.now())
    assert told(world)[0] == {}


def test_a_booked_stay_owes_only_for_the_time_after_its_end(world):
    booking = booked(world)
    stay = came_by(world, booking.vehicle, reason="booking")
    assert not facts.quote(stay, booking.ends).due
    assert facts.quote(stay, booking.ends + timedelta(minutes=61)).due == Money(1000, "CNY")
    bookings.cancel(booking, by=SETUP, at=world.now())
    assert facts.quote(stay, booking.ends + timedelta(minutes=61)).due == Money(1000, "CNY")


def test_a_booking_is_used_when_its_stay_is_over_and_a_letter_again_changes_nothing(world):
    booking = booked(world)
    came_by(world, booking.vehicle, reason="booking")
    out = world.sim.letter(world.passage("out", reason="booking", plate=PLATE, direction="out"))
    for _ in range(2):
        world.receive([out])
    booking.refresh_from_db()
    assert booking.state == "used"
    assert ClosedStay.objects.get().amount_minor == 0


def test_who_did_not_come_is_noted_a_day_later_and_who_is_inside_is_not(world):
    kept = booked(world, "京B22222")
    missed = booked(world)
    came_by(world, kept.vehicle, "京B22222", reason="booking")
    later = missed.ends + timedelta(days=1)
    assert bookings.note_no_shows(world.site, at=missed.ends) == 0
    assert bookings.note_no_shows(world.site, at=later) == 1
    assert bookings.note_no_shows(world.site, at=later) == 0
    missed.refresh_from_db()
    kept.refresh_from_db()
    assert (missed.state, kept.state) == ("no_show", "expected")


@pytest.mark.parametrize("hours", [0, -1, 24 * 400])
def test_a_booking_that_cannot_be_is_refused(world, hours):
    with pytest.raises(BookingError):
        booked(world, hours=hours)
    with pytest.raises(BookingError):
        booked(world, plate="--")
    with pytest.raises(BookingError):
        booked(world, tolerance_min=99999)
