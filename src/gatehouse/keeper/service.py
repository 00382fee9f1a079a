"""The keeper's process: one Unix socket, one thread per connection, no network port.

`run(home, clock)` blocks until SIGTERM or SIGINT. `Service` is the same without signals, for tests and for the demo.
"""

import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, MutableMapping
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import structlog

from gatehouse.address import LOCALHOST, Origin
from gatehouse.clock import Clock
from gatehouse.keeper.erasing import finish_waiting
from gatehouse.keeper.errors import LogFull, UnsafeFile
from gatehouse.keeper.filling import sweep_grants
from gatehouse.keeper.frames import BrokenFrame, address, read_frame, write_frame
from gatehouse.keeper.protocol import AnyRequest, Refused
from gatehouse.keeper.vault import Vault
from gatehouse.keeper.verbs import answer
from gatehouse.machine import leave_no_core

CONNECTIONS = 128
IDLE_S = 3600.0  # a connection that asks nothing
FRAME_S = 30.0  # a piece of a frame that does not come, or a reply that is not taken
SWEEP_S = 5.0
_PEER = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED
_decode = msgspec.msgpack.Decoder(AnyRequest).decode
_encode = msgspec.msgpack.Encoder().encode
_LOGGED = frozenset({"event", "actor", "budget", "window", "code", "fault", "where", "uid"})
log = structlog.get_logger()


class _Peers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """HOME/keeper/peers.json: other users whose processes may ask, as numeric ids."""

    uids: list[int]


def allowed_peers(folder: Path) -> frozenset[int]:
    """The keeper's own user and those of peers.json. Raises UnsafeFile when that file is no list of ids."""
    path = folder / "peers.json"
    if not path.exists():
        return frozenset({os.getuid()})
    try:
        return frozenset({os.getuid(), *msgspec.json.decode(path.read_bytes(), type=_Peers).uids})
    except msgspec.MsgspecError as fault:
        raise UnsafeFile(f'{path} must read {{"uids": [1000, ...]}}') from fault


class Service:
    """Listens on HOME/keeper/keeper.sock until `stop`."""

    def __init__(self, home: Path, clock: Clock, origin_at: Origin = LOCALHOST) -> None:
        """Raises KeeperError when the store or log cannot be opened safely."""
        self.vault = Vault(home, clock, origin_at)
        self.path = self.vault.folder / "keeper.sock"
        self._peers = allowed_peers(self.vault.folder)
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._listener = self._listen()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._accept, self._sweep)]

    def _listen(self) -> socket.socket:
        shared = len(self._peers) > 1
        # Other users need to reach the socket by name; they cannot list the folder, and every file in it is 0600.
        self.vault.folder.chmod(0o711 if shared else 0o700)
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with address(self.path) as name:
            listener.bind(name)
        self.path.chmod(0o666 if shared else 0o600)
        listener.listen(CONNECTIONS)
        return listener

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        log.info("keeper.ready")

    def stop(self) -> None:
        """Answer nobody any more; what the log holds in memory goes to disk."""
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            serving = dict(self._connections)
        for connection in serving:
            _hang_up(connection)
        for thread in (*self._threads, *serving.values()):
            thread.join(FRAME_S)
        self.path.unlink(missing_ok=True)
        self.vault.close()
        log.info("keeper.stopped")

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._stopping.is_set():
                    return
                log.warning("keeper.accept_failed")
                self._stopping.wait(0.1)
                continue
            _, uid, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
            if uid not in self._peers or len(self._connections) >= CONNECTIONS:
                log.warning("keeper.turned_away", uid=uid)
                connection.close()
                continue
            self._admit(connection)

    def _admit(self, connection: socket.socket) -> None:
        thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        with self._lock:
            self._connections[connection] = thread
        try:
            thread.start()
        except RuntimeError:  # no thread to be had: this caller may come again, the next ones must be heard
            log.warning("keeper.accept_failed")
            with self._lock:
                del self._connections[connection]
            connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while self._answer_one(connection):
                pass
        except (BrokenFrame, OSError) as fault:
            if not self._stopping.is_set():
                log.warning("keeper.dropped", fault=type(fault).__name__)
        finally:
            with self._lock:
                del self._connections[connection]
            connection.close()

    def _answer_one(self, connection: socket.socket) -> bool:
        """False when the other side has closed."""
        connection.settimeout(IDLE_S)
        frame = read_frame(connection, FRAME_S)
        if frame is None:
            return False
        reply = answer(self.vault, _request(frame))
        write_frame(connection, _encode(reply))
        if isinstance(reply, Refused):
            log.info("keeper.refused", code=reply.code)
        return True

    def _sweep(self) -> None:
        """Lines that nobody waited for go to disk, and what has ended goes away. A disk that refuses one chore stops
        neither the others nor the next round."""
        chores = (
            self.vault.remember_head,
            self.vault.make_days,
            self.vault.store.wipe,
            lambda: self.vault.upkeep.look(self.vault.now()),
            lambda: self.vault.tickets.sweep(self.vault.now()),
            lambda: sweep_grants(self.vault),
            lambda: self.vault.bulks.sweep(self.vault.now()),
            lambda: finish_waiting(self.vault),
            lambda: self.vault.lockout.sweep(self.vault.now()),
            lambda: self.vault.pending.sweep(self.vault.now()),
        )
        while not self._stopping.wait(SWEEP_S):
            for chore in chores:
                _tried(chore)


def _request(frame: bytes) -> AnyRequest:
    """Raises BrokenFrame for what is no request: also for text that is no UTF-8, which msgspec tells in its own way."""
    try:
        found: AnyRequest = _decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise BrokenFrame("no request") from fault
    return found


def _tried(chore: Callable[[], object]) -> None:
    try:
        chore()
    except LogFull:
        log.error("keeper.log_full")
    except Exception as fault:  # noqa: BLE001  outermost: this thread is the only one that does it
        log.error("keeper.fault", fault=type(fault).__name__)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


def run(home: Path, clock: Clock, origin_at: Origin = LOCALHOST) -> None:
    """Hold the keys of HOME/keeper and answer on its socket until SIGTERM or SIGINT; people sign in at `origin_at`.
    Raises KeeperError."""
    harden()
    log_to_stderr()
    service = Service(home, clock, origin_at)
    ended = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    service.start()
    ended.wait()
    service.stop()


def harden() -> None:
    """New files are the owner's alone; no core dump, no debugger of the same user, no plaintext in a traceback."""
    os.umask(0o077)
    leave_no_core()
    threading.excepthook = _report
    sys.excepthook = lambda kind, fault, trace: log.error("keeper.fault", fault=kind.__name__)


def log_to_stderr() -> None:
    """One JSON object a line, and nothing in it but the listed keys."""
    structlog.configure(
        processors=[
            _listed_only,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _listed_only(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in event.items() if key in _LOGGED}


def _report(args: threading.ExceptHookArgs) -> None:
    """Where a thread failed and how, never with what."""
    place = args.exc_traceback
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}"
    log.error("keeper.fault", fault=args.exc_type.__name__, where=where)
