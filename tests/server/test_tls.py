"""Others come in by TLS under a name or not at all: real processes, real sockets."""

import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.server.tls_world import NAME, by_name, trusting

from gatehouse.address import Address, BadAddress, Tls, address, origin
from gatehouse.box.processes import Box, StartFailed, free_port
from gatehouse.clock import ShiftedClock
from gatehouse.crypto import certificates
from gatehouse.doctor import inside
from gatehouse.doctor.findings import Level
from gatehouse.edge import config as edge_config
from gatehouse.edge.uplink import Link, ServerAway
from gatehouse.keeper.protocol import Certified, Certify
from gatehouse.server import keeping, tls
from gatehouse.server.address import here


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"host": "0.0.0.0"}, "is an address"),
        ({"host": "192.168.1.4"}, "passkeys and tablet cameras need a name"),
        ({"host": "[::]"}, "is an address"),
        ({"host": "localhost"}, "needs no --host"),
        ({"host": "no name"}, "is no name"),
        ({"host": "-x.example"}, "is no name"),
        ({"host": "", "behind_proxy": True}, "say the name"),
        ({"host": "", "port": 8443}, "say the name"),
        ({"host": NAME, "cert": Path("a.pem")}, "needs its key"),
        ({"host": NAME, "cert": Path("a"), "key": Path("b"), "behind_proxy": True}, "the proxy holds the certificate"),
    ],
)
def test_an_address_without_a_name_or_tls_is_refused_with_what_to_do(said, why) -> None:
    with pytest.raises(BadAddress, match=why):
        address(**({"port": None} | said))


def test_a_name_is_taken_in_lower_case_and_443_is_not_said() -> None:
    assert address("Gate.Example.", None) == Address("gate.example", 8443, Tls.LOCAL)
    assert address(NAME, None, behind_proxy=True).origin == f"https://{NAME}"
    assert origin(f"https://{NAME}:8443").is_from(f"https://{NAME}:8443")
    for other in (f"http://{NAME}:8443", f"https://{NAME}", f"https://{NAME}:8443.evil.example", "null", ""):
        assert not origin(f"https://{NAME}:8443").is_from(other)
    with pytest.raises(BadAddress):
        origin(f"http://{NAME}")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_name_is_answered_by_tls_and_the_local_port_by_nobody_else(tmp_path) -> None:
    reached = Address(NAME, free_port(), Tls.LOCAL)
    box = Box(tmp_path / "h", free_port(), address=reached)
    try:
        box.start_keeper()
        box.start_server()
        der = httpx.get(f"http://127.0.0.1:{box.port}/certificate/gatehouse.crt", timeout=60).content
        authority = ssl.DER_cert_to_PEM_cert(der)
        with by_name(reached.port, trusting(authority)) as browser:
            form = browser.get(f"{reached.origin}/enter/")
            assert form.status_code == 200
            assert "Secure" in form.headers["set-cookie"]
            assert "strict-transport-security" not in form.headers  # else a lost authority would lock everybody out
            assert certificates.fingerprint(authority.encode()) in browser.get(f"{reached.origin}/certificate/").text
        with by_name(reached.port, ssl.create_default_context()) as stranger, pytest.raises(httpx.ConnectError):
            stranger.get(f"{reached.origin}/enter/")
        with pytest.raises(httpx.TransportError):  # plain HTTP is not spoken there
            httpx.get(f"http://127.0.0.1:{reached.port}/healthz")
        with closing(_edge(tmp_path, reached, authority)) as link, pytest.raises(ServerAway, match="status 401"):
            link.ask("GET", "/edge/feed", limit=100)  # heard, and not known here
        with closing(_edge(tmp_path, reached, "")) as link, pytest.raises(ServerAway, match="ConnectError"):
            link.ask("GET", "/edge/feed", limit=100)
        (said,) = inside.certificate(box.home)
        assert (said.level, NAME in said.what) == (Level.OK, True)
        for file in box.home.rglob("*"):
            if file.is_file() and file.parent.name != "keeper":
                assert b"PRIVATE KEY" not in file.read_bytes(), file
    finally:
        box.stop()


def _edge(folder: Path, reached: Address, authority: str) -> Link:
    home = folder / f"edge{len(authority)}"
    edge_config.init(home, reached.origin, edge="e", site="s", keeper_seal_key=b"k" * 32, keeper_verify_key=b"k" * 32)
    settings, keys = edge_config.load(home)
    trusts = msgspec.structs.replace(settings, server_authority=authority)
    link = Link(trusts, keys, ShiftedClock(folder / "clock"))
    link._client = by_name(reached.port, link._client._transport._pool._ssl_context)
    return link


@pytest.mark.parametrize("fault", ["ended", "another name", "another key", "absent", "open"])
def test_own_files_that_cannot_serve_are_said_before_anything_starts(tmp_path, fault) -> None:
    now = datetime.now(UTC)
    cert, key = _files(tmp_path, now - timedelta(days=100) if fault == "ended" else now)
    if fault == "another key":
        key.write_bytes(certificates.new_server_key())
    if fault == "absent":
        cert.unlink()
    if fault == "open":
        key.chmod(0o644)
    reached = Address("bank.example" if fault == "another name" else NAME, 8443, Tls.OWN, cert, key)
    with pytest.raises(BadAddress):
        tls.check_files(reached, now)


def _files(folder: Path, now: datetime) -> tuple[Path, Path]:
    private = certificates.new_server_key()
    authority = certificates.make_authority(b"a" * 32, NAME, now)
    made = certificates.issue(b"a" * 32, authority, certificates.ask(private, [NAME]), name=NAME, now=now)
    cert, key = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made)
    key.write_bytes(private)
    key.chmod(0o600)
    return cert, key


class _At:
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class _Vouching:
    """A keeper's authority, in this process."""

    def __init__(self, clock: _At) -> None:
        self.clock, self.authority, self.asked = clock, certificates.make_authority(b"a" * 32, NAME, clock.now()), 0

    def call(self, request: Certify) -> Certified:
        self.asked += 1
        at = self.clock.now()
        return Certified(certificates.issue(b"a" * 32, self.authority, request.csr, name=NAME, now=at), self.authority)


def test_a_local_certificate_is_taken_anew_a_month_before_it_ends() -> None:
    clock = _At(datetime.now(UTC))
    vouching = _Vouching(clock)
    keeping.configure(vouching)
    try:
        door = tls.Door(Address(NAME, 8443, Tls.LOCAL), clock)
        ends = door.until
        clock.at += timedelta(days=59)
        assert not door.look()
        clock.at += timedelta(days=2)
        assert door.look()
        assert door.until > ends
        assert vouching.asked == 2
    finally:
        keeping.configure(None)
        here.authority = None


def test_renewed_files_are_taken_and_broken_ones_leave_the_old_in_place(tmp_path) -> None:
    clock = _At(datetime.now(UTC))
    cert, key = _files(tmp_path, clock.at - timedelta(days=60))
    door = tls.Door(Address(NAME, 8443, Tls.OWN, cert, key), clock)
    ends = door.until
    assert not door.look()
    cert.write_bytes(b"half written")
    assert not door.look()
    _files(tmp_path, clock.at)
    assert door.look()
    assert door.until > ends


def test_the_doctor_sees_a_certificate_that_ends(tmp_path) -> None:
    (tmp_path / "server").mkdir()
    for days, level in ((-1, Level.BAD), (10, Level.WARN), (60, Level.OK)):
        tls.tell(tmp_path, Address(NAME, 8443, Tls.OWN), datetime.now(UTC) + timedelta(days=days, hours=1))
        assert [one.level for one in inside.certificate(tmp_path)] == [level]
    tls.tell(tmp_path, None)
    assert [one.check for one in inside.certificate(tmp_path)] == ["tls.local_only"]


def test_a_keeper_of_another_name_and_a_port_in_use_are_said(tmp_path) -> None:
    box = Box(tmp_path / "h", free_port(), address=Address(NAME, free_port(), Tls.LOCAL))
    box.keeper.command = box.keeper.command[:-2]  # started for localhost
    try:
        box.start_keeper()
        with pytest.raises(StartFailed, match="another name"):
            box.start_server()
    finally:
        box.stop()
    with closing(tls.listen(0)) as busy, pytest.raises(BadAddress, match="--https-port"):
        tls.listen(busy.getsockname()[1])
