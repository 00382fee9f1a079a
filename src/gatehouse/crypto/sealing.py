"""Cells: one sealed value of one row, and the wrapping of the keys that seal them.

    seal(key, ref, label=, row=, data=, buckets=) -> bytes
    read_ref(cell) -> KeyRef                                            raises Malformed
    room(cell) -> int                                                   raises Malformed
    open_cell(key, cell, label=, row=, buckets=) -> bytes               raises Malformed, Unreadable
    wrap(kek, name, key) -> bytes;  unwrap(kek, name, wrapped) -> bytes raises Malformed, Unreadable

Cell, version 1: "GH" | 0x01 | kind u8 | number u32 | owner length u8 | owner utf-8 | nonce 12 | AES-256-GCM text, tag.
The header (everything before the nonce) names the key; it is part of the AAD together with the label and the row, so
that a cell opens only where it was sealed.
"""

import os
import struct
from dataclasses import dataclass
from enum import IntEnum
from math import isqrt

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV

from gatehouse.crypto.errors import Malformed, TooLong, Unreadable

KEY_BYTES = 32
MAGIC = b"GH\x01"
_HEAD = struct.Struct(">3sBIB")
_NONCE = 12
_TAG = 16
_AAD = b"gatehouse cell/1"
_WRAP = b"gatehouse wrap/1"
_WRAP_VERSION = b"\x01"
_DATA_LIMIT = 32 * 1024 * 1024


class KeyKind(IntEnum):
    """Which key opens a cell; the number in the header means what the comment says."""

    FACE = 1
    IDENTITY = 2
    ACCESS = 3
    WORK = 4
    VEHICLE = 5
    SITE_DAY = 6  # number: the proleptic ordinal of the local date; owner: the site
    SITE_DAY_PERSON = 7  # as SITE_DAY; the other half is the access key of a person whom the header does not name
    STAY = 8
    BOOKS = 9  # number: the year; owner: the site
    SITE = 10
    VISIT = 11
    SITE_DAY_OTHER = 12  # as SITE_DAY: what passed there and belongs to nobody with an access key


@dataclass(frozen=True, slots=True)
class KeyRef:
    """The name of a key: `number` is 0 except where KeyKind says otherwise."""

    kind: KeyKind
    owner: str
    number: int = 0

    def header(self) -> bytes:
        """Raises TooLong for an owner beyond 255 bytes or a number beyond 32 bits."""
        if not may_own(self.owner) or not 0 <= self.number < 2**32:
            raise TooLong("a key's owner takes 1 to 255 bytes")
        owner = self.owner.encode()
        return _HEAD.pack(MAGIC, self.kind, self.number, len(owner)) + owner


def may_own(name: str) -> bool:
    """Whether keys may have an owner of this name, of 1 to 255 bytes."""
    return 0 < len(name.encode()) <= 255


def new_key() -> bytes:
    """32 random bytes."""
    return os.urandom(KEY_BYTES)


def bucket(length: int, buckets: tuple[int, ...]) -> int:
    """The padded size in bytes for a plaintext of `length`: the first bucket that holds it and one byte more;
    beyond the last bucket in steps of sqrt(2), so that a size tells little."""
    for size in buckets:
        if length < size:
            return size
    last, step = buckets[-1], 1
    while True:
        size = isqrt(last * last << step)
        if length < size:
            return size
        step += 1


def pad(data: bytes, buckets: tuple[int, ...]) -> bytes:
    """`data`, 0x80, zeros up to the bucket. Raises TooLong beyond 32 MiB."""
    if len(data) > _DATA_LIMIT:
        raise TooLong("a cell holds at most 32 MiB")
    return (data + b"\x80").ljust(bucket(len(data), buckets), b"\x00")


def unpad(padded: bytes, buckets: tuple[int, ...]) -> bytes:
    """Undo `pad`; a size or filling that `pad` would not have written raises Malformed."""
    data = padded.rstrip(b"\x00")
    if not data.endswith(b"\x80") or len(padded) != bucket(len(data) - 1, buckets):
        raise Malformed("padding")
    return data[:-1]


def _aad(header: bytes, label: str, row: str) -> bytes:
    parts = (label.encode(), row.encode(), header)
    return _AAD + b"".join(struct.pack(">I", len(part)) + part for part in parts)


def seal(key: bytes, ref: KeyRef, *, label: str, row: str, data: bytes, buckets: tuple[int, ...]) -> bytes:
    """A cell under `key`, which `ref` names, for the row `row` and the purpose `label`. Raises TooLong."""
    header, nonce = ref.header(), os.urandom(_NONCE)
    return header + nonce + AESGCM(key).encrypt(nonce, pad(data, buckets), _aad(header, label, row))


def _split(cell: bytes) -> tuple[KeyRef, int]:
    try:
        magic, kind, number, length = _HEAD.unpack_from(cell)
        ref = KeyRef(KeyKind(kind), cell[_HEAD.size : _HEAD.size + length].decode(), number)
    except (struct.error, ValueError) as fault:
        raise Malformed("cell header") from fault
    end = _HEAD.size + length
    if magic != MAGIC or length == 0 or len(cell) < end + _NONCE + _TAG:
        raise Malformed("cell header")
    return ref, end


def read_ref(cell: bytes) -> KeyRef:
    """Whose key opens this cell. Raises Malformed."""
    return _split(cell)[0]


def room(cell: bytes) -> int:
    """How many bytes at most lie in a cell of this length; so many, sealed, give a cell that is as long. Raises
    Malformed."""
    return len(cell) - _split(cell)[1] - _NONCE - _TAG - 1


def open_cell(key: bytes, cell: bytes, *, label: str, row: str, buckets: tuple[int, ...]) -> bytes:
    """The plaintext. Raises Malformed, or Unreadable for another key, label or row or a changed byte."""
    _, end = _split(cell)
    nonce = cell[end : end + _NONCE]
    try:
        padded = AESGCM(key).decrypt(nonce, cell[end + _NONCE :], _aad(cell[:end], label, row))
    except InvalidTag as fault:
        raise Unreadable("cell") from fault
    return unpad(padded, buckets)


def wrap(kek: bytes, name: str, key: bytes) -> bytes:
    """`key` sealed under `kek` and bound to its name: version byte, nonce 12, AES-256-GCM-SIV text + tag."""
    nonce = os.urandom(_NONCE)
    return _WRAP_VERSION + nonce + AESGCMSIV(kek).encrypt(nonce, key, _WRAP + name.encode())


def unwrap(kek: bytes, name: str, wrapped: bytes) -> bytes:
    """Raises Malformed, or Unreadable for another KEK or name and for any changed byte."""
    if len(wrapped) < 1 + _NONCE + _TAG or wrapped[:1] != _WRAP_VERSION:
        raise Malformed("wrapped key")
    try:
        return AESGCMSIV(kek).decrypt(wrapped[1 : 1 + _NONCE], wrapped[1 + _NONCE :], _WRAP + name.encode())
    except InvalidTag as fault:
        raise Unreadable("wrapped key") from fault
