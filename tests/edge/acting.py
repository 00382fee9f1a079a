"""Somebody before a camera who turns their head and closes their eyes: a public-domain portrait posed by
`vision.warping`. Synthetic, and the same portrait as a sheet of paper."""

from functools import cache

import numpy as np
from tests.edge.scenes import portrait, wall

from gatehouse.domain.liveness import Act
from gatehouse.vision.frames import read_picture
from gatehouse.vision.packs import asset_path
from gatehouse.vision.warping import Head, Pose, sheet

NAME, LEFT = "astronaut.png", 100
POSES = {Act.FRONT: Pose(), Act.LEFT: Pose(36.0), Act.RIGHT: Pose(-36.0), Act.BLINK: Pose(0.0, 1.0)}


@cache
def head():
    return Head(portrait(NAME, LEFT))


@cache
def doing(act):
    """The scene while somebody does this."""
    return head().posed(POSES[act])


@cache
def print_turned(degrees):
    """The portrait printed and held before the camera, turned so far."""
    paper, mask = sheet(np.ascontiguousarray(read_picture(asset_path(NAME))[:480, :400]), yaw_deg=degrees)
    scene = wall()
    part = scene[: paper.shape[0], LEFT : LEFT + paper.shape[1]]
    part[mask[:, : part.shape[1]] > 128] = paper[:, : part.shape[1]][mask[:, : part.shape[1]] > 128]
    return scene
