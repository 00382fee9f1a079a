"""Why no picture comes, from what a real camera object says of itself."""

import time

import pytest
from tests.devices.feeds import head

from gatehouse.clock import SystemClock
from gatehouse.devices.cameras import faults
from gatehouse.devices.cameras.faults import why_lost
from gatehouse.devices.cameras.port import Condition
from gatehouse.devices.cameras.stream import StreamCamera


def refused(status):
    def script(connection, visit):
        connection.recv(4096)
        connection.sendall(f"HTTP/1.0 {status} No\r\nContent-Length: 0\r\n\r\n".encode())

    return script


def noise(connection, visit):
    head(connection)
    connection.sendall(b"<html>" * 40_000)


def silence(connection, visit):
    head(connection)
    time.sleep(3)


def lost(address):
    camera = StreamCamera(address, SystemClock(), patience_s=1.0)
    try:
        ends = time.monotonic() + 10
        while camera.state().condition is not Condition.LOST:
            assert time.monotonic() < ends
            time.sleep(0.02)
        return why_lost(camera.state().reason)
    finally:
        camera.close()


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (refused(401), faults.PASSWORD),
        (refused(403), faults.PASSWORD),
        (refused(404), faults.PATH),
        (noise, faults.UNCLEAR),
        (silence, faults.SILENT),
    ],
    ids=["401", "403", "404", "noise", "silence"],
)
def test_a_camera_that_misbehaves_is_told_by_its_own_code(feed, script, why):
    assert lost(feed(script).url("http")) == why


def test_a_port_that_nobody_listens_at():
    assert lost("tcp://127.0.0.1:9") == faults.REFUSED


def test_what_stands_in_the_address_says_nothing():
    assert why_lost("rtsp://cam-404-401/not found: Network is unreachable") == faults.UNREACHABLE
