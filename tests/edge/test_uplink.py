import threading
import time

import pytest
from tests.edge.odd_server import OddServer
from tests.edge.world import NOW, World, plate_reads

from gatehouse.clock import SystemClock
from gatehouse.domain.decisions import Grant
from gatehouse.edge import uplink
from gatehouse.edge.errors import FeedRefused
from gatehouse.edge.uplink import Link, Listener, ServerAway, Shipper
from gatehouse.wire import Feed, GateEvent, Opening


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.server = None
    return made


@pytest.fixture
def server(world):
    odd = OddServer(world)
    world.init(odd.url)
    yield odd
    odd.stop()


@pytest.fixture
def link(world, server):
    loaded, keys = world.loaded()
    made = Link(loaded, keys, SystemClock())
    yield made
    made.close()


@pytest.fixture
def spool(world, server):
    opened = world.spool()
    yield opened
    opened.close()


@pytest.fixture
def shipper(spool, link):
    return Shipper(spool, link, threading.Event())


@pytest.fixture
def known(world, server, clock):
    return world.known(clock)


@pytest.fixture
def listener(link, known, clock):
    def learn(feed):
        known.learn(feed)
        return bool(feed.roster or feed.clearances)

    return Listener(link, clock, threading.Event(), knowledge=known.now, learn=learn)


def write(spool, count, first=1):
    for number in range(first, first + count):
        spool.append([GateEvent(id=f"event-{number}", gate="door", at=NOW, kind="forced")], at=NOW)


def ids(server):
    return [body.id for body in server.bodies()]


def test_letters_arrive_in_order_and_are_dropped_when_confirmed(server, spool, shipper):
    write(spool, 5)
    shipper.step()
    assert ids(server) == [f"event-{n}" for n in range(1, 6)]
    assert spool.waiting() == 0


def test_a_long_backlog_is_shipped_in_batches_in_order(server, spool, shipper):
    write(spool, 450)
    for _ in range(3):
        shipper.step()
    assert (server.posts, spool.waiting()) == (3, 0)
    assert ids(server) == [f"event-{n}" for n in range(1, 451)]


def test_while_the_server_is_away_nothing_is_dropped(server, spool, shipper):
    write(spool, 3)
    server.mood = "away"
    for _ in range(2):
        with pytest.raises(ServerAway):
            shipper.step()
    assert spool.waiting() == 3
    server.mood = "good"
    shipper.step()
    assert ids(server) == ["event-1", "event-2", "event-3"]


def test_an_answer_that_was_lost_makes_the_same_letters_come_twice_and_count_once(server, spool, shipper):
    write(spool, 3)
    server.mood = "twice"
    with pytest.raises(ServerAway):
        shipper.step()
    shipper.step()
    assert (server.posts, spool.waiting()) == (2, 0)
    assert ids(server) == ["event-1", "event-2", "event-3"]


@pytest.mark.parametrize("mood", ["garbage", "nothing"])
def test_a_receipt_that_is_none_drops_nothing(server, spool, shipper, mood):
    write(spool, 3)
    server.mood = mood
    with pytest.raises(ServerAway):
        shipper.step()
    assert spool.waiting() == 3


def test_a_receipt_beyond_what_was_sent_drops_only_what_was_sent(server, spool, shipper):
    write(spool, 250)
    server.mood = "beyond"
    shipper.step()
    assert [letter.seq for letter in spool.batch()] == list(range(201, 251))
    server.mood = "good"
    shipper.step()
    assert ids(server)[-1] == "event-250"


def test_a_server_that_hangs_up_is_away(server, spool, shipper):
    write(spool, 1)
    server.stop()
    with pytest.raises(ServerAway):
        shipper.step()
    assert spool.waiting() == 1


# --- the feed ----------------------------------------------------------------------------------------------


def test_the_edge_asks_for_what_it_does_not_have(server, world, listener, known):
    server.feeds = [Feed(roster=world.roster(7)), Feed(clearances=world.clearances(3, "沪B77777"))]
    for _ in range(3):
        listener.step()
    asked = [(target["roster"], target["clearances"]) for target in server.targets]
    assert asked == [(0, 0), (7, 0), (7, 3)]
    assert set(known.now().policy.clearances) == {"沪B77777"}
    assert known.now().plates == {"京A12345": "car"}


@pytest.mark.parametrize("feed", [b"", b"\xff\xff\xff", b"\x93\x01\x02\x03", b"<html>Bad gateway</html>"])
def test_garbage_for_a_feed_changes_nothing(server, world, listener, known, feed):
    server.feeds = [world.feed(), feed]
    listener.step()
    before = known.now()
    with pytest.raises(FeedRefused):
        listener.step()
    assert known.now() is before


def test_a_feed_that_is_sealed_for_another_edge_changes_nothing(server, world, listener, known, tmp_path):
    stranger = World(tmp_path / "other")
    stranger.init()
    server.feeds = [world.feed(), stranger.feed(version=2)]
    listener.step()
    before = known.now()
    with pytest.raises(FeedRefused):
        listener.step()
    assert known.now() is before


def test_another_site_s_feed_changes_nothing(server, world, listener, known):
    server.feeds = [world.feed(), world.feed(version=2, site="site-2")]
    listener.step()
    with pytest.raises(FeedRefused):
        listener.step()
    assert known.now().roster == 1


def test_a_lease_in_its_second_half_is_asked_for_anew_but_not_without_end(server, world, listener, clock):
    server.feeds = [world.feed()]
    listener.step()
    listener.step()
    clock.advance(37 * 3600)
    listener.step()
    listener.step()
    assert [target["roster"] for target in server.targets] == [0, 1, 0, 1]


def test_an_answer_without_end_is_cut_off(server, link, monkeypatch):
    server.feeds = [b"x" * 10_000]
    with pytest.raises(ServerAway):
        link.ask("GET", "/edge/feed?roster=0&clearances=0&wait=0", limit=9_999)


def test_the_loops_outlive_a_server_that_is_away(server, spool, link, monkeypatch):
    monkeypatch.setattr(uplink, "SHORTEST_PAUSE_S", 0.01)
    stop = threading.Event()
    server.mood = "away"
    shipper = Shipper(spool, link, stop)
    shipper.start()
    write(spool, 2)
    while server.posts < 3:
        stop.wait(0.01)
    server.mood = "good"
    while spool.waiting():
        stop.wait(0.01)
    stop.set()
    shipper.join(5)
    assert ids(server) == ["event-1", "event-2"]


def test_a_listener_that_stumbles_over_an_answer_goes_on_listening(server, world, link, known, clock, monkeypatch):
    monkeypatch.setattr(uplink, "SHORTEST_PAUSE_S", 0.01)
    stop, learnt = threading.Event(), []

    def learn(feed):
        learnt.append(feed)
        if len(learnt) == 1:
            raise RuntimeError("something that nobody thought of")
        stop.set()
        return True

    server.feeds = [world.feed(), world.feed()]
    listener = Listener(link, clock, stop, knowledge=known.now, learn=learn)
    listener.start()
    listener.join(10)
    assert len(learnt) == 2


def test_a_gate_never_waits_for_a_server_that_is_silent(server, world, spool, link, known, clock, keeper_of, shelly):
    known.learn(world.feed())
    write(spool, 1)
    server.mood = "silent"
    shipper = Shipper(spool, link, threading.Event())
    shipper.start()
    while not server.posts:
        threading.Event().wait(0.01)
    before = time.monotonic()
    assert isinstance(keeper_of("entry").look(plate_reads("京A12345", clock.now()), clock.now()), Grant)
    assert time.monotonic() - before < 1.0
    assert shelly.device.pulses == 1
    shipper._ended.set()
    server.released.set()
    shipper.join(5)


def test_an_order_that_has_no_instant_is_no_feed(server, world, listener):
    server.feeds = [Feed(openings=[Opening(id="order-1", gate="entry", at=NOW.replace(tzinfo=None))])]
    with pytest.raises(FeedRefused):
        listener.step()


def test_orders_reach_the_wire_whole(server, link, world):
    order = Opening(id="order-1", gate="entry", at=NOW)
    server.feeds = [Feed(openings=[order])]
    seen = []
    listener = Listener(
        link,
        SystemClock(),
        threading.Event(),
        knowledge=world.known(SystemClock()).now,
        learn=lambda feed: not seen.append(feed),
    )
    listener.step()
    assert seen[0].openings == [order]
