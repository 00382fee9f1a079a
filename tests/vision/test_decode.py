"""Decoding by grammar: CTC's best path, checked against trying every path."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.vision.decode import Decoder
from gatehouse.vision.grammar import countries, shape, shapes_of
from gatehouse.vision.letters import ALPHABET, INDEX
from gatehouse.vision.sessions import Floats


def steps_of(text: str, sure: float = 0.9) -> Floats:
    """Steps that say the text, `-` being blank, each with probability `sure`."""
    steps = np.full((len(text), len(ALPHABET)), (1 - sure) / (len(ALPHABET) - 1), dtype=np.float32)
    for row, character in zip(steps, text, strict=True):
        row[0 if character == "-" else INDEX[character]] = sure
    return steps


def best(text_of_steps: str, *forms: str) -> str:
    found = Decoder([shape("X", form, form) for form in forms]).decode(steps_of(text_of_steps))
    return found[0].text if found else ""


def test_runs_are_one_character_and_a_blank_parts_doubles() -> None:
    assert best("AA-BB--1122", "LLDD") == "AB12"
    assert best("A-A--1-1", "LLDD") == "AA11"


def test_the_shape_corrects_what_the_recogniser_mistook() -> None:
    steps = steps_of("-A-B-O-1-")
    steps[5, INDEX["0"]] = 0.08
    found = Decoder([shape("X", "x", "LLDD")]).decode(steps)
    assert found[0].text == "AB01"
    assert found[0].confidence == pytest.approx(0.08, abs=1e-3)


def test_the_shape_that_fits_wins() -> None:
    assert best("-A-B-1-2-", "LLDD", "LLLD", "DDDD") == "AB12"
    assert best("-A-B-C-1-", "LLDD", "LLLD", "DDDD") == "ABC1"


def test_a_character_that_the_shape_has_no_room_for_makes_it_unsure() -> None:
    whole = Decoder([shape("X", "x", "LLDD")]).decode(steps_of("-A-B-1-2-"))[0]
    spare = Decoder([shape("X", "x", "LLDD")]).decode(steps_of("-A-B-1-2-7-"))[0]
    assert whole.confidence == pytest.approx(0.9, abs=1e-3)
    assert spare.confidence < 0.11


def test_too_few_steps_spell_nothing() -> None:
    assert Decoder([shape("X", "x", "LLDD")]).decode(steps_of("AB1")) == []
    assert Decoder([]).decode(steps_of("AB12")) == []
    assert Decoder([shape("X", "x", "LD")]).decode(np.empty((0, len(ALPHABET)), np.float32)) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 6), st.sampled_from([("(AB)(AB)", "(AB)(A1)(B)"), ("(AB1)(AB1)",)]))
def test_the_best_path_is_the_best_of_all_paths(seed: int, length: int, forms: tuple[str, ...]) -> None:
    letters = "\0AB1"
    columns = [INDEX[character] for character in letters]
    steps = np.zeros((length, len(ALPHABET)), dtype=np.float32)
    steps[:, columns] = np.random.default_rng(seed).dirichlet([0.5] * 4, size=length) + 1e-4
    shapes = [shape("X", form, form) for form in forms]
    scores: dict[str, float] = {}
    for path in product(range(4), repeat=length):
        spelled = "".join(letters[symbol] for symbol, _ in groupby(path) if symbol)
        fits = [
            one
            for one in shapes
            if len(one) == len(spelled)
            and all(one.allowed[at, INDEX[character]] for at, character in enumerate(spelled))
        ]
        if fits:
            score = sum(float(np.log(steps[at, columns[symbol]])) for at, symbol in enumerate(path)) / length
            scores[spelled] = max(score, scores.get(spelled, -1e9))
    found = Decoder(shapes).decode(steps)
    assert bool(found) == bool(scores)
    if found:
        assert found[0].score == pytest.approx(max(scores.values()), abs=1e-4)
        assert scores[found[0].text] == pytest.approx(max(scores.values()), abs=1e-4)


def test_every_country_pack_is_read_and_has_distinct_names() -> None:
    assert {"CN", "EU", "BR", "US"} <= set(countries())
    for code in countries():
        names = [one.name for one in shapes_of([code])]
        assert len(set(names)) == len(names)
