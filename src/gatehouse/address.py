"""Under which name others reach an installation, and who speaks TLS for it. Without one it answers localhost only."""

import ipaddress
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

HTTPS_PORT = 8443
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class BadAddress(ValueError):
    """It cannot be reached like this; the text says why and what to do."""


class Tls(StrEnum):
    """Where the certificate comes from."""

    LOCAL = "local"  # the keeper's own authority, which tablets and PCs are told to trust
    OWN = "own"  # files of whoever runs the site
    PROXY = "proxy"  # a reverse proxy on this machine speaks TLS; the server itself stays on localhost


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    port: int
    tls: Tls
    cert: Path | None = None
    key: Path | None = None

    @property
    def origin(self) -> str:
        return f"https://{self.name}" if self.port == 443 else f"https://{self.name}:{self.port}"

    @property
    def words(self) -> list[str]:
        """As the `gatehouse server` command takes it."""
        said = ["--host", self.name, "--https-port", str(self.port)]
        if self.tls is Tls.PROXY:
            said.append("--behind-proxy")
        if self.cert is not None and self.key is not None:
            said += ["--cert", str(self.cert), "--key", str(self.key)]
        return said


def address(
    host: str, port: int | None, *, cert: Path | None = None, key: Path | None = None, behind_proxy: bool = False
) -> Address | None:
    """What the options of the command say; None for localhost only. Raises BadAddress."""
    if not host:
        if cert or key or behind_proxy or port:
            raise BadAddress("say the name, too: --host gate.example.org")
        return None
    if (cert is None) != (key is None):
        raise BadAddress("a certificate needs its key: --cert FILE --key FILE")
    if cert is not None and behind_proxy:
        raise BadAddress("the proxy holds the certificate: leave out --cert and --key, or --behind-proxy")
    name = checked_name(host)
    if behind_proxy:
        return Address(name, port or 443, Tls.PROXY)
    if cert is not None and key is not None:
        return Address(name, port or HTTPS_PORT, Tls.OWN, cert.absolute(), key.absolute())
    return Address(name, port or HTTPS_PORT, Tls.LOCAL)


def checked_name(host: str) -> str:
    """A DNS name in lower case. Raises BadAddress."""
    name = host.strip().rstrip(".").lower()
    if name in LOCAL_NAMES:
        raise BadAddress(f"{name} needs no --host: without it Gatehouse answers on this machine only, without TLS")
    if _is_ip(name):
        raise BadAddress(
            f"{host} is an address: passkeys and tablet cameras need a name with TLS. Give this machine a name"
            " (in your router, DNS, or as NAME.local) and say --host NAME"
        )
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise BadAddress(f"{host} is no name such as gate.example.org (letters, digits, dots and dashes)")
    return name


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return text.replace(".", "").isdigit()
    return True


@dataclass(frozen=True, slots=True)
class Origin:
    """A web origin that people sign in at, as the keeper was told: scheme, name and port."""

    text: str
    name: str

    def is_from(self, said: str) -> bool:
        """On this machine any port will do: browsers hold localhost for safe, and only its own programs reach it."""
        if self.name != "localhost":
            return said == self.text
        try:
            parts = urlsplit(said)
            return parts.scheme in ("http", "https") and parts.netloc == _netloc("localhost", parts.port)
        except ValueError:
            return False


def _netloc(name: str, port: int | None) -> str:
    return name if port is None else f"{name}:{port}"


LOCALHOST = Origin("http://localhost", "localhost")


def origin(text: str) -> Origin:
    """Raises BadAddress for what is no https://NAME[:PORT]."""
    try:
        parts = urlsplit(text)
        name, port = checked_name(parts.hostname or ""), parts.port
    except ValueError as fault:
        raise BadAddress(f"{text} is no address such as https://gate.example.org:8443") from fault
    if parts.scheme != "https" or text != f"https://{_netloc(name, port)}" or port == 443:
        raise BadAddress(f"{text} is no address such as https://gate.example.org:8443")
    return Origin(text, name)


def own_addresses() -> list[str]:
    """This machine's addresses, as far as it has any: first those by which it would reach others, then its name's.
    Nothing is sent."""
    found: list[str] = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))
            found.append(str(probe.getsockname()[0]))
    with suppress(OSError):
        found += [str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None)]
    return [one for one in dict.fromkeys(found) if "%" not in one]
