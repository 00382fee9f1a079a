"""Enrolling on a tablet and showing one's pass on a phone, in a real Chromium whose camera plays a film."""

import os

import pytest
from playwright.sync_api import expect, sync_playwright
from tests.edge.camera_film import film_for_browser
from tests.edge.scenes import portrait, wall
from tests.journeys.conftest import CHROMIUM

from gatehouse.keeper.protocol import Role
from gatehouse.server.people.models import Consent, Credential

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("committed_world")]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    film = film_for_browser(tmp_path_factory.mktemp("film") / "camera.mjpeg", (wall(), 60), (portrait(), 150))
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def picture(page, name):
    if folder := os.environ.get("GATEHOUSE_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_consent_is_signed_then_the_camera_takes_the_picture_itself(place):
    page = place.open(Role.HR, viewport={"width": 820, "height": 1180})
    page.goto(f"{place.url}/people/{place.house.person.pk}/camera/")
    page.get_by_role("button", name="Start the camera").click()
    expect(page.locator("#enrol-video")).to_be_hidden()
    page.get_by_label("I have read this and agree.").check()
    page.get_by_label("Signed: type your name").fill("Lin Moss")
    page.get_by_role("button", name="Start the camera").click()
    expect(page.locator("#enrol-video")).to_be_visible()
    expect(page.locator("#enrol-hint")).to_have_text("Taken. Use this picture, or take another.", timeout=30_000)
    picture(page, "enrol-camera")
    assert not Credential.objects.exists()
    page.get_by_role("button", name="Enrol with this picture").click()
    expect(page.get_by_text("The face works at the gates within seconds.")).to_be_visible()
    assert Credential.objects.get().kind == "face"
    assert Consent.objects.count() == 1
    assert page.faults == []


def test_a_worker_s_pass_shows_and_renews(place):
    page = place.open(Role.WORKER, viewport={"width": 390, "height": 844})
    page.get_by_role("link", name="Show my pass").click()
    expect(page.locator("#my-pass svg")).to_be_visible()
    expect(page.locator("#my-pass-left")).to_contain_text("new in")
    picture(page, "my-pass")
    first = page.locator("#my-pass svg").inner_html()
    expect(page.locator("#my-pass-left")).to_contain_text("new in 1 s", timeout=35_000)
    expect(page.locator("#my-pass-left")).to_contain_text("new in 2", timeout=10_000)
    assert page.locator("#my-pass svg").inner_html() != first
    assert page.faults == []


def test_the_page_of_terminals_shows_a_code(place):
    page = place.open(Role.OWNER, viewport={"width": 1440, "height": 900})
    page.get_by_role("link", name="Terminals").click()
    page.get_by_role("button", name="Add a terminal").first.click()
    expect(page.locator("#pairing-code")).to_be_visible()
    picture(page, "terminals")
    assert page.faults == []
