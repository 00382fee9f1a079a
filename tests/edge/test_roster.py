import math
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, time, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tests.edge.world import DOOR, NOW, STAFF, HandClock, World

from gatehouse.crypto.letters import hpke_open
from gatehouse.domain.access import decide
from gatehouse.domain.decisions import Reason
from gatehouse.domain.policy import Gate, Permit
from gatehouse.domain.schedules import Schedule, TimeWindow
from gatehouse.domain.sightings import Means, Sighting
from gatehouse.edge import config, roster, status
from gatehouse.edge.errors import FeedRefused
from gatehouse.edge.looking import who_is
from gatehouse.edge.pairs import Pairs
from gatehouse.vision.calibration import Standing
from gatehouse.vision.gallery import Gallery
from gatehouse.wire import FaceTemplates, Feed, PersonEntry, VehicleEntry, decode_feed, encode

ROOT = Path(__file__).parents[2]


def face(seed):
    vector = np.random.default_rng(seed).normal(size=(2, 128)).astype(np.float32)
    return vector / np.linalg.norm(vector, axis=1, keepdims=True)


def test_what_the_keeper_sealed_is_known_by_face_card_and_plate(world, clock):
    known = world.known(clock)
    people = [world.person("ada", card="4711", face=face(1)), world.person("bob", face=face(2))]
    known.learn(world.feed(people=people))
    now = known.now()
    assert (now.cards, now.plates) == ({"4711": "ada"}, {"京A12345": "car"})
    assert now.gallery.match(face(2)[1]).subject == "bob"
    assert now.gallery.match(face(3)[0]) is None


def test_a_feed_survives_the_wire(world):
    window = TimeWindow(frozenset({0, 4}), time(8), time(17))
    feed = world.feed(schedules=[Schedule("days", (window,), frozenset({NOW.date()}))])
    assert decode_feed(encode(feed)) == feed


def test_a_cell_that_does_not_open_costs_its_owner_that_credential_only(world, clock):
    known = world.known(clock)
    broken = world.person("bob", card="1234").__class__(id="bob", groups=["staff"], card=b"\x00" * 80)
    known.learn(world.feed(people=[world.person("ada", card="4711"), broken]))
    now = known.now()
    assert now.cards == {"4711": "ada"}
    assert set(now.policy.subjects) >= {"ada", "bob"}
    assert now.unopened == 1


def test_a_cell_that_was_moved_to_another_owner_does_not_open(world, clock):
    known = world.known(clock)
    ada = world.person("ada", card="4711")
    thief = ada.__class__(id="mallory", groups=["staff"], card=ada.card)
    known.learn(world.feed(people=[ada, thief]))
    assert known.now().cards == {"4711": "ada"}


def test_a_card_that_two_people_have_names_nobody(world, clock):
    known = world.known(clock)
    known.learn(world.feed(people=[world.person("ada", card="4711"), world.person("bob", card="4711")]))
    assert known.now().cards == {}


def test_a_plate_that_was_registered_twice_is_one_car_with_both_permits_and_blocked_by_either(world, clock):
    known = world.known(clock)
    first, second = world.vehicle("a", "京A12345", "entry"), world.vehicle("b", "京A12345", "exit")
    known.learn(world.feed(vehicles=[second, first]))
    subject = known.now().policy.subjects["a"]
    assert known.now().plates == {"京A12345": "a"}
    assert [permit.id for permit in subject.permits] == ["permit-a", "permit-b"]
    blocked = VehicleEntry(id="b", plate=second.plate, permits=[], blocked=True)
    known.learn(world.feed(vehicles=[blocked, first], version=2))
    assert known.now().policy.subjects["a"].blocked


@pytest.mark.parametrize(
    "vectors", [np.zeros((1, 127), np.float32), np.full((1, 128), np.nan, np.float32), np.zeros((1, 64), np.float32)]
)
def test_templates_that_are_no_faces_name_nobody(world, clock, vectors):
    known = world.known(clock)
    known.learn(world.feed(people=[world.person("ada", card="4711"), world.person("bob", face=vectors)]))
    assert len(known.now().gallery) == 0
    assert known.now().unopened == 1


def test_an_unchanged_gallery_is_kept(world, clock):
    known = world.known(clock)
    known.learn(world.feed(people=[world.person("ada", face=face(1))]))
    gallery = known.now().gallery
    known.learn(world.feed(people=[world.person("ada", face=face(1), card="4711")], version=2))
    assert known.now().gallery is gallery
    known.learn(world.feed(people=[world.person("ada", face=face(2))], version=3))
    assert known.now().gallery is not gallery


def test_the_threshold_is_the_one_that_the_site_s_own_people_set(world, clock):
    known = world.known(clock)
    assert known.now().calibration is None
    faces = [face(seed)[:1] for seed in range(12)]
    known.learn(world.feed(people=[world.person(f"p{n}", face=one) for n, one in enumerate(faces)]))
    told = known.now()
    assert (told.calibration.people, told.calibration.standing) == (12, Standing.FEW_ENROLLED)
    middle, sides = faces[0][0], np.concatenate(faces[1:])
    alike = [middle + 0.08 * side for side in sides]
    alike = [(one / np.linalg.norm(one))[None] for one in alike]
    known.learn(world.feed(people=[world.person(f"p{n}", face=one) for n, one in enumerate(alike)], version=2))
    told = known.now()
    assert told.calibration.standing is Standing.TOO_ALIKE
    assert told.gallery.threshold == told.calibration.threshold < 0.18


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Europe", "x" * 300])
def test_a_roster_without_a_time_zone_is_refused(world, clock, zone):
    with pytest.raises(FeedRefused):
        world.known(clock).learn(world.feed(zone=zone))


LOCAL = NOW.replace(tzinfo=None)
BEYOND = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12)))


@pytest.mark.parametrize(
    "part",
    [
        {"rules": [replace(STAFF, ends=LOCAL)]},
        {"people": [PersonEntry(id="ada", groups=[], starts=LOCAL)]},
        {"vehicles": [VehicleEntry(id="car", plate=b"", permits=[Permit("p", frozenset(), NOW, LOCAL)])]},
        {"lease_ends": BEYOND},
        {"gates": [replace(DOOR, freshness_s=math.nan)]},
        {"gates": [replace(DOOR, confirm_s=math.inf)]},
        {"gates": [replace(DOOR, open_s=-1.0)]},
    ],
)
def test_a_roster_with_which_no_gate_could_reckon_is_refused_whole(world, clock, part):
    known = world.known(clock)
    known.learn(world.feed())
    before = known.now()
    with pytest.raises(FeedRefused):
        known.learn(world.feed(version=2, **part))
    assert known.now() is before


def test_the_server_cannot_stretch_the_lease(world, clock):
    known = world.known(clock)
    known.learn(world.feed(lease_ends=NOW + timedelta(days=365)))
    assert known.now().policy.lease_ends == NOW + timedelta(hours=72)
    known.learn(world.feed(version=2, lease_ends=NOW + timedelta(hours=1)))
    assert known.now().policy.lease_ends == NOW + timedelta(hours=1)


def test_every_change_is_a_new_version_and_clearances_replace_each_other(world, clock):
    known = world.known(clock)
    known.learn(world.feed())
    first = known.now()
    known.learn(Feed(clearances=world.clearances(2, "沪B77777")))
    known.learn(Feed(clearances=world.clearances(3, "粤C00001")))
    assert set(known.now().policy.clearances) == {"粤C00001"}
    assert known.now().version == first.version + 2
    assert known.now().policy.gates is first.policy.gates


# --- the cache ----------------------------------------------------------------------------------------------


def test_after_a_power_cut_without_a_network_the_edge_knows_what_it_knew(world, clock):
    known = world.known(clock)
    known.learn(world.feed(people=[world.person("ada", card="4711", face=face(1))]))
    known.learn(Feed(clearances=world.clearances(2, "沪B77777")))
    again = world.known(clock)
    again.recall()
    before, after = known.now(), again.now()
    assert (after.policy, after.cards, after.plates) == (before.policy, before.cards, before.plates)
    assert after.gallery.match(face(1)[0]).subject == "ada"
    assert (after.roster, after.clearances) == (1, 2)


def test_a_restart_does_not_prolong_the_lease(world, clock):
    world.known(clock).learn(world.feed(lease_ends=NOW + timedelta(days=365)))
    later = HandClock(NOW + timedelta(hours=71))
    known = world.known(later)
    known.recall()
    assert known.now().policy.lease_ends == NOW + timedelta(hours=72)
    later.advance(3600)
    sighting = Sighting(Means.FACE, "", "ada", later.now(), later.now(), 3)
    gate = known.now().policy.gates["door"]
    assert decide(sighting, gate, known.now().policy, later.now()).reason is Reason.LEASE_EXPIRED
    card = replace(sighting, means=Means.CARD)
    assert decide(card, gate, known.now().policy, later.now()).reason is Reason.RULE


def test_the_cache_shows_nothing_to_a_thief(world, clock):
    world.known(clock).learn(world.feed(people=[world.person("person-ada", card="471147114711", face=face(1))]))
    stolen = config.cache_path(world.home).read_bytes()
    assert config.cache_path(world.home).stat().st_mode & 0o777 == 0o600
    for secret in (b"person-ada", b"471147114711", "京A12345".encode(), face(1).tobytes()[:16], b"staff"):
        assert secret not in stolen


@pytest.mark.parametrize("damage", ["torn", "other device", "garbage", "gone"])
def test_a_cache_that_cannot_be_opened_is_no_cache(world, clock, damage, tmp_path):
    world.known(clock).learn(world.feed())
    path = config.cache_path(world.home)
    if damage == "torn":
        path.write_bytes(path.read_bytes()[:-7])
    elif damage == "other device":
        other = World(tmp_path / "other")
        other.init()
        other.known(clock).learn(other.feed())
        path.write_bytes(config.cache_path(other.home).read_bytes())
    elif damage == "garbage":
        path.write_bytes(b"GHC\x01" + b"\x00" * 100)
    else:
        path.unlink()
    known = world.known(clock)
    known.recall()
    assert known.now().policy.gates == {}


SHORT_OF_ROOM = """
import resource, signal, sys
from pathlib import Path
from tests.edge.world import HandClock, World
world = World(Path(sys.argv[1]))
known = world.known(HandClock())
known.learn(world.feed())
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
known.learn(world.feed(version=2, people=[world.person(f"person-{n}", card=str(n)) for n in range(50)]))
"""


def test_a_disk_that_takes_half_of_the_cache_leaves_the_old_one_whole(world, clock):
    subprocess.run([sys.executable, "-c", SHORT_OF_ROOM, str(world.home)], check=True, cwd=ROOT, capture_output=True)
    known = world.known(clock)
    known.recall()
    assert known.now().roster == 1


def test_a_disk_that_takes_no_cache_costs_nothing_now(world, clock):
    known = world.known(clock)
    config.cache_path(world.home).with_name("cache.sealed.new").mkdir()
    known.learn(world.feed())
    assert isinstance(known.now().policy.gates["door"], Gate)


# --- many faces ---


def test_a_roster_whose_one_row_changed_opens_that_row_alone(world, clock, monkeypatch):
    opened = []
    known = world.known(clock)
    people = [world.person(f"p{n}", card=f"47{n}", face=face(n)) for n in range(5)]
    known.learn(world.feed(people=people))
    monkeypatch.setattr(roster, "hpke_open", lambda cell, **more: opened.append(cell) or hpke_open(cell, **more))
    changed = world.person("p3", card="999", face=face(3))
    known.learn(world.feed(people=[*people[:3], changed, people[4]], version=2, vehicles=[], devices=[]))
    assert set(opened) == {changed.card, changed.face}
    assert known.now().cards["999"] == "p3"
    assert "473" not in known.now().cards
    # A cell that came to lie under another name is not taken from what is remembered.
    thief = people[0].__class__(id="mallory", groups=["staff"], card=people[0].card)
    known.learn(world.feed(people=[people[0], thief], version=3))
    assert known.now().cards == {"470": "p0"}


def test_what_a_roster_no_longer_holds_is_forgotten(world, clock):
    known = world.known(clock)
    known.learn(world.feed(people=[world.person("ada", card="4711"), world.person("bob", card="4712")]))
    known.learn(world.feed(people=[world.person("bob", card="4712")], version=2))
    assert not any(owner == "ada" for _, owner, _ in known._opened)


def test_the_gallery_is_compared_once_and_is_what_it_was(world, clock, monkeypatch):
    faces = {f"p{n}": face(n)[:1] for n in range(40)}
    near = faces["p1"] + 0.01 * face(99)[:1]
    faces["twin"] = (near / np.linalg.norm(near)).astype(np.float32)
    compared = []
    whole = Gallery.compared
    monkeypatch.setattr(
        Gallery, "compared", lambda self, *rest, **more: compared.append(1) or whole(self, *rest, **more)
    )
    known = world.known(clock)
    known.learn(world.feed(people=[world.person(own, face=vector) for own, vector in faces.items()]))
    assert len(compared) == 1
    now = known.now()
    plain = Gallery([(own, vector[0]) for own, vector in faces.items()], threshold=now.calibration.threshold)
    assert [(pair.first, pair.second) for pair in now.alike] == [("p1", "twin")]
    assert now.alike == plain.lookalikes()
    assert (now.gallery.threshold, now.gallery.margin) == (plain.threshold, plain.margin)
    assert now.gallery.match(faces["twin"][0]) is None  # as near to p1
    assert now.gallery.match(faces["p7"][0]) == plain.match(faces["p7"][0])


def test_two_who_look_alike_are_told_once_in_codes_and_without_a_distance(world, clock):
    known = world.known(clock)
    near = face(1)[:1] + 0.01 * face(99)[:1]
    twin = (near / np.linalg.norm(near)).astype(np.float32)
    people = [world.person("zoe", face=face(1)[:1]), world.person("ada", face=twin), world.person("bob", face=face(2))]
    known.learn(world.feed(people=people))
    pairs = Pairs(b"k" * 32)
    (told,) = pairs.untold(known.now().alike, NOW)
    assert (told.one, told.other, told.how) == ("ada", "zoe", "same")
    assert set(told.__struct_fields__) == {"id", "at", "one", "other", "how"}
    assert pairs.untold(known.now().alike, NOW) == [told]  # the spool did not take it
    pairs.told([told])
    assert pairs.untold(known.now().alike, NOW) == []
    assert Pairs(b"k" * 32).untold(known.now().alike, NOW)[0].id == told.id  # after the next start
    assert Pairs(b"x" * 32).untold(known.now().alike, NOW)[0].id != told.id
    # and a face alone is enough for neither, while the third is known
    assert who_is(SimpleNamespace(embedding=face(1)[0]), known.now()) is None
    assert who_is(SimpleNamespace(embedding=face(2)[1]), known.now()) == "bob"


def test_faces_of_another_model_open_nothing_and_card_and_door_go_on(world, clock):
    old = encode(FaceTemplates(model="faces-of-last-year", size=128, vectors=face(1)[:1].astype("<f4").tobytes()))
    ada = world.person("ada", card="4711")
    ada = ada.__class__(id="ada", groups=["staff"], card=ada.card, face=world.cell(old, "face.template/1", "ada"))
    known = world.known(clock)
    known.learn(world.feed(people=[ada]))
    now = known.now()
    assert (now.outdated, now.unopened, len(now.gallery), now.calibration) == (1, 0, 0, None)
    assert who_is(SimpleNamespace(embedding=face(1)[0]), now) is None
    assert now.cards == {"4711": "ada"}
    told = status._faces(now)
    assert told.outdated == 1
    said = " ".join(
        status.lines(
            status.Told(
                edge="e", server="s", runs=True, roster_age_s=1, lease_left_s=9, gates={},
                now=status.Status(at=NOW, server_heard=True, silent_s=0, clock_doubtful=False, letters_waiting=0,
                                  lanes=[], faces=told),
            )
        )
    )  # fmt: skip
    assert "1 people were enrolled with another model" in said
    assert "card, pass and PIN go on" in said
