"""How somebody signs in, in pages: bytes go to the keeper, and what ends there ends in every browser."""

import base64
import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from tests.keeper.authenticator import Phone

from gatehouse.address import Address, Tls
from gatehouse.crypto.passwords import STEP_S, totp
from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.actions import change_operator
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.address import here
from gatehouse.server.audit.by import By

PASSWORD = "four words that differ"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def _post(browser, name: str, body: object):
    return browser.post(reverse(name), json.dumps(body), content_type="application/json")


def make_passkey(browser) -> Phone:
    asked = _post(browser, "account-passkey-begin", {}).json()
    phone = Phone()
    made = phone.make(_bytes(asked["challenge"]), "")
    body = {"client_data": _text(made.client_data), "attestation": _text(made.attestation), "attachment": "platform"}
    answer = _post(browser, "account-passkey", body)
    assert answer.json() == {"to": "/account/"}
    return phone


def use_passkey(browser, phone: Phone):
    use = phone.use(_bytes(_post(browser, "passkey-begin", {}).json()["challenge"]))
    parts = ("credential", "client_data", "authenticator_data", "signature")
    body = {name: _text(getattr(use, name)) for name in parts}
    return _post(browser, "passkey-enter", body)


@pytest.fixture
def fresh(house):
    """A browser that has just come in by a code."""

    def enter(role: Role = Role.OWNER):
        browser = house.browser()
        browser.post(reverse("enter"), {"code": house.code(role)})
        return browser

    return enter


def test_a_passkey_signs_in_and_leads_to_the_own_first_page(house, fresh) -> None:
    phone = make_passkey(fresh(Role.HR))
    browser = house.browser()
    answer = use_passkey(browser, phone)
    assert answer.json() == {"to": "/month/"}
    assert answer.cookies[COOKIE]["httponly"]
    assert browser.get("/month/").status_code == 200
    page = browser.get(reverse("account")).content.decode()
    assert "Passkey of a phone or computer" in page


@pytest.mark.parametrize("body", [{}, [], "x", {"credential": 7}, {"credential": "é", "client_data": ""}], ids=str)
def test_what_is_no_passkey_is_refused_in_words(house, fresh, body) -> None:
    for browser, name in ((house.browser(), "passkey-enter"), (fresh(), "account-passkey")):
        answer = _post(browser, name, body)
        assert (answer.status_code, answer.json()["what"]) == (403, "This passkey does not work here")


def test_a_stolen_cookie_ends_with_signing_out_everywhere(house, fresh) -> None:
    browser = fresh()
    make_passkey(browser)
    thief = house.browser()
    thief.cookies[COOKIE] = browser.cookies[COOKIE].value
    assert thief.get("/watch/").status_code == 200  # and the server keeps that for half a minute
    assert browser.post(reverse("account-everywhere"))["Location"] == "/enter/"
    assert thief.get("/watch/")["Location"] == "/enter/"
    assert thief.get("/api/me").status_code == 401


def test_a_stolen_cookie_adds_no_way_in_that_outlives_it(house, fresh) -> None:
    browser = fresh()
    house.world.clock.advance(timedelta(minutes=15))
    for name in ("account-passkey-begin",):
        answer = _post(browser, name, {})
        assert (answer.status_code, answer.json()["what"]) == (403, "You signed in a while ago")
    assert browser.post(reverse("account-password")).status_code == 403
    assert browser.post(reverse("account-remove"), {"way": "password"}).status_code == 403
    page = browser.get(reverse("account")).content.decode()
    assert "Make a passkey on this device" not in page


def test_an_operator_who_is_switched_off_or_gets_another_role_signs_in_by_nothing_older(house, fresh) -> None:
    browser = fresh(Role.SECURITY)
    phone = make_passkey(browser)
    by, at = By(str(house.operators[Role.OWNER].pk), house._owner()), house.world.now()
    change_operator(house.operators[Role.SECURITY], role=Role.PARKING, sites=[], active=True, by=by, at=at)
    assert browser.get("/watch/")["Location"] == "/enter/"
    assert use_passkey(house.browser(), phone).status_code == 403


def test_hr_shuts_a_lost_phone_out_and_gives_a_new_link(house, fresh) -> None:
    worker = fresh(Role.WORKER)
    phone = make_passkey(worker)
    address = reverse("person-invite", args=[house.person.pk])
    assert house.browser(Role.HR).post(address).status_code == 200
    assert use_passkey(house.browser(), phone).status_code == 200
    page = house.browser(Role.HR).post(address, {"lost": "yes"}).content.decode()
    assert worker.get("/me/")["Location"] == "/enter/"
    assert use_passkey(house.browser(), phone).status_code == 403
    code = page.split("/enter/")[1].split("/")[0]
    assert house.browser().post("/enter/", {"code": code})["Location"] == "/account/first/"


def _with_app(browser) -> tuple[str, str, bytes]:
    """The page's uri, handle and the app's secret."""
    page = browser.post(reverse("account-password")).content.decode()
    uri = re.search(r'name="uri" value="([^"]+)"', page)[1].replace("&amp;", "&")
    handle = re.search(r'name="handle" value="([^"]+)"', page)[1]
    return uri, handle, base64.b32decode(re.search(r"secret=(\w+)", uri)[1])


def test_a_password_and_an_app_are_set_with_words_for_each_mistake_and_sign_in(house, fresh) -> None:
    browser = fresh()
    uri, handle, secret = _with_app(browser)
    step = int(house.world.now().timestamp()) // STEP_S
    said = {"uri": uri, "handle": handle, "password": PASSWORD, "again": PASSWORD, "code": totp(secret, step)}
    for wrong, words in (
        ({"again": "another one altogether"}, "The two passwords differ"),
        ({"password": "short", "again": "short"}, "too short or too simple"),
        ({"code": "12"}, "The code of the app does not fit"),
    ):
        page = browser.post(reverse("account-password"), said | wrong)
        assert (page.status_code, words in page.content.decode()) == (403, True)
        assert "<svg" in page.content.decode()  # the same code can be scanned again
    assert browser.post(reverse("account-password"), said)["Location"] == "/account/"
    house.world.clock.advance(timedelta(seconds=60))
    typed = {"handle": handle, "password": PASSWORD, "app": totp(secret, step + 2)}
    stranger = house.browser()
    refused = stranger.post(reverse("password-enter"), typed | {"password": "wrong password"})
    assert (refused.status_code, "do not fit together" in refused.content.decode()) == (403, True)
    assert PASSWORD not in refused.content.decode()
    assert stranger.post(reverse("password-enter"), typed)["Location"] == "/watch/"


def test_many_wrong_codes_say_how_long_to_wait_and_only_there(house) -> None:
    browser = house.browser()
    for _ in range(20):
        browser.post(reverse("enter"), {"code": "WRONG"}, REMOTE_ADDR="203.0.113.9")
    good = house.code(Role.OWNER)
    page = browser.post(reverse("enter"), {"code": good}, REMOTE_ADDR="203.0.113.9")
    assert (page.status_code, "possible in 1 minute." in page.content.decode()) == (403, True)
    assert browser.post(reverse("enter"), {"code": good}, REMOTE_ADDR="203.0.113.10").status_code == 302


@pytest.mark.parametrize(("tls", "insists"), [(Tls.LOCAL, False), (Tls.OWN, True), (Tls.PROXY, True)])
def test_cookies_of_tls_stay_with_tls_and_a_browser_insists_where_everybody_trusts(house, tls, insists) -> None:
    here.address = Address("gate.example", 443, tls)
    try:
        answer = house.browser().get("/enter/", secure=True)
        assert answer.cookies["csrftoken"]["secure"]
        assert ("Strict-Transport-Security" in answer) is insists
        plain = house.browser().get("/enter/")
        assert not plain.cookies["csrftoken"]["secure"]
        assert "Strict-Transport-Security" not in plain
    finally:
        here.address = None


def test_there_is_nothing_to_trust_on_this_machine_alone(house) -> None:
    page = house.browser().get(reverse("certificate"))
    assert "There is nothing to install" in page.content.decode()
    assert house.browser().get(reverse("certificate-file")).status_code == 404
