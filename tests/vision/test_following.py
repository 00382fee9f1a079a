"""A plate followed through real scenes with the real models; looks are counted, not timed."""

from __future__ import annotations

import numpy as np
import pytest
from tests.vision.drawing import BLACK, WHITE, draw_plate, plate_scene

from gatehouse.vision.errors import BadFrame
from gatehouse.vision.following import WHOLE_EVERY, PlateFollower
from gatehouse.vision.frames import Pixels
from gatehouse.vision.plates import read_plates, read_plates_near

PLATE = "京A88731"


def at(x: int, y: int, *, text: str = PLATE, country: str = "CN") -> Pixels:
    """The plate somewhere in a street of 960 x 540."""
    scene = np.full((540, 960, 3), 120, dtype=np.uint8)
    part = plate_scene(draw_plate(text, *(() if country == "CN" else (WHITE, BLACK))), size=(160, 220), width_px=130)
    scene[y : y + 160, x : x + 220] = part
    return scene


def test_a_plate_that_moves_is_followed_with_one_whole_look_in_six() -> None:
    follower = PlateFollower()
    for frame in range(12):
        (read, *_) = follower.read(at(100 + 30 * frame, 60 + 20 * frame), frame / 8)
        assert read.text == PLATE
    assert (follower.whole, follower.near) == (2, 10)
    assert WHOLE_EVERY == 5


def test_a_look_around_the_place_gives_the_same_box_as_a_whole_one() -> None:
    scene = at(500, 300)
    (whole, *_) = read_plates(scene)
    (near, *_) = read_plates_near(scene, whole.box)
    assert near.text == whole.text
    assert np.allclose(near.box, whole.box, atol=12)


def test_a_plate_that_jumped_or_came_elsewhere_is_found_by_a_whole_look() -> None:
    follower = PlateFollower()
    follower.read(at(60, 40), 0.0)
    (read, *_) = follower.read(at(700, 350), 0.1)
    assert read.text == PLATE
    assert follower.whole == 2


def test_another_plate_in_the_same_place_is_read_as_what_it_is() -> None:
    follower = PlateFollower()
    follower.read(at(300, 200), 0.0)
    (read, *_) = follower.read(at(300, 200, text="沪B52019".replace("沪", "津")), 0.2)
    assert read.text == "津B52019"


def test_after_a_pause_or_with_another_picture_size_nothing_is_remembered() -> None:
    follower = PlateFollower()
    follower.read(at(300, 200), 0.0)
    follower.read(at(300, 200), 5.0)
    follower.read(at(300, 200)[:500], 5.1)
    assert (follower.whole, follower.near) == (3, 0)


def test_time_that_goes_back_costs_a_look_and_nothing_else() -> None:
    follower = PlateFollower()
    for at_s in (10.0, 3.0, float("nan")):
        (read, *_) = follower.read(at(300, 200), at_s)
        assert read.text == PLATE


@pytest.mark.parametrize(
    "box", [(-500, -500, 10, 10), (5000, 5000, 10, 10), (0, 0, 0, 0), (900, 500, 200, 100), (10, 10, -5, -5)]
)
def test_a_box_at_the_edge_or_outside_finds_nothing_there(box: tuple[int, int, int, int]) -> None:
    assert read_plates_near(at(300, 200), box) == []


def test_an_empty_street_and_no_picture() -> None:
    follower = PlateFollower()
    empty = np.full((540, 960, 3), 120, dtype=np.uint8)
    assert [follower.read(empty, frame / 8) for frame in range(4)] == [[], [], [], []]
    assert (follower.whole, follower.near) == (4, 0)
    with pytest.raises(BadFrame):
        follower.read("no picture", 1.0)


def test_unsure_whole_looks_go_deep_only_now_and_then() -> None:
    """A plate of a few pixels is seen only at the larger sizes: it is found within three frames, not in each."""
    scene = np.full((1080, 1920, 3), 120, dtype=np.uint8)
    scene[600:660, 900:990] = plate_scene(draw_plate(PLATE), size=(60, 90), width_px=52)
    assert read_plates(scene, looks=1) == [] or read_plates(scene, looks=1)[0].text != PLATE
    follower = PlateFollower()
    reads = [follower.read(scene, frame / 8) for frame in range(4)]
    assert any(found and found[0].text == PLATE for found in reads)
