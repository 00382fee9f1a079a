"""The gallery: who is nearest, when nobody is, and what the site's own people say about the threshold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.vision.calibration import ENOUGH_PEOPLE, TIGHTEST, Standing, calibrate
from gatehouse.vision.faces import MODEL, unit
from gatehouse.vision.gallery import Gallery
from gatehouse.vision.packs import pack
from gatehouse.vision.sessions import Floats

DEFAULT = pack(MODEL).thresholds["one_to_many"]


def people(count: int, spread: float = 1.0, seed: int = 0) -> list[tuple[str, Floats]]:
    """`count` fictional people; a smaller spread brings them closer to each other."""
    dice = np.random.default_rng(seed)
    middle = dice.normal(size=128)
    vectors = unit(
        (middle / np.linalg.norm(middle) + spread * dice.normal(size=(count, 128)) / 11.3).astype(np.float32)
    )
    return [(f"p{number:04d}", vector) for number, vector in enumerate(vectors)]


def near(vector: Floats, distance: float, seed: int = 1) -> Floats:
    """A unit vector at that distance."""
    away = np.random.default_rng(seed).normal(size=128)
    away -= away @ vector * vector
    away /= np.linalg.norm(away)
    cosine = 1 - distance * distance / 2
    return unit((cosine * vector + np.sqrt(1 - cosine * cosine) * away).astype(np.float32))


def test_the_nearest_person_within_the_threshold_is_the_match() -> None:
    enrolled = people(50)
    match = Gallery(enrolled).match(near(enrolled[7][1], 0.2))
    assert match is not None
    assert match.subject == "p0007"
    assert match.distance == pytest.approx(0.2, abs=1e-3)
    assert match.margin > 0.3
    assert not match.lookalike


def test_an_unknown_face_stays_unknown() -> None:
    enrolled = people(50)
    assert Gallery(enrolled).match(near(enrolled[7][1], DEFAULT + 0.01)) is None
    assert Gallery(enrolled).match(people(51, seed=9)[50][1]) is None


def test_an_empty_gallery_knows_nobody() -> None:
    gallery = Gallery([])
    assert gallery.match(people(1)[0][1]) is None
    assert gallery.verify("p0000", people(1)[0][1]) is None
    assert len(gallery) == 0


def test_templates_of_one_person_are_one_subject_and_no_rival_to_each_other() -> None:
    enrolled = people(3)
    second = near(enrolled[0][1], 0.1)
    gallery = Gallery([*enrolled, ("p0000", second)])
    assert gallery.subjects == ("p0000", "p0001", "p0002")
    match = gallery.match(second)
    assert match is not None
    assert match.subject == "p0000"
    assert match.distance == pytest.approx(0.0, abs=1e-3)
    assert gallery.lookalikes() == ()


def test_a_face_between_two_people_is_nobodys() -> None:
    one = people(1)[0][1]
    other = near(one, 0.2)
    middle = unit(one + other)
    gallery = Gallery([("a", one), ("b", other)], margin=0.03)
    assert gallery.match(middle) is None
    assert Gallery([("a", one)]).match(middle) is not None


def test_lookalikes_are_named_and_marked() -> None:
    enrolled = people(20)
    twin = near(enrolled[3][1], DEFAULT)
    gallery = Gallery([*enrolled, ("twin", twin)])
    (pair,) = gallery.lookalikes()
    assert {pair.first, pair.second} == {"p0003", "twin"}
    assert pair.distance == pytest.approx(DEFAULT, abs=1e-3)
    for subject, vector in (("p0003", enrolled[3][1]), ("twin", twin)):
        match = gallery.match(vector)
        assert match is not None
        assert match.subject == subject
        assert match.lookalike


def test_one_to_one_has_a_threshold_of_its_own() -> None:
    enrolled = people(5)
    gallery = Gallery(enrolled)
    probe = near(enrolled[2][1], 0.30)
    assert gallery.match(probe) is None
    assert gallery.verify("p0002", probe) == pytest.approx(0.30, abs=1e-3)
    assert gallery.verify("p0002", near(enrolled[2][1], 0.36)) is None
    assert gallery.verify("nobody", probe) is None


def test_distances_agree_with_plain_arithmetic_beyond_one_block() -> None:
    enrolled = people(1100, spread=0.5)
    gallery = Gallery(enrolled)
    vectors = np.array([vector for _, vector in enrolled])
    probe = vectors[1050]
    assert np.allclose(gallery.distances(probe), np.linalg.norm(vectors - probe, axis=1), atol=2e-3)
    others = np.linalg.norm(vectors - probe, axis=1)
    others[1050] = np.inf
    nearest, closest = gallery.strangers(closest=5)
    assert nearest[1050] == pytest.approx(others.min(), abs=2e-3)
    far = np.linalg.norm(vectors[:, np.newaxis] - vectors[np.newaxis, :200], axis=2)
    far[np.arange(1100)[:, np.newaxis] <= np.arange(200)] = np.inf
    assert np.sort(closest)[0] <= far.min() + 2e-3
    assert len(closest) == 5
    assert np.sort(closest)[0] == pytest.approx(nearest.min(), abs=1e-6)


@pytest.mark.parametrize("bad", [np.zeros(64, np.float32), np.full(128, np.nan, np.float32)])
def test_a_vector_of_another_size_or_not_finite_is_refused(bad: Floats) -> None:
    with pytest.raises(ValueError, match="finite"):
        Gallery([("a", bad)])
    with pytest.raises(ValueError, match="finite"):
        Gallery(people(2)).match(bad)


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(2, 120),
    spread=st.floats(0.1, 1.0),
    false_match=st.sampled_from([0.001, 0.01, 0.05, 0.2]),
    seed=st.integers(0, 1000),
)
def test_what_is_said_of_a_threshold_is_so(count: int, spread: float, false_match: float, seed: int) -> None:
    enrolled = people(count, spread, seed)
    found = calibrate(enrolled, false_match=false_match)
    matched = (Gallery(enrolled).strangers()[0] <= found.threshold).mean()
    assert matched <= found.bound
    assert found.threshold <= DEFAULT
    assert found.people == count
    if found.standing is Standing.SHOWN:
        assert count >= ENOUGH_PEOPLE
        assert found.bound <= false_match
    assert (found.standing is Standing.TOO_ALIKE) == (found.threshold < TIGHTEST) == (not found.face_alone)


def family(dice: np.random.Generator, dimensions: int, count: int) -> Floats:
    """People who differ in few ways only, as a population does whose faces the model confuses."""
    ways = dice.normal(size=(dimensions, 128)) / math.sqrt(128 * dimensions)
    middle = unit(dice.normal(size=128).astype(np.float32))
    return unit((middle + 0.45 * dice.normal(size=(count, dimensions)) @ ways).astype(np.float32))


@pytest.mark.parametrize("dimensions", [12, 18, 25])
@pytest.mark.parametrize("count", [30, 100, 400])
def test_strangers_of_people_who_look_alike_match_no_more_often_than_stated(dimensions: int, count: int) -> None:
    dice = np.random.default_rng(dimensions * 1000 + count)
    rates, by_default = [], []
    for _ in range(8):
        everybody = family(dice, dimensions, count + 1000)
        enrolled = everybody[:count]
        found = calibrate([(f"p{n:04d}", row) for n, row in enumerate(enrolled)], false_match=0.01)
        nearest = np.sqrt(np.maximum(0, 2 - 2 * (everybody[count:] @ enrolled.T))).min(axis=1)
        rates.append(float((nearest <= found.threshold).mean()) if found.face_alone else 0.0)
        by_default.append(float((nearest <= DEFAULT).mean()))
    assert np.mean(rates) <= 0.01
    assert np.mean(by_default) > np.mean(rates)


def test_people_who_look_alike_tighten_the_threshold() -> None:
    apart, alike = people(60), people(60, spread=0.16)
    assert calibrate(apart, false_match=0.05).threshold == DEFAULT
    assert calibrate(apart, false_match=0.05).standing is Standing.SHOWN
    found = calibrate(alike, false_match=0.05)
    assert found.threshold < DEFAULT
    assert calibrate(people(60, spread=0.05), false_match=0.05).standing is Standing.TOO_ALIKE


@pytest.mark.parametrize("count", [8, 60, 400])
def test_twins_or_somebody_enrolled_twice_do_not_shut_the_faces_of_everybody_out(count: int) -> None:
    enrolled = people(count)
    enrolled[1] = ("p0001", near(enrolled[0][1], 0.1))
    found = calibrate(enrolled, false_match=0.01)
    assert found.face_alone
    assert found.standing is Standing.FEW_ENROLLED
    assert Gallery(enrolled, threshold=found.threshold).lookalikes()[0].second == "p0001"


@pytest.mark.parametrize("count", [0, 1, 2, 29])
def test_with_few_people_the_packs_default_stands_and_says_so(count: int) -> None:
    found = calibrate(people(count), false_match=0.01)
    assert found.threshold == DEFAULT
    assert found.standing is Standing.FEW_ENROLLED


def test_a_figure_that_the_number_of_people_cannot_show_is_not_claimed() -> None:
    assert calibrate(people(100), false_match=0.001).standing is Standing.FEW_ENROLLED
    assert calibrate(people(100), false_match=0.04).standing is Standing.SHOWN


@pytest.mark.parametrize("figure", [0.0, 1.0, -0.1, 2.0])
def test_a_figure_outside_zero_and_one_is_refused(figure: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibrate(people(3), false_match=figure)
