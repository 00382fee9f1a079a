"""The whole server as a process: starts on an empty home, takes letters over HTTP, survives kill -9, logs no name."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from uuid import uuid4

import httpx
import pytest
from tests.server.world import ZONE, EdgeSim

from gatehouse import wire
from gatehouse.keeper.client import Client
from gatehouse.keeper.local import enrol_edge
from gatehouse.server import run as server

START = """
import sys
from pathlib import Path
from gatehouse.clock import from_environment
from gatehouse.server.run import run
run(Path(sys.argv[1]), int(sys.argv[2]), from_environment())
"""
# A second process, as a shell of the owner's would be: through actions, not through rows.
SET_UP = """
import sys
from pathlib import Path
from gatehouse.clock import from_environment
from gatehouse.server.run import prepare
clock = from_environment()
prepare(Path(sys.argv[1]), clock)
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import add_edge
from gatehouse.server.people.actions import Facts, add_site, hire_person
from gatehouse.server.people.models import SiteType
at, by = clock.now(), By.job("setup")
site = add_site("works", "Works", SiteType.WORKPLACE, zone="Asia/Shanghai", currency="CNY", by=by, at=at)
add_edge(sys.argv[2], site, bytes.fromhex(sys.argv[3]), by=by, at=at)
hire_person(site, Facts(number="S-501", name="Ottilie Grund"), by=by, at=at)
print(site.pk)
"""


class Running:
    """One home's server, started as often as needed."""

    def __init__(self, home, keeper_socket, clock):
        self.home, self.clock = home, clock
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        (home / "keeper").mkdir()
        (home / "keeper" / "keeper.sock").symlink_to(keeper_socket)
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def python(self, code, *arguments):
        environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        environment["GATEHOUSE_CLOCK"] = str(self.clock.file)
        command = [sys.executable, "-c", code, str(self.home), *arguments]
        return command, environment

    def start(self):
        command, environment = self.python(START, str(self.port))
        self.process = subprocess.Popen(command, env=environment)
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            assert self.process.poll() is None, "the server ended"
            try:
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the server did not answer")

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait(20)


@pytest.fixture
def running(keeper_home, tmp_path, clock):
    made = Running(tmp_path, keeper_home / "keeper" / "keeper.sock", clock)
    yield made
    if made.process and made.process.poll() is None:
        made.end(signal.SIGKILL)


@pytest.mark.slow
def test_letters_over_http_survive_kill_9_and_no_name_reaches_a_file(running, keeper_home, clock):
    keeper = Client(keeper_home / "keeper" / "keeper.sock")
    sim = EdgeSim(f"edge-{uuid4().hex[:8]}", keeper.hello().seal_key)
    command, environment = running.python(SET_UP, sim.id, sim.keys.public().sign_key.hex())
    site = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
    enrol_edge(keeper_home, sim.id, site, ZONE, sim.keys.public())
    keeper.close()

    def post(letters):
        body = wire.encode(letters)
        headers = {"Authorization": sim.sign(clock.now(), "POST", "/edge/letters", body)}
        return httpx.post(f"{running.url}/edge/letters", content=body, headers=headers, timeout=20)

    def fact():
        at = clock.now()
        return wire.Attempt(
            id=wire.new_id(at), gate="door", at=at, seen_at=at, direction="in", means="face", granted=False,
            reason="unknown_face",
        )  # fmt: skip

    running.start()
    first = sim.letter(fact())
    assert wire.decode_receipt(post([first]).content).through == 1
    running.end(signal.SIGKILL)
    running.start()
    assert wire.decode_receipt(post([first, sim.letter(fact())]).content).through == 2
    assert httpx.post(f"{running.url}/edge/letters", content=b"garbage").status_code == 401
    running.end(signal.SIGTERM)

    with sqlite3.connect(running.home / "server" / "gatehouse.db") as database:
        assert database.execute("SELECT COUNT(*) FROM gates_attempt").fetchone() == (2,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()
    for file in running.home.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            for needle in (b"Ottilie", b"S-501", b"unknown_face"):
                assert needle not in data, file
            assert not file.stat().st_mode & 0o077, file
    for line in (running.home / "logs" / "server.log").read_text("utf-8").splitlines():
        assert {"event", "level", "timestamp"} <= json.loads(line).keys()


def test_the_server_listens_for_this_machine_only(tmp_path):
    with pytest.raises(server.NotLocal):
        server.run(tmp_path, 8000, None, host="0.0.0.0")


def test_a_second_server_of_one_home_is_refused_until_the_first_is_gone(tmp_path) -> None:
    (tmp_path / "server").mkdir()
    with server.claimed(tmp_path), pytest.raises(server.AlreadyRunning), server.claimed(tmp_path):
        pass
    with server.claimed(tmp_path):
        pass
