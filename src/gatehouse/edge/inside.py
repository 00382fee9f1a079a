"""Who has passed which gate lately, for a fire: in memory, and sealed on disk under the device key, so that a power cut
does not lose it. Random ids, gates and times; whoever is out for a while is forgotten."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog

from gatehouse.crypto.errors import Malformed, Unreadable
from gatehouse.crypto.signing import DeviceKeys, open_cache, seal_cache
from gatehouse.domain.muster import LONGEST, Step, whereabouts
from gatehouse.edge import config
from gatehouse.edge.spool import Spool
from gatehouse.machine import replace_durably
from gatehouse.wire import Body, Passage

log = structlog.get_logger()

MOST_STEPS = 12  # of one person; where they are follows from the last ones


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One passage, as it is kept."""

    gate: str
    at: datetime
    is_in: bool


Kept = dict[str, list[Seen]]


def path(home: Path) -> Path:
    return config.folder(home) / "inside.sealed"


class Inside:
    """By person. `pass_by` may be called from any thread, `keep` from one."""

    def __init__(self, home: Path, keys: DeviceKeys) -> None:
        self._path, self._keys = path(home), keys
        self._lock = threading.Lock()
        self._seen: Kept = load(home, keys)
        self._is_new = False

    def pass_by(self, passage: Passage) -> None:
        if passage.subject is None or passage.plate is not None:
            return  # a car is not a person
        with self._lock:
            steps = self._seen.setdefault(passage.subject, [])
            steps.append(Seen(passage.gate, passage.at, passage.direction == "in"))
            del steps[:-MOST_STEPS]
            self._is_new = True

    def seen(self) -> Kept:
        with self._lock:
            return {person: list(steps) for person, steps in self._seen.items()}

    def keep(self, zones: Mapping[str, str], now: datetime) -> None:
        """Onto the disk, if anything is new; what nobody needs any more is left out. A disk that does not take it costs
        no gate anything."""
        with self._lock:
            if not self._is_new:
                return
            self._seen = {
                person: [one for one in steps if now - one.at <= LONGEST]
                for person, steps in self._seen.items()
                if whereabouts(steps_of(steps, zones), now) is not None
            }
            data, self._is_new = msgspec.msgpack.encode(self._seen), False
        try:
            replace_durably(self._path, seal_cache(self._keys, data))
        except OSError as fault:
            log.error("inside.not_kept", fault=type(fault).__name__)


def load(home: Path, keys: DeviceKeys) -> Kept:
    """What was kept; nothing where there is none that this device can open."""
    try:
        return msgspec.msgpack.decode(open_cache(keys, path(home).read_bytes()), type=Kept)
    except (OSError, Malformed, Unreadable, msgspec.MsgspecError):
        return {}


def steps_of(seen: Sequence[Seen], zones: Mapping[str, str]) -> list[Step]:
    """With the zone that each gate stands before; `zones` by gate."""
    return [Step(one.at, one.is_in, zones.get(one.gate, "")) for one in seen]


class WatchedSpool(Spool):
    """A spool that tells of every passage once it is durable."""

    inside: Inside | None = None

    def append(self, bodies: Sequence[Body], **facts: Any) -> bool:
        written = super().append(bodies, **facts)
        if written and self.inside is not None:
            for body in bodies:
                if isinstance(body, Passage):
                    self.inside.pass_by(body)
        return written
