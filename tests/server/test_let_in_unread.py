"""A car that nobody read is let in from the queue under a virtual plate: its stay opens, and it pays by that number."""

import pytest
from tests.server.world import SETUP

from gatehouse.server import feed
from gatehouse.server.gates.models import Opening
from gatehouse.server.gates.virtual import plate_of
from gatehouse.server.parking import actions, facts
from gatehouse.server.parking.lane_acts import Why
from gatehouse.server.parking.lane_answers import Answer, Problem, offered, resolve
from gatehouse.server.parking.models import ExceptionKind, LaneAct, LaneException, OpenStay


@pytest.fixture
def unread(world):
    facts = {"garage": world.garage, "kind": ExceptionKind.UNREAD, "at": world.now()}
    return LaneException.objects.create(gate="in", **facts)


def admit(world, exception, by=SETUP):
    return resolve(exception, Answer.ADMIT, why=Why.DIRTY, by=by, at=world.now())


def test_the_order_carries_a_virtual_plate_and_its_passage_opens_a_stay_that_is_found_and_priced(world, unread):
    done = admit(world, unread)
    opening = Opening.objects.get()
    assert done.admitted == opening.pk
    (order,) = feed._openings(world.edge, world.site)
    assert order.plate == plate_of(opening.pk)
    assert LaneAct.objects.get().act == "opened"
    world.tell(world.passage("in", reason="by_hand", at=world.ago(minutes=61), plate=order.plate))
    stay = actions.find_stay(world.garage, order.plate, address="192.0.2.7")
    assert stay == OpenStay.objects.get()
    assert facts.quote(stay, world.now()).due.minor == 1000


def test_an_opening_without_a_number_carries_none(world, unread):
    resolve(unread, Answer.OPEN, why=Why.DIRTY, by=SETUP, at=world.now())
    (order,) = feed._openings(world.edge, world.site)
    assert order.plate is None


def test_of_two_clicks_one_lets_in(world, unread):
    assert admit(world, unread).admitted
    assert admit(world, unread) is Problem.ALREADY
    assert Opening.objects.count() == 1


def test_at_an_exit_it_is_not_offered(world):
    at_exit = LaneException.objects.create(garage=world.garage, kind=ExceptionKind.UNREAD, at=world.now(), gate="out")
    assert Answer.ADMIT not in offered(at_exit)
    assert admit(world, at_exit) is Problem.NOT_OFFERED
    assert not Opening.objects.exists()
