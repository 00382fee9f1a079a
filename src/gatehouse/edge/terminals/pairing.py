"""Which browser is which terminal. A code from the console pairs one browser, once; after that it holds a token of 256
bits, of which only the hash is kept here.

A pairing holds as long as the roster has the terminal with the very code that it was made by: taking the terminal
away, or giving out a new code, ends it with the next roster.
"""

import hmac
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from gatehouse.crypto.keyring import bearer_hash
from gatehouse.domain.lockout import Limits, Tries
from gatehouse.edge.roster import Device
from gatehouse.machine import replace_durably
from gatehouse.wire import PairingCode

log = structlog.get_logger()

# Codes have 50 random bits; this only keeps the log quiet.
WRONG_CODES = Limits(tries=20)
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_secret = msgspec.json.Decoder(PairingCode)


class Pairing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hashes of the code that paired it and of the token that it holds."""

    code: bytes
    token: bytes


@dataclass(frozen=True, slots=True)
class Paired:
    """`token` is for the browser and is shown once."""

    terminal: Device
    token: str


class Pairings:
    """Those of one edge, in a file of its home. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._wrong = Tries()
        self._held = self._load()

    def _load(self) -> dict[str, Pairing]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Pairing])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as fault:
            log.error("terminals.unreadable", fault=type(fault).__name__)
            return {}

    def pair(self, code: str, terminals: Iterable[Device], now: datetime) -> Paired | None:
        """The terminal of this code with a fresh token; None for a code that is none, was used or is over. Raises
        OSError when it cannot be kept: then the code is good again."""
        typed = code.upper().translate(_MEANT)[:64]
        with self._lock:
            if self._wrong.is_locked(now):
                return None
            for terminal in terminals:
                given = given_code(terminal)
                if given is None or not hmac.compare_digest(given.code.encode(), typed.encode()):
                    continue
                used = self._held.get(terminal.id)
                if now.timestamp() >= given.ends or (used is not None and used.code == bearer_hash(given.code)):
                    continue
                token = secrets.token_urlsafe(32)
                held = {**self._held, terminal.id: Pairing(code=bearer_hash(given.code), token=bearer_hash(token))}
                replace_durably(self._path, msgspec.json.encode(held))
                self._held = held
                return Paired(terminal, token)
            self._wrong = self._wrong.failed(now, WRONG_CODES)
            return None

    def terminal_of(self, token: str, terminals: Iterable[Device]) -> Device | None:
        """Whose token this is, while its pairing holds."""
        shown = bearer_hash(token)
        with self._lock:
            held = self._held
        for terminal in terminals:
            pairing, given = held.get(terminal.id), given_code(terminal)
            if pairing is None or given is None or pairing.code != bearer_hash(given.code):
                continue
            if hmac.compare_digest(pairing.token, shown):
                return terminal
        return None


def given_code(terminal: Device) -> PairingCode | None:
    """The code that came with the roster; None where it did not open."""
    try:
        return _secret.decode(terminal.secret or "")
    except msgspec.MsgspecError:
        return None
