"""The whole edge as a process: real video, real relay on a socket, real files; the server comes and goes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.edge.odd_server import OddServer
from tests.edge.scenes import film, phone, wall
from tests.edge.world import DOOR, NOW, HandClock, World

from gatehouse.clock import SystemClock
from gatehouse.domain.sightings import Means
from gatehouse.edge import service
from gatehouse.edge.errors import AlreadyRunning
from gatehouse.wire import Attempt, DeviceEntry, GateEvent, Opening, Passage

ROOT = Path(__file__).parents[2]
# Random ids and times of day may spell "ada" or "4711" by chance; what they stand for is checked without them.
CHANCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z")
PASSES = DOOR.__class__("door", DOOR.kind, DOOR.direction, frozenset({Means.PASS}), has_sensor=True, confirm_s=60)
RUN = """
import sys
from pathlib import Path
from gatehouse.clock import SystemClock
from gatehouse.edge import service
service.run(Path(sys.argv[1]), SystemClock())
"""


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def server(world):
    odd = OddServer(world)
    world.init(odd.url)
    yield odd
    odd.stop()


@pytest.fixture
def edge(world, server, shelly):
    """Starts edge processes and ends them."""
    running = []

    def start():
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
        with (world.home / f"edge-{len(running)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", RUN, str(world.home)], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


def until(true, within_s=30.0):
    ends = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.02)


def roster(world, shelly, *parts, version=1):
    """A door that takes passes, with a film for a camera and a simulated relay."""
    video = film(world.home / "door.mp4", *parts)
    now = SystemClock().now()
    camera = DeviceEntry(id="camera-1", gate="door", kind="camera", driver="stream", address=str(video))
    return world.feed(
        version=version,
        gates=[PASSES],
        devices=[camera, world.relay("door", shelly.address)],
        lease_ends=now + timedelta(hours=72),
    )


def a_pass(world):
    now = SystemClock().now()
    return world.a_pass(starts=now - timedelta(minutes=1), ends=now + timedelta(hours=1))


def names(bodies):
    return [body.kind if isinstance(body, GateEvent) else type(body).__name__ for body in bodies]


def test_a_pass_before_the_camera_opens_the_door_and_the_server_hears_of_it(world, server, edge, shelly):
    server.feeds = [roster(world, shelly, (wall(), 10), (phone(a_pass(world), scale=4), 40), (wall(), 10))]
    process = edge()
    until(lambda: shelly.device.pulses == 1)
    shelly.control({"input": True})
    until(lambda: len(server.letters) >= 3)
    bodies = server.bodies()
    assert names(bodies)[:3] == ["edge_started", "Attempt", "Passage"]
    attempt, passage = bodies[1:3]
    assert (attempt.subject, attempt.granted, attempt.reason) == ("ada", True, "rule")
    assert (passage.attempt, passage.sensed) == (attempt.id, True)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert shelly.device.pulses == 1


def test_without_a_server_it_works_from_the_cache_and_ships_in_order_afterwards(world, server, edge, shelly):
    known = world.known(SystemClock())
    known.learn(roster(world, shelly, (wall(), 5), (phone(a_pass(world), scale=4), 40)))
    server.mood = "away"
    first = edge()
    until(lambda: shelly.device.pulses == 1)
    shelly.control({"input": True})
    until(lambda: b'"passage"' in (world.home / "edge-0.log").read_bytes())
    first.kill()
    first.wait()
    assert server.letters == []
    server.mood = "good"
    edge()
    until(lambda: len(server.letters) >= 4)
    assert [letter.seq for letter in server.letters] == list(range(1, len(server.letters) + 1))
    assert names(server.bodies())[:4] == ["edge_started", "Attempt", "Passage", "edge_started"]
    assert shelly.device.pulses == 1


def test_killed_while_somebody_stands_there_it_opens_once_and_the_passage_is_told(world, server, edge, shelly):
    server.feeds = [roster(world, shelly, (wall(), 5), (phone(a_pass(world), scale=4), 80))]
    first = edge()
    until(lambda: shelly.device.pulses == 1)
    first.kill()
    first.wait()
    edge()  # from its cache; the film begins anew, so the same pass is held up again
    until(lambda: sum(isinstance(body, Attempt) for body in server.bodies()) >= 2)
    shelly.control({"input": True})
    until(lambda: any(isinstance(body, Passage) for body in server.bodies()))
    attempts = [body for body in server.bodies() if isinstance(body, Attempt)]
    assert [attempt.granted for attempt in attempts] == [True, False]
    assert shelly.device.pulses == 1


def test_an_operator_s_order_opens_and_an_old_one_is_only_recorded(world, server, edge, shelly):
    now = SystemClock().now()
    fresh = Opening(id="order-1", gate="door", at=now + timedelta(seconds=2))
    old = Opening(id="order-2", gate="door", at=now - timedelta(minutes=10))
    feed = roster(world, shelly, (wall(), 5))
    server.feeds = [feed]
    edge()
    until(lambda: len(server.targets) >= 2)
    time.sleep(1.2)
    server.feeds = [feed.__class__(openings=[old, fresh]), feed.__class__(openings=[old, fresh])]
    until(lambda: sum(isinstance(body, Attempt) for body in server.bodies()) == 2)
    answers = {body.id: (body.granted, body.reason) for body in server.bodies() if isinstance(body, Attempt)}
    assert answers == {"order-1": (True, "by_hand"), "order-2": (False, "stale")}
    until(lambda: shelly.device.pulses > 0)  # the letter is written, and may be sent, before the relay is told
    assert shelly.device.pulses == 1


def test_logs_hold_ids_only(world, server, edge, shelly):
    text = a_pass(world)
    server.feeds = [roster(world, shelly, (wall(), 5), (phone(text, scale=4), 30))]
    process = edge()
    until(lambda: shelly.device.pulses == 1)
    process.send_signal(signal.SIGTERM)
    process.wait(15)
    logged = (world.home / "edge-0.log").read_text()
    events = [json.loads(line)["event"] for line in logged.splitlines()]
    assert {"edge.started", "feed.learnt", "gate.set_up", "attempt", "edge.stopped"} <= set(events)
    told = CHANCE.sub("", logged)
    for secret in ("ada", "4711", "京A12345", text, "pass-1", "rule-1", "Traceback"):
        assert secret not in told


def test_a_crash_leaves_no_memory_on_the_disk(world, server, edge):
    process = edge()
    until(lambda: len(server.letters) > 0)
    limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
    assert next(line for line in limits if line.startswith("Max core file size")).split()[4:6] == ["0", "0"]


def test_a_second_process_at_the_same_home_is_refused(world, server):
    first = service.Service(world.home, SystemClock())
    with pytest.raises(AlreadyRunning):
        service.Service(world.home, SystemClock())
    first.spool.close()
    first._only.close()


@pytest.fixture
def in_process(world, server, shelly):
    """The service without its threads to the server, in this process."""
    made = service.Service(world.home, SystemClock())
    made.known.learn(roster(world, shelly, (wall(), 5)))
    yield made
    for post in made.posts.values():
        post.stop()
    made.spool.close()
    made._link.close()
    made._only.close()


def test_a_gate_whose_thread_died_is_set_up_again_after_a_rest(in_process, monkeypatch):
    in_process._reconcile()
    first = in_process.posts["door"]
    in_process._reconcile()
    assert in_process.posts["door"] is first
    first.attendant.stop()
    first.attendant.join(5)
    in_process._reconcile()
    assert "door" not in in_process.posts
    in_process._rests_until_s.clear()
    in_process._reconcile()
    assert in_process.posts["door"].lives()


def test_a_recording_that_is_over_is_not_played_again(in_process):
    in_process._reconcile()
    first = in_process.posts["door"]
    until(lambda: not first.watchers[0].is_alive())
    in_process._reconcile()
    assert in_process.posts["door"] is first


def test_a_gate_follows_its_devices_and_goes_when_the_roster_drops_it(in_process, world, shelly):
    in_process._reconcile()
    first = in_process.posts["door"]
    in_process.known.learn(roster(world, shelly, (wall(), 5), version=2))
    in_process._reconcile()
    assert in_process.posts["door"] is first
    in_process.known.learn(world.feed(version=3, gates=[PASSES], devices=[world.relay("door", shelly.address)]))
    in_process._reconcile()
    assert in_process.posts["door"].cameras == ()
    in_process.known.learn(world.feed(version=4, gates=[]))
    in_process._reconcile()
    assert in_process.posts == {}


def test_a_lost_camera_whose_address_is_corrected_is_told_to_be_back(in_process, world, shelly):
    nowhere = DeviceEntry(id="camera-1", gate="door", kind="camera", driver="stream", address="tcp://127.0.0.1:9")
    in_process.known.learn(world.feed(version=2, gates=[PASSES], devices=[nowhere]))
    in_process._reconcile()
    until(lambda: "camera_lost" in names(world.bodies(in_process.spool)))
    in_process.known.learn(roster(world, shelly, (wall(), 100), version=3))
    in_process._reconcile()
    until(lambda: "camera_back" in names(world.bodies(in_process.spool)), within_s=10.0)
    assert names(world.bodies(in_process.spool)).count("camera_back") == 1


def test_letters_get_their_chance_to_be_sent_before_they_are_too_old(world, server):
    """The edge was off for two months; later its clock is set a year ahead."""
    clock = HandClock(NOW + timedelta(days=60))
    made = service.Service(world.home, clock)
    made.spool.append([GateEvent(id="old", gate="", at=NOW, kind="forced")], at=NOW)
    made._expire()
    assert names(world.bodies(made.spool)) == ["forced"]
    made._expired_s -= service.EXPIRE_EVERY_S
    clock.advance(365 * 86_400)
    made._expire()
    assert names(world.bodies(made.spool)) == ["forced"]
    made._expired_s -= service.EXPIRE_EVERY_S
    made._expire()
    assert names(world.bodies(made.spool)) == ["expired"]
    made.spool.close()
    made._link.close()
    made._only.close()


def test_a_device_of_an_unknown_kind_costs_its_gate_that_device_only(in_process, world, shelly):
    strange = DeviceEntry(id="camera-1", gate="door", kind="camera", driver="telepathy", address="x")
    devices = [strange, world.relay("door", shelly.address)]
    in_process.known.learn(world.feed(version=2, gates=[PASSES], devices=devices))
    in_process._reconcile()
    assert in_process.posts["door"].cameras == ()
    assert in_process.posts["door"].relay is not None
