"""Starting again what dies."""

import sys
import threading
from pathlib import Path

import pytest

from gatehouse.box import processes
from gatehouse.box.processes import LONGEST_PAUSE_S, Process, StartFailed, Watch


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(processes, "monotonic_s", lambda: now[0])
    return now


class Falling:
    """Stands in for a process; counts how often it is started."""

    name, log = "edge", Path("edge.out")

    def __init__(self) -> None:
        self.alive = False
        self.starts = 0

    def start(self) -> None:
        self.starts += 1


def test_what_falls_again_and_again_is_raised_after_ever_longer_pauses(seconds: list[float]) -> None:
    process, said = Falling(), []
    watch = Watch([process], said.append)  # type: ignore[list-item]
    for _ in range(120):
        watch.round()
        seconds[0] += 1.0
    assert process.starts == len(said) == 8  # at once, then after 1, 2, 4, 8, 16, 30 and 30 seconds


def test_what_has_stood_for_long_is_raised_at_once(seconds: list[float]) -> None:
    process = Falling()
    watch = Watch([process], lambda _: None)  # type: ignore[list-item]
    for _ in range(10):
        watch.round()
        seconds[0] += 1.0
    before = process.starts
    process.alive = True
    seconds[0] += 3 * LONGEST_PAUSE_S
    watch.round()
    process.alive = False
    watch.round()
    seconds[0] += 1.0
    watch.round()
    assert process.starts == before + 2


def test_a_process_that_ends_while_awaited_is_said_with_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no such key'); raise SystemExit(3)"]
    process = Process("keeper", command, tmp_path / "keeper.out")
    process.start()
    with pytest.raises(StartFailed, match="no such key"):
        process.wait_until(lambda: False, within_s=20)


def test_a_process_that_ignores_the_order_to_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_WITHIN_S", 0.5)
    ready = tmp_path / "ready"
    program = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    )
    process = Process("server", [sys.executable, "-c", program], tmp_path / "server.out")
    process.start()
    process.wait_until(ready.exists, within_s=20)
    process.stop()
    assert not process.alive


def test_watching_ends_when_it_is_told(seconds: list[float]) -> None:
    stopping = threading.Event()
    stopping.set()
    process = Falling()
    processes.watch([process], stopping, lambda _: None)  # type: ignore[list-item]
    assert process.starts == 0
