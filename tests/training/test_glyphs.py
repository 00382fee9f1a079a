"""Every character that the reader knows is drawn, in every face, inside its box, and unlike the others."""

from itertools import combinations

import numpy as np
import pytest
from training.charset import ALPHABET, DIGITS, LATIN, PROVINCES
from training.glyphs.faces import FACES
from training.glyphs.hanzi import STROKES as HANZI
from training.glyphs.ink import character_ink
from training.glyphs.latin import FORGERY_PROOF, STROKES
from training.glyphs.paths import drawn, strokes_of

from gatehouse.vision.letters import ALPHABET as PACKAGE_ALPHABET


def _ink(face: str, character: str, choice: int = 0) -> np.ndarray:
    return character_ink(face, character, choice, 1.0, 1.0, 60)


def test_the_reader_knows_what_the_package_knows_in_its_order():
    assert ALPHABET.startswith(PACKAGE_ALPHABET)


def test_every_hanzi_of_the_alphabet_has_strokes_and_no_other():
    assert set(HANZI) == {character for character in ALPHABET if ord(character) > 127}
    assert len(PROVINCES) == 31


@pytest.mark.parametrize("face", FACES)
def test_every_character_leaves_ink_but_does_not_fill_its_box(face):
    for character in DIGITS + LATIN:
        for choice in range(3):
            share = _ink(face, character, choice).mean() / 255
            assert 0.15 < share < (1.0 if character in "1I" else 0.8), (face, character, choice)


@pytest.mark.parametrize("face", FACES)
def test_no_two_characters_look_the_same(face):
    """But those that a face may draw alike (0 and O, 1 and I): countries tell them apart by their place."""
    for choice in range(2):
        small = {c: _as_square(_ink(face, c, choice)) for c in DIGITS + LATIN}
        for one, other in combinations(small, 2):
            if {one, other} not in ({"0", "O"}, {"1", "I"}):
                assert np.abs(small[one] - small[other]).mean() > 0.02, (face, one, other)


def test_zero_and_o_differ_where_forgery_must_be_hard():
    assert np.abs(_as_square(_ink("fe", "0")) - _as_square(_ink("fe", "O"))).mean() > 0.02


def test_every_hanzi_is_drawn_whole():
    """In three quarters of its box at least; 沪 leaves the fourth empty."""
    for character in HANZI:
        ink = _ink("cn", character)
        high, wide = ink.shape[0] // 2, ink.shape[1] // 2
        quarters = (ink[:high, :wide], ink[:high, wide:], ink[high:, :wide], ink[high:, wide:])
        assert sorted(quarter.mean() for quarter in quarters)[1] > 0.15 * 255, character


def test_no_two_hanzi_look_the_same():
    small = {c: _as_square(_ink("cn", c)) for c in HANZI}
    assert min(np.abs(small[a] - small[b]).mean() for a, b in combinations(small, 2)) > 0.04


def _as_square(ink: np.ndarray) -> np.ndarray:
    rows = np.linspace(0, ink.shape[0] - 1, 48).astype(int)
    columns = np.linspace(0, ink.shape[1] - 1, 24).astype(int)
    return ink[np.ix_(rows, columns)].astype(np.float32) / 255


@pytest.mark.parametrize("glyph", [*STROKES.values(), *FORGERY_PROOF.values(), *HANZI.values()])
def test_every_glyph_can_be_parsed(glyph):
    assert strokes_of(glyph)


@pytest.mark.parametrize("broken", ["", "10,10", "10,10 200,10", "10 20,20", "1,2,3 4,5"])
def test_what_is_no_glyph_is_refused(broken):
    with pytest.raises(ValueError, match=r"stroke|point|float|could not"):
        strokes_of(broken)


def test_a_glyph_reaches_all_edges_of_its_box():
    ink = drawn(STROKES["0"], FACES["din"].pen("0"), 1.0)
    assert ink[0].max() > 200
    assert ink[-1].max() > 200
    assert ink[:, 0].max() > 200
    assert ink[:, -1].max() > 200
