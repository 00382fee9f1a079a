"""Access: rules are a draft until they are checked and published; an answer of the past is explained."""

from datetime import time, timedelta

import pytest
from tests.server.pages.conftest import SETUP

from gatehouse import wire
from gatehouse.domain.policy import Alert
from gatehouse.keeper.protocol import Role
from gatehouse.server import feed
from gatehouse.server.gates import policies, policy_actions, queries
from gatehouse.server.gates.actions import add_rule, raise_alarm
from gatehouse.server.gates.escalation import AFTER, URGENT_AFTER, escalate_unseen
from gatehouse.server.gates.models import GateAlarm, Rule
from gatehouse.server.people.actions import add_zone, set_groups

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(house):
    return house.world.site


@pytest.fixture
def guard(house):
    return house.browser(Role.SECURITY)


@pytest.fixture
def rule(house, site):
    set_groups(house.person, [house.world.group], by=SETUP, at=house.world.now())
    return add_rule(site, [house.world.group], [house.world.door], by=SETUP, at=house.world.now())


def text(answer):
    return " ".join(answer.content.decode().split())


def roster(world):
    feed.forget()
    return feed.changes(world.edge, feed.Known(0, 0), now=world.now()).roster


def rule_fields(world, **more):
    return {"groups": [str(world.group.pk)], "gates": [str(world.door.pk)], "deny": "", **more}


def test_the_first_page_says_what_to_do(guard, site):
    assert guard.get("/access/").headers["Location"] == f"/access/{site.pk}/"
    assert "No rule yet: nobody gets in." in text(guard.get(f"/access/{site.pk}/"))


def test_a_change_waits_until_it_is_published_and_can_be_taken_back(guard, house, site, rule):
    world = house.world
    assert [one.id for one in roster(world).rules] == [str(rule.pk)]
    made = guard.post(f"/access/{site.pk}/rules/new", rule_fields(world, deny="deny"))
    assert made.status_code == 302
    assert [one.deny for one in roster(world).rules] == [False]
    page = text(guard.get(f"/access/{site.pk}/"))
    assert "The draft has changes that are not in force." in page
    assert "new in the draft" in page
    assert guard.post(f"/access/{site.pk}/publish", {"note": "night"}).status_code == 302
    told = roster(world)
    assert sorted(one.deny for one in told.rules) == [False, True]
    assert told.policy == 2
    guard.post(f"/access/{site.pk}/versions/1/put-back")
    assert [one.deny for one in policies.draft(site).rules] == [False]
    assert roster(world).policy == 2
    guard.post(f"/access/{site.pk}/publish", {})
    assert [one.deny for one in roster(world).rules] == [False]


def test_what_breaks_an_expectation_is_not_published(guard, house, site, rule):
    world = house.world
    fields = {"number": "S-104", "gate": str(world.door.pk), "weekday": "6", "clock": "09:00", "answer": "granted"}
    assert guard.post(f"/access/{site.pk}/expected/", fields).status_code == 302
    assert "the draft answers so" in text(guard.get(f"/access/{site.pk}/expected/"))
    hours = {"name": "Office", "weekdays": ["0", "1", "2", "3", "4"], "start": "08:00", "end": "18:00"}
    assert guard.post(f"/access/{site.pk}/hours/new", hours).status_code == 302
    schedule = queries.schedules(site).get()
    guard.post(f"/access/{site.pk}/rules/{rule.pk}/", rule_fields(world, schedule=str(schedule.pk)))
    refused = guard.post(f"/access/{site.pk}/publish", {})
    assert refused.status_code == 409
    assert "The draft breaks 1 expectation." in text(refused)
    assert "S-104" in text(refused)
    assert "Known, but not at this time" in text(refused)
    assert roster(world).rules[0].schedule is None
    row = policies.expectations(site).get()
    guard.post(f"/access/{site.pk}/expected/{row.pk}/remove")
    fields["answer"] = "schedule"
    assert guard.post(f"/access/{site.pk}/expected/", fields).status_code == 302
    assert guard.post(f"/access/{site.pk}/publish", {}).status_code == 302
    assert roster(world).rules[0].schedule == str(schedule.pk)


def test_an_expectation_of_a_number_that_nobody_has_is_said(guard, house, site):
    fields = {"number": "X-1", "gate": str(house.world.door.pk), "weekday": "0", "clock": "09:00", "answer": "granted"}
    answer = guard.post(f"/access/{site.pk}/expected/", fields)
    assert answer.status_code == 422
    assert "Nobody here has this staff number." in text(answer)


def test_a_rule_that_ends_before_it_begins_is_refused(guard, house, site):
    fields = rule_fields(house.world, starts="2026-06-02T08:00", ends="2026-06-01T08:00")
    answer = guard.post(f"/access/{site.pk}/rules/new", fields)
    assert answer.status_code == 422
    assert "It ends before it begins." in text(answer)
    assert not Rule.objects.exists()


def test_zones_and_doors_travel_to_the_gates_once_published(guard, house, site):
    world = house.world
    hall = add_zone(site, "hall", "Hall", by=SETUP, at=world.now())
    zone = {"passback": "hard", "passback_s": "300", "together_s": "30", "limit": "5"}
    assert guard.post(f"/access/{site.pk}/zones/{hall.pk}", zone).status_code == 302
    door = {"zone": str(hall.pk), "interlock": "v1", "held_s": "45"}
    assert guard.post(f"/access/{site.pk}/doors/{world.door.pk}", door).status_code == 302
    assert roster(world).zones == []
    guard.post(f"/access/{site.pk}/publish", {})
    told = roster(world)
    assert [(one.id, one.passback, one.limit) for one in told.zones] == [(str(hall.pk), "hard", 5)]
    gate = next(one for one in told.gates if one.code == "door")
    assert (gate.stands_in, gate.interlock, gate.held_s) == (str(hall.pk), "v1", 45)
    assert "At most 5 people" in text(guard.get(f"/access/{site.pk}/zones/"))
    guard.post(f"/access/{site.pk}/versions/1/put-back")
    assert policies.draft(site).zones == []
    guard.post(f"/access/{site.pk}/versions/2/put-back")
    assert policies.draft(site) == policies.in_force(site)[1]


def test_forgetting_and_duress_hold_at_once(guard, house, site):
    guard.post(f"/access/{site.pk}/forget", {})
    guard.post(f"/access/{site.pk}/duress", {"on": "on"})
    told = roster(house.world)
    assert told.duress
    assert {"*", ""} <= set(told.forgotten)


def test_lockdown_and_evacuation_are_told_and_undone(guard, house, site):
    address = f"/watch/sites/{site.pk}/alert"
    assert "Lock the whole site down" in text(guard.get(address))
    assert guard.post(address, {"alert": "sideways"}).status_code == 422
    for wanted in ("lockdown", "evacuation", ""):
        assert guard.post(address, {"alert": wanted}).status_code == 302
        assert roster(house.world).alert is Alert(wanted)
    assert house.browser(Role.AUDITOR).get(address).status_code == 403


def attempt(world, **more):
    fields = {
        "id": wire.new_id(world.now()), "gate": "door", "at": world.now(), "seen_at": world.now(), "direction": "in",
        "means": "card", "granted": False, "reason": "schedule",
    }  # fmt: skip
    body = wire.Attempt(**(fields | more))
    world.tell(body)
    return body.id


def test_why_tells_which_rule_decided_by_the_policy_of_its_day(guard, house, site, rule):
    world = house.world
    policy_actions.begin_draft(site, by=SETUP, at=world.now())
    short = [str(world.group.pk)[:8]]
    person = str(house.person.pk)
    own = attempt(
        world, subject=person, reason="rule", granted=True, rule=str(rule.pk), policy=1, groups=short, was_in=""
    )
    guard.post(f"/access/{site.pk}/rules/{rule.pk}/", rule_fields(world, deny="deny"))
    guard.post(f"/access/{site.pk}/publish", {})
    closed = text(guard.get(f"/access/why/{own}/"))
    assert "Show who and why" in closed
    assert "this rule decided" not in closed
    opened = text(guard.post(f"/access/why/{own}/"))
    assert "Lin Moss" in opened
    assert "version 1" in opened
    assert "this rule decided" in opened
    assert "The rules of today would answer:" in opened
    assert "A rule keeps them out" in opened


def test_why_of_an_attempt_before_any_version_says_so(guard, house, site, rule):
    own = attempt(house.world, subject=str(house.person.pk), policy=0)
    assert "By the rules alone:" in text(guard.post(f"/access/why/{own}/"))
    guard.post(f"/access/{site.pk}/publish", {})
    assert "The rules of that day were not kept" in text(guard.post(f"/access/why/{own}/"))


def test_what_if_tells_who_could_pass_and_where_somebody_may(guard, house, site, rule):
    world = house.world
    asked = {"on": "2026-06-10", "clock": "09:00"}
    who = text(guard.post(f"/access/{site.pk}/what-if/", asked | {"gate": str(world.door.pk)}))
    assert "1 person could pass" in who
    assert "S-104" in who
    where = text(guard.post(f"/access/{site.pk}/what-if/", asked | {"number": "S-104"}))
    assert "Let in" in where
    assert guard.post(f"/access/{site.pk}/what-if/", asked).status_code == 422


def test_an_alarm_that_nobody_answers_is_told_louder_once(guard, house, site):
    at = house.world.now()
    urgent = raise_alarm(site.pk, "door", "duress", at=at)
    calm = raise_alarm(site.pk, "door", "held", at=at)
    assert escalate_unseen(at + URGENT_AFTER - timedelta(seconds=1)) == 0
    assert escalate_unseen(at + URGENT_AFTER) == 1
    assert escalate_unseen(at + URGENT_AFTER) == 0
    assert "nobody has answered yet" in text(guard.get("/watch/alarms/"))
    guard.post(f"/watch/alarms/{calm.pk}/seen")
    assert escalate_unseen(at + AFTER) == 0
    assert GateAlarm.objects.get(pk=urgent.pk).escalated


def test_another_site_s_rules_are_nobody_s(guard, house, site):
    other = "00000000-0000-4000-8000-000000000000"
    for path in ("", "hours/", "zones/", "expected/", "versions/", "what-if/"):
        assert guard.get(f"/access/{other}/{path}").status_code == 404


def test_a_clock_time_of_an_expectation_is_kept(site, house):
    row = policy_actions.expect(
        site, house.world.group, house.world.door, 0, time(9), "granted", by=SETUP, at=house.world.now()
    )
    assert not policies.checked(site, policies.draft(site), house.world.now())[0][1].holds
    assert row.clock == time(9)
