"""Questions to an edge: signed by the keeper for an owner, in memory only, answered once and read once."""

import base64
from uuid import uuid4

import pytest
from tests.server.world import SETUP

from gatehouse import wire
from gatehouse.crypto.letters import hpke_seal
from gatehouse.crypto.tokens import Token, check
from gatehouse.domain.regions import Region
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import asking, edgeport, feed
from gatehouse.server.asking import Asking
from gatehouse.server.gates import actions, devices
from gatehouse.server.gates.models import DeviceKind, Edge

ME = "somebody"


def ask(world, what=wire.ASK_LOOK, device="", role=Role.OWNER, own=None):
    by = world.operator(role)
    return asking.ask(Asking(world.site.pk, what, ME, device), by.authority, world.now(), own=own)


def told(world):
    found = feed.changes(Edge.objects.get(), feed.Known(0, 0), now=world.now())
    return found.asked


def claims_of(world, text):
    token = check(text, wire.ASK_KIND, world.keeper.hello().verify_key)
    assert isinstance(token, Token)
    return token.claims


def answer(world, text, body):
    """What the edge sends back, sealed as it seals."""
    claims = claims_of(world, text)
    key = base64.urlsafe_b64decode(claims["key"] + "=")
    aad = wire.answer_aad(world.sim.id, claims["id"])
    sealed = hpke_seal(body, info=wire.ANSWER_INFO, aad=aad, public_key=key)
    return wire.Answer(id=claims["id"], sealed=sealed)


def post(world, body):
    signed = world.sim.sign(world.now(), "POST", "/edge/answers", body)
    return edgeport.answers(edgeport.Ask("POST", "/edge/answers", signed, body), now=world.now()).status


def test_a_picture_travels_once_to_whoever_asked(world):
    question = ask(world)
    (text,) = told(world)
    picture = wire.encode(answer(world, text, wire.encode(wire.Picture(jpeg=b"jpeg"))))
    assert asking.heard(question, ME).answer is None
    assert post(world, picture) == 204
    assert asking.take_picture(question, "somebody else") is None
    assert asking.take_picture(question, ME) == b"jpeg"
    assert asking.take_picture(question, ME) is None
    assert post(world, picture) == 410


def test_it_is_told_again_until_it_is_answered(world, monkeypatch):
    ask(world)
    assert len(told(world)) == 1
    assert told(world) == []
    monkeypatch.setattr(asking, "TELL_AGAIN_S", 0.0)
    (text,) = told(world)
    post(world, wire.encode(answer(world, text, wire.encode(wire.NoPicture(why="refused")))))
    assert told(world) == []


@pytest.mark.parametrize("role", [Role.SECURITY, Role.HR, Role.PARKING, Role.AUDITOR])
def test_the_keeper_signs_no_question_of_anybody_but_an_owner(world, role):
    assert ask(world, role=role) == Refused("not_allowed")
    assert told(world) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [({"what": "format"}, "bad_request"), ({"exp": 10**11}, "bad_request"), ({"site": ""}, "bad_request"),
     ({"key": "x" * 300}, "bad_request"), ({"extra": "1"}, "bad_request")],
)  # fmt: skip
def test_the_keeper_signs_no_other_question(world, change, code):
    from gatehouse.server import keeping

    claims = {"id": str(uuid4()), "site": str(world.site.pk), "what": "look", "dev": "", "key": "k" * 43,
              "exp": int(world.now().timestamp()) + 30} | change  # fmt: skip
    assert keeping.sign_ask(claims, world.operator(Role.OWNER).authority).code == code


def test_what_was_asked_stands_in_the_keeper_s_log(world):
    before = world.keeper.checkpoint() if hasattr(world.keeper, "checkpoint") else None
    ask(world)
    assert before is None or world.keeper.checkpoint() != before


def test_watching_a_relay_goes_only_with_its_order(world):
    own = uuid4()
    ask(world, wire.ASK_PULSE, str(uuid4()), own=own)
    assert told(world) == []
    actions.order_opening(world.door, own, None, by=world.operator(Role.OWNER), at=world.now())
    found = feed.changes(Edge.objects.get(), feed.Known(0, 0), now=world.now())
    assert [order.id for order in found.openings] == [str(own)]
    assert [claims_of(world, text)["id"] for text in found.asked] == [str(own)]


def test_garbage_is_refused_and_costs_no_question(world):
    question = ask(world)
    (text,) = told(world)
    good = answer(world, text, wire.encode(wire.NoPicture(why="path")))
    for body, status in [
        (b"", 400),
        (b"\xff" * 99, 400),
        (wire.encode([1, 2]), 400),
        (wire.encode(wire.Answer(id="none", sealed=good.sealed)), 410),
        (wire.encode(wire.Answer(id=str(uuid4()), sealed=good.sealed)), 410),
        (wire.encode(wire.Answer(id=good.id, sealed=b"short")), 410),
        (wire.encode(answer(world, text, b"\xc1 no answer")), 410),
    ]:
        assert post(world, body) == status
    assert asking.heard(question, ME).answer is None
    assert post(world, wire.encode(good)) == 204


def test_an_answer_of_nobody_s_is_not_taken(world):
    ask(world)
    (text,) = told(world)
    body = wire.encode(answer(world, text, wire.encode(wire.NoPicture(why="path"))))
    signed = world.sim.sign(world.now(), "POST", "/edge/answers", b"another")
    assert edgeport.answers(edgeport.Ask("POST", "/edge/answers", signed, body), now=world.now()).status == 401


def test_questions_are_forgotten(world, monkeypatch):
    first = ask(world)
    monkeypatch.setattr(asking, "KEPT_S", -1.0)
    assert asking.heard(first, ME) is None


def test_no_more_than_a_bounded_number_is_kept(world, monkeypatch):
    monkeypatch.setattr(asking, "MOST", 2)
    made = [ask(world) for _ in range(4)]
    assert [one for one in made if asking.heard(one, ME)] == made[-2:]


def test_a_region_travels_to_the_edge_and_a_whole_picture_takes_no_room(world):
    by, at = world.operator(Role.OWNER), world.now()
    camera = actions.add_device(world.door, DeviceKind.CAMERA, "stream", "rtsp://192.0.2.1/a", by=SETUP, at=at)

    def entry():
        return feed.changes(Edge.objects.get(), feed.Known(0, 0), now=at).roster.devices[0]

    assert b"region" not in wire.encode(entry())
    devices.set_region(camera, Region(0, 0, 500, 1000), by=by, at=at)
    assert entry().region == [0, 0, 500, 1000]
    devices.set_region(camera, None, by=by, at=at)
    assert entry().region == []
