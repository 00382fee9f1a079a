"""The muster list of an edge with nobody to ask: from its sealed files, on a paired phone, in a drill, on paper."""

import io
import re
import socket
import ssl
from datetime import timedelta
from http.client import HTTPSConnection
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import segno
from tests.edge.world import DOOR, NOW, SITE, HandClock, World
from typer.testing import CliRunner

from gatehouse.cli import app
from gatehouse.crypto.self_signed import fingerprint
from gatehouse.crypto.tokens import issue
from gatehouse.domain.muster import How
from gatehouse.edge import config
from gatehouse.edge.inside import Inside, WatchedSpool, path
from gatehouse.edge.muster import Books
from gatehouse.edge.muster_access import Phones, certificate_path
from gatehouse.edge.muster_server import COOKIE, FORM_BYTES, PHOTO_BYTES, Assembly
from gatehouse.wire import Feed, GateEvent, Passage, decode_body, new_id

ADA, BEN, OLA, GONE = (str(uuid4()) for _ in range(4))
ZONES = {"lab": "Laboratory"}
LAB = DOOR.__class__("lab-door", DOOR.kind, DOOR.direction, DOOR.means, stands_in="lab")


class Fire:
    """An edge that knows three people and has seen them pass, and whose server is away for good."""

    def __init__(self, tmp_path):
        self.world, self.clock = World(tmp_path), HandClock(NOW)
        self.world.init()
        brief = {ADA: "S-104 AK", BEN: "S-105 BR"}
        people = [
            self.world.person(own, card=card, brief=self.world.cell(brief[own].encode(), "person.brief/1", own))
            for own, card in ((ADA, "4711"), (BEN, "4712"))
        ]
        sealed = self.world.cell(b'{"host": "x", "initials": "OB"}', "visit.brief/1", OLA)
        people.append(self.world.person(OLA, brief=sealed, visit=True))
        known = self.world.known(self.clock)
        known.learn(Feed(roster=self.world.roster(people=people, gates=[DOOR, LAB], zone_names=ZONES)))
        loaded, keys = self.world.loaded()
        self.spool = WatchedSpool(
            config.spool_path(tmp_path), edge=loaded.edge, keys=keys, keeper_seal_key=loaded.keeper_seal_key
        )
        self.inside = self.spool.inside = Inside(tmp_path, keys)
        self.home, self.keys = tmp_path, keys
        self.assembly = None

    def passes(self, person, gate="door", direction="in", minutes=0, plate=None):
        at = self.clock.now() + timedelta(minutes=minutes)
        passage = Passage(
            id=new_id(at), attempt=new_id(at), gate=gate, at=at, direction=direction, means="card", subject=person,
            plate=plate, reason="rule", sensed=True,
        )  # fmt: skip
        self.spool.append([passage], at=at)

    def keep(self):
        self.inside.keep({"lab-door": "lab"}, self.clock.now())

    def said(self):
        found = Books(self.home).list(self.clock.now())
        return [(one.who.said, found.zones.get(one.where.zone, "")) for one in found.people]

    def letters(self):
        from gatehouse.crypto.letters import hpke_open
        from gatehouse.wire import LETTER_INFO, letter_aad

        return [
            decode_body(
                hpke_open(
                    one.body,
                    info=LETTER_INFO,
                    aad=letter_aad(one.edge, one.seq),
                    private_key=self.world.keeper.seal_key,
                )
            )
            for one in self.spool.batch()
        ]

    # --- the page -------------------------------------------------------------------------------------------------

    def serve(self):
        self.phones = Phones(self.home, self.keys)
        while not (self.assembly and self.assembly.port):
            with socket.socket() as probe:  # a port may be taken between this look and the next line
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            self.seal = self.phones.set_up("127.0.0.1", port, self.clock.now())
            self.assembly = Assembly(self.home, self.clock, self.spool, live=self.inside.seen)
            self.assembly.tend()
        return self

    def ask(self, method, target, body=None, cookie="", **headers):
        context = ssl.create_default_context(cafile=str(certificate_path(self.home)))
        link = HTTPSConnection("127.0.0.1", self.assembly.port, context=context, timeout=10)
        sent = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
        if isinstance(body, dict):
            body = urlencode(body)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        link.request(method, target, body, sent | headers)
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        return answer, text

    def paired(self, name="warden"):
        code = self.phones.pair(name, self.clock.now())
        answer, _ = self.ask("POST", f"/pair/{code}", {})
        return re.search(rf"{COOKIE}=([^;]+)", answer.headers["Set-Cookie"]).group(1)

    def close(self):
        if self.assembly:
            self.assembly.close()
        self.spool.close()


@pytest.fixture
def fire(tmp_path):
    made = Fire(tmp_path)
    yield made
    made.close()


def missing(text):
    return int(re.search(r'id="count">(\d+)<', text).group(1))


def test_the_list_names_who_is_inside_by_zone(fire):
    fire.passes(ADA)
    fire.passes(ADA, "lab-door", minutes=1)
    fire.passes(BEN)
    fire.passes(BEN, direction="out", minutes=2)
    fire.passes(OLA)
    fire.passes(None)
    fire.passes("car", plate="京A12345")
    fire.keep()
    assert fire.said() == [("S-104 AK", "Laboratory"), ("OB", "")]


def test_a_power_cut_loses_nobody_and_the_file_names_nobody(fire):
    fire.passes(ADA)
    fire.keep()
    again = Inside(fire.home, fire.keys)
    assert list(again.seen()) == [ADA]
    for file in (path(fire.home), config.cache_path(fire.home)):
        for secret in (ADA.encode(), b"S-104", b"AK", b"door"):
            assert secret not in file.read_bytes()


def test_a_file_of_another_device_is_no_list(fire, tmp_path):
    fire.passes(ADA)
    fire.keep()
    data = bytearray(path(fire.home).read_bytes())
    data[-1] ^= 1
    path(fire.home).write_bytes(data)
    assert Inside(fire.home, fire.keys).seen() == {}


def test_whoever_left_is_forgotten(fire):
    fire.passes(ADA)
    fire.passes(ADA, direction="out", minutes=1)
    fire.keep()
    assert fire.inside.seen() == {}


def test_a_full_disk_costs_no_gate_anything(fire, monkeypatch):
    def full(*_):
        raise OSError(28, "full")

    monkeypatch.setattr("gatehouse.edge.inside.replace_durably", full)
    fire.passes(ADA)
    fire.keep()
    assert list(fire.inside.seen()) == [ADA]


def test_the_command_prints_the_list_with_the_edge_off(fire):
    fire.passes(ADA, "lab-door")
    fire.passes(OLA)
    fire.keep()
    printed = CliRunner().invoke(app, ["edge", "muster", "list", "--home", str(fire.home)])
    assert printed.exit_code == 0
    # The command asks this machine's clock; those who came in long before it have left unseen.
    assert "inside, as of" in printed.stdout


def test_a_phone_that_is_not_paired_sees_nothing(fire):
    fire.passes(ADA)
    fire.serve()
    for cookie in ("", "x", "0" * 43, "é"):
        for method, target in (
            ("GET", "/"),
            ("POST", "/start"),
            ("POST", "/tick"),
            ("POST", "/scan"),
            ("POST", "/end"),
        ):
            try:
                answer, text = fire.ask(method, target, None if method == "GET" else {}, cookie)
            except UnicodeEncodeError:
                continue
            assert answer.status == 403
            assert "S-104" not in text
    assert fire.ask("GET", "/../edge/device.key")[0].status == 404
    assert fire.assembly.books.roll() is None


def test_a_code_pairs_one_phone_once_within_a_day(fire):
    fire.serve()
    code = fire.phones.pair("warden", fire.clock.now())
    assert fire.ask("GET", f"/pair/{code}")[0].status == 200  # a program that looks into links uses up nothing
    first, _ = fire.ask("POST", f"/pair/{code}", {})
    assert (first.status, first.headers["Location"]) == (303, "/")
    assert "Secure; HttpOnly; SameSite=Strict" in first.headers["Set-Cookie"]
    assert fire.ask("POST", f"/pair/{code}", {})[0].status == 404
    late = fire.phones.pair("other", fire.clock.now())
    fire.clock.at = NOW + timedelta(hours=25)
    assert fire.ask("POST", f"/pair/{late}", {})[0].status == 404


def test_a_phone_that_was_taken_back_sees_nothing(fire):
    fire.serve()
    cookie = fire.paired()
    assert fire.ask("GET", "/", cookie=cookie)[0].status == 200
    assert fire.phones.drop("warden") == 1
    assert fire.ask("GET", "/", cookie=cookie)[0].status == 403
    assert fire.phones.drop("nobody") == 0


def test_a_roll_call_by_list_number_card_and_any_code(fire):
    for person in (ADA, BEN, OLA):
        fire.passes(person)
    fire.serve()
    cookie = fire.paired()
    fire.ask("POST", "/start", {"as": "alarm"}, cookie)
    assert missing(fire.ask("GET", "/", cookie=cookie)[1]) == 3
    fire.ask("POST", "/tick", {"text": "s-104"}, cookie)
    assert missing(fire.ask("GET", "/", cookie=cookie)[1]) == 2
    fire.ask("POST", "/tick", {"text": "4712"}, cookie)
    assert missing(fire.ask("GET", "/", cookie=cookie)[1]) == 1
    _, said = fire.ask("POST", "/tick", {"text": "S-999"}, cookie)
    assert "Nobody here is known by that." in said
    # A pass that ended last year: it opens nothing, and says who holds it.
    old = {"id": str(uuid4()), "sub": OLA, "site": SITE, "nbf": 1, "exp": 2}
    text = issue("pass", old, fire.world.keeper.sign_key)
    fire.ask("POST", "/tick", {"text": text}, cookie)
    assert missing(fire.ask("GET", "/", cookie=cookie)[1]) == 0
    ticks = fire.assembly.books.roll().ticks
    assert {own: tick.how for own, tick in ticks.items()} == {ADA: How.NUMBER, BEN: How.CARD, OLA: How.CODE}
    fire.ask("POST", "/untick", {"person": BEN}, cookie)
    assert missing(fire.ask("GET", "/", cookie=cookie)[1]) == 1
    fire.ask("POST", "/tick", {"person": BEN}, cookie)
    fire.ask("POST", "/end", {}, cookie)
    assert "Ended" in fire.ask("GET", "/", cookie=cookie)[1]


def test_a_photo_of_a_code_ticks_its_holder_and_is_kept_nowhere(fire):
    fire.passes(ADA)
    fire.serve()
    cookie = fire.paired()
    fire.ask("POST", "/start", {"as": "drill"}, cookie)
    claims = {"id": str(uuid4()), "sub": ADA, "site": SITE, "nbf": 1, "exp": 2}
    out = io.BytesIO()
    segno.make(issue("pass", claims, fire.world.keeper.sign_key), error="m", micro=False).save(out, kind="png", scale=6)
    before = {file.name for file in fire.home.rglob("*")}
    sent = (
        b'--B\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
        + out.getvalue()
        + b"\r\n--B--\r\n"
    )
    _, said = fire.ask("POST", "/scan", sent, cookie, **{"Content-Type": "multipart/form-data; boundary=B"})
    assert "Ticked: S-104 AK" in said
    assert {file.name for file in fire.home.rglob("*")} - before <= {"roll.sealed"}


@pytest.mark.parametrize("other", ["site", "signature"])
def test_a_strangers_code_ticks_nobody(fire, other):
    fire.passes(ADA)
    fire.serve()
    cookie = fire.paired()
    fire.ask("POST", "/start", {}, cookie)
    claims = {"id": str(uuid4()), "sub": ADA, "site": "site-2" if other == "site" else SITE, "nbf": 1, "exp": 2}
    key = fire.world.keeper.sign_key if other == "site" else b"\1" * 32
    fire.ask("POST", "/tick", {"text": issue("pass", claims, key)}, cookie)
    assert missing(fire.ask("GET", "/", cookie=cookie)[1]) == 1


@pytest.mark.parametrize("text", ["", "\0", "²", "9" * 400, "GH1.", "GH1.a.b", "<script>alert(1)</script>", "é" * 300])
def test_garbage_ticks_nobody_and_breaks_nothing(fire, text):
    fire.passes(ADA)
    fire.serve()
    cookie = fire.paired()
    fire.ask("POST", "/start", {}, cookie)
    for field in ("text", "person"):
        answer, said = fire.ask("POST", "/tick", {field: text}, cookie)
        assert answer.status in (200, 303)
        assert "<script>" not in said
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=B", "text/plain", "\t"):
        assert fire.ask("POST", "/scan", text.encode(), cookie, **{"Content-Type": content_type})[0].status == 200
    assert missing(fire.ask("GET", "/", cookie=cookie)[1]) == 1


def test_a_huge_form_and_another_sites_form_are_refused(fire):
    fire.serve()
    cookie = fire.paired()
    fire.ask("POST", "/start", {}, cookie)
    length = {"Content-Length": str(FORM_BYTES + 1)}
    assert fire.ask("POST", "/tick", b"x", cookie, **length)[0].status == 413
    assert fire.ask("POST", "/scan", b"x", cookie, **{"Content-Length": str(PHOTO_BYTES + 1)})[0].status == 413
    assert fire.ask("POST", "/end", {}, cookie, Origin="https://evil.example")[0].status == 403
    assert fire.assembly.books.roll().ended is None


def test_a_roll_call_outlives_a_restart(fire):
    fire.passes(ADA)
    fire.keep()
    fire.serve()
    cookie = fire.paired()
    fire.ask("POST", "/start", {"as": "alarm"}, cookie)
    fire.ask("POST", "/tick", {"person": ADA}, cookie)
    fire.assembly.close()
    fire.assembly = Assembly(fire.home, fire.clock, fire.spool)
    fire.assembly.tend()
    assert missing(fire.ask("GET", "/", cookie=cookie)[1]) == 0
    fire.ask("POST", "/start", {"as": "drill"}, cookie)  # one goes on: no second one begins
    assert not fire.assembly.books.roll().drill


def test_a_look_is_an_alarm_for_the_server_and_not_one_for_every_second_look(fire):
    fire.serve()
    cookie = fire.paired()
    for _ in range(3):
        fire.ask("GET", "/", cookie=cookie)
    events = [body for body in fire.letters() if isinstance(body, GateEvent)]
    assert [event.kind for event in events] == ["muster_read"]
    fire.clock.at = NOW + timedelta(minutes=6)
    fire.ask("GET", "/", cookie=cookie)
    assert len([body for body in fire.letters() if isinstance(body, GateEvent)]) == 2


def test_the_page_is_encrypted_and_its_certificate_is_the_one_that_was_shown(fire):
    fire.serve()
    assert fingerprint(certificate_path(fire.home).read_bytes()) == fire.seal
    assert certificate_path(fire.home).stat().st_mode & 0o077 == 0
    assert fire.ask("GET", "/")[0].headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_page_speaks_chinese_to_a_chinese_phone(fire):
    fire.passes(ADA)
    fire.serve()
    _, text = fire.ask("GET", "/", cookie=fire.paired(), **{"Accept-Language": "zh-CN,zh;q=0.9"})
    assert "点名" in text


def test_the_command_pairs_only_after_it_was_set_up(fire):
    run = CliRunner().invoke
    first = run(app, ["edge", "muster", "pair", "--home", str(fire.home), "--phone", "warden"])
    assert first.exit_code != 0
    made = run(app, ["edge", "muster", "setup", "--home", str(fire.home), "--host", "10.0.0.5"])
    assert made.exit_code == 0, made.output
    paired = run(app, ["edge", "muster", "pair", "--home", str(fire.home), "--phone", "warden"])
    assert "https://10.0.0.5:8743/pair/" in paired.stdout
    dropped = run(app, ["edge", "muster", "drop", "--home", str(fire.home), "--phone", "warden"])
    assert "1 taken back" in dropped.stdout
