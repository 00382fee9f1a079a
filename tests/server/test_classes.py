"""A stay is priced as what its vehicle is: an operator's word before the registration, and that before the plate."""

import pytest
from tests.server.test_stays import enter
from tests.server.world import SETUP, TARIFF, overtake, reprice

from gatehouse.keeper.protocol import Role
from gatehouse.server.parking import actions, classes, closing, facts, queries
from gatehouse.server.parking.models import Act, ClosedStay, LaneAct, OpenStay
from gatehouse.server.people.vehicle_actions import register_vehicle

CLASSES = {"motorcycle": {"percent": -50}, "truck": {"percent": 100}}
PLATE = "京A12345"


@pytest.fixture(autouse=True)
def tariff(world):
    versions = [{**TARIFF["versions"][0], "classes": CLASSES}]
    reprice(world.garage.tariff, {**TARIFF, "versions": versions})


def due(world, stay):
    return facts.quote(queries.open_stay(stay.pk), world.now()).due.minor


def set_class(world, stay, vehicle_class, by=SETUP):
    return classes.set_class(queries.open_stay(stay.pk), vehicle_class, by=by, at=world.now())


def test_a_registered_motorcycle_is_priced_as_one_while_inside_and_when_it_leaves(world):
    vehicle = register_vehicle(world.site, PLATE, owner=None, vehicle_class="motorcycle", by=SETUP, at=world.now())
    known = str(vehicle.pk)
    world.tell(world.passage("in", reason="visitor", at=world.ago(minutes=61), plate=PLATE, subject=known))
    assert due(world, OpenStay.objects.get()) == 500
    world.tell(world.leaves(PLATE))
    assert ClosedStay.objects.get().amount_minor == 500


def test_a_plate_that_is_not_registered_is_priced_as_a_car(world):
    stay = enter(world, PLATE, minutes=61)
    assert due(world, stay) == 1000


def test_an_operators_word_reprices_one_open_stay_and_stands_in_the_report_with_what_it_gives_away(world):
    stay, other = enter(world, PLATE, minutes=61), enter(world, "京B00001", minutes=61)
    by = world.operator(Role.PARKING)
    done = set_class(world, stay, "motorcycle", by)
    assert (done.before.minor, done.after.minor) == (1000, 500)
    assert (due(world, stay), due(world, other)) == (500, 1000)
    act = LaneAct.objects.get()
    assert (act.act, act.operator, act.waived_minor) == (Act.CLASS_SET, by.actor, 500)
    world.tell(world.leaves(PLATE))
    assert ClosedStay.objects.get().amount_minor == 500


def test_a_class_that_costs_more_gives_nothing_away(world):
    stay = enter(world, PLATE, minutes=61)
    assert set_class(world, stay, "truck").after.minor == 2000
    assert LaneAct.objects.get().waived_minor == 0


def test_an_operators_word_comes_before_the_registration(world):
    vehicle = register_vehicle(world.site, PLATE, owner=None, vehicle_class="motorcycle", by=SETUP, at=world.now())
    known = str(vehicle.pk)
    world.tell(world.passage("in", reason="visitor", at=world.ago(minutes=61), plate=PLATE, subject=known))
    stay = OpenStay.objects.get()
    set_class(world, stay, "car")
    assert due(world, stay) == 1000


def test_a_class_that_the_tariff_does_not_name_is_refused_and_the_same_again_is_no_second_act(world):
    stay = enter(world, PLATE, minutes=61)
    with pytest.raises(classes.ClassError):
        set_class(world, stay, "tank")
    assert set_class(world, stay, "motorcycle") is not None
    assert set_class(world, stay, "motorcycle") is None
    assert LaneAct.objects.count() == 1


def test_a_class_that_is_set_while_the_exit_is_priced_counts(world, monkeypatch):
    stay = enter(world, PLATE, minutes=61)
    overtake(monkeypatch, closing, "entries", lambda: set_class(world, stay, "motorcycle"))
    world.tell(world.leaves(PLATE))
    assert ClosedStay.objects.get().amount_minor == 500


def test_the_class_stays_with_the_stay_over_midnight(world):
    stay = enter(world, PLATE, minutes=61)
    set_class(world, stay, "motorcycle")
    row = queries.open_stay(stay.pk)
    assert row.vehicle_class == "motorcycle"
    assert actions.find_stay(world.garage, PLATE, address="192.0.2.7").vehicle_class == "motorcycle"
