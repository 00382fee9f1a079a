"""Passes and receipts: short, signed, and never taken for each other."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.crypto.errors import TooLong
from gatehouse.crypto.signing import new_device_keys
from gatehouse.crypto.tokens import LENGTH_LIMIT, Flaw, Token, check, issue

KEEPER = new_device_keys()
PUBLIC = KEEPER.public().sign_key
ID = "0199c0de-0000-7000-8000-000000000001"
CLAIMS: dict[str, str | int] = {"id": ID, "sub": ID, "site": ID, "nbf": 1_790_000_000, "exp": 1_790_000_900}


def test_a_pass_carries_its_claims() -> None:
    text = issue("pass", CLAIMS, KEEPER.sign_key)
    assert check(text, "pass", PUBLIC, 1_790_000_000) == Token("pass", CLAIMS)


def test_a_pass_of_three_ids_fits_a_robust_qr_code() -> None:
    assert len(issue("pass", CLAIMS, KEEPER.sign_key)) < 240


@pytest.mark.parametrize(
    ("now", "flaw"), [(1_789_999_999, Flaw.NOT_YET), (1_790_000_900, Flaw.EXPIRED), (1_790_000_901, Flaw.EXPIRED)]
)
def test_a_pass_is_good_from_nbf_until_before_exp(now: int, flaw: Flaw) -> None:
    text = issue("pass", CLAIMS, KEEPER.sign_key)
    assert check(text, "pass", PUBLIC, now) is flaw
    assert isinstance(check(text, "pass", PUBLIC, 1_790_000_899), Token)


def test_a_receipt_is_no_pass() -> None:
    text = issue("receipt", {"stay": ID, "site": ID, "exp": 1_790_000_900}, KEEPER.sign_key)
    assert check(text, "pass", PUBLIC) is Flaw.WRONG_KIND


def test_a_pass_whose_kind_was_rewritten_is_forged() -> None:
    _, claims, signature = issue("pass", CLAIMS, KEEPER.sign_key).split(".")
    body = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
    renamed = body.replace(b"\xa4pass", b"\xa4pasS")
    assert renamed != body
    text = f"GH1.{base64.urlsafe_b64encode(renamed).decode().rstrip('=')}.{signature}"
    assert check(text, "pasS", PUBLIC) is Flaw.FORGED


def test_another_keepers_pass_is_forged() -> None:
    text = issue("pass", CLAIMS, new_device_keys().sign_key)
    assert check(text, "pass", PUBLIC) is Flaw.FORGED


def test_every_character_changed_once_is_refused() -> None:
    text = issue("pass", CLAIMS, KEEPER.sign_key)
    for place, old in enumerate(text):
        changed = text[:place] + ("A" if old != "A" else "B") + text[place + 1 :]
        assert check(changed, "pass", PUBLIC) in (Flaw.FORGED, Flaw.MALFORMED)


@pytest.mark.parametrize(
    "text", ["", "GH1", "GH1..", "GH2.AA." + "A" * 86, "GH1." + "A" * 400 + "." + "A" * 86, "GH1.gaA=." + "A" * 86]
)
def test_what_is_no_token_is_malformed(text: str) -> None:
    assert check(text, "pass", PUBLIC) is Flaw.MALFORMED


@given(st.text(max_size=400))
def test_no_text_makes_it_fail(text: str) -> None:
    assert isinstance(check(text, "pass", PUBLIC, 0), Flaw)


@given(st.binary(max_size=120))
def test_no_signed_bytes_make_it_fail(body: bytes) -> None:
    claims = base64.urlsafe_b64encode(body).decode().rstrip("=")
    assert isinstance(check(f"GH1.{claims}.{'A' * 86}", "pass", PUBLIC, 0), Flaw)


def test_claims_beyond_the_limit_are_not_issued() -> None:
    with pytest.raises(TooLong):
        issue("pass", {"sub": "x" * 200}, KEEPER.sign_key)
    assert len(issue("pass", {"sub": "x" * 100}, KEEPER.sign_key)) <= LENGTH_LIMIT


def test_the_kind_cannot_be_given_as_a_claim() -> None:
    with pytest.raises(ValueError, match="kind"):
        issue("pass", {"k": "receipt"}, KEEPER.sign_key)


def test_a_pass_without_an_end_is_never_in_time() -> None:
    text = issue("pass", {"sub": ID}, KEEPER.sign_key)
    assert check(text, "pass", PUBLIC, 0) is Flaw.MALFORMED
