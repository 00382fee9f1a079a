"""Copies of the log beside the key snapshots, sealed to the same recipient, so that it outlives the machine.

`log-<number of its first entry>.age`: after age, "GHL" | 0x01 | records as in `log/entries`. The last file is written
anew until it holds a day; the ones before are never touched again.
"""

import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import msgspec

from gatehouse.crypto.agefile import recipient_key, seal_file
from gatehouse.crypto.merkle import EMPTY_ROOT, Tree, leaf_hash
from gatehouse.keeper.errors import DamagedLog
from gatehouse.keeper.log import read_records, records_in
from gatehouse.keeper.snapshots import SnapshotFault, open_copy
from gatehouse.keeper.store import Store
from gatehouse.machine import replace_durably

CLOSED_AFTER = timedelta(days=1)
CLOSED_AT_BYTES = 64 * 1024 * 1024
_MAGIC, _VERSION = b"GHL", 1
_NAME = re.compile(r"log-(\d{12})\.age")
_FACT = "log_copies"


class _Open(msgspec.Struct, frozen=True):
    """The file that still grows: its first entry, where that begins in `log/entries`, and since when."""

    first: int = 0
    offset: int = 0
    since: datetime | None = None


def copy_log(store: Store, entries: Path, folder: Path, size: int, now: datetime, recipient: str) -> None:
    """Bring the copies up to the entry before `size`, which is durable. Raises OSError, DamagedLog."""
    held = store.fact(_FACT)
    grows = _Open() if held is None else msgspec.msgpack.decode(held, type=_Open)
    number, end = grows.first, grows.offset
    records = read_records(entries, grows.offset)
    while number < size:
        _, end = next(records)
        number += 1
    with entries.open("rb") as file:
        file.seek(grows.offset)
        held_records = file.read(end - grows.offset)
    data = _MAGIC + bytes([_VERSION]) + held_records
    replace_durably(folder / f"log-{grows.first:012d}.age", seal_file(data, recipient_key(recipient)))
    since = grows.since or now
    full = now - since >= CLOSED_AFTER or len(held_records) >= CLOSED_AT_BYTES
    kept = _Open(number, end, None) if full and held_records else _Open(grows.first, grows.offset, since)
    store.set_fact(_FACT, msgspec.msgpack.encode(kept))


def begin_anew(store: Store) -> None:
    """The next copy holds everything: the recipient is another."""
    store.set_fact(_FACT, msgspec.msgpack.encode(_Open()))


def listed(folder: Path) -> list[Path]:
    """The copies, oldest first."""
    return sorted(path for path in folder.glob("log-*.age") if _NAME.fullmatch(path.name))


def joined(paths: list[Path], secret: str, target: Path, size: int, root: bytes) -> int:
    """Write the log that these copies make up to `target`; how many entries. It must begin with the `size` entries of
    this `root`. Raises SnapshotFault, OSError."""
    with target.open("wb") as out:
        return _walked(paths, secret, out, size, root)


def checked(paths: list[Path], secret: str, size: int, root: bytes) -> int:
    """As `joined`, and nothing is written."""
    return _walked(paths, secret, io.BytesIO(), size, root)


def _walked(paths: list[Path], secret: str, out: BinaryIO, size: int, root: bytes) -> int:
    tree, stands = Tree(), size == 0 and root == EMPTY_ROOT
    for path in paths:
        if int(path.name[4:16]) != tree.size:
            raise SnapshotFault("log_gap", f"a copy of the log is missing before {path.name}")
        records = open_copy(path.read_bytes(), secret, _MAGIC, _VERSION, "copy of the log")
        out.write(records)
        for payload in _payloads(records):
            tree.append(leaf_hash(payload))
            if tree.size == size:
                stands = tree.root() == root
    if not stands:
        raise SnapshotFault("log_short", f"the copies of the log do not reach entry {size}, which the keys remember")
    return tree.size


def _payloads(records: bytes) -> Iterator[bytes]:
    try:
        for payload, _ in records_in(io.BytesIO(records), len(records), 0):
            yield payload
    except DamagedLog as fault:
        raise SnapshotFault("damaged", "a copy of the log is damaged") from fault
