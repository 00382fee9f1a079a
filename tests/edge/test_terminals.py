"""A tablet as a terminal of a gate: paired once, asked in order, answered like any camera or reader."""

import io
import ssl
import stat
import time
from datetime import timedelta
from zoneinfo import ZoneInfo

import httpx
import msgspec
import numpy as np
import pytest
from PIL import Image
from tests.edge.scenes import phone, portrait, wall
from tests.edge.terminal_world import CODE, Tablet, TerminalSite, noisy

from gatehouse.clock import SystemClock
from gatehouse.crypto import self_signed
from gatehouse.domain.papers import Paper
from gatehouse.domain.periods import local_date
from gatehouse.edge import status
from gatehouse.edge.terminals import places
from gatehouse.wire import Attempt, GateEvent, Passage


def jpeg(picture, seed=0):
    out = io.BytesIO()
    Image.fromarray(noisy(picture, seed)[:, :, ::-1]).save(out, "JPEG", quality=88)
    return out.getvalue()


@pytest.fixture
def site(tmp_path, shelly):
    made = TerminalSite(tmp_path, shelly.address)
    yield made
    made.stop()


@pytest.fixture
def running(site):
    return site.start()


@pytest.fixture
def tablet(running):
    return Tablet(running).paired()


def attempts(site):
    return [(body.means, body.subject, body.reason) for body in site.bodies() if isinstance(body, Attempt)]


# --- pairing ---------------------------------------------------------------------------------------------------------


def test_a_code_pairs_one_browser_once_and_the_edge_says_so(running):
    first, second = Tablet(running), Tablet(running)
    assert first.begin().status_code == 401
    assert first.pair("k7qx-2mpd 4r").status_code == 200, "as people type it"
    state = first.begin().json()
    assert (state["gate"], state["means"]) == ("lobby", ["card", "face", "pass", "pin"])
    assert state["numbers"] == "digits"
    assert second.pair().status_code == 403
    told = [body for body in running.bodies() if isinstance(body, GateEvent) and body.kind == "terminal_paired"]
    assert [(event.gate, event.attempt) for event in told] == [("lobby", "terminal-1")]


def test_the_token_is_stored_hashed_and_only_the_owner_may_read_the_files(running):
    tablet = Tablet(running).paired()
    token = tablet.client.cookies["__Host-terminal"]
    for path in (running.world.home / "edge").iterdir():
        if path.is_file():
            assert token.encode() not in path.read_bytes(), path.name
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


def test_the_cookie_is_for_this_page_alone(running):
    cookie = Tablet(running).pair().headers["set-cookie"]
    for part in ("__Host-", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in cookie


def test_a_code_that_is_over_pairs_nobody(site):
    site.start(site.feed(devices=[site.terminal(ends=SystemClock().now() - timedelta(seconds=1))]))
    assert Tablet(site).pair().status_code == 403


def test_a_pairing_outlives_a_start_of_the_edge(site):
    feed = site.feed()
    tablet = Tablet(site.start(feed)).paired()
    cookies = tablet.client.cookies
    site.stop()
    site.start(feed)
    tablet = Tablet(site)
    tablet.client.cookies = cookies
    assert tablet.begin().status_code == 200
    assert Tablet(site).pair().status_code == 403, "a used code stays used"


def test_a_terminal_that_was_taken_away_is_one_no_more(running, tablet):
    other = running.terminal("terminal-2", code="AAAAABBBBB")
    running.learn(running.feed(devices=[other]))
    assert tablet.card("4711000").status_code == 401
    assert attempts(running) == []


def test_a_new_code_ends_the_pairing_before_it(running, tablet):
    running.learn(running.feed(devices=[running.terminal(code="AAAAABBBBB")]))
    assert tablet.card("4711000").status_code == 401
    assert Tablet(running).pair("AAAAABBBBB").status_code == 200


def test_without_a_terminal_nothing_listens(running, tablet):
    running.learn(running.feed(devices=[]))

    def is_silent():
        try:
            httpx.get(running.url, verify=False, timeout=2)
        except httpx.TransportError:
            return True
        return False

    running.until(is_silent)


# --- card, PIN, pass, face -------------------------------------------------------------------------------------------


def test_a_card_opens_and_its_holder_is_greeted_by_initials(running, tablet, shelly):
    assert tablet.card("4711000").json() == {"outcome": "granted", "initials": "AL"}
    assert shelly.device.pulses == 1
    shelly.control({"input": True})
    running.until(lambda: any(isinstance(body, Passage) for body in running.bodies()))
    passage = next(body for body in running.bodies() if isinstance(body, Passage))
    assert (passage.means, passage.subject, passage.sensed) == ("card", "ada", True)


def test_whoever_is_refused_is_told_no_name_and_no_rule(running, tablet):
    assert tablet.card("0000").json() == {"outcome": "refused", "reason": "unknown_card"}
    assert tablet.card("4713000").json() == {"outcome": "refused", "reason": "not_here"}
    assert attempts(running) == [("card", None, "unknown_card"), ("card", "cy", "no_rule")]


def test_a_staff_number_and_its_pin_open(running, tablet, shelly):
    assert tablet.pin("104", "2468").json() == {"outcome": "granted", "initials": "AL"}
    assert attempts(running) == [("pin", "ada", "rule")]
    assert shelly.device.pulses == 1


def test_the_pin_of_another_opens_nothing_and_stands_in_no_letter(running, tablet):
    assert tablet.pin("104", "1357").json()["reason"] == "wrong_pin"
    assert tablet.pin("999", "1357").json()["reason"] == "wrong_pin", "as for a number that nobody has"
    assert attempts(running) == [("pin", None, "unknown_pin")] * 2
    assert "1357" not in repr(running.bodies())


def test_a_pass_before_the_tablet_opens_once(running, tablet):
    now = SystemClock().now()
    text = running.world.a_pass(starts=now - timedelta(minutes=1), ends=now + timedelta(minutes=1))
    assert tablet.look(jpeg(phone(text, scale=4), 1)).json() == {"outcome": "granted", "initials": "AL"}
    assert attempts(running) == [("pass", "ada", "rule")]
    time.sleep(3.2)  # out of view: what is held up longer was answered
    assert tablet.look(jpeg(phone(text, scale=4), 2)).json() == {"outcome": "refused", "reason": "used_pass"}


def test_a_face_is_believed_after_several_frames_and_guided_until_then(running, tablet, shelly):
    assert tablet.look(jpeg(wall(), 1)).json() == {"hint": "nobody"}
    answers = [tablet.look(jpeg(portrait(), seed)).json() for seed in range(3)]
    assert [answer.get("outcome", "") for answer in answers] == ["", "", "granted"]
    assert answers[-1] == {"outcome": "granted", "initials": "AL"}
    assert shelly.device.pulses == 1


def test_a_strange_face_is_refused_and_nobody_is_named(running, tablet):
    said = [tablet.look(jpeg(portrait("astronaut.png"), seed)).json() for seed in range(8)]
    assert {"outcome": "refused", "reason": "unknown_face"} in said
    assert attempts(running) == [("face", None, "unknown_face")]


def test_the_same_picture_again_is_no_new_look(running, tablet):
    one = jpeg(portrait(), 1)
    said = [tablet.look(one).json() for _ in range(8)]
    assert said[1:] == [{"hint": "same"}] * 7
    assert attempts(running) == []


def test_a_card_lent_for_the_day_opens_and_the_one_at_home_does_not(site):
    today = local_date(SystemClock().now(), ZoneInfo("Europe/Berlin")).isoformat()
    ada = site.person("ada", number="104", initials="AL", card="4711000", day_card=f"{today} 8800")
    bo = site.person("bo", number="105", initials="BM", card="4712000", day_card="2026-01-01 8801")
    tablet = Tablet(site.start(site.feed(people=[ada, bo]))).paired()
    assert tablet.card("4711000").json()["reason"] == "unknown_card"
    assert tablet.card("8800").json()["outcome"] == "granted"
    assert tablet.card("8801").json()["reason"] == "unknown_card", "of another date"
    assert tablet.card("4712000").json()["outcome"] == "granted"


def test_the_screen_says_which_certificate_ended_when_and_opens_once_it_is_renewed(site):
    def feed(until):
        ada = site.person("ada", number="104", initials="AL", card="4711000")
        fed = site.feed(people=[msgspec.structs.replace(ada, papers=[Paper("k-1", None, until)])])
        assert fed.roster is not None
        named = msgspec.structs.replace(fed.roster, paper_names={"k-1": "Working-at-height certificate"})
        return msgspec.structs.replace(fed, roster=named)

    today = SystemClock().now().date()
    tablet = Tablet(site.start(feed(today - timedelta(days=2)))).paired()
    ended = (today - timedelta(days=2)).isoformat()
    assert tablet.card("4711000").json() == {
        "outcome": "refused", "reason": "paper_ended", "paper": "Working-at-height certificate", "on": ended,
    }  # fmt: skip
    site.learn(feed(today + timedelta(days=300)))
    assert tablet.card("4711000").json()["outcome"] == "granted"


def test_a_relay_that_does_not_answer_is_said(running, tablet, shelly):
    shelly.control({"unplug": True})
    assert tablet.card("4711000").json() == {"outcome": "granted", "reason": "door_silent", "initials": "AL"}


# --- what is no request ----------------------------------------------------------------------------------------------


def test_a_request_counts_once_and_in_order(running, tablet):
    assert tablet.card("4711000").json()["outcome"] == "granted"
    again = tablet.post("/card", {"number": "4712000"}, number=1)
    assert (again.status_code, again.json()) == (409, {"problem": "begin_again"})
    assert attempts(running) == [("card", "ada", "rule")]


def test_a_new_page_ends_the_one_before(tablet):
    old = tablet.session
    tablet.begin()
    assert tablet.post("/card", {"number": "4711000"}, session=old).status_code == 409


def test_garbage_and_what_is_too_large_is_refused(running, tablet):
    assert tablet.look(b"").status_code == 400
    assert tablet.look(b"\xff\xd8\xff" + b"x" * 5000).status_code == 400
    assert tablet.post("/card", b"\xff\xfe").status_code == 400
    assert tablet.post("/card", {"number": 4711}).status_code == 400
    assert tablet.post("/card", {"number": "4711", "more": 1}).status_code == 400
    assert tablet.look(jpeg(wall(), 1) + b"\0" * 600_000).status_code == 413
    assert tablet.post("/pin", {"number": "9" * 3000, "pin": "1"}).status_code == 413
    assert attempts(running) == []
    assert tablet.card("4711000").status_code == 200


def test_a_small_file_of_a_huge_picture_is_refused_before_it_is_decoded(tablet):
    out = io.BytesIO()
    Image.fromarray(np.zeros((6000, 6000), np.uint8)).save(out, "JPEG", quality=1)
    assert len(out.getvalue()) < 512 * 1024
    assert tablet.look(out.getvalue()).status_code == 400


def test_another_page_cannot_ask_in_a_tablet_s_name(running, tablet):
    tablet.client.headers["Origin"] = "https://elsewhere.example"
    assert tablet.card("4711000").status_code == 403
    del tablet.client.headers["Origin"]
    assert tablet.card("4711000").status_code == 403


def test_who_asks_more_often_than_a_camera_is_put_off(tablet):
    assert 429 in [tablet.card("").status_code for _ in range(40)]


@pytest.mark.parametrize("path", ["/secret", "/static/terminal.js", "/../edge.json", "/look/"])
def test_there_is_nothing_else(running, path):
    assert httpx.get(running.url + path, verify=False).status_code == 404


# --- wrong PINs ------------------------------------------------------------------------------------------------------


def slowly(tablet, *tries):
    said = []
    for number, pin in tries:
        answer = tablet.pin(number, pin)
        while answer.status_code == 429:
            time.sleep(0.2)
            answer = tablet.pin(number, pin)
        said.append(answer.json()["reason"] if answer.json()["outcome"] == "refused" else "granted")
    return said


def test_five_wrong_pins_lock_the_terminal_and_raise_an_alarm_once(running, tablet):
    said = slowly(tablet, *((str(200 + n), "0000") for n in range(5)), ("104", "2468"), ("105", "1357"))
    assert said == ["wrong_pin"] * 5 + ["locked"] * 2
    assert [body.kind for body in running.bodies() if isinstance(body, GateEvent)].count("pins_locked") == 1
    assert tablet.pin("104", "2468").json()["wait_s"] > 200
    assert tablet.card("4711000").json()["outcome"] == "granted", "the other ways go on"


def test_wrong_pins_of_one_person_lock_that_person_at_every_terminal(running, tablet):
    second = running.terminal("terminal-2", code="AAAAABBBBB")
    running.learn(running.feed(devices=[running.terminal(), second]))
    other = Tablet(running)
    other.pair("AAAAABBBBB")
    other.begin()
    assert slowly(tablet, *[("104", "0000")] * 3) == ["wrong_pin"] * 3
    assert slowly(other, *[("104", "0001")] * 2) == ["wrong_pin"] * 2
    assert slowly(other, ("104", "2468"), ("105", "1357")) == ["locked", "granted"]


# --- the certificate -------------------------------------------------------------------------------------------------


def test_its_own_certificate_is_renewed_and_the_site_s_own_is_left_alone(tmp_path):
    (tmp_path / "edge").mkdir(mode=0o700)
    now = SystemClock().now()
    path = places.ready_certificate(tmp_path, now)
    first = path.read_bytes()
    assert places.ready_certificate(tmp_path, now + timedelta(days=700)).read_bytes() == first
    assert places.ready_certificate(tmp_path, now + timedelta(days=800)).read_bytes() != first
    theirs = self_signed.self_signed("a site's own", ["gate.example"], now - timedelta(days=824))
    path.write_bytes(theirs)
    assert places.ready_certificate(tmp_path, now).read_bytes() == theirs
    ssl.create_default_context().load_verify_locations(cadata=theirs.decode())


def test_status_says_where_tablets_go_and_which_certificate_they_see(running):
    said = list(status.lines(status.look(running.world.home, SystemClock().now())))
    assert f"terminals: 1, at {running.url}/" in said
    shown = ssl.get_server_certificate(("127.0.0.1", running.port))
    assert f"their certificate: SHA-256 {self_signed.fingerprint(shown.encode())}" in said
    assert CODE not in repr(running.service.known.now().devices)
