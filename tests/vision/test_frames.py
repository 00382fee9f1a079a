"""Whatever a camera or an upload hands in, every reader answers or refuses; none falls over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gatehouse.vision.codes import read_codes
from gatehouse.vision.errors import BadFrame
from gatehouse.vision.faces import read_faces
from gatehouse.vision.frames import Pixels, as_bgr, at_most, read_picture
from gatehouse.vision.motion import MotionGate
from gatehouse.vision.plates import read_plates

READERS: list[Callable[[object], object]] = [read_faces, read_plates, read_codes, MotionGate().moved, as_bgr]


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        b"\xff\xd8\xff",
        [[0, 0], [0, 0]],
        np.zeros((10, 10, 3), dtype=np.float32),
        np.zeros((0, 10, 3), dtype=np.uint8),
        np.zeros((10, 10, 2), dtype=np.uint8),
        np.zeros(10, dtype=np.uint8),
        np.zeros((1, 20_000, 3), dtype=np.uint8),
        np.array(["a"], dtype=object),
    ],
)
def test_what_is_no_image_is_refused_by_every_reader(garbage: object) -> None:
    for reader in READERS:
        with pytest.raises(BadFrame):
            reader(garbage)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 300, 3), (300, 2, 3), (25, 25, 3), (40, 700, 3)])
def test_tiny_and_thin_frames_hold_nothing(shape: tuple[int, ...]) -> None:
    frame = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    assert read_faces(frame) == []
    assert read_plates(frame) == []
    assert read_codes(frame) == []


@pytest.mark.parametrize("value", [0, 127, 255])
def test_an_even_frame_holds_nothing(value: int) -> None:
    frame = np.full((240, 320, 3), value, dtype=np.uint8)
    assert read_faces(frame) == []
    assert read_plates(frame) == []
    assert read_codes(frame) == []


def test_noise_holds_no_face_and_no_sure_plate() -> None:
    frame = np.random.default_rng(7).integers(0, 255, (360, 480, 3), dtype=np.uint8)
    assert read_faces(frame) == []
    assert all(read.confidence < 0.3 for read in read_plates(frame))


def test_grey_bgra_and_strided_frames_are_read_like_bgr(hopper: Pixels) -> None:
    grey = hopper.mean(axis=2).astype(np.uint8)
    alpha = np.dstack([hopper, np.full(hopper.shape[:2], 255, np.uint8)])
    assert len(read_faces(grey)) == len(read_faces(grey[:, :, None])) == 1
    assert read_faces(alpha)[0].box == read_faces(hopper)[0].box
    assert len(read_faces(hopper[::2, ::2])) == 1


def test_a_frame_is_not_changed_by_being_read(hopper: Pixels) -> None:
    before = hopper.copy()
    read_faces(hopper)
    read_plates(hopper)
    assert np.array_equal(before, hopper)


def test_a_huge_frame_gives_boxes_in_its_own_pixels(hopper: Pixels) -> None:
    huge = np.zeros((4000, 6000, 3), dtype=np.uint8)
    big = hopper.repeat(4, axis=0).repeat(4, axis=1)
    huge[800 : 800 + big.shape[0], 2000 : 2000 + big.shape[1]] = big
    (read,) = read_faces(huge)
    x, y, width, height = read.box
    assert 2000 < x < x + width < 2000 + big.shape[1]
    assert 800 < y < y + height < 800 + big.shape[0]


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"GIF89a not really", b"\x89PNG\r\n\x1a\n" + b"\0" * 40):
        path = tmp_path / "photo.png"
        path.write_bytes(content)
        with pytest.raises(BadFrame):
            read_picture(path)


def test_a_large_frame_is_scaled_to_the_side_asked_for_and_a_small_one_is_left_alone(hopper: Pixels) -> None:
    small, back = at_most(hopper, 300)
    assert max(small.shape) == 300
    assert back == pytest.approx(2.0)
    assert at_most(hopper, 600)[0] is hopper
