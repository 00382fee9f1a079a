"""`gatehouse eval faces` on folders made of the two public portraits and their variants."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from gatehouse.cli import app
from gatehouse.vision.errors import BadLabels
from gatehouse.vision.evaluate_faces import evaluate_faces, read_groups
from gatehouse.vision.frames import Pixels

SIZES = (1.0, 0.8, 0.65, 0.5)


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory, hopper: Pixels, astronaut: Pixels) -> Path:
    """Four pictures of one person, four of the other, a picture without a face, one that is none."""
    folder = tmp_path_factory.mktemp("people")
    for name, picture in (("admiral", hopper), ("astronaut", astronaut)):
        (folder / name).mkdir()
        for number, size in enumerate(SIZES):
            small = cv2.resize(picture, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(folder / name / f"{number}.png"), small)
    (folder / "nobody").mkdir()
    cv2.imwrite(str(folder / "nobody" / "wall.png"), np.full((200, 200, 3), 90, dtype=np.uint8))
    (folder / "nobody" / "broken.jpg").write_bytes(b"\xff\xd8 no photo")
    (folder / "nobody" / "notes.txt").write_text("no picture")
    (folder / "readme.txt").write_text("no folder")
    (folder / "link").symlink_to(folder / "admiral")
    return folder


def test_faces_are_counted_and_what_is_none_is_named(people: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = evaluate_faces(people, progress=lambda done, of: seen.append((done, of)))
    assert seen[-1] == (10, 10)
    assert (found["pictures"], found["faces"], found["people"]) == (10, 8, 2)
    assert (found["no_face"], found["unreadable"]) == (["nobody/wall.png"], ["nobody/broken.jpg"])
    assert (found["same_pairs"], found["different_pairs"]) == (12, 16)
    # 16 pairs of two people show one in ten, not one in a hundred.
    assert found["pairs"]["0.01"] is None
    at_door = found["at_default"]["one_to_one"]
    assert (at_door["true_accepts"], at_door["false_accepts"]) == (1.0, 0.0)
    assert {file.split("/")[0] for file in found["most_alike_different"][0]["files"]} == {"admiral", "astronaut"}
    worst = found["least_alike_same"][0]
    assert len({file.split("/")[0] for file in worst["files"]}) == 1
    assert all(found["ms"][stage] > 0 for stage in ("picture", "detect", "align", "embed"))
    json.dumps(found, allow_nan=False)


def test_groups_are_measured_alone(people: Path, tmp_path: Path) -> None:
    groups = tmp_path / "groups.csv"
    groups.write_text("person,group\nadmiral,navy\nastronaut,nasa\nnobody,nasa\n")
    found = evaluate_faces(people, read_groups(groups))
    assert set(found["groups"]) == {"navy", "nasa"}
    navy = found["groups"]["navy"]
    assert (navy["people"], navy["faces"], navy["different_pairs"]) == (1, 4, 0)
    assert navy["at_default"]["one_to_one"]["false_accepts"] is None
    assert found["ungrouped"] == 0


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "names no group"),
        ("{}", "names no group"),
        ('{"a": 1}', "names no group"),
        ('{"a": ', "not JSON"),
        ("person,group\n", "names no group"),
        ("a,b,c\n", "line 1"),
        ("admiral\n", "line 1"),
        ("admiral,\n", "names no group"),
    ],
)
def test_a_bad_groups_file_says_what_is_wrong(tmp_path: Path, written: str, words: str) -> None:
    path = tmp_path / "groups"
    path.write_text(written)
    with pytest.raises(BadLabels, match=words):
        read_groups(path)


def test_groups_that_are_gone_or_of_other_people_or_no_text_say_so(people: Path, tmp_path: Path) -> None:
    with pytest.raises(BadLabels, match="cannot be read"):
        read_groups(tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadLabels, match="not UTF-8"):
        read_groups(tmp_path / "bytes")
    with pytest.raises(BadLabels, match="nobody who has a folder"):
        evaluate_faces(people, {"somebody": "else"})


def test_a_folder_without_two_people_says_what_it_needs(people: Path, tmp_path: Path) -> None:
    with pytest.raises(BadLabels, match="a folder for each person"):
        evaluate_faces(tmp_path)
    with pytest.raises(NotADirectoryError):
        evaluate_faces(people / "readme.txt")


def test_the_report_shows_the_failures_but_not_beside_an_installation(people: Path, tmp_path: Path) -> None:
    run = CliRunner()
    report = tmp_path / "report.html"
    words = ["eval", "faces", str(people), "--report", str(report)]
    told = run.invoke(app, [*words, "--home", str(tmp_path / "empty")])
    assert told.exit_code == 0, told.output
    shown = report.read_text("utf-8")
    assert shown.count("data:image/jpeg") >= 10
    assert "nobody/wall.png" in shown

    (tmp_path / "home" / "keeper").mkdir(parents=True)
    (tmp_path / "home" / "keeper" / "store.db").touch()
    told = run.invoke(app, [*words, "--home", str(tmp_path / "home")])
    assert told.exit_code == 0
    assert "--with-pictures" in told.output
    assert "data:image" not in report.read_text("utf-8")
    told = run.invoke(app, [*words, "--home", str(tmp_path / "home"), "--with-pictures"])
    assert "data:image/jpeg" in report.read_text("utf-8")


def test_a_name_of_a_file_is_text_in_the_report(people: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    for name in ("<b>one", "two"):
        (folder / name).mkdir(parents=True)
        for source, target in (("0", "x"), ("1", "<script>")):
            (folder / name / f"{target}.png").write_bytes(
                (people / ("admiral" if "one" in name else "astronaut") / f"{source}.png").read_bytes()
            )
    report = tmp_path / "report.html"
    told = CliRunner().invoke(app, ["eval", "faces", str(folder), "--report", str(report), "--home", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "<script>" not in report.read_text("utf-8")
    assert "&lt;script&gt;" in report.read_text("utf-8")


def test_the_command_speaks_to_people_and_to_programs(people: Path, tmp_path: Path) -> None:
    run = CliRunner()
    told = run.invoke(app, ["eval", "faces", str(people), "--home", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "not measured, too few pairs" in told.output
    told = run.invoke(app, ["eval", "faces", str(people), "--json", "--home", str(tmp_path)])
    assert json.loads(told.stdout)["faces"] == 8
    assert run.invoke(app, ["eval", "faces", str(tmp_path / "gone"), "--home", str(tmp_path)]).exit_code == 1
    unwritable = ["eval", "faces", str(people), "--report", str(tmp_path / "no" / "r.html"), "--home", str(tmp_path)]
    told = run.invoke(app, unwritable)
    assert told.exit_code == 1
    assert "cannot be written" in told.output
