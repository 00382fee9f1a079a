"""Motorcycles and trucks on pages: a click at Inside prices one car anew, a permit says what its vehicle is."""

import pytest
from django.urls import reverse
from tests.server.world import TARIFF, reprice

from gatehouse.keeper.protocol import Role
from gatehouse.server.parking.models import LaneAct, OpenStay
from gatehouse.server.people.models import Vehicle

PLATE = "京N8P367"


@pytest.fixture
def clerk(house):
    versions = [{**TARIFF["versions"][0], "classes": {"motorcycle": {"percent": -50}}}]
    reprice(house.world.garage.tariff, {**TARIFF, "versions": versions})
    return house.browser(Role.PARKING)


def test_a_click_at_inside_says_what_a_car_is_and_what_it_owes_from_then_on(house, clerk) -> None:
    world = house.world
    world.tell(world.enters(PLATE, at=world.ago(minutes=61)))
    stay, address = OpenStay.objects.get(), reverse("inside-class", args=[world.garage.pk])
    page = clerk.get(reverse("inside")).content.decode()
    assert "Motorcycle" in page
    done = clerk.post(address, {"stay": stay.pk, "class": "motorcycle"}).content.decode()
    assert "It owed ¥10.00 and owes ¥5.00 now." in done
    assert OpenStay.objects.get().vehicle_class == "motorcycle"
    again = clerk.post(address, {"stay": stay.pk, "class": "motorcycle"}).content.decode()
    assert "It is priced so already" in again
    assert clerk.post(address, {"stay": stay.pk, "class": "tank"}).status_code == 422
    assert clerk.post(address, {"stay": "x", "class": "car"}).status_code == 404
    assert house.browser(Role.AUDITOR).post(address, {"stay": stay.pk, "class": "car"}).status_code == 403
    assert LaneAct.objects.get().waived_minor == 500
    report = house.browser(Role.OWNER).get(reverse("by-hand")).content.decode()
    assert "Vehicle class set by hand" in report


def test_a_tariff_without_classes_asks_for_none(house) -> None:
    house.world.tell(house.world.enters(PLATE))
    assert "Motorcycle" not in house.browser(Role.PARKING).get(reverse("inside")).content.decode()


def test_a_permit_says_what_its_vehicle_is(house, clerk) -> None:
    form = {"plate": PLATE, "vehicle_class": "motorcycle", "garage": house.world.garage.pk, "starts": "2026-01-01"}
    form |= {"ends": "", "period": "none", "grace_days": "0"}
    assert clerk.post(reverse("permits"), form).status_code == 302
    assert Vehicle.objects.get().vehicle_class == "motorcycle"
    assert clerk.post(reverse("permits"), form | {"vehicle_class": "tank"}).status_code == 422
