"""A long file in sealed pieces that are read in any order; what one process writes another goes on with.

    seal_piece(key, file, number, data) -> bytes
    open_piece(key, file, number, sealed) -> bytes      raises Unreadable

Piece: nonce 12 | AES-256-GCM text, tag 16. `file` and the piece's place are in the AAD, so that pieces do not open in
another file or place. How many pieces there are is for the caller to know: a file that lost its end is
not noticed here.
"""

import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatehouse.crypto.errors import Unreadable

_NONCE = 12
OVERHEAD = _NONCE + 16
_AAD = b"gatehouse piece/1"


def _aad(file: bytes, number: int) -> bytes:
    return _AAD + struct.pack(">QH", number, len(file)) + file


def seal_piece(key: bytes, file: bytes, number: int, data: bytes) -> bytes:
    """`data` and OVERHEAD bytes more. `file` names the file it belongs to."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, _aad(file, number))


def open_piece(key: bytes, file: bytes, number: int, sealed: bytes) -> bytes:
    """Raises Unreadable for another key, file or place, and for any changed byte."""
    if len(sealed) < OVERHEAD:
        raise Unreadable("piece")
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _aad(file, number))
    except InvalidTag as fault:
        raise Unreadable("piece") from fault
