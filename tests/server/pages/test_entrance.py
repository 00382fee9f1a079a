"""The way in: a link shows a button, the button spends the code, and the ticket lies in the browser only."""

import pytest
from django.urls import reverse

from gatehouse.keeper.protocol import Role
from gatehouse.keeper.tickets import TICKET_LIVES
from gatehouse.server import keeping
from gatehouse.server.accounts.signed_in import COOKIE


def test_looking_at_a_link_does_not_spend_it(house) -> None:
    code = house.code(Role.OWNER)
    preview = house.browser()
    for _ in range(3):
        assert preview.get(reverse("enter-code", args=[code])).status_code == 200
    response = house.browser().post(reverse("enter"), {"code": code})
    assert (response.status_code, response["Location"]) == (302, "/account/first/")


def test_a_link_works_once_and_the_second_time_is_worded(house) -> None:
    code = house.code(Role.OWNER)
    house.browser().post(reverse("enter"), {"code": code})
    again = house.browser().post(reverse("enter"), {"code": code})
    assert again.status_code == 403
    assert "This link does not work any more" in again.content.decode()
    assert COOKIE not in again.cookies


def test_the_ticket_cookie_is_out_of_reach_of_scripts_and_other_sites(house) -> None:
    cookie = house.browser().post(reverse("enter"), {"code": house.code(Role.OWNER)}).cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


@pytest.mark.parametrize(
    ("role", "page"),
    [(Role.OWNER, "/watch/"), (Role.HR, "/month/"), (Role.AUDITOR, "/trust/"), (Role.WORKER, "/me/")],
)
def test_everybody_comes_to_their_own_first_page(house, role, page) -> None:
    browser = house.browser(role)
    assert browser.get("/")["Location"] == page
    assert browser.get(page).status_code == 200


def test_signing_out_ends_the_ticket_everywhere(house) -> None:
    browser, other = house.browser(Role.OWNER), house.browser(Role.OWNER)
    assert browser.post(reverse("sign-out"))["Location"] == "/enter/"
    assert other.get("/watch/")["Location"] == "/enter/"


def test_a_ticket_that_has_run_out_signs_nobody_in_although_the_server_just_saw_it(house) -> None:
    browser = house.browser(Role.OWNER)
    assert browser.get(reverse("watch")).status_code == 200
    house.world.clock.advance(TICKET_LIVES)
    assert browser.get(reverse("watch"))["Location"] == reverse("enter")


def test_without_the_keeper_pages_say_that_doors_work(house, keeper) -> None:
    browser = house.browser(Role.OWNER)
    keeping.configure(None)
    stranger = house.browser().post(reverse("enter"), {"code": "x" * 20})
    page = browser.get("/trust/")
    keeping.configure(keeper)
    for answer in (stranger, page):
        assert answer.status_code == 503
        assert "Doors and barriers keep working" in answer.content.decode()


def test_a_language_is_chosen_and_kept(house) -> None:
    browser = house.browser(Role.OWNER)
    assert browser.post(reverse("set_language"), {"language": "zh-hans", "next": "/watch/"}).status_code == 302
    page = browser.get("/watch/").content.decode()
    assert 'lang="zh-hans"' in page
    assert "值守" in page
