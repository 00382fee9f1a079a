"""A passage out by receipt closes the stay that it names, whatever the camera read."""

from dataclasses import replace
from uuid import uuid4

import msgspec
from tests.server.world import _OUT, SETUP

from gatehouse.server.gates.actions import add_gate
from gatehouse.server.gates.models import Passage, Quarantine
from gatehouse.server.parking.actions import add_garage
from gatehouse.server.parking.models import ClosedStay, ExceptionKind, LaneException, OpenStay
from gatehouse.server.people.actions import add_zone

PLATE = "京N8P367"


def out_by_receipt(world, stay, **more):
    passage = world.passage("out", reason="receipt", subject=str(stay), direction="out", **more)
    return msgspec.structs.replace(passage, means="receipt")


def test_it_closes_that_stay_and_no_other(world):
    world.tell(world.enters(PLATE), world.enters("京N8P368"))
    first = OpenStay.objects.order_by("pk").first()
    world.tell(out_by_receipt(world, first.pk))
    assert OpenStay.objects.exclude(pk=first.pk).count() == 1
    assert OpenStay.objects.filter(pk=first.pk).count() == 0
    assert ClosedStay.objects.get().pk == first.pk
    assert LaneException.objects.count() == 0


def test_in_and_out_in_one_batch_and_again(world):
    world.tell(world.enters(PLATE))
    stay = OpenStay.objects.get().pk
    letters = [world.sim.letter(out_by_receipt(world, stay)), world.sim.letter(world.enters(PLATE))]
    world.receive(letters)
    world.receive(letters)
    assert ClosedStay.objects.get().pk == stay
    assert OpenStay.objects.get().pk != stay


def test_a_stay_that_has_left_or_was_never_there_is_an_exception(world):
    world.tell(out_by_receipt(world, uuid4()))
    assert LaneException.objects.get().kind == ExceptionKind.EXIT_WITHOUT_STAY


def test_a_receipt_without_an_id_goes_to_quarantine_and_holds_nothing_up(world):
    world.tell(out_by_receipt(world, "no-id"), world.enters(PLATE))
    assert Quarantine.objects.count() == 1
    assert OpenStay.objects.count() == 1


def test_the_rows_of_the_passage_name_no_stay(world):
    world.tell(world.enters(PLATE))
    stay = OpenStay.objects.get().pk
    world.tell(out_by_receipt(world, stay))
    row = Passage.objects.get(direction="out")
    assert row.token is None
    assert stay.bytes not in bytes(row.cell)
    assert str(stay).encode() not in bytes(row.cell)


def test_a_stay_leaves_only_through_a_lane_of_its_own_garage(world):
    world.tell(world.enters(PLATE))
    stay = OpenStay.objects.get().pk
    zone = add_zone(world.site, "annex", "Annex", by=SETUP, at=world.now())
    add_garage(world.site, zone, "annex", "Annex", world.garage.tariff, by=SETUP, at=world.now())
    add_gate(world.site, replace(_OUT, code="annex-out"), "Annex exit", zone=zone, by=SETUP, at=world.now())
    passage = world.passage("annex-out", reason="receipt", subject=str(stay), direction="out")
    world.tell(msgspec.structs.replace(passage, means="receipt"))
    assert OpenStay.objects.get().pk == stay
    assert LaneException.objects.get().kind == ExceptionKind.EXIT_WITHOUT_STAY
