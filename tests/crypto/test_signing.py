"""An edge's requests and its cache are its own."""

import pytest

from gatehouse.crypto.errors import CryptoError, Malformed
from gatehouse.crypto.signing import (
    DeviceKeys,
    new_device_keys,
    open_cache,
    read_request,
    seal_cache,
    sign,
    sign_request,
    verify,
    verify_request,
)

KEYS = new_device_keys()
PUBLIC = KEYS.public()
EDGE = "0199c0de-0000-7000-8000-000000000001"


def header(**changes: object) -> str:
    facts = {"edge": EDGE, "at_s": 1_790_000_000, "method": "POST", "target": "/edge/letters", "body": b"letters"}
    return sign_request(KEYS.sign_key, **(facts | changes))  # type: ignore[arg-type]


def holds(text: str, *, method: str = "POST", target: str = "/edge/letters", body: bytes = b"letters") -> bool:
    proof = read_request(text)
    assert proof is not None
    return verify_request(PUBLIC.sign_key, proof, method=method, target=target, body=body)


def test_a_request_is_known_by_its_edge_and_second() -> None:
    proof = read_request(header())
    assert proof is not None
    assert (proof.edge, proof.at_s) == (EDGE, 1_790_000_000)
    assert holds(header())


def test_a_signature_holds_for_no_other_method_target_or_body() -> None:
    text = header()
    assert not holds(text, method="GET")
    assert not holds(text, target="/edge/feed")
    assert not holds(text, body=b"other")


def test_a_signature_holds_for_no_other_edge_or_second() -> None:
    text = header()
    assert not holds(text.replace("000001.", "000002."))
    assert not holds(text.replace(".1790000000.", ".1790000001."))


def test_another_device_cannot_sign_for_this_one() -> None:
    proof = read_request(header())
    assert proof is not None
    other = new_device_keys().public().sign_key
    assert not verify_request(other, proof, method="POST", target="/edge/letters", body=b"letters")


@pytest.mark.parametrize(
    "text",
    ["", "Gatehouse", "Bearer x", "Gatehouse a.b.c", "Gatehouse e.1." + "A" * 85, "Gatehouse e.1." + "A" * 86 + "\n"],
)
def test_a_header_that_is_none_of_ours_is_no_claim(text: str) -> None:
    assert read_request(text) is None


def test_a_key_or_signature_that_is_none_verifies_nothing() -> None:
    assert not verify(b"short", b"m", sign(KEYS.sign_key, b"m"))
    assert not verify(PUBLIC.sign_key, b"m", b"short")


def test_a_cache_opens_on_its_own_device_only() -> None:
    sealed = seal_cache(KEYS, b"gallery")
    assert open_cache(KEYS, sealed) == b"gallery"
    assert b"gallery" not in sealed
    with pytest.raises(CryptoError):
        open_cache(new_device_keys(), sealed)


def test_every_byte_of_a_cache_flipped_once_is_refused() -> None:
    sealed = seal_cache(KEYS, b"gallery")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(CryptoError):
            open_cache(KEYS, bytes(changed))


def test_a_device_key_file_is_read_back_and_checked() -> None:
    assert DeviceKeys.from_bytes(KEYS.to_bytes()) == KEYS
    with pytest.raises(Malformed):
        DeviceKeys.from_bytes(KEYS.to_bytes()[:-1])


def test_device_keys_do_not_print_themselves() -> None:
    assert KEYS.sign_key.hex() not in repr(KEYS)
    assert repr(KEYS.sign_key) not in repr(KEYS)
