"""The keeper vouches for the name that it was started with, and its authority stays the same for tablets."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gatehouse.address import origin
from gatehouse.crypto import certificates
from gatehouse.keeper import local
from gatehouse.keeper.client import Client
from gatehouse.keeper.protocol import Certified, Certify, Refused
from gatehouse.keeper.service import Service

from .conftest import HandClock

NAME = "gate.example"


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., object]:
    """What a keeper that is started anew for a name answers to a request."""

    def ask(csr: bytes, at: str = f"https://{NAME}:8443", forward: timedelta = timedelta(0)) -> object:
        clock = HandClock()
        clock.forward(forward)
        service = Service(tmp_path, clock, origin(at)) if at else Service(tmp_path, clock)
        service.start()
        client = Client(local.socket_path(tmp_path), timeout_s=10)
        try:
            return client.call(Certify(csr))
        finally:
            client.close()
            service.stop()

    return ask


def request(name: str = NAME) -> bytes:
    return certificates.ask(certificates.new_server_key(), [name])


def test_the_authority_that_tablets_trust_outlives_restarts_and_is_renewed_in_time(asked) -> None:
    first, later = asked(request()), asked(request(), forward=timedelta(days=3000))
    assert isinstance(first, Certified)
    assert isinstance(later, Certified)
    assert first.authority == later.authority
    assert certificates.vouches(first.authority, later.certificate, NAME, HandClock().now() + timedelta(days=3001))
    last = asked(request(), forward=timedelta(days=3600))
    assert isinstance(last, Certified)
    assert last.authority != first.authority


def test_nobody_gets_a_certificate_for_another_name_or_where_there_is_none(asked) -> None:
    assert asked(request("bank.example")) == Refused("bad_request")
    assert asked(b"nonsense") == Refused("bad_request")
    assert asked(request(), at="") == Refused("not_allowed")


def test_the_authoritys_key_lies_in_no_file(asked, tmp_path: Path) -> None:
    asked(request())
    for file in (tmp_path / "keeper").rglob("*"):
        if file.is_file():
            assert b"PRIVATE KEY" not in file.read_bytes(), file
