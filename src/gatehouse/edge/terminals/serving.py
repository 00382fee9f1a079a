"""The thread that listens for tablets on the site's network, while the site has a terminal and no longer.

Browsers give a camera only to a page that came over TLS, so the edge shows a certificate: its own, made here and told
by its fingerprint in `gatehouse edge status`, or one of the site's that was put in its place.
"""

import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import structlog
import uvicorn

from gatehouse.clock import Clock, monotonic_s
from gatehouse.edge import config
from gatehouse.edge.errors import EdgeError
from gatehouse.edge.gatekeeper import Gatekeeper
from gatehouse.edge.looking import Looker
from gatehouse.edge.pins import Pins
from gatehouse.edge.roster import Device, Knowledge
from gatehouse.edge.terminals import places
from gatehouse.edge.terminals.asking import Asking
from gatehouse.edge.terminals.pairing import Pairings
from gatehouse.edge.terminals.web import Application

log = structlog.get_logger()

TRY_AGAIN_S = 30.0
MOST_AT_ONCE = 64  # connections


class Terminals:
    """The paired browsers of one edge, and the thread that hears them. `keep` is called again and again."""

    def __init__(
        self,
        home: Path,
        settings: config.EdgeConfig,
        clock: Clock,
        *,
        knowledge: Callable[[], Knowledge],
        keeper: Callable[[str], Gatekeeper | None],
    ) -> None:
        self._home = home
        self._config = settings
        self._clock = clock
        self._knowledge = knowledge
        self._keeper = keeper
        self.pins = Pins(knowledge, clock)
        self._pairings = Pairings(places.pairings_path(home))
        self._lock = threading.Lock()
        self._asking: dict[str, Asking] = {}
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._not_before_s = float("-inf")

    # --- for the requests -----------------------------------------------------------------------------------------

    def pair(self, code: str) -> str | None:
        """See `web.Terminals`."""
        paired = self._pairings.pair(code, self._known(), self._clock.now())
        if paired is None:
            return None
        log.info("terminal.paired", device=paired.terminal.id, gate=paired.terminal.gate)
        with self._lock:
            self._asking.pop(paired.terminal.id, None)
        keeper = self._keeper(paired.terminal.gate)
        if keeper is not None:
            keeper.report("terminal_paired", paired.terminal.id)
        return paired.token

    def asking(self, token: str) -> Asking | None:
        """See `web.Terminals`."""
        terminal = self._pairings.terminal_of(token, self._known())
        if terminal is None:
            return None
        with self._lock:
            found = self._asking.get(terminal.id)
            if found is None or found.terminal != terminal:
                found = self._asking[terminal.id] = self._made(terminal)
            return found

    def _made(self, terminal: Device) -> Asking:
        return Asking(
            terminal,
            Looker(self._config.site, self._config.keeper_verify_key),
            keeper=lambda: self._keeper(terminal.gate),
            knowledge=self._knowledge,
            pins=self.pins,
            clock=self._clock,
        )

    def _known(self) -> list[Device]:
        return [device for device in self._knowledge().devices if device.kind == "terminal"]

    # --- the thread -----------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Listen while there is a terminal, stop when there is none; a thread that died is begun anew after a while."""
        wanted = bool(self._known())
        lives = self._thread is not None and self._thread.is_alive()
        if wanted and not lives and monotonic_s() >= self._not_before_s:
            self._not_before_s = monotonic_s() + TRY_AGAIN_S
            self._listen()
        elif not wanted and lives:
            self.stop()

    def _listen(self) -> None:
        try:
            host, port = places.parse_place(self._config.terminals)
            certificate = places.ready_certificate(self._home, self._clock.now())
            heard = places.bound(host, port)
        except (EdgeError, OSError, ssl.SSLError) as fault:
            log.error("terminals.not_heard", fault=type(fault).__name__)
            return
        made = uvicorn.Config(
            Application(self),
            ssl_certfile=str(certificate),
            log_config=None,
            log_level="critical",  # a traceback may hold what was read
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_keep_alive=20,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=16 * 1024,
        )
        self._server = server = uvicorn.Server(made)
        self._thread = threading.Thread(target=server.run, kwargs={"sockets": [heard]}, name="terminals", daemon=True)
        self._thread.start()
        log.info("terminals.heard")

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(5.0)
        self._server = self._thread = None
