from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.money import (
    EXPONENTS,
    Money,
    MoneyError,
    decimal_text,
    exponent,
    round_half_up,
    split,
    tax_within,
    total,
)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("1/2", 1),
        ("-1/2", -1),
        ("5/2", 3),
        ("-5/2", -3),
        ("49/100", 0),
        ("-49/100", 0),
        ("51/100", 1),
        ("7", 7),
    ],
)
def test_one_half_is_rounded_away_from_zero(value, rounded):
    assert round_half_up(Fraction(value)) == rounded


@given(st.fractions())
def test_rounding_never_moves_more_than_one_half_and_is_the_same_for_both_signs(value):
    assert abs(round_half_up(value) - value) <= Fraction(1, 2)
    assert round_half_up(-value) == -round_half_up(value)


def test_a_float_is_refused_wherever_money_is_made_or_rounded():
    for attempt in (
        lambda: Money(1.0, "EUR"),
        lambda: Money(True, "EUR"),
        lambda: Money(1, "EUR") * 0.5,
        lambda: round_half_up(0.5),
    ):
        with pytest.raises(MoneyError) as refusal:
            attempt()
        assert refusal.value.code == "not_whole"


def test_two_currencies_never_add_subtract_or_compare():
    euro, yen = Money(1, "EUR"), Money(1, "JPY")
    for attempt in (
        lambda: euro + yen,
        lambda: euro - yen,
        lambda: euro < yen,
        lambda: euro >= yen,
        lambda: total([euro], "JPY"),
    ):
        with pytest.raises(MoneyError) as refusal:
            attempt()
        assert refusal.value.code == "currency_mix"
        assert {refusal.value.facts["left"], refusal.value.facts["right"]} == {"EUR", "JPY"}
    assert euro != yen


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "€", None, 978, ["EUR"], "X" * 10**6])
def test_a_currency_that_is_no_iso_code_is_refused(code):
    with pytest.raises(MoneyError) as refusal:
        Money(1, code)
    assert refusal.value.code == "unknown_currency"
    assert len(str(refusal.value)) < 200


def test_minor_units_have_the_places_of_iso_4217():
    assert [exponent(code) for code in ("CNY", "EUR", "USD", "JPY", "KRW", "KWD", "CLF")] == [
        2,
        2,
        2,
        0,
        0,
        3,
        4,
    ]
    assert all(len(code) == 3 and code.isupper() for code in EXPONENTS)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1250, "EUR", "12.50"),
        (5, "CNY", "0.05"),
        (-5, "CNY", "-0.05"),
        (0, "USD", "0.00"),
        (1250, "JPY", "1250"),
        (-7, "JPY", "-7"),
        (1250, "KWD", "1.250"),
        (-123456, "USD", "-1234.56"),
    ],
)
def test_decimal_text_has_the_places_of_the_currency(minor, currency, text):
    assert decimal_text(Money(minor, currency)) == text


def test_units_left_over_by_a_split_go_to_the_largest_remainders_and_the_earlier_when_equal():
    assert [part.minor for part in split(Money(100, "EUR"), [1, 1, 1])] == [34, 33, 33]
    assert [part.minor for part in split(Money(101, "EUR"), [1, 1, 1])] == [34, 34, 33]
    assert [part.minor for part in split(Money(10, "EUR"), [1, 3, 2])] == [2, 5, 3]
    assert [part.minor for part in split(Money(7, "EUR"), [0, 1, 1])] == [0, 4, 3]


def test_a_negative_amount_is_split_by_its_size():
    assert [part.minor for part in split(Money(-100, "EUR"), [1, 1, 1])] == [-34, -33, -33]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [2, -1]])
def test_a_split_without_a_weight_above_zero_or_with_one_below_is_refused(weights):
    with pytest.raises(MoneyError) as refusal:
        split(Money(100, "EUR"), weights)
    assert refusal.value.code == "bad_weights"


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.fractions(0, 100, max_denominator=50), min_size=1, max_size=9).filter(any),
)
def test_the_parts_of_a_split_add_back_and_none_is_a_whole_unit_off(minor, weights):
    parts = split(Money(minor, "CNY"), weights)
    assert total(parts, "CNY") == Money(minor, "CNY")
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - minor * weight / sum(weights)) < 1


@pytest.mark.parametrize(
    ("gross", "percent", "tax"),
    [(1200, 6, 68), (2000, 6, 113), (21000, 6, 1189), (1100, 19, 176), (107, 7, 7), (3, 100, 2), (0, 19, 0)],
)
def test_tax_is_what_the_gross_amount_holds_rounded_half_up(gross, percent, tax):
    assert tax_within(Money(gross, "EUR"), Fraction(percent)) == Money(tax, "EUR")


def test_a_tax_rate_below_zero_is_refused():
    with pytest.raises(MoneyError) as refusal:
        tax_within(Money(1, "EUR"), Fraction(-1))
    assert refusal.value.code == "bad_rate"


def test_money_orders_and_counts_as_nothing_only_at_zero():
    assert Money(1, "EUR") < Money(2, "EUR") <= Money(2, "EUR")
    assert not Money.zero("EUR")
    assert Money(-1, "EUR")
    assert 3 * Money(5, "EUR") == Money(15, "EUR") == -Money(-15, "EUR")
