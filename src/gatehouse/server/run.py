"""The server's process: tables brought up to date, then pages, edges' port and ticker, on localhost only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

from gatehouse.clock import Clock
from gatehouse.machine import lock

LOCAL_HOSTS = {"127.0.0.1", "::1", "localhost"}
# Whose X-Forwarded-For and -Proto are believed: programs on this machine, and the proxies of this setting (addresses or
# networks, with commas) that stand before them. Else all drivers behind an outer one share one cap.
PROXIES = "GATEHOUSE_PROXIES"


class BadProxies(ValueError):
    """GATEHOUSE_PROXIES names something that is neither an address nor a network."""


class NotLocal(ValueError):
    """An address that others could reach; put a proxy with TLS in front instead."""


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
    """Set Django up for this home, take the signing key from the keeper, and migrate. Raises KeeperAway."""
    set_up(home, clock)
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", interactive=False, verbosity=0)


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


def run(home: Path, port: int, clock: Clock, host: str = "127.0.0.1") -> None:
    """Serve until SIGTERM or SIGINT. Raises NotLocal, BadProxies, AlreadyRunning, KeeperAway."""
    if host not in LOCAL_HOSTS:
        raise NotLocal(f"{host} is reachable by others; the server listens on localhost only")
    trusted_proxies()  # said before anything is started
    os.umask(0o077)
    (home / "server").mkdir(parents=True, exist_ok=True)
    with claimed(home):
        _serve(home, port, clock, host)


def _serve(home: Path, port: int, clock: Clock, host: str) -> None:
    prepare(home, clock)
    import structlog  # noqa: PLC0415
    import uvicorn  # noqa: PLC0415

    from gatehouse.server.asgi import application  # noqa: PLC0415
    from gatehouse.server.jobs import Ticker  # noqa: PLC0415
    from gatehouse.server.reindex import reindex  # noqa: PLC0415

    reindex()
    ticker = Ticker(clock)
    ticker.start()
    structlog.get_logger().info("server.ready", port=port)
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=trusted_proxies(),
        timeout_graceful_shutdown=2,
        lifespan="off",
    )
    try:
        uvicorn.Server(config).run()
    finally:
        ticker.stop()
