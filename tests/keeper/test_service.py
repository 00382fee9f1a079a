"""The socket: who may ask, what garbage does, and that one bad client hinders nobody."""

import errno
import json
import os
import socket
import sqlite3
import stat
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from gatehouse.clock import SystemClock
from gatehouse.keeper import local, service
from gatehouse.keeper.client import Client, KeeperAway, KeeperRefused
from gatehouse.keeper.errors import AlreadyRunning, DamagedStore, UnsafeFile
from gatehouse.keeper.protocol import FRAME_LIMIT, Cell, Hello, Role
from gatehouse.keeper.service import Service, allowed_peers

from .conftest import Desk, eventually


@contextmanager
def raw(desk: Desk) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(str(local.socket_path(desk.home)))
        yield connection


def is_dropped(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"garbage",
        b"\xc1",
        msgspec.msgpack.encode({"verb": "no_such_verb"}),
        msgspec.msgpack.encode({"verb": "hello", "more": 1}),
        msgspec.msgpack.encode({"verb": "reveal", "cells": "all"}),
        msgspec.msgpack.encode([1, 2, 3]),
        msgspec.msgpack.encode({"verb": "seal", "cells": [{"label": 1}]}),
    ],
)
def test_a_frame_that_is_no_request_drops_the_connection_and_nothing_else(desk: Desk, payload: bytes) -> None:
    with raw(desk) as connection:
        connection.sendall(struct.pack(">I", len(payload)) + payload)
        assert is_dropped(connection)
    assert desk.client.hello().version == 1


def test_a_frame_beyond_the_limit_is_dropped_before_it_is_read(desk: Desk) -> None:
    with raw(desk) as connection:
        connection.sendall(struct.pack(">I", FRAME_LIMIT + 1))
        assert is_dropped(connection)


def test_a_client_that_closes_inside_a_frame_hinders_nobody(desk: Desk) -> None:
    with raw(desk) as connection:
        connection.sendall(struct.pack(">I", 100) + b"half")
    assert desk.client.hello().version == 1


def test_a_slow_client_blocks_nobody_and_is_dropped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "FRAME_S", 0.3)
    with raw(desk) as slow:
        slow.sendall(struct.pack(">I", 100) + b"half")
        started = time.monotonic()
        assert desk.client.hello().version == 1
        assert time.monotonic() - started < 0.25
        assert is_dropped(slow)


def test_a_client_that_stops_inside_the_length_is_dropped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "FRAME_S", 0.3)
    with raw(desk) as slow:
        slow.sendall(b"\0\0")
        assert is_dropped(slow)


def test_a_length_that_comes_in_pieces_is_read(desk: Desk) -> None:
    frame = msgspec.msgpack.encode(Hello())
    with raw(desk) as connection:
        for byte in struct.pack(">I", len(frame)):
            connection.sendall(bytes((byte,)))
            time.sleep(0.02)
        connection.sendall(frame)
        assert b"welcome" in connection.recv(4096)


def test_a_machine_without_a_thread_to_spare_makes_the_keeper_deaf_to_one_caller_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, tries = threading.Thread.start, list[int]()

    def refuse_once(thread: threading.Thread) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_once)
    with raw(desk) as unlucky:
        assert is_dropped(unlucky)
    with raw(desk) as next_one:
        frame = msgspec.msgpack.encode(Hello())
        next_one.sendall(struct.pack(">I", len(frame)) + frame)
        assert b"welcome" in next_one.recv(4096)
    assert desk.logged[-1]["event"] == "keeper.accept_failed"


def test_a_client_that_takes_no_reply_blocks_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "FRAME_S", 0.3)
    cell = desk.sealed("site.text/1", "site-1", b"x" * 1_000_000)
    request = msgspec.msgpack.encode({"verb": "reveal", "cells": [cell] * 20, "by": {}, "purpose": "x"})
    with raw(desk) as deaf:
        deaf.sendall(struct.pack(">I", len(request)) + request)
        time.sleep(0.1)
        assert desk.client.hello().version == 1
        assert eventually(lambda: len(desk.service._connections) == 1)  # the test's own client stays


def test_requests_on_one_connection_are_answered_one_after_another(desk: Desk) -> None:
    frame = msgspec.msgpack.encode(Hello())
    with raw(desk) as connection:
        connection.sendall((struct.pack(">I", len(frame)) + frame) * 3)
        replies = b""
        while replies.count(b"welcome") < 3:
            replies += connection.recv(4096)


def test_other_users_are_turned_away(desk: Desk) -> None:
    desk.service._peers = frozenset({os.getuid() + 1})
    with pytest.raises(KeeperAway):
        Client(local.socket_path(desk.home), timeout_s=2).hello()
    assert [line["uid"] for line in desk.logged if line["event"] == "keeper.turned_away"] == [os.getuid()]


def test_peers_json_lets_other_users_reach_the_socket_and_nothing_else(tmp_path: Path) -> None:
    with capture_logs():
        first = Service(tmp_path, SystemClock())
        first.start()
        folder = tmp_path / "keeper"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "keeper.sock").stat().st_mode) == 0o600
        first.stop()
        (folder / "peers.json").write_text(json.dumps({"uids": [12345]}))
        second = Service(tmp_path, SystemClock())
        second.start()
        assert allowed_peers(folder) == {os.getuid(), 12345}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o711
        assert stat.S_IMODE((folder / "keeper.sock").stat().st_mode) == 0o666
        second.stop()


def test_a_peers_file_that_is_no_list_of_ids_stops_the_keeper(tmp_path: Path) -> None:
    (tmp_path / "peers.json").write_text('{"uids": ["root"]}')
    with pytest.raises(UnsafeFile, match=r"peers\.json"):
        allowed_peers(tmp_path)


def test_every_secret_file_is_the_owners_alone(desk: Desk) -> None:
    for name in ("root.key", "store.db", "shell.token", "log/entries", "keeper.sock"):
        assert stat.S_IMODE((desk.home / "keeper" / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((desk.home / "keeper").stat().st_mode) == 0o700
    assert stat.S_IMODE((desk.home / "keeper" / "log").stat().st_mode) == 0o700


def test_a_root_key_that_others_may_read_stops_the_keeper_and_says_how_to_mend_it(desk: Desk) -> None:
    desk.stop()
    key = desk.home / "keeper" / "root.key"
    key.chmod(0o640)
    with pytest.raises(UnsafeFile, match=r"root\.key has mode 0640; run: chmod 600"):
        desk.start()
    key.chmod(0o600)
    desk.start()


def test_a_folder_that_others_may_list_stops_the_keeper(desk: Desk) -> None:
    desk.stop()
    (desk.home / "keeper").chmod(0o755)
    with pytest.raises(UnsafeFile, match="chmod 700"):
        desk.start()
    (desk.home / "keeper").chmod(0o700)
    desk.start()


def test_a_store_without_its_root_key_is_not_replaced_by_a_new_one(desk: Desk) -> None:
    desk.stop()
    key = desk.home / "keeper" / "root.key"
    saved = key.read_bytes()
    key.unlink()
    with pytest.raises(DamagedStore, match="missing"):
        desk.start()
    assert not key.exists()
    key.write_bytes(b"x" * 32)
    key.chmod(0o600)
    with pytest.raises(DamagedStore, match="another root key"):
        desk.start()
    key.write_bytes(saved)
    desk.start()


@pytest.mark.parametrize("broken", ["write", "fsync", "replace"])
def test_a_first_start_that_breaks_off_while_the_root_key_is_made_hinders_no_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def full(*args: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, broken, full)
        with pytest.raises(OSError, match="No space"):
            Service(tmp_path, SystemClock())
    assert not (tmp_path / "keeper" / "root.key").exists()
    with capture_logs():
        again = Service(tmp_path, SystemClock())
        again.start()
        again.stop()
    assert sorted(path.name for path in (tmp_path / "keeper").iterdir() if "root" in path.name) == ["root.key"]


def test_a_second_keeper_of_the_same_home_does_not_start(desk: Desk) -> None:
    with pytest.raises(AlreadyRunning):
        Service(desk.home, desk.clock)
    assert desk.client.hello().version == 1


def test_a_home_whose_path_is_too_long_for_a_socket_works_all_the_same(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    with capture_logs():
        running = Service(home, SystemClock())
        running.start()
        client = Client(local.socket_path(home))
        assert client.hello().version == 1
        client.close()
        running.stop()
    with pytest.raises(KeeperAway):
        client.hello()


def test_a_client_gets_over_a_restart_of_the_keeper(desk: Desk) -> None:
    client = desk.client
    before = client.hello()
    desk.service.stop()
    with pytest.raises(KeeperAway):
        client.hello()
    assert issubclass(KeeperAway, OSError)
    desk.service = Service(desk.home, desk.clock)
    desk.service.start()
    assert client.hello() == before


def test_a_client_notices_that_its_idle_connection_was_closed(desk: Desk) -> None:
    before = desk.client.hello()
    desk.service.stop()
    desk.service = Service(desk.home, desk.clock)
    desk.service.start()
    assert desk.client.hello() == before


def test_many_threads_share_a_client(desk: Desk) -> None:
    wrong: list[object] = []

    def work(number: int) -> None:
        for _ in range(20):
            text = f"text-{number}"
            cell = desk.sealed("site.text/1", "site-1", text, row=text)
            if desk.client.reveal([cell], local.shell_authority(desk.home), "x") != [text.encode()]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_disk_that_refuses_once_stops_no_later_round(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of days, the log's lines and ended tickets are one thread's work: it must outlive a full disk."""
    monkeypatch.setattr(service, "SWEEP_S", 0.05)
    desk.restart()
    vault, rounds = desk.service.vault, list[str]()

    def refuse() -> None:
        rounds.append("refused")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(vault.days, "make_ahead", lambda site, today: refuse())
    assert eventually(lambda: len(rounds) > 1)
    assert {"event": "keeper.fault", "fault": "OperationalError", "log_level": "error"} in desk.logged


def test_a_refusal_carries_its_code_and_facts(desk: Desk) -> None:
    with pytest.raises(KeeperRefused) as caught:
        desk.client.reveal([Cell("person.name/1", "row", b"")], desk.sign_in(), "x")
    assert (caught.value.code, caught.value.facts) == ("bad_request", {"cell": 0})


def test_no_line_of_the_process_log_says_anything_about_a_person(desk: Desk) -> None:
    ann, cell = desk.person("Ann Example")
    by = desk.sign_in(Role.SECURITY)
    desk.client.reveal([cell], by, "x")
    for bad in ([msgspec.structs.replace(cell, row="other")], desk.people(61)):
        with pytest.raises(KeeperRefused):
            desk.client.reveal(bad, by, "x")
    desk.client.index([cell])
    desk.client.find("Ann Example", by.ticket or "")
    assert desk.logged
    for line in desk.logged:
        assert set(line) <= {*service._LOGGED, "log_level"}
        assert not any(secret in repr(line) for secret in ("Ann", ann, by.ticket or ""))


def test_a_fault_is_reported_by_place_and_never_by_content(capsys: pytest.CaptureFixture[str]) -> None:
    with capture_logs() as logged:
        try:
            raise ValueError("Ann Example")
        except ValueError as fault:
            service._report(threading.ExceptHookArgs((ValueError, fault, fault.__traceback__, None)))
    assert logged[0]["fault"] == "ValueError"
    assert "test_service.py:" in logged[0]["where"]
    assert "Ann" not in repr(logged) + capsys.readouterr().err
