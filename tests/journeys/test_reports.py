"""What the operator and the owner see, in a real browser at a desk and on a phone: charts of real stays, an account of
what was done by hand, a payout of two people, a dispute from the driver's phone to the decision."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from tests.server.garage_days import days_ago, today, visit
from tests.server.test_payout_statements import came, month

from gatehouse.domain.periods import DAY
from gatehouse.keeper.protocol import Role
from gatehouse.server.parking.lane_acts import open_lane
from gatehouse.server.takings import counting
from gatehouse.server.takings.models import Correction, PayoutStatement

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LENGTHS = (20, 22, 25, 65, 65, 70, 130, 130, 135, 250, 255)


def a_day_of_stays(world) -> None:
    for number, minutes in enumerate(LENGTHS):
        at = days_ago(world, 1, 7 + number % 6, number)
        if minutes > 30:
            visit(world, f"京A{number:05}", at, minutes)
            continue
        world.tell(world.enters(f"京A{number:05}", at))
        world.tell(world.leaves(f"京A{number:05}", at + timedelta(minutes=minutes)))
    counting.count_day(world.garage, today(world) - DAY, world.now())


HEIGHTS = (
    """svg => [...svg.querySelectorAll('svg.plot > rect.pillar')].map(bar => Math.round(bar.height.baseVal.value))"""
)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_charts_are_drawn_from_the_days_stays_and_fit_the_screen(place, size) -> None:
    world = place.house.world
    a_day_of_stays(world)
    page = place.open(Role.OWNER, **size)
    page.goto(place.url + "/parking/")
    page.get_by_role("link", name="Reports").click()
    page.get_by_role("link", name="Yesterday").click()
    expect(page.get_by_role("link", name="Yesterday")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("img", name="Entries by hour")).to_be_visible()
    heights = page.get_by_role("img", name="Entries by hour").evaluate(HEIGHTS)
    assert len(heights) == 24
    assert [hour for hour, height in enumerate(heights) if height] == [7, 8, 9, 10, 11, 12]
    assert heights[7] == 2 * heights[12]  # two cars came at seven, one at twelve
    lengths = page.get_by_role("img", name="How long stays lasted")
    expect(lengths).to_contain_text("1 h to 2 h")
    expect(lengths).to_contain_text("3 · 27.3%")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    page.locator("figure", has_text="Cars inside over the day").get_by_text("The numbers").click()
    expect(page.get_by_role("columnheader", name="Inside on average")).to_be_visible()
    assert page.faults == []


def test_an_owner_picks_dates_takes_them_to_a_spreadsheet_and_sees_who_opens_much(place) -> None:
    world = place.house.world
    a_day_of_stays(world)
    crew = [world.operator(Role.PARKING) for _ in range(2)]
    for operator, times in zip(crew, (1, 6), strict=True):
        for _ in range(times):
            open_lane(world.lane_out, "goodwill", by=operator, at=world.now())
    page = place.open(Role.OWNER, **DESK)
    page.goto(place.url + "/parking/reports/")
    page.get_by_label("First date", exact=True).fill((today(world) - 2 * DAY).isoformat())
    with page.expect_download() as loaded:
        page.get_by_role("button", name="For a spreadsheet").click()
    assert loaded.value.suggested_filename.startswith("takings-all-")
    page.get_by_role("link", name="By hand").click()
    expect(page.get_by_text("stands out")).to_have_count(1)
    page.get_by_role("row", name="stands out").get_by_role("link", name="Each of them").click()
    expect(page.get_by_role("row", name="Opened by hand Goodwill")).to_have_count(6)
    assert page.faults == []


def test_a_month_is_paid_out_by_two_people(place) -> None:
    world = place.house.world
    came(world, month(world).first, 123_456)
    page = place.open(Role.OWNER, **PHONE)
    page.goto(place.url + "/parking/payouts/")
    page.get_by_label("Name of the company").fill("Mill Estates")
    page.get_by_role("button", name="Add an owner").click()
    page.get_by_text("Add a garage").click()
    page.get_by_label("From", exact=True).fill("2026-01-01")
    page.get_by_label("Commission, %").fill("10")
    page.get_by_role("button", name="Add this garage").click()
    page.get_by_role("button", name="Prepare the statement").click()
    expect(page.get_by_role("row", name="Payout")).to_contain_text("¥1,111.10")
    expect(page.get_by_text("You prepared it, so somebody else approves it.")).to_be_visible()
    address = page.url
    second = place.browser.new_context(locale="en-GB").new_page()
    operator = world.operator(Role.OWNER)
    second.context.add_cookies([{"name": "gatehouse_ticket", "value": operator.authority.ticket, "url": place.url}])
    second.goto(address)
    second.get_by_role("button", name="Approve ¥1,111.10").click()
    second.get_by_role("button", name="It is paid").click()
    expect(second.locator("h1 + p .state")).to_have_text("Paid")
    assert PayoutStatement.objects.get().approved_by == operator.actor
    assert page.faults == []


def test_a_driver_contests_on_a_phone_and_an_operator_decides_on_the_evidence(place) -> None:
    world = place.house.world
    paid = visit(world, "京A12345", world.ago(minutes=70), 65)
    phone = place.open(**PHONE)
    phone.goto(place.url + reverse("pay-receipt", args=[world.garage.pay_code, paid.pk]))
    phone.get_by_role("link", name="Something is wrong with this payment").click()
    phone.get_by_label("What is wrong?").fill("The barrier did not open for half an hour.")
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_text("Somebody looks at it.")).to_be_visible()
    desk = place.open(Role.PARKING, **DESK)
    desk.goto(place.url + "/parking/disputes/")
    desk.get_by_role("link", name="Garage ·").click()
    expect(desk.get_by_text("half an hour")).to_have_count(0)
    desk.get_by_role("button", name="Open words and evidence").click()
    expect(desk.get_by_text("half an hour")).to_be_visible()
    expect(desk.get_by_role("row", name="hour 1 h")).to_contain_text("¥10.00")
    desk.get_by_label("How much goes back").fill("5.00")
    desk.get_by_label("What they read").first.fill("Sorry for the wait.")
    desk.get_by_role("button", name="Uphold").click()
    expect(desk.get_by_text("¥5.00 · to be paid back")).to_be_visible()
    phone.reload()
    expect(phone.get_by_text("¥5.00 goes back the way it came.")).to_be_visible()
    expect(phone.get_by_text("Sorry for the wait.")).to_be_visible()
    assert Correction.objects.get().amount_minor == -500
    assert phone.faults == desk.faults == []


ADDRESSES = ("/parking/", "/parking/reports/", "/parking/by-hand/", "/parking/disputes/", "/parking/payouts/")


@pytest.mark.parametrize("width", [390, 1440, 3840])
def test_no_page_of_the_owner_is_wider_than_its_screen(place, width) -> None:
    page = place.open(Role.OWNER, viewport={"width": width, "height": 900})
    a_day_of_stays(place.house.world)
    for address in ADDRESSES:
        page.goto(place.url + address)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, address
        assert page.locator("h1").count() == 1
    assert page.faults == []
