"""Time-based codes against the published vectors; passwords by Argon2id."""

import pytest

from gatehouse.crypto import passwords

SECRET = b"12345678901234567890"


# RFC 6238, appendix B, SHA-1: the last six of its eight digits.
@pytest.mark.parametrize(
    ("at_s", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_rfc(at_s: int, code: str) -> None:
    assert passwords.totp(SECRET, at_s // 30) == code
    assert passwords.step_of(SECRET, f"{code[:3]} {code[3:]}", at_s, -1) == at_s // 30


@pytest.mark.parametrize(("late_s", "known"), [(-31, False), (-30, True), (0, True), (59, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(late_s: int, known: bool) -> None:
    at_s = 1_234_567_890 // 30 * 30
    found = passwords.step_of(SECRET, passwords.totp(SECRET, at_s // 30), at_s + late_s, -1)
    assert (found is not None) is known


def test_no_step_counts_that_is_not_after_the_last() -> None:
    step = 1000
    code = passwords.totp(SECRET, step)
    assert passwords.step_of(SECRET, code, step * 30, step - 1) == step
    assert passwords.step_of(SECRET, code, step * 30, step) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "１２３４５６", "abcdef", "\x00" * 6])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert passwords.step_of(SECRET, typed, 59, -1) is None


def test_a_password_fits_however_its_letters_are_composed_and_no_other_does() -> None:
    hashed = passwords.hash_password("Zu\u0308rich am See")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.password_fits(hashed, "Z\u00fcrich am See")
    assert not passwords.password_fits(hashed, "Zurich am See")
    assert not passwords.password_fits("no hash", "Zurich am See")


def test_an_app_reads_the_secret_from_the_code() -> None:
    uri = passwords.app_uri(SECRET, "K7Q4-M2XT", "Gatehouse gate.example")
    assert uri == (
        "otpauth://totp/Gatehouse%20gate.example%3AK7Q4-M2XT?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "&issuer=Gatehouse%20gate.example"
    )
