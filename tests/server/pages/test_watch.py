"""Watch: what a guard sees at a gate, live and afterwards, and who opened it."""

import asyncio
import re
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async
from django.urls import reverse
from tests.server.world import ZONE

from gatehouse import wire
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import bus
from gatehouse.server.accounts.actions import sign_out
from gatehouse.server.accounts.signed_in import signed_in
from gatehouse.server.audit.models import Entry
from gatehouse.server.console import watch_events, watch_log
from gatehouse.server.console.watch_events import _stream
from gatehouse.server.gates.models import Attempt, Opening
from gatehouse.server.people import looks


def _page(house, role=Role.SECURITY, address="/watch/"):
    return house.browser(role).get(address).content.decode()


def test_a_refusal_is_said_in_words_with_what_to_do(house) -> None:
    house.world.tell(house.world.attempt(granted=False, reason="unknown_face"))
    page = _page(house)
    assert "Not let through" in page
    assert "This face is not enrolled here" in page
    assert "Ask for a QR pass or a card" in page


def test_a_held_car_shows_what_it_owes_and_an_answer_takes_it_away(house) -> None:
    gate = house.world.lane_out
    bus.set_tile(gate.site_id, gate.code, at=house.world.now(), outcome="refused", owed=bus.Owed(1500, "CNY", "x"))
    assert "Held: ¥15.00 to pay" in _page(house)
    bus.set_tile(gate.site_id, gate.code, outcome="granted", owed=None)
    assert "Held" not in _page(house)


def test_a_gate_that_nobody_can_reach_says_so_in_words_and_shape(house) -> None:
    bus.set_tile(house.world.site.pk, "door", at=house.world.now(), outcome="relay_lost", fault="relay_lost")
    page = _page(house)
    assert "The lock or barrier does not answer" in page
    assert "icons.svg#offline" in page
    assert "1 in trouble" in page


def test_the_reason_of_an_old_attempt_is_not_known_until_somebody_asks(house) -> None:
    house.world.tell(house.world.attempt(granted=False, reason="schedule", subject=str(house.person.pk)))
    bus.clear()
    log = _page(house, address="/watch/log/")
    assert "not at this time" not in log
    assert "Lin Moss" not in log
    attempt = Attempt.objects.get()
    answer = house.browser(Role.SECURITY).post(reverse("watch-who", args=[attempt.pk])).content.decode()
    assert "Known, but not at this time" in answer
    assert "Lin Moss" in answer
    looks = house.world.keeper.looks(str(house.person.pk), house.ticket(Role.OWNER))
    assert {"watch.who"} <= {look.purpose for look in looks}


def test_every_attempt_of_a_day_can_be_reached(house, monkeypatch) -> None:
    monkeypatch.setattr(watch_log, "PAGE", 2)
    house.world.tell(*(house.world.attempt(granted=False, reason="unknown_face") for _ in range(5)))
    browser, day = house.browser(Role.SECURITY), local_date(house.world.now(), ZoneInfo(ZONE)).isoformat()
    shown: list[str] = []
    for number, links in ((1, ("Older",)), (2, ("Newer", "Older")), (3, ("Newer",))):
        page = browser.get(f"/watch/log/{day}/page/{number}/").content.decode()
        assert ("5 attempts" in page, f"Page {number} of 3" in page) == (True, True)
        assert tuple(link for link in ("Newer", "Older") if f">{link}<" in page) == links
        shown += re.findall(r'id="who-([0-9a-f-]+)"', page)
    assert sorted(shown) == sorted(str(pk) for pk in Attempt.objects.values_list("pk", flat=True))
    beyond = browser.get(f"/watch/log/{day}/page/{'9' * 30}/").content.decode()
    assert "Page 3 of 3" in beyond


def test_looking_is_not_done_by_a_link(house) -> None:
    house.world.tell(house.world.attempt(subject=str(house.person.pk)))
    address = reverse("watch-who", args=[Attempt.objects.get().pk])
    assert house.browser(Role.SECURITY).get(address).status_code == 405


def test_opening_by_hand_wants_a_reason_and_is_written_down(house) -> None:
    browser, address = house.browser(Role.SECURITY), reverse("watch-open", args=[house.world.door.pk])
    assert browser.post(address, {}).status_code == 422
    assert browser.post(address, {"reason": "other"}).status_code == 422
    assert Opening.objects.count() == 0
    assert browser.post(address, {"reason": "delivery", "note": "parcels"}).status_code == 200
    opening = Opening.objects.get()
    assert b"parcels" not in bytes(opening.reason_cell)
    entry = Entry.objects.get(verb="gate.opened_by_hand")
    assert entry.actor == str(house.operators[Role.SECURITY].pk)


def test_a_gate_is_locked_down_and_given_back_by_security_only(house) -> None:
    address = reverse("watch-mode", args=[house.world.door.pk])
    browser = house.browser(Role.SECURITY)
    assert browser.post(address, {"mode": "ajar"}).status_code == 422
    assert browser.post(address, {"mode": "closed"}).status_code == 200
    assert "Locked down" in _page(house)
    assert Entry.objects.filter(verb="gate.closed").count() == 1
    assert house.browser(Role.PARKING).post(address, {"mode": "open"}).status_code == 403
    browser.post(address, {"mode": "controlled"})
    assert "Locked down" not in _page(house)


def test_an_alarm_stands_on_top_until_somebody_has_seen_it(house) -> None:
    world = house.world
    world.tell(wire.GateEvent(id=wire.new_id(world.now()), gate="door", at=world.now(), kind="forced"))
    page = _page(house)
    assert "Door: Opened by force" in page
    address = page.split('hx-post="/watch/alarms/')[1].split('"')[0]
    after = house.browser(Role.SECURITY).post(f"/watch/alarms/{address}").content.decode()
    assert "Opened by force" not in after
    assert Entry.objects.filter(verb="alarm.seen").count() == 1


def _events(who, *publish, count):
    async def listen() -> list[str]:
        stream = _stream(who)
        got = [await anext(stream)]
        for event in publish:
            bus.publish(event)
        got += [await asyncio.wait_for(anext(stream), 2) for _ in range(count)]
        await stream.aclose()
        return [part.decode() for part in got]

    return asyncio.run(listen())


def test_live_events_carry_ids_only(house) -> None:
    who = signed_in(house.ticket(Role.SECURITY))
    site = str(house.world.site.pk)
    first, second = _events(who, bus.TileChanged(site, "door"), count=1)
    assert first.startswith("retry: 2000\nevent: clock\n")
    assert second.endswith(f"event: gate\ndata: {site}-door\n\n")


def test_live_events_of_another_site_do_not_come(house) -> None:
    who = signed_in(house.ticket(Role.SECURITY))
    who.operator.sites = [str(house.world.site.pk)]
    mine = bus.AlarmRaised(str(house.world.site.pk), "door", "alarm-id")
    _, only = _events(who, bus.TileChanged("another-site", "door"), mine, count=1)
    assert only == "event: alarm\ndata: alarm-id\n\n"


@pytest.mark.parametrize("role", [Role.AUDITOR])
def test_an_auditor_watches_and_opens_nothing(house, role) -> None:
    assert "Open by hand" not in _page(house, role)
    assert house.browser(role).post(reverse("watch-open", args=[house.world.door.pk])).status_code == 403


def test_over_the_limit_a_name_is_refused_in_words(house, monkeypatch) -> None:
    house.world.tell(house.world.attempt(subject=str(house.person.pk)))
    monkeypatch.setattr(looks, "names", lambda *a: Refused("over_budget"))
    answer = house.browser(Role.SECURITY).post(reverse("watch-who", args=[Attempt.objects.get().pk])).content.decode()
    assert "You have looked at as many people as your role may for now" in answer
    assert "Lin Moss" not in answer


def test_live_events_end_with_the_sign_in_also_while_much_happens(house, monkeypatch) -> None:
    monkeypatch.setattr(watch_events, "HEARTBEAT_S", 0.2)
    who, site = signed_in(house.ticket(Role.SECURITY)), str(house.world.site.pk)

    async def listen() -> int:
        stream, said = _stream(who), 0
        await anext(stream)
        await sync_to_async(sign_out)(who.token)
        for _ in range(60):
            bus.publish(bus.TileChanged(site, "door"))
            if await asyncio.wait_for(anext(stream, None), 5) is None:
                return said
            said += 1
            await asyncio.sleep(0.02)
        return said

    assert asyncio.run(listen()) < 60


def test_a_lane_whose_edge_is_silent_says_what_it_does_alone(house) -> None:
    gate = house.world.lane_out
    bus.set_tile(gate.site_id, gate.code, fault="edge_silent")
    page = _page(house)
    assert "Alone it lets everybody out and records what they owe." in page
    bus.set_tile(gate.site_id, gate.code, fault="")
    assert "Alone it lets" not in _page(house)
