"""The painter's scenes are such that the real recognition works on them, and idle ones such that it rests."""

import itertools
from collections import Counter

import numpy as np
import pytest

from gatehouse.demo import scenes
from gatehouse.demo.plates_art import PROVINCES, plate_art, plate_kind
from gatehouse.vision.codes import read_codes
from gatehouse.vision.faces import read_faces
from gatehouse.vision.frames import read_picture
from gatehouse.vision.motion import MotionGate
from gatehouse.vision.packs import asset_path
from gatehouse.vision.plates import read_plates


@pytest.mark.parametrize(
    ("plate", "kind", "seed"), [("沪BK7358", "blue", 2), ("苏E5M2D8", "blue", 0), ("粤BD12345", "green", 3)]
)
def test_an_approaching_cars_plate_is_read_in_most_frames(plate: str, kind: str, seed: int) -> None:
    reads = Counter(
        found[0].text
        for frame in scenes.car_scene(plate, kind, 5.0, 2.0, seed)
        if (found := read_plates(frame)) and found[0].confidence > 0.5
    )
    assert reads.most_common(1)[0][0] == plate
    assert reads[plate] >= 6
    assert sum(reads.values()) - reads[plate] <= 1


def test_the_empty_lane_has_no_plate() -> None:
    assert read_plates(next(scenes.idle_lane(1.0, 1.0))) == []


@pytest.mark.parametrize("portrait", ["grace_hopper.jpg", "astronaut.png"])
def test_a_walker_has_exactly_one_face_all_the_way(portrait: str) -> None:
    faces = [read_faces(frame) for frame in scenes.person_scene(read_picture(asset_path(portrait)), 4.0, 1.5)]
    assert [len(found) for found in faces] == [1] * len(faces)
    assert faces[-1][0].quality > 0.7


def test_somebody_in_a_hood_has_no_face() -> None:
    assert not any(read_faces(frame) for frame in scenes.person_scene(None, 3.0, 1.0))


def test_a_pass_on_a_phone_is_read() -> None:
    text = "GH1." + "Xy7" * 76  # as long as a signed pass
    read = [read_codes(frame) for frame in scenes.phone_scene(text, 3.0, 4.0, seed=1)]
    assert sum(found == [text] for found in read) >= 8
    assert all(found in ([], [text]) for found in read)


@pytest.mark.parametrize("idle", [scenes.idle_lane, scenes.idle_door])
def test_an_idle_view_is_grainy_but_does_not_wake_the_models(idle: object) -> None:
    frames = list(idle(12.0, 2.0))  # type: ignore[operator]
    assert all((one != other).any() for one, other in itertools.pairwise(frames))
    gate = MotionGate(hold_frames=1)
    assert sum(gate.moved(frame) for frame in frames) <= 2


def test_a_car_and_a_walker_wake_the_models() -> None:
    for scene in (scenes.car_scene("京A12345", "blue", 2.0, 4.0), scenes.person_scene(None, 2.0, 4.0)):
        gate = MotionGate(hold_frames=1)
        moved = [gate.moved(frame) for frame in scene]
        assert sum(moved[1:5]) == 4


def test_a_scene_is_the_same_each_time() -> None:
    first, second = (list(scenes.car_scene("京A12345", "blue", 1.0, 4.0, seed=5)) for _ in range(2))
    assert len(first) == 4
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_every_province_that_is_promised_can_be_painted() -> None:
    for province in PROVINCES:
        assert plate_art(f"{province}A12345").shape == (280, 880, 3)
        assert plate_art(f"{province}AD12345").shape == (280, 960, 3)


@pytest.mark.parametrize("text", ["", "A12345", "京A1234", "京AI2345O", "京112345", "琼A12345", "京A123456789"])
def test_what_no_plate_can_carry_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a plate is"):
        plate_kind(text)


def test_a_plate_of_the_other_kind_is_refused_before_anything_is_painted() -> None:
    with pytest.raises(ValueError, match="no green plate"):
        scenes.car_scene("京A12345", "green", 1.0, 1.0)
