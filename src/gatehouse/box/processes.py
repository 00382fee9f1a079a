"""Gatehouse's processes on one box: started in order, watched, started again when they die, stopped together.

Each process is this package's own command in a subprocess with its own home, log file and environment; nothing is
shared but the homes on disk, the keeper's socket and HTTP on localhost.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from gatehouse.address import Address
from gatehouse.clock import monotonic_s
from gatehouse.keeper.client import KeeperAway, KeeperRefused
from gatehouse.keeper.local import invite_operator
from gatehouse.keeper.protocol import Role

RESTART_AFTER_S = 1.0
LONGEST_PAUSE_S = 30.0
STOP_WITHIN_S = 10.0


class StartFailed(RuntimeError):
    """A process ended or stayed silent while it was awaited; the text says which and where its log is."""


def free_port() -> int:
    """A TCP port on localhost that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One command with its log. `kill` is SIGKILL, as a power cut would be."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    _child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as sink:
            self._child = subprocess.Popen(  # noqa: S603 - our own command, no shell
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=os.environ | self.environment,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops them in order
            )

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL for a process that does not end within STOP_WITHIN_S."""
        if self._child is None or self._child.poll() is not None:
            return
        self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait_until(self, ready: Callable[[], bool], within_s: float = 60.0) -> None:
        """Returns when `ready()` is true; raises StartFailed if the process dies or the time is over."""
        pause = threading.Event()
        deadline = monotonic_s() + within_s
        while not ready():
            if not self.alive:
                raise StartFailed(f"{self.name} ended while starting; the end of {self.log} says why:\n{self.tail()}")
            if monotonic_s() > deadline:
                raise StartFailed(f"{self.name} did not answer within {within_s:.0f} s; its log is {self.log}")
            pause.wait(0.05)

    def tail(self, lines: int = 15) -> str:
        with contextlib.suppress(FileNotFoundError):
            return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])
        return ""


def gatehouse_process(name: str, arguments: Iterable[str], log: Path, environment: dict[str, str]) -> Process:
    return Process(name, [sys.executable, "-m", "gatehouse", *arguments], log, environment)


@dataclass
class Box:
    """Keeper, server and edge of one installation. The edge may live in a home of its own."""

    home: Path
    port: int
    edge_home: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)
    address: Address | None = None

    def __post_init__(self) -> None:
        logs, edge_home = self.home / "logs", self.edge_home or self.home
        at, words = (["--at", self.address.origin], self.address.words) if self.address else ([], [])
        home = ["--home", str(self.home)]
        self.keeper = self._process("keeper", ["keeper", "run", *home, *at], logs)
        self.server = self._process("server", ["server", *home, "--port", str(self.port), *words], logs)
        self.edge = self._process("edge", ["edge", "run", "--home", str(edge_home)], edge_home / "logs")

    def _process(self, name: str, arguments: list[str], logs: Path) -> Process:
        return gatehouse_process(name, arguments, logs / f"{name}.out", self.environment)

    @property
    def url(self) -> str:
        """Where people go."""
        return self.address.origin if self.address else f"http://localhost:{self.port}"

    def server_answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def keeper_listens(self) -> bool:
        path = self.home / "keeper" / "keeper.sock"
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(str(path))
            return True
        return False

    def start_keeper(self, given_up: Callable[[], bool] = lambda: False) -> None:
        """Returns when it listens, or when nobody waits for it any more. Raises StartFailed."""
        self.keeper.start()
        self.keeper.wait_until(lambda: given_up() or self.keeper_listens())

    def start_server(self, given_up: Callable[[], bool] = lambda: False) -> None:
        self.server.start()
        self.server.wait_until(lambda: given_up() or self.server_answers(), within_s=120)

    def stop(self) -> None:
        """The edge first, so that its last letters still find a server; the keeper last."""
        for process in (self.edge, self.server, self.keeper):
            process.stop()


class Watch:
    """Starts again whatever died, one that dies again and again after ever longer pauses."""

    def __init__(self, processes: Iterable[Process], say: Callable[[str], None]) -> None:
        self.processes = list(processes)
        self._say = say
        self._falls: dict[str, tuple[int, float]] = {}  # how often in a row, and when it may be started again

    def round(self) -> None:
        for process in self.processes:
            if process.alive:
                self._steady(process)
            else:
                self._raise_up(process)

    def _steady(self, process: Process) -> None:
        """A process that has lived for the longest pause has not died again and again."""
        falls, since_s = self._falls.get(process.name, (0, 0.0))
        if falls and monotonic_s() - since_s > LONGEST_PAUSE_S:
            del self._falls[process.name]

    def _raise_up(self, process: Process) -> None:
        falls, not_before_s = self._falls.get(process.name, (0, 0.0))
        now_s = monotonic_s()
        if now_s < not_before_s:
            return
        self._falls[process.name] = (falls + 1, now_s + min(LONGEST_PAUSE_S, RESTART_AFTER_S * 2**falls))
        self._say(f"{process.name} ended and is started again; its log is {process.log}")
        process.start()


def watch(processes: Iterable[Process], stopping: threading.Event, say: Callable[[str], None]) -> None:
    """Start again whatever dies, until `stopping` is set."""
    watched = Watch(processes, say)
    while not stopping.wait(RESTART_AFTER_S):
        watched.round()


def sign_in_link(home: Path, url: str, role: str = Role.OWNER) -> str:
    """A one-time link at this address for an operator who is new here. Raises StartFailed."""
    try:
        code = invite_operator(home, str(uuid4()), Role(role))
    except KeeperAway as fault:
        raise StartFailed(f"no keeper answers for {home}; start it with `gatehouse up`") from fault
    except KeeperRefused as fault:
        raise StartFailed(f"the keeper refused: {fault.code}") from fault
    except PermissionError as fault:
        raise StartFailed(f"only the user that owns {home / 'keeper'} may invite") from fault
    return f"{url}/enter/{code}"
