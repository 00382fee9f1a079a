"""Is this the log whose heads somebody kept elsewhere? Reads a log and signed heads; needs no secret.

    heads_of(text) -> list[str]                     the heads of a file to which they were appended
    verify_log(path, verify_key, heads) -> Verified     raises NotProved, which says what is wrong and where

A head proves every line before it. So a line that was edited, taken out, put in or moved shows between two heads; a log
that was cut shows at the first head beyond its end; a fork shows as two heads of one size, or as a head that is of
another history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from gatehouse.crypto.errors import BadSignature, CryptoError
from gatehouse.crypto.merkle import Checkpoint, Tree, leaf_hash, read_checkpoint
from gatehouse.keeper.certificate import NotProved, origin_of
from gatehouse.keeper.errors import DamagedLog
from gatehouse.keeper.log import Entry, read_records

_decode = msgspec.msgpack.Decoder(Entry).decode


@dataclass(frozen=True, slots=True)
class Verified:
    """`lines` the log has, of which `proved` are covered by a head; `hashes` of the server's own entries, in order."""

    lines: int
    proved: int
    heads: int
    since: datetime | None
    until: datetime | None
    hashes: list[bytes]


def heads_of(text: str) -> list[str]:
    """A head begins where its origin stands alone in a line."""
    heads: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("gatehouse/") and " " not in line:
            heads.append([])
        if heads:
            heads[-1].append(line)
    return ["\n".join(lines).rstrip("\n") + "\n" for lines in heads]


def verify_log(path: Path, verify_key: bytes, heads: Sequence[str]) -> Verified:
    """Raises NotProved; OSError when the file cannot be read."""
    wanted = _by_size([_read(text, verify_key) for text in heads])
    tree, entries, proved = Tree(), list[Entry](), 0
    payloads, damage = _payloads(path)
    if 0 in wanted and wanted.pop(0) != tree.root():
        raise NotProved("a head is signed for an empty log and names another root")
    for payload in payloads:
        tree.append(leaf_hash(payload))
        entries.append(_entry(payload, tree.size))
        expected = wanted.get(tree.size)
        if expected is not None and expected != tree.root():
            raise NotProved(_changed(proved, tree.size, entries))
        if expected is not None:
            proved = tree.size
    if damage:
        raise NotProved(f"line {tree.size + 1} is damaged: {damage}")
    beyond = [size for size in wanted if size > tree.size]
    if beyond:
        raise NotProved(
            f"the log was cut: it has {tree.size} lines, and a head was signed for {min(beyond)}; "
            f"what is missing lies after line {tree.size}"
        )
    times = [entry.at for entry in entries]
    return Verified(
        lines=tree.size,
        proved=proved,
        heads=len(heads),
        since=min(times, default=None),
        until=max(times, default=None),
        hashes=[one for entry in entries for one in entry.hashes],
    )


def _read(text: str, verify_key: bytes) -> Checkpoint:
    try:
        return read_checkpoint(text, origin_of(verify_key), verify_key)
    except BadSignature as fault:
        raise NotProved("a head was changed, or another keeper signed it: its signature does not fit") from fault
    except CryptoError as fault:
        raise NotProved(f"a head is not one of the log {origin_of(verify_key)}") from fault


def _by_size(heads: Sequence[Checkpoint]) -> dict[int, bytes]:
    roots: dict[int, bytes] = {}
    for head in heads:
        if roots.setdefault(head.size, head.root) != head.root:
            raise NotProved(f"the log was forked: two different heads of {head.size} lines are signed")
    return roots


def _payloads(path: Path) -> tuple[list[bytes], str]:
    """Every line that can be read, and what is wrong with the next one."""
    found = []
    try:
        for payload, _ in read_records(path):
            found.append(payload)
    except DamagedLog as fault:
        return found, str(fault)
    return found, ""


def _entry(payload: bytes, number: int) -> Entry:
    try:
        return _decode(payload)
    except msgspec.MsgspecError as fault:
        raise NotProved(f"line {number} cannot be read: it was changed") from fault


def _changed(proved: int, size: int, entries: Sequence[Entry]) -> str:
    said = (
        f"lines {proved + 1} to {size} are not those that the head was signed for: at least one of them was changed, "
    )
    said += "taken out, put in or moved"
    for place in range(max(1, proved), size):
        if entries[place].at < entries[place - 1].at:
            return f"{said}; line {place + 1} is older than the one before it"
    return said
