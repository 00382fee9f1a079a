"""What an edge keeps in its spool besides letters: grants, marks, bays, and where people are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gatehouse.crypto.errors import Malformed, Unreadable
from gatehouse.crypto.signing import DeviceKeys, open_cache, seal_cache
from gatehouse.domain.whereabouts import Move
from gatehouse.wire import Attempt, Body, WireError, decode_body, encode


@dataclass(frozen=True, slots=True)
class Pending:
    """A granted attempt that nobody has passed on yet; until `until` it is not granted again."""

    attempt: Attempt
    until: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that may happen once: a pass that opens, an order that is carried out. Kept until `until`."""

    kind: str
    value: str
    until: datetime


@dataclass(frozen=True, slots=True)
class TakenBay:
    """A bay that goes with a grant: one of `bays` of the pool, for this plate. `once`: when it has left, it is used."""

    pool: str
    plate: str
    bays: int
    once: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """When the first person of a zone or gate came; `place` is its id or code."""

    place: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Whereabout:
    """What a passage changes about where people are. Written with it; memory tells what is newest."""

    moves: Sequence[Move] = field(default=())
    arrivals: Sequence[Arrival] = field(default=())


NO_CHANGE = Whereabout()


def opened_attempt(keys: DeviceKeys, sealed: bytes) -> Attempt | None:
    """A grant as it was kept; None for one of another device."""
    try:
        body: Body = decode_body(open_cache(keys, sealed))
    except (Malformed, Unreadable, WireError):
        return None  # another device's spool: its grants are nobody's here
    return body if isinstance(body, Attempt) else None


def sealed_place(keys: DeviceKeys, one: Move | Arrival) -> bytes:
    parts = [one.id, one.subject, one.zone] if isinstance(one, Move) else [one.place]
    return seal_cache(keys, "\0".join([one.at.isoformat(), *parts]).encode())


def opened_place(keys: DeviceKeys, sealed: bytes) -> Move | Arrival | None:
    """A place as it was kept; None for one of another device."""
    try:
        at, *parts = open_cache(keys, sealed).decode().split("\0")
        when = datetime.fromisoformat(at).astimezone(UTC)
    except (Malformed, Unreadable, ValueError):
        return None
    match parts:
        case [place]:
            return Arrival(place, when)
        case [own, subject, zone]:
            return Move(own, subject, zone, when)
    return None


def row_of(attempt: Attempt, keys: DeviceKeys) -> bytes:
    return seal_cache(keys, encode(attempt))
