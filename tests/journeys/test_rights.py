"""Rights in a real browser: somebody takes their own data away and asks for something, HR answers and erases them."""

import json

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from tests.journeys.shots import shoot_both
from tests.server.world import SETUP

from gatehouse.keeper.certificate import check_certificate
from gatehouse.keeper.protocol import Role
from gatehouse.server.people import credential_actions
from gatehouse.server.people.cells import ConsentFacts
from gatehouse.server.people.models import Consent, ConsentState, Purpose

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def saved(page, button) -> bytes:
    with page.expect_download() as waiting:
        button.click()
    return waiting.value.path().read_bytes()


def test_somebody_takes_their_data_withdraws_their_face_and_hr_erases_them_when_they_left(place) -> None:
    world, person = place.house.world, place.house.person
    facts = ConsentFacts(on=world.now().date(), wording="face-at-gates/1", taken_by="hr")
    credential_actions.give_consent(person, Purpose.FACE, facts, by=SETUP, at=world.now())

    worker = place.open(Role.WORKER)
    worker.goto(place.url + reverse("me"))
    worker.get_by_role("link", name="Open my data").click()
    expect(worker.get_by_role("heading", name="Everything about me")).to_be_visible()
    made = json.loads(saved(worker, worker.get_by_role("button", name="Save as a file (JSON)")))
    assert made["data"]["person.name/1"][0]["data"] == "Lin Moss"
    worker.get_by_role("button", name="Show it here").click()
    expect(worker.get_by_text("Lin Moss")).to_be_visible()
    shoot_both(worker, "my-data-open")
    worker.get_by_label("Something about me is wrong").check()
    worker.get_by_label("In your words").fill("My phone number is an old one.")
    worker.get_by_role("button", name="Send").click()
    expect(worker.get_by_text("waits for an answer")).to_be_visible()
    shoot_both(worker, "my-data")
    worker.get_by_text("Withdraw", exact=True).click()
    worker.get_by_label("By a QR pass on my phone").check()
    worker.get_by_role("button", name="Withdraw and destroy my face").click()
    expect(worker.get_by_role("heading", name="Show this at the gate")).to_be_visible()
    assert Consent.objects.get().state == ConsentState.WITHDRAWN
    shoot_both(worker, "my-pass")

    hr = place.open(Role.HR)
    hr.goto(place.url + reverse("requests"))
    shoot_both(hr, "requests")
    hr.get_by_role("link", name="S-104").click()
    hr.get_by_role("button", name="Open", exact=True).click()
    expect(hr.get_by_text("My phone number is an old one.")).to_be_visible()
    shoot_both(hr, "request")
    hr.get_by_label("What they read").fill("Mended, thank you.")
    hr.get_by_role("button", name="It is done").click()
    expect(hr.get_by_text("Answered. The person reads it on their page.")).to_be_visible()
    worker.goto(place.url + reverse("me-data"))
    expect(worker.get_by_text("Mended, thank you.")).to_be_visible()

    hr.goto(place.url + reverse("person-erase", args=[person.pk]))
    expect(hr.get_by_text("This person works here.")).to_be_visible()
    hr.get_by_role("link", name="Write down the last day").click()
    hr.locator("#h-leave").scroll_into_view_if_needed()
    hr.get_by_label("at once, on the last day").or_(hr.locator("input[name=when][value=now]")).first.check()
    hr.get_by_role("button", name="Write down the last day").click()
    expect(hr.get_by_text("Every way in is dead.")).to_be_visible()
    hr.goto(place.url + reverse("person-erase", args=[person.pk]))
    expect(hr.get_by_text("Pay records must be kept by law").first).to_be_visible()
    shoot_both(hr, "erase")
    hr.get_by_label("Type S-104 to be sure").fill("S-104")
    hr.get_by_role("button", name="Erase for good").click()
    expect(hr.get_by_role("heading", name="Certificate of erasure")).to_be_visible()
    shoot_both(hr, "certificate")
    signed = saved(hr, hr.get_by_role("link", name="Signed file (JSON)"))
    assert check_certificate(signed).subject == str(person.pk)
    assert saved(hr, hr.get_by_role("link", name="PDF")).startswith(b"%PDF")

    owner = place.open(Role.OWNER)
    for name in ("trust", "retention", "register", "assessment"):
        owner.goto(place.url + reverse(name))
        shoot_both(owner, name)
    assert not [fault for page in (worker, hr, owner) for fault in page.faults if "401" not in fault]
