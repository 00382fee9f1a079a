"""Look at one's own installation as a stranger on the network would: what answers without signing in?"""

import socket
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import httpx

from gatehouse.doctor.findings import Finding, bad, ok, warn

PRIVATE_PATHS = (
    "watch/", "people/", "month/", "trust/", "me/", "backoffice/", "admin/", "api/docs", "api/openapi.json",
    "api/people", "media/", "uploads/", "backup/", "backups/", "logs/", "server/gatehouse.db", "gatehouse.db",
    "keeper/root.key", "edge/feed", ".git/config", ".env", "debug/", "metrics", "__debug__/",
    "static/../../server/gatehouse.db",
)  # fmt: skip
DATABASE_PORTS = {
    5432: "PostgreSQL", 3306: "MySQL", 27017: "MongoDB", 6379: "Redis", 9200: "Elasticsearch", 1883: "MQTT",
    11211: "memcached", 8554: "RTSP",
}  # fmt: skip
PROMPT_S = 5.0


def examine(url: str) -> Iterator[Finding]:
    """Raises httpx.HTTPError when nothing answers at `url`, ValueError when it is no http(s) address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url} is no address such as https://gate.example.org")
    base = url if url.endswith("/") else url + "/"
    with httpx.Client(timeout=PROMPT_S, follow_redirects=False) as client:
        front = client.get(base)
        yield from _front(front, parts.scheme)
        yield from _paths(client, base)
        yield from _openapi(client, base)
        yield from _error_page(client, base)
    yield from _ports(parts.hostname)


def _front(answer: httpx.Response, scheme: str) -> Iterator[Finding]:
    if scheme == "http" and urlsplit(str(answer.url)).hostname not in ("localhost", "127.0.0.1", "::1"):
        yield bad("tls.absent", "pages travel unencrypted", "put TLS in front, or bind to localhost only")
    if "server" in answer.headers and any(sign.isdigit() for sign in answer.headers["server"]):
        yield warn("banner", "the server's banner tells its version", "switch the banner off")
    for header in ("content-security-policy", "x-content-type-options", "referrer-policy"):
        if header not in answer.headers:
            yield warn("header.absent", f"no {header} header on the first page", "put no proxy that drops headers")


def _paths(client: httpx.Client, base: str) -> Iterator[Finding]:
    answering = [path for path in PRIVATE_PATHS if _gives(client.get(urljoin(base, path)))]
    for path in answering:
        yield bad("route.open", f"/{path} answers without signing in", "take it off the network at once")
    if not answering:
        yield ok("route.open", f"{len(PRIVATE_PATHS)} private addresses ask to sign in or do not exist")


def _gives(answer: httpx.Response) -> bool:
    """A page with content; a redirect to the sign-in, a refusal or an error gives nothing."""
    return answer.is_success and bool(answer.content)


def _openapi(client: httpx.Client, base: str) -> Iterator[Finding]:
    """If the route table can be read, try every plain GET route that it names."""
    answer = client.get(urljoin(base, "api/openapi.json"))
    if not answer.is_success:
        return
    try:
        routes = answer.json()["paths"]
    except (ValueError, KeyError, TypeError):
        return
    for path, verbs in routes.items():
        if "get" in verbs and "{" not in path and _gives(client.get(urljoin(base, path.lstrip("/")))):
            yield bad("api.open", f"{path} answers without signing in", "take it off the network at once")


def _error_page(client: httpx.Client, base: str) -> Iterator[Finding]:
    answer = client.get(urljoin(base, "no-such-page-here/"))
    if "DEBUG = True" in answer.text or "Traceback" in answer.text:
        yield bad("debug.on", "error pages show the program's insides", "unset GATEHOUSE_DEBUG and start again")


def _ports(host: str) -> Iterator[Finding]:
    opened = []
    for port, name in DATABASE_PORTS.items():
        try:
            with socket.create_connection((host, port), timeout=2):
                opened.append((port, name))
        except OSError:
            continue
    for port, name in opened:
        yield bad("port.open", f"port {port} ({name}) of {host} can be reached from here", "close it in the firewall")
    if not opened:
        yield ok("port.open", f"no database or broker port of {host} can be reached from here")
