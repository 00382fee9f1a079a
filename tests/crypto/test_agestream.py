"""Age files piece by piece: the same bytes as in one go, and every fault is told apart from the others."""

import io
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.crypto.agefile import CHUNK, TAG, new_identity, open_file, recipient_key, seal_file
from gatehouse.crypto.agestream import OpeningReader, SealingWriter, opener, opener_of_own
from gatehouse.crypto.errors import CryptoError, Malformed, Unreadable

ANN = new_identity()
KEY = recipient_key(ANN.recipient)


def sealed(data: bytes, piece: int = 1000) -> bytes:
    target = io.BytesIO()
    writer = SealingWriter(target, KEY)
    for start in range(0, len(data), piece):
        writer.write(data[start : start + piece])
    writer.finish()
    return target.getvalue()


def opened(data: bytes, piece: int = 7001) -> bytes:
    reader = OpeningReader(io.BytesIO(data), opener(ANN.secret))
    return b"".join(iter(lambda: reader.read(piece), b""))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])
def test_both_ways_of_writing_and_reading_understand_each_other(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    assert open_file(sealed(data), ANN.secret) == data
    assert opened(seal_file(data, KEY)) == data
    assert opened(sealed(data, piece=CHUNK), piece=CHUNK) == data


def test_whoever_wrote_it_reads_it_back_by_its_own_key() -> None:
    target = io.BytesIO()
    writer = SealingWriter(target, KEY)
    writer.write(b"x" * 100_000)
    writer.finish()
    target.seek(0)
    assert OpeningReader(target, opener_of_own(writer.file_key)).read() == b"x" * 100_000
    with pytest.raises(Unreadable, match="changed header"):
        OpeningReader(io.BytesIO(sealed(b"another")), opener_of_own(writer.file_key))


WHOLE = sealed(b"x" * (2 * CHUNK + 5))
HEAD = len(WHOLE) - (2 * CHUNK + 5 + 3 * TAG)


def _flipped(at: int) -> bytes:
    return WHOLE[:at] + bytes([WHOLE[at] ^ 1]) + WHOLE[at + 1 :]


def _another_letter(at: int) -> bytes:
    """Still a header to look at, whatever stood there."""
    return WHOLE[:at] + (b"B" if WHOLE[at : at + 1] == b"A" else b"A") + WHOLE[at + 1 :]


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (lambda: WHOLE[: HEAD + CHUNK + TAG], "cut off"),
        (lambda: WHOLE[: HEAD + 2 * (CHUNK + TAG)], "cut off"),
        (lambda: _flipped(HEAD + 10), "changed payload"),
        (lambda: _flipped(len(WHOLE) - 1), "changed payload"),
        (lambda: WHOLE + b"more", "changed payload"),
        (lambda: _another_letter(HEAD - 20), "changed header"),
    ],
    ids=["one chunk", "two chunks", "first changed", "last changed", "added", "header"],
)
def test_what_is_wrong_is_said(damaged: Callable[[], bytes], why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        opened(damaged())


@pytest.mark.parametrize("data", [b"", b"hello", WHOLE[:40], WHOLE[:HEAD]], ids=["empty", "text", "cut", "header"])
def test_what_is_no_age_file_is_said(data: bytes) -> None:
    with pytest.raises(Malformed):
        opened(data)


def test_nobody_else_reads_it() -> None:
    with pytest.raises(Unreadable, match="sealed to another"):
        OpeningReader(io.BytesIO(WHOLE), opener(new_identity().secret))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_changed_missing_or_added_byte_is_seen(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(WHOLE) - 1))
    changed = bytearray(WHOLE)
    changed[place] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(changed), WHOLE[:place], WHOLE[:place] + b"\0" + WHOLE[place:]):
        with pytest.raises(CryptoError):
            opened(wrong)
