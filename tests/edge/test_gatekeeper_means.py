"""What is shown to a gate or ordered: passes, an operator's word, faces."""

from datetime import timedelta

import pytest
from tests.edge.test_gatekeeper import drive_up
from tests.edge.world import NOW

from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.sightings import Means, Read
from gatehouse.edge.looking import read_pass
from gatehouse.wire import Attempt, Opening


def show(keeper, world, clock, text):
    public = world.keeper.public().sign_key
    return keeper.look([read_pass(text, "site-1", public, clock.now())], clock.now())


def test_a_pass_opens_once_also_after_a_restart(keeper_of, world, clock, shelly):
    text = world.a_pass()
    door = keeper_of("door")
    assert show(door, world, clock, text) == Grant(Reason.RULE, "rule-1")
    door.sensed(clock.now())
    clock.advance(60)
    assert show(door, world, clock, text) == Refusal(Reason.USED_PASS)
    assert show(keeper_of("door"), world, clock, text) == Refusal(Reason.USED_PASS)
    assert shelly.device.pulses == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ends": NOW}, Reason.EXPIRED_PASS),
        ({"site": "site-2"}, Reason.INVALID_PASS),
        ({"kind": "receipt"}, Reason.INVALID_PASS),
        ({"starts": NOW + timedelta(minutes=1)}, Reason.INVALID_PASS),
        ({"person": "nobody"}, Reason.INVALID_PASS),
    ],
)
def test_a_pass_that_is_not_good_here_and_now_opens_nothing(keeper_of, world, clock, shelly, change, reason):
    assert show(keeper_of("door"), world, clock, world.a_pass(**change)) == Refusal(reason)
    assert shelly.device.pulses == 0


def test_a_pass_that_was_taken_back_opens_nothing(keeper_of, known, world, clock, shelly):
    known.learn(world.feed(version=2, dead_passes=["pass-1"]))
    assert show(keeper_of("door"), world, clock, world.a_pass()) == Refusal(Reason.INVALID_PASS)
    assert shelly.device.pulses == 0


def test_a_forged_pass_names_nobody(keeper_of, world, clock):
    other = type(world)(world.home / "other")
    assert show(keeper_of("door"), world, clock, other.a_pass()) == Refusal(Reason.INVALID_PASS)


def test_a_pass_is_good_again_when_the_relay_was_certainly_not_reached(keeper_of, world, clock, shelly):
    door = keeper_of("door")
    shelly.stop()
    text = world.a_pass()
    assert show(door, world, clock, text) == Grant(Reason.RULE, "rule-1")
    clock.advance(60)
    assert show(door, world, clock, text) == Grant(Reason.RULE, "rule-1")


# --- operators ---------------------------------------------------------------------------------------------


def test_an_operator_s_order_is_carried_out_once_under_its_own_id(keeper_of, clock, shelly, spool, world):
    order = Opening(id="order-1", gate="entry", at=clock.now())
    assert keeper_of("entry").open_by_hand(order) == Grant(Reason.BY_HAND)
    assert keeper_of("entry").open_by_hand(order) is None
    assert shelly.device.pulses == 1
    (attempt,) = world.bodies(spool)
    assert (attempt.id, attempt.means, attempt.reason, attempt.granted) == ("order-1", "operator", "by_hand", True)


def test_an_order_that_came_late_is_recorded_and_moves_nothing(keeper_of, clock, shelly, spool, world):
    order = Opening(id="order-1", gate="entry", at=clock.now() - timedelta(minutes=5))
    entry = keeper_of("entry")
    assert entry.open_by_hand(order) == Refusal(Reason.STALE)
    assert entry.open_by_hand(order) is None
    assert shelly.device.pulses == 0
    (attempt,) = world.bodies(spool)
    assert (attempt.id, attempt.granted, attempt.reason) == ("order-1", False, "stale")


def test_an_order_for_a_car_that_stands_there_carries_its_plate(keeper_of, clock, spool, world):
    lane = keeper_of("exit")
    assert drive_up(lane, clock, "沪B77777") == Refusal(Reason.UNPAID)
    clock.advance(1)
    lane.open_by_hand(Opening(id="order-1", gate="exit", at=clock.now()))
    lane.sensed(clock.now())
    _, attempt, passage = world.bodies(spool)
    assert (attempt.plate, passage.plate, passage.reason) == ("沪B77777", "沪B77777", "by_hand")


def test_a_second_order_opens_again_for_the_next_car(keeper_of, clock, shelly):
    entry = keeper_of("entry")
    for number in range(2):
        entry.open_by_hand(Opening(id=f"order-{number}", gate="entry", at=clock.now()))
    assert shelly.device.pulses == 2


# --- faces and cards ---------------------------------------------------------------------------------------


def test_a_face_is_answered_after_enough_votes_and_an_unknown_one_too(keeper_of, known, clock, shelly, spool, world):
    door = keeper_of("door")
    answers = []
    for number in range(6):
        at = NOW + timedelta(seconds=number / 8)
        answers.append(door.look([Read(Means.FACE, at, "", None, 0.7)], at))
    assert answers == [None] * 5 + [Refusal(Reason.UNKNOWN_FACE)]
    clock.advance(30)
    for number in range(3):
        at = clock.now() + timedelta(seconds=number / 8)
        answers.append(door.look([Read(Means.FACE, at, "", "ada", 0.7)], at))
    assert answers[6:] == [None, None, Grant(Reason.RULE, "rule-1")]
    assert shelly.device.pulses == 1
    assert isinstance(world.bodies(spool)[0], Attempt)


def test_a_gate_that_the_roster_no_longer_has_does_nothing(keeper_of, known, world, clock, spool):
    entry = keeper_of("entry")
    known.learn(world.feed(gates=[]))
    assert drive_up(entry, clock) is None
    assert spool.last_seq() == 0
