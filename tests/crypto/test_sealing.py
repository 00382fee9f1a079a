"""Cells open only where they were sealed, and say nothing by their length."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.crypto.errors import CryptoError, Malformed, TooLong, Unreadable
from gatehouse.crypto.sealing import (
    KeyKind,
    KeyRef,
    bucket,
    new_key,
    open_cell,
    pad,
    read_ref,
    seal,
    unpad,
    unwrap,
    wrap,
)

KEY = new_key()
REF = KeyRef(KeyKind.IDENTITY, "person-1")
BUCKETS = (64, 128)


def sealed(data: bytes = b"Ann Example") -> bytes:
    return seal(KEY, REF, label="person.name/1", row="row-1", data=data, buckets=BUCKETS)


def opened(cell: bytes, *, key: bytes = KEY, label: str = "person.name/1", row: str = "row-1") -> bytes:
    return open_cell(key, cell, label=label, row=row, buckets=BUCKETS)


@given(st.binary(max_size=600))
def test_a_cell_gives_back_what_was_sealed(data: bytes) -> None:
    assert opened(sealed(data)) == data


def test_every_byte_flipped_once_is_refused() -> None:
    cell = sealed()
    for place in range(len(cell)):
        changed = bytearray(cell)
        changed[place] ^= 1
        with pytest.raises(CryptoError):
            opened(bytes(changed))


def test_every_shorter_and_longer_cell_is_refused() -> None:
    cell = sealed()
    for length in range(len(cell)):
        with pytest.raises(CryptoError):
            opened(cell[:length])
    with pytest.raises(CryptoError):
        opened(cell + b"\x00")


def test_a_cell_opens_under_no_other_label() -> None:
    with pytest.raises(Unreadable):
        opened(sealed(), label="person.contact/1")


def test_a_cell_opens_in_no_other_row() -> None:
    with pytest.raises(Unreadable):
        opened(sealed(), row="row-2")


def test_label_and_row_cannot_be_shifted_into_each_other() -> None:
    cell = seal(KEY, REF, label="ab", row="c", data=b"", buckets=BUCKETS)
    with pytest.raises(Unreadable):
        open_cell(KEY, cell, label="a", row="bc", buckets=BUCKETS)


def test_a_cell_whose_header_names_another_owner_does_not_open() -> None:
    cell = sealed()
    forged = REF.header().replace(b"person-1", b"person-2") + cell[len(REF.header()) :]
    assert read_ref(forged).owner == "person-2"
    with pytest.raises(Unreadable):
        opened(forged)


def test_the_header_names_only_the_key() -> None:
    day = KeyRef(KeyKind.SITE_DAY_PERSON, "site-1", 739_000)
    cell = seal(KEY, day, label="passage.facts/1", row="r", data=b"Ann Example", buckets=(256,))
    assert read_ref(cell) == day
    assert len(cell) == len(day.header()) + 12 + 256 + 16


def test_no_two_seals_of_one_value_are_alike() -> None:
    assert len({sealed() for _ in range(100)}) == 100


@pytest.mark.parametrize("length", [0, 1, 10, 62, 63])
def test_lengths_within_a_bucket_look_the_same(length: int) -> None:
    assert len(pad(b"x" * length, BUCKETS)) == 64


def test_beyond_the_last_bucket_sizes_grow_by_the_square_root_of_two() -> None:
    sizes = sorted({bucket(length, (100,)) for length in range(1600)})
    assert sizes == [100, 141, 200, 282, 400, 565, 800, 1131, 1600]
    assert all(1.40 < b / a < 1.42 for a, b in itertools.pairwise(sizes))


@given(st.binary(max_size=300))
def test_padding_is_undone(data: bytes) -> None:
    assert unpad(pad(data, BUCKETS), BUCKETS) == data


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\x00" * 64,
        b"data".ljust(64, b"\x00"),
        (b"data\x80").ljust(63, b"\x00"),
        (b"data\x80").ljust(128, b"\x00"),
        b"data\x80" + b"\x00" * 58 + b"\x01",
    ],
)
def test_filling_that_padding_never_writes_is_refused(padded: bytes) -> None:
    with pytest.raises(Malformed):
        unpad(padded, BUCKETS)


@pytest.mark.parametrize("owner", ["", "x" * 256])
def test_an_owner_that_fits_no_header_is_refused(owner: str) -> None:
    with pytest.raises(TooLong):
        KeyRef(KeyKind.SITE, owner).header()


@given(st.binary(max_size=200))
def test_bytes_that_are_no_cell_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_ref(data)


def test_a_wrapped_key_comes_back_under_its_name_only() -> None:
    kek, key = new_key(), new_key()
    wrapped = wrap(kek, "key:2:0:person-1", key)
    assert unwrap(kek, "key:2:0:person-1", wrapped) == key
    with pytest.raises(Unreadable):
        unwrap(kek, "key:2:0:person-2", wrapped)
    with pytest.raises(Unreadable):
        unwrap(new_key(), "key:2:0:person-1", wrapped)


def test_every_byte_of_a_wrapped_key_flipped_once_is_refused() -> None:
    kek = new_key()
    wrapped = wrap(kek, "name", new_key())
    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        with pytest.raises(CryptoError):
            unwrap(kek, "name", bytes(changed))


def test_no_fault_repeats_any_byte_of_what_was_sealed() -> None:
    with pytest.raises(CryptoError) as caught:
        opened(sealed(), row="another")
    assert "Ann" not in f"{caught.value}{caught.value!r}"
