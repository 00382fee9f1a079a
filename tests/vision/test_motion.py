"""The motion gate: an idle camera must not wake the models, a passage must."""

from __future__ import annotations

import numpy as np
from tests.vision.drawing import Pixels, noisy

from gatehouse.vision.motion import MotionGate


def street(seed: int, light: int = 0) -> Pixels:
    ramp = np.linspace(40, 180, 640, dtype=np.float32)[None, :, None].repeat(360, axis=0).repeat(3, axis=2)
    return noisy((ramp + light).astype(np.uint8), 6.0, seed)


def settled(hold_frames: int = 3) -> MotionGate:
    gate = MotionGate(hold_frames)
    for seed in range(12):
        gate.moved(street(seed))
    return gate


def test_the_first_frame_is_looked_at() -> None:
    assert MotionGate().moved(street(0))


def test_a_still_noisy_camera_closes_the_gate() -> None:
    gate = settled()
    assert not any(gate.moved(street(100 + seed)) for seed in range(20))


def test_somebody_walking_in_opens_it_and_it_stays_open_a_while() -> None:
    gate = settled(hold_frames=3)
    walker = street(200)
    walker[120:240, 300:360] = 20
    assert gate.moved(walker)
    after = [gate.moved(street(300 + seed)) for seed in range(12)]
    assert after[0]
    assert not after[-1]


def test_a_cloud_that_dims_everything_is_no_motion() -> None:
    gate = settled()
    assert not gate.moved(street(400, light=-25))


def test_another_frame_size_is_looked_at() -> None:
    gate = settled()
    assert gate.moved(street(1)[:200])
