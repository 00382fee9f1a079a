"""Faces: found, told apart, and found again under other light, size, angle and blur."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from tests.vision.drawing import noisy, resized, turned

from gatehouse.vision.blaze import FaceBox
from gatehouse.vision.faces import MODEL, FaceRead, embed, face_chip, read_faces, template
from gatehouse.vision.frames import Pixels
from gatehouse.vision.gallery import Gallery
from gatehouse.vision.mesh import FIVE
from gatehouse.vision.packs import pack

VARIANTS = {
    "smaller": lambda picture: resized(picture, 0.6),
    "larger": lambda picture: resized(picture, 2.0),
    "darker": lambda picture: (picture * 0.4).astype(np.uint8),
    "blurred": lambda picture: np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), dtype=np.uint8),
    "noisy": lambda picture: noisy(picture, 12.0, 3),
    "mirrored": lambda picture: np.ascontiguousarray(picture[:, ::-1]),
    "turned": lambda picture: turned(picture, 18.0),
    "turned far": lambda picture: turned(picture, 40.0),
}


def distance(one: FaceRead, other: FaceRead) -> float:
    return float(np.linalg.norm(one.embedding - other.embedding))


def test_a_read_is_a_unit_vector_with_box_and_points_on_the_face(hopper: Pixels, hopper_read: FaceRead) -> None:
    assert hopper_read.embedding.shape == (128,)
    assert hopper_read.embedding.dtype == np.float32
    assert np.linalg.norm(hopper_read.embedding) == pytest.approx(1.0, abs=1e-5)
    x, y, width, height = hopper_read.box
    assert 0 <= x < x + width <= hopper.shape[1]
    assert len(hopper_read.points) == len(FIVE) == 5
    assert all(x <= px <= x + width and y <= py <= y + height for px, py in hopper_read.points)
    assert hopper_read.model == MODEL
    assert 0.9 < hopper_read.quality <= 1.0


def test_two_people_are_not_matched(hopper_read: FaceRead, astronaut_read: FaceRead) -> None:
    assert distance(hopper_read, astronaut_read) > 0.4
    gallery = Gallery([("a", hopper_read.embedding)])
    assert gallery.match(astronaut_read.embedding) is None
    assert gallery.verify("a", astronaut_read.embedding) is None


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("person", ["hopper", "astronaut"])
def test_a_person_is_found_again(person: str, variant: str, request: pytest.FixtureRequest) -> None:
    picture: Pixels = request.getfixturevalue(person)
    enrolled = [(name, request.getfixturevalue(f"{name}_read").embedding) for name in ("hopper", "astronaut")]
    (read,) = read_faces(VARIANTS[variant](picture))
    match = Gallery(enrolled).match(read.embedding)
    assert match is not None
    assert match.subject == person
    assert match.distance < pack(MODEL).thresholds["one_to_many"]


def test_both_people_in_one_frame_are_read_nearest_first(hopper: Pixels, astronaut: Pixels) -> None:
    near, far = resized(hopper, 0.8)[:480], resized(astronaut, 1.5)[60:420, 200:500]
    frame = np.full((480, 900, 3), 80, dtype=np.uint8)
    frame[: near.shape[0], : near.shape[1]] = near
    frame[: far.shape[0], 500 : 500 + far.shape[1]] = far
    first, second = read_faces(frame)
    assert first.box[0] < 420 < second.box[0]
    assert first.box[2] > second.box[2]


def test_quality_falls_with_blur_distance_and_turning_away(astronaut: Pixels, astronaut_read: FaceRead) -> None:
    blurred = read_faces(np.asarray(cv2.GaussianBlur(astronaut, (0, 0), 3.0), dtype=np.uint8))[0]
    small = read_faces(resized(astronaut, 0.4))[0]
    assert blurred.sharpness < 0.5 * astronaut_read.sharpness
    assert small.size < 0.5 * astronaut_read.size
    assert blurred.quality < astronaut_read.quality > small.quality


def test_a_template_is_the_unit_mean_and_stands_nearer_than_its_worst_read(astronaut: Pixels) -> None:
    reads = [read_faces(VARIANTS[name](astronaut))[0] for name in ("smaller", "noisy", "blurred")]
    made = template(reads)
    assert np.linalg.norm(made) == pytest.approx(1.0, abs=1e-5)
    probe = read_faces(VARIANTS["darker"](astronaut))[0].embedding
    worst = max(float(np.linalg.norm(read.embedding - probe)) for read in reads)
    assert float(np.linalg.norm(made - probe)) < worst


def test_a_template_of_nothing_or_of_two_models_is_refused(hopper_read: FaceRead) -> None:
    other = FaceRead(
        box=hopper_read.box,
        points=hopper_read.points,
        quality=1.0,
        sharpness=1.0,
        size=1.0,
        pose=1.0,
        yaw_deg=0.0,
        confidence=1.0,
        model="another-pack",
        embedding=hopper_read.embedding,
    )
    for reads in ([], [hopper_read, other]):
        with pytest.raises(ValueError, match="one model"):
            template(reads)


def test_an_embedding_does_not_depend_on_the_batch(hopper: Pixels, hopper_read: FaceRead) -> None:
    chip = face_chip(hopper, np.array(hopper_read.points, dtype=np.float32))
    alone, batched = embed([chip]), embed([chip, chip[::-1].copy(), chip])
    assert np.allclose(alone[0], batched[0], atol=1e-5)
    assert np.allclose(batched[0], batched[2], atol=1e-5)
    assert np.allclose(alone[0], embed([chip[:, ::-1].copy()])[0], atol=1e-5)  # mirrored mean
    assert embed([]).shape == (0, 128)


def test_models_are_shared_by_threads(hopper: Pixels, hopper_read: FaceRead, astronaut: Pixels) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(read_faces, [hopper, astronaut] * 4))
    for reads in found[::2]:
        assert np.allclose(reads[0].embedding, hopper_read.embedding, atol=1e-5)


def test_a_box_that_facemesh_does_not_confirm_is_no_face(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    false_find = [FaceBox(100.0, 100.0, 160.0, 160.0, ((140.0, 150.0), (220.0, 150.0)), 0.99)]
    monkeypatch.setattr("gatehouse.vision.faces.find_faces", lambda pixels, variant: false_find)
    assert read_faces(noise) == []


def test_a_read_of_fair_quality_stays_near_and_what_strays_is_known_to_be_poor(
    hopper: Pixels, astronaut: Pixels, hopper_read: FaceRead, astronaut_read: FaceRead
) -> None:
    fair, strayed = 0, 0
    for picture, own, other in ((hopper, hopper_read, astronaut_read), (astronaut, astronaut_read, hopper_read)):
        worse = [np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8) for sigma in (1, 2, 4, 7)]
        worse += [resized(picture, factor) for factor in (0.75, 0.5, 0.35, 0.25, 0.15)]
        for variant in worse:
            for read in read_faces(variant):
                assert distance(read, other) > 0.4
                if read.quality >= 0.15:
                    fair += 1
                    assert distance(read, own) <= pack(MODEL).thresholds["one_to_many"]
                elif distance(read, own) > pack(MODEL).thresholds["one_to_many"]:
                    strayed += 1
    assert fair >= 12
    assert strayed >= 2
