import http.server
import socket
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gatehouse.doctor import inside, outside
from gatehouse.doctor.findings import Finding, Level


def codes(findings: Iterable[Finding], level: Level) -> set[str]:
    return {finding.check for finding in findings if finding.level is level}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in ("keeper", "server", "edge", "logs"):
        (tmp_path / folder).mkdir(mode=0o700)
    key = tmp_path / "keeper" / "root.key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    return tmp_path


def test_an_empty_folder_is_no_installation(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gatehouse up"):
        list(inside.examine(tmp_path))


def test_closed_folders_are_well_and_one_user_is_red(home: Path) -> None:
    findings = list(inside.examine(home))
    assert "secrets.permissions" in codes(findings, Level.OK)
    assert {"users.shared", "keeper.silent"} <= codes(findings, Level.BAD)


def test_a_folder_with_keys_that_others_may_enter_is_red_and_says_chmod(home: Path) -> None:
    (home / "keeper").chmod(0o755)
    (home / "keeper" / "root.key").chmod(0o644)
    reds = [finding for finding in inside.secret_files(home) if finding.level is Level.BAD]
    assert len(reds) == 2
    assert all(finding.mend.startswith("chmod go= ") for finding in reds)


@pytest.mark.parametrize(("address", "public"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_a_socket_open_to_every_network_is_seen(home: Path, address: str, public: bool) -> None:
    with socket.socket() as listener:
        listener.bind((address, 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert any(f"port {port} " in finding.what for finding in inside.listening(home)) is public


def test_a_relay_without_password_and_a_camera_with_a_guessed_one_are_named_by_gate(home: Path) -> None:
    connection = sqlite3.connect(home / "server" / "gatehouse.db")
    connection.executescript(
        """
        CREATE TABLE gates_gate (id TEXT, code TEXT);
        CREATE TABLE gates_device (gate_id TEXT, kind TEXT, address TEXT, secret_cell BLOB);
        CREATE TABLE gates_gatealarm (gate TEXT, kind TEXT, seen BOOL);
        INSERT INTO gates_gate VALUES ('1', 'north');
        INSERT INTO gates_device VALUES ('1', 'relay', 'http://10.0.0.9', NULL),
                                        ('1', 'camera', 'rtsp://admin:12345@10.0.0.8/1', NULL);
        INSERT INTO gates_gatealarm VALUES ('north', 'camera_lost', 0), ('north', 'relay_lost', 1);
        """
    )
    connection.close()
    findings = list(inside.devices(home)) + list(inside.alarms(home))
    assert [finding.check for finding in findings] == ["relay.no_password", "device.weak_password", "gate.alarm"]
    assert all("north" in finding.what for finding in findings)
    assert not any("12345" in finding.what for finding in findings)


def test_a_job_of_the_server_that_keeps_failing_is_told(home: Path) -> None:
    connection = sqlite3.connect(home / "server" / "gatehouse.db")
    connection.executescript(
        """
        CREATE TABLE gates_gatealarm (gate TEXT, kind TEXT, seen BOOL);
        INSERT INTO gates_gatealarm VALUES ('', 'edge_silent', 0), ('', 'workdays_fail', 0);
        """
    )
    connection.close()
    told = [finding.what for finding in inside.alarms(home)]
    assert told == ["the edge: edge silent", "the server's jobs: workdays fail"]


@pytest.mark.parametrize("written", [b"", b"no database at all, but long enough to be taken for one" * 20])
def test_a_database_that_cannot_be_read_is_a_finding_and_ends_no_other_check(home: Path, written: bytes) -> None:
    (home / "server" / "gatehouse.db").write_bytes(written)
    findings = list(inside.examine(home))
    assert "database.unreadable" in codes(findings, Level.BAD)
    assert "disk.full" in codes(findings, Level.OK) | codes(findings, Level.BAD)


def test_a_time_service_that_hangs_is_a_clock_that_could_not_be_checked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = home / "timedatectl"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{home}:/usr/bin:/bin")
    monkeypatch.setattr(inside, "CLOCK_PATIENCE_S", 0.2)
    assert "could not be checked" in next(iter(inside.machine_clock(home))).what


def test_a_gate_without_a_relay_is_named_because_it_opens_nothing(home: Path) -> None:
    connection = sqlite3.connect(home / "server" / "gatehouse.db")
    connection.executescript(
        """
        CREATE TABLE gates_gate (id TEXT, code TEXT);
        CREATE TABLE gates_device (gate_id TEXT, kind TEXT, address TEXT, secret_cell BLOB);
        INSERT INTO gates_gate VALUES ('1', 'north'), ('2', 'south');
        INSERT INTO gates_device VALUES ('1', 'relay', 'http://10.0.0.9', x'00'), ('2', 'camera', '/srv/a.mp4', NULL);
        """
    )
    connection.close()
    assert [(finding.check, finding.what) for finding in inside.devices(home)] == [
        ("gate.no_relay", "gate south has no relay: it opens nothing")
    ]


def test_a_gate_that_takes_faces_alone_is_named(home: Path) -> None:
    connection = sqlite3.connect(home / "server" / "gatehouse.db")
    connection.executescript(
        """
        CREATE TABLE gates_gate (code TEXT, means TEXT);
        INSERT INTO gates_gate VALUES ('north', '["face"]'), ('south', '["face", "pin"]'), ('lane', '["plate"]');
        """
    )
    connection.close()
    assert [(found.check, found.what.split()[1]) for found in inside.faces_alone(home)] == [
        ("gate.face_alone", "north")
    ]


def test_the_port_that_tablets_are_meant_to_find_is_no_finding(home: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert any(f"port {port} " in finding.what for finding in inside.listening(home))
        (home / "edge" / "edge.json").write_text(f'{{"terminals": "0.0.0.0:{port}"}}')
        assert not any(f"port {port} " in finding.what for finding in inside.listening(home))


class Careless(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path in ("/", "/people/", "/media/")
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(b"photos" if found else b"You see this because DEBUG = True")

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def served(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_from_outside_open_routes_and_debug_pages_are_red() -> None:
    with served(Careless) as url:
        findings = list(outside.examine(url))
    reds = [finding for finding in findings if finding.level is Level.BAD]
    assert {"route.open", "debug.on"} <= {finding.check for finding in reds}
    assert sum(finding.check == "route.open" for finding in reds) == 2


@pytest.mark.parametrize("url", ["", "localhost", "ftp://localhost", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        list(outside.examine(url))


def test_an_exit_that_would_lock_somebody_in_is_named(home: Path) -> None:
    with sqlite3.connect(home / "server" / "gatehouse.db") as database:
        database.execute("CREATE TABLE gates_gate (code TEXT, collects INTEGER, server_away TEXT)")
        database.execute("INSERT INTO gates_gate VALUES ('east', 1, 'by_lane'), ('west', 1, 'hold'), ('in', 0, 'hold')")
    database.close()
    assert [finding.what.split()[1] for finding in inside.lanes_alone(home)] == ["west"]


@pytest.mark.parametrize(
    ("told", "level", "check"),
    [
        ('{"silent_s": 3, "clock_doubtful": false, "lanes": []}', Level.OK, "edge.silent"),
        ('{"silent_s": 999, "clock_doubtful": false, "lanes": []}', Level.WARN, "edge.silent"),
        ('{"silent_s": 3, "clock_doubtful": true, "lanes": []}', Level.BAD, "edge.clock"),
    ],
)
def test_what_the_edge_says_of_itself_is_passed_on(home: Path, told: str, level: Level, check: str) -> None:
    (home / "edge" / "status.json").write_text(told)
    assert check in codes(inside.edge_contact(home), level)


@pytest.mark.parametrize("told", ["", "[]", "{}", '{"silent_s": [], "clock_doubtful": 1, "lanes": 7}', "\x00"])
def test_an_edge_that_says_nothing_sensible_is_passed_over(home: Path, told: str) -> None:
    (home / "edge" / "status.json").write_text(told)
    assert not list(inside.edge_contact(home))
