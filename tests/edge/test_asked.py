"""What an edge answers to an owner who sets it up: real video, a real relay, and nothing without the keeper's word."""

import base64
import threading
import time
from datetime import timedelta

import numpy as np
import pytest
from tests.edge.odd_server import OddServer
from tests.edge.scenes import film, portrait
from tests.edge.test_service import until
from tests.edge.world import DOOR, EDGE, SITE, World

from gatehouse import wire
from gatehouse.clock import SystemClock
from gatehouse.crypto.letters import hpke_open
from gatehouse.crypto.signing import new_device_keys
from gatehouse.crypto.tokens import issue
from gatehouse.devices.cameras.discovery import discover
from gatehouse.devices.cameras.discovery_sim import DiscoverySimulator, a_camera
from gatehouse.edge import asked, service
from gatehouse.vision.frames import decode_picture
from gatehouse.wire import DeviceEntry, Opening

ID, CAMERA, RELAY = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def server(world):
    odd = OddServer(world)
    world.init(odd.url)
    yield odd
    odd.stop()


class Edge:
    """An edge in this process with a camera and a relay at its door, and an owner who asks."""

    def __init__(self, world, server, shelly, address):
        self.world, self.server, self.keys = world, server, new_device_keys()
        self.service = service.Service(world.home, SystemClock())
        devices = [
            DeviceEntry(id=CAMERA, gate="door", kind="camera", driver="stream", address=address),
            DeviceEntry(id=RELAY, gate="door", kind="relay", driver="shelly", address=f"{shelly.address}?inputs=0"),
        ]
        ends = SystemClock().now() + timedelta(hours=72)
        door = DOOR.__class__("door", DOOR.kind, DOOR.direction, DOOR.means, open_s=1.5, has_sensor=True)
        self.service.known.learn(world.feed(gates=[door], devices=devices, lease_ends=ends))
        self.service._reconcile()

    def question(self, what, device="", *, site=SITE, signed_by=None, ends_s=60, own=ID):
        claims = {
            "id": own, "site": site, "what": what, "dev": device,
            "key": base64.urlsafe_b64encode(self.keys.public().seal_key).decode().rstrip("="),
            "exp": int(time.time()) + ends_s,
        }  # fmt: skip
        return issue("ask", claims, signed_by or self.world.keeper.sign_key)

    def answer(self, *questions, opening=None, within_s=20.0):
        """What the edge told, opened as the server does."""
        self.service.take_feed(wire.Feed(asked=list(questions), openings=[opening] if opening else []))
        ends = time.monotonic() + within_s
        while not self.server.answers:
            assert time.monotonic() < ends, "no answer came"
            time.sleep(0.02)
        told = self.server.answers[0]
        data = hpke_open(
            told.sealed, info=wire.ANSWER_INFO, aad=wire.answer_aad(EDGE, told.id), private_key=self.keys.seal_key
        )
        return wire.decode_told(data)

    def stop(self):
        for post in self.service.posts.values():
            post.stop()
        self.service.spool.close()
        self.service._link.close()
        self.service._only.close()


@pytest.fixture
def edge_at(world, server, shelly):
    made = []

    def make(address=None):
        video = address or str(film(world.home / "door.mp4", (portrait(), 200)))
        made.append(Edge(world, server, shelly, video))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_the_picture_is_what_the_camera_shows(edge_at):
    edge = edge_at()
    told = edge.answer(edge.question(wire.ASK_LOOK, CAMERA))
    assert isinstance(told, wire.Picture)
    shown = decode_picture(told.jpeg)
    assert shown.shape == (480, 640, 3)
    assert float(np.abs(shown.astype(int) - portrait().astype(int)).mean()) < 12


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9"])
def test_a_camera_that_is_not_there_is_told_with_the_reason(edge_at, address):
    edge = edge_at(address)
    assert edge.answer(edge.question(wire.ASK_LOOK, CAMERA)) == wire.NoPicture(why="refused")


def test_a_camera_that_the_edge_does_not_know_yet(edge_at, monkeypatch):
    monkeypatch.setattr(asked, "LOOK_WITHIN_S", 0.3)
    edge = edge_at()
    assert edge.answer(edge.question(wire.ASK_LOOK, ID)) == wire.NoPicture(why="unknown")


def order():
    return Opening(id=ID, gate="door", at=SystemClock().now())


def test_the_relay_is_watched_while_the_gate_is_opened_as_ever(edge_at, world, shelly):
    edge = edge_at()
    told = edge.answer(edge.question(wire.ASK_PULSE, RELAY), opening=order())
    assert (told.answered, told.went_on, told.inputs, told.why) == (True, True, 1, "")
    assert shelly.device.pulses == 1
    attempts = {body.id: body.reason for body in world.bodies(edge.service.spool) if isinstance(body, wire.Attempt)}
    assert attempts[ID] == "by_hand"  # the stranger before the camera is answered as well


def test_a_contact_that_felt_it_is_named(edge_at, shelly):
    edge = edge_at()

    def the_leaf_moves():
        until(lambda: shelly.device.pulses == 1)
        shelly.device.set_input(0, True)

    leaf = threading.Thread(target=the_leaf_moves)
    leaf.start()
    assert edge.answer(edge.question(wire.ASK_PULSE, RELAY), opening=order()).changed == [0]
    leaf.join()


def test_a_relay_that_lies_is_found_out(edge_at, shelly):
    shelly.control({"lie": True})
    edge = edge_at()
    told = edge.answer(edge.question(wire.ASK_PULSE, RELAY), opening=order())
    assert (told.answered, told.went_on) == (True, False)


def test_a_relay_that_is_unplugged_is_told_and_the_order_is_on_paper(edge_at, world, shelly):
    edge = edge_at()
    shelly.control({"unplug": True})
    assert edge.answer(edge.question(wire.ASK_PULSE, RELAY), opening=order()).why == "lost"
    assert any(isinstance(body, wire.Attempt) for body in world.bodies(edge.service.spool))


def test_the_relay_moves_once_however_often_it_is_asked(edge_at, shelly):
    edge = edge_at()
    question = edge.question(wire.ASK_PULSE, RELAY)
    edge.answer(question, opening=order())
    edge.service.take_feed(wire.Feed(asked=[question], openings=[order()]))
    time.sleep(0.3)
    assert (shelly.device.pulses, len(edge.server.answers)) == (1, 1)


def test_a_question_moves_nothing_without_an_order(edge_at, shelly):
    edge = edge_at()
    edge.service.take_feed(wire.Feed(asked=[edge.question(wire.ASK_PULSE, RELAY)]))
    time.sleep(0.3)
    assert (shelly.device.pulses, edge.server.answers) == (0, [])


def test_cameras_of_the_network(edge_at):
    camera = DiscoverySimulator([a_camera("Yard", "AXIS")]).start()
    edge = edge_at()
    edge.service._asked._find = lambda: discover(0.4, camera.address)
    told = edge.answer(edge.question(wire.ASK_FIND))
    camera.stop()
    assert told.cameras == [wire.FoundCamera(host="127.0.0.1", name="Yard", model="AXIS")]


def test_what_the_keeper_did_not_sign_for_this_site_and_minute_is_answered_by_nobody(edge_at):
    edge = edge_at()
    good = edge.question(wire.ASK_LOOK, CAMERA)
    bad = [
        edge.question(wire.ASK_LOOK, CAMERA, site="site-2"),
        edge.question(wire.ASK_LOOK, CAMERA, signed_by=new_device_keys().sign_key),
        edge.question(wire.ASK_LOOK, CAMERA, ends_s=-1),
        edge.world.a_pass(),
        good[:-8] + "AAAAAAAA",
        "", "\0", "GH1..", "x" * 10_000,
    ]  # fmt: skip
    edge.service.take_feed(wire.Feed(asked=bad))
    time.sleep(0.5)
    assert edge.server.answers == []
    assert isinstance(edge.answer(good), wire.Picture)
