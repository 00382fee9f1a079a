"""A camera that can be found, as a program on a UDP socket; it can be told to answer with garbage.

It answers a WS-Discovery probe as ONVIF cameras do, once for each of `answers` (a function of the probe's id).
"""

import re
import socket
import threading
from collections.abc import Callable, Sequence

_ID = re.compile(rb"MessageID>uuid:([0-9a-f-]{36})<")
_MATCH = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"\
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<s:Header><a:RelatesTo>uuid:{probe}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/type/video_encoder \
onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/{model}</d:Scopes>
<d:XAddrs>http://{host}/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""

Answer = Callable[[str], bytes]


def a_camera(name: str, model: str, host: str = "192.0.2.7") -> Answer:
    """What a camera answers; `host` is where it claims to be."""
    return lambda probe: _MATCH.format(probe=probe, name=name, model=model, host=host).encode()


class DiscoverySimulator:
    """Listens from `start()` to `stop()` at `address`."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = answers
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._line.bind(("127.0.0.1", 0))
        self._line.settimeout(0.1)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._line.getsockname()[:2]
        return str(host), int(port)

    def start(self) -> "DiscoverySimulator":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._line.close()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                data, caller = self._line.recvfrom(16 * 1024)
            except TimeoutError:
                continue
            probe = _ID.search(data)
            for answer in self._answers if probe else ():
                self._line.sendto(answer(probe[1].decode() if probe else ""), caller)
