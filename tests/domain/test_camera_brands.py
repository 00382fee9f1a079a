"""Addresses of common cameras."""

from urllib.parse import urlsplit

import pytest

from gatehouse.domain.camera_brands import BRANDS, brand_of, stream_address


@pytest.mark.parametrize("brand", BRANDS, ids=lambda brand: brand.code)
@pytest.mark.parametrize("host", ["192.168.1.20", "cam-1.site.example", "fd00::7"])
def test_an_address_is_rtsp_to_that_host_and_holds_no_password(brand, host):
    parts = urlsplit(stream_address(brand, host))
    assert (parts.scheme, parts.hostname, parts.port) == ("rtsp", host, brand.port)
    assert (parts.username, parts.password, parts.fragment) == (None, None, "")


def test_nothing_that_is_typed_leaves_the_host():
    assert urlsplit(stream_address(BRANDS[0], "a/../b@c#d?e")).path == BRANDS[0].path


@pytest.mark.parametrize(
    ("said", "code"),
    [("HIKVISION DS-2CD2143", "hikvision"), ("IPC-HFW2431S dahua", "dahua"), ("AXIS P3245", "axis"), ("nobody", None)],
)
def test_a_make_is_known_by_what_it_says(said, code):
    found = brand_of(said)
    assert (found.code if found else None) == code
