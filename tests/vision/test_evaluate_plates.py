"""`gatehouse eval plates` on somebody's own photos."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import pytest
from tests.vision.drawing import BLACK, WHITE, draw_plate, plate_scene

from gatehouse.vision.errors import BadLabels
from gatehouse.vision.eval_report import plates_report
from gatehouse.vision.evaluate_plates import edits, evaluate_plates, read_labels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "eu").mkdir()
    cv2.imwrite(str(tmp_path / "a.png"), plate_scene(draw_plate("京A88731")))
    cv2.imwrite(str(tmp_path / "eu" / "b.png"), plate_scene(draw_plate("RK0O6AL".replace("O", "0"), WHITE, BLACK)))
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 not a photo")
    return tmp_path


def write_labels(folder: Path, rows: object) -> Path:
    path = folder / "labels.json"
    path.write_text(json.dumps(rows), "utf-8")
    return path


def test_photos_are_counted_over_all_and_per_country(folder: Path) -> None:
    labels = write_labels(
        folder,
        [
            {"file": "a.png", "label": "京A·88731", "country": "CN"},
            {"file": "eu/b.png", "label": "RKOO6AL", "country": "EU"},
            {"file": "broken.jpg", "label": "京A88731", "country": "CN"},
            {"file": "gone.jpg", "label": "京A88731", "country": "CN"},
        ],
    )
    seen: list[tuple[int, int]] = []
    found = evaluate_plates(folder, labels, lambda done, of: seen.append((done, of)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (found["n"], found["exact"], found["exact_folded"]) == (4, 0.25, 0.5)
    assert (found["any_plate_exact"], found["none"]) == (0.25, 0.5)
    assert found["char"] == pytest.approx((1 + 5 / 7) / 4, abs=1e-3)
    assert found["unreadable"] == ["broken.jpg", "gone.jpg"]
    assert found["per_country"]["EU"]["exact"] == 0.0
    assert found["per_country"]["EU"]["exact_folded"] == 1.0
    assert found["per_country"]["CN"]["n"] == 3
    assert [row["read"] for row in found["reads"]] == ["京A88731", "RK006AL", "", ""]
    json.dumps(found)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"file": "a"}, "not a list"),
        ([], "not a list"),
        ([{"file": "a.png", "label": "京A88731", "country": "CN"}, {"file": "b.png"}], "entry 2"),
        ([{"file": "a.png", "label": 7, "country": "CN"}], "entry 1"),
        ([{"file": "a.png", "label": "X", "country": "XX"}], "no country pack 'XX'"),
        ([{"file": "a.png", "label": "...", "country": "CN"}], "neither a letter nor a digit"),
        ([{"file": "a.png", "label": "X", "country": "CN", "classes": "blue"}], "classes is a list"),
        ([{"file": "a.png", "label": "X", "country": "CN", "classes": ["pink"]}], "classes is a list"),
        ([{"file": "a\0.png", "label": "X", "country": "CN"}], "no file has such a name"),
        ([{"file": "a\ud800.png", "label": "X", "country": "CN"}], "no file has such a name"),
    ],
)
def test_a_bad_labels_file_says_what_is_wrong(tmp_path: Path, rows: object, words: str) -> None:
    with pytest.raises(BadLabels, match=words):
        read_labels(write_labels(tmp_path, rows))


def test_a_class_is_counted_alone_and_one_without_a_photo_is_not_measured(folder: Path) -> None:
    labels = write_labels(
        folder,
        [
            {"file": "a.png", "label": "京A88731", "country": "CN", "classes": ["blue"]},
            {"file": "broken.jpg", "label": "京A88731", "country": "CN", "classes": ["blue", "night"]},
        ],
    )
    found = evaluate_plates(folder, labels)
    assert found["per_class"]["blue"]["exact"] == 0.5
    assert found["per_class"]["blue"]["exact_interval"] == [
        pytest.approx(0.0945, abs=1e-4),
        pytest.approx(0.9055, abs=1e-4),
    ]
    assert found["per_class"]["night"]["n"] == 1
    assert found["per_class"]["yellow"] == {"n": 0}
    page = plates_report(found, folder, pictures=True)
    assert page.count("not measured") >= 7
    assert "京A88731 read as nothing" in page
    assert "cannot be read" in page


def test_a_labels_file_that_is_no_json_or_is_gone_says_so(tmp_path: Path) -> None:
    for written in (b"\xff{", b"[" * 100_000, b"[" + b"1" * 10_000 + b"]"):
        (tmp_path / "labels.json").write_bytes(written)
        with pytest.raises(BadLabels, match="not JSON"):
            read_labels(tmp_path / "labels.json")
    with pytest.raises(BadLabels, match="cannot be read"):
        read_labels(tmp_path / "none.json")


def test_what_is_no_file_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    labels = write_labels(tmp_path, [{"file": "pipe.jpg", "label": "京A88731", "country": "CN"}])
    assert evaluate_plates(tmp_path, labels)["unreadable"] == ["pipe.jpg"]


def test_a_labels_file_as_windows_saves_it_is_read(tmp_path: Path) -> None:
    rows = [{"file": "a.png", "label": "京A·88731", "country": "CN"}]
    (tmp_path / "labels.json").write_text(json.dumps(rows), "utf-8-sig")
    assert [(item.file, item.label) for item in read_labels(tmp_path / "labels.json")] == [("a.png", "京A88731")]


@pytest.mark.parametrize(("one", "other", "count"), [("", "", 0), ("AB1", "AB1", 0), ("AB1", "B1", 1), ("AB", "BA", 2)])
def test_edits_are_counted(one: str, other: str, count: int) -> None:
    assert edits(one, other) == edits(other, one) == count


def test_a_folder_that_is_none_is_said_and_not_counted_as_photos_without_plates(folder: Path) -> None:
    labels = write_labels(folder, [{"file": "a.png", "label": "京A88731", "country": "CN"}])
    with pytest.raises(NotADirectoryError, match="no folder"):
        evaluate_plates(folder / "nowhere", labels)
