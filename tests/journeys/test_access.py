"""Security at Access: a slip in a rule is stopped, a refusal is explained, a guard's shift ends as it began."""

import pytest
from playwright.sync_api import expect
from tests.journeys.shots import shoot_both

from gatehouse import wire
from gatehouse.keeper.protocol import Role
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import add_rule
from gatehouse.server.gates.policies import in_force
from gatehouse.server.people.actions import set_groups

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SETUP = By.job("setup")


def test_a_slip_in_a_rule_is_stopped_and_a_refusal_is_explained(place) -> None:
    world, person = place.house.world, place.house.person
    set_groups(person, [world.group], by=SETUP, at=world.now())
    rule = add_rule(world.site, [world.group], [world.door], by=SETUP, at=world.now())
    page = place.open(Role.SECURITY)
    page.goto(f"{place.url}/access/")
    expect(page.get_by_text("Staff", exact=True)).to_be_visible()

    page.get_by_role("link", name="Expectations").click()
    page.get_by_label("Staff number").fill("S-104")
    page.get_by_label("Weekday").select_option("6")
    page.get_by_label("Time").fill("09:00")
    page.get_by_label("must be").select_option("granted")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("the draft answers so")).to_be_visible()

    page.get_by_role("link", name="Hours").click()
    page.get_by_role("link", name="Add hours").click()
    page.get_by_label("Name").fill("Office hours")
    shoot_both(page, "hours")
    page.get_by_role("button", name="Write into the draft").click()
    expect(page.get_by_text("Monday to Friday 08:00-18:00")).to_be_visible()

    page.get_by_role("link", name="Rules").click()
    page.get_by_role("link", name="Change").click()
    page.get_by_label("When").select_option(label="Office hours")
    shoot_both(page, "rule")
    page.get_by_role("button", name="Write into the draft").click()
    expect(page.get_by_text("changed in the draft")).to_be_visible()
    shoot_both(page, "rules")
    page.get_by_role("link", name="Check and publish").click()
    shoot_both(page, "versions")
    page.get_by_role("button", name="Check and publish").click()
    expect(page.get_by_role("heading", name="Not published")).to_be_visible()
    expect(page.get_by_text("Known, but not at this time")).to_be_visible()
    shoot_both(page, "unkept")
    assert in_force(world.site)[0] == 1

    page.get_by_role("button", name="Expect it no more").click()
    page.get_by_role("link", name="Check and publish").click()
    page.get_by_role("button", name="Check and publish").click()
    expect(page.get_by_text("Version 2 is in force.")).to_be_visible()

    at = world.now()
    refused = wire.Attempt(
        id=wire.new_id(at), gate="door", at=at, seen_at=at, direction="in", means="card", subject=str(person.pk),
        granted=False, reason="schedule", rule=str(rule.pk), policy=2, groups=[str(world.group.pk)[:8]],
    )  # fmt: skip
    world.tell(refused)
    page.goto(f"{place.url}/watch/log/")
    page.get_by_role("button", name="Who and why?").click()
    page.get_by_role("link", name="Why exactly?").click()
    page.get_by_role("button", name="Show who and why").click()
    expect(page.get_by_text("this rule decided")).to_be_visible()
    expect(page.get_by_role("link", name="Lin Moss")).to_be_visible()
    shoot_both(page, "why")
    page.goto(f"{place.url}/access/{world.site.pk}/what-if/")
    page.get_by_label("Who could pass here").select_option(label="Door")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("of 1 person of this site")).to_be_visible()
    shoot_both(page, "what-if")
    page.goto(f"{place.url}/access/{world.site.pk}/zones/")
    shoot_both(page, "zones")
    assert page.faults == [f for f in page.faults if "409" in f]  # the refused publication, which the browser notes


def test_a_guard_s_shift_locks_down_answers_an_alarm_and_ends_as_it_began(place) -> None:
    world = place.house.world
    page = place.open(Role.SECURITY)
    page.goto(f"{place.url}/watch/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    world.tell(wire.GateEvent(id=wire.new_id(world.now()), gate="door", at=world.now(), kind="duress"))
    alarms = page.locator("#alarms")
    expect(alarms.get_by_text("Somebody opened under threat")).to_be_visible(timeout=10_000)
    alarms.get_by_role("button", name="Seen").click()
    expect(alarms.get_by_text("Somebody opened under threat")).to_have_count(0)
    page.get_by_role("link", name="Lockdown and evacuation").click()
    shoot_both(page, "alert")
    page.get_by_role("button", name="Lock the whole site down").click()
    expect(page.get_by_text("Locked down").first).to_be_visible()
    shoot_both(page, "locked-down")
    page.get_by_role("button", name="End it: back to how each gate stood").click()
    expect(page.get_by_text("Locked down")).to_have_count(0)
    assert page.faults == []
