"""An edge's home: who it is, where its server answers, and the two private keys that never leave it.

EDGEHOME/edge/edge.json     settings, readable
EDGEHOME/edge/device.key    DeviceKeys.to_bytes(), mode 0600
EDGEHOME/edge/spool.db      letters that the server does not hold yet
EDGEHOME/edge/cache.sealed  the feed, for a start without a network
EDGEHOME/edge/inside.sealed who passed which gate lately, for a fire
EDGEHOME/edge/roll.sealed   who was ticked off at the assembly point
EDGEHOME/edge/muster.pem    certificate and key of the muster page, mode 0600; muster.sealed: which phones may open it
EDGEHOME/edge/terminals.json    which tablets are paired, by the hash of what they hold
EDGEHOME/edge/terminals.pem     what the edge shows to tablets; a certificate of your own may stand here
EDGEHOME/edge/status.json   how the running edge is, in ages and codes (`gatehouse edge status`)
"""

import re
import stat
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import msgspec

from gatehouse.crypto.errors import Malformed
from gatehouse.crypto.signing import DeviceKeys, PublicKeys, new_device_keys
from gatehouse.edge.errors import AlreadyInitialised, AlreadyRunning, EdgeError, NotInitialised, UnsafeKey
from gatehouse.machine import lock, replace_durably

KEY_BYTES = 32
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what fits the Authorization header


class EdgeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """edge.json. The two keys are the keeper's public ones, raw 32 bytes (base64 in the file). `terminals` is where
    tablets find the edge, HOST:PORT; nothing listens there until a terminal was added to a gate."""

    server_url: str
    edge: str
    site: str
    keeper_seal_key: bytes
    keeper_verify_key: bytes
    terminals: str = "0.0.0.0:8443"
    server_authority: str = ""  # PEM of the authority that vouches for the server; "" for those that everybody trusts


def folder(home: Path) -> Path:
    return home / "edge"


def spool_path(home: Path) -> Path:
    return folder(home) / "spool.db"


def cache_path(home: Path) -> Path:
    return folder(home) / "cache.sealed"


def init(
    home: Path,
    server_url: str,
    *,
    edge: str,
    site: str,
    keeper_seal_key: bytes,
    keeper_verify_key: bytes,
) -> PublicKeys:
    """Make a new edge's home with fresh keys; the answer is what an owner enrols at the keeper.

    Raises AlreadyInitialised, or EdgeError for a URL, id or keys that are none.
    """
    if urlsplit(server_url).scheme not in {"http", "https"} or not urlsplit(server_url).hostname:
        raise EdgeError("the server's address is http(s)://HOST[:PORT]")
    if not _ID.fullmatch(edge):
        raise EdgeError("an edge's id is 1 to 64 letters, digits, - and _")
    if {len(keeper_seal_key), len(keeper_verify_key)} != {KEY_BYTES}:
        raise EdgeError(f"the keeper's public keys have {KEY_BYTES} bytes each")
    place = folder(home)
    if is_initialised(home):
        raise AlreadyInitialised(f"{place} holds an edge")
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)
    keys = new_device_keys()
    config = EdgeConfig(
        server_url=server_url.rstrip("/"),
        edge=edge,
        site=site,
        keeper_seal_key=keeper_seal_key,
        keeper_verify_key=keeper_verify_key,
    )
    replace_durably(place / "edge.json", msgspec.json.format(msgspec.json.encode(config)) + b"\n")
    replace_durably(place / "device.key", keys.to_bytes())
    return keys.public()


def is_initialised(home: Path) -> bool:
    """True when the home holds an edge. Its key is written last, so that a start that was broken off is begun anew."""
    return (folder(home) / "device.key").exists()


def load(home: Path) -> tuple[EdgeConfig, DeviceKeys]:
    """Raises NotInitialised, UnsafeKey, or EdgeError for an edge.json that is none."""
    keys = _load_keys(home)
    try:
        config = msgspec.json.decode((folder(home) / "edge.json").read_bytes(), type=EdgeConfig)
    except FileNotFoundError as fault:
        raise NotInitialised(f"{folder(home)} has no edge.json") from fault
    except msgspec.MsgspecError as fault:
        raise EdgeError(f"edge.json: {fault}") from fault
    return config, keys


def public_keys(home: Path) -> PublicKeys:
    """What an owner enrols at the keeper: Ed25519 and X25519 public keys. Raises NotInitialised,
    UnsafeKey."""
    return _load_keys(home).public()


def claim(home: Path) -> BinaryIO:
    """Be the only process at this home until the file is closed; the system lets go of it when the process
    dies. Raises AlreadyRunning."""
    try:
        return lock(folder(home) / "running.lock")
    except BlockingIOError as fault:
        raise AlreadyRunning(f"an edge is running in {home}") from fault


def _load_keys(home: Path) -> DeviceKeys:
    path = folder(home) / "device.key"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        data = path.read_bytes()
    except FileNotFoundError as fault:
        raise NotInitialised(
            f"{folder(home)} holds no device key; `gatehouse up` makes the edge of its home"
        ) from fault
    if mode & 0o077:
        raise UnsafeKey(f"{path} can be read by others (mode {mode:o}); chmod 600 it and consider new keys")
    try:
        return DeviceKeys.from_bytes(data)
    except Malformed as fault:
        raise UnsafeKey(f"{path} is no device key") from fault
