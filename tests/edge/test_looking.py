import time
from dataclasses import replace

import numpy as np
import pytest
from tests.edge.scenes import phone, portrait, wall
from tests.edge.world import DOOR, ENTRY, NOW, SITE
from tests.vision.drawing import draw_plate, plate_scene

from gatehouse.devices.cameras.port import Frame
from gatehouse.domain.regions import region_of
from gatehouse.domain.sightings import Means
from gatehouse.edge import watcher as watching
from gatehouse.edge.looking import Looker, who_is
from gatehouse.edge.watcher import Watcher
from gatehouse.vision.calibration import Standing
from gatehouse.vision.errors import ModelMissing
from gatehouse.vision.faces import read_faces, template


@pytest.fixture
def looker(world):
    return Looker(SITE, world.keeper.public().sign_key)


def frame(pixels, at=NOW):
    return Frame(pixels, at)


@pytest.fixture(scope="module")
def hopper():
    return template([read_faces(portrait(left=left))[0] for left in (120, 150, 180)])


def test_an_enrolled_face_is_named_and_another_is_not(world, known, looker, hopper):
    known.learn(world.feed(people=[world.person("grace", face=hopper[None])], version=2))
    (read,) = looker.look(frame(portrait(left=200)), DOOR, known.now())
    assert (read.means, read.subject) == (Means.FACE, "grace")
    (read,) = looker.look(frame(portrait("astronaut.png", left=100)), DOOR, known.now())
    assert (read.means, read.subject) == (Means.FACE, None)
    assert looker.look(frame(wall()), DOOR, known.now()) == []


def test_a_face_that_could_be_either_of_two_enrolled_people_names_neither(world, known, hopper):
    sibling = hopper + 0.01 * np.ones(128, np.float32)
    people = [world.person("grace", face=hopper[None]), world.person("sibling", face=sibling[None])]
    known.learn(world.feed(people=people, version=2))
    assert who_is(read_faces(portrait())[0], known.now()) is None


def test_where_people_are_too_alike_no_face_names_anybody(world, known, hopper):
    known.learn(world.feed(people=[world.person("grace", face=hopper[None])], version=2))
    grace = read_faces(portrait())[0]
    told = known.now()
    assert who_is(grace, told) == "grace"
    alike = replace(told.calibration, standing=Standing.TOO_ALIKE)
    assert who_is(grace, replace(told, calibration=alike)) is None


def test_a_gate_that_takes_no_faces_never_looks_for_one(world, known):
    def forbidden(_):
        raise AssertionError("a face was looked for")

    looker = Looker(SITE, world.keeper.public().sign_key, faces=forbidden)
    no_faces = DOOR.__class__("door", DOOR.kind, DOOR.direction, frozenset({Means.PASS}))
    assert looker.look(frame(portrait()), no_faces, known.now()) == []


def test_a_pass_on_a_phone_is_read_and_a_foreign_code_is_not(world, known, looker):
    only = DOOR.__class__("door", DOOR.kind, DOOR.direction, frozenset({Means.PASS}))
    (read,) = looker.look(frame(phone(world.a_pass(), scale=4)), only, known.now())
    assert (read.means, read.value, read.subject) == (Means.PASS, "pass-1", "ada")
    assert looker.look(frame(phone("https://example.org")), only, known.now()) == []


def test_a_plate_is_read_and_looked_up(world, known, looker):
    scene = plate_scene(draw_plate("京A12345"))
    reads = [looker.look(frame(scene), ENTRY, known.now()) for _ in range(2)]
    assert [(read.value, read.subject) for (read,) in reads] == [("京A12345", "car")] * 2


# --- from the frame to the relay ---------------------------------------------------------------------------


@pytest.fixture
def watch(known, looker, keeper_of, world):
    def make(gate):
        keeper = keeper_of(gate)
        return Watcher(None, keeper, looker, knowledge=known.now)

    return make


def test_a_known_person_who_stands_before_the_door_opens_it_once(world, known, watch, hopper, clock, shelly, spool):
    known.learn(world.feed(people=[world.person("grace", face=hopper[None])], version=2))
    watcher = watch("door")
    for _ in range(8):
        watcher.see(frame(portrait(left=190), clock.now()))
        clock.advance(0.125)
    assert shelly.device.pulses == 1
    attempt = world.bodies(spool)[0]
    assert (attempt.subject, attempt.granted, attempt.means) == ("grace", True, "face")


def test_a_stranger_is_told_so_and_nothing_opens(world, watch, clock, shelly, spool):
    watcher = watch("door")
    for _ in range(8):
        watcher.see(frame(portrait("astronaut.png", left=100), clock.now()))
        clock.advance(0.125)
    assert shelly.device.pulses == 0
    assert [body.reason for body in world.bodies(spool)] == ["unknown_face"]


def test_an_idle_camera_costs_no_models(known, watch, clock, monkeypatch):
    watcher = watch("entry")
    looks = []
    monkeypatch.setattr(watcher, "_look", lambda *_: looks.append(1))
    for _ in range(60):
        watcher.see(frame(wall(), clock.now()))
    assert len(looks) <= 20


def test_what_stands_still_is_looked_at_again(known, watch, clock, monkeypatch):
    watcher = watch("entry")
    looks = []
    monkeypatch.setattr(watcher, "_look", lambda *_: looks.append(1))
    for _ in range(60):
        watcher.see(frame(wall(), clock.now()))
    before = len(looks)
    watcher._occupied, watcher._looked_s = True, float("-inf")
    watcher.see(frame(wall(), clock.now()))
    assert len(looks) == before + 1


def test_a_frame_that_is_no_picture_is_passed_over(watch, clock):
    watch("entry").see(Frame(np.zeros((0, 0, 3), np.uint8), clock.now()))


def test_a_look_that_fails_costs_the_gate_that_look_and_nothing_else(known, looker, keeper_of, clock, monkeypatch):
    monkeypatch.setattr(watching, "REST_S", 0.05)
    looks = []

    def faces(pixels):
        looks.append(pixels)
        if len(looks) == 1:
            raise ModelMissing("a model", "nowhere")
        return []

    class Frames:
        def frames(self):
            while len(looks) < 2:
                time.sleep(0.01)
                yield frame(portrait(), clock.now())

    looker.faces = faces
    thread = Watcher(Frames(), keeper_of("door"), looker, knowledge=known.now)
    thread.start()
    thread.join(10)
    assert len(looks) == 2


@pytest.mark.parametrize(("corners", "opens"), [([], 1), ([200, 0, 1000, 1000], 1), ([0, 0, 250, 1000], 0)])
def test_what_stands_outside_of_a_region_opens_nothing(
    world, known, looker, keeper_of, hopper, clock, shelly, corners, opens
):
    """A known face on the right: seen in the whole picture and in its right part, not in the left."""
    known.learn(world.feed(people=[world.person("grace", face=hopper[None])], version=2))
    watcher = Watcher(None, keeper_of("door"), looker, knowledge=known.now, region=region_of(corners))
    for _ in range(8):
        watcher.see(frame(portrait(left=190), clock.now()))
        clock.advance(0.125)
    assert shelly.device.pulses == opens


def test_a_plate_is_read_in_the_part_that_counts(world, known, looker, keeper_of, clock, shelly):
    scene = plate_scene(draw_plate("京A12345"))
    wide = np.concatenate([scene, scene[:, ::-1]], axis=1)
    for corners, opens in (([500, 0, 1000, 1000], 0), ([0, 0, 500, 1000], 1)):
        watcher = Watcher(None, keeper_of("entry"), looker, knowledge=known.now, region=region_of(corners))
        for _ in range(6):
            watcher.see(frame(wide, clock.now()))
            clock.advance(0.25)
        assert shelly.device.pulses == opens


def test_a_car_that_is_read_in_a_few_frames_raises_the_barrier_once(world, watch, clock, shelly, spool):
    watcher = watch("entry")
    for seed in range(6):
        watcher.see(frame(plate_scene(draw_plate("京A12345"), seed=seed), clock.now()))
        clock.advance(0.25)
    assert shelly.device.pulses == 1
    (attempt,) = world.bodies(spool)
    assert (attempt.plate, attempt.subject, attempt.reason) == ("京A12345", "car", "permit")
