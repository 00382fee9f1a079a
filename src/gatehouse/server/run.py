"""The server's process: tables brought up to date, then pages, edges' port and ticker.

Plain HTTP is spoken on localhost only: to the edge and the shell of this machine, and to a reverse proxy on it. Others
come in by TLS under a name, or not at all.
"""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatehouse.address import Address, Tls
from gatehouse.clock import Clock
from gatehouse.machine import lock

if TYPE_CHECKING:
    from gatehouse.server.tls import Door

LOCAL_HOSTS = {"127.0.0.1", "::1", "localhost"}
# Whose X-Forwarded-For and -Proto are believed: programs on this machine, and the proxies of this setting (addresses or
# networks, with commas) that stand before them. Else all drivers behind an outer one share one cap.
PROXIES = "GATEHOUSE_PROXIES"


class BadProxies(ValueError):
    """GATEHOUSE_PROXIES names something that is neither an address nor a network."""


class NotLocal(ValueError):
    """An address that others could reach without TLS; say --host NAME instead, or put a proxy with TLS in front."""


class AlreadyRunning(RuntimeError):
    """Another server works in this home: two would run every nightly job twice, and feed their edges by halves."""


@contextmanager
def claimed(home: Path) -> Iterator[None]:
    """Be the only server of this home within the block; the system lets go of it when the process dies. Raises
    AlreadyRunning."""
    try:
        handle = lock(home / "server" / "running.lock")
    except BlockingIOError as fault:
        raise AlreadyRunning(f"a server is running in {home}") from fault
    with handle:
        yield


def prepare(home: Path, clock: Clock) -> None:
    """Set Django up for this home, take its signing key, bring its tables up to date, and learn which rows are nobody's
    before anything is listed. Raises KeeperAway, KeeperRefused."""
    set_up(home, clock)
    from gatehouse.server.people import honeys  # noqa: PLC0415  after Django is set up
    from gatehouse.server.schema import bring_up_to_date  # noqa: PLC0415

    bring_up_to_date()
    honeys.learn()


def set_up(home: Path, clock: Clock) -> None:
    """As `prepare`, without a look at the database. Raises KeeperAway."""
    os.environ["GATEHOUSE_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gatehouse.server.settings")
    os.umask(0o077)
    (home / "server").mkdir(parents=True, exist_ok=True)
    import django  # noqa: PLC0415  settings read the environment when Django is set up

    django.setup()
    from django.conf import settings  # noqa: PLC0415

    from gatehouse.keeper.client import Client  # noqa: PLC0415
    from gatehouse.server import keeping, logs, moment  # noqa: PLC0415

    logs.configure(home / "logs")
    moment.use(clock)
    keeping.configure(Client(home / "keeper" / "keeper.sock"))
    settings.SECRET_KEY = keeping.secret("django").hex()


def trusted_proxies() -> list[str]:
    """Raises BadProxies; for "*" too, since then drivers would choose their addresses."""
    found = ["127.0.0.1", "::1"]
    for part in filter(None, map(str.strip, os.environ.get(PROXIES, "").split(","))):
        try:
            found.append(str(ip_network(part)))
        except ValueError as fault:
            raise BadProxies(f"{PROXIES}: {part} is no address and no network; write 192.0.2.0/24, say") from fault
    return found


def run(home: Path, port: int, clock: Clock, host: str = "127.0.0.1", address: Address | None = None) -> None:
    """Serve until SIGTERM or SIGINT: localhost, and with an address its name by TLS. Raises NotLocal, BadAddress,
    BadProxies, AlreadyRunning, KeeperAway, KeeperRefused (by a keeper that was started for another name)."""
    if host not in LOCAL_HOSTS:
        raise NotLocal(f"{host} is reachable by others; plain HTTP is for localhost only, others need --host NAME")
    trusted_proxies()  # said before anything is started
    os.umask(0o077)
    (home / "server").mkdir(parents=True, exist_ok=True)
    with claimed(home):
        _serve(home, port, clock, host, address)


def _take_name(address: Address) -> None:
    """Answer to the name from now on; links that are handed out carry it."""
    from django.conf import settings  # noqa: PLC0415

    from gatehouse.server.address import here  # noqa: PLC0415
    from gatehouse.server.tls import private_addresses  # noqa: PLC0415

    here.address = address
    settings.PUBLIC_URL = settings.PUBLIC_URL or address.origin
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, address.name]
    if address.tls is Tls.LOCAL:  # a tablet that does not know the name yet can read how to trust it
        settings.ALLOWED_HOSTS += [f"[{one}]" if ":" in one else one for one in private_addresses()]


def _serve(home: Path, port: int, clock: Clock, host: str, address: Address | None) -> None:
    prepare(home, clock)
    import structlog  # noqa: PLC0415
    import uvicorn  # noqa: PLC0415

    from gatehouse.server.asgi import application  # noqa: PLC0415
    from gatehouse.server.jobs import Ticker  # noqa: PLC0415
    from gatehouse.server.people import honeys  # noqa: PLC0415
    from gatehouse.server.reindex import reindex  # noqa: PLC0415
    from gatehouse.server.tls import Door, listen, tell  # noqa: PLC0415

    door, sockets = None, []
    if address is not None:
        _take_name(address)
    if address is not None and address.tls is not Tls.PROXY:
        door, sockets = Door(address, clock), [listen(address.port)]
    tell(home, address, door.until if door else None)
    honeys.lay()
    reindex()
    ticker = Ticker(clock)
    ticker.start()
    structlog.get_logger().info("server.ready", port=port)
    said: dict[str, Any] = {
        "log_config": None, "access_log": False, "server_header": False, "timeout_graceful_shutdown": 2,
        "lifespan": "off",
    }  # fmt: skip
    plain = uvicorn.Config(application, host=host, port=port, forwarded_allow_ips=trusted_proxies(), **said)
    with ExitStack() as ending:
        ending.callback(ticker.stop)
        if door is None:
            uvicorn.Server(plain).run()
            return
        assert address is not None
        ending.enter_context(_watched(door, home))
        # Nobody comes in here through a proxy, so nobody's word about whom they speak for is believed.
        closed = uvicorn.Config(
            application, ssl_context_factory=lambda _, __: door.context, proxy_headers=False, **said
        )
        asyncio.run(_together(uvicorn.Server(plain), uvicorn.Server(closed), sockets))


async def _together(plain: Any, closed: Any, sockets: list[Any]) -> None:
    """Both until a signal, or until one of them ends: a server that answers half its callers is started anew."""

    async def then_end(serving: Any, other: Any) -> None:
        await serving
        other.should_exit = True

    await asyncio.gather(then_end(plain.serve(), closed), then_end(closed.serve(sockets=sockets), plain))


@contextmanager
def _watched(door: "Door", home: Path) -> Iterator[None]:
    stopping = threading.Event()
    thread = threading.Thread(target=door.watch, args=(home, stopping), name="certificate", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(10)
