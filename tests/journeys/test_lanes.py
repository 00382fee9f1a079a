"""The operator of many garages, in a real browser: three exceptions of two garages, one click each."""

import pytest
from playwright.sync_api import Page, expect
from tests.server.world import SETUP, TARIFF

from gatehouse.domain import policy
from gatehouse.domain.sightings import Means
from gatehouse.keeper.protocol import Role
from gatehouse.server.gates.actions import add_gate
from gatehouse.server.parking import lane_exceptions
from gatehouse.server.parking.actions import add_garage, add_tariff
from gatehouse.server.parking.models import LaneAct, LaneException, OpenStay
from gatehouse.server.people.actions import add_site, add_zone
from gatehouse.server.people.models import SiteType

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1440, "height": 900}}
PLATE, READ = "京A12345", "京A12349"


def another_garage(world):
    """Of another site, whose driver presses the help button."""
    at = world.now()
    site = add_site("harbour", "Harbour", SiteType.GARAGE, zone="Asia/Shanghai", currency="CNY", by=SETUP, at=at)
    zone = add_zone(site, "deck", "Deck", by=SETUP, at=at)
    lane = policy.Gate("gate", policy.GateKind.LANE, policy.Direction.OUT, frozenset({Means.PLATE}), collects=True)
    add_gate(site, lane, "Harbour exit", zone=zone, by=SETUP, at=at)
    tariff = add_tariff(site, "city", TARIFF, by=SETUP, at=at)
    garage = add_garage(site, zone, "deck", "Harbour deck", tariff, by=SETUP, at=at)
    lane_exceptions.raise_exception(garage, "help", at=world.ago(minutes=1), gate="gate")
    return garage


def three_wait(place):
    world = place.house.world
    world.tell(world.enters(PLATE, world.ago(minutes=61)), world.enters("沪B88888", world.ago(hours=5)))
    world.tell(
        world.attempt("out", granted=False, reason="unpaid", plate=READ, direction="out", at=world.ago(minutes=3))
    )
    another_garage(world)
    world.tell(world.enters("沪B88888"))
    return world


def held_no_wider_than_the_screen(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def resolved() -> dict[str, str]:
    return dict(LaneException.objects.filter(done=True).values_list("kind", "answer"))


def test_three_exceptions_of_two_garages_are_resolved_on_a_phone_with_one_tap_each(place) -> None:
    three_wait(place)
    page = place.open(Role.PARKING, **PHONE)
    page.goto(f"{place.url}/lanes/")
    held_no_wider_than_the_screen(page)
    panel = page.locator("#lane-panel")
    expect(panel.get_by_role("heading")).to_have_text("A car at the exit has no entry")
    expect(panel).to_contain_text("one character differs")
    expect(page.locator("#lanes-queue")).to_contain_text("3 wait")
    assert READ not in page.content()
    panel.get_by_role("button", name="Show the plate").tap()
    expect(panel).to_contain_text(READ)
    expect(panel).to_contain_text("of 60 looks this hour")
    panel.get_by_role("button", name="It is this stay: let it pay").tap()
    expect(panel.get_by_role("heading")).to_have_text("A driver asks for help")
    expect(page.locator("#lanes-queue .here")).to_contain_text("Harbour deck")
    expect(panel).to_contain_text("Harbour deck")
    expect(page.locator("#lanes-queue")).to_contain_text("2 wait")
    panel.get_by_role("button", name="Open the barrier").tap()
    expect(panel.get_by_role("heading")).to_have_text("A car came in twice without leaving")
    panel.get_by_role("button", name="It had left unseen").tap()
    expect(panel).to_contain_text("Nothing waits")
    held_no_wider_than_the_screen(page)
    assert resolved() == {"held_without_stay": "charge", "help": "open", "entered_twice": "had_left"}
    assert set(LaneAct.objects.values_list("act", flat=True)) == {"same_car", "opened"}
    assert OpenStay.objects.filter(second_token__isnull=False).count() == 1
    assert page.faults == []


def test_the_same_at_a_desk_with_one_key_each_and_what_comes_meanwhile_appears(place) -> None:
    world = three_wait(place)
    page = place.open(Role.PARKING, **DESK)
    page.goto(f"{place.url}/lanes/")
    panel, queue = page.locator("#lane-panel"), page.locator("#lanes-queue")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    lane_exceptions.raise_exception(world.garage, "help", at=world.now(), gate="in")
    expect(queue).to_contain_text("4 wait", timeout=5000)
    expect(panel.get_by_role("heading")).to_have_text("A car at the exit has no entry")
    page.keyboard.press("n")
    expect(panel.get_by_role("heading")).to_have_text("A driver asks for help")
    page.keyboard.press("2")
    expect(panel).to_contain_text("Helped by word")
    expect(panel.get_by_role("heading")).to_have_text("A car came in twice without leaving")
    panel.get_by_role("button", name="Undo").click()
    expect(panel).to_contain_text("Taken back")
    expect(panel.get_by_role("heading")).to_have_text("A driver asks for help")
    page.keyboard.press("1")
    expect(panel.get_by_role("heading")).to_have_text("A car came in twice without leaving")
    # A key is a letter where somebody writes, and does nothing where the switch is off.
    page.get_by_label("Keys: 1 and 2 answer").uncheck()
    page.keyboard.press("1")
    expect(panel.get_by_role("heading")).to_have_text("A car came in twice without leaving")
    page.get_by_label("Keys: 1 and 2 answer").check()
    page.keyboard.press("1")
    expect(panel.get_by_role("heading")).to_have_text("A driver asks for help")
    page.keyboard.press("1")
    expect(panel.get_by_role("heading")).to_have_text("A car at the exit has no entry")
    page.keyboard.press("2")
    expect(panel).to_contain_text("Nothing waits")
    assert resolved()["held_without_stay"] == "let_out"
    assert LaneAct.objects.get(act="free_pass").waived_minor == 1000
    assert page.faults == []
