"""What just happened, for screens and waiting edges: ids and states only, in memory only.

Actions publish after their commit. Subscribers live in an event loop; publishing works from any thread and never waits:
a subscriber that does not read loses the oldest events, and screens ask anew anyway.
"""

import asyncio
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gatehouse.clock import monotonic_s

QUEUE_LIMIT = 256


@dataclass(frozen=True, slots=True)
class FeedChanged:
    """Edges of this site have something to fetch."""

    site: str


@dataclass(frozen=True, slots=True)
class TileChanged:
    """A gate's tile on the Watch page changed."""

    site: str
    gate: str


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    site: str
    gate: str
    alarm: str


@dataclass(frozen=True, slots=True)
class LanesChanged:
    """The queue of lane exceptions of this site changed."""

    site: str


Event = FeedChanged | TileChanged | AlarmRaised | LanesChanged


@dataclass(frozen=True, slots=True)
class Owed:
    """What a held car owes: whole minor units, and which open stay it is."""

    minor: int
    currency: str
    stay: str


@dataclass(frozen=True, slots=True)
class Tile:
    """What a gate last did. `reason` lives here and nowhere in the clear on disk. `owed` is for the exit display of a
    lane that holds a car; None when it holds none."""

    at: datetime | None = None
    outcome: str = ""  # granted | refused | passed | an event's kind
    reason: str = ""
    about: str = ""  # which paper is lacking, where the reason is that
    means: str = ""
    direction: str = ""
    attempt: str = ""
    fault: str = ""  # an unsolved event: relay_lost, camera_lost
    owed: Owed | None = None


_lock = threading.Lock()
_tiles: dict[tuple[str, str], Tile] = {}
_heard: dict[str, float] = {}
_listeners: dict[int, tuple[asyncio.AbstractEventLoop, "asyncio.Queue[Event]"]] = {}


def tile(site: object, gate: str) -> Tile:
    with _lock:
        return _tiles.get((str(site), gate), Tile())


def set_tile(site: object, gate: str, **changes: Any) -> None:
    """Change some fields of a tile and tell the screens."""
    with _lock:
        _tiles[str(site), gate] = replace(_tiles.get((str(site), gate), Tile()), **changes)
    publish(TileChanged(str(site), gate))


def clear_faults(site: str, faults: Collection[str]) -> None:
    """Take these faults from the site's tiles and tell the screens."""
    with _lock:
        codes = [code for (of, code), tile in _tiles.items() if of == site and tile.fault in faults]
    for code in codes:
        set_tile(site, code, fault="")


def hear(edge: str) -> None:
    """This edge has just asked or told something."""
    with _lock:
        _heard[edge] = monotonic_s()


def heard_s(edge: str) -> float | None:
    """When (on the monotonic clock) the edge was last heard, None for not since the server started."""
    with _lock:
        return _heard.get(edge)


def publish(event: Event) -> None:
    with _lock:
        listeners = list(_listeners.values())
    for loop, queue in listeners:
        # The loop may close between the look and the call when the server stops.
        if not loop.is_closed():
            loop.call_soon_threadsafe(_put, queue, event)


def _put(queue: "asyncio.Queue[Event]", event: Event) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(event)


@contextmanager
def listening() -> Iterator["asyncio.Queue[Event]"]:
    """Events from now on, in the running event loop."""
    queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE_LIMIT)
    key = id(queue)
    with _lock:
        _listeners[key] = (asyncio.get_running_loop(), queue)
    try:
        yield queue
    finally:
        with _lock:
            del _listeners[key]


def clear() -> None:
    """Forget every tile and edge; for tests."""
    with _lock:
        _tiles.clear()
        _heard.clear()
