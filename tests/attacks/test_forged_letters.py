"""Somebody on the network, or with another site's edge, writes letters that never happened."""

import os
from base64 import b64encode
from collections.abc import Iterator
from itertools import count
from uuid import UUID

import httpx
import pytest
from tests.attacks.site import Attacked
from tests.server.world import EdgeSim

from gatehouse import wire
from gatehouse.crypto.signing import new_device_keys
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.protocol import Role

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

_numbers = count(1)


@pytest.fixture(autouse=True)
def site_is_as_before(site: Attacked, request: pytest.FixtureRequest) -> Iterator[None]:
    """Unless a test says otherwise, an attack of this file leaves every row and number as it was."""
    before = (site.counts(), site.last_seq())
    yield
    if "changes_rows" not in request.fixturenames:
        assert (site.counts(), site.last_seq()) == before


@pytest.fixture
def changes_rows() -> None:
    """Asked for by tests in which something true is told as well."""


@pytest.fixture
def sim(site: Attacked) -> EdgeSim:
    return site.edge()


@pytest.fixture(scope="session")
def elsewhere(site: Attacked) -> tuple[str, EdgeSim]:
    """Another site with an edge of its own, both enrolled as they should be."""
    owner = site.program(Role.OWNER)
    place = {"code": "mill", "name": "Mill", "type": "workplace", "zone": "Asia/Shanghai", "currency": "CNY"}
    other = owner.post("/api/sites", json=place).json()["id"]
    keys = new_device_keys()
    sim = EdgeSim("millside", site.edge()._seal_key)
    sim.keys = keys
    public = {name: b64encode(getattr(keys.public(), name)).decode() for name in ("sign_key", "seal_key")}
    made = owner.post(f"/api/sites/{other}/edges", json={"edge": "millside", **public})
    assert made.status_code == 201, made.text
    return other, sim


def through(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    return wire.decode_receipt(answer.content).through


def test_a_letter_under_a_device_key_of_ones_own_is_refused(site: Attacked, sim: EdgeSim) -> None:
    sim.keys = new_device_keys()
    assert site.send(sim, [sim.letter(site.attempt())]).status_code == 401


def test_a_letter_of_an_edge_that_nobody_enrolled_is_refused(site: Attacked, sim: EdgeSim) -> None:
    stranger = EdgeSim("riverside-2", sim._seal_key)
    assert site.send(stranger, [stranger.letter(site.attempt())]).status_code == 401


def test_an_edge_that_only_the_server_knows_writes_nothing(site: Attacked, changes_rows: None) -> None:
    """Who owns the server's database adds an edge there: the keeper opens no letter of it."""
    forger = EdgeSim("forged", site.edge()._seal_key)
    row = (forger.id, forger.keys.public().sign_key, site.site_id.replace("-", ""))
    site.rows(
        "INSERT INTO gates_edge (id, sign_key, last_seq, active, restored, site_id) VALUES (?, ?, 0, 1, 0, ?)", *row
    )
    before = site.counts()
    site.send(forger, [forger.letter(site.passage("entry", plate="京Q00001"))])
    after = site.counts()
    for table in ("gates_passage", "gates_attempt", "parking_openstay", "attendance_punch"):
        assert after[table] == before[table], table


def test_a_replayed_request_takes_effect_once(site: Attacked, sim: EdgeSim, changes_rows: None) -> None:
    body = wire.encode([sim.letter(site.passage("entry", plate=f"京R{next(_numbers):05d}"))])
    authorization = sim.sign(site.clock.now(), "POST", "/edge/letters", body)
    assert through(site.post(body, authorization)) == sim.seq
    once = site.counts()
    for _ in range(3):
        assert through(site.post(body, authorization)) == sim.seq
    assert site.counts() == once


def test_an_old_fact_under_a_new_number_takes_effect_once(site: Attacked, sim: EdgeSim, changes_rows: None) -> None:
    """A restored edge numbers what it told before anew: the stay that it opened is neither closed nor spoilt, and an
    old departure closes no later stay."""
    plate = f"京R{next(_numbers):05d}"
    first, out = site.passage("entry", plate=plate), _departure(site, plate)
    through(site.send(sim, [sim.letter(first), sim.letter(out)]))
    again = site.passage("entry", plate=plate)
    through(site.send(sim, [sim.letter(again)]))
    once, inside = site.counts(), _inside(site)
    through(site.send(sim, [sim.letter(again)]))
    through(site.send(sim, [sim.letter(out), sim.letter(first), sim.letter(again), sim.letter(again)]))
    assert (site.counts(), _inside(site)) == (once, inside)
    assert plate in inside


def _departure(site: Attacked, plate: str) -> wire.Passage:
    return site.passage("exit", plate=plate, direction="out", reason="cleared")


def _inside(site: Attacked) -> list[str]:
    """The plates of all open stays, read with the keeper's own keys; every one of them can be read."""
    with Inspector(site.box.home) as inspector:
        found = [
            inspector.try_open(cell, [str(UUID(row))])
            for row, cell in site.rows("SELECT id, plate_cell FROM parking_openstay")
        ]
    assert None not in found
    return sorted(one.data.decode() for one in found if one is not None)


def test_reordered_letters_wait_for_the_one_that_is_missing(site: Attacked, sim: EdgeSim, changes_rows: None) -> None:
    held, before = sim.seq, site.counts()
    first, second, third = (sim.letter(site.attempt()) for _ in range(3))
    assert through(site.send(sim, [third])) == held
    assert through(site.send(sim, [third, second])) == held
    assert site.counts() == before
    assert through(site.send(sim, [third, first, second])) == held + 3
    assert site.counts()["gates_attempt"] == before["gates_attempt"] + 3


def test_a_letter_under_another_number_is_none(site: Attacked, sim: EdgeSim, changes_rows: None) -> None:
    """Whoever holds the wire puts an old letter into the next number's place: it is set aside, and nothing happens."""
    old = sim.letter(site.passage("entry", plate="京R99999"))
    moved = wire.Letter(edge=old.edge, seq=old.seq + 1, body=old.body, signature=old.signature)
    filler = sim.letter_numbered(old.seq, wire.encode(site.attempt()))
    before = site.counts()
    assert through(site.send(sim, [filler, moved])) == old.seq + 1
    after = site.counts()
    assert (after["gates_passage"], after["parking_openstay"]) == (before["gates_passage"], before["parking_openstay"])
    assert after["gates_quarantine"] == before["gates_quarantine"] + 1


def test_a_flipped_bit_anywhere_in_a_request_is_refused(site: Attacked, sim: EdgeSim) -> None:
    body = wire.encode([sim.letter(site.attempt())])
    authorization = sim.sign(site.clock.now(), "POST", "/edge/letters", body)
    for place in [*range(0, len(body), max(1, len(body) // 24)), len(body) - 1]:
        flipped = bytearray(body)
        flipped[place] ^= 1 << (place % 8)
        assert site.post(bytes(flipped), authorization).status_code == 401, place


def test_a_signature_for_one_address_opens_no_other_and_not_later(site: Attacked, sim: EdgeSim) -> None:
    body = wire.encode([sim.letter(site.attempt())])
    now = site.clock.now()
    for at_s, method, target in (
        (now.timestamp() - 400, "POST", "/edge/letters"),
        (now.timestamp() + 400, "POST", "/edge/letters"),
        (now.timestamp(), "POST", "/edge/letters?x=1"),
        (now.timestamp(), "GET", "/edge/letters"),
        (now.timestamp(), "POST", "/edge/feed"),
    ):
        authorization = sim.sign(type(now).fromtimestamp(at_s, now.tzinfo), method, target, body)
        assert site.post(body, authorization).status_code == 401, target


def test_an_edge_carries_no_letter_of_another_edge(
    site: Attacked, sim: EdgeSim, elsewhere: tuple[str, EdgeSim]
) -> None:
    _, theirs = elsewhere
    forged = wire.Letter(edge=sim.id, seq=sim.seq + 1, body=os.urandom(200), signature=os.urandom(64))
    assert site.send(theirs, [forged]).status_code == 400
    assert site.send(theirs, [theirs.letter(site.attempt()), sim.letter(site.attempt())]).status_code == 400
    theirs.seq -= 1


def test_an_edge_writes_into_its_own_site_alone(
    site: Attacked, elsewhere: tuple[str, EdgeSim], changes_rows: None
) -> None:
    """It names the other site's gates, an open stay's plate and a passage's own id; nothing there changes."""
    sim, (_, theirs) = site.edge(), elsewhere
    ours = site.site_id.replace("-", "")
    plate = f"京W{next(_numbers):05d}"
    through(site.send(sim, [sim.letter(site.passage("entry", plate=plate))]))
    known = str(site.ids("gates_passage")[-1])
    before = _of_site(site, ours)
    through(
        site.send(
            theirs,
            [
                theirs.letter(_departure(site, plate)),
                theirs.letter(site.passage("turnstile-in", means="face", subject=_person(site), reason="rule")),
                theirs.letter(site.attempt("exit", means="plate", plate=plate, reason="unpaid", direction="out")),
                theirs.letter(site.passage("exit", plate=plate, id=known, direction="out", reason="cleared")),
                theirs.letter(wire.GateEvent(id=known, gate="exit", at=site.clock.now(), kind="forced")),
            ],
        )
    )
    assert _of_site(site, ours) == before


def _person(site: Attacked) -> str:
    return site.ids("people_person")[0]


def _of_site(site: Attacked, own: str) -> dict[str, object]:
    tables = ("gates_attempt", "gates_passage", "attendance_punch", "gates_gatealarm")
    rows: dict[str, object] = {
        table: sorted(site.rows(f"SELECT * FROM {table} WHERE site_id = ?", own)) for table in tables
    }
    rows["stays"] = sorted(site.rows("SELECT id, state, paid_minor FROM parking_openstay"))
    rows["closed"] = sorted(site.rows("SELECT id, state FROM parking_closedstay"))
    rows["exceptions"] = sorted(site.rows("SELECT id FROM parking_laneexception"))
    return rows


ODD = {
    "an id that is none": {"id": "' OR 1=1 --"},
    "an empty id": {"id": ""},
    "a gate that is none": {"gate": "nowhere"},
    "a gate as long as a book": {"gate": "g" * 5000},
    "means that are none": {"means": "m" * 5000},
    "a reason that is none": {"reason": "<script>"},
    "a person that is none": {"subject": "x" * 300},
    "zeros": {"gate": "\x00", "reason": "\x00"},
}


@pytest.mark.parametrize("facts", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("kind", ["attempt", "passage"])
def test_an_edge_in_a_thiefs_hands_that_writes_nonsense_holds_up_nothing(
    site: Attacked, sim: EdgeSim, changes_rows: None, kind: str, facts: dict[str, str]
) -> None:
    """Signed and sealed as they should be: the letter is taken or set aside, and the next one is heard."""
    given = {"gate": "office", "means": "face", "reason": "rule"} | facts
    made = site.attempt(**given) if kind == "attempt" else site.passage(**given)
    assert through(site.send(sim, [sim.letter(made)])) == sim.seq
    before = site.counts()["gates_attempt"]
    assert through(site.send(sim, [sim.letter(site.attempt())])) == sim.seq
    assert site.counts()["gates_attempt"] == before + 1


@pytest.mark.parametrize("plate", ["", "x" * 4000, "\x00", "京" * 100])
def test_a_plate_that_is_none_holds_up_no_lane(site: Attacked, sim: EdgeSim, changes_rows: None, plate: str) -> None:
    assert through(site.send(sim, [sim.letter(site.passage("entry", plate=plate))])) == sim.seq
    assert through(site.send(sim, [sim.letter(_departure(site, plate))])) == sim.seq


def test_a_time_without_a_zone_or_far_away_holds_up_nothing(site: Attacked, sim: EdgeSim, changes_rows: None) -> None:
    now = site.clock.now()
    for at in (now.replace(tzinfo=None), now.replace(year=1970), now.replace(year=9998)):
        assert through(site.send(sim, [sim.letter(site.attempt(at=at, seen_at=at))])) == sim.seq, at
