"""Pairs and 1:N counted on vectors of known distances, against a count by hand or by brute force."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from gatehouse.vision.face_pairs import at_false_accepts, at_threshold, count_pairs
from gatehouse.vision.face_search import search
from gatehouse.vision.faces import unit
from gatehouse.vision.shares import interval


def crowd(people: int, pictures: int, spread: float, seed: int = 5) -> tuple[np.ndarray, list[int]]:
    """Random unit vectors: each person a direction of 128, each picture of them a little off it."""
    dice = np.random.default_rng(seed)
    faces = unit(dice.normal(size=(people, 128)).astype(np.float32))
    off = dice.normal(size=(people, pictures, 128)).astype(np.float32) * spread
    rows = unit((faces[:, np.newaxis] + off).reshape(-1, 128))
    return rows, [person for person in range(people) for _ in range(pictures)]


def rows_of(people: list[int]) -> dict[int, np.ndarray]:
    return {person: np.flatnonzero(np.array(people) == person) for person in set(people)}


def test_pairs_are_those_that_brute_force_counts() -> None:
    vectors, people = crowd(30, 4, 0.05)
    pairs = count_pairs(vectors, people, keep=3)
    far = {(a, b): float(np.linalg.norm(vectors[a] - vectors[b])) for a, b in combinations(range(len(people)), 2)}
    same = [value for (a, b), value in far.items() if people[a] == people[b]]
    other = {pair: value for pair, value in far.items() if people[pair[0]] != people[pair[1]]}
    assert sum(len(own) for own in pairs.own) == len(same) == 30 * 6
    assert int(pairs.other.sum()) == len(other)
    for threshold in (0.5, 0.6, 1.2, 1.4):
        found = at_threshold(pairs, threshold)
        assert found is not None
        assert found.true_accepts == pytest.approx(sum(value <= threshold for value in same) / len(same))
        confused = sum(value <= threshold for value in other.values()) / len(other)
        assert found.false_accepts == pytest.approx(confused, abs=2 / len(other))
    nearest = sorted(other, key=lambda pair: other[pair])[:3]
    assert [(a, b) for _, a, b in pairs.nearest] == nearest
    assert pairs.farthest[0][0] == pytest.approx(max(same), abs=1e-4)


def test_a_rate_is_never_exceeded_and_is_not_guessed_from_too_few_pairs() -> None:
    vectors, people = crowd(60, 3, 0.08)
    pairs = count_pairs(vectors, people)
    total = int(pairs.other.sum())
    for rate in (1e-1, 1e-2, 1e-3):
        found = at_false_accepts(pairs, rate)
        assert found is not None
        assert found.false_accepts is not None
        assert found.false_accepts <= rate
        looser = at_threshold(pairs, found.threshold + 0.02)
        assert looser is not None
        assert looser.false_accepts is not None
        assert looser.false_accepts > rate or rate == 1e-3
    assert at_false_accepts(pairs, 0.9 / total) is None


def test_one_picture_per_person_has_no_true_accepts() -> None:
    vectors, people = crowd(20, 1, 0.1)
    assert at_threshold(count_pairs(vectors, people), 0.3) is None


def test_the_interval_of_a_share_is_wider_when_few_people_make_it() -> None:
    few = at_threshold(count_pairs(*crowd(6, 6, 0.055)), 0.78)
    many = at_threshold(count_pairs(*crowd(200, 6, 0.055)), 0.78)
    assert few is not None
    assert many is not None
    assert few.interval[0] <= few.true_accepts <= few.interval[1]
    assert many.interval[1] - many.interval[0] < few.interval[1] - few.interval[0]


def test_wilson_s_interval_is_the_published_one() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score without correction).
    assert interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert interval(0, 0) == (0.0, 1.0)


def test_people_far_apart_are_let_in_and_no_stranger_is() -> None:
    vectors, people = crowd(50, 6, 0.01)
    found = search(vectors, rows_of(people), enrolled=30, templates=3, frames=3, rounds=4)
    assert found is not None
    assert (found.mates, found.let_in, found.taken_for_another) == (120, 120, 0)
    assert (found.strangers, found.admitted) == (80, 0)


def twins(pairs: int, apart: float) -> tuple[np.ndarray, list[int]]:
    """2 x `pairs` people; person 2k and 2k + 1 are `apart`, all others far away. Six equal pictures each."""
    dice = np.random.default_rng(3)
    first = unit(dice.normal(size=(pairs, 128)).astype(np.float32))
    side = dice.normal(size=(pairs, 128)).astype(np.float32)
    side = unit(side - (side * first).sum(axis=1, keepdims=True) * first)
    angle = 2 * math.asin(apart / 2)
    second = math.cos(angle) * first + math.sin(angle) * side
    both = np.stack([first, second], axis=1).reshape(-1, 128)
    return np.repeat(both, 6, axis=0).astype(np.float32), [person for person in range(2 * pairs) for _ in range(6)]


def test_a_stranger_s_twin_among_the_enrolled_is_counted_as_admitted() -> None:
    vectors, people = twins(100, 0.2)
    found = search(vectors, rows_of(people), enrolled=100, templates=1, frames=1, rounds=5)
    assert found is not None
    # About half of the strangers have their twin enrolled: 100 of the 199 others.
    assert found.false_positives == pytest.approx(0.5, abs=0.08)
    low, high = found.false_positive_interval
    assert low < found.false_positives < high
    # Twins who are both enrolled are marked: their faces alone let neither in, and neither passes as the other.
    assert found.let_in + found.second_factor <= found.mates
    assert found.taken_for_another == 0


def test_where_the_stated_figure_cannot_be_met_nobody_is_let_in_by_face_alone() -> None:
    vectors, people = twins(100, 0.1)
    found = search(vectors, rows_of(people), enrolled=100, templates=1, frames=1, rounds=5, false_match=0.01)
    assert found is not None
    assert found.standings == {"too_alike": 5}
    assert (found.admitted, found.let_in) == (0, 0)
    assert found.second_factor > 0


def test_calibration_tightens_where_people_are_alike_but_usable() -> None:
    vectors, people = twins(100, 0.22)
    loose = search(vectors, rows_of(people), enrolled=100, templates=1, frames=1, rounds=3)
    tight = search(vectors, rows_of(people), enrolled=100, templates=1, frames=1, rounds=3, false_match=0.01)
    assert loose is not None
    assert tight is not None
    assert tight.threshold < 0.22 < loose.threshold
    assert loose.false_positives > 0.3
    assert tight.admitted == 0


def test_too_few_people_or_no_stranger_is_said_not_guessed() -> None:
    vectors, people = crowd(5, 2, 0.05)
    assert search(vectors, rows_of(people), enrolled=5, templates=1, frames=1, rounds=1) is None
    assert search(vectors, rows_of(people), enrolled=3, templates=2, frames=1, rounds=1) is None
    assert search(vectors, rows_of(people), enrolled=0, templates=1, frames=1, rounds=1) is None
