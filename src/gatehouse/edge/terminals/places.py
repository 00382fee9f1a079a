"""Where tablets find an edge, and what it shows them: address, certificate, files."""

import socket
from datetime import datetime, timedelta
from pathlib import Path

from gatehouse.address import own_addresses
from gatehouse.crypto import self_signed
from gatehouse.crypto.errors import Malformed
from gatehouse.edge import config
from gatehouse.edge.errors import EdgeError
from gatehouse.machine import replace_durably

RENEW_BEFORE = timedelta(days=30)
NAME = "Gatehouse edge"


def pairings_path(home: Path) -> Path:
    return config.folder(home) / "terminals.json"


def certificate_path(home: Path) -> Path:
    return config.folder(home) / "terminals.pem"


def parse_place(place: str) -> tuple[str, int]:
    """HOST:PORT. Raises EdgeError."""
    host, _, port = place.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise EdgeError("edge.json: terminals is HOST:PORT")
    return host.strip("[]"), int(port)


def bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    heard = socket.create_server((host, port), family=family, backlog=64)
    heard.set_inheritable(False)
    return heard


def ready_certificate(home: Path, now: datetime) -> Path:
    """The PEM that is shown to tablets: what lies there, or a new one for where there is none or an own one is about to
    end. Raises OSError, EdgeError for a file that is none."""
    path = certificate_path(home)
    try:
        found = path.read_bytes()
        if self_signed.issuer(found) != NAME or self_signed.ends(found) - now > RENEW_BEFORE:
            return path
    except FileNotFoundError:
        pass
    except Malformed as fault:
        raise EdgeError(f"{path} is no certificate with its key") from fault
    replace_durably(path, self_signed.self_signed(NAME, _names(), now))
    return path


def _names() -> list[str]:
    """Under which tablets may find this machine."""
    return list(dict.fromkeys(["localhost", "127.0.0.1", socket.gethostname(), *own_addresses()]))


def address_of(place: str) -> str:
    """What to type on a tablet of the same network."""
    try:
        host, port = parse_place(place)
    except EdgeError:
        return "nowhere: edge.json, terminals is HOST:PORT"
    shown = next(iter(own_addresses()), "127.0.0.1") if host in {"0.0.0.0", "::"} else host  # noqa: S104
    return f"https://[{shown}]:{port}/" if ":" in shown else f"https://{shown}:{port}/"


def fingerprint_of(home: Path) -> str:
    """Of the certificate that tablets are shown; "" while there is none."""
    try:
        return self_signed.fingerprint(certificate_path(home).read_bytes())
    except (OSError, Malformed):
        return ""
