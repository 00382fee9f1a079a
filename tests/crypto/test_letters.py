"""Letters: only the keeper reads them, only the edge writes them."""

import pytest

from gatehouse import wire
from gatehouse.crypto.errors import Unreadable
from gatehouse.crypto.letters import hpke_open, hpke_seal, seal_letter, verify_letter
from gatehouse.crypto.signing import new_device_keys

EDGE, KEEPER = new_device_keys(), new_device_keys()
AAD = wire.letter_aad("edge-1", 7)


def letter(body: bytes = b"body") -> tuple[bytes, bytes]:
    return seal_letter(
        body,
        info=wire.LETTER_INFO,
        aad=AAD,
        context=wire.LETTER_SIGNATURE,
        seal_key=KEEPER.public().seal_key,
        sign_key=EDGE.sign_key,
    )


def is_signed(sealed: bytes, signature: bytes, aad: bytes = AAD) -> bool:
    key = EDGE.public().sign_key
    return verify_letter(sealed, signature, aad=aad, context=wire.LETTER_SIGNATURE, verify_key=key)


def test_a_letter_is_verified_and_opened() -> None:
    sealed, signature = letter()
    assert is_signed(sealed, signature)
    assert hpke_open(sealed, info=wire.LETTER_INFO, aad=AAD, private_key=KEEPER.seal_key) == b"body"


def test_a_letter_holds_under_no_other_edge_or_number() -> None:
    sealed, signature = letter()
    for aad in (wire.letter_aad("edge-1", 8), wire.letter_aad("edge-2", 7)):
        assert not is_signed(sealed, signature, aad)
        with pytest.raises(Unreadable):
            hpke_open(sealed, info=wire.LETTER_INFO, aad=aad, private_key=KEEPER.seal_key)


def test_every_byte_of_a_letter_flipped_once_is_refused() -> None:
    sealed, signature = letter()
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert not is_signed(bytes(changed), signature)
        with pytest.raises(Unreadable):
            hpke_open(bytes(changed), info=wire.LETTER_INFO, aad=AAD, private_key=KEEPER.seal_key)
    for place in range(len(signature)):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not is_signed(sealed, bytes(changed))


def test_a_letter_is_no_feed_cell() -> None:
    sealed, _ = letter()
    with pytest.raises(Unreadable):
        hpke_open(sealed, info=wire.FEED_INFO, aad=AAD, private_key=KEEPER.seal_key)


@pytest.mark.parametrize("short", [b"", b"x" * 47])
def test_what_is_too_short_for_a_letter_is_unreadable(short: bytes) -> None:
    with pytest.raises(Unreadable):
        hpke_open(short, info=wire.LETTER_INFO, aad=AAD, private_key=KEEPER.seal_key)


def test_a_feed_cell_is_readable_by_its_edge_for_its_owner_only() -> None:
    aad = wire.feed_aad("edge-1", "vehicle.plate/1", "vehicle-1")
    sealed = hpke_seal(b"plate", info=wire.FEED_INFO, aad=aad, public_key=EDGE.public().seal_key)
    assert hpke_open(sealed, info=wire.FEED_INFO, aad=aad, private_key=EDGE.seal_key) == b"plate"
    other = wire.feed_aad("edge-1", "vehicle.plate/1", "vehicle-2")
    with pytest.raises(Unreadable):
        hpke_open(sealed, info=wire.FEED_INFO, aad=other, private_key=EDGE.seal_key)
    with pytest.raises(Unreadable):
        hpke_open(sealed, info=wire.FEED_INFO, aad=aad, private_key=KEEPER.seal_key)
