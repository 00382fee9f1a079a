"""The demo's camera: the driver reads it, it shows what it is told, and misbehaves when it is told."""

import time
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from tests.devices.feeds import until

from gatehouse.clock import SystemClock
from gatehouse.demo.camera_sim import CameraSimulator
from gatehouse.devices.cameras.port import Condition, Frame
from gatehouse.devices.cameras.stream import StreamCamera


@pytest.fixture(scope="module")
def lane() -> Iterator[CameraSimulator]:
    simulator = CameraSimulator("lane").start()
    yield simulator
    simulator.stop()


@pytest.fixture
def camera(lane: CameraSimulator) -> Iterator[StreamCamera]:
    post(lane, "clear")
    driver = StreamCamera(f"{lane.address}/stream.ts", SystemClock(), patience_s=1.5, pause_s=0.05)
    yield driver
    driver.close()


def post(simulator: CameraSimulator, path: str, **order: object) -> httpx.Response:
    return httpx.post(f"{simulator.address}/{path}", json=order)


def shows(simulator: CameraSimulator) -> str:
    return str(httpx.get(f"{simulator.address}/state").json()["shows"])


def differ(one: Frame, other: Frame) -> float:
    return float(np.abs(one.pixels.astype(np.int16) - other.pixels.astype(np.int16)).mean())


def test_a_car_comes_stands_and_is_gone_when_it_is_told(lane: CameraSimulator, camera: StreamCamera) -> None:
    frames = camera.frames()
    idle = next(frames)
    assert idle.pixels.shape == (540, 960, 3)
    assert post(lane, "play", scene="car", plate="京A12345", seconds=1.0, then="stand").json()["shows"] == "car"
    assert until(lambda: shows(lane) == "standing")
    time.sleep(0.5)
    standing = next(frames)
    assert differ(idle, standing) > 15
    assert differ(standing, next(frames)) < 4
    assert post(lane, "clear").json()["shows"] == "idle"
    time.sleep(0.5)
    assert differ(idle, next(frames)) < 4


def test_a_scene_ends_in_the_idle_view_unless_somebody_is_to_stand(lane: CameraSimulator) -> None:
    post(lane, "play", scene="car", plate="京A12345", seconds=0.3)
    assert until(lambda: shows(lane) == "idle")
    assert post(lane, "stand").json()["shows"] == "standing"
    post(lane, "clear")
    assert post(lane, "stand").status_code == 400


def test_several_clients_watch_at_once_and_each_may_come_late(lane: CameraSimulator, camera: StreamCamera) -> None:
    late = StreamCamera(f"{lane.address}/stream.ts", SystemClock(), patience_s=1.5)
    assert differ(next(camera.frames()), next(late.frames())) < 4
    assert httpx.get(f"{lane.address}/state").json()["clients"] == 2
    late.close()


@pytest.mark.parametrize("fault", ["hang", "cut", "garbage"])
def test_each_fault_of_the_simulator_loses_the_camera_until_it_ends(
    lane: CameraSimulator, camera: StreamCamera, fault: str
) -> None:
    assert until(lambda: camera.state().condition is Condition.LIVE)
    post(lane, "fault", **{fault: True})
    assert until(lambda: camera.state().condition is Condition.LOST, 5.0)
    post(lane, "fault", **{fault: False})
    assert until(lambda: camera.state().condition is Condition.LIVE)


def test_what_cannot_be_played_is_refused_with_a_reason(lane: CameraSimulator) -> None:
    for order in (
        {"scene": "person"},
        {"scene": "car", "plate": "HELLO"},
        {"scene": "car", "plate": "京A12345", "seconds": 3600},
        {"scene": "car", "plate": "京A12345", "then": "fly"},
        {"scene": "car", "plate": "京A12345", "seed": "x"},
        {},
    ):
        answer = post(lane, "play", **order)
        assert answer.status_code == 400
        assert answer.json()["message"]
    assert post(lane, "fault", fire=True).status_code == 400
    assert shows(lane) == "idle"


def test_people_can_look_at_a_snapshot(lane: CameraSimulator) -> None:
    answer = httpx.get(f"{lane.address}/snapshot.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")
