"""Somebody meets a record of nobody: the owner sees it on every page, hears of it by mail, and lets them in again."""

import re

import pytest
from playwright.sync_api import expect
from tests.journeys.shots import WIDE, shoot_both
from tests.mailbox import Mailbox
from tests.server.test_alerts import cross, trip

from gatehouse.keeper.protocol import Role
from gatehouse.server.alerts import watching
from gatehouse.server.alerts.models import Alert
from gatehouse.server.audit.by import By
from gatehouse.server.interchange import mailing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WHO = "duty.officer@example.com"


def set_up_and_try(page, box, password) -> None:
    page.get_by_role("textbox", name="Mail server").fill("127.0.0.1")
    page.get_by_label("Encryption").select_option("none")
    page.get_by_label("Port").fill(str(box.port))
    page.get_by_label("User").fill(box.user)
    page.get_by_label("Password").fill(password)
    page.get_by_label("Sender").fill("gate@example.org")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("To which address?").fill(WHO)
    page.get_by_role("button", name="Send a test mail").click()


@pytest.mark.timeout(180)
def test_from_an_empty_page_to_an_alert_that_somebody_has_taken_in_hand(place) -> None:
    house, world = place.house, place.house.world
    watching.look(world.now())
    Alert.objects.all().delete()
    page = place.open(Role.OWNER, **WIDE)
    page.goto(f"{place.url}/trust/alerts/")
    expect(page.get_by_text("Nothing waits to be looked at.")).to_be_visible()
    shoot_both(page, "alerts-none")

    with Mailbox(user="gate", password="secret") as box:
        page.goto(f"{place.url}/trust/mail/")
        shoot_both(page, "mail-none")
        page.get_by_label("Mail address").fill(WHO)
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_text("This address hears of alerts from now on.")).to_be_visible()
        set_up_and_try(page, box, "wrong")
        expect(page.get_by_role("alert")).to_contain_text("User and password are not right")
        shoot_both(page, "mail-refused")

        set_up_and_try(page, box, "secret")
        expect(page.get_by_text("The mail server took it")).to_be_visible()

        for role in (Role.HR, Role.SECURITY):
            house.ticket(role)
        thief, clerk = (By.ticket(house.operators[one].pk, house.ticket(one)) for one in (Role.SECURITY, Role.HR))
        cross(clerk, times=3, people=501)
        trip(world, thief)
        watching.look(world.now())
        mailing.deliver_due(world.now())
        assert sorted(mail["Subject"] for mail in box.mails) == [
            "Alert: a limit on looking was crossed", "Alert: a record of nobody was asked for", "Gatehouse sends mail",
        ]  # fmt: skip

    page.goto(f"{place.url}/watch/")
    expect(page.get_by_text("2 alerts that nobody has acknowledged")).to_be_visible()
    shoot_both(page, "alerts-banner")
    page.get_by_role("link", name="See what happened and what to do").click()
    shoot_both(page, "alerts-open")
    for handle in ("test-hr", "test-security"):
        page.get_by_role("button", name=re.compile(f"Acknowledge.*{handle}")).click()
    expect(page.get_by_text("acknowledged by test-owner").first).to_be_visible()
    shoot_both(page, "alerts-acknowledged")
    page.get_by_role("link", name="Invite anew").click()
    page.get_by_role("button", name="Make the link").click()
    page.goto(f"{place.url}/trust/alerts/")
    expect(page.get_by_text("Invited anew by test-owner")).to_be_visible()
    page.goto(f"{place.url}/trust/mail/")
    shoot_both(page, "mail-set")
    page.goto(f"{place.url}/watch/")
    expect(page.get_by_text("nobody has acknowledged")).to_have_count(0)
    assert page.faults == []
