"""Somebody with a tablet of another gate, a copied request, a stolen cookie, or time to guess."""

import io
import time

import httpx
import pytest
from PIL import Image
from tests.edge.scenes import portrait
from tests.edge.terminal_world import Tablet, TerminalSite, noisy

from gatehouse.devices.relays.shelly_sim import ShellySimulator
from gatehouse.wire import Attempt

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
def shelly():
    simulator = ShellySimulator().start()
    yield simulator
    simulator.stop()


@pytest.fixture
def site(tmp_path, shelly):
    made = TerminalSite(tmp_path, shelly.address)
    yard = made.terminal("terminal-yard", gate="yard", code="YARDYARD01")
    made.start(made.feed(devices=[made.terminal(), yard]))
    yield made
    made.stop()


def attempts(site):
    return [(body.gate, body.means, body.reason) for body in site.bodies() if isinstance(body, Attempt)]


def test_a_tablet_of_another_gate_opens_only_its_own(site, shelly):
    yard = Tablet(site)
    yard.pair("YARDYARD01")
    assert yard.begin().json()["gate"] == "yard"
    assert yard.card("4711000").json()["outcome"] == "granted"
    assert yard.pin("104", "2468").json() == {"outcome": "refused", "reason": "not_taken"}
    assert attempts(site) == [("yard", "card", "rule")]
    assert shelly.device.pulses == 0, "the lobby's relay"


def test_a_recorded_request_and_a_recorded_face_open_nothing(site, shelly):
    tablet = Tablet(site).paired()
    out = io.BytesIO()
    Image.fromarray(noisy(portrait(), 1)[:, :, ::-1]).save(out, "JPEG")
    recorded = [tablet.look(out.getvalue()).request for _ in range(4)]
    for request in recorded:
        again = tablet.client.send(tablet.client.build_request("POST", "/look", content=out.getvalue(), headers={
            "X-Session": request.headers["x-session"], "X-Number": request.headers["x-number"]}))  # fmt: skip
        assert again.status_code == 409
    said = []
    for _ in range(6):  # a page of its own for each
        time.sleep(0.3)
        tablet.begin()
        said.append(tablet.look(out.getvalue()).json())
    assert said == [{"hint": "same"}] * 6
    assert attempts(site) == []
    assert shelly.device.pulses == 0


def test_a_stolen_cookie_puts_the_tablet_out_and_is_seen_there(site):
    tablet = Tablet(site).paired()
    thief = Tablet(site)
    thief.client.cookies = tablet.client.cookies
    assert thief.begin().status_code == 200
    assert tablet.card("4711000").status_code == 409


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 5000, "../../etc", "\u00e9"])
def test_a_made_up_token_is_nobody_s(site, token):
    headers = {"Origin": site.url, "Cookie": f"__Host-terminal={token}".encode()}
    assert httpx.post(f"{site.url}/begin", headers=headers, verify=False).status_code in (400, 401)


def test_guessing_codes_pairs_nobody_and_stops_soon(site):
    guesser = Tablet(site)
    answers = {guesser.pair(f"AAAAAAAA{number:02d}").status_code for number in range(30)}
    assert answers == {403}
    assert Tablet(site).pair().status_code == 403, "even the right one waits now"


def test_what_a_tablet_is_told_never_names_anybody(site):
    tablet = Tablet(site).paired()
    said = [tablet.begin().text, tablet.card("4713000").text, tablet.pin("106", "0000").text, tablet.card("x").text]
    for text in said:
        for secret in ("cy", "106", "CN", "no_rule", "4713000", "rule-1"):
            assert f'"{secret}"' not in text
