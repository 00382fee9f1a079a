"""HR plans a week in a browser, publishes it, and changes it; the worker reads their shifts on a phone."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.shots import PHONE, WIDE, shoot
from tests.server.world import ZONE

from gatehouse.domain.working_time import monday
from gatehouse.keeper.protocol import Role
from gatehouse.server.attendance.models import PlannedShift

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _make(page: Page, url: str, name: str, code: str, start: str, end: str, *, flexible: bool = False) -> None:
    page.goto(f"{url}/patterns/")
    page.get_by_role("link", name="New shift").first.click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Short code").fill(code)
    page.get_by_label("Starts", exact=True).fill(start)
    page.get_by_label("Ends", exact=True).fill(end)
    if flexible:
        page.get_by_label("Flexible:").check()
    page.get_by_role("button", name="Make the shift").click()
    expect(page.get_by_text("Made. Put it into the roster now.")).to_be_visible()


def test_a_week_from_the_first_shift_to_the_workers_phone(place) -> None:
    for number, name in ((105, "Wei Tan"), (106, "Ada Vale"), (107, "Ivo Kern")):
        place.house.world.hire(f"S-{number}", name)
    today = place.house.world.now().astimezone(ZoneInfo(ZONE)).date()
    first = monday(today) + timedelta(weeks=1)
    clerk = place.open(Role.HR, **WIDE)
    clerk.goto(f"{place.url}/rosters/")
    expect(clerk.get_by_text("There is no shift to put yet.")).to_be_visible()
    _make(clerk, place.url, "Early", "E", "06:00", "14:00")
    _make(clerk, place.url, "Late", "L", "14:00", "22:00")
    _make(clerk, place.url, "Night", "N", "22:00", "06:00")
    _make(clerk, place.url, "Flexible office", "flex", "06:00", "20:00", flexible=True)
    shoot(clerk, "patterns-1440")
    clerk.goto(f"{place.url}/calendar/")
    clerk.get_by_label("Date", exact=True).fill(f"{first + timedelta(days=2)}")
    clerk.get_by_label("Called").fill("Founders' day")
    clerk.get_by_role("button", name="Save").click()
    expect(clerk.get_by_text("Saved.")).to_be_visible()
    clerk.goto(f"{place.url}/rosters/rotations/")
    clerk.get_by_label("Name", exact=True).fill("Early, late, night")
    clerk.get_by_label("A week a line").fill("E E E E E - -\nL L L L L - -\nN N N N - - -")
    clerk.get_by_role("button", name="Save").click()
    shoot(clerk, "rotations-1440")
    clerk.goto(f"{place.url}/rosters/{place.house.world.site.pk}/{first}/")
    clerk.get_by_label("For so many weeks").fill("2")
    clerk.get_by_role("button", name="Fill in as drafts").click()
    expect(clerk.get_by_text("36 dates are drafted.")).to_be_visible()  # 4 people, 5 days a week, less the holiday
    row = clerk.locator("li", has_text="S-104")
    clerk.get_by_role("radio", name="E Early").check()
    row.get_by_role("button").nth(5).click()
    expect(row.locator(".chip-s")).to_have_count(5)
    clerk.get_by_role("radio", name="L Late").check()
    clerk.get_by_label("beside what is there").check()
    row.get_by_role("button").nth(0).click()
    expect(row.get_by_text("8:00 h of rest since the shift before, under 11 h")).to_be_visible()
    shoot(clerk, "roster-1440")
    clerk.get_by_role("button", name="Show leave").click()
    clerk.get_by_role("button", name="Publish this week").click()
    expect(clerk.get_by_text("Workers see their shifts on My page.")).to_be_visible()
    assert PlannedShift.objects.filter(person=place.house.person, date=first).count() == 2
    worker = place.open(Role.WORKER, **PHONE)
    expect(worker.get_by_role("heading", name="My shifts")).to_be_visible()
    expect(worker.get_by_text("Changed")).to_have_count(0)
    clerk.get_by_role("radio", name="Free").check()
    clerk.get_by_label("in place of what is there").check()
    row.get_by_role("button").nth(0).click()
    expect(clerk.get_by_text("1 draft in this week")).to_be_visible()
    clerk.get_by_role("button", name="Publish this week").click()
    worker.reload()
    if worker.get_by_text("The weeks after").count():
        worker.get_by_text("The weeks after").click()
    expect(worker.get_by_text("Changed").first).to_be_visible()
    expect(worker.get_by_text("Before: Early 06:00–14:00, Late 14:00–22:00")).to_be_visible()
    shoot(worker, "me-390")
    phone = place.open(Role.HR, **PHONE)
    for name, address in (
        ("roster", f"rosters/{place.house.world.site.pk}/{first}/"), ("patterns", "patterns/"),
        ("pattern-new", f"patterns/at/{place.house.world.site.pk}/new/"),
        ("calendar", "calendar/?set=cn-2026"), ("rotations", "rosters/rotations/"),
    ):  # fmt: skip
        for page, width in ((phone, 390), (clerk, 1440)):
            page.goto(f"{place.url}/{address}")
            shoot(page, f"{name}-{width}")
    dark = place.open(Role.HR, **(WIDE | {"color_scheme": "dark"}))
    dark.goto(f"{place.url}/rosters/{place.house.world.site.pk}/{first}/")
    shoot(dark, "roster-dark")
    dark.goto(f"{place.url}/patterns/")
    shoot(dark, "patterns-dark")
    for page in (clerk, worker, phone, dark):
        assert page.faults == []
