import pytest

from gatehouse.crypto.errors import Unreadable
from gatehouse.crypto.pieces import OVERHEAD, open_piece, seal_piece

KEY, FILE = b"k" * 32, b"f" * 16


def test_a_piece_opens_at_its_place_in_its_file_and_nowhere_else():
    sealed = seal_piece(KEY, FILE, 3, b"data")
    assert open_piece(KEY, FILE, 3, sealed) == b"data"
    assert len(sealed) == 4 + OVERHEAD
    assert seal_piece(KEY, FILE, 3, b"data") != sealed
    for key, file, number in ((b"x" * 32, FILE, 3), (KEY, b"g" * 16, 3), (KEY, FILE, 4)):
        with pytest.raises(Unreadable):
            open_piece(key, file, number, sealed)


def test_a_changed_or_short_piece_does_not_open():
    sealed = seal_piece(KEY, FILE, 0, b"data")
    for broken in (sealed[:-1], sealed[:10], b"", sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(Unreadable):
            open_piece(KEY, FILE, 0, broken)
