"""Every page of parking on a phone: no wider than the screen, the open tab in view, nothing too small for a finger."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from tests.journeys.test_reports import PHONE

from gatehouse.keeper.protocol import Role
from gatehouse.server.console.garages.tabs import GROUPS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAMES = [name for _said, tabs in GROUPS for name, _text, _roles in tabs]
LEAST_PX = 43.5  # 2.75rem, less what a fraction of a pixel rounds away
SMALL = """least => [...document.querySelectorAll("main a.button, main button, main nav a, main summary, main select")]
    .filter(one => one.offsetParent && one.getBoundingClientRect().height < least).map(one => one.textContent.trim())"""
OUT_OF_SIGHT = """() => [...document.querySelectorAll(".nav [aria-current]")].filter(one => {
    const box = one.getBoundingClientRect(), frame = one.parentElement.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1 }).map(one => one.textContent)"""


def test_every_tab_of_parking_fits_a_phone(place) -> None:
    page = place.open(Role.OWNER, **PHONE)
    for name in NAMES:
        page.goto(place.url + reverse(name))
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, name
        assert page.evaluate(SMALL, LEAST_PX) == [], name
        assert page.evaluate(OUT_OF_SIGHT) == [], name
        rows = page.locator(".tabs .nav").evaluate_all("all => all.map(one => one.offsetHeight)")
        assert max(rows) < 70, f"{name}: a row of tabs is broken in two"
    assert page.faults == []


def test_each_page_is_two_taps_away(place) -> None:
    page = place.open(Role.OWNER, **PHONE)
    page.goto(place.url + reverse("parking"))
    for group, tabs in GROUPS:
        page.locator(".tabs .groups").get_by_role("link", name=str(group)).tap()
        for name, said, _roles in tabs[1:]:
            page.locator(".tabs .nav").last.get_by_role("link", name=str(said)).tap()
            expect(page.locator(".tabs [aria-current=page]")).to_have_text(str(said))
            assert page.url.endswith(reverse(name))
    assert page.faults == []
