"""What the tests of this room share."""

from collections.abc import Callable, Iterator

import pytest
from tests.devices.feeds import Feeder, FixedClock, Script


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def feed() -> Iterator[Callable[..., Feeder]]:
    feeders: list[Feeder] = []

    def make(script: Script, port: int = 0) -> Feeder:
        feeders.append(Feeder(script, port))
        return feeders[-1]

    yield make
    for feeder in feeders:
        feeder.stop()
