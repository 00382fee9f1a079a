"""Which devices the server lets somebody set up."""

import pytest

from gatehouse.devices.catalog import CAMERAS, READERS, RELAYS
from gatehouse.server.gates.addresses import SCHEMES, check_address


def test_the_server_knows_every_driver_of_the_edge_and_no_other():
    known = {"camera": set(CAMERAS), "relay": set(RELAYS), "reader": set(READERS)}
    assert {kind: set(drivers) for kind, drivers in SCHEMES.items()} == known


@pytest.mark.parametrize(
    ("kind", "driver", "address", "wrong"),
    [
        ("camera", "stream", "rtsp://10.0.0.8:554/live", None),
        ("camera", "stream", "/srv/recording.mp4", None),
        ("relay", "shelly", "http://10.0.0.5", None),
        ("relay", "gpio", "17", "unknown_driver"),
        ("camera", "shelly", "http://10.0.0.5", "unknown_driver"),
        ("camera", "stream", "rtsp://user:word@10.0.0.8/", "holds_a_password"),
        ("relay", "shelly", "ftp://10.0.0.5", "bad_address"),
        ("relay", "shelly", "http://", "bad_address"),
        ("relay", "shelly", "http://10.0.0.5:port", "bad_address"),
        ("relay", "shelly", "http://[::1", "bad_address"),
        ("camera", "stream", "concat:/etc/passwd", "bad_address"),
    ],
)
def test_an_address_is_one_that_a_driver_can_reach_and_holds_no_password(kind, driver, address, wrong):
    assert check_address(kind, driver, address) == wrong
