"""The check character of a company's code, against codes of public bodies that anybody can look up."""

import pytest

from gatehouse.domain.taxpayer import check_character, clean_code, is_social_credit_code

GOOD = "91350100M000100Y43"  # the worked example of GB 32100-2015


def test_the_standards_own_example_is_right() -> None:
    assert check_character(GOOD) == "3"
    assert is_social_credit_code(GOOD)


@pytest.mark.parametrize("typed", [GOOD.lower(), f" {GOOD[:8]} {GOOD[8:]} ", f"{GOOD[:2]}-{GOOD[2:]}"])
def test_it_is_taken_as_people_write_it(typed: str) -> None:
    assert is_social_credit_code(typed)
    assert clean_code(typed) == GOOD


def test_every_single_wrong_character_is_seen() -> None:
    for place, right in enumerate(GOOD):
        for wrong in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            if wrong != right:
                assert not is_social_credit_code(GOOD[:place] + wrong + GOOD[place + 1 :])


@pytest.mark.parametrize("typed", ["", GOOD[:-1], GOOD + "0", GOOD[:-1] + "O", "九" * 18])
def test_another_length_or_letter_is_none(typed: str) -> None:
    assert not is_social_credit_code(typed)
