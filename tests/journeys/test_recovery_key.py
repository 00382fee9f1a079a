"""The recovery key is shown once, to a person at a terminal, and to no file."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gatehouse.box.processes import free_port
from gatehouse.crypto.agestream import opener
from gatehouse.keeper.snapshots import listed, open_snapshot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SECRET = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}")


def up(home: Path, *, terminal: bool) -> str:
    """What `gatehouse up` says until it says how another link is had."""
    theirs, ours = pty.openpty() if terminal else os.pipe()
    command = [sys.executable, "-m", "gatehouse", "up", "--home", str(home), "--port", str(free_port())]
    process = subprocess.Popen(command, stdout=ours, stderr=subprocess.STDOUT, env=os.environ | {"COLUMNS": "200"})
    os.close(ours)
    said, ends = b"", time.monotonic() + 120
    try:
        while b"Another link" not in said:
            assert time.monotonic() < ends, said
            said += os.read(theirs, 4096)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        os.close(theirs)
    return said.decode()


def test_the_first_start_shows_it_once_and_it_opens_what_is_written(tmp_path: Path) -> None:
    home = tmp_path / "h"
    found = SECRET.search(up(home, terminal=True))
    assert found
    secret = found[0]
    opener(secret)
    (first, *_) = listed(home / "backups" / "keys")
    assert open_snapshot(first.read_bytes(), secret).own_keys()
    assert [path for path in home.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()] == []
    assert SECRET.search(up(home, terminal=True)) is None


def test_what_goes_into_a_file_says_how_to_make_it_instead(tmp_path: Path) -> None:
    said = " ".join(up(tmp_path / "h", terminal=False).split())
    assert "AGE-SECRET-KEY" not in said
    assert "No recovery key yet, so no backup: gatehouse keeper recovery-key" in said
