"""Which phones may open the muster page of this edge: paired beforehand, each by a code that is good once.

A code is made at the edge's own shell and shown as a link. The phone that opens it keeps a secret; here lies its hash,
sealed under the device key with the name that was given to the phone.
"""

import hashlib
import hmac
import secrets
import threading
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from gatehouse.crypto.errors import Malformed, Unreadable
from gatehouse.crypto.self_signed import fingerprint, self_signed
from gatehouse.crypto.signing import DeviceKeys, open_cache, seal_cache
from gatehouse.edge import config
from gatehouse.machine import replace_durably

CODE_LIVES = timedelta(hours=24)
LASTS = timedelta(days=3650)  # of the certificate: it must not run out in a fire
PORT = 8743


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phone: str
    until: datetime


class Access(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the page answers, and who may open it; codes and phones by the hash of their secret."""

    host: str
    port: int
    codes: dict[str, Code] = {}
    phones: dict[str, str] = {}


def certificate_path(home: Path) -> Path:
    return config.folder(home) / "muster.pem"


class Phones:
    """Of one edge. Raises OSError where the disk takes nothing."""

    def __init__(self, home: Path, keys: DeviceKeys) -> None:
        self._home, self._keys = home, keys
        self._path = config.folder(home) / "muster.sealed"
        self._lock = threading.Lock()

    def load(self) -> Access | None:
        """None where the page was never set up."""
        try:
            return msgspec.msgpack.decode(open_cache(self._keys, self._path.read_bytes()), type=Access)
        except (OSError, Malformed, Unreadable, msgspec.MsgspecError):
            return None

    def set_up(self, host: str, port: int, at: datetime) -> str:
        """The page answers at this host and port from now on; the fingerprint of its new certificate. Phones stay
        paired. Raises ValueError for a host that is none."""
        pem = self_signed(host, [host], at, LASTS)
        with self._lock:
            held = self.load()
            replace_durably(certificate_path(self._home), pem)
            self._write(Access(host, port, held.codes if held else {}, held.phones if held else {}))
        return fingerprint(pem)

    def pair(self, phone: str, at: datetime) -> str | None:
        """A code for one phone, good once within a day; None before `set_up`."""
        code = secrets.token_urlsafe(18)
        with self._lock:
            held = self.load()
            if held is None:
                return None
            codes = {own: one for own, one in held.codes.items() if one.until > at}
            self._write(msgspec.structs.replace(held, codes=codes | {_hash(code): Code(phone, at + CODE_LIVES)}))
        return code

    def waits(self, code: str, at: datetime) -> bool:
        held = self.load()
        one = held.codes.get(_hash(code)) if held else None
        return one is not None and one.until > at

    def enter(self, code: str, at: datetime) -> str | None:
        """What the phone is to keep; None for a code that is used, old or none."""
        with self._lock:
            held = self.load()
            one = held.codes.get(_hash(code)) if held else None
            if held is None or one is None or one.until <= at:
                return None
            secret = secrets.token_urlsafe(32)
            codes = {own: other for own, other in held.codes.items() if own != _hash(code)}
            self._write(msgspec.structs.replace(held, codes=codes, phones=held.phones | {_hash(secret): one.phone}))
        return secret

    def whose(self, secret: str) -> str | None:
        """The name of the phone that keeps this."""
        held, asked = self.load(), _hash(secret)
        found = [name for own, name in held.phones.items() if hmac.compare_digest(own, asked)] if held else []
        return found[0] if found else None

    def drop(self, phone: str) -> int:
        """Take phones and codes of this name back; how many."""
        with self._lock:
            held = self.load()
            if held is None:
                return 0
            phones = {own: name for own, name in held.phones.items() if name != phone}
            codes = {own: one for own, one in held.codes.items() if one.phone != phone}
            self._write(msgspec.structs.replace(held, codes=codes, phones=phones))
            return len(held.phones) + len(held.codes) - len(phones) - len(codes)

    def _write(self, access: Access) -> None:
        replace_durably(self._path, seal_cache(self._keys, msgspec.msgpack.encode(access)))


def _hash(secret: str) -> str:
    """Of at least 144 random bits: nobody guesses them from it."""
    return hashlib.sha256(secret.encode()).hexdigest()
