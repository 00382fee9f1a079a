"""`gatehouse eval video` on real H.264 files that are written here."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from gatehouse.cli import app
from gatehouse.demo.scenes import car_leaves_scene, car_scene
from gatehouse.devices.cameras.port import CameraLost
from gatehouse.domain.sightings import Means
from gatehouse.edge.rehearsal import rehearse

PLATE = "京A88731"
FPS = 6


def written(path: Path, frames) -> Path:
    with av.open(str(path), "w") as container:
        stream = None
        for pixels in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=FPS, options={"crf": "20", "preset": "veryfast"})
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="bgr24")))
        container.mux(stream.encode())
    return path


def street(seconds):
    first = next(iter(car_scene(PLATE, "blue", 1.0, FPS)))
    return [np.full_like(first, 120)] * int(seconds * FPS)


# 130 frames of real decoding and real models: seconds on a free core, minutes on a crowded one.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def told(video):
    return rehearse(video)


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """The car stands at the barrier."""
    frames = list(car_scene(PLATE, "blue", 9.0, FPS))[-2 * FPS :]
    return written(tmp_path_factory.mktemp("video") / "short.mp4", frames)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """The car comes, stands for some seconds, leaves; after a while it comes again."""
    once = [*car_scene(PLATE, "blue", 9.0, FPS), *car_leaves_scene(PLATE, "blue", 2.0, FPS)]
    frames = [*street(1), *once, *street(5), *car_scene(PLATE, "blue", 5.0, FPS)]
    return written(tmp_path_factory.mktemp("video") / "lane.mp4", frames)


def test_the_same_car_twice_asks_twice_and_a_car_that_stands_asks_once(told):
    assert [one["plate"] for one in told["triggers"]] == [PLATE, PLATE]
    first, second = (one["at_s"] for one in told["triggers"])
    assert 1 < first < 7
    assert 17 < second < 22
    assert told["frames"] == pytest.approx(22 * FPS, abs=2)
    # Most looks are at the last place only.
    assert told["near"] > told["whole"]
    assert told["ms"] > 0
    assert told["cameras_per_core"] > 0


def test_a_gate_for_faces_asks_nothing_of_a_car(short):
    assert rehearse(short, means=Means.FACE)["triggers"] == []


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x00\x00\x00\x20ftypisom" + bytes(400)])
def test_what_is_no_video_says_so(tmp_path, content):
    (tmp_path / "odd.mp4").write_bytes(content)
    with pytest.raises(CameraLost, match=r"odd\.mp4"):
        rehearse(tmp_path / "odd.mp4")
    with pytest.raises(CameraLost, match=r"none\.mp4"):
        rehearse(tmp_path / "none.mp4")


def test_a_file_that_breaks_off_is_refused_or_played_as_far_as_it_goes(short, tmp_path):
    (tmp_path / "torn.mp4").write_bytes(short.read_bytes()[:-2000])  # the index of an MP4 lies at its end
    with pytest.raises(CameraLost, match=r"torn\.mp4"):
        rehearse(tmp_path / "torn.mp4")
    stream = written(tmp_path / "lane.ts", car_scene(PLATE, "blue", 3.0, FPS))
    whole = stream.read_bytes()
    stream.write_bytes(whole[: len(whole) // 2])
    assert 0 < rehearse(stream)["frames"] < 3 * FPS


def test_the_command_compares_with_what_is_expected(short, tmp_path):
    run = CliRunner()
    words = ["eval", "video", str(short), "--home", str(tmp_path), "--expect", "京A·88731"]
    told = run.invoke(app, words)
    assert told.exit_code == 0, told.output
    assert "as expected" in told.output
    assert "NOT" not in told.output
    told = run.invoke(app, [*words, "--expect", PLATE, "--json"])
    assert json.loads(told.stdout)["as_expected"] is False
    told = run.invoke(app, ["eval", "video", str(tmp_path / "gone.mp4"), "--home", str(tmp_path)])
    assert told.exit_code == 1
    assert "gone.mp4" in told.output
    told = run.invoke(app, ["eval", "video", str(short), "--home", str(tmp_path), "--country", "XX"])
    assert told.exit_code == 1
    assert "XX" in told.output
