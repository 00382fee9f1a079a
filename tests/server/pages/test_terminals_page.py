"""The page of terminals: a code shown once, for those who may, of their own sites."""

import re

import pytest
from tests.server.pages.conftest import SETUP

from gatehouse.keeper.protocol import Role
from gatehouse.server.gates import terminals
from gatehouse.server.gates.models import Device, Gate
from gatehouse.server.people.models import Credential, CredentialKind, CredentialState

PAGE = "/watch/terminals/"


def test_a_code_is_shown_once_and_not_again(house):
    browser = house.browser(Role.SECURITY)
    page = browser.post(f"{PAGE}at/{house.world.door.pk}/add").content.decode()
    assert re.search(r'id="pairing-code">[0-9A-Z]{5}-[0-9A-Z]{5}<', page)
    later = browser.get(PAGE).content.decode()
    assert "waits for its tablet" in later
    assert "pairing-code" not in later


def test_a_new_code_and_taking_away(house):
    given = terminals.add_terminal(house.world.door, by=SETUP, at=house.world.now())
    browser = house.browser(Role.OWNER)
    assert given.shown not in browser.post(f"{PAGE}{given.terminal.pk}/code").content.decode()
    assert browser.post(f"{PAGE}{given.terminal.pk}/away").status_code == 302
    assert not Device.objects.exists()
    assert browser.post(f"{PAGE}{given.terminal.pk}/away").status_code == 404


@pytest.mark.parametrize("role", [Role.HR, Role.PARKING, Role.AUDITOR, Role.WORKER])
def test_whoever_may_not_lock_a_door_adds_no_terminal(house, role):
    assert house.browser(role).post(f"{PAGE}at/{house.world.door.pk}/add").status_code == 403
    assert not Device.objects.exists()


def test_a_lane_takes_no_terminal(house):
    lane = Gate.objects.get(code="in")
    assert house.browser(Role.OWNER).post(f"{PAGE}at/{lane.pk}/add").status_code == 404


def test_a_gate_that_takes_faces_alone_is_pointed_out(house):
    browser = house.browser(Role.OWNER)
    assert "takes faces and nothing else" not in browser.get(PAGE).content.decode()
    Gate.objects.filter(code="door").update(means=["face"])
    assert "takes faces and nothing else" in browser.get(PAGE).content.decode()


def test_a_card_is_lent_for_today_and_comes_back(house):
    browser, address = house.browser(Role.SECURITY), f"/people/{house.person.pk}/"
    assert browser.post(f"{address}lend", {"number": "8800"}).status_code == 302
    assert "A card is lent for today" in browser.get(address).content.decode()
    browser.post(f"{address}take-back", {"kind": "day_card"})
    held = Credential.objects.filter(kind=CredentialKind.DAY_CARD, state=CredentialState.ACTIVE)
    assert not held.exists()
    assert "8800" not in browser.get(address).content.decode()
