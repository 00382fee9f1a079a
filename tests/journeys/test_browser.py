"""What people do all day, in a real browser: no fault in its console, no request to anybody else."""

import re

import pytest
from playwright.sync_api import expect

from gatehouse.keeper.protocol import Role
from gatehouse.server.gates.models import Opening
from gatehouse.server.portal.display import display_address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLATE = "京N8P367"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_a_guard_sees_a_refusal_come_live_and_opens_by_hand(place) -> None:
    world, page = place.house.world, place.open(Role.SECURITY)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    tile = page.get_by_role("article", name="Door")
    expect(tile).to_contain_text("Nobody has come yet.")
    world.tell(world.attempt(granted=False, reason="unknown_face"))
    expect(tile).to_contain_text("This face is not enrolled here", timeout=5000)
    tile.get_by_role("button", name="Open by hand").click()
    page.get_by_label("A delivery").check()
    page.get_by_role("button", name="Open now").click()
    expect(page.get_by_role("dialog")).to_contain_text("was told to open")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert Opening.objects.count() == 1
    assert page.faults == []


def test_the_dialog_is_worked_with_the_keyboard_alone(place) -> None:
    page = place.open(Role.SECURITY)
    page.get_by_role("article", name="Door").get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("A visitor who is expected")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("was told to open")
    expect(page.get_by_role("button", name="Done")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.faults == []


def test_an_answer_closed_before_it_settles_does_not_come_back(place) -> None:
    page = place.open(Role.SECURITY)
    page.get_by_role("article", name="Door").get_by_role("button").click()
    page.get_by_label("A delivery").check()
    page.evaluate(
        """document.addEventListener("htmx:afterSwap", () => document.querySelector("#dialog [data-close]").click());
        document.addEventListener("htmx:afterSettle", () => { document.body.dataset.settled = "yes"; })"""
    )
    page.get_by_role("button", name="Open now").click()
    expect(page.locator("body[data-settled]")).to_be_attached()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_driver_pays_on_a_phone_and_the_display_says_goodbye(place) -> None:
    world = place.house.world
    world.tell(world.enters(PLATE, at=world.ago(hours=2, minutes=18)))
    world.tell(world.attempt("out", granted=False, reason="unpaid", plate=PLATE, direction="out"))
    display = place.open()
    display.goto(place.url + display_address(world.lane_out))
    expect(display.get_by_text("¥15.00")).to_be_visible()
    phone = place.open(**PHONE)
    phone.goto(f"{place.url}/pay/{world.garage.pay_code}/")
    expect(phone.get_by_label("Your plate")).to_be_focused()
    phone.get_by_role("button", name="Plate keys").click()
    phone.get_by_role("button", name="京").click()
    phone.keyboard.type("n8 p367")
    expect(phone.get_by_label("Your plate")).to_have_value("京n8 p367")
    phone.get_by_role("button", name="Show what I owe").click()
    expect(phone.get_by_text("(2 h 18 min)")).to_be_visible()
    phone.get_by_role("button", name="Pay ¥15.00").click()
    phone.get_by_role("button", name="Pay", exact=True).click()
    expect(phone.get_by_role("heading", name="Paid. You can leave.")).to_be_visible()
    expect(display.get_by_text("Paid. Thank you.")).to_be_visible(timeout=5000)
    world.tell(world.leaves(PLATE))
    expect(display.get_by_text("Goodbye")).to_be_visible(timeout=5000)
    assert phone.faults == display.faults == []


def test_a_name_comes_on_a_click_without_leaving_the_page(place) -> None:
    page = place.open(Role.HR)
    page.goto(f"{place.url}/people/{place.house.person.pk}/")
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Moss")
    page.get_by_role("button", name="Show the name").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lin Moss")
    page.get_by_role("button", name="Today").click()
    expect(page.get_by_text("Not seen at any gate on this day.")).to_be_visible()
    assert page.faults == []


def test_a_pass_is_drawn_large_enough_for_a_reader(place) -> None:
    page = place.open(Role.SECURITY, **PHONE)
    page.goto(f"{place.url}/people/{place.house.person.pk}/")
    page.get_by_text("Issue a QR pass").click()
    page.get_by_role("button", name="Issue and show").click()
    box = page.get_by_role("img", name="QR code of the pass").locator("svg").bounding_box()
    assert box["width"] >= 200
    assert box["width"] == box["height"]
    assert page.faults == []


def test_a_worker_reads_their_page_in_chinese_on_a_phone(place) -> None:
    page = place.open(Role.WORKER, **PHONE)
    expect(page.get_by_role("heading", name="Lin Moss")).to_be_visible()
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", name="我的每日记录")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "zh-hans"
    assert page.faults == []


PAGES = [
    (Role.OWNER, "/watch/"), (Role.OWNER, "/watch/log/"), (Role.OWNER, "/people/"), (Role.OWNER, "/month/"),
    (Role.OWNER, "/trust/"), (Role.WORKER, "/me/"),
]  # fmt: skip


def test_no_page_is_wider_than_a_phone_or_lost_on_a_wall(place) -> None:
    for width in (390, 3840):
        for role in (Role.OWNER, Role.WORKER):
            page = place.open(role, viewport={"width": width, "height": 900})
            for _, address in filter(lambda entry: entry[0] is role, PAGES):
                page.goto(place.url + address)
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, (width, address)
                small = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
                assert small >= 16
            assert page.faults == []


UNNAMED = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea')]
  .filter(e => e.checkVisibility())
  .filter(e => !(e.innerText || '').trim() && !(e.labels && e.labels.length) && !e.getAttribute('aria-label'))
  .map(e => e.outerHTML)"""
SMALL = """() => [...document.querySelectorAll('main button, main input:not([type=hidden]), main select, .nav a')]
  .filter(e => e.checkVisibility() && !['radio', 'checkbox'].includes(e.type))
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([_, box]) => box.height < 24 || box.width < 24).map(([html]) => html)"""


def test_everything_that_can_be_pressed_has_a_name_a_size_and_a_place_in_order(place) -> None:
    for role in (Role.OWNER, Role.WORKER):
        page = place.open(role)
        for _, address in filter(lambda entry: entry[0] is role, PAGES):
            page.goto(place.url + address)
            assert page.evaluate(UNNAMED) == []
            assert page.evaluate(SMALL) == []
            assert page.locator("h1").count() == 1
            assert page.locator("main").count() == 1
            page.keyboard.press("Tab")
            expect(page.locator(":focus")).to_have_text("Skip to the content")
            assert page.locator('[tabindex]:not([tabindex="0"], [tabindex="-1"])').count() == 0


def test_who_wants_no_motion_gets_none(place) -> None:
    page = place.open(Role.SECURITY, reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll('*')].filter(e => {
      const style = getComputedStyle(e);
      return parseFloat(style.transitionDuration) > 0 || style.animationName !== 'none'; }).length"""
    assert page.evaluate(moving) == 0


def test_the_back_office_works_under_its_own_policy(place) -> None:
    page = place.open(Role.OWNER)
    page.goto(place.url + "/backoffice/people/group/add/")
    page.get_by_label("Site").select_option(label="works")
    page.get_by_label("Name").fill("Night watch")
    page.get_by_role("button", name=re.compile("^Save$")).click()
    expect(page.get_by_text("Night watch").first).to_be_visible()
    assert [fault for fault in page.faults if "favicon" not in fault and "404" not in fault] == []
