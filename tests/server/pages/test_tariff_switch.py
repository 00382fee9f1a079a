"""A garage's tariff is switched on a page."""

from django.urls import reverse
from tests.server.test_tariff_switch import DEAR
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Role
from gatehouse.server.parking.actions import add_tariff
from gatehouse.server.parking.models import Garage


def test_a_garage_takes_another_tariff_from_now_on(house) -> None:
    world, clerk = house.world, house.browser(Role.PARKING)
    address = reverse("garage-tariff", args=[world.garage.pk])
    assert address in clerk.get(reverse("parking-tariffs")).content.decode()
    assert "There is no other tariff at this site." in clerk.get(address).content.decode()
    add_tariff(world.site, "dear", DEAR, by=SETUP, at=world.now())
    page = clerk.get(address)
    seen = page.context["seen"]
    assert clerk.post(address, {"tariff": "none", "seen": seen}).status_code == 422
    assert clerk.post(address, {"tariff": "dear", "seen": "other"}).status_code == 422
    assert clerk.post(address, {"tariff": "dear", "seen": seen, "starts": "2020-01-01T00:00"}).status_code == 422
    assert clerk.post(address, {"tariff": "dear", "seen": seen}).status_code == 302
    assert Garage.objects.get(pk=world.garage.pk).tariff.code == "dear-main"
    assert "dear-main" in clerk.get(address).content.decode()
    assert house.browser(Role.AUDITOR).post(address, {"tariff": "dear", "seen": seen}).status_code == 403
