"""Real processes to attack: the demo's site running again, and a keeper that nobody is known to yet."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.attacks.site import Attacked
from tests.demo_run import Told

from gatehouse.keeper.client import Client


@pytest.fixture(scope="session")
def site(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """The demo's site the day after, keeper and server running, its edge's keys in a thief's hands."""
    attacked = Attacked(told.copy_to(tmp_path_factory.mktemp("attacked")))
    try:
        attacked.box.start_keeper()
        attacked.box.start_server()
        yield attacked
    finally:
        attacked.close()


@pytest.fixture
def keeper(site: Attacked) -> Iterator[Client]:
    with closing(site.keeper()) as client:
        yield client


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Attacked]:
    """A keeper of its own, with budgets that nobody has used; no server."""
    (tmp_path / "box").mkdir()
    attacked = Attacked(tmp_path)
    try:
        attacked.box.start_keeper()
        yield attacked
    finally:
        attacked.close()
