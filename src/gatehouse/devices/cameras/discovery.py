"""Which cameras there are on this network: one ONVIF probe (OASIS WS-Discovery 1.0, UDP multicast), and whoever
answers within some seconds.

An answer is a stranger's word. It is believed about the machine that sent it only, each answer is bounded in size and
their number in all; what is no answer is dropped.
"""

import re
import socket
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import uuid4

from gatehouse.clock import monotonic_s

GROUP = ("239.255.255.250", 3702)
WAIT_S = 4.0
DATAGRAM = 16 * 1024
MOST_CAMERAS = 64
MOST_ANSWERS = 1000
TEXT_LIMIT = 60
_HOPS = 1  # not beyond this network

_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"\
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<e:Header><w:MessageID>uuid:{own}</w:MessageID>\
<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>\
<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""
_SCOPE = re.compile(r"onvif://www\.onvif\.org/(name|hardware)/(\S{1,200})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Discovered:
    """A camera by the address that it answered from, and what it says of itself."""

    host: str
    name: str = ""
    model: str = ""


def discover(wait_s: float = WAIT_S, group: tuple[str, int] = GROUP) -> list[Discovered]:
    """Who answers the probe, in the order of their addresses. An empty list also where this machine has no network."""
    own = str(uuid4())
    found: dict[str, Discovered] = {}
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, struct.pack("b", _HOPS))
            line.sendto(_PROBE.format(own=own).encode(), group)
            for data, host in _answers(line, wait_s):
                camera = read_answer(data, host, own)
                if camera is not None:
                    found[host] = camera
                if len(found) >= MOST_CAMERAS:
                    break
    except OSError:
        return []
    return sorted(found.values(), key=lambda one: [part.zfill(3) for part in one.host.split(".")])


def _answers(line: socket.socket, wait_s: float) -> Iterator[tuple[bytes, str]]:
    ends = monotonic_s() + wait_s
    for _ in range(MOST_ANSWERS):
        left = ends - monotonic_s()
        if left <= 0:
            return
        line.settimeout(left)
        try:
            data, (host, _port) = line.recvfrom(DATAGRAM)
        except TimeoutError:
            return
        yield data, host


def read_answer(data: bytes, host: str, question: str) -> Discovered | None:
    """The camera that answers this question; None for what is no such answer."""
    # Entities are the one thing that makes small XML large or reach for files: no camera needs a document type.
    if b"<!" in data.replace(b"<!--", b""):
        return None
    try:
        tree = ElementTree.fromstring(data)  # noqa: S314 - bounded, and without a document type
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    texts = {node.tag.rpartition("}")[2]: (node.text or "") for node in tree.iter()}
    if "ProbeMatch" not in texts or question not in texts.get("RelatesTo", ""):
        return None
    if "NetworkVideoTransmitter" not in texts.get("Types", ""):
        return None
    told = {kind.lower(): _plain(value) for kind, value in _SCOPE.findall(texts.get("Scopes", ""))}
    return Discovered(host, told.get("name", ""), told.get("hardware", ""))


def _plain(value: str) -> str:
    text = unquote(value, errors="replace").replace("_", " ")
    return "".join(sign for sign in text if sign.isprintable())[:TEXT_LIMIT].strip()
