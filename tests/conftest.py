"""What every test may stand on: a home of this run's own, one clock, and one real keeper process."""

import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from tests.demo_run import Told, tell
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

from gatehouse.clock import ShiftedClock
from gatehouse.server.schema import lay_rows_by_key

SHARED = {
    "demo": ("tests/attacks/", "tests/demo/", "tests/doctor/", "tests/drill/", "tests/journeys/test_demo.py"),
    "browser": ("tests/journeys/",),
}
HOME = Path(tempfile.mkdtemp(prefix="gatehouse-tests-"))
os.environ["GATEHOUSE_HOME"] = str(HOME)  # for processes that tests start
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["GATEHOUSE_PROVIDER_HOSTS"] = "127.0.0.1"  # where the stand-ins of payment providers listen
settings.PROVIDER_HOSTS = frozenset({"127.0.0.1"})  # this process may have read its environment before


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


def _group(nodeid: str) -> str | None:
    """What shares one demo, or one browser, by where it lies."""
    return next((name for name, places in SHARED.items() if nodeid.startswith(places)), None)


class _Together(LoadGroupScheduling):
    """With several workers (--dist loadgroup), what shares one demo or one browser stays with one of them. By place and
    not by mark: pytest 9.2 holds node ids so that what pytest-xdist 3.8 writes a group into is not read."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid) or nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadGroupScheduling | None:
    return _Together(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The test database is a file of this run's own, not in anybody's home."""
    held = connections["default"].settings_dict
    held["TEST"]["MIGRATE"] = False  # made from the models, as a new installation's is: tests/server/test_schema.py
    if held["ENGINE"].endswith("sqlite3"):
        held["TEST"]["NAME"] = str(HOME / "test.db")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> None:
    with django_db_blocker.unblock(), connection.constraint_checks_disabled(), connection.schema_editor() as editor:
        lay_rows_by_key(editor, MigrationLoader(None))


@pytest.fixture(scope="session")
def clock() -> ShiftedClock:
    """The clock of the keeper's process and of the tests; it only ever moves forward."""
    return ShiftedClock(HOME / "clock")


def _keep(home: str, clock_file: str) -> None:
    from gatehouse.keeper.service import run

    run(Path(home), ShiftedClock(Path(clock_file)))


@pytest.fixture(scope="session")
def keeper_home(clock: ShiftedClock) -> Iterator[Path]:
    """The home of a real keeper in a process of its own, answering on its socket."""
    process = multiprocessing.get_context("spawn").Process(target=_keep, args=(str(HOME), str(clock.file)), daemon=True)
    process.start()
    socket = HOME / "keeper" / "keeper.sock"
    ends = time.monotonic() + 120
    while not socket.exists():
        assert process.is_alive(), "the keeper did not start"
        assert time.monotonic() < ends, "the keeper did not answer"
        time.sleep(0.02)
    yield HOME
    process.terminate()
    process.join(10)


@pytest.fixture
def moved(clock: ShiftedClock):
    """Move every process's clock forward by a length of time."""

    def move(by: timedelta) -> None:
        clock.advance(by)

    return move


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The demo, played to its end in a home of its own; a test that asks for it first waits for it, so give it time."""
    return tell(tmp_path_factory.mktemp("demo"))
