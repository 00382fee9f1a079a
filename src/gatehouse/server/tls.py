"""TLS of the server: a certificate from the keeper's authority or from files, watched and taken anew while it runs.

The key of a local certificate is made at each start and lies in memory alone: the server's home holds no secret.
"""

import os
import socket
import ssl
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import msgspec
import structlog

from gatehouse.address import Address, BadAddress, Tls, own_addresses
from gatehouse.clock import Clock
from gatehouse.crypto import certificates
from gatehouse.keeper.protocol import Certified, Certify
from gatehouse.machine import replace_durably
from gatehouse.server import keeping
from gatehouse.server.address import here

RENEW_BEFORE = timedelta(days=30)
LOOK_EVERY_S = 3600.0
ADDRESS_FILE = "address.json"  # in HOME/server, for the doctor; nothing secret
log = structlog.get_logger()


def check_files(address: Address, now: datetime) -> datetime:
    """Until when an own certificate serves. Raises BadAddress."""
    assert address.cert is not None
    assert address.key is not None
    try:
        pair = address.cert.read_bytes(), address.key.read_bytes()
    except OSError as fault:
        raise BadAddress(f"{fault.filename} cannot be read ({fault.strerror})") from fault
    if address.key.stat().st_mode & 0o007:
        raise BadAddress(f"{address.key} can be read by everybody on this machine; run: chmod 600 {address.key}")
    try:
        return certificates.check(*pair, address.name, now)
    except certificates.Unfit as fault:
        raise BadAddress(f"{address.cert}: {fault}") from fault


class Door:
    """The context that uvicorn serves with. `look` takes a newer certificate into it; open connections keep the old."""

    def __init__(self, address: Address, clock: Clock) -> None:
        """Raises BadAddress, KeeperAway, KeeperRefused."""
        self._address, self._clock = address, clock
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._stamp: tuple[float, ...] = ()
        self.until = self._take()

    def _take(self) -> datetime:
        return self._take_files() if self._address.tls is Tls.OWN else self._take_local()

    def _take_files(self) -> datetime:
        cert, key = self._address.cert, self._address.key
        assert cert is not None
        assert key is not None
        until = check_files(self._address, self._clock.now())
        self.context.load_cert_chain(cert, key)
        self._stamp = self._stamps()
        return until

    def _take_local(self) -> datetime:
        key = certificates.new_server_key()
        csr = certificates.ask(key, [self._address.name], private_addresses())
        made = keeping.must(Certify(csr=csr), Certified)
        _load(self.context, made.certificate + made.authority, key)
        here.authority = made.authority
        return certificates.until(made.certificate)

    def _stamps(self) -> tuple[float, ...]:
        return tuple(path.stat().st_mtime for path in (self._address.cert, self._address.key) if path is not None)

    def look(self) -> bool:
        """Take a newer certificate where it is time, or where the files have changed; whether one was taken. One that
        cannot be used leaves the old in place and is said. Raises nothing of the sort."""
        if not self._is_due():
            return False
        try:
            self.until = self._take()
        except (BadAddress, ssl.SSLError, OSError, keeping.KeeperRefused) as fault:
            log.error("certificate.unusable", fault=type(fault).__name__)
            return False
        log.info("certificate.taken")
        return True

    def _is_due(self) -> bool:
        if self._address.tls is Tls.OWN:
            with suppress(OSError):
                return self._stamps() != self._stamp
            return False
        return self.until - self._clock.now() < RENEW_BEFORE

    def watch(self, home: Path, stopping: threading.Event) -> None:
        """Look every hour, until told to stop."""
        while not stopping.wait(LOOK_EVERY_S):
            if self.look():
                tell(home, self._address, self.until)


def _load(context: ssl.SSLContext, chain: bytes, key: bytes) -> None:
    """OpenSSL takes files only: the key is one in memory, which no disk ever sees."""
    handle = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        os.write(handle, key)
        with NamedTemporaryFile(suffix=".pem") as file:
            file.write(chain)
            file.flush()
            context.load_cert_chain(file.name, f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


def private_addresses() -> list[str]:
    """Those of this machine that stay within a site."""
    return sorted(one for one in own_addresses() if certificates.is_private(one))


def listen(port: int) -> socket.socket:
    """Every network of this machine. Raises BadAddress."""
    both: dict[str, Any] = {"family": socket.AF_INET6, "dualstack_ipv6": True} if _has_both() else {}
    try:
        return socket.create_server(("", port), backlog=2048, **both)
    except OSError as fault:
        raise BadAddress(f"port {port} cannot be used ({fault.strerror}); choose another --https-port") from fault


def _has_both() -> bool:
    if not socket.has_dualstack_ipv6():
        return False
    with suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def tell(home: Path, address: Address | None, until: datetime | None = None) -> None:
    """Leave word for the doctor of how this installation is reached."""
    file = home / "server" / ADDRESS_FILE
    if address is None:
        file.unlink(missing_ok=True)
        return
    said = {"origin": address.origin, "tls": address.tls.value, "until": until.isoformat() if until else None}
    replace_durably(file, msgspec.json.encode(said))
