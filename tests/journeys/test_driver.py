"""A driver with a phone in the rain, and a tablet that stands in the garage: in a real browser, at their real width."""

import re
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from tests.journeys.test_browser import SMALL, UNNAMED
from tests.server.world import ZONE

from gatehouse.keeper.protocol import Role
from gatehouse.server.parking import lane_exceptions
from gatehouse.server.parking.models import ExceptionKind, LaneException, OpenStay
from gatehouse.server.portal import asking, help, lanes
from gatehouse.server.portal.display import display_address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLATE = "京N8P367"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TABLET = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}


@pytest.fixture
def phone(place):
    for limit in (asking.PER_PLATE, asking.PER_PLATE_AND_SOURCE, help.CALLS, lanes.PER_SOURCE, lanes.PER_LANE):
        limit.forget()
    page = place.open(**PHONE)
    page.goto(f"{place.url}/pay/{place.house.world.garage.pay_code}/")
    return page


def _fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_plate_is_typed_on_our_keys_alone_and_paid(place, phone) -> None:
    world = place.house.world
    world.tell(world.enters(PLATE, at=world.ago(hours=2, minutes=18)))
    phone.get_by_role("button", name="Plate keys").tap()
    assert phone.get_by_label("Your plate").get_attribute("inputmode") == "none"  # no second keyboard over ours
    phone.get_by_role("button", name="京", exact=True).tap()
    expect(phone.get_by_role("button", name="1", exact=True)).to_be_disabled()  # the second place is a letter
    assert phone.get_by_role("button", name="O", exact=True).count() == 0
    for key in "N8P36":
        phone.get_by_role("button", name=key, exact=True).tap()
    phone.get_by_role("button", name="Delete").tap()
    for key in "67":
        phone.get_by_role("button", name=key, exact=True).tap()
    expect(phone.get_by_label("Your plate")).to_have_value(PLATE)
    assert _fits(phone)
    phone.get_by_role("button", name="Show what I owe").tap()
    phone.get_by_text("What the amount is made of").tap()
    expect(phone.get_by_text("3 × ¥5.00")).to_be_visible()
    phone.get_by_role("button", name="Pay ¥15.00").tap()
    phone.get_by_role("button", name="Pay", exact=True).tap()
    expect(phone.get_by_role("heading", name="Paid. You can leave.")).to_be_visible()
    expect(phone.locator("[data-ends]")).to_have_text(re.compile(r"14:\d\d"))
    expect(phone.get_by_role("img", name="opens the exit once")).to_be_visible()
    assert _fits(phone)
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Receipt as PDF").tap()
    assert download.value.suggested_filename.endswith("-000001.pdf")
    assert download.value.path().read_bytes().startswith(b"%PDF")
    assert phone.faults == []


def test_a_misread_plate_is_found_by_when_the_driver_came(place, phone) -> None:
    world = place.house.world
    came = world.ago(hours=1, minutes=20)
    world.tell(world.enters("京N8P361", at=came))
    phone.get_by_label("Your plate").fill(PLATE)
    phone.get_by_role("button", name="Show what I owe").tap()
    expect(phone.get_by_text("Nothing to pay for this plate now")).to_be_visible()
    phone.get_by_role("button", name="My plate was not found").tap()
    expect(phone.get_by_label("Your plate")).to_have_value(PLATE)
    local = came.astimezone(ZoneInfo(ZONE))
    today = world.now().astimezone(ZoneInfo(ZONE)).date()
    phone.get_by_label("I came in on").select_option(str((today - local.date()).days))
    phone.get_by_label("at about").fill(f"{local:%H:%M}")
    phone.get_by_role("button", name="Find my car").tap()
    phone.get_by_role("button", name="Pay ¥10.00").tap()
    phone.get_by_role("button", name="Pay", exact=True).tap()
    expect(phone.get_by_role("heading", name="Paid. You can leave.")).to_be_visible()
    world.tell(world.leaves(PLATE))  # right at the exit
    assert OpenStay.objects.count() == 0
    assert phone.faults == []


def test_who_is_not_found_at_all_reaches_a_human_and_sees_it(place, phone) -> None:
    phone.get_by_label("Your plate").fill(PLATE)
    phone.get_by_role("button", name="Show what I owe").tap()
    phone.get_by_role("button", name="I need help").tap()
    expect(phone.get_by_role("heading", name="Somebody has been told")).to_be_visible()
    raised = LaneException.objects.get(kind=ExceptionKind.HELP)
    lane_exceptions.take(raised, by=place.house.world.operator(Role.PARKING), at=place.house.world.now())
    expect(phone.get_by_role("heading", name="Somebody is looking at it now")).to_be_visible(timeout=8000)
    LaneException.objects.update(done=True)
    expect(phone.get_by_role("heading", name="Somebody has answered")).to_be_visible(timeout=8000)
    assert phone.faults == []


def test_a_missing_province_is_one_more_tap(place, phone) -> None:
    world = place.house.world
    world.tell(world.enters(PLATE, at=world.ago(hours=2, minutes=18)))
    phone.get_by_label("Your plate").fill("n8p 367")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name="Which province does it begin with?")).to_be_visible()
    phone.get_by_role("button", name="京", exact=True).tap()
    expect(phone.get_by_text("¥15.00").first).to_be_visible()
    assert phone.faults == []


def test_the_exits_code_pays_without_typing(place, phone) -> None:
    world = place.house.world
    world.tell(world.enters(PLATE, at=world.ago(hours=2, minutes=18)))
    world.tell(world.attempt("out", granted=False, reason="unpaid", plate=PLATE, direction="out"))
    display = place.open()
    display.goto(place.url + display_address(world.lane_out))
    expect(display.get_by_text("No typing")).to_be_visible()
    code = lanes.held_code(str(OpenStay.objects.get().pk), world.now())
    phone.goto(f"{place.url}/pay/{world.garage.pay_code}/exit/{code}/")
    phone.get_by_role("button", name="Pay ¥15.00").tap()
    phone.get_by_role("button", name="Pay", exact=True).tap()
    expect(display.get_by_text("Paid. Thank you.")).to_be_visible(timeout=5000)
    assert phone.faults == display.faults == []


def test_a_tablet_forgets_who_stood_there(place, phone) -> None:
    world = place.house.world
    world.tell(world.enters(PLATE, at=world.ago(hours=2, minutes=18)))
    start = f"{place.url}/pay/{world.garage.pay_code}/station/"
    tablet = place.open(**TABLET)
    tablet.clock.install()
    tablet.goto(start)
    tablet.get_by_role("button", name="京", exact=True).tap()
    tablet.keyboard.type("n8p367")
    tablet.get_by_role("button", name="Show what I owe").tap()
    tablet.get_by_role("button", name="Pay ¥15.00").tap()
    tablet.get_by_role("button", name="Pay", exact=True).tap()
    expect(tablet.get_by_role("img", name="opens the exit once")).to_be_visible()
    key = tablet.get_by_role("link", name="Done").bounding_box()
    assert key["height"] >= 64
    tablet.clock.fast_forward(45_000)
    expect(tablet.get_by_text("This page closes in")).to_be_visible()
    tablet.clock.fast_forward(20_000)
    expect(tablet.get_by_label("Your plate")).to_have_value("")
    assert tablet.url == start
    tablet.go_back()
    assert "Paid" not in tablet.content() or tablet.url == start
    assert tablet.faults == []


def test_every_page_of_a_driver_has_names_sizes_and_one_heading(place, phone) -> None:
    world = place.house.world
    code = world.garage.pay_code
    entry = lanes.entry_address(world.lane_in, world.garage)
    for address in (f"/pay/{code}/", f"/pay/{code}/lost/", entry, f"/pay/{code}/station/"):
        phone.goto(place.url + address)
        assert phone.evaluate(UNNAMED) == []
        assert phone.evaluate(SMALL) == []
        assert phone.locator("h1").count() == 1
        assert _fits(phone)
    assert phone.faults == []


def test_a_driver_reads_chinese_when_the_phone_does(place) -> None:
    page = place.browser.new_context(locale="zh-CN", **PHONE).new_page()
    page.goto(f"{place.url}/pay/{place.house.world.garage.pay_code}/")
    expect(page.locator("[data-panel=first]")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "zh-hans"
