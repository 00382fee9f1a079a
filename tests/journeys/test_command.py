"""The `gatehouse` command in hands that slip: what cannot be used is said in a sentence, with exit code 1 or 2."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatehouse import terminal
from gatehouse.box.processes import free_port

COMMAND = [sys.executable, "-m", "gatehouse"]


def told(*words: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """The exit code and what was said on stderr, in one line."""
    done = subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, timeout=60, env=os.environ | (env or {}), errors="replace"
    )
    return done.returncode, " ".join(done.stderr.split())


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Path]:
    """A home whose keeper runs."""
    home = tmp_path / "h"
    with subprocess.Popen([*COMMAND, "keeper", "--home", str(home)], stderr=subprocess.PIPE) as process:
        assert process.stderr
        assert b"keeper.ready" in process.stderr.readline()
        yield home
        process.send_signal(signal.SIGINT)
        process.wait(30)


@pytest.mark.parametrize(
    "verb", [["up"], ["keeper"], ["keeper", "invite"], ["server"], ["edge"], ["drill"], ["doctor"], ["demo", "--once"]]
)
def test_a_file_in_place_of_a_home_is_said(tmp_path: Path, verb: list[str]) -> None:
    home = tmp_path / "file"
    home.write_text("not a folder")
    code, said = told(*verb, "--home", str(home))
    assert (code, "Traceback" in said, "keeper.fault" in said) == (1, False, False), said
    assert said.startswith("gatehouse: ")
    assert str(home) in said.replace(" ", "")


@pytest.mark.parametrize("port", ["0", "-5", "70000", "http"])
@pytest.mark.parametrize("verb", [["up"], ["server"], ["demo", "--once"]])
def test_a_port_that_is_none_is_refused_as_wrong_use(tmp_path: Path, verb: list[str], port: str) -> None:
    code, said = told(*verb, "--home", str(tmp_path / "h"), "--port", port)
    assert (code, "--port" in said) == (2, True), said


def test_an_empty_variable_is_not_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEHOUSE_HOME", "")
    assert terminal.default_home() == Path.home() / "gatehouse"


def test_a_server_says_that_its_port_is_in_use(keeper: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        code, said = told("server", "--home", str(keeper), "--port", str(busy.getsockname()[1]))
    assert (code, "choose another --port" in said) == (1, True), said


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://x:99999999/y", "postgresql://[::1/y"])
def test_an_address_that_is_no_database_is_said(keeper: Path, url: str) -> None:
    code, said = told("server", "--home", str(keeper), "--port", str(free_port()), env={"DATABASE_URL": url})
    assert (code, "DATABASE_URL reads" in said) == (1, True), said


def test_a_database_that_is_none_is_said(keeper: Path) -> None:
    (keeper / "server").mkdir()
    (keeper / "server" / "gatehouse.db").write_bytes(b"not a database at all" * 200)
    code, said = told("server", "--home", str(keeper), "--port", str(free_port()))
    assert (code, "the database cannot be used" in said, "Traceback" in said) == (1, True, False), said


def test_a_drill_says_that_a_database_does_not_answer(keeper: Path) -> None:
    code, said = told("drill", "--home", str(keeper), env={"DATABASE_URL": f"postgresql://127.0.0.1:{free_port()}/x"})
    assert (code, "cannot be copied" in said, "Traceback" in said) == (1, True, False), said


def test_a_drill_whose_result_cannot_be_left_still_shows_it(keeper: Path) -> None:
    (keeper / "server" / "drill.json").mkdir(parents=True)
    done = subprocess.run([*COMMAND, "drill", "--home", str(keeper)], capture_output=True, text=True, timeout=60)
    assert "A thief took" in done.stdout
    assert "not left for the Trust page" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_format_that_is_not_text_is_not_written_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "format").write_bytes(b"\x1b]0;title\x07\x1b[2J")
    code, said = told("up", "--home", str(tmp_path), "--port", str(free_port()))
    assert (code, "\x1b]" in said, "another version" in said) == (1, False, True), said
