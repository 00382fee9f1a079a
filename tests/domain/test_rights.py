"""Bays that are shared, lists, bookings, emergency vehicles, full garages, permits that end while a car is inside."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.test_access import ENTRY, EXIT, NOW, plate

from gatehouse.domain.access import decide
from gatehouse.domain.bays import Bays
from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.parking import StayFact, price
from gatehouse.domain.permits import free_until, next_end
from gatehouse.domain.plates import is_emergency
from gatehouse.domain.policy import Clearance, Permit, Policy, Subject
from gatehouse.domain.room import is_full
from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.domain.vehicles import shared_right

OPEN = replace(ENTRY, admits_unknown=True)
BOTH = frozenset({"entry", "exit"})
DAY = timedelta(days=1)
TARIFF = tariff_from_dict(
    {
        "name": "city",
        "zone": "Asia/Shanghai",
        "currency": "CNY",
        "versions": [{"grace_min": 30, "blocks": {"length_min": 60, "rules": [{"code": "hour", "price": 500}]}}],
    }
)


def right(own="p1", **more):
    return Permit(own, BOTH, NOW - DAY, NOW + DAY, **more)


def site(*permits, **more):
    of = Subject("car", permits=permits, **{k: more.pop(k) for k in list(more) if k in Subject.__slots__})
    return Policy("Asia/Shanghai", subjects={"car": of}, countries=("CN",), **more)


SHARED = site(right(pool="pool", bays=2))


def test_a_pools_car_comes_in_while_a_bay_is_left_and_then_as_a_visitor_who_is_told_why():
    assert decide(plate(subject="car"), OPEN, SHARED, NOW, Bays({"pool": 1})) == Grant(Reason.PERMIT, "p1")
    assert decide(plate(subject="car"), OPEN, SHARED, NOW, Bays({"pool": 2})) == Grant(Reason.POOL_FULL, "p1")
    assert decide(plate(subject="car"), ENTRY, SHARED, NOW, Bays({"pool": 2})) == Refusal(Reason.POOL_FULL, "p1")


def test_a_car_that_holds_a_bay_needs_no_second():
    held = Bays({"pool": 2}, frozenset({"pool"}))
    assert decide(plate(subject="car"), OPEN, SHARED, NOW, held) == Grant(Reason.PERMIT, "p1")


def test_who_came_in_as_a_visitor_pays_at_the_exit_though_its_pool_has_room_by_then():
    assert decide(plate(subject="car"), EXIT, SHARED, NOW, Bays({"pool": 0})) == Refusal(Reason.UNPAID)
    held = Bays({"pool": 1}, frozenset({"pool"}))
    assert decide(plate(subject="car"), EXIT, SHARED, NOW, held) == Grant(Reason.PERMIT, "p1")


def test_a_permit_of_its_own_is_used_before_a_shared_one():
    both = site(right("shared", pool="pool", bays=1), right("own"))
    assert decide(plate(subject="car"), OPEN, both, NOW, Bays()) == Grant(Reason.PERMIT, "own")
    assert shared_right(both.subjects["car"], Grant(Reason.PERMIT, "own")) is None
    assert shared_right(both.subjects["car"], Grant(Reason.PERMIT, "shared")).pool == "pool"


def test_a_booking_serves_once_and_not_after_its_end():
    booked = site(right("b", pool="b", once=True))
    assert decide(plate(subject="car"), OPEN, booked, NOW, Bays()) == Grant(Reason.BOOKING, "b")
    used = Bays(used=frozenset({"b"}))
    assert decide(plate(subject="car"), OPEN, booked, NOW, used) == Grant(Reason.VISITOR)
    held = Bays({"b": 1}, frozenset({"b"}))
    assert decide(plate(subject="car"), EXIT, booked, NOW, held) == Grant(Reason.BOOKING, "b")
    later = NOW + 2 * DAY
    assert decide(plate(subject="car", at=later), EXIT, booked, later, held) == Refusal(Reason.UNPAID)


def test_a_full_garage_lets_in_permits_bookings_and_welcome_cars_and_no_visitor():
    full = frozenset({"entry"})
    assert decide(plate(), OPEN, site(full=full), NOW) == Refusal(Reason.FULL)
    assert decide(plate(subject="car"), OPEN, site(right(), full=full), NOW).reason is Reason.PERMIT
    assert decide(plate(subject="car"), OPEN, site(right(once=True, pool="b"), full=full), NOW).reason is Reason.BOOKING
    assert decide(plate(subject="car"), OPEN, site(welcome=(right("w"),), full=full), NOW).reason is Reason.WELCOME
    crowded = decide(plate(subject="car"), OPEN, replace(SHARED, full=full), NOW, Bays({"pool": 2}))
    assert crowded == Refusal(Reason.FULL)


def test_a_full_garage_holds_nobody_in():
    cleared = {"京A12345": Clearance("s", "京A12345", NOW + DAY)}
    policy = site(full=frozenset({"entry", "exit"}), clearances=cleared)
    assert decide(plate(), EXIT, policy, NOW) == Grant(Reason.CLEARED, "s")


def test_a_welcome_car_goes_in_and_out_free_until_its_date():
    policy = site(welcome=(right("w"),))
    for gate in (ENTRY, EXIT):
        assert decide(plate(subject="car"), gate, policy, NOW) == Grant(Reason.WELCOME, "w")
    later = NOW + DAY
    assert decide(plate(subject="car", at=later), EXIT, policy, later) == Refusal(Reason.UNPAID)


def test_a_block_ends_by_itself_and_never_locks_in():
    policy = site(right(), blocked=True, blocked_until=NOW + DAY)
    assert decide(plate(subject="car"), OPEN, policy, NOW) == Refusal(Reason.BLOCKED, "car")
    assert decide(plate(subject="car"), EXIT, policy, NOW) == Refusal(Reason.UNPAID)
    permit = replace(policy, subjects={"car": replace(policy.subjects["car"], permits=(Permit("p", BOTH, NOW, None),))})
    later = NOW + DAY
    assert decide(plate(subject="car", at=later), OPEN, permit, later) == Grant(Reason.PERMIT, "p")


@pytest.mark.parametrize("text", ["京A1234应急", "WJ京12345", "WJ京1234X", "京A1234警"])
def test_chinas_rescue_and_police_plates_say_so_by_their_form(text):
    assert is_emergency(text, ["CN"])
    assert not is_emergency(text, ["EU"])


@pytest.mark.parametrize("text", ["京A12345", "京AD12345", "京A1234学", "WJ12345", "B MW 1234", ""])
def test_no_other_plate_does(text):
    assert not is_emergency(text, ["CN"])


@given(
    mode=st.sampled_from(["controlled", "closed", "open", "odd"]),
    outward=st.booleans(),
    blocked=st.booleans(),
    full=st.booleans(),
    listed=st.booleans(),
)
def test_an_emergency_vehicle_is_never_refused(mode, outward, blocked, full, listed):
    gate = replace(EXIT if outward else ENTRY, mode=mode)
    subject = Subject("car", blocked=blocked, emergency=(right("e"),) if listed else ())
    policy = Policy(
        "Asia/Shanghai",
        subjects={"car": subject},
        countries=("CN",),
        emergency=frozenset() if listed else BOTH,
        full=BOTH if full else frozenset(),
    )
    sighting = plate("京A12345" if listed else "京A1234应急", subject="car" if listed else None)
    assert decide(sighting, gate, policy, NOW).reason is Reason.EMERGENCY


def test_where_lanes_do_not_go_by_plates_forms_such_a_plate_is_as_any():
    assert decide(plate("京A1234应急"), ENTRY, site(), NOW) == Refusal(Reason.UNKNOWN_PLATE)


# --- room --------------------------------------------------------------------------------------------------------


def test_the_sign_turns_at_the_last_bay_and_back_only_when_some_are_free():
    said, full = [], False
    for inside in (8, 9, 10, 9, 10, 9, 8, 9, 10):
        full = is_full(inside, 10, 2, full)
        said.append(full)
    assert said == [False, False, True, True, True, True, False, False, True]


@given(st.integers(-5, 30), st.integers(1, 20), st.integers(1, 40), st.booleans())
def test_a_full_garage_is_never_open_and_an_empty_one_never_full(inside, capacity, reopen, was):
    assert is_full(max(inside, capacity), capacity, reopen, was)
    assert not is_full(0, capacity, reopen, was)
    assert not is_full(inside, None, reopen, was)


# --- permits through time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "ends", "period", "then"),
    [
        ((2026, 1, 1), (2026, 2, 1), "month", (2026, 3, 1)),
        ((2026, 1, 31), (2026, 2, 28), "month", (2026, 3, 31)),
        ((2024, 1, 31), (2024, 1, 31), "month", (2024, 2, 29)),
        ((2026, 11, 15), (2026, 12, 15), "month", (2027, 1, 15)),
        ((2026, 10, 1), (2026, 11, 1), "season", (2027, 2, 1)),
        ((2024, 2, 29), (2025, 2, 28), "year", (2026, 2, 28)),
    ],
)
def test_a_renewal_ends_on_the_day_of_the_month_on_which_the_permit_starts(starts, ends, period, then):
    assert next_end(date(*starts), date(*ends), period) == date(*then)


def hours(*span):
    return tuple(NOW + timedelta(hours=hour) if hour is not None else None for hour in span)


@pytest.mark.parametrize(
    ("spans", "until"),
    [
        ([(-5, 5)], 5),
        ([(-5, None)], None),
        ([(-5, 3), (3, 8)], 8),  # renewed without a gap
        ([(4, 9), (-5, 4), (2, 3)], 9),
        ([(-5, 3), (4, 9)], 3),  # an hour without a permit ends it
        ([(1, 5)], None),  # it did not hold at the entry: what was free then stays so
        ([(-9, -1)], None),
        ([], None),
    ],
)
def test_until_when_a_stay_under_a_permit_is_free(spans, until):
    found = free_until(NOW, [hours(*span) for span in spans])
    assert found == (None if until is None else NOW + timedelta(hours=until))


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_the_time_after_a_permits_end_is_charged_as_if_the_car_had_entered_then(free_min, more_min):
    entered = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    over = entered + timedelta(minutes=free_min)
    left = over + timedelta(minutes=more_min)
    assert free_until(entered, [(entered - DAY, over)]) == over
    after, whole = price(StayFact(over), TARIFF, left), price(StayFact(entered), TARIFF, left)
    assert after.total <= whole.total
    assert sum((line.covered for line in after.lines), timedelta()) == left - over
    assert ZoneInfo("Asia/Shanghai")


# --- any order ---------------------------------------------------------------------------------------------------

MOVES = st.lists(st.tuples(st.sampled_from(["in", "out", "again"]), st.integers(0, 5)), max_size=60)


@given(MOVES, st.integers(1, 3))
def test_a_pool_never_holds_more_than_its_bays_whatever_comes_in_whatever_order(moves, bays):
    """As the edge does it: what is decided is taken, what leaves is let go, and a repeated passage changes nothing."""
    policy = Policy(
        "Asia/Shanghai",
        subjects={f"car-{n}": Subject(f"car-{n}", permits=(right(pool="pool", bays=bays),)) for n in range(6)},
    )
    held: set[str] = set()
    for move, number in moves:
        car = f"car-{number}"
        facts = Bays({"pool": len(held)}, frozenset({"pool"} if car in held else ()))
        if move == "out":
            held.discard(car)
            continue
        answer = decide(plate(subject=car), OPEN, policy, NOW, facts)
        assert isinstance(answer, Grant)
        if answer.reason is Reason.PERMIT:
            held.add(car)
        assert len(held) <= bays
        assert (answer.reason is Reason.POOL_FULL) == (car not in held)
