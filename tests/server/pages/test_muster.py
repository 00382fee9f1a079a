"""The muster list of the server: who is inside by zone, the roll call, the alarm of every look, and who may look."""

import io
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from gatehouse.keeper.protocol import Role
from gatehouse.server import keeping, mustering
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import GateAlarm
from gatehouse.server.hooks import actions as hooks
from gatehouse.server.hooks.models import Event, EventKind


@pytest.fixture(autouse=True)
def fresh():
    mustering.forget()


def page(answer):
    return unescape(answer.content.decode())


def address(house):
    return reverse("muster-site", args=[house.world.site.pk])


def missing(answer):
    return int(page(answer).split('<span class="big">')[1].split("<")[0])


def test_the_list_names_who_is_inside_by_zone(house):
    world = house.world
    other = world.hire("S-105", "Ben Roe")
    world.door.zone_id = None
    world.tell(world.passage(subject=str(house.person.pk)), world.passage(subject=str(other.pk)))
    world.tell(world.passage(subject=str(other.pk), direction="out", at=world.now() + timedelta(seconds=1)))
    shown = page(house.browser(Role.SECURITY).post(address(house)))
    assert "S-104 LM" in shown
    assert "S-105" not in shown
    assert "Lin Moss" not in shown


def test_the_address_alone_shows_nothing_and_tells_nobody(house):
    house.world.tell(house.world.passage(subject=str(house.person.pk)))
    browser = house.browser(Role.OWNER)
    assert browser.get(address(house))["Location"] == reverse("muster")
    assert "S-104" not in page(browser.get(reverse("muster")))
    assert GateAlarm.objects.count() == 0


@pytest.mark.parametrize("role", [None, Role.WORKER, Role.AUDITOR, Role.PARKING])
def test_who_may_not_look(house, role):
    house.world.tell(house.world.passage(subject=str(house.person.pk)))
    for method in ("get", "post"):
        answer = getattr(house.browser(role), method)(address(house))
        assert answer.status_code in (302, 403)
        assert "S-104" not in page(answer)
    assert GateAlarm.objects.count() == 0
    assert house.browser(Role.OWNER).post(reverse("muster-site", args=[uuid4()])).status_code == 404


def test_a_look_is_an_alarm_on_watch_in_the_log_and_to_other_programs(house):
    world, browser = house.world, house.browser(Role.OWNER)
    owner = world.operator(Role.OWNER)
    hooks.add_hook(world.site, "https://hooks.example.org/x", [EventKind.ALARM], by=owner, at=world.now())
    browser.post(address(house))
    browser.post(address(house))  # again within minutes: no second alarm
    (alarm,) = GateAlarm.objects.all()
    assert (alarm.kind, alarm.gate) == ("muster", "")
    assert [event.facts["kind"] for event in Event.objects.all()] == ["muster"]
    (entry,) = Entry.objects.filter(verb="muster.read")
    assert entry.actor == str(house.operators[Role.OWNER].pk)
    assert "The muster list was opened" in page(browser.get(reverse("watch")))
    house.browser(Role.SECURITY).post(address(house))
    assert GateAlarm.objects.count() == 2  # somebody else


def test_an_edges_look_is_an_alarm_as_soon_as_the_server_hears_of_it(house):
    from gatehouse.wire import GateEvent, new_id

    at = house.world.now()
    event = GateEvent(id=new_id(at), gate="", at=at, kind="muster_read")
    house.world.tell(event)
    house.world.tell(event)
    (alarm,) = GateAlarm.objects.all()
    assert alarm.kind == "muster_read"


def test_a_roll_call_by_list_number_and_any_code(house):
    world, browser = house.world, house.browser(Role.OWNER)
    people = [house.person, world.hire("S-105", "Ben Roe"), world.hire("S-106", "Cy Low")]
    world.tell(*(world.passage(subject=str(one.pk)) for one in people))
    here = address(house)
    assert missing(browser.post(here, {"do": "drill"})) == 3
    assert missing(browser.post(here, {"tick": str(people[0].pk)})) == 2
    assert missing(browser.post(here, {"text": "s-105"})) == 1
    now = int(world.now().timestamp())
    claims = {"id": str(uuid4()), "sub": str(people[2].pk), "site": str(world.site.pk), "nbf": now - 9, "exp": now - 1}
    code = keeping.sign_pass(claims, world.operator(Role.OWNER).authority)
    assert isinstance(code, str)  # it ended a second ago
    out = io.BytesIO()
    segno.make(code, error="m", micro=False).save(out, kind="png", scale=6)
    photo = SimpleUploadedFile("code.png", out.getvalue(), "image/png")
    assert missing(browser.post(here, {"photo": photo})) == 0
    assert missing(browser.post(here, {"untick": str(people[0].pk)})) == 1
    answer = page(browser.post(here, {"do": "end"}))
    assert "Ended" in answer
    assert "half were here after" in answer
    assert mustering.roll(world.site).drill


def test_whoever_comes_without_being_on_the_list_is_named_too(house):
    browser, here = house.browser(Role.OWNER), address(house)
    browser.post(here, {"do": "start"})
    shown = page(browser.post(here, {"text": "S-104"}))
    assert "Not inside by the list, but here" in shown
    assert "S-104 LM" in shown


@pytest.mark.parametrize("text", ["", "\0", "²", "9" * 5000, "GH1.", "GH1.a.b", "<b>x", "é" * 999])
def test_garbage_ticks_nobody_and_breaks_nothing(house, text):
    house.world.tell(house.world.passage(subject=str(house.person.pk)))
    browser, here = house.browser(Role.OWNER), address(house)
    browser.post(here, {"do": "start"})
    for sent in (
        {"text": text},
        {"do": text},
        {"untick": text},
        {"photo": SimpleUploadedFile("x", text.encode() or b"x")},
    ):
        assert missing(browser.post(here, sent)) == 1, sent
    assert browser.post(here, {"tick": text or "x"}).status_code == 404
