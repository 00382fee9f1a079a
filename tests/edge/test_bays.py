"""Bays at the gates: at most n of a pool's cars at a time, through restarts, kills, repeats and an operator's word."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.edge.test_gatekeeper import drive_up
from tests.edge.world import ENTRY, EXIT, NOW

from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.policy import Permit
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.spool import Pending, TakenBay
from gatehouse.wire import Attempt, Clearances, FreedBay, GateEvent, Passage, decode_feed, encode, new_id

CARS = ["京A12345", "京A23456", "京A34567"]
OPEN = replace(ENTRY, admits_unknown=True)


def pooled(world, bays=1, once=False):
    permit = Permit("p", frozenset({"entry", "exit"}), NOW - timedelta(days=9), None, "pool", bays, once)
    vehicles = []
    for number, plate in enumerate(CARS):
        entry = world.vehicle(f"car-{number}", plate)
        vehicles.append(type(entry)(id=entry.id, plate=entry.plate, permits=[permit]))
    return vehicles


@pytest.fixture
def learnt(world, known):
    def learn(bays=1, **more):
        known.learn(
            world.feed(gates=[OPEN, EXIT], vehicles=pooled(world, bays, **more), version=known.now().roster + 1)
        )
        return known

    return learn


def come(keeper, clock, text):
    answer = drive_up(keeper, clock, text, seconds=40)
    clock.advance(2)
    assert keeper.sensed(clock.now())
    clock.advance(20)
    return answer.reason


def test_the_second_car_of_a_pool_of_one_is_a_visitor_until_the_first_has_left(learnt, keeper_of, clock):
    learnt()
    entry, exit_ = keeper_of("entry"), keeper_of("exit")
    assert come(entry, clock, CARS[0]) is Reason.PERMIT
    assert come(entry, clock, CARS[1]) is Reason.POOL_FULL
    assert drive_up(exit_, clock, CARS[1], 40) == Refusal(Reason.UNPAID)
    assert come(exit_, clock, CARS[0]) is Reason.PERMIT
    assert come(entry, clock, CARS[2]) is Reason.PERMIT


def test_a_grant_holds_the_bay_and_gives_it_back_when_nobody_passes(learnt, keeper_of, clock):
    learnt()
    entry = keeper_of("entry")
    assert drive_up(entry, clock, CARS[0], 40).reason is Reason.PERMIT
    clock.advance(ENTRY.confirm_s + 1)
    entry.tick()
    assert come(entry, clock, CARS[1]) is Reason.PERMIT


def test_a_visitor_leaves_by_an_exit_that_collects_nothing_though_all_bays_are_taken(world, known, keeper_of, clock):
    free = replace(EXIT, collects=False)
    known.learn(world.feed(gates=[OPEN, free], vehicles=pooled(world), version=known.now().roster + 1))
    entry, exit_ = keeper_of("entry"), keeper_of("exit")
    assert come(entry, clock, CARS[0]) is Reason.PERMIT
    assert come(entry, clock, CARS[1]) is Reason.POOL_FULL
    assert come(exit_, clock, CARS[1]) is Reason.PERMIT
    assert come(entry, clock, CARS[2]) is Reason.POOL_FULL  # the first car's bay is still its own


def test_two_lanes_at_the_same_moment_give_one_bay_once(learnt, world, spool, clock):
    learnt()
    first, second = (_attempt(clock, plate) for plate in CARS[:2])
    taken = [
        spool.append(
            [one],
            at=clock.now(),
            pending=Pending(one, clock.now() + timedelta(seconds=15)),
            bay=TakenBay("pool", one.plate, 1, once=False),
        )
        for one in (first, second)
    ]
    assert taken == [True, False]
    assert [body.plate for body in world.bodies(spool)] == [CARS[0]]


def _attempt(clock, plate):
    return Attempt(
        id=new_id(clock.now()), gate="entry", at=clock.now(), seen_at=clock.now(), direction="in", means="plate",
        plate=plate, granted=True, reason="permit",
    )  # fmt: skip


def test_the_same_car_again_is_no_second_bay_and_a_restart_forgets_nothing(
    learnt, world, known, keeper_of, clock, spool
):
    learnt(bays=2)
    entry = keeper_of("entry")
    assert come(entry, clock, CARS[0]) is Reason.PERMIT
    assert come(entry, clock, CARS[0]) is Reason.PERMIT  # it had left unseen
    assert come(entry, clock, CARS[1]) is Reason.PERMIT
    spool.close()
    again = world.spool()
    entry = Gatekeeper("entry", spool=again, relay=None, knowledge=known.now, clock=clock)
    assert drive_up(entry, clock, CARS[2], 40).reason is Reason.POOL_FULL
    again.close()


def test_a_passage_that_is_written_again_changes_nothing(learnt, keeper_of, clock, spool):
    learnt()
    entry = keeper_of("entry")
    come(entry, clock, CARS[0])
    out = Passage(
        id=new_id(clock.now()), attempt=new_id(clock.now()), gate="exit", at=clock.now(), direction="out",
        means="plate", plate=CARS[0], reason="permit", sensed=True,
    )  # fmt: skip
    for _ in range(3):
        spool.append([out], at=clock.now())
    assert spool.bays(CARS[1], ["pool"]).taken == {"pool": 0}
    assert come(entry, clock, CARS[1]) is Reason.PERMIT


def test_an_operators_word_frees_a_bay_once_and_not_that_of_a_car_that_came_back(
    learnt, world, keeper_of, clock, spool
):
    learnt()
    entry = keeper_of("entry")
    come(entry, clock, CARS[0])
    clock.advance(60)
    said_at = clock.now()
    spool.free_bays([(CARS[0], said_at)])
    assert spool.bays(CARS[1], ["pool"]).taken == {"pool": 0}
    assert come(entry, clock, CARS[0]) is Reason.PERMIT
    spool.free_bays([(CARS[0], said_at)])
    assert come(entry, clock, CARS[1]) is Reason.POOL_FULL


def test_a_late_word_does_not_free_the_bay_of_a_car_that_is_back_since(learnt, keeper_of, clock, spool):
    learnt()
    entry = keeper_of("entry")
    come(entry, clock, CARS[0])
    clock.advance(60)
    said_at = clock.now()  # it had left unseen, somebody said so, and the network was away
    come(entry, clock, CARS[0])
    spool.free_bays([(CARS[0], said_at)])
    assert come(entry, clock, CARS[1]) is Reason.POOL_FULL


def test_a_roster_that_comes_alone_leaves_a_full_garage_full(world, known):
    feed = world.feed(version=2)
    known.learn(replace_clearances(feed, Clearances(version=7, entries=[], full=["entry"])))
    known.learn(type(feed)(roster=world.roster(version=3)))
    assert known.now().policy.full == {"entry"}


def test_a_booking_serves_one_stay(learnt, keeper_of, clock):
    learnt(once=True)
    entry, exit_ = keeper_of("entry"), keeper_of("exit")
    assert come(entry, clock, CARS[0]) is Reason.BOOKING
    assert come(exit_, clock, CARS[0]) is Reason.BOOKING
    assert come(entry, clock, CARS[0]) is Reason.VISITOR


def test_the_feed_says_who_is_full_and_which_bays_are_free_and_an_old_feed_says_neither(world, known, learnt):
    learnt()
    sealed = world.cell(CARS[0].encode(), "vehicle.plate/1", "car-0")
    freed = [FreedBay(vehicle="car-0", plate=sealed, at=NOW)]
    feed = world.feed(version=9)
    known.learn(replace_clearances(feed, Clearances(version=7, entries=[], full=["entry"], freed=freed)))
    assert known.now().policy.full == {"entry"}
    assert known.now().freed == ((CARS[0], NOW),)
    known.learn(world.feed(version=10))
    assert known.now().policy.full == frozenset()
    plain = encode(Clearances(version=1, entries=[]))
    assert b"full" not in plain
    assert b"freed" not in plain


def replace_clearances(feed, clearances):
    return type(feed)(roster=feed.roster, clearances=clearances)


def test_what_was_full_stays_full_after_a_restart_without_a_network(world, known, clock):
    feed = world.feed(gates=[OPEN, EXIT])
    known.learn(replace_clearances(feed, Clearances(version=7, entries=[], full=["entry"])))
    fresh = world.known(clock)
    fresh.recall()
    assert fresh.now().policy.full == {"entry"}
    assert decode_feed(encode(feed)).roster.version == 1


def test_a_blocked_car_on_its_way_out_is_not_held_and_somebody_is_told(world, known, keeper_of, clock, spool):
    known.learn(world.feed(version=2, vehicles=[world.vehicle("car", CARS[0], "entry", "exit", blocked=True)]))
    assert drive_up(keeper_of("exit"), clock, CARS[0]) == Refusal(Reason.UNPAID)
    assert [body.kind for body in world.bodies(spool) if isinstance(body, GateEvent)] == ["blocked_leaves"]


KILLED = """
import sys, os, signal
from pathlib import Path
from tests.edge.world import World
from tests.edge.test_bays import _attempt
from gatehouse.clock import SystemClock
from gatehouse.edge.spool import Spool, TakenBay, Pending
from datetime import timedelta
world, clock = World(Path(sys.argv[1])), SystemClock()
point = sys.argv[2]
loaded, keys = world.loaded()
class Fatal(Spool):
    def _write(self, bodies, at):
        super()._write(bodies, at)
        if point == "inside":
            os.kill(os.getpid(), signal.SIGKILL)
file, seal_key = Path(sys.argv[1]) / "edge" / "spool.db", loaded.keeper_seal_key
spool = Fatal(file, edge=loaded.edge, keys=keys, keeper_seal_key=seal_key)
one = _attempt(clock, "京A12345")
bay, pending = TakenBay("pool", one.plate, 1, once=False), Pending(one, clock.now() + timedelta(hours=1))
spool.append([one], at=clock.now(), pending=pending, bay=bay)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("point", "taken"), [("inside", 0), ("after", 1)])
def test_killed_a_bay_is_taken_exactly_when_its_letter_is_on_disk(world, spool, point, taken):
    spool.close()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(world.home), point], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    again = world.spool()
    assert again.bays(CARS[1], ["pool"]).taken == {"pool": taken}
    assert len(world.bodies(again)) == taken
    again.close()


def test_the_file_holds_no_plate_and_no_pool(world, learnt, keeper_of, clock, spool):
    learnt()
    come(keeper_of("entry"), clock, CARS[0])
    held = b"".join(path.read_bytes() for path in (world.home / "edge").glob("spool.db*"))
    assert CARS[0].encode() not in held
    assert b"pool\0" not in held
    assert Grant(Reason.PERMIT)


def test_of_two_vehicles_with_one_plate_the_passage_names_the_one_whose_permit_it_was(
    world, known, keeper_of, clock, spool
):
    vehicles = [world.vehicle("a-listed", CARS[0]), world.vehicle("b-permit", CARS[0], "entry")]
    known.learn(world.feed(version=2, vehicles=vehicles))
    entry = keeper_of("entry")
    assert come(entry, clock, CARS[0]) is Reason.PERMIT
    attempt, passage = world.bodies(spool)
    assert (attempt.subject, passage.subject) == ("a-listed", "b-permit")
