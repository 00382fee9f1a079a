"""A virtual plate is nobody's plate."""

import pytest

from gatehouse.domain.plates import UNKNOWN, normalise, shape
from gatehouse.domain.virtual import is_virtual, virtual_plate


def test_it_has_no_countrys_form_and_is_written_in_one_way() -> None:
    for seed in range(0, 256, 7):
        plate = virtual_plate(bytes((seed + step * 31) % 256 for step in range(8)))
        assert is_virtual(plate)
        assert normalise(plate) == plate
        assert shape(plate) in (None, UNKNOWN)


@pytest.mark.parametrize("text", ["", "V", "V1234567", "V2345ABC0", "v2345ABCD", "V2345ABCDE", "京A12345", "B2345ABCD"])
def test_nothing_else_passes_for_one(text: str) -> None:
    assert not is_virtual(text)


def test_too_little_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="8 random bytes"):
        virtual_plate(b"short")
