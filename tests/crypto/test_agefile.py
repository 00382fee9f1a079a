"""Files to somebody outside, in the age format: opened by them alone, and by other tools that speak it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.crypto.agefile import CHUNK, new_identity, open_file, recipient_key, seal_file
from gatehouse.crypto.errors import CryptoError, Malformed, Unreadable

ANN = new_identity()
KEY = recipient_key(ANN.recipient)
# Made by another implementation of the format (pyrage 1.4.0) for a key that is used nowhere else.
THEIR_SECRET = "AGE-SECRET-KEY-1N3DG4DN7WWPS5CPJWLSUDJR4UQUL38E50RJLN3Z7XR07RQ06WZJSJXMDXZ"
THEIR_RECIPIENT = "age1ev3r92y0tyyezzzp837mww2sydgzcx7et3uf68ea7t5a0g79xsgss4fqr2"
THEIR_FILE = bytes.fromhex(
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e20583235353139204142765a616a6336414b3350444e7a6f6c6f"
    "647a786e4b34496d302f4f59494a716e7276496744547552510a4753525350546843654a6c4e4e6441487371356d33685850"
    "6c4e75356943345234323252594836326451630a2d3e20622d677265617365206a39444154315b452067615862597b395e20"
    "3e75683429322045492f210a782b374758583369552f474a63533470536246626f335938786767422b6b7162535448735344"
    "5a6c77774e62682b6650506e65610a2d2d2d206b58575257784a4c65504c7a4870432b316b61633137543764706c52544f50"
    "48624b3450356a77783751730a0a59318ae7632f6468bab21eb04130d99103b21b1c16af54a2d932bc8936e61090799241fe"
    "6fc5138b55294d"
)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_the_recipient_reads_what_was_sealed(size):
    data = bytes(range(256)) * (size // 256 + 1)
    assert open_file(seal_file(data[:size], KEY), ANN.secret) == data[:size]


def test_a_file_of_another_implementation_opens():
    assert open_file(THEIR_FILE, THEIR_SECRET) == b"Gehalt M\xc3\xa4rz"


def test_a_key_of_another_implementation_is_read():
    sealed = seal_file(b"hello", recipient_key(THEIR_RECIPIENT))
    assert open_file(sealed, THEIR_SECRET) == b"hello"


def test_nobody_else_reads_it():
    with pytest.raises(Unreadable):
        open_file(seal_file(b"secret", KEY), new_identity().secret)


def test_the_same_file_twice_looks_different():
    assert seal_file(b"secret", KEY) != seal_file(b"secret", KEY)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_missing_or_added_byte_is_seen(data):
    sealed = seal_file(b"x" * (CHUNK + 5), KEY)
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[place] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(changed), sealed[:place], sealed + b"\0", sealed[:place] + b"\0" + sealed[place:]):
        with pytest.raises(CryptoError):
            open_file(wrong, ANN.secret)


def test_a_changed_byte_of_the_header_is_seen():
    sealed = seal_file(b"x", KEY)
    head = sealed.index(b"\n", sealed.index(b"--- ")) + 1
    for place in range(head):
        for mask in (1, 4, 32):
            changed = bytearray(sealed)
            changed[place] ^= mask
            with pytest.raises(CryptoError):
                open_file(bytes(changed), ANN.secret)


def test_a_file_cut_at_a_chunk_is_seen():
    sealed = seal_file(b"x" * 3 * CHUNK, KEY)
    with pytest.raises(Unreadable):
        open_file(sealed[: len(sealed) - CHUNK - 16], ANN.secret)


NO_RECIPIENTS = {
    "nothing": "",
    "prefix": "age1",
    "cut": ANN.recipient[:-1],
    "capitals": ANN.recipient.upper(),
    "longer": ANN.recipient + "q",
    "letters": "é" * 62,
    "secret": ANN.secret,
    "typo": ANN.recipient[:10] + ("q" if ANN.recipient[10] != "q" else "p") + ANN.recipient[11:],
}


@pytest.mark.parametrize("name", NO_RECIPIENTS)
def test_what_is_no_recipient_is_refused(name):
    with pytest.raises(Malformed):
        recipient_key(NO_RECIPIENTS[name])


def test_a_key_with_which_nothing_is_secret_is_refused():
    from gatehouse.crypto.agefile import _bech32

    with pytest.raises(Malformed):
        recipient_key(_bech32("age", bytes(32)))
