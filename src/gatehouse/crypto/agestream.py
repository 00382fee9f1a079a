"""Age files that do not fit into memory: written and read piece by piece.

    sealed = SealingWriter(target, recipient_key("age1..."))      write(), then finish(); `file_key` opens it again
    opened = OpeningReader(source, opener("AGE-SECRET-KEY-1..."))  read(n) until b""

The bytes are those of `agefile.seal_file`.
"""

from collections.abc import Callable
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from gatehouse.crypto.agefile import BEFORE_CHUNKS, CHUNK, TAG, begin, count, key_of_stanzas, resume, secret_key
from gatehouse.crypto.errors import Malformed, Unreadable

Opener = Callable[[bytes], bytes]
_STEP = CHUNK + TAG


def opener(secret: str) -> Opener:
    """Opens what was sealed to this secret's public half. Raises Malformed for a text that is no secret."""
    return key_of_stanzas(secret_key(secret))


def opener_of_own(file_key: bytes) -> Opener:
    """Opens the one file that has this key: for whoever has just written it and reads it back."""
    return lambda _: file_key


class SealingWriter:
    """What is written here lies in `target` readable by the recipient alone, once `finish` has returned."""

    def __init__(self, target: BinaryIO, key: bytes) -> None:
        """Raises Malformed for no key, OSError."""
        header, self._aead, self.file_key = begin(key)
        self._target = target
        self._waiting = bytearray()
        self._chunks = 0
        target.write(header)

    def write(self, data: bytes) -> int:
        """Raises OSError."""
        self._waiting += data
        while len(self._waiting) > CHUNK:  # never the last one: that is marked, and only `finish` knows it
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        """Raises OSError."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._target.write(self._aead.encrypt(count(self._chunks, last=last), chunk, None))
        self._chunks += 1


class OpeningReader:
    """Reads what was sealed into `source`."""

    def __init__(self, source: BinaryIO, opener: Opener) -> None:
        """Raises Malformed for no age file, Unreadable for one of another recipient or with a changed header."""
        self._source = source
        self._sealed = bytearray(source.read(BEFORE_CHUNKS))
        self._aead, start = resume(bytes(self._sealed), opener)
        del self._sealed[:start]
        self._opened = bytearray()
        self._chunks = 0
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, fewer at the end, all by default. Raises Unreadable for what was changed or cut."""
        while not self._ended and (size < 0 or len(self._opened) < size):
            self._open_next()
        wanted = len(self._opened) if size < 0 else size
        found = bytes(self._opened[:wanted])
        del self._opened[:wanted]
        return found

    def _open_next(self) -> None:
        while len(self._sealed) <= _STEP:  # one byte more than a chunk tells that it is not the last
            more = self._source.read(_STEP + 1 - len(self._sealed))
            if not more:
                break
            self._sealed += more
        last = len(self._sealed) <= _STEP
        chunk = bytes(self._sealed[:_STEP])
        del self._sealed[:_STEP]
        if len(chunk) < TAG:
            raise Malformed("age file") if self._chunks == 0 else Unreadable("cut off")
        plain = self._decrypt(chunk, last=last)
        if last and self._chunks and not plain:
            raise Unreadable("empty last chunk")
        self._opened += plain
        self._chunks += 1
        self._ended = last

    def _decrypt(self, chunk: bytes, *, last: bool) -> bytes:
        try:
            return self._aead.decrypt(count(self._chunks, last=last), chunk, None)
        except InvalidTag as fault:
            raise Unreadable("cut off" if last and self._goes_on(chunk) else "changed payload") from fault

    def _goes_on(self, chunk: bytes) -> bool:
        """Whether this was never the last chunk: the rest of the file is missing."""
        try:
            self._aead.decrypt(count(self._chunks, last=False), chunk, None)
        except InvalidTag:
            return False
        return True
