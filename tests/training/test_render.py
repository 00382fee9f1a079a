"""Drawn plates, crops and scenes: the same from the same seed, labelled truly, corners in the picture."""

import re
from pathlib import Path

import numpy as np
import pytest
from training.charset import ALPHABET, INDEX, MAX_LENGTH, encoded
from training.detector.decode import found, target
from training.rectify import INNER, ROWS, WIDE, cut, cuts_for
from training.render import texts
from training.render.america import american, brazilian
from training.render.canvas import COLOURS, KINDS
from training.render.china import MAKERS, chinese, energy_large, energy_small, yellow_double
from training.render.crops import crop
from training.render.dice import dice_for
from training.render.europe import european
from training.render.scenes import MIN_HEIGHT, MIN_WIDTH, scene

from gatehouse.vision.decode import Decoder
from gatehouse.vision.grammar import shapes_of

COUNT = 60


def _fits(text: str, country: str, names: str = "") -> bool:
    """Whether a shape of the package's grammar allows the text, character by character."""
    return any(
        len(shape) == len(text) and all(row[INDEX[c]] for row, c in zip(shape.allowed, text, strict=True))
        for shape in shapes_of([country])
        if shape.name.startswith(names)
    )


def test_a_sample_follows_from_seed_and_number_alone():
    first, again = crop(7, 3), crop(7, 3)
    crop(7, 4)
    assert first.text == again.text
    assert np.array_equal(first.pixels, again.pixels)
    assert not np.array_equal(first.pixels, crop(8, 3).pixels)
    one, same = scene(7, 5), scene(7, 5)
    assert np.array_equal(one.pixels, same.pixels)
    assert np.array_equal(one.quads, same.quads)


@pytest.mark.parametrize("maker", [chinese, european, american, brazilian])
def test_labels_are_of_known_characters_kinds_and_colours(maker):
    for number in range(COUNT):
        plate = maker(dice_for(1, number))
        assert 2 <= len(plate.text) <= MAX_LENGTH
        assert encoded(plate.text)
        assert "\0" not in plate.text
        assert plate.kind in KINDS
        assert plate.ground in COLOURS
        assert plate.rows in (1, 2)


def test_chinese_plates_obey_the_grammar():
    odd = ("cn-other", "cn-white", "cn-black")  # soldiers, consuls, tractors, test drives: the package has no shape yet
    for _, maker in MAKERS:
        for number in range(12):
            plate = maker(dice_for(2, number))
            if plate.kind not in odd:
                assert _fits(plate.text, "CN"), plate.text


def test_new_energy_plates_are_green_and_have_eight_characters():
    for number in range(COUNT):
        small, large = energy_small(dice_for(3, number)), energy_large(dice_for(3, number))
        assert small.ground == large.ground == "green"
        assert _fits(small.text, "CN", "cn8-small")
        assert _fits(large.text, "CN", "cn8-large")


def test_brazilian_and_american_plates_obey_the_grammar():
    for number in range(COUNT):
        assert _fits(brazilian(dice_for(4, number)).text, "BR")
        text = american(dice_for(4, number)).text
        assert len(text) < 4 or _fits(text, "US"), text


def test_no_plate_of_the_demo_or_the_tests_is_drawn(monkeypatch):
    shown = texts.shown_elsewhere()
    root = Path(__file__).resolve().parents[2]
    demo = {
        word
        for path in (root / "src/gatehouse/demo").glob("*.py")
        for word in re.findall(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{5,6}", path.read_text("utf-8"))
    }
    assert demo
    assert demo <= shown
    monkeypatch.setattr(texts, "shown_elsewhere", lambda: frozenset(str(digit) for digit in range(9)))
    assert {texts.written(dice_for(5, number), "D") for number in range(5)} == {"9"}
    monkeypatch.setattr(texts, "shown_elsewhere", lambda: frozenset("0123456789"))
    with pytest.raises(ValueError, match="shown elsewhere"):
        texts.written(dice_for(5, 0), "D")


def test_a_crop_is_what_the_reader_takes_and_says_whether_it_can_be_read():
    hows = set()
    for number in range(COUNT):
        one = crop(6, number)
        hows.add(one.how)
        assert one.pixels.shape == (48, 192, 3)
        assert one.pixels.dtype == np.uint8
        assert one.fits == (one.how != (INNER if one.rows == 2 else ROWS))
    assert hows == {WIDE, INNER, ROWS}


def test_two_rows_are_laid_side_by_side_upper_first():
    plate = yellow_double(dice_for(1, 1)).pixels.copy()
    half = plate.shape[0] // 2
    plate[: half - 10] = (255, 0, 0)
    plate[half + 10 :] = (0, 0, 255)
    height, width = plate.shape[:2]
    quad = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    assert ROWS in cuts_for(quad)
    strip = cut(plate, quad, ROWS)
    assert strip[20, 48, 0] > 200
    assert strip[36, 144, 2] > 200


def test_corners_of_wanted_plates_lie_in_the_picture_in_order():
    plates = empty = 0
    for number in range(40):
        one = scene(9, number)
        assert one.pixels.shape == (320, 320, 3)
        empty += len(one.quads) == 0
        for quad in one.quads:
            plates += 1
            assert (quad >= -1).all()
            assert (quad <= 320).all()
            assert np.linalg.norm(quad[1] - quad[0]) >= MIN_WIDTH
            assert np.linalg.norm(quad[3] - quad[0]) >= MIN_HEIGHT
            across, down = quad[1] - quad[0], quad[3] - quad[0]
            assert across[0] * down[1] - across[1] * down[0] > 0
    assert plates > 10
    assert empty > 3


def test_the_maps_that_are_wanted_decode_to_the_plates_themselves():
    for number in range(30):
        one = scene(10, number)
        maps = target(one.pixels.shape[:2], one.quads, one.unsure)
        finds = found(maps.heat, maps.ways, 0.9)
        for quad in one.quads:
            assert min(np.abs(find.quad - quad).max() for find in finds) < 0.01
        assert not (maps.blind & (maps.heat > 0.5)).any()


def test_the_decoder_of_the_package_reads_the_readers_steps():
    text = "川A1B2C3"
    steps = np.full((48, len(ALPHABET)), 1e-4, np.float32)
    steps[:, 0] = 1.0
    for place, character in enumerate(text):
        steps[3 + place * 6] = 1e-4
        steps[3 + place * 6, INDEX[character]] = 1.0
    known = steps[:, : len(ALPHABET) - 2]
    assert Decoder(shapes_of(["CN"])).decode(known)[0].text == text
