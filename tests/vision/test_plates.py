"""Plates: read in a scene, by the grammar of the country, and better over several frames than in one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.vision.drawing import BLACK, BLUE, GREEN, WHITE, YELLOW, Pixels, draw_plate, noisy, plate_scene

from gatehouse.vision.colours import Colour, ground_colour
from gatehouse.vision.decode import Decoder
from gatehouse.vision.grammar import shape, shapes_of
from gatehouse.vision.letters import INDEX, LINE_PX, PROVINCES, V4, read_line
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


def _worn_line(text: str, tall_px: int, sigma: float, seed: int) -> Pixels:
    """The plate as a camera far away sees it: few pixels, noise, then enlarged to the recogniser's height."""
    small = cv2.resize(draw_plate(text), (tall_px * 440 // 140, tall_px), interpolation=cv2.INTER_AREA)
    worn = noisy(np.asarray(small, dtype=np.uint8), sigma, seed)
    return np.asarray(cv2.resize(worn, (LINE_PX * 440 // 140, LINE_PX), interpolation=cv2.INTER_CUBIC), np.uint8)


def _worn_reads(text: str, seeds: range) -> list[PlateRead]:
    decoder = Decoder(shapes_of(["CN"]))
    reads = []
    for seed in seeds:
        decoded = decoder.decode(read_line(_worn_line(text, 20, 25.0, seed), V4))[0]
        read = PlateRead(
            text=decoded.text,
            confidence=decoded.confidence,
            country="CN",
            shape=decoded.shape.name,
            colour=Colour.BLUE,
            box=(0, 0, 1, 1),
            quad=(),
            allowed=decoded.shape,
            probabilities=decoded.positions,
        )
        reads.append(read)
    return reads


def test_fused_reads_beat_single_noisy_reads() -> None:
    singles, fused, frames, approaches = 0, 0, 0, 0
    for text in ("京A88731", "津K3M208", "桂F7Y310"):
        reads = _worn_reads(text, range(20))
        frames += len(reads)
        singles += sum(read.text == text for read in reads)
        for start in range(0, len(reads), 5):
            approaches += 1
            fused += fuse(reads[start : start + 5]).text == text
    assert 0 < singles < frames  # single frames do fail here, or this would show nothing
    assert fused / approaches > singles / frames + 0.1


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


def test_a_plate_at_dusk_is_read() -> None:
    scene = (plate_scene(draw_plate("京A88731"), noise=0.0) * 0.05).astype(np.uint8)
    (read, *_) = read_plates(noisy(scene, 1.0, 1))
    assert read.text == "京A88731"
    assert read.confidence > 0.5


def test_a_word_ranks_behind_a_plate() -> None:
    scene = plate_scene(draw_plate("RK346AL", WHITE, BLACK), width_px=110)
    word = cv2.resize(draw_plate("STORAGE", WHITE, BLACK), (220, 70), interpolation=cv2.INTER_AREA)
    scene[150:220, 200:420] = word

    reads = read_plates(scene, countries=["EU", "US"])
    assert reads[0].text == "RK346AL"
    assert all(read.confidence < 0.35 for read in reads[1:])


def test_two_rows_of_one_plate_are_joined() -> None:
    plate = np.full((220, 300, 3), YELLOW, dtype=np.uint8)
    upper, lower = draw_plate("津C", YELLOW, BLACK), draw_plate("6K20P", YELLOW, BLACK)
    plate[10:90, 60:240] = cv2.resize(upper[20:120, 20:420], (180, 80), interpolation=cv2.INTER_AREA)
    plate[95:215, 5:295] = cv2.resize(lower[20:120, 20:420], (290, 120), interpolation=cv2.INTER_AREA)
    scene = np.full((480, 640, 3), 70, dtype=np.uint8)
    scene[200:310, 240:390] = cv2.resize(plate, (150, 110), interpolation=cv2.INTER_AREA)
    (read, *_) = read_plates(scene)
    assert read.text == "津C6K20P"
    assert read.box[3] > 70


def test_a_blue_seeming_green_by_lamplight_keeps_its_seven_characters() -> None:
    (read, *_) = read_plates(plate_scene(draw_plate("京A88731", GREEN, BLACK)))
    assert (read.text, read.colour) == ("京A88731", Colour.GREEN)


def test_text_at_the_frames_border_is_no_sure_plate() -> None:
    scene = np.full((480, 640, 3), 90, dtype=np.uint8)
    cv2.putText(scene, "4639520", (3, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    clock = read_plates(scene, countries=["US"])
    inside = read_plates(np.roll(scene, (200, 200), axis=(0, 1)), countries=["US"])
    assert inside[0].text == "4639520"
    assert inside[0].confidence > 0.9
    assert all(read.confidence <= 0.3 for read in clock)


def test_a_hanzi_that_is_on_no_plate_makes_the_province_unsure_not_the_rest() -> None:
    line = cv2.resize(draw_plate("国A88731"), (LINE_PX * 440 // 140, LINE_PX), interpolation=cv2.INTER_AREA)
    best = Decoder(shapes_of(["CN"])).decode(read_line(np.asarray(line, np.uint8), V4))[0]
    assert best.text[1:] == "A88731"
    provinces = best.positions[0, [INDEX[province] for province in PROVINCES]]
    assert provinces.max() < 0.2  # a hanzi was seen, only not which
    assert provinces.sum() > 0.5
    assert best.positions[1:].max(axis=1).min() > 0.9


def test_a_plate_too_small_for_the_first_look_is_found_at_a_larger_one() -> None:
    scene = plate_scene(draw_plate("京A88731"), width_px=72, size=(960, 1280))
    (read, *_) = read_plates(scene)
    assert read.text == "京A88731"
    assert read.confidence > 0.5
