"""Gates without server, camera, relay or time: real spool, real relay on a socket, a server that dies."""

import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.edge.odd_server import OddServer
from tests.edge.world import ENTRY, EXIT, NOW, HandClock, plate_reads
from typer.testing import CliRunner

from gatehouse.cli import app
from gatehouse.clock import SystemClock
from gatehouse.demo.camera_sim import CameraSimulator
from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.offline import CameraLost, Contact, ServerAway
from gatehouse.edge import service, status
from gatehouse.edge.contact import SteadyClock, Surroundings
from gatehouse.edge.errors import FeedRefused
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.uplink import Link, Listener, Shipper
from gatehouse.edge.uplink import ServerAway as NoServer
from gatehouse.wire import Attempt, DeviceEntry, GateEvent, Opening, Passage

VISITORS = replace(ENTRY, admits_unknown=True)
PLATE = "京C77777"


class Moment:
    """The contact of a gate, moved by hand."""

    def __init__(self):
        self.is_now = Contact()

    def __call__(self):
        return self.is_now


@pytest.fixture
def moment():
    return Moment()


@pytest.fixture
def lane(spool, relay, known, world, clock, moment):
    """Makes the gatekeeper of a lane with this policy."""

    def make(gate, relay=relay):
        known.learn(world.feed(version=known.now().roster + 1, gates=[gate]))
        return Gatekeeper(gate.code, spool=spool, relay=relay, knowledge=known.now, clock=clock, contact=moment)

    return make


def drive_up(keeper, clock, text=PLATE, seconds=0.0):
    clock.advance(seconds)
    return keeper.look(plate_reads(text, clock.now()), clock.now())


def facts(world, spool):
    return [b.kind if isinstance(b, GateEvent) else f"{type(b).__name__} {b.reason}" for b in world.bodies(spool)]


def test_a_car_that_stands_at_the_exit_is_let_out_when_the_server_stays_away_without_driving_back(
    lane, clock, moment, shelly, spool, world
):
    keeper = lane(EXIT)
    moment.is_now = Contact(silent_s=100.0)
    assert drive_up(keeper, clock) == Refusal(Reason.UNPAID)
    for second in range(19):
        moment.is_now = Contact(silent_s=101.0 + second)
        assert drive_up(keeper, clock, seconds=1) is None
    moment.is_now = Contact(silent_s=120.0)
    assert drive_up(keeper, clock, seconds=1) == Grant(Reason.OFFLINE_OWED)
    assert shelly.device.pulses == 1
    assert keeper.sensed(clock.now())
    assert facts(world, spool) == ["Attempt unpaid", "Attempt offline_owed", "Passage offline_owed"]
    assert world.bodies(spool)[-1].plate == PLATE


def test_a_car_held_for_the_server_is_asked_to_pay_again_when_that_is_back(lane, clock, moment, shelly, spool, world):
    keeper = lane(replace(EXIT, server_away=ServerAway.HOLD))
    moment.is_now = Contact(silent_s=500.0)
    assert drive_up(keeper, clock) == Refusal(Reason.SERVER_AWAY)
    for _ in range(5):
        drive_up(keeper, clock, seconds=2)
    moment.is_now = Contact()
    answers = {drive_up(keeper, clock, seconds=2) for _ in range(4)}
    assert Refusal(Reason.UNPAID) in answers
    assert facts(world, spool) == ["Attempt server_away", "Attempt unpaid"]
    assert shelly.device.pulses == 0


def test_a_blind_exit_without_a_server_stands_open_and_counts_who_passes(lane, clock, moment, shelly, spool, world):
    keeper = lane(EXIT)
    keeper.sees_nothing(True)
    assert (shelly.device.pulses, spool.last_seq()) == (0, 0)
    moment.is_now = Contact(silent_s=130.0)
    keeper.sees_nothing(True)
    keeper.sees_nothing(True)
    assert shelly.device.pulses == 1
    clock.advance(10)
    assert keeper.sensed(clock.now())
    clock.advance(10)
    assert keeper.sensed(clock.now())
    clock.advance(37)
    keeper.sees_nothing(True)
    assert shelly.device.pulses == 2
    keeper.sees_nothing(False)
    assert not keeper.sensed(clock.now())
    bodies = world.bodies(spool)
    assert facts(world, spool) == ["Attempt camera_lost", *["Passage camera_lost"] * 2, "Attempt camera_lost"]
    assert {body.plate for body in bodies} == {None}
    assert bodies[1].attempt == bodies[2].attempt == bodies[0].id


def test_a_blind_lane_that_shall_wait_for_somebody_moves_nothing_and_opens_by_hand(lane, clock, moment, shelly, spool):
    keeper = lane(replace(EXIT, camera_lost=CameraLost.OPERATOR))
    moment.is_now = Contact(silent_s=9_999.0)
    for _ in range(3):
        keeper.sees_nothing(True)
    assert (shelly.device.pulses, spool.last_seq()) == (0, 0)
    keeper.open_by_hand(Opening(id="order-1", gate="exit", at=clock.now()))
    assert shelly.device.pulses == 1


def test_when_the_relay_is_back_nobody_gets_an_old_pulse(lane, clock, shelly, spool, world):
    keeper = lane(VISITORS)
    shelly.faults.add("unplug")
    assert drive_up(keeper, clock) == Grant(Reason.VISITOR)
    keeper.open_by_hand(Opening(id="order-1", gate="entry", at=clock.now()))
    clock.advance(60)
    keeper.tick()
    shelly.faults.clear()
    keeper.relay_answers(True)
    for _ in range(20):
        clock.advance(1)
        keeper.tick()
        keeper.look([], clock.now())
    assert shelly.device.pulses == 0
    told = facts(world, spool)
    assert "relay_lost" in told
    assert told[-1] == "relay_back"
    assert told.count("not_confirmed") == 2
    assert not any(isinstance(body, Passage) for body in world.bodies(spool))


@pytest.mark.parametrize("fault", ["hang", "lose_answer", "garble", "lie"])
def test_a_relay_that_misbehaves_is_never_asked_twice_for_one_grant(lane, clock, shelly, spool, world, fault):
    keeper = lane(VISITORS)
    shelly.faults.add(fault)
    drive_up(keeper, clock)
    shelly.faults.clear()
    pulses = shelly.device.pulses
    for _ in range(10):
        clock.advance(1)
        keeper.tick()
    assert shelly.device.pulses == pulses <= 1
    attempts = [body for body in world.bodies(spool) if isinstance(body, Attempt)]
    assert len(attempts) == 1


# --- a real server that goes ---------------------------------------------------------------------------------------


@pytest.fixture
def linked(world, spool, known):
    """Shipper and listener with a server that can be told to misbehave."""
    odd = OddServer(world)
    loaded, keys = world.loaded()
    loaded = type(loaded)(**{f: getattr(loaded, f) for f in loaded.__struct_fields__} | {"server_url": odd.url})
    clock = HandClock()
    link = Link(loaded, keys, clock)
    around = Surroundings(SteadyClock(clock, spool.newest()), spool)
    listener = Listener(
        link, clock, threading.Event(), knowledge=known.now, learn=lambda _: True, answered=around.server_answered
    )
    yield odd, around, Shipper(spool, link, threading.Event(), around.touch), listener
    odd.stop()
    link.close()


def step(loop):
    """One step; the name of what it stumbled over, as the loop's own thread takes it."""
    try:
        loop.step()
    except (NoServer, FeedRefused) as fault:
        return type(fault).__name__
    return ""


@pytest.mark.parametrize("mood", ["away", "garbage", "nothing"])
def test_a_server_that_takes_no_letters_is_not_heard_though_it_answers(linked, spool, mood):
    odd, around, shipper, listener = linked
    spool.append([GateEvent(id="e1", gate="", at=NOW, kind="forced")], at=NOW)
    assert step(listener) == ""
    odd.mood = mood
    assert step(shipper) == "ServerAway"
    time.sleep(0.3)
    step(listener)
    step(shipper)
    assert around.touch.silent_s() >= 0.3
    odd.mood = "good"
    assert step(shipper) == ""
    assert step(listener) == ""
    assert around.touch.silent_s() < 0.3


def test_a_feed_that_is_garbage_is_no_sign_of_a_server(linked):
    odd, around, _, listener = linked
    odd.feeds = [b"\xff\x00 no feed"]
    time.sleep(0.2)
    assert step(listener) == "FeedRefused"
    assert around.touch.silent_s() >= 0.2
    assert not around.touch.ever


def test_a_dead_server_is_not_heard(linked):
    odd, around, _, listener = linked
    step(listener)
    odd.stop()
    time.sleep(0.2)
    assert step(listener) == "ServerAway"
    assert around.touch.silent_s() >= 0.2


# --- power back, internet not ------------------------------------------------------------


@pytest.fixture
def restarted(world, shelly):
    """Makes the service of this home as it starts after a power cut, without anybody answering at its address."""
    made = []

    def start(clock):
        made.append(service.Service(world.home, clock))
        made[-1].known.recall()
        made[-1]._reconcile()
        return made[-1]

    def end(one):
        for post in one.posts.values():
            post.stop()
        one.posts.clear()
        one.spool.close()
        one._link.close()
        one._only.close()
        made.remove(one)

    start.end = end
    yield start
    for one in list(made):
        end(one)


def before_the_cut(world, clock, *gates, **more):
    """A feed came, somebody passed, then the power went."""
    known = world.known(clock)
    known.learn(world.feed(gates=list(gates), **more))
    known.learn(type(world.feed())(clearances=world.clearances(2, "京P10001", ends=NOW + timedelta(minutes=10))))
    spool = world.spool()
    spool.append([GateEvent(id="e1", gate="", at=clock.now(), kind="forced")], at=clock.now())
    spool.close()


def test_a_cold_start_without_a_network_works_from_the_sealed_cache(world, clock, restarted, shelly):
    before_the_cut(world, clock, VISITORS, EXIT, devices=[world.relay("exit", shelly.address)])
    clock.advance(300)
    edge = restarted(clock)
    keeper = edge.posts["exit"].keeper
    assert drive_up(keeper, clock, "京A12345") == Grant(Reason.PERMIT, "permit-car")
    keeper.sensed(clock.now())
    assert drive_up(keeper, clock, "京P10001", seconds=30) == Grant(Reason.CLEARED, "stay-京P10001")
    keeper.sensed(clock.now())
    assert drive_up(keeper, clock, PLATE, seconds=30) == Refusal(Reason.UNPAID)
    edge.around.touch._heard_s -= 121
    assert drive_up(keeper, clock, "京D88888", seconds=30) == Grant(Reason.OFFLINE_OWED)
    assert shelly.device.pulses == 3


def test_a_clock_that_lost_the_date_admits_visitors_without_a_price_and_keeps_letters_in_order(
    world, clock, restarted, shelly
):
    before_the_cut(world, clock, VISITORS, EXIT, devices=[world.relay("exit", shelly.address)])
    boot = HandClock(datetime(2000, 1, 1, tzinfo=UTC))
    edge = restarted(boot)
    assert edge.around.contact().clock_doubtful

    def at(code, plate):
        now = edge.clock.now()
        return edge.posts[code].keeper.look(plate_reads(plate, now), now)

    assert at("entry", PLATE) == Grant(Reason.CLOCK_DOUBTFUL)
    assert at("exit", "京P10001") == Grant(Reason.CLEARED, "stay-京P10001")
    attempts = [body for body in world.bodies(edge.spool) if isinstance(body, Attempt)]
    assert all(NOW <= body.at < NOW + timedelta(minutes=1) for body in attempts)
    # The time server is reached: from now on stays have a price again.
    boot.at = NOW + timedelta(hours=5)
    assert not edge.around.contact().clock_doubtful
    assert at("entry", "京D88888") == Grant(Reason.VISITOR)


def test_rights_that_had_ended_before_the_cut_do_not_come_back_with_the_clock(world, clock, restarted, shelly):
    before_the_cut(world, clock, EXIT, devices=[world.relay("exit", shelly.address)])
    clock.advance(3600)
    edge = restarted(clock)
    drive_up(edge.posts["exit"].keeper, clock, PLATE)  # written an hour after the clearance ended
    restarted.end(edge)
    back = restarted(HandClock(NOW - timedelta(days=300)))
    now = back.clock.now()
    answer = back.posts["exit"].keeper.look(plate_reads("京P10001", now), now)
    assert answer == Grant(Reason.CLOCK_DOUBTFUL)  # out, as everybody; not as one who has paid


def test_the_status_file_and_the_command_tell_how_old_the_knowledge_is_and_no_plate(world, clock, restarted, shelly):
    before_the_cut(world, clock, VISITORS, EXIT, devices=[world.relay("exit", shelly.address)])
    clock.advance(7200)
    edge = restarted(clock)
    edge.around.touch._heard_s -= 300
    edge._told.tell(edge.posts, edge.known, edge.spool)
    told = status.look(world.home, clock.now())
    assert (told.runs, told.roster_age_s, told.lease_left_s) == (True, 7200, 70 * 3600)
    assert told.now is not None
    assert {lane.gate: lane.does for lane in told.now.lanes} == {"entry": "admit", "exit": "open_after"}
    text = "\n".join(status.lines(told))
    assert "knowledge: 2 h old" in text
    assert "not heard since this start" in text
    assert "exit: cut off, lets every car out" in text
    written = status.path(world.home).read_text()
    assert "京" not in written + text
    assert status.path(world.home).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ("shown", "shown among these people (at most 0.8%)"),
        ("few_enrolled", "too few to show that, 300 people or more can"),
        ("too_alike", "TOO ALIKE for that, no face opens alone; use card, pass or PIN"),
    ],
)
def test_the_command_tells_what_a_face_alone_is_worth_here(standing, words):
    faces = status.Faces(people=412, threshold=0.241, stated=0.01, bound=0.008, standing=standing)
    now = status.Status(
        at=NOW, server_heard=True, silent_s=1, clock_doubtful=False, letters_waiting=0, lanes=[], faces=faces
    )
    told = status.Told(edge="e", server="s", runs=True, roster_age_s=1, lease_left_s=1, gates={}, now=now)
    (line,) = [line for line in status.lines(told) if line.startswith("faces:")]
    assert line.startswith("faces: 412 enrolled, threshold 0.241; at most 1.0% of strangers may match")
    assert words in line


def test_an_edge_that_does_not_run_says_so(world, clock):
    before_the_cut(world, clock, EXIT)
    told = status.look(world.home, clock.now())
    assert not told.runs
    assert next(iter(status.lines(told))).startswith("edge edge-1: NOT running")


@pytest.mark.slow
def test_a_lane_whose_camera_dies_stands_open_where_its_policy_says_so(world, clock, restarted, shelly):
    """A real stream that breaks off, a real relay that is held up, and an alarm."""
    camera = CameraSimulator("lane", fps=8).start()
    stands_open = replace(EXIT, camera_lost=CameraLost.OPEN)
    stream = DeviceEntry(
        id="camera-1", gate="exit", kind="camera", driver="stream", address=f"{camera.address}/stream.ts"
    )
    devices = [stream, world.relay("exit", shelly.address)]
    before_the_cut(
        world, SystemClock(), stands_open, devices=devices, lease_ends=SystemClock().now() + timedelta(days=1)
    )
    edge = restarted(SystemClock())
    post = edge.posts["exit"]
    until(lambda: post.cameras[0].state().condition == "live")
    assert shelly.device.pulses == 0
    camera.stop()
    until(lambda: shelly.device.pulses == 1, within_s=60)
    assert post.keeper.misses() == (True, False)
    until(lambda: "camera_lost" in facts(world, edge.spool))
    assert "Attempt camera_lost" in facts(world, edge.spool)


def until(true, within_s=30.0):
    ends = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


def test_the_command_says_how_the_edge_is_and_ends_with_1_where_none_runs(world, clock, restarted, shelly):
    before_the_cut(world, SystemClock(), VISITORS, EXIT, devices=[world.relay("exit", shelly.address)])
    asked = ["edge", "status", "--home", str(world.home)]
    alone = CliRunner().invoke(app, asked)
    assert (alone.exit_code, alone.output.splitlines()[0]) == (1, "edge edge-1: NOT running, server http://127.0.0.1:9")
    restarted(SystemClock())
    told = CliRunner().invoke(app, [*asked, "--json"])
    assert told.exit_code == 0
    assert json.loads(told.output)["gates"] == {"entry": "admit", "exit": "open_after"}
    nothing = CliRunner().invoke(app, ["edge", "status", "--home", str(world.home / "nowhere")])
    assert nothing.exit_code == 1
    assert "holds no device key" in nothing.output
