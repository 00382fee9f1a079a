"""Finding cameras: a probe on a socket, answered by simulators, one of which answers with anything."""

import os

import pytest

from gatehouse.devices.cameras.discovery import MOST_CAMERAS, Discovered, discover, read_answer
from gatehouse.devices.cameras.discovery_sim import DiscoverySimulator, a_camera

BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa">]><x>&a;</x>"""
GARBAGE = [
    lambda probe: b"",
    lambda probe: os.urandom(900),
    lambda probe: b"<e:Envelope>",
    lambda probe: BOMB,
    lambda probe: b"\xff\xfe" + a_camera("A", "B")(probe),
    lambda probe: b'<?xml version="1.0" encoding="no-such"?><x/>',
    lambda probe: a_camera("Other", "Question")("00000000-0000-4000-8000-000000000000"),
    lambda probe: a_camera("Printer", "P")(probe).replace(b"NetworkVideoTransmitter", b"Printer"),
    lambda probe: b"<x>" * 2000,
]


@pytest.fixture
def network():
    running = []

    def start(*answers):
        running.append(DiscoverySimulator(answers).start())
        return running[-1].address

    yield start
    for one in running:
        one.stop()


def test_a_camera_that_answers_is_found_where_it_answered_from(network):
    """What it claims of its address is not believed: else it could send an owner's password to another machine."""
    found = discover(0.5, network(a_camera("Front%20door", "DS-2CD2143", host="203.0.113.9")))
    assert found == [Discovered("127.0.0.1", "Front door", "DS-2CD2143")]


def test_garbage_hides_no_camera(network):
    assert [one.name for one in discover(0.5, network(*GARBAGE, a_camera("Yard", "X")))] == ["Yard"]


def test_nobody_answers(network):
    assert discover(0.2, network()) == []


@pytest.mark.parametrize("number", range(len(GARBAGE)))
def test_garbage_is_no_answer(number):
    assert read_answer(GARBAGE[number]("probe-1"), "192.0.2.1", "probe-1") is None


def test_what_a_camera_says_of_itself_is_one_short_line():
    said = a_camera("x%0A%1b[31m" + "y" * 180, "m%00del")("probe-1")
    found = read_answer(said, "192.0.2.1", "probe-1")
    assert found.name.isprintable()
    assert len(found.name) <= 60
    assert found.model == "mdel"


def test_more_answers_than_a_network_has_cameras_are_not_kept(monkeypatch):
    line = [(a_camera(f"c{n}", "m")("probe-1"), f"192.0.2.{n}") for n in range(MOST_CAMERAS * 3)]
    monkeypatch.setattr("gatehouse.devices.cameras.discovery._answers", lambda _line, _wait: iter(line))
    monkeypatch.setattr("gatehouse.devices.cameras.discovery.uuid4", lambda: "probe-1")
    assert len(discover(0.1, ("127.0.0.1", 9))) == MOST_CAMERAS
