"""Plates: read in a scene, by the grammar of the country, and better over several frames than in one."""

from __future__ import annotations

import numpy as np
import pytest
from tests.vision.drawing import BLACK, BLUE, GREEN, WHITE, YELLOW, Pixels, draw_plate, noisy, plate_scene

from gatehouse.vision.colours import Colour, ground_colour
from gatehouse.vision.grammar import shape
from gatehouse.vision.plates import PlateRead, fuse, read_plates

DRAWN = [
    ("京A88731", BLUE, WHITE, "CN", "cn7", Colour.BLUE),
    ("津C6K20P", YELLOW, BLACK, "CN", "cn7", Colour.YELLOW),
    ("京AD12345", GREEN, BLACK, "CN", "cn8-small", Colour.GREEN),
    ("吉F7Y310", BLACK, WHITE, "CN", "cn7", Colour.BLACK),
    ("RK346AL", WHITE, BLACK, "EU", "sk-it-fr", Colour.WHITE),
    ("BRA2E19", WHITE, BLACK, "BR", "br-mercosul", Colour.WHITE),
    ("7ABC123", WHITE, BLACK, "US", "us-DLLLDDD", Colour.WHITE),
]


@pytest.mark.parametrize(("text", "ground", "ink", "country", "form", "colour"), DRAWN)
def test_a_drawn_plate_is_read(
    text: str,
    ground: tuple[int, int, int],
    ink: tuple[int, int, int],
    country: str,
    form: str,
    colour: Colour,
) -> None:
    (read, *_) = read_plates(plate_scene(draw_plate(text, ground, ink)), countries=[country])
    assert read.text == text
    assert read.confidence > 0.9
    assert (read.country, read.shape, read.colour) == (country, form, colour)
    assert read.probabilities.shape[0] == len(text)


def test_the_box_lies_on_the_plate_in_the_frames_own_pixels() -> None:
    scene = plate_scene(draw_plate("京A88731"), width_px=160)
    (read, *_) = read_plates(scene)
    x, y, width, height = read.box
    assert abs(x + width / 2 - 320) < 20
    assert abs(y + height / 2 - (288 + 25)) < 20
    large = scene.repeat(5, axis=0).repeat(5, axis=1)  # 3200 px wide: looked at scaled down
    (read, *_) = read_plates(large)
    assert read.text == "京A88731"
    assert abs(read.box[0] + read.box[2] / 2 - 1600) < 100


def test_a_plate_of_another_country_is_not_read_as_chinese() -> None:
    for text in ("RK346AL", "7ABC123"):
        reads = read_plates(plate_scene(draw_plate(text, WHITE, BLACK)), countries=["CN"])
        assert all(read.confidence < 0.3 for read in reads)


def test_several_packs_at_once_pick_the_country() -> None:
    for text, ground, ink, country in (("京A88731", BLUE, WHITE, "CN"), ("BRA2E19", WHITE, BLACK, "BR")):
        (read, *_) = read_plates(plate_scene(draw_plate(text, ground, ink)), countries=["CN", "BR"])
        assert (read.text, read.country) == (text, country)


def test_a_site_may_bring_its_own_pattern() -> None:
    scene = plate_scene(draw_plate("K0042", WHITE, BLACK))
    (read, *_) = read_plates(scene, countries=[], site_shapes=[shape("SITE", "forklift", "LDDDD")])
    assert (read.text, read.country, read.shape) == ("K0042", "SITE", "forklift")


def test_a_word_on_a_car_is_no_sure_plate() -> None:
    reads = read_plates(plate_scene(draw_plate("EXPRESS", WHITE, BLACK)), countries=["US"])
    assert all(read.confidence < 0.3 for read in reads)


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(ValueError, match="no country pack"):
        read_plates(np.zeros((100, 100, 3), np.uint8), countries=["ATLANTIS"])


@pytest.mark.parametrize("text", ["", "LLX", "L(", "L()", "LLLLLLLLLLL", "L(é)"])
def test_a_pattern_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="plate shape"):
        shape("SITE", "bad", text)


def _noisy_reads(text: str, seeds: range) -> list[PlateRead]:
    scenes: list[Pixels] = [
        noisy(plate_scene(draw_plate(text), width_px=64, seed=seed, size=(240, 320)), 38.0, seed) for seed in seeds
    ]
    return [reads[0] for scene in scenes if (reads := read_plates(scene))]


def test_fused_reads_beat_single_noisy_reads() -> None:
    singles, fused, frames = 0, 0, 0
    for text in ("京A88731", "津K3M208"):
        reads = _noisy_reads(text, range(8))
        frames += len(reads)
        singles += sum(read.text == text for read in reads)
        fused += sum(fuse(reads[at : at + 4]).text == text for at in range(0, len(reads), 4))
    assert 0 < singles < frames  # single frames do fail here, or this would show nothing
    assert fused * 4 > singles


def test_fusing_averages_probabilities_not_characters() -> None:
    sure, unsure = (read_plates(plate_scene(draw_plate(text)))[0] for text in ("京A88731", "京A88781"))
    weak = PlateRead(
        **{name: getattr(unsure, name) for name in PlateRead.__slots__ if name != "probabilities"},
        probabilities=(0.3 * unsure.probabilities + 0.25 * sure.probabilities).astype(np.float32),
    )
    assert weak.text == "京A88781"
    # Two unsure votes for 8 against one sure vote for 3: counting characters would say 8.
    assert fuse([sure, weak, weak]).text == "京A88731"
    assert fuse([sure]).text == sure.text
    assert fuse([sure]).confidence == pytest.approx(sure.confidence, abs=0.02)


def test_fusing_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        fuse([])


@pytest.mark.parametrize("name", ["BLUE", "YELLOW", "GREEN", "WHITE", "BLACK"])
@pytest.mark.parametrize("light", [0.5, 1.0])
def test_the_ground_colour_is_told_in_dim_light_too(name: str, light: float) -> None:
    ground = {"BLUE": BLUE, "YELLOW": YELLOW, "GREEN": GREEN, "WHITE": WHITE, "BLACK": BLACK}[name]
    ink = BLACK if name in ("YELLOW", "GREEN", "WHITE") else WHITE
    plate = (draw_plate("京A88731", ground, ink) * light).astype(np.uint8)
    assert ground_colour(plate) is Colour[name]
