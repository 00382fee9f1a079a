"""The real models are used; `make setup` has put them into the cache."""

from __future__ import annotations

import pytest

from gatehouse.vision.faces import FaceRead, read_faces
from gatehouse.vision.frames import Pixels, read_picture
from gatehouse.vision.packs import asset_path


@pytest.fixture(scope="session")
def hopper() -> Pixels:
    return read_picture(asset_path("grace_hopper.jpg"))


@pytest.fixture(scope="session")
def astronaut() -> Pixels:
    return read_picture(asset_path("astronaut.png"))


@pytest.fixture(scope="session")
def hopper_read(hopper: Pixels) -> FaceRead:
    return read_faces(hopper)[0]


@pytest.fixture(scope="session")
def astronaut_read(astronaut: Pixels) -> FaceRead:
    return read_faces(astronaut)[0]
