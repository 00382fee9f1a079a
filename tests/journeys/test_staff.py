"""The people's file in a real browser: HR lets somebody join, names a manager, the manager answers, somebody leaves."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from tests.journeys.shots import PHONE, shoot_both
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Role
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance.models import WorkNote

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_somebody_joins_is_managed_asks_is_answered_and_leaves(place) -> None:
    world, house = place.house.world, place.house
    work.add_pattern(world.site, "day", "Day shift", {"start": "09:00:00", "end": "18:00:00"}, by=SETUP, at=world.now())
    world.hire("S-200", "Dan Farr")
    hr = place.open(Role.HR)

    hr.goto(place.url + reverse("departments"))
    hr.get_by_text("Add a department").click()
    hr.get_by_label("Name", exact=True).fill("Welding")
    hr.get_by_role("button", name="Add", exact=True).click()
    hr.get_by_text("Name a manager").click()
    hr.locator("#manager-who").fill("S-200")
    hr.get_by_role("button", name="Name", exact=True).click()
    expect(hr.get_by_role("link", name="S-200")).to_be_visible()

    hr.goto(place.url + reverse("people"))
    shoot_both(hr, "people")
    hr.get_by_role("link", name="Somebody joins").click()
    hr.get_by_label("Staff number").fill("S-300")
    hr.get_by_label("Full name").fill("张三")
    hr.get_by_label("Department").select_option(label="Welding")
    hr.get_by_label("Staff", exact=True).check()
    hr.get_by_label("Wage", exact=True).fill("8000")
    hr.get_by_label("Shift").select_option(label="Day shift")
    hr.get_by_label("Card number").fill("04:AA")
    hr.get_by_label("QR pass for").select_option(label="one week")
    hr.get_by_label("Make a link to their own page").check()
    shoot_both(hr, "join")
    hr.get_by_role("button", name="Let them join").click()
    expect(hr.get_by_text("up to 32 letters and digits")).to_be_visible()
    assert hr.get_by_label("Full name").input_value() == "张三"
    hr.get_by_label("Card number").fill("04AA")
    hr.get_by_role("button", name="Let them join").click()
    expect(hr.get_by_role("heading", name="S-300 has joined")).to_be_visible()
    shoot_both(hr, "joined")
    link = hr.locator("p.mono").inner_text()

    worker = place.browser.new_context(**PHONE).new_page()
    worker.goto(link)
    worker.get_by_role("button", name="Sign in on this device").click()
    worker.get_by_role("link", name="Not now").click()
    expect(worker.get_by_role("heading", name="张三")).to_be_visible()

    hr.goto(place.url + reverse("people"))
    hr.get_by_label("Name, staff number or plate").fill("zs")
    hr.get_by_role("button", name="Search").click()
    hr.get_by_role("link", name="S-300").click()
    shoot_both(hr, "person")
    _asks_for_leave(house, hr)
    dan = _signed_in_as(place, hr, "S-200")
    dan.get_by_role("link", name="My team").click()
    shoot_both(dan, "team-closed")
    dan.get_by_role("button", name="Open the requests").click()
    expect(dan.get_by_text("Moving house")).to_be_visible()
    shoot_both(dan, "team")
    dan.get_by_label("Your reason").fill("Have a good day")
    dan.get_by_role("button", name="Approve").click()
    expect(dan.get_by_text("Nobody of your team waits for an answer.")).to_be_visible()
    assert WorkNote.objects.get().state == "approved"
    worker.reload()
    expect(worker.get_by_text("Have a good day")).to_be_visible()
    expect(worker.get_by_text("A manager of yours").first).to_be_visible()
    shoot_both(worker, "me")

    hr.goto(place.url + reverse("answers"))
    shoot_both(hr, "answers-closed")
    hr.get_by_role("button", name="Open this page").click()
    expect(hr.get_by_text("Have a good day")).to_be_visible()
    shoot_both(hr, "answers")
    hr.goto(place.url + reverse("departments"))
    shoot_both(hr, "departments")
    hr.get_by_role("link", name="Welding").click()
    hr.get_by_text("Let somebody stand in").first.click()
    hr.get_by_role("button", name="Show staff numbers").click()
    shoot_both(hr, "department")

    hr.goto(place.url + reverse("people"))
    hr.get_by_role("link", name="S-300").click()
    hr.get_by_role("link", name="Move, leave, final pay").click()
    shoot_both(hr, "change")
    last = (world.now() + timedelta(days=20)).date()
    hr.locator("#id_last_day").fill(last.isoformat())
    hr.get_by_role("button", name="Write down the last day").click()
    expect(hr.get_by_text("Next is the final pay")).to_be_visible()
    hr.get_by_role("button", name="Open", exact=True).click()
    expect(hr.get_by_text("The last day is").first).to_be_visible()
    shoot_both(hr, "waits")
    hr.get_by_role("button", name="Undo it").click()
    expect(hr.get_by_text("Undone: all is as it was.")).to_be_visible()
    assert [fault for fault in hr.faults if "422" not in fault] == []  # the form that came back


def _asks_for_leave(house, hr) -> None:
    """Until there is a page for it, the leave is asked for by the action that such a page calls."""
    from gatehouse.server.attendance.models import NoteState
    from gatehouse.server.attendance.notes import LeaveNote
    from gatehouse.server.people.models import Person

    person = Person.objects.get(pk=hr.url.rstrip("/").split("/")[-1])
    on = house.world.now().date() + timedelta(days=3)
    note = LeaveNote(date=on, part="whole", reason="Moving house")
    work.add_note(person, note, state=NoteState.ASKED, by=SETUP, at=house.world.now())


def _signed_in_as(place, hr, number: str):
    """By the link that HR makes on their page."""
    hr.goto(place.url + reverse("people"))
    hr.get_by_role("link", name=number).click()
    hr.get_by_role("button", name="Make a link to their own page").click()
    link = hr.locator("text=/http.*enter/").first.inner_text()
    page = place.browser.new_context(**PHONE).new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in on this device").click()
    page.get_by_role("link", name="Not now").click()
    return page
