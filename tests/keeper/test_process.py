"""The keeper as a process of its own: how it ends, what it leaves behind, what kill -9 takes."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gatehouse.clock import SystemClock
from gatehouse.keeper import local
from gatehouse.keeper.client import Client, KeeperAway
from gatehouse.keeper.errors import KeeperError
from gatehouse.keeper.protocol import Cell
from gatehouse.keeper.service import Service

_RUN = "import sys, pathlib; from gatehouse.clock import from_environment; from gatehouse.keeper.service import run; "
_RUN += "run(pathlib.Path(sys.argv[1]), from_environment())"


@contextmanager
def process(home: Path) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen([sys.executable, "-c", _RUN, str(home)], stderr=subprocess.PIPE, text=True)
    try:
        assert started.stderr is not None
        line = started.stderr.readline()
        assert json.loads(line)["event"] == "keeper.ready", line
        yield started
    finally:
        started.kill()
        started.wait()
        assert started.stderr is not None
        started.stderr.close()


def test_the_process_ends_gracefully_and_leaves_no_socket(tmp_path: Path) -> None:
    with process(tmp_path) as keeper:
        client = Client(local.socket_path(tmp_path))
        assert client.hello().version == 1
        keeper.send_signal(signal.SIGTERM)
        assert keeper.wait(10) == 0
        assert not local.socket_path(tmp_path).exists()
        client.close()


def test_the_process_dumps_no_core_and_lets_nobody_read_its_memory(tmp_path: Path) -> None:
    with process(tmp_path) as keeper:
        limits = Path(f"/proc/{keeper.pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]
        assert Path(f"/proc/{keeper.pid}/mem").stat().st_uid == 0  # not dumpable: its files belong to root


def test_kill_9_while_looks_are_logged_keeps_every_answered_look_in_the_log(tmp_path: Path) -> None:
    with process(tmp_path):
        client = Client(local.socket_path(tmp_path))
        token = client.sign_in(local.invite_operator(tmp_path, "owner-1")).token
        client.close()
    answered = 0
    for _ in range(3):
        with process(tmp_path) as keeper:
            client = Client(local.socket_path(tmp_path))
            from gatehouse.keeper.protocol import Authority, Owner, Plain

            (cell,) = client.seal([Plain("person.name/1", Owner("person-1"), "person-1", b"Ann Example")])
            threading.Timer(0.3, keeper.kill).start()
            try:
                while True:
                    client.reveal([Cell("person.name/1", "person-1", cell)], Authority(ticket=token), "x")
                    answered += 1
            except KeeperAway:
                client.close()
    with process(tmp_path):
        client = Client(local.socket_path(tmp_path))
        looks = client.looks("person-1", token)
        client.close()
    assert answered > 0
    assert answered <= len(looks) <= answered + 3  # a look may be logged whose answer the kill took


def test_run_refuses_an_unsafe_home_in_words(tmp_path: Path) -> None:
    (tmp_path / "keeper").mkdir(mode=0o755)
    (tmp_path / "keeper").chmod(0o755)
    with pytest.raises(KeeperError, match="chmod 700"):
        Service(tmp_path, SystemClock())
