"""One furnished installation for the tests that need processes; each makes what it needs in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.backups.house import House

from gatehouse.clock import ShiftedClock


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("b")
    made = House(folder / "h", ShiftedClock(folder / "clock"))
    try:
        yield made.start().furnish()
    finally:
        made.stop()


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "again"
