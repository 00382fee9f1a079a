"""Whatever comes over the keeper's socket, it answers or hangs up, at once, and goes on for everybody else."""

import socket
import struct
import typing
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.fuzz.odd import examples, of_type, spoiled
from tests.keeper.conftest import EDGE, SITE, Desk

from gatehouse.keeper import local, protocol
from gatehouse.keeper.client import Client, KeeperAway
from gatehouse.keeper.frames import address
from gatehouse.keeper.protocol import FRAME_LIMIT, LABELS, Authority, Reply
from gatehouse.keeper.rules import ALL_OPERATORS

WITHIN_S = 10.0
REQUESTS = tuple(typing.get_args(protocol.AnyRequest))
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(protocol.AnyReply).decode


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One keeper for all: what earlier requests left in it is there for the later ones."""
    made = Desk(tmp_path_factory.mktemp("keeper"))
    with capture_logs() as made.logged:
        made.start()
        made.enrol()
        yield made
        made.stop()


@pytest.fixture(scope="module")
def known(desk: Desk) -> dict[str, tuple[Any, ...]]:
    """Tickets, people, cells and letters that are really there, so that requests come beyond the first question."""
    people = [desk.person()[0] for _ in range(3)]
    cells = [desk.sealed(label, people[0], "x") for label in ("person.name/1", "person.bank/1", "credential.card/1")]
    tickets = [desk.sign_in(role).ticket for role in sorted(ALL_OPERATORS)]
    tickets.append(desk.worker(people[0]).ticket)
    tickets.append(local.shell_authority(desk.home).ticket)
    by = tuple(Authority(ticket=one) for one in tickets) + tuple(Authority(job=job) for job in ("workdays", "stays"))
    return {
        "ticket": tuple(tickets), "by": by, "cells": tuple(cells), "subject": tuple(people), "subjects": tuple(people),
        "owners": tuple(people), "label": tuple(LABELS), "row": tuple(people), "site": (SITE,), "edge": (EDGE,),
        "among": tuple(people), "letters": (desk.letter(desk.passage()), desk.letter(desk.passage(plate="京A12345"))),
        "place": (0, 1, 2), "plate": ("京A12345", "沪C·2T918"), "zone": ("UTC", "Asia/Shanghai", "Nowhere/Else"),
        "name": ("sources", "bank"), "job": ("workdays", "payments"), "limit": (1, 25),
    }  # fmt: skip


def ask(desk: Desk, frame: bytes) -> bytes | None:
    """The bytes of the answer, None when the keeper hung up. A keeper that does neither within time fails the test."""
    with socket.socket(socket.AF_UNIX) as connection, address(local.socket_path(desk.home)) as name:
        connection.settimeout(WITHIN_S)
        connection.connect(name)
        connection.sendall(frame)
        connection.shutdown(socket.SHUT_WR)
        try:
            parts = []
            while part := connection.recv(1 << 16):
                parts.append(part)
        except ConnectionResetError:
            return None
    return b"".join(parts) or None


def is_well(desk: Desk) -> bool:
    """It still answers somebody else, and no thread of it broke."""
    assert not [line for line in desk.logged if line["event"] == "keeper.fault"]
    return len(desk.client.hello().verify_key) == 32


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_every_request_however_odd_is_answered(desk: Desk, known: dict[str, tuple[Any, ...]], kind: type) -> None:
    """The shape fits, the values do not: no ticket is good for what it asks, dates are the first and the last."""

    @examples(12)
    @given(of_type(kind, known))
    def asked(request: Any) -> None:
        with closing(Client(local.socket_path(desk.home), timeout_s=WITHIN_S)) as client:
            try:
                reply = client.call(request)
            except KeeperAway as fault:
                raise AssertionError("the keeper hung up on a request of a known shape") from fault
            assert isinstance(reply, Reply)

    asked()
    assert is_well(desk)


@examples(150)
@given(data=st.data())
def test_what_is_no_request_ends_that_connection_alone(
    desk: Desk, known: dict[str, tuple[Any, ...]], data: Any
) -> None:
    request = data.draw(of_type(data.draw(st.sampled_from(REQUESTS)), known))
    payload = data.draw(st.one_of(st.binary(max_size=300), spoiled(_encode(request))))
    length = data.draw(st.sampled_from([len(payload), len(payload), 0, len(payload) + 1, FRAME_LIMIT + 1, 2**32 - 1]))
    answer = ask(desk, struct.pack(">I", length) + payload)
    if answer is not None:
        (said,) = struct.unpack(">I", answer[:4])
        _decode(answer[4 : 4 + said])
    assert is_well(desk)


def test_a_frame_that_is_deep_inside_itself_is_dropped(desk: Desk) -> None:
    for payload in (b"\x91" * 100_000, b"\x81\xa4verb" * 20_000, b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff"):
        assert ask(desk, struct.pack(">I", len(payload)) + payload) is None
    assert is_well(desk)


def test_a_keeper_that_was_fuzzed_starts_again_with_its_log_whole(desk: Desk, known: object) -> None:
    """Last in this file: whatever was written above can be read."""
    desk.clock.forward(timedelta(minutes=1))
    desk.restart()
    assert is_well(desk)
    assert sum(1 for _ in desk.service.vault.log.entries()) == desk.service.vault.log.head()[0]
