"""What lanes did alone arrives late: stays end right, prices are those of the times told, and nothing opens."""

from datetime import timedelta

import msgspec
import pytest
from django.utils import translation
from tests.server.callers import caller
from tests.server.world import SETUP

from gatehouse import wire
from gatehouse.domain import policy
from gatehouse.domain.liveness import Liveness
from gatehouse.domain.offline import CameraLost, ServerAway
from gatehouse.keeper.protocol import Role
from gatehouse.server import edgeport, feed, keeping
from gatehouse.server.console import words_offline
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates.actions import change_gate
from gatehouse.server.gates.models import Gate, Opening
from gatehouse.server.parking.facts import NoQuote, quotes
from gatehouse.server.parking.models import ClosedState, ClosedStay, ExitClearance, LaneException, OpenStay

PLATE = "京A10001"


def goes(world, reason, *, at, plate=PLATE):
    return world.passage("out", reason=reason, at=at, plate=plate, direction="out")


def ended():
    return ClosedStay.objects.get()


def test_a_car_that_was_let_out_owing_leaves_an_unpaid_stay_with_what_it_cost_when_it_left(world):
    world.tell(world.enters(PLATE, at=world.ago(hours=3)))
    world.tell(goes(world, "offline_owed", at=world.ago(minutes=70)))
    assert (ended().state, ended().amount_minor, ended().paid_minor) == (ClosedState.UNPAID, 1000, 0)
    assert not OpenStay.objects.exists()


def test_a_whole_day_that_was_told_late_ends_every_stay_once_however_often_it_is_told(world):
    letters = []
    for number in range(3):
        letters.append(world.sim.letter(world.enters(f"京A2000{number}", at=world.ago(hours=10))))
    for number, hours in enumerate((1, 2, 3)):
        left = world.ago(hours=10) + timedelta(hours=hours)
        letters.append(world.sim.letter(goes(world, "offline_owed", at=left, plate=f"京A2000{number}")))
    world.receive(letters[:4])
    world.receive(letters)
    world.receive(letters[2:])
    assert sorted(ClosedStay.objects.values_list("amount_minor", flat=True)) == [500, 1000, 1500]
    assert not OpenStay.objects.exists()
    assert not LaneException.objects.exists()


def test_who_had_paid_before_leaving_owes_nothing_though_the_lane_did_not_know(world):
    world.tell(world.enters(PLATE, at=world.ago(hours=2)))
    stay = OpenStay.objects.get()
    OpenStay.objects.update(paid_minor=1000, state="cleared")
    ExitClearance.objects.create(stay=stay, garage=world.garage, ends=world.now() + timedelta(minutes=10))
    world.tell(goes(world, "offline_owed", at=world.ago(minutes=1)))
    assert (ended().state, ended().amount_minor, ended().paid_minor) == (ClosedState.SETTLED, 1000, 1000)


def test_a_lane_that_lets_out_free_of_charge_leaves_nothing_owed(world):
    world.tell(world.enters(PLATE, at=world.ago(hours=3)))
    world.tell(goes(world, "offline_free", at=world.ago(minutes=70)))
    assert (ended().state, ended().amount_minor) == (ClosedState.SETTLED, 0)


def test_a_stay_from_a_time_that_the_gate_did_not_know_has_no_price(world):
    world.tell(world.passage("in", reason="clock_doubtful", at=world.ago(days=2), plate=PLATE))
    stay = OpenStay.objects.select_related("garage__tariff", "garage__site").get()
    assert quotes([stay], world.now()) == {stay.pk: NoQuote.NO_PRICE}
    world.tell(goes(world, "cleared", at=world.now()))
    assert (ended().state, ended().amount_minor) == (ClosedState.UNPRICED, 0)


def test_a_stay_until_a_time_that_the_gate_did_not_know_keeps_what_was_paid_and_owes_no_more(world):
    world.tell(world.enters(PLATE, at=world.ago(hours=9)))
    OpenStay.objects.update(paid_minor=500)
    world.tell(goes(world, "clock_doubtful", at=world.ago(hours=1)))
    assert (ended().state, ended().amount_minor, ended().paid_minor) == (ClosedState.UNPRICED, 500, 500)


@pytest.mark.parametrize("reason", ["unpaid", "server_away", "offline_owed", "clock_doubtful"])
def test_what_waited_at_the_edge_opens_nothing_when_it_arrives(world, reason):
    """A late attempt may only clear a stay that owes nothing; it never orders an opening."""
    world.tell(world.enters(PLATE, at=world.ago(hours=5)))
    granted = reason in ("offline_owed", "clock_doubtful")
    late = world.attempt("out", granted=granted, reason=reason, at=world.ago(hours=1), plate=PLATE, direction="out")
    world.tell(late)
    assert not Opening.objects.exists()
    assert not ExitClearance.objects.exists()
    assert OpenStay.objects.count() == 1


def test_a_passage_without_a_plate_is_an_exception_that_somebody_looks_at(world):
    passage = msgspec.structs.replace(goes(world, "camera_lost", at=world.now()), plate=None)
    world.tell(passage)
    assert LaneException.objects.get().kind == "exit_without_stay"


def test_letters_are_kept_when_the_keeper_is_gone_and_taken_when_it_is_back(world, monkeypatch):
    body = wire.encode([world.sim.letter(world.enters(PLATE))])
    ask = edgeport.Ask("POST", "/edge/letters", world.sim.sign(world.now(), "POST", "/edge/letters", body), body)

    def gone(*_):
        raise keeping.KeeperAway

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "admit", gone)
        assert edgeport.letters(ask, now=world.now()).status == 503
        assert not OpenStay.objects.exists()
    assert edgeport.letters(ask, now=world.now()).status == 200
    assert OpenStay.objects.count() == 1


# --- the policy's way to the lane ------------------------------------------------------------------------------------


def test_the_policy_reaches_the_edge_with_the_next_feed(world):
    fact = gates.gate_fact(world.lane_out)
    assert (fact.server_away, fact.server_away_s, fact.camera_lost) == (ServerAway.BY_LANE, 120.0, CameraLost.BY_LANE)
    changed = policy.Gate(
        **{name: getattr(fact, name) for name in fact.__dataclass_fields__}
        | {"server_away": ServerAway.OPEN_FREE, "server_away_s": 600.0, "camera_lost": CameraLost.OPEN}
        | {"liveness": Liveness.CHALLENGE}
    )
    change_gate(world.lane_out, changed, "Exit", by=SETUP, at=world.now())
    sent = feed.changes(world.edge, feed.Known(0, 0), now=world.now())
    arrived = wire.decode_feed(wire.encode(sent)).roster
    assert arrived is not None
    assert changed in arrived.gates


@pytest.mark.parametrize("fault", ["edge_silent", "camera_lost", "relay_lost"])
def test_every_lane_in_trouble_says_what_it_does(world, fault):
    with translation.override("en"):
        said = str(words_offline.in_trouble(gates.gate_fact(world.lane_out), fault))
        assert said
        if fault == "edge_silent":
            assert (
                said == "Alone it lets everybody out and records what they owe. It does so after 2 minutes without us."
            )
        assert not words_offline.in_trouble(gates.gate_fact(world.door), fault)


def test_a_program_sets_the_policy_and_sees_it(world):
    owner = caller(world, Role.OWNER)
    lane = {"code": "out-2", "name": "Exit 2", "kind": "lane", "direction": "out", "means": ["plate"], "collects": True}
    owner.made(
        f"sites/{world.site.pk}/gates",
        **lane,
        server_away="hold",
        server_away_s=300.0,
        camera_lost="open",
        liveness="challenge",
    )
    row = next(row for row in owner.got(f"sites/{world.site.pk}/gates") if row["code"] == "out-2")
    assert (row["server_away"], row["server_away_s"], row["camera_lost"]) == ("hold", 300.0, "open")
    assert row["liveness"] == "challenge"


@pytest.mark.parametrize("odd", [{"server_away": "shrug"}, {"server_away_s": 5.0}, {"camera_lost": 1}])
def test_a_policy_that_is_none_is_refused_with_its_place(world, odd):
    lane = {"code": "out-2", "name": "Exit 2", "kind": "lane", "direction": "out", "means": ["plate"]}
    status, answer = caller(world, Role.OWNER).call("POST", f"sites/{world.site.pk}/gates", lane | odd)
    assert status == 422
    assert next(iter(odd)) in str(answer)
    assert not Gate.objects.filter(code="out-2").exists()
