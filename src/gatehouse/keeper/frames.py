"""Frames on the keeper's socket: a 4-byte big-endian length, then MessagePack."""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatehouse.keeper.protocol import FRAME_LIMIT

_ADDRESS_LIMIT = 107  # bytes of a Unix socket's name: unix(7), sun_path
_LENGTH = struct.Struct(">I")


class BrokenFrame(Exception):
    """The other side closed inside a frame, or announced one beyond FRAME_LIMIT."""


@contextmanager
def address(path: Path) -> Iterator[str]:
    """A name for bind or connect that fits however deep the home lies. Raises FileNotFoundError without the folder."""
    if len(os.fsencode(path)) <= _ADDRESS_LIMIT:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def write_frame(connection: socket.socket, payload: bytes) -> None:
    """Raises BrokenFrame beyond FRAME_LIMIT and OSError when the other side is gone or too slow."""
    if len(payload) > FRAME_LIMIT:
        raise BrokenFrame("frame too long")
    connection.sendall(_LENGTH.pack(len(payload)) + payload)


def read_frame(connection: socket.socket, rest_s: float) -> bytes | None:
    """The next payload; None when the other side closed between frames. Waits for the first bytes as long as the
    connection's own timeout says, then at most `rest_s` for each further piece; that timeout stays for the reply.
    Raises BrokenFrame, OSError."""
    head = connection.recv(_LENGTH.size)
    if not head:
        return None
    connection.settimeout(rest_s)
    if len(head) < _LENGTH.size:
        head += _read(connection, _LENGTH.size - len(head))
    (length,) = _LENGTH.unpack(head)
    if length > FRAME_LIMIT:
        raise BrokenFrame("frame too long")
    return _read(connection, length)


def _read(connection: socket.socket, length: int) -> bytes:
    parts, missing = [], length
    while missing:
        part = connection.recv(min(missing, 1 << 20))
        if not part:
            raise BrokenFrame("closed inside a frame")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
