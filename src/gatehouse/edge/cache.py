"""The feed sealed on disk under the device key, so that gates work after a power cut without a network.

What is kept is what came: cells still sealed to this edge, and when they came, so that a restart never
prolongs the lease. A cache that cannot be opened is no cache: the edge then knows nobody until the server
answers.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from gatehouse.crypto.errors import Malformed, Unreadable
from gatehouse.crypto.signing import DeviceKeys, open_cache, seal_cache
from gatehouse.machine import replace_durably
from gatehouse.wire import Clearances, Roster


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The newest parts of the feed; `roster_at` is when the roster came."""

    roster: Roster | None = None
    roster_at: datetime | None = None
    clearances: Clearances | None = None


def save(path: Path, keys: DeviceKeys, kept: Kept) -> None:
    """Put the cache in place, whole or not at all. Raises OSError."""
    replace_durably(path, seal_cache(keys, msgspec.msgpack.encode(kept)))


def load(path: Path, keys: DeviceKeys) -> Kept | None:
    """What was kept; None when there is none that this device can open."""
    try:
        return msgspec.msgpack.decode(open_cache(keys, path.read_bytes()), type=Kept)
    except (OSError, Malformed, Unreadable, msgspec.MsgspecError):
        return None
