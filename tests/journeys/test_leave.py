"""Leave in a real browser: a worker asks, the manager approves, the balance shrinks, and the payslip shows it."""

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from tests.journeys.shots import PHONE, shoot_both
from tests.server.pay_world import PayWorld
from tests.server.world import SETUP, ZONE

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import local_date
from gatehouse.domain.working_time import monday
from gatehouse.keeper.protocol import Role
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance.workdays import compute_workdays
from gatehouse.server.payroll.actions import draft_payslips

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHIFT = {"start": "09:00:00", "end": "18:00:00", "break_min": 60, "break_over_min": 360}
DAY = timedelta(days=1)


def test_a_worker_asks_a_manager_approves_the_balance_shrinks_and_the_payslip_shows_it(place) -> None:
    world, yesterday = place.house.world, _works(place)
    dan = world.hire("S-200", "Dan Farr")
    hr = place.open(Role.HR)

    hr.goto(place.url + reverse("leave-types"))
    expect(hr.get_by_text("nobody can ask for leave")).to_be_visible()
    shoot_both(hr, "leave-none")
    hr.get_by_role("button", name="Begin with these").click()
    expect(hr.get_by_role("link", name="Annual leave")).to_be_visible()
    shoot_both(hr, "leave-types")
    hr.get_by_role("link", name="Annual leave").click()
    shoot_both(hr, "leave-type")
    _manages(place, hr)

    mine = place.open(Role.WORKER, **PHONE)
    mine.get_by_role("link", name="My leave").click()
    expect(mine.get_by_text("15 days").first).to_be_visible()
    first = monday(yesterday) + 21 * DAY
    _ask(mine, "Annual leave", first, first + 4 * DAY, "My sister marries")
    expect(mine.get_by_text("15 days → 10 days")).to_be_visible()
    shoot_both(mine, "leave-preview")
    mine.get_by_role("button", name="Ask for it").click()
    expect(mine.get_by_text("you can withdraw it until then")).to_be_visible()
    _ask(mine, "Personal leave", yesterday, yesterday, "Moving house")
    mine.get_by_role("button", name="Ask for it").click()
    expect(mine.get_by_text("waits for an answer")).to_have_count(2)
    shoot_both(mine, "leave-asked")

    boss = _signed_in(place, dan)
    boss.goto(place.url + reverse("me-team"))
    boss.get_by_role("button", name="Open the requests").click()
    expect(boss.get_by_text("My sister marries")).to_be_visible()
    shoot_both(boss, "leave-team")
    for _n in range(2):
        boss.get_by_role("button", name="Approve").first.click()
        expect(boss.get_by_text("Approved.")).to_be_visible()
    expect(boss.get_by_role("heading", name="Who is away")).to_be_visible()
    shoot_both(boss, "leave-team-away")

    mine.reload()
    expect(mine.get_by_text("10 days left at the end of the year")).to_be_visible()
    expect(mine.get_by_text("approved", exact=True)).to_have_count(2)
    shoot_both(mine, "leave-approved")
    mine.goto(place.url + reverse("me"))
    # A day of 8 hours at 10,440 / 21.75 / 8 = 60 an hour, none of it paid.
    expect(mine.get_by_role("row", name=re.compile("Personal leave")).first).to_contain_text("480.00")
    shoot_both(mine, "leave-payslip")

    hr.goto(place.url + reverse("leave-balances"))
    hr.get_by_role("button", name="Open the balances").click()
    expect(hr.get_by_text("10 days").first).to_be_visible()
    shoot_both(hr, "leave-balances")
    hr.get_by_role("link", name="S-104").click()
    hr.get_by_role("button", name="Open", exact=True).click()
    hr.get_by_label("Days", exact=True).fill("2.5")
    hr.locator("#s-reason").fill("Opening balance")
    hr.get_by_role("button", name="Write", exact=True).click()
    expect(hr.get_by_text("Annual leave: 2.5 days")).to_be_visible()
    shoot_both(hr, "leave-person")
    hr.goto(place.url + reverse("leave-away-at", args=[world.site.pk, str(Month.of(first))]))
    hr.get_by_role("button", name="Open", exact=True).click()
    expect(hr.get_by_role("link", name="S-104")).to_be_visible()
    shoot_both(hr, "leave-away")

    mine.goto(place.url + reverse("me-leave"))
    mine.get_by_role("button", name=re.compile("Cancel this leave.*Annual")).click()
    expect(mine.get_by_text("The days are yours again")).to_be_visible()
    expect(mine.get_by_text("17.5 days left at the end of the year")).to_be_visible()
    for page in (hr, mine, boss):
        assert page.faults == []


def _works(place) -> date:
    """Eve's contract, her shift of yesterday and the night's draft of her pay; yesterday lies in this month, a clock
    that stands on a first goes on a day."""
    world, eve = place.house.world, place.house.person
    today = local_date(world.now(), ZoneInfo(ZONE))
    if today.month == 12:  # the leave that is asked for lies in one year
        world.clock.advance((date(today.year + 1, 1, 2) - today) // DAY * DAY)
    elif today.day == 1:
        world.clock.advance(DAY)
    yesterday = local_date(world.now(), ZoneInfo(ZONE)) - DAY
    PayWorld(world).contract(eve, "10440.00")
    pattern = work.add_pattern(world.site, "day", "Day shift", SHIFT, by=SETUP, at=world.now())
    work.plan(eve, pattern, [yesterday], by=SETUP, at=world.now())
    compute_workdays(world.site, yesterday, at=world.now())
    draft_payslips(world.site, Month.of(yesterday), at=world.now())
    return yesterday


def _manages(place, hr) -> None:
    """Dan manages Welding, and Eve is in it."""
    hr.goto(place.url + reverse("departments"))
    hr.get_by_text("Add a department").click()
    hr.get_by_label("Name", exact=True).fill("Welding")
    hr.get_by_role("button", name="Add", exact=True).click()
    hr.get_by_text("Name a manager").click()
    hr.locator("#manager-who").fill("S-200")
    hr.get_by_role("button", name="Name", exact=True).click()
    expect(hr.get_by_role("link", name="S-200")).to_be_visible()
    hr.get_by_text("Put somebody in").first.click()
    hr.locator("#member-who").fill("S-104")
    hr.get_by_role("button", name="Put in", exact=True).click()


def _ask(page, kind: str, first: date, last: date, why: str) -> None:
    page.get_by_label("Type", exact=True).select_option(label=kind)
    page.get_by_label("First day", exact=True).fill(first.isoformat())
    page.get_by_label("Last day", exact=True).fill(last.isoformat())
    page.get_by_label("Why", exact=True).fill(why)
    page.get_by_role("button", name="See what it takes").click()


def _signed_in(place, person):
    page = place.open(**PHONE)
    who, site = str(person.pk), str(place.house.world.site.pk)
    code = place.house.world.keeper.invite(who, Role.WORKER, place.house._owner(), sites=(site,), subject=who)
    page.goto(f"{place.url}/enter/{code}/")
    page.get_by_role("button", name="Sign in on this device").click()
    return page
