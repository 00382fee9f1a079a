"""A shop validates a customer's parking at the till, and the driver sees the lower price; all on phones."""

import pytest
from playwright.sync_api import expect
from tests.journeys.test_browser import PHONE
from tests.server.world import SETUP

from gatehouse.server.parking import merchants
from gatehouse.server.parking.merchants import Terms
from gatehouse.server.parking.models import GiftKind

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLATE = "京N8P367"


def _fits(page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_shop_validates_and_the_driver_owes_less(place) -> None:
    world = place.house.world
    world.tell(world.enters(PLATE, at=world.ago(hours=2, minutes=18)))
    terms = Terms(GiftKind.MINUTES, 60, 120, 6000)
    _shop, code = merchants.add_merchant(world.garage, "Moss Books", terms, by=SETUP, at=world.now())
    till = place.open(**PHONE)
    till.goto(f"{place.url}/merchant/{code}/")
    till.get_by_label("Choose a PIN for this till").fill("2468")
    till.get_by_role("button", name="Begin").click()
    till.get_by_role("button", name="Plate keys").click()
    for key in PLATE:
        till.get_by_role("button", name=key, exact=True).click()
    expect(till.get_by_label("The customer's plate")).to_have_value(PLATE)
    till.get_by_role("button", name="Give 1 h").click()
    expect(till.get_by_role("status")).to_contain_text("If this car is parked here")
    _fits(till)
    driver = place.open(**PHONE)
    driver.goto(f"{place.url}/pay/{world.garage.pay_code}/")
    driver.get_by_label("Your plate").fill(PLATE)
    driver.get_by_role("button", name="Show what I owe").click()
    expect(driver.get_by_text("¥10.00").first).to_be_visible()
    driver.get_by_text("What the amount is made of").click()
    expect(driver.get_by_text("Validated by Moss Books")).to_be_visible()
    till.get_by_role("button", name="Show a code to scan instead").click()
    expect(till.get_by_text("The customer scans this")).to_be_visible()
    _fits(till)
    address = till.locator(".qr svg title").text_content()
    assert address == "Scan to have your parking validated"
    assert till.faults == driver.faults == []


def test_a_driver_scans_a_shops_code(place) -> None:
    from datetime import timedelta

    from gatehouse.server.portal.merchant import validation_code

    world = place.house.world
    world.tell(world.enters(PLATE, at=world.ago(hours=2, minutes=18)))
    terms = Terms(GiftKind.AMOUNT, 700, 700, 70000)
    merchant, _code = merchants.add_merchant(world.garage, "Moss Books", terms, by=SETUP, at=world.now())
    given = merchants.show_code(merchant, at=world.now())
    driver = place.open(**PHONE)
    driver.goto(f"{place.url}/validate/{validation_code(given.validation, world.now() + timedelta(minutes=10))}/")
    expect(driver.get_by_role("heading", name="Moss Books gives you ¥7.00")).to_be_visible()
    driver.get_by_label("Your plate").fill(PLATE)
    driver.get_by_role("button", name="Take it").click()
    driver.get_by_role("button", name="Show what I owe").click()
    expect(driver.get_by_text("¥8.00").first).to_be_visible()
    _fits(driver)
    assert driver.faults == []
