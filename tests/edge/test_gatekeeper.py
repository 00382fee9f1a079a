from dataclasses import replace
from datetime import timedelta

import pytest
from tests.edge.world import DOOR, ENTRY, SITE, fill, make_room, plate_reads

from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.looking import read_pass
from gatehouse.wire import GateEvent, Opening, Passage

PERMIT = Grant(Reason.PERMIT, "permit-car")


@pytest.fixture
def entry(keeper_of):
    return keeper_of("entry")


def kinds(bodies):
    return [body.kind if isinstance(body, GateEvent) else f"{type(body).__name__} {body.reason}" for body in bodies]


def drive_up(keeper, clock, text="京A12345", seconds=0.0):
    clock.advance(seconds)
    return keeper.look(plate_reads(text, clock.now()), clock.now())


def test_a_known_car_is_recorded_then_let_in_and_passes_when_the_loop_says_so(entry, clock, shelly, spool, world):
    assert drive_up(entry, clock) == PERMIT
    assert shelly.device.pulses == 1
    attempt = world.bodies(spool)[0]
    assert (attempt.granted, attempt.subject, attempt.plate, attempt.direction) == (
        True,
        "car",
        "京A12345",
        "in",
    )
    clock.advance(4)
    assert entry.sensed(clock.now())
    passage = world.bodies(spool)[1]
    assert isinstance(passage, Passage)
    assert (passage.attempt, passage.sensed, passage.plate, passage.reason) == (
        attempt.id,
        True,
        "京A12345",
        "permit",
    )
    assert not entry.waits()


def test_an_attempt_is_no_passage_nobody_confirmed_it(entry, clock, spool, world):
    drive_up(entry, clock)
    entry.tick()
    assert kinds(world.bodies(spool)) == ["Attempt permit"]
    clock.advance(ENTRY.confirm_s)
    entry.tick()
    attempt, event = world.bodies(spool)
    assert (event.kind, event.attempt) == ("not_confirmed", attempt.id)
    assert not entry.sensed(clock.now())


def test_without_a_sensor_the_passage_is_assumed_and_says_so(keeper_of, known, world, clock, spool):
    known.learn(world.feed(gates=[ENTRY.__class__("entry", ENTRY.kind, ENTRY.direction, ENTRY.means)]))
    drive_up(keeper_of("entry"), clock)
    attempt, passage = world.bodies(spool)
    assert (passage.attempt, passage.sensed) == (attempt.id, False)


def test_a_parked_car_is_one_attempt_and_one_pulse_however_long_it_stands(entry, clock, shelly, spool):
    for _ in range(200):
        drive_up(entry, clock, seconds=0.5)
        entry.tick()
    assert shelly.device.pulses == 1
    assert spool.last_seq() == 2  # the attempt, and that nobody passed


def test_the_same_car_twice_triggers_twice(entry, clock, shelly):
    drive_up(entry, clock)
    entry.sensed(clock.now())
    clock.advance(60)
    assert drive_up(entry, clock) == PERMIT
    assert shelly.device.pulses == 2


def test_who_passed_just_before_a_restart_and_still_stands_there_is_not_let_in_again(
    keeper_of, known, world, clock, shelly
):
    unsensed = ENTRY.__class__("entry", ENTRY.kind, ENTRY.direction, ENTRY.means)
    known.learn(world.feed(gates=[unsensed]))
    drive_up(keeper_of("entry"), clock)
    again = keeper_of("entry")
    for _ in range(60):
        assert drive_up(again, clock, seconds=0.5) is None
    assert shelly.device.pulses == 1
    assert drive_up(again, clock, seconds=4) == PERMIT


def test_a_car_that_was_let_in_before_a_restart_and_passes_after_it_opens_nothing_more(
    keeper_of, clock, shelly, spool, world
):
    drive_up(keeper_of("entry"), clock)
    again = keeper_of("entry")
    clock.advance(2)
    assert again.sensed(clock.now())
    for _ in range(60):
        assert drive_up(again, clock, seconds=0.5) is None
    assert shelly.device.pulses == 1
    assert kinds(world.bodies(spool)) == ["Attempt permit", "Passage permit"]


def test_who_passed_and_comes_again_a_moment_later_is_let_in_again(entry, clock, shelly):
    drive_up(entry, clock)
    clock.advance(1)
    entry.sensed(clock.now())
    assert drive_up(entry, clock, seconds=4) == PERMIT
    assert shelly.device.pulses == 2


def test_a_car_that_is_misread_while_it_drives_off_over_the_loop_opens_nothing_more(
    keeper_of, known, world, clock, shelly
):
    known.learn(world.feed(gates=[replace(ENTRY, admits_unknown=True)]))
    entry = keeper_of("entry")
    drive_up(entry, clock)
    clock.advance(1)
    entry.sensed(clock.now())
    for text in ("京A1234", "京B12345", "京B12345", "京B12345"):
        clock.advance(0.4)
        entry.look(plate_reads(text, clock.now(), 0.99), clock.now())
    assert shelly.device.pulses == 1


def test_after_the_clock_was_set_back_the_next_car_is_let_in_and_the_one_in_view_only_once(entry, clock, shelly):
    drive_up(entry, clock)
    entry.sensed(clock.now())
    clock.advance(-3600)
    for _ in range(4):
        drive_up(entry, clock, seconds=0.5)
    assert shelly.device.pulses == 1
    clock.advance(10)
    for _ in range(8):
        drive_up(entry, clock, "京A99999", seconds=0.5)
    clock.advance(10)
    assert drive_up(entry, clock) == PERMIT
    assert shelly.device.pulses == 2


def test_a_grant_of_before_the_clock_was_set_back_is_over(entry, clock, shelly, spool, world):
    drive_up(entry, clock)
    clock.advance(-3600)
    entry.tick()
    assert not entry.waits()
    assert drive_up(entry, clock) is None
    clock.advance(30)
    assert drive_up(entry, clock) == PERMIT
    assert shelly.device.pulses == 2
    assert kinds(world.bodies(spool)) == ["Attempt permit", "not_confirmed", "Attempt permit"]


def test_a_car_that_comes_just_after_the_clock_was_set_back_is_not_overlooked(entry, known, world, clock, shelly):
    vehicles = [world.vehicle("car", "京A12345", "entry"), world.vehicle("other", "沪B77777", "entry")]
    known.learn(world.feed(version=2, vehicles=vehicles))
    drive_up(entry, clock)
    entry.sensed(clock.now())
    clock.advance(-3600)
    for _ in range(12):
        drive_up(entry, clock, "沪B77777", seconds=0.5)
    assert shelly.device.pulses == 2


def test_within_the_time_that_a_grant_serves_it_is_not_given_again(entry, clock, shelly, spool, world):
    drive_up(entry, clock)
    clock.advance(5)  # it reversed out of sight and came back
    assert drive_up(entry, clock) == Refusal(Reason.ALREADY_GRANTED)
    assert shelly.device.pulses == 1
    for _ in range(30):
        entry.tick()
        drive_up(entry, clock, seconds=0.5)
    # It stood there until the first grant was over, and was let in then.
    assert shelly.device.pulses == 2
    assert kinds(world.bodies(spool)) == [
        "Attempt permit",
        "Attempt already_granted",
        "not_confirmed",
        "Attempt permit",
    ]


def test_an_unpaid_car_that_stands_is_let_go_as_soon_as_its_clearance_arrives(
    keeper_of, known, world, clock, shelly, spool
):
    lane = keeper_of("exit")
    for _ in range(10):
        drive_up(lane, clock, "沪B77777", seconds=0.5)
    known.learn(world.feed().__class__(clearances=world.clearances(2, "粤C00001")))
    for _ in range(10):
        drive_up(lane, clock, "沪B77777", seconds=0.5)
    assert (shelly.device.pulses, spool.last_seq()) == (0, 1)  # somebody else's payment is no new attempt
    known.learn(world.feed().__class__(clearances=world.clearances(3, "沪B77777")))
    assert drive_up(lane, clock, "沪B77777", seconds=0.5) == Grant(Reason.CLEARED, "stay-沪B77777")
    assert shelly.device.pulses == 1
    assert kinds(world.bodies(spool)) == ["Attempt unpaid", "Attempt cleared"]


def test_evidence_from_a_queue_is_recorded_and_never_acted_on(entry, clock, shelly, spool, world):
    old = clock.now() - timedelta(seconds=60)
    assert entry.look(plate_reads("京A12345", old), old) == Refusal(Reason.STALE)
    assert shelly.device.pulses == 0
    assert kinds(world.bodies(spool)) == ["Attempt stale"]


def test_who_was_read_too_late_and_still_stands_there_is_answered_by_the_next_look(
    entry, keeper_of, known, world, clock, shelly, spool
):
    """The models load at their first use: that look is over only when its frame is old."""
    known.learn(world.feed(version=2, gates=[replace(ENTRY, freshness_s=2), replace(DOOR, freshness_s=2)]))
    captured = clock.now()
    clock.advance(2.2)
    entry.look(plate_reads("京A12345", captured), captured)
    clock.advance(0.5)
    assert drive_up(entry, clock) == PERMIT
    door, shown = keeper_of("door"), world.a_pass()
    late = read_pass(shown, SITE, world.keeper.public().sign_key, captured)
    assert door.look([late], captured) == Refusal(Reason.STALE)
    clock.advance(0.5)
    fresh = read_pass(shown, SITE, world.keeper.public().sign_key, clock.now())
    assert isinstance(door.look([fresh], clock.now()), Grant)
    assert shelly.device.pulses == 2
    assert kinds(world.bodies(spool)) == ["Attempt stale", "Attempt permit", "Attempt stale", "Attempt rule"]


def test_an_evidence_that_stays_old_is_recorded_once(entry, clock, spool, world):
    for _ in range(5):
        clock.advance(0.5)
        old = clock.now() - timedelta(seconds=60)
        entry.look(plate_reads("京A12345", old), old)
    assert kinds(world.bodies(spool)) == ["Attempt stale"]


def test_a_used_pass_is_not_new_again_after_the_clock_was_ahead_for_a_while(keeper_of, world, clock, shelly, spool):
    def show():
        shown = read_pass(world.a_pass(), SITE, world.keeper.public().sign_key, clock.now())
        return keeper_of("door").look([shown], clock.now())

    show()
    clock.advance(3 * 86_400)
    spool.expire(clock.now())
    clock.advance(60 - 3 * 86_400)
    assert show() == Refusal(Reason.USED_PASS)
    assert shelly.device.pulses == 1


@pytest.mark.parametrize("open_s", [0.0, 300.0])
def test_a_gate_that_is_to_open_longer_than_a_relay_may_opens_as_long_as_it_may(
    keeper_of, known, world, clock, shelly, open_s
):
    gates = [replace(ENTRY, open_s=open_s)]
    known.learn(world.feed(version=2, gates=gates))
    assert keeper_of("entry").open_by_hand(Opening(id="order-1", gate="entry", at=clock.now())) is not None
    assert shelly.device.pulses == 1


def test_nothing_moves_when_the_disk_is_full_and_the_gap_is_reported_later(entry, clock, shelly, spool, world):
    fill(spool)
    filled = spool.last_seq()
    assert drive_up(entry, clock) is None
    assert (shelly.device.pulses, spool.last_seq()) == (0, filled)
    make_room(spool)
    assert drive_up(entry, clock, seconds=0.5) == PERMIT
    assert shelly.device.pulses == 1
    assert kinds(world.bodies(spool)[filled:]) == ["spool_failed", "Attempt permit"]


def test_a_passage_that_the_disk_did_not_take_is_written_when_it_does(entry, clock, spool, world):
    drive_up(entry, clock)
    fill(spool)
    before = spool.last_seq()
    assert entry.sensed(clock.now())
    assert spool.last_seq() == before
    make_room(spool)
    entry.tick()
    assert kinds(world.bodies(spool)[before:]) == ["Passage permit", "spool_failed"]


def test_a_passage_that_the_disk_did_not_take_is_not_lost_when_the_gate_is_set_up_anew(
    entry, spool, relay, known, world, clock
):
    drive_up(entry, clock)
    fill(spool)
    before = spool.last_seq()
    assert entry.sensed(clock.now())
    anew = Gatekeeper("entry", spool=spool, relay=relay, knowledge=known.now, clock=clock, after=entry)
    make_room(spool)
    anew.tick()
    entry.tick()
    clock.advance(60)
    anew.tick()
    assert kinds(world.bodies(spool)[before:]) == ["Passage permit", "spool_failed"]


def test_a_relay_that_was_certainly_not_reached_is_tried_again_a_little_later(entry, clock, shelly, spool, world):
    address = shelly.address
    shelly.stop()
    drive_up(entry, clock)
    assert kinds(world.bodies(spool)) == ["Attempt permit", "relay_lost", "not_confirmed"]
    again = type(shelly)(int(address.rpartition(":")[2])).start()
    try:
        for _ in range(12):
            drive_up(entry, clock, seconds=0.5)
        assert again.device.pulses == 1
    finally:
        again.stop()
    assert kinds(world.bodies(spool))[3:] == ["Attempt permit", "relay_back"]


@pytest.mark.parametrize("fault", ["lose_answer", "garble", "hang"])
def test_a_relay_that_may_have_opened_is_not_pulsed_again(entry, clock, shelly, spool, world, fault):
    shelly.control({fault: True})
    drive_up(entry, clock)
    shelly.control({fault: False})
    for _ in range(12):
        drive_up(entry, clock, seconds=0.5)
    assert shelly.device.pulses == int(fault != "hang")
    assert entry.waits()
    assert entry.sensed(clock.now())
    assert kinds(world.bodies(spool)) == ["Attempt permit", "relay_lost", "Passage permit"]


def test_an_accepted_pulse_that_moved_nothing_is_no_passage(entry, clock, shelly, spool, world):
    shelly.control({"lie": True})
    drive_up(entry, clock)
    clock.advance(16)
    entry.tick()
    assert kinds(world.bodies(spool)) == ["Attempt permit", "not_confirmed"]
