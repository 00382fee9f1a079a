"""A copy of the rows opens no page: what opens by its address alone needs a signature that lies in no table."""

from uuid import uuid4

import pytest
from django.urls import reverse
from tests.server.pages.conftest import House
from tests.server.test_stays import enter

from gatehouse.server.audit.by import By
from gatehouse.server.gates import actions as gates
from gatehouse.server.gates.models import Gate
from gatehouse.server.gates.virtual import DRIVER
from gatehouse.server.parking import autopay, payments, testprovider
from gatehouse.server.people.vehicle_actions import register_vehicle

OF_A_PAYMENT = (
    "paid/{}/", "paid/{}/state", "paid/{}/more", "paid/{}/receipt.pdf", "paid/{}/invoice", "paid/{}/dispute",
    "test/{}/",
)  # fmt: skip


@pytest.fixture
def paid(house: House, settings):
    settings.TEST_PROVIDER = True
    stay = enter(house.world, minutes=61)
    payment, _ = payments.start_payment(stay, "test", house.world.clock.now())
    testprovider.pay(payment, house.world.clock.now())
    return payment


@pytest.mark.parametrize("page", OF_A_PAYMENT)
def test_the_id_of_a_payment_opens_none_of_its_pages(house: House, paid, page) -> None:
    stranger, code = house.browser(), house.world.garage.pay_code
    assert stranger.get(reverse("pay-receipt", args=[code, paid.pk])).status_code == 200
    assert stranger.get(f"/pay/{code}/{page.format(paid.pk)}").status_code == 404
    forged = f"{paid.pk}-{'0' * 32}"
    assert stranger.get(f"/pay/{code}/{page.format(forged)}").status_code == 404
    assert stranger.post(f"/pay/{code}/{page.format(forged)}", {"text": "x"}).status_code == 404


def test_the_signature_of_one_address_is_none_of_another(house: House, paid) -> None:
    code = house.world.garage.pay_code
    signature = reverse("pay-receipt", args=[code, uuid4()]).rstrip("/").rpartition("-")[2]
    assert house.browser().get(f"/pay/{code}/paid/{paid.pk}-{signature}/").status_code == 404
    as_mandate = reverse("auto-pay", args=[paid.pk]).rstrip("/").rpartition("/")[2]
    assert house.browser().get(f"/pay/{code}/paid/{as_mandate}/").status_code == 404


def test_the_id_of_a_mandate_neither_agrees_nor_withdraws(house: House, settings) -> None:
    settings.TEST_PROVIDER = True
    by, at = By.job("stays"), house.world.clock.now()
    vehicle = register_vehicle(house.world.site, "B XY 123", owner=None, by=by, at=at)
    mandate = autopay.offer(vehicle, "test", None, by=by, at=at)
    stranger = house.browser()
    assert stranger.get(reverse("auto-pay", args=[mandate.pk])).status_code == 200
    for do in ("agree", "withdraw"):
        assert stranger.post(f"/pay/auto/{mandate.pk}/", {"do": do}).status_code == 404
    mandate.refresh_from_db()
    assert mandate.state == "offered"


def test_the_id_of_an_opening_tells_no_virtual_plate(house: House) -> None:
    lane = Gate.objects.filter(zone=house.world.garage.zone_id, direction="in").first()
    opening = gates.open_by_hand(lane, "", by=By.job(DRIVER), at=house.world.clock.now())
    code = house.world.garage.pay_code
    assert house.browser().get(reverse("pay-mine", args=[code, opening.pk])).status_code == 200
    assert house.browser().get(f"/pay/{code}/mine/{opening.pk}/").status_code == 404
