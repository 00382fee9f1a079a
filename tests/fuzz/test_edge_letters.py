"""Letters of an edge in a thief's hands, whose key signs whatever the thief writes: a receipt or a clear refusal, no
fault of ours, and the honest letter behind them is taken."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.odd import examples, of_type, spoiled
from tests.server.world import World

from gatehouse import wire
from gatehouse.server import edgeport
from gatehouse.server.gates.models import Passage

pytestmark = pytest.mark.django_db
TARGET = "/edge/letters"


def post(world: World, body: bytes, *, authorization: str = "") -> edgeport.Answer:
    signed = authorization or world.sim.sign(world.now(), "POST", TARGET, body)
    return edgeport.letters(edgeport.Ask("POST", TARGET, signed, body), now=world.now())


def known(world: World) -> dict[str, tuple[Any, ...]]:
    at = world.now()
    person = str(world.hire().pk)
    return {
        "gate": ("door", "in", "out"), "subject": (person,), "plate": ("京A12345", "沪C·2T918"), "direction": ("in", "out"),  # noqa: E501
        "at": (at, at - timedelta(minutes=1), at - timedelta(days=3), at + timedelta(days=400)), "seen_at": (at,),
        "means": ("face", "plate", "card", "receipt"), "reason": ("rule", "visitor", "cleared", "unpaid"),
        "id": (wire.new_id(at),), "attempt": (wire.new_id(at),), "kind": ("relay_lost", "edge_started", "camera_lost"),
    }  # fmt: skip


def test_a_body_of_any_values_is_taken_or_kept_aside_and_holds_nothing_up(world: World) -> None:
    there = known(world)

    @examples(120)
    @given(st.one_of(*(of_type(kind, there) for kind in (wire.Attempt, wire.Passage, wire.GateEvent))))
    def told(body: Any) -> None:
        answer = post(world, wire.encode([world.sim.letter(body)]))
        assert answer.status == 200, answer
        assert wire.decode_receipt(answer.body).through == world.sim.seq

    told()
    _honest(world)


def test_bytes_that_are_no_body_are_kept_aside(world: World) -> None:
    good = wire.encode(world.passage("in", plate="京A00001", reason="visitor"))

    @examples(60)
    @given(st.one_of(spoiled(good), st.binary(max_size=200)))
    def told(body: bytes) -> None:
        world.sim.seq += 1
        answer = post(world, wire.encode([world.sim.letter_numbered(world.sim.seq, body)]))
        assert (answer.status, wire.decode_receipt(answer.body).through) == (200, world.sim.seq)

    told()
    _honest(world)


def test_a_spoiled_batch_is_refused_or_counts_no_further_than_it_fits(world: World) -> None:
    letters = [world.sim.letter(world.attempt()) for _ in range(3)]
    good = wire.encode(letters)

    @examples(80)
    @given(spoiled(good))
    def sent(body: bytes) -> None:
        answer = post(world, body)
        assert answer.status in (200, 400), answer
        if answer.status == 200:
            assert wire.decode_receipt(answer.body).through <= world.sim.seq

    sent()
    _honest(world, letters)


def test_an_authorization_of_any_text_is_nobodys(world: World) -> None:
    body = wire.encode([world.sim.letter(world.attempt())])
    good = world.sim.sign(world.now(), "POST", TARGET, body)

    @examples(80)
    @given(st.one_of(st.text(max_size=200), spoiled(good.encode()).map(lambda raw: raw.decode("latin-1"))))
    def sent(authorization: str) -> None:
        if authorization and authorization != good:
            assert post(world, body, authorization=authorization).status == 401

    sent()


def _honest(world: World, first: list[wire.Letter] | None = None) -> None:
    """What is true is taken after all that, and once."""
    before = Passage.objects.count()
    fact = world.passage("in", plate="京Z99999", reason="visitor")
    answer = post(world, wire.encode([*(first or []), world.sim.letter(fact)]))
    assert (answer.status, wire.decode_receipt(answer.body).through) == (200, world.sim.seq)
    assert Passage.objects.count() == before + 1


def test_the_strategy_makes_bodies_that_the_wire_knows() -> None:
    """Else the tests above would only try what is refused at the first look."""

    @examples(20)
    @given(of_type(wire.Passage, {}))
    def made(body: wire.Passage) -> None:
        assert msgspec.msgpack.decode(wire.encode(body), type=wire.Body) is not None

    made()
