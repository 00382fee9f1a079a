"""Which addresses a camera may have."""

from pathlib import Path

import pytest
from tests.devices.feeds import FixedClock

from gatehouse.devices.cameras.address import parse_address
from gatehouse.devices.catalog import open_camera
from gatehouse.devices.errors import UnknownDriver


@pytest.mark.parametrize(
    "address",
    [
        "ftp://10.0.0.9/a",
        "concat:a|b",
        "rtsp://",
        "http:///x",
        "data:,x",
        "rtsp://[10.0.0.9/a",
        "rtsp://10.0.0.9:door/a",
    ],
)
def test_an_address_of_another_kind_is_refused(address: str, clock: FixedClock) -> None:
    with pytest.raises(UnknownDriver):
        open_camera("stream", address, None, clock)


def test_a_camera_driver_that_does_not_exist_is_refused(clock: FixedClock) -> None:
    with pytest.raises(UnknownDriver, match="telepathy"):
        open_camera("telepathy", "rtsp://10.0.0.9", None, clock)


def test_the_secret_goes_into_the_url_and_never_into_what_is_shown() -> None:
    address = parse_address("rtsp://10.0.0.9:554/live?channel=1", "guard:p@ss/word")
    assert address.url == "rtsp://guard:p%40ss%2Fword@10.0.0.9:554/live?channel=1"
    assert address.shown == "rtsp://10.0.0.9:554/live"


def test_a_secret_without_a_user_is_refused_without_repeating_it() -> None:
    with pytest.raises(UnknownDriver) as refusal:
        parse_address("rtsp://10.0.0.9", "hush")
    assert "hush" not in str(refusal.value)


def test_a_file_is_a_recording_and_may_lead_nowhere_else(tmp_path: Path) -> None:
    address = parse_address(str(tmp_path / "a:b.mp4"))
    assert not address.live
    assert address.url == f"file:{tmp_path}/a:b.mp4"
    assert dict(address.options)["protocol_whitelist"] == "file"


def test_a_stream_may_not_lead_to_files() -> None:
    for url in ("rtsp://10.0.0.9", "http://10.0.0.9", "https://10.0.0.9", "tcp://10.0.0.9:9"):
        assert "file" not in dict(parse_address(url).options)["protocol_whitelist"].split(",")
