"""Key snapshots: every key of the store, sealed to the recovery recipient, whose secret is on no machine.

    seal(snapshot, recipient) -> bytes
    open_snapshot(data, secret) -> Snapshot        raises SnapshotFault
    snapshot.data_keys() -> {KeyRef: key}          raises SnapshotFault for one that does not unwrap

A file is `keys-<UTC time>.age`; inside, after age, "GHK" | 0x01 | MessagePack. What lives for hours (tickets,
invitations, grants) is not in it. Files of the last day stay for each hour, older ones for each day, none for longer
than a week; what goes is overwritten first.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from gatehouse.crypto.agefile import open_file, recipient_key, seal_file
from gatehouse.crypto.errors import CryptoError, Malformed, Unreadable
from gatehouse.crypto.sealing import KeyKind, KeyRef, unwrap
from gatehouse.keeper.store import name_of_key

FOLDER = "keys"
EPHEMERAL = frozenset({"tickets", "invitations", "grants", "bulks", "lockouts"})
KEPT_HOURLY, KEPT_DAILY = timedelta(days=1), timedelta(days=7)
_MAGIC, _VERSION = b"GHK", 1
_NAME = re.compile(r"keys-(\d{8}T\d{6}Z)\.age")
_STAMP = "%Y%m%dT%H%M%SZ"


class SnapshotFault(Exception):
    """The file is no snapshot that can be used; `code` says why, the text what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    columns: list[str]
    rows: list[list[Any]]


class Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A store as it was. `log` are the size and root of the log that its copies reach."""

    made_at: datetime
    origin: str
    log: tuple[int, bytes]
    kek: bytes
    tables: dict[str, Table]

    def _rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        held = self.tables.get(table, Table([], []))
        try:
            places = [held.columns.index(column) for column in columns] if held.rows else []
            return [tuple(row[place] for place in places) for row in held.rows]
        except (ValueError, IndexError) as fault:
            raise SnapshotFault("damaged", f"the table {table} of the snapshot is not as it should be") from fault

    def data_keys(self) -> dict[KeyRef, bytes]:
        """Every data key. Raises SnapshotFault."""
        rows = self._rows("keys", "kind", "owner", "number", "wrapped")
        return {_ref(*row[:3]): self._opened(name_of_key(*row[:3]), row[3]) for row in rows}

    def own_keys(self) -> dict[str, bytes]:
        """Those of the keeper itself. Raises SnapshotFault."""
        rows = self._rows("own", "name", "value")
        return {name: self._opened(name, value) for name, value in rows if not name.startswith("fact:")}

    def tombstones(self) -> dict[KeyRef, str]:
        """What was destroyed, and when last."""
        return {_ref(*row[:3]): row[3] for row in self._rows("tombstones", "kind", "owner", "number", "at")}

    def _opened(self, name: str, wrapped: bytes) -> bytes:
        try:
            return unwrap(self.kek, name, wrapped)
        except CryptoError as fault:
            raise SnapshotFault("damaged", f"a key of the snapshot does not open ({name.split(':')[0]})") from fault


def _ref(kind: int, owner: str, number: int) -> KeyRef:
    try:
        return KeyRef(KeyKind(kind), owner, number)
    except ValueError as fault:
        raise SnapshotFault("other_version", f"a key of kind {kind} is unknown here: {_NEWER}") from fault


_NEWER = "a newer Gatehouse wrote it; install that version, or a later one"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


def seal(snapshot: Snapshot, recipient: str) -> bytes:
    """Raises Malformed for no recipient."""
    return seal_file(_MAGIC + bytes([_VERSION]) + _encode(snapshot), recipient_key(recipient))


def open_snapshot(data: bytes, secret: str) -> Snapshot:
    """Raises SnapshotFault."""
    plain = open_copy(data, secret, _MAGIC, _VERSION, "key snapshot")
    try:
        return _decode(plain)
    except msgspec.MsgspecError as fault:
        raise SnapshotFault("damaged", "what lies in the key snapshot is not as it should be") from fault


def open_copy(data: bytes, secret: str, magic: bytes, version: int, what: str) -> bytes:
    """What lies in a copy of the keeper's after its version byte. Raises SnapshotFault."""
    try:
        plain = open_file(data, secret)
    except Malformed as fault:
        if fault.args == ("age key",):
            raise SnapshotFault("no_key", NO_KEY) from fault
        raise SnapshotFault("no_copy", f"this is no {what}, or its beginning is missing") from fault
    except Unreadable as fault:
        if fault.args == ("sealed to another",):
            raise SnapshotFault(
                "wrong_key", f"this recovery key does not open the {what}: it is sealed to another"
            ) from fault
        raise SnapshotFault("damaged", f"the {what} was changed or cut off after it was written") from fault
    if plain[:3] != magic:
        raise SnapshotFault("no_copy", f"this is an age file, but no {what}")
    if plain[3:4] != bytes([version]):
        raise SnapshotFault("other_version", f"this {what} has another format: {_NEWER}")
    return plain[4:]


NO_KEY = "this is no recovery key: it begins with AGE-SECRET-KEY-1 and has 74 characters; a letter may be wrong"


# --- files ------------------------------------------------------------------------------------------------------------


def path_of(folder: Path, at: datetime) -> Path:
    return folder / f"keys-{at.astimezone(UTC).strftime(_STAMP)}.age"


def time_of(path: Path) -> datetime | None:
    """When a snapshot of this name was made; None for another file."""
    found = _NAME.fullmatch(path.name)
    return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) if found else None


def listed(folder: Path) -> list[Path]:
    """The snapshots of this folder, newest first."""
    return sorted(
        (path for path in folder.glob("keys-*.age") if time_of(path)), key=lambda path: path.name, reverse=True
    )


def too_many(paths: Iterable[Path], now: datetime) -> list[Path]:
    """Which of these snapshots go: all but the newest of each hour of the last day and of each day of the last week.
    The newest of all stays, however old: nothing else would open the data."""
    gone, seen = [], set[str]()
    for number, path in enumerate(sorted(paths, key=lambda path: path.name, reverse=True)):
        at = time_of(path)
        if at is None:
            continue
        span = f"{at:%Y%m%d%H}" if now - at <= KEPT_HOURLY else f"{at:%Y%m%d}"
        if number and (now - at > KEPT_DAILY or span in seen):
            gone.append(path)
        seen.add(span)
    return gone
