"""A face at a gate that asks for a challenge, with the real models: at a fixed camera, and at a tablet that is its
screen."""

import io
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image
from tests.edge.acting import doing, print_turned
from tests.edge.scenes import phone, portrait, wall
from tests.edge.terminal_world import LOBBY, Tablet, TerminalSite, noisy
from tests.edge.world import DOOR, SITE

from gatehouse.devices.cameras.port import Frame
from gatehouse.domain.liveness import FAILURES, LIMIT, LOST, ORDERS, SAME_AGAIN, TRY_AGAIN, Act, Liveness
from gatehouse.domain.sightings import Means, Read
from gatehouse.edge.challenges import Challenges
from gatehouse.edge.looking import Looker
from gatehouse.edge.watcher import Watcher
from gatehouse.vision.faces import read_faces, template
from gatehouse.wire import Attempt, GateEvent

ASKS = replace(DOOR, liveness=Liveness.CHALLENGE)
SCREEN = object()  # another camera, or a tablet, of the same gate


@pytest.fixture(scope="module")
def face():
    return template(read_faces(portrait("astronaut.png", left=100))[:1])[None]


class Door:
    """A fixed camera before a door that asks for a challenge."""

    def __init__(self, keeper, known, world, clock):
        self.keeper, self.clock = keeper, clock
        self.watcher = Watcher(None, keeper, Looker(SITE, world.keeper.public().sign_key), knowledge=known.now)

    def sees(self, picture, seconds=0.4):
        self.watcher.see(Frame(picture, self.clock.now()))
        self.clock.advance(seconds)
        return self.says()

    def says(self):
        """What the gate's screen says."""
        return self.keeper.challenges.asked_elsewhere(SCREEN, self.clock.now())

    def comes_up(self, picture):
        for _ in range(10):
            if self.sees(picture) is not None:
                return
        raise AssertionError("nobody was asked")

    def obeys(self):
        """Whoever stands there does what the screen says; the instructions that they followed."""
        done = [self.says()]
        for _ in range(40):
            said = self.sees(doing(done[-1]))
            if said is None:
                return done
            if said is not done[-1]:
                done.append(said)
        raise AssertionError("the challenge never ended")

    def stands(self, picture):
        """A picture is held up until nobody asks any more."""
        for _ in range(60):
            if self.sees(picture) is None:
                return
        raise AssertionError("the challenge never ended")


@pytest.fixture
def door(world, known, keeper_of, clock, face):
    known.learn(world.feed(gates=[ASKS], people=[world.person("mae", face=face, card="4711")], version=2))
    return Door(keeper_of("door"), known, world, clock)


def letters(world, spool):
    return [(b.kind if isinstance(b, GateEvent) else f"{type(b).__name__} {b.reason}") for b in world.bodies(spool)]


# --- at a fixed camera ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [0, 3])
def test_whoever_does_what_the_screen_says_is_let_in_once(door, shelly, spool, world, order):
    door.keeper.challenges.draw = lambda: order
    door.comes_up(doing(Act.FRONT))
    assert (shelly.device.pulses, letters(world, spool)) == (0, []), "known, but asked first"
    acts = ORDERS[order]
    assert door.obeys() == [Act.FRONT, acts[0], Act.FRONT, acts[1], Act.FRONT]
    for _ in range(6):
        door.sees(doing(Act.FRONT))
    assert shelly.device.pulses == 1
    (attempt,) = world.bodies(spool)
    assert (attempt.subject, attempt.granted, attempt.means, attempt.reason) == ("mae", True, "face", "rule")


@pytest.mark.parametrize("degrees", [0, 45])
def test_a_picture_is_refused_for_liveness_however_it_is_held(door, shelly, spool, world, degrees):
    door.keeper.challenges.draw = lambda: 0
    door.comes_up(print_turned(0))
    door.stands(print_turned(degrees))
    assert shelly.device.pulses == 0
    assert letters(world, spool) == ["Attempt liveness"]


def test_a_face_that_failed_three_times_counts_for_nothing_and_a_card_opens(door, shelly, spool, world, clock):
    for _ in range(FAILURES.tries):
        door.comes_up(print_turned(0))
        clock.advance((LIMIT - LOST).total_seconds() - 12)
        door.stands(print_turned(0))
        clock.advance(TRY_AGAIN.total_seconds())
    told = letters(world, spool)
    assert told.count("liveness_locked") == 1
    for _ in range(12):
        assert door.sees(doing(Act.FRONT)) is None, "no fourth challenge, also for the person"
    assert shelly.device.pulses == 0
    door.keeper.shown(Read(Means.CARD, clock.now(), "4711", "mae", 1.0))
    assert shelly.device.pulses == 1


def test_whoever_walks_by_has_not_failed_and_is_asked_the_same_again(door, spool, world, clock):
    drawn = iter([0, 3, 3, 3])
    door.keeper.challenges.draw = lambda: next(drawn)
    for _ in range(4):
        door.comes_up(doing(Act.FRONT))
        door.sees(wall())
        clock.advance(LOST.total_seconds() + 30)
        assert door.sees(wall()) is None
    assert letters(world, spool) == []
    door.comes_up(doing(Act.FRONT))
    assert door.obeys()[1] is ORDERS[0][0]


def test_another_s_face_instead_of_the_one_that_was_asked_is_refused(door, shelly, spool, world):
    door.comes_up(print_turned(0))
    door.stands(portrait(left=140))
    assert shelly.device.pulses == 0
    assert letters(world, spool)[0] == "Attempt liveness"


def test_a_pass_opens_in_the_middle_of_a_challenge(door, shelly, spool, world):
    door.comes_up(doing(Act.FRONT))
    scene = wall()
    code = phone(world.a_pass(person="mae"), scale=4)
    assert door.sees(np.where(code == scene, scene, code)) is None
    assert shelly.device.pulses == 1
    assert letters(world, spool) == ["Attempt rule"]


def test_a_gate_that_asks_for_nothing_opens_as_ever(world, known, keeper_of, clock, face, shelly):
    known.learn(world.feed(people=[world.person("mae", face=face)], version=2))
    plain = Door(keeper_of("door"), known, world, clock)
    for _ in range(4):
        plain.sees(print_turned(0))
    assert shelly.device.pulses == 1, "which is why the challenge exists"


# --- two people who are too alike -------------------------------------------------------------------------------------


def test_two_who_are_too_alike_need_another_way_at_the_door(world, known, keeper_of, clock, face, shelly, spool):
    sibling = face + 0.01 * np.ones(128, np.float32)
    people = [world.person("mae", face=face, card="4711"), world.person("twin", face=sibling, card="4712")]
    known.learn(world.feed(people=people, version=2))
    plain = Door(keeper_of("door"), known, world, clock)
    for _ in range(8):
        plain.sees(doing(Act.FRONT))
    assert letters(world, spool) == ["Attempt unknown_face"]
    plain.keeper.shown(Read(Means.CARD, clock.now(), "4712", "twin", 1.0))
    assert shelly.device.pulses == 1
    assert [body.subject for body in world.bodies(spool)] == [None, "twin"]


# --- at a tablet ------------------------------------------------------------------------------------------------------


def jpeg(picture, seed):
    out = io.BytesIO()
    Image.fromarray(noisy(picture, seed)[:, :, ::-1]).save(out, "JPEG", quality=88)
    return out.getvalue()


@pytest.fixture
def site(tmp_path, shelly):
    made = TerminalSite(tmp_path, shelly.address)
    yield made
    made.stop()


def mae(site, face, own="mae", number="107", card="4714000"):
    return site.person(own, number=number, initials="MJ", card=card, face=face)


def test_a_tablet_says_one_thing_at_a_time_and_greets_whoever_did_it(site, face, shelly):
    site.start(site.feed(gates=[replace(LOBBY, liveness=Liveness.CHALLENGE)], people=[mae(site, face)]))
    site.service.posts["lobby"].keeper.challenges.draw = lambda: 0
    tablet = Tablet(site).paired()
    told, act = [], Act.FRONT
    for seed in range(80):
        said = tablet.look(jpeg(doing(act), seed)).json()
        if "outcome" in said:
            break
        if said.get("act"):
            act = Act(said["act"])
            told += [act] if told[-1:] != [act] else []
    assert said == {"outcome": "granted", "initials": "MJ"}
    assert told == [Act.FRONT, Act.LEFT, Act.FRONT, Act.BLINK, Act.FRONT]
    assert shelly.device.pulses == 1


def test_a_tablet_says_why_a_challenge_failed_and_takes_a_card_meanwhile(site, face, shelly):
    site.start(site.feed(gates=[replace(LOBBY, liveness=Liveness.CHALLENGE)], people=[mae(site, face)]))
    site.service.posts["lobby"].keeper.challenges.draw = lambda: 0
    tablet = Tablet(site).paired()
    for seed in range(40):
        said = tablet.look(jpeg(doing(Act.RIGHT if seed > 10 else Act.FRONT), seed)).json()
        if "outcome" in said:
            break
    assert said == {"outcome": "refused", "reason": "liveness_act"}
    assert shelly.device.pulses == 0
    assert tablet.card("4714000").json() == {"outcome": "granted", "initials": "MJ"}
    assert [(b.means, b.reason) for b in site.bodies() if isinstance(b, Attempt)] == [
        ("face", "liveness"),
        ("card", "rule"),
    ]


def test_two_who_are_too_alike_need_another_way_at_a_tablet(site, face, shelly):
    twin = mae(site, face + 0.01 * np.ones(128, np.float32), "twin", "108", "4715000")
    site.start(site.feed(people=[mae(site, face), twin]))
    tablet = Tablet(site).paired()
    said = [tablet.look(jpeg(doing(Act.FRONT), seed)).json() for seed in range(8)]
    assert {"outcome": "refused", "reason": "unknown_face"} in said
    assert shelly.device.pulses == 0
    assert tablet.card("4715000").json()["outcome"] == "granted"


# --- what a gate remembers --------------------------------------------------------------------------------------------


def test_the_draw_is_kept_for_whoever_left_and_only_for_a_while(clock):
    drawn = iter([0, 3, 1])
    challenges = Challenges(lambda: next(drawn))
    first = challenges.begin("mae", SCREEN, clock.now())
    challenges.goes_on(SCREEN, first.waited(clock.now() + LOST * 2), clock.now())
    assert challenges.begin("mae", SCREEN, clock.now()).challenge.acts == ORDERS[0]
    assert challenges.begin("mae", SCREEN, clock.now() + SAME_AGAIN).challenge.acts == ORDERS[3]
    late = challenges.begin("mae", SCREEN, clock.now() + SAME_AGAIN)
    ended = late.waited(clock.now() + SAME_AGAIN + timedelta(seconds=1)).waited(late.challenge.ends)
    assert ended.is_over


def test_what_is_asked_is_drawn_from_all_orders():
    assert {Challenges().begin("mae", SCREEN, DOOR and _at()).challenge.acts for _ in range(200)} == set(ORDERS)


def _at():
    from tests.edge.world import NOW

    return NOW
