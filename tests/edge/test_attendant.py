from dataclasses import replace
from datetime import timedelta

import pytest
from tests.edge.world import DOOR, plate_reads

from gatehouse.devices.cameras.port import CameraState, Condition
from gatehouse.edge.attendant import Attendant
from gatehouse.wire import Passage


class ToldCamera:
    """A camera whose condition a test sets."""

    def __init__(self, clock):
        self.condition, self.losses, self.clock = Condition.LIVE, 0, clock

    def lose(self):
        self.condition, self.losses = Condition.LOST, self.losses + 1

    def frames(self):
        return iter(())

    def state(self):
        return CameraState(self.condition, self.clock.now(), self.losses)

    def close(self):
        pass


@pytest.fixture
def camera(clock):
    return ToldCamera(clock)


@pytest.fixture
def attend(keeper_of, known, relay, clock, camera):
    def make(code):
        keeper = keeper_of(code)
        made = Attendant(
            keeper,
            gate=lambda: known.now().policy.gates.get(code),
            relay=relay,
            cameras=[camera],
            clock=clock,
        )
        return keeper, made

    return make


def kinds(world, spool):
    return [getattr(body, "kind", type(body).__name__) for body in world.bodies(spool)]


def test_the_loop_confirms_that_the_car_passed(attend, world, spool, clock, shelly):
    keeper, watchful = attend("entry")
    watchful.step()
    keeper.look(plate_reads("京A12345", clock.now()), clock.now())
    watchful.step()
    assert keeper.waits()
    shelly.control({"input": True})
    clock.advance(3)
    for _ in range(3):
        watchful.step()
    passage = world.bodies(spool)[-1]
    assert isinstance(passage, Passage)
    assert (passage.sensed, passage.at) == (True, clock.now())
    assert kinds(world, spool) == ["Attempt", "Passage"]


def test_somebody_on_the_loop_without_a_grant_forced_the_lane_and_is_reported_once(attend, world, spool, shelly):
    _, watchful = attend("entry")
    watchful.step()
    shelly.control({"input": True})
    for _ in range(3):
        watchful.step()
    assert kinds(world, spool) == ["forced"]


def test_who_stands_on_the_loop_when_the_edge_starts_forced_nothing(attend, spool, shelly):
    shelly.control({"input": True})
    _, watchful = attend("entry")
    for _ in range(3):
        watchful.step()
    assert spool.last_seq() == 0


def test_a_door_that_is_opened_from_inside_is_not_forced_unless_the_gate_is_closed(attend, world, spool, known, shelly):
    _, watchful = attend("door")
    shelly.control({"input": True})
    watchful.step()
    assert spool.last_seq() == 0
    shelly.control({"input": False})
    watchful.step()
    closed = DOOR.__class__("door", DOOR.kind, DOOR.direction, DOOR.means, has_sensor=True, mode="closed")
    known.learn(world.feed(version=2, gates=[closed]))
    shelly.control({"input": True})
    watchful.step()
    assert kinds(world, spool) == ["forced"]


def test_a_door_that_is_held_open_is_reported_once(attend, known, world, spool, shelly):
    known.learn(world.feed(gates=[replace(DOOR, held_s=0.0)]))
    _, watchful = attend("door")
    shelly.control({"input": True})
    for _ in range(4):
        watchful.step()
    assert kinds(world, spool) == ["held"]


def test_a_relay_that_is_lost_and_back_is_reported_once_each(attend, world, spool, shelly):
    _, watchful = attend("entry")
    for unplugged in (True, True, False, False):
        shelly.control({"unplug": unplugged})
        watchful.step()
    assert kinds(world, spool) == ["relay_lost", "relay_back"]


def test_a_camera_that_is_lost_and_back_is_reported_once_each(attend, world, spool, camera):
    _, watchful = attend("entry")
    watchful.step()
    camera.lose()
    watchful.step()
    watchful.step()
    camera.condition = Condition.LIVE
    watchful.step()
    watchful.step()
    assert kinds(world, spool) == ["camera_lost", "camera_back"]


def test_an_outage_between_two_looks_is_reported_too(attend, world, spool, camera):
    _, watchful = attend("entry")
    camera.lose()
    camera.condition = Condition.LIVE
    watchful.step()
    assert kinds(world, spool) == ["camera_lost", "camera_back"]


def test_a_grant_that_nobody_used_is_over_after_its_time(attend, world, spool, clock):
    keeper, watchful = attend("entry")
    keeper.look(plate_reads("京A12345", clock.now()), clock.now())
    clock.at += timedelta(seconds=15)
    watchful.step()
    assert kinds(world, spool) == ["Attempt", "not_confirmed"]
