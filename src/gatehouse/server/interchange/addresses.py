"""Which addresses this server speaks to on an owner's word, and at which IP.

An owner of one site must not make the server speak to its neighbours: the name is resolved once, every answer has to be
a public address, and the connection goes to just that address. Whoever runs the server may allow hosts by name
(GATEHOUSE_HOOK_HOSTS), also private ones and without TLS.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx
from django.conf import settings

URL_LIMIT = 500
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect: `url` with the IP in place of the name, and the name for the Host header and TLS."""

    url: httpx.URL
    host: str
    header: str


@dataclass(frozen=True, slots=True)
class NoAddress:
    """Codes: `bad_address`, `not_https`, `private`, `unresolved`."""

    code: str


def looked_at(url: str) -> httpx.URL | NoAddress:
    """The address by its letters alone."""
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError):
        return NoAddress("bad_address")
    if (
        not found.host
        or found.userinfo
        or found.fragment
        or len(url) > URL_LIMIT
        or found.scheme not in ("http", "https")
    ):
        return NoAddress("bad_address")
    if found.host in settings.HOOK_HOSTS:
        return found
    if found.scheme != "https" or found.port not in (None, 443):
        return NoAddress("not_https")
    return found


def resolved(url: str) -> Place | NoAddress:
    """Looked up anew before every delivery: a name may come to point elsewhere."""
    found = looked_at(url)
    if isinstance(found, NoAddress):
        return found
    try:
        answers = socket.getaddrinfo(found.host, found.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return NoAddress("unresolved")
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    if not addresses:
        return NoAddress("unresolved")
    if found.host not in settings.HOOK_HOSTS and not all(is_public(one) for one in addresses):
        return NoAddress("private")
    return Place(found.copy_with(host=addresses[0]), found.host, found.netloc.decode("ascii"))


def is_public(address: str) -> bool:
    """Whether the address lies in the internet, also as IPv4 within IPv6."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            return is_public(str(IPv4Address(int(found) & 0xFFFFFFFF)))
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return found.is_global and not found.is_multicast
