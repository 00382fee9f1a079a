"""A keeper that is slow, breaks off or lies: whoever stands between server and keeper, or a keeper that is ill.

A false keeper sits on a socket of its own before the real one and spoils what that answers. Whatever it says, letters
are taken whole or not at all and come again, nobody is shown, and nothing is written. What it cannot be caught at is an
answer that is well formed and untrue: the server believes its keeper, and the socket is for that one's user alone.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.server.conftest import keeper, world
from tests.server.pages.conftest import House, house

from gatehouse import wire
from gatehouse.keeper import protocol as say
from gatehouse.keeper.client import Client
from gatehouse.keeper.frames import read_frame, write_frame
from gatehouse.server import edgeport, keeping
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import Attempt, Edge, Passage, Quarantine
from gatehouse.server.people.models import Person

__all__ = ["house", "keeper", "world"]

PATIENCE_S = 0.25
Spoil = Callable[[bytes], bytes | None]
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(say.AnyReply).decode
LISTS = {
    say.Sealed: "cells",
    say.Revealed: "data",
    say.Admissions: "results",
    say.Names: "ids",
    say.Retokened: "tokens",
}


class FalseKeeper:
    """Passes every question on to the real keeper and answers what `spoil` makes of its reply; None hangs up."""

    def __init__(self, path: Path, real: Path, spoil: Spoil) -> None:
        self.path, self._real, self._spoil = path, real, spoil
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen()
        self.asked = 0
        self.client = Client(path, timeout_s=PATIENCE_S)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.client.close()
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as real:
            real.connect(str(self._real))
            try:
                while (question := read_frame(connection, 30)) is not None:
                    self.asked += 1
                    write_frame(real, question)
                    said = self._spoil(read_frame(real, 30) or b"")
                    if said is None:
                        return
                    connection.sendall(said)
            except OSError:
                return  # who asked has gone


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


def late(reply: bytes) -> bytes:
    time.sleep(2 * PATIENCE_S)
    return framed(reply)


def hangs_up(reply: bytes) -> None:
    return None


def breaks_off(reply: bytes) -> bytes:
    return framed(reply)[: len(reply) // 2]


def is_garbage(reply: bytes) -> bytes:
    return framed(bytes(255 - byte for byte in reply))


def says_done(reply: bytes) -> bytes:
    return framed(_encode(say.Done()))


def says_no(reply: bytes) -> bytes:
    return framed(_encode(say.Refused("not_allowed")))


def _changed(reply: bytes, change: Callable[[list[object]], list[object]]) -> bytes:
    known = _decode(reply)
    name = LISTS.get(type(known))
    return framed(
        _encode(known if name is None else msgspec.structs.replace(known, **{name: change(list(getattr(known, name)))}))
    )


def leaves_out(reply: bytes) -> bytes:
    return _changed(reply, lambda answers: answers[:-1])


def adds_one(reply: bytes) -> bytes:
    return _changed(reply, lambda answers: [*answers, *answers[-1:]])


SPOILED: list[Spoil] = [late, hangs_up, breaks_off, is_garbage, says_done, says_no, leaves_out, adds_one]


@pytest.fixture(params=SPOILED, ids=lambda spoil: spoil.__name__)
def false_keeper(request, world, tmp_path) -> Iterator[FalseKeeper]:
    false = FalseKeeper(tmp_path / "false.sock", world.home / "keeper" / "keeper.sock", request.param)
    yield false
    false.close()


def held() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Attempt, Passage, Quarantine, Person, Entry))


def test_letters_are_taken_whole_or_not_at_all_and_none_is_lost(world, house, false_keeper) -> None:
    letters = [world.sim.letter(world.passage(subject=str(house.person.pk))) for _ in range(3)]
    body, before = wire.encode(letters), held()
    signed = world.sim.sign(world.now(), "POST", "/edge/letters", body)
    keeping.configure(false_keeper.client)
    answer = edgeport.letters(edgeport.Ask("POST", "/edge/letters", signed, body), now=world.now())
    assert answer.status == 503, answer
    assert false_keeper.asked
    assert held() == before
    assert Edge.objects.get().last_seq == 0
    keeping.configure(world.keeper)
    assert world.receive(letters) == 3
    assert Passage.objects.count() == 3
    assert world.receive(letters) == 3  # and once
    assert Passage.objects.count() == 3


def test_nobody_is_shown_and_nothing_is_written(world, house: House, false_keeper) -> None:
    browser = house.browser(say.Role.HR)
    browser.raise_request_exception = False
    page = f"/people/{house.person.pk}/"
    assert browser.get(page).status_code == 200  # who is signed in is known for some seconds
    before = held()
    keeping.configure(false_keeper.client)
    for answer in (browser.post(f"{page}name"), browser.get(page), browser.post("/people/", {"q": "Lin Moss"})):
        text = answer.content.decode()
        assert "Lin Moss" not in text.replace('value="Lin Moss"', "")
        assert answer.status_code in (200, 403, 503), answer.status_code
    with pytest.raises((keeping.KeeperAway, keeping.KeeperRefused)):
        world.hire("S-105", "Ann Example")
    assert held() == before
    assert false_keeper.asked
    keeping.configure(world.keeper)
    assert "Lin Moss" in browser.post(f"{page}name").content.decode()
