"""Setting a price in a real browser, on a phone and at a desk: the drawing follows what is typed."""

import re

import pytest
from playwright.sync_api import expect
from tests.journeys.test_browser import SMALL, UNNAMED

from gatehouse.keeper.protocol import Role
from gatehouse.server.parking.models import Tariff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1440, "height": 900}}


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_a_new_version_is_typed_seen_and_saved(place, screen) -> None:
    page = place.open(Role.PARKING, **screen)
    page.goto(f"{place.url}/parking/tariffs/")
    page.get_by_role("link", name="city", exact=True).click()
    line = page.locator(".price-line")
    before = line.get_attribute("d")
    expect(page.locator("#preview-total")).to_have_text("¥15.00")  # three hours at 5 an hour
    page.get_by_label("Price in CNY").fill("6.50")
    expect(page.locator("#preview-total")).to_have_text("¥19.50")
    page.get_by_label("The most for a day, in CNY").fill("30")
    expect(page.locator(".price-bar.capped").first).to_be_attached()
    assert line.get_attribute("d") != before
    page.get_by_label("Price in CNY").fill("free")
    expect(page.locator("#tariff-preview")).to_contain_text("Write an amount such as 4.50.")
    page.get_by_label("Price in CNY").fill("6.50")
    expect(page.locator("#preview-total")).to_have_text("¥19.50")
    page.get_by_role("button", name="Add a price").click()
    expect(page.locator("fieldset.rule")).to_have_count(2)
    expect(page.locator("#tariff-preview")).to_contain_text("Write a price; 0 where parking is free.")
    page.get_by_role("button", name="Take this price out").last.click()
    expect(page.locator("fieldset.rule")).to_have_count(1)
    page.get_by_label("Price in CNY").press("Enter")
    expect(page.get_by_label("The most for a day, in CNY")).to_have_value("30")
    expect(page.locator("#preview-total")).to_have_text("¥19.50")
    assert len(Tariff.objects.get().versions["versions"]) == 1
    assert page.evaluate(UNNAMED) == page.evaluate(SMALL) == []
    page.get_by_role("button", name="Save new version").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.get_by_text("planned", exact=True)).to_be_visible()
    assert [v["blocks"]["rules"][0]["price"] for v in Tariff.objects.get().versions["versions"]] == [500, 650]
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("planned", exact=True)).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.faults == []


def test_holidays_come_on_a_click_without_losing_what_was_typed(place) -> None:
    page = place.open(Role.OWNER, **DESK)
    page.goto(f"{place.url}/parking/tariffs/{place.house.world.garage.tariff_id}/")
    page.get_by_label("Price in CNY").fill("8")
    page.get_by_text("Public holidays", exact=True).click()
    page.get_by_role("button", name="Import three years").click()
    expect(page.get_by_label("Dates that count as holidays")).to_have_value(re.compile(r"-10-01"))
    expect(page.get_by_label("Price in CNY").first).to_have_value("8")
    expect(page.locator("#tariff-preview")).to_contain_text("Holidays are listed, but no price is for holidays.")
    assert page.faults == []
