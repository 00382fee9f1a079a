"""`gatehouse eval liveness` on scenes made in code, and on recordings of them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from gatehouse.cli import app
from gatehouse.domain.liveness import Act
from gatehouse.vision.errors import BadLabels
from gatehouse.vision.evaluate_liveness import evaluate_folder, present
from gatehouse.vision.faces import read_faces
from gatehouse.vision.frames import Pixels
from gatehouse.vision.liveness import Measured, measure
from gatehouse.vision.liveness_scenes import Player
from gatehouse.vision.warping import Head, Pose, sheet

ACTS = (Act.LEFT, Act.BLINK)


@pytest.fixture(scope="module")
def player(astronaut: Pixels, hopper: Pixels) -> Player:
    small = [np.asarray(cv2.resize(one, None, fx=0.8, fy=0.8), dtype=np.uint8) for one in (astronaut, hopper)]
    return Player(small[0], small[1])


def _measured(pixels: Pixels) -> Measured:
    return measure(pixels, read_faces(pixels)[0])


def test_a_turned_head_reads_as_turned_and_a_turned_print_does_not(astronaut: Pixels) -> None:
    for side in (1, -1):
        assert side * _measured(Head(astronaut).posed(Pose(side * 36.0))).yaw_deg > 25
        flat, _ = sheet(astronaut, yaw_deg=side * 45.0)
        assert abs(_measured(flat).yaw_deg) < 10
        bent, _ = sheet(astronaut, yaw_deg=side * 40.0, bend_deg=100.0)
        assert abs(_measured(bent).yaw_deg) < 18


def test_shut_eyes_measure_far_less_than_open_ones(astronaut: Pixels) -> None:
    shut = Head(astronaut).posed(Pose(closed=1.0))
    measured, closed = _measured(astronaut).openness, _measured(shut).openness
    assert measured is not None
    assert closed is not None
    assert 0.18 < measured < 0.4
    assert closed < 0.3 * measured
    mirrored = np.ascontiguousarray(astronaut[:, ::-1])
    assert _measured(mirrored).openness == pytest.approx(measured, abs=0.05)


def test_a_living_person_passes_and_a_print_that_is_turned_and_covered_does_not(player: Player) -> None:
    assert present(player.actor("genuine", ACTS[::-1], 2), ACTS[::-1], fps=6.0).end == "passed"
    assert present(player.actor("print_with_strip", ACTS, 1), ACTS, fps=3.0).end == "expired"


def test_somebody_else_behind_the_print_is_found_out(player: Player) -> None:
    assert present(player.actor("print_then_own_face", ACTS, 1), ACTS, fps=6.0).end == "other_face"


def test_what_never_shows_a_face_is_not_answered(player: Player) -> None:
    blank = np.full((120, 160, 3), 90, np.uint8)
    assert present(lambda act, at_s: blank, ACTS, fps=3.0).end == "unanswered"


def test_recordings_are_counted_by_species_and_by_the_acts_in_their_name(player: Player, tmp_path: Path) -> None:
    taken = _film(player)
    _kept(tmp_path / "genuine" / "left-blink-01", taken)
    _kept(tmp_path / "video" / "shown", taken)
    _kept(tmp_path / "print" / "still", taken[:8])
    report = tmp_path / "report.html"
    words = [
        "eval",
        "liveness",
        str(tmp_path),
        "--fps",
        "5",
        "--home",
        str(tmp_path),
        "--report",
        str(report),
        "--json",
    ]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert (found["genuine"]["n"], found["genuine"]["bpcer"]) == (1, 0.0)
    assert (found["attacks"]["video"]["n"], found["attacks"]["video"]["passed"]) == (4, 1), "one order in four fits"
    assert (found["attacks"]["print"]["n"], found["attacks"]["print"]["apcer"]) == (4, 0.0)
    assert found["synthetic"] is False
    shown = report.read_text("utf-8")
    assert "living people (BPCER)" in shown
    assert "not tested to ISO/IEC 30107-3" in shown


def _film(player: Player) -> list[Pixels]:
    """What the camera saw while somebody faced the challenge of ACTS."""
    taken: list[Pixels] = []
    show = player.actor("genuine", ACTS, 1)

    def filmed(act: Act, at_s: float) -> Pixels:
        taken.append(show(act, at_s))
        return taken[-1]

    assert present(filmed, ACTS, fps=5.0).end == "passed"
    return taken


def _kept(folder: Path, taken: list[Pixels]) -> None:
    folder.mkdir(parents=True)
    for number, pixels in enumerate(taken):
        cv2.imwrite(str(folder / f"{number:03}.png"), pixels)


def test_a_folder_without_series_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(BadLabels, match="SPECIES/SERIES"):
        evaluate_folder(tmp_path)
    with pytest.raises(NotADirectoryError):
        evaluate_folder(tmp_path / "gone")
    told = CliRunner().invoke(app, ["eval", "liveness", str(tmp_path), "--home", str(tmp_path)])
    assert told.exit_code == 1
