"""Somebody who owns the web process, where keeper and server are two users: the keeper's files are closed to them, and
its socket gives what it gives to anybody."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from gatehouse.box.processes import free_port
from gatehouse.doctor import inside
from gatehouse.doctor.findings import Level

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.getuid() != 0, reason="processes of three users can be started by root only"),
    pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv here: apt-get install util-linux"),
]
KEEPER, SERVER, EDGE = 61001, 61002, 61003
# What a thief in the web process tries: every file of the keeper's by the names that everybody knows.
THIEF = """
import json, os, sys
from pathlib import Path
folder, pid = Path(sys.argv[1]) / "keeper", sys.argv[2]
got = []
def tried(name, act):
    try:
        act()
        got.append(name)
    except OSError:
        pass
for name in ("root.key", "store.db", "store.db-wal", "shell.token", "peers.json", "lock", "log/entries"):
    tried(name, lambda: (folder / name).read_bytes())
    tried(f"write {name}", lambda: (folder / name).open("ab"))
tried("list", lambda: os.listdir(folder))
tried("plant", lambda: (folder / "planted").write_text("x"))
tried("replace the socket", lambda: os.unlink(folder / "keeper.sock"))
tried("open up", lambda: os.chmod(folder, 0o777))
tried("memory", lambda: open(f"/proc/{pid}/mem", "rb").read(1))
tried("environment", lambda: open(f"/proc/{pid}/environ", "rb").read())
tried("kill", lambda: os.kill(int(pid), 9))
print(json.dumps(got))
"""
ASK = """
import json, sys
from pathlib import Path
from gatehouse.keeper.client import Client, KeeperAway, KeeperRefused
from gatehouse.keeper import local
from gatehouse.keeper.protocol import Authority, Role
home = Path(sys.argv[1])
client = Client(local.socket_path(home), timeout_s=10)
said = []
try:
    client.hello()
    said.append("heard")
    for by in (Authority(), Authority(job="feed"), Authority(ticket="guess")):
        try:
            client.invite("thief", Role.OWNER, by)
            said.append("invited")
        except KeeperRefused:
            pass
except KeeperAway:
    said.append("turned away")
try:
    local.shell_authority(home)
    said.append("shell")
except OSError:
    pass
print(json.dumps(said))
"""


@dataclass
class Installed:
    home: Path
    keeper: subprocess.Popen[bytes]

    def by(self, uid: int, program: str, *words: str) -> list[str]:
        """What a process of that user says."""
        command = [*_as(uid), sys.executable, "-c", program, str(self.home), *words]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return json.loads(run.stdout)


def _as(uid: int) -> list[str]:
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]


def _start(uid: int, home: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [*_as(uid), sys.executable, "-m", "gatehouse", *words, "--home", str(home)]
    return subprocess.Popen(command, env=os.environ | {"GATEHOUSE_HOME": str(home), "TMPDIR": "/tmp"})


@pytest.fixture
def installed() -> Iterator[Installed]:
    """As `gatehouse install --system` lays it out."""
    home = Path(tempfile.mkdtemp(prefix="g3-", dir="/tmp"))
    home.chmod(0o755)
    for name, uid, mode in (("keeper", KEEPER, 0o711), ("server", SERVER, 0o700), ("logs", SERVER, 0o700)):
        (home / name).mkdir()
        (home / name).chmod(mode)
        os.chown(home / name, uid, uid)
    peers = home / "keeper" / "peers.json"
    peers.write_text(json.dumps({"uids": [SERVER, 0]}))
    peers.chmod(0o600)
    os.chown(peers, KEEPER, KEEPER)
    keeper = _start(KEEPER, home, "keeper", "run")
    ends = time.monotonic() + 60
    while not (home / "keeper" / "keeper.sock").exists():
        assert keeper.poll() is None
        assert time.monotonic() < ends
        time.sleep(0.1)
    yield Installed(home, keeper)
    keeper.terminate()
    keeper.wait(30)
    shutil.rmtree(home)


def test_the_servers_user_reads_and_changes_nothing_of_the_keepers(installed: Installed) -> None:
    pid = str(installed.keeper.pid)
    assert installed.by(SERVER, THIEF, pid) == []
    assert installed.by(EDGE, THIEF, pid) == []
    assert {"root.key", "store.db", "shell.token", "list"} <= set(installed.by(KEEPER, THIEF, str(os.getpid())))


def test_the_server_is_heard_without_any_right_and_the_edge_is_not_heard(installed: Installed) -> None:
    assert installed.by(SERVER, ASK) == ["heard"]
    assert installed.by(EDGE, ASK) == ["turned away"]


def test_the_server_works_under_a_user_of_its_own_and_the_doctor_is_content(installed: Installed) -> None:
    port = free_port()
    server = _start(SERVER, installed.home, "server", "--port", str(port))
    try:
        ends = time.monotonic() + 120
        while not _answers(port):
            assert server.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.2)
        assert httpx.get(f"http://127.0.0.1:{port}/enter/", timeout=60).status_code == 200
        owners = {path.stat().st_uid for path in (installed.home / "server").rglob("*")}
        assert owners == {SERVER}
        checks = [*inside.secret_files(installed.home), *inside.users(installed.home)]
        assert [one.check for one in checks if one.level is not Level.OK] == []
        assert stat.S_IMODE((installed.home / "keeper").stat().st_mode) == 0o711
    finally:
        server.terminate()
        server.wait(30)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
