"""`gatehouse up`: one box from an empty folder to a running site, and tended until it is told to stop.

Keeper, then server, then a link for the first owner; the edge once there is a site for it. Whatever dies is started
again.
"""

import base64
import hashlib
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import msgspec

from gatehouse.address import Address, BadAddress, Tls
from gatehouse.box import key_care
from gatehouse.box.home import UnusableHome, check_port, claimed
from gatehouse.box.local_api import SHELL_ACTOR, ApiProblem, LocalApi
from gatehouse.box.processes import RESTART_AFTER_S, Box, StartFailed, Watch, sign_in_link
from gatehouse.clock import from_environment
from gatehouse.crypto.signing import PublicKeys
from gatehouse.edge import config
from gatehouse.edge.errors import EdgeError
from gatehouse.keeper.client import Client, KeeperAway
from gatehouse.keeper.local import socket_path
from gatehouse.keeper.protocol import Welcome
from gatehouse.machine import replace_durably
from gatehouse.server import tls

Say = Callable[[str], None]
SET_UP = "/setup/"
SITE_LOOK_EVERY = 2  # rounds of RESTART_AFTER_S


def run(home: Path, port: int, say: Say, address: Address | None = None) -> None:
    """With an address others reach it under that name. Raises StartFailed when it cannot begin; later faults are said
    and mended."""
    stopping = threading.Event()
    try:
        with claimed(home):
            check_port(port)
            _check_address(address)
            box = Box(home, port, address=address)
            with _told_to_stop(stopping):
                _tend(box, stopping, say)
    except (UnusableHome, BadAddress) as fault:
        raise StartFailed(str(fault)) from fault


def _check_address(address: Address | None) -> None:
    """What the server would refuse is said before anything is started. Raises BadAddress."""
    if address is None:
        return
    if address.tls is not Tls.PROXY:
        tls.listen(address.port).close()
    if address.tls is Tls.OWN:
        tls.check_files(address, from_environment().now())


@contextmanager
def _told_to_stop(stopping: threading.Event) -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()

    before = [(number, signal.signal(number, stop)) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _tend(box: Box, stopping: threading.Event, say: Say) -> None:
    fresh = not (box.home / "keeper" / "store.db").exists()
    try:
        say("Starting the keeper ...")
        box.start_keeper(stopping.is_set)
        say("Starting the server ...")
        if not stopping.is_set():
            box.start_server(stopping.is_set)
        if not stopping.is_set():
            with LocalApi(box.home, box.port) as api:
                _greet(box, api, say, fresh=fresh)
                _watch(box, api, stopping, say)
    except ApiProblem as fault:
        raise StartFailed(str(fault)) from fault
    finally:
        say("Stopping ...")
        box.stop()
        say("Stopped.")


def _greet(box: Box, api: LocalApi, say: Say, *, fresh: bool) -> None:
    say(f"Gatehouse answers at {box.url}")
    if fresh or not _has_owner(api.get("operators")):
        say("Sign in as its owner with this link; it works once, for a day:")
        say(f"  {sign_in_link(box.home, box.url)}")
    say(f"Set-up, and what is still missing: {box.url}{SET_UP}")
    _greet_with_recovery(box, say)
    where = f"--at {box.url}" if box.address else f"--port {box.port}"
    say(f"Another link: gatehouse keeper invite --home {box.home} {where}")
    if box.address and box.address.tls is Tls.LOCAL:
        say(f"How tablets and PCs trust this address: {box.url}/certificate/")
        say(f"  SHA-256 of its authority: {authority_fingerprint(box)}")


def authority_fingerprint(box: Box) -> str:
    """To compare with what a tablet shows before it trusts. Raises StartFailed."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{box.port}/certificate/gatehouse.crt", timeout=10)
    except httpx.HTTPError as fault:
        raise StartFailed(f"the server does not answer; its log is {box.server.log}") from fault
    return hashlib.sha256(answer.content).digest().hex(":").upper()


def _greet_with_recovery(box: Box, say: Say) -> None:
    """The recovery key, once, to a person: what goes into a file or a journal of this machine would be kept beside what
    it opens. Broken off between the two steps it is made anew at the next start."""
    try:
        if key_care.state(box.home).recipient:
            return
        if not sys.stdout.isatty():
            say(f"No recovery key yet, so no backup: gatehouse keeper recovery-key --home {box.home}")
            return
        identity = key_care.new_recovery_key(box.home, replace=False)
        for line in key_care.shown(identity, box.home):
            say(line)
        key_care.keep(box.home, identity)
    except key_care.CannotCare as fault:
        say(f"No recovery key yet, so no backup: {fault}")


def _has_owner(operators: list[dict[str, Any]]) -> bool:
    return any(one["role"] == "owner" and one["active"] and one["id"] != SHELL_ACTOR for one in operators)


def _watch(box: Box, api: LocalApi, stopping: threading.Event, say: Say) -> None:
    """Rounds until told to stop. The edge joins them when it has a site."""
    watch = Watch([box.keeper, box.server], say)
    said, rounds = "", 0
    while True:
        if box.edge not in watch.processes and rounds % SITE_LOOK_EVERY == 0:
            why_not = _start_edge(box, api)
            if why_not is None:
                watch.processes.append(box.edge)
                say("The edge runs.")
            elif why_not != said:
                say(why_not)
                said = why_not
        if stopping.wait(RESTART_AFTER_S):
            return
        rounds += 1
        watch.round()


def _start_edge(box: Box, api: LocalApi) -> str | None:
    """Start the edge of the first site, enrolled; or say what it waits for."""
    try:
        if not config.is_initialised(box.home):
            sites = api.get("sites")
            if not sites:
                return f"Create your site at {box.url}{SET_UP}; the edge starts by itself once there is one."
            _make_edge(box, sites[0]["id"])
        _enrol(box, api)
    except (ApiProblem, EdgeError, KeeperAway) as fault:
        return f"The edge waits: {fault or type(fault).__name__}"
    box.edge.start()
    return None


def _edge_url(box: Box) -> str:
    return f"http://127.0.0.1:{box.port}"


def _make_edge(box: Box, site: str) -> None:
    """Raises EdgeError, KeeperAway."""
    welcome = keeper_keys(box)
    config.init(
        box.home,
        _edge_url(box),
        edge=f"edge-{secrets.token_hex(4)}",
        site=site,
        keeper_seal_key=welcome.seal_key,
        keeper_verify_key=welcome.verify_key,
    )


def keeper_keys(box: Box) -> Welcome:
    """The keeper's public keys, which an edge pins. Raises KeeperAway."""
    return keys_of(box.home)


def keys_of(home: Path) -> Welcome:
    """The same for a keeper that tends itself. Raises KeeperAway."""
    client = Client(socket_path(home))
    try:
        return client.hello()
    finally:
        client.close()


def _enrol(box: Box, api: LocalApi) -> None:
    """Let the server know the edge if it does not, also after a start that was broken off; an edge that an owner
    stopped stays stopped. Raises EdgeError, ApiProblem."""
    settings, keys = config.load(box.home)
    if settings.server_url != _edge_url(box):
        moved = msgspec.structs.replace(settings, server_url=_edge_url(box))
        text = msgspec.json.format(msgspec.json.encode(moved)) + b"\n"
        replace_durably(config.folder(box.home) / "edge.json", text)
    known = api.get(f"sites/{settings.site}/edges")
    if settings.edge not in {edge["edge"] for edge in known}:
        api.post(f"sites/{settings.site}/edges", edge=settings.edge, **key_texts(keys.public()))


def key_texts(keys: PublicKeys) -> dict[str, str]:
    """An edge's public keys as the API takes them."""
    return {
        "sign_key": base64.b64encode(keys.sign_key).decode(),
        "seal_key": base64.b64encode(keys.seal_key).decode(),
    }
