"""`gatehouse up` in an empty folder, as on a new machine: real processes, a real sign-in, a real power cut."""

import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gatehouse.box.processes import free_port
from gatehouse.vision.packs import asset_path

COMMAND = [sys.executable, "-m", "gatehouse"]
WITHIN_S = 90.0


class Installation:
    """A running `gatehouse up` and what it said so far."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.said = home.with_suffix(".said")
        with self.said.open("wb") as sink:
            self.process = subprocess.Popen(
                [*COMMAND, "up", "--home", str(home), "--port", str(self.port)], stdout=sink, stderr=sink
            )

    def wait_for(self, pattern: str) -> re.Match[str]:
        ends = time.monotonic() + WITHIN_S
        while time.monotonic() < ends:
            found = re.search(pattern, self.said.read_text())
            if found:
                return found
            assert self.process.poll() is None, self.said.read_text()
            time.sleep(0.1)
        raise AssertionError(f"never said {pattern!r}:\n{self.said.read_text()}")

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*COMMAND, *words, "--home", str(self.home)], capture_output=True, text=True, timeout=60)

    def child(self, verb: str) -> int:
        """The id of the process that `up` started with this verb."""
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            if parent == self.process.pid and verb.encode() in words:
                return int(folder.name)
        raise AssertionError(f"no process {verb}")

    def children(self) -> list[int]:
        return [self.child(verb) for verb in ("keeper", "server", "edge")]


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path / "home")
    yield installation
    if installation.process.poll() is None:
        installation.process.terminate()
        try:
            installation.process.wait(30)
        except subprocess.TimeoutExpired:
            installation.process.kill()
            installation.process.wait()


def sign_in(installation: Installation, browser: httpx.Client) -> None:
    """As a browser does: open the link, press the button, keep the cookies."""
    link = installation.wait_for(r"http://localhost:\d+/enter/\S+")[0]
    form = browser.get(link)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
    code = re.search(r'name="code"[^>]*value="([^"]+)"', form.text)
    assert token, form.text
    assert code, form.text
    page = browser.post(form.url, data={"csrfmiddlewaretoken": token[1], "code": code[1]})
    assert (page.status_code, page.url.path) == (200, "/account/first/")
    browser.headers["X-CSRFToken"] = token[1]


@pytest.fixture
def browser(installed: Installation) -> Iterator[httpx.Client]:
    url = f"http://localhost:{installed.port}"
    with httpx.Client(base_url=url, follow_redirects=True, timeout=30) as client:
        yield client


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_empty_folder_becomes_a_running_site_that_survives_kills(
    installed: Installation, browser: httpx.Client
) -> None:
    form = installed.wait_for(r"Create your site at (http://localhost:\S+);")[1]
    sign_in(installed, browser)
    assert browser.get(form).url == form  # and not sent elsewhere
    site = {"code": "hq", "name": "Head office", "type": "workplace", "zone": "Asia/Shanghai", "currency": "CNY"}
    made = browser.post("/api/sites", json=site)
    assert made.status_code == 201, made.text
    installed.wait_for("The edge runs")
    edges = f"/api/sites/{made.json()['id']}/edges"
    wait_until(lambda: browser.get(edges).json()[0]["last_seq"] >= 1)  # its first letter arrived

    _kill_each_in_turn(installed)
    wait_until(lambda: len(browser.get("/api/sites").json()) == 1)

    _enrol_from_a_shell(installed, browser, made.json()["id"])

    refused = installed.command("up", "--port", str(free_port()))
    assert refused.returncode == 1
    assert "runs for" in refused.stderr

    children = installed.children()
    installed.process.send_signal(signal.SIGTERM)
    assert installed.process.wait(40) == 0
    assert all(gone(pid) for pid in children)


def wait_until(holds) -> None:
    ends = time.monotonic() + WITHIN_S
    while True:
        try:
            if holds():
                return
        except (httpx.HTTPError, KeyError, IndexError, ValueError, TypeError):
            pass  # a server that was killed is not there yet
        assert time.monotonic() < ends
        time.sleep(0.3)


def _kill_each_in_turn(installed: Installation) -> None:
    for verb in ("edge", "keeper", "server"):
        pid = installed.child(verb)
        os.kill(pid, signal.SIGKILL)
        installed.wait_for(f"{verb} ended and is started again")
        wait_until(lambda verb=verb, pid=pid: _comes_back(installed, verb, pid))


def _comes_back(installed: Installation, verb: str, was: int) -> bool:
    try:
        return installed.child(verb) != was
    except AssertionError:
        return False


def _enrol_from_a_shell(installed: Installation, browser: httpx.Client, site: str) -> None:
    group = browser.post(f"/api/sites/{site}/groups", json={"name": "Staff"})
    assert group.status_code == 201, group.text
    who = ("enrol", "--port", str(installed.port), "--site", "hq", "--name", "Ada Brook", "--number", "S-1")
    photo = ("--photo", str(asset_path("astronaut.png")))
    svg = installed.home.with_suffix(".svg")

    unasked = installed.command(*who, *photo)
    assert (unasked.returncode, "consent" in unasked.stderr) == (1, True)
    for words, why in (
        (("--group", "Nobody"), "no group Nobody (groups: Staff)"),
        (("--site", "elsewhere"), "no site elsewhere (sites: hq)"),
        (("--photo", "/nowhere.jpg", "--consent"), "cannot be read"),
    ):
        told = installed.command(*who, *words)
        assert (told.returncode, why in told.stderr.replace("\n", " ")) == (1, True), told.stderr
    assert browser.get(f"/api/sites/{site}/people").json()["total"] == 0

    done = installed.command(*who, *photo, "--consent", "--group", "Staff", "--pass", str(svg))
    assert done.returncode == 0, done.stderr
    assert "<svg" in svg.read_text()
    assert stat.S_IMODE(svg.stat().st_mode) == 0o600
    person = done.stdout.split()[-1]
    faceless = installed.home.with_suffix(".png")
    faceless.write_bytes(_grey_picture())
    told = installed.command(
        "enrol",
        "--port",
        str(installed.port),
        "--site",
        "hq",
        "--person",
        person,
        "--photo",
        str(faceless),
        "--consent",
    )
    assert (told.returncode, "no face" in told.stderr) == (1, True), told.stderr


def _grey_picture() -> bytes:
    import io

    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (640, 480), (120, 120, 120)).save(held, "PNG")
    return held.getvalue()


def test_a_port_in_use_is_said_and_nothing_is_started(tmp_path: Path) -> None:
    import socket

    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        told = subprocess.run([*COMMAND, "up", "--home", str(tmp_path / "h"), "--port", port], capture_output=True)
    assert (told.returncode, b"--port" in told.stderr) == (1, True)
    assert not (tmp_path / "h" / "keeper").exists()


@pytest.mark.parametrize(("prepare", "why"), [("file", "cannot be written"), ("format", "another version")])
def test_a_home_that_cannot_be_used_is_said(tmp_path: Path, prepare: str, why: str) -> None:
    home = tmp_path / "h"
    if prepare == "file":
        home.write_text("a file")
    else:
        home.mkdir()
        (home / "format").write_text("99\n")
    told = subprocess.run(
        [*COMMAND, "up", "--home", str(home), "--port", str(free_port())], capture_output=True, text=True
    )
    assert (told.returncode, why in told.stderr.replace("\n", " ")) == (1, True), told.stderr


def test_a_home_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    home = tmp_path / ("x" * 120)
    told = subprocess.run([*COMMAND, "up", "--home", str(home)], capture_output=True, text=True)
    assert (told.returncode, "shorter --home" in told.stderr) == (1, True)


def test_enrolling_without_a_server_says_how_to_start_one(tmp_path: Path) -> None:
    words = ["enrol", "--home", str(tmp_path), "--site", "hq", "--name", "Ada", "--number", "1"]
    told = subprocess.run([*COMMAND, *words], capture_output=True, text=True)
    assert (told.returncode, "gatehouse up" in told.stderr) == (1, True)


def test_a_link_without_a_keeper_says_so(tmp_path: Path) -> None:
    told = subprocess.run([*COMMAND, "keeper", "invite", "--home", str(tmp_path)], capture_output=True, text=True)
    assert (told.returncode, "no keeper answers" in told.stderr) == (1, True)
