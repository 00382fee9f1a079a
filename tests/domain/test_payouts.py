"""What is paid out to the owners of garages: no cent appears or is lost, and every line says why."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.domain import payouts
from gatehouse.domain.money import Money, total
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.payouts import Holding, Line, LineKind, PayoutError, Sum, Terms, month_lines, payout

MARCH = Month(2026, 3)
ZERO = Money.zero("EUR")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def held(holder="mill", parts=1, starts=date(2026, 1, 1), ends=None, fixed=0, commission=0, vat=0, **fees):
    percents = {name if name != "other" else "": Fraction(text) for name, text in fees.items()}
    return Holding(holder, parts, Terms(eur(fixed), Fraction(commission), Fraction(vat), percents), starts, ends)


def came(day, minor, provider="card", rate: str | None = "19"):
    return Sum(date(2026, 3, day), provider, None if rate is None else Fraction(rate), eur(minor))


def said(lines):
    return [(line.kind.value, line.amount.minor) for line in lines]


def test_a_month_of_one_owner_line_by_line():
    """1,190.00 in at 19 %, 10.00 back; the provider keeps 1.4 % of what came, the operator 10 % and 50.00, VAT 19 %."""
    sums = [came(3, 100_000), came(17, 19_000), came(20, -1_000)]
    lines = month_lines(MARCH, sums, [held(fixed=5000, commission="10", vat="19", card="1.4")], "EUR")["mill"]
    assert said(lines) == [
        ("gross", 119_000),
        ("refunds", -1_000),
        ("provider_fee", -1_666),
        ("commission", -11_800),
        ("fixed_fee", -5_000),
        ("fee_vat", -3_192),  # 19 % of 168.00
    ]
    assert payout(lines, "EUR") == eur(96_342)


def test_gross_is_apart_by_rate_of_tax_and_by_its_absence():
    sums = [came(1, 700, rate="7"), came(1, 1900), came(2, 50, rate=None), came(3, 300, rate="7")]
    lines = month_lines(MARCH, sums, [held()], "EUR")["mill"]
    assert [(line.params["tax_percent"], line.amount.minor) for line in lines] == [("7", 1000), ("19", 1900), ("", 50)]


def test_a_cent_that_cannot_be_halved_goes_to_the_first():
    lines = month_lines(MARCH, [came(5, 101)], [held("mill"), held("weir")], "EUR")
    assert (payout(lines["mill"], "EUR").minor, payout(lines["weir"], "EUR").minor) == (51, 50)


def test_an_owner_who_sells_in_the_month_gets_what_came_until_then():
    sold = [held("mill", ends=date(2026, 3, 11), fixed=3100), held("weir", starts=date(2026, 3, 11), fixed=3100)]
    lines = month_lines(MARCH, [came(10, 400), came(11, 700)], sold, "EUR")
    assert said(lines["mill"]) == [("gross", 400), ("fixed_fee", -1000)]  # 10 of 31 days
    assert said(lines["weir"]) == [("gross", 700), ("fixed_fee", -2100)]


def test_dates_without_an_owner_are_the_operators():
    assert month_lines(MARCH, [came(1, 900)], [held(starts=date(2026, 3, 2))], "EUR") == {"mill": []}
    assert month_lines(MARCH, [came(1, 900)], [held(starts=date(2026, 4, 1))], "EUR") == {}


def test_a_fee_is_by_provider_and_what_is_not_named_has_the_percentage_of_the_others():
    sums = [came(1, 10_000), came(1, 10_000, "wechat"), came(1, 10_000, "test")]
    lines = month_lines(MARCH, sums, [held(card="1", other="3")], "EUR")["mill"]
    fees = {line.params["provider"]: line.amount.minor for line in lines if line.kind is LineKind.PROVIDER_FEE}
    assert fees == {"card": -100, "wechat": -300, "test": -300}


def test_more_back_than_came_is_owed():
    lines = month_lines(MARCH, [came(1, -500)], [held(commission="10")], "EUR")["mill"]
    assert payout(lines, "EUR") == eur(-450)


def test_another_month_and_another_currency_do_not_count():
    assert month_lines(Month(2026, 4), [came(1, 900)], [held()], "EUR") == {"mill": []}
    with pytest.raises(PayoutError):
        month_lines(MARCH, [Sum(date(2026, 3, 1), "card", None, Money(9, "CNY"))], [held()], "EUR")


@pytest.mark.parametrize("wrong", [{"parts": 0}, {"parts": -1}, {"parts": 10_001}, {"ends": date(2026, 1, 1)}])
def test_a_holding_that_can_not_be_is_refused(wrong):
    with pytest.raises(PayoutError):
        held(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"commission": -1}, {"commission": 101}, {"vat": "100.5"}, {"fixed": -1}, {"card": -1}]
)
def test_terms_that_can_not_be_are_refused(wrong):
    with pytest.raises(PayoutError):
        held(**wrong)


def test_a_correction_is_what_an_approved_month_comes_to_now_beyond_what_was_said_of_it():
    line = payouts.correction(MARCH, eur(900), eur(-100), eur(750))
    assert line == Line(LineKind.EARLIER, {"month": "2026-03"}, eur(-50))
    assert payouts.correction(MARCH, eur(900), eur(-100), eur(800)) is None


@pytest.mark.parametrize(("percent", "text"), [("8.25", "8.25"), ("10", "10"), ("0", "0"), ("0.0001", "0.0001")])
def test_a_percentage_is_written_as_it_was_typed(percent, text):
    assert payouts.text(Fraction(percent)) == text


# --- whatever comes ----------------------------------------------------------------------------------------------

DAYS = st.dates(date(2026, 2, 25), date(2026, 4, 4))
PERCENTS = st.integers(0, 10_000).map(lambda n: Fraction(n, 100))


@st.composite
def holdings(draw):
    starts = draw(DAYS)
    length = draw(st.none() | st.integers(1, 60))
    fees = draw(st.dictionaries(st.sampled_from(["card", "wechat", ""]), PERCENTS))
    terms = Terms(eur(draw(st.integers(0, 99_999))), draw(PERCENTS), draw(PERCENTS), fees)
    holder, parts = draw(st.sampled_from("abc")), draw(st.integers(1, 7))
    return Holding(holder, parts, terms, starts, None if length is None else starts + timedelta(days=length))


SUMS = st.builds(
    Sum,
    day=DAYS,
    provider=st.sampled_from(["card", "wechat", "test"]),
    tax_percent=st.sampled_from([None, Fraction(7), Fraction(19)]),
    amount=st.integers(-100_000, 1_000_000).map(eur),
)
KEPT = {LineKind.PROVIDER_FEE, LineKind.COMMISSION, LineKind.FIXED_FEE, LineKind.FEE_VAT}


@settings(max_examples=300)
@given(st.lists(SUMS, max_size=25), st.lists(holdings(), max_size=5))
def test_splitting_loses_no_cent(sums, shares):
    lines = [line for found in month_lines(MARCH, sums, shares, "EUR").values() for line in found]
    money = total((line.amount for line in lines if line.kind in (LineKind.GROSS, LineKind.REFUNDS)), "EUR")
    owned = [one for one in sums if MARCH.first <= one.day < MARCH.until and any(h.holds_on(one.day) for h in shares)]
    assert money == total((one.amount for one in owned), "EUR")


@settings(max_examples=300)
@given(st.lists(SUMS, max_size=25), st.lists(holdings(), max_size=5))
def test_the_lines_add_up_to_the_payout_and_what_is_kept_is_never_given(sums, shares):
    for lines in month_lines(MARCH, sums, shares, "EUR").values():
        assert sum(line.amount.minor for line in lines) == payout(lines, "EUR").minor
        assert all(line.amount.minor for line in lines if line.kind in KEPT)
        came_in = sum(line.amount.minor for line in lines if line.kind is LineKind.GROSS)
        back = sum(line.amount.minor for line in lines if line.kind is LineKind.REFUNDS)
        assert came_in >= 0 >= back


@settings(max_examples=200)
@given(st.lists(SUMS, max_size=25), st.lists(holdings(), min_size=1, max_size=4), st.randoms())
def test_the_order_in_which_money_is_told_does_not_matter(sums, shares, random):
    shuffled = list(sums)
    random.shuffle(shuffled)
    once, again = (month_lines(MARCH, one, shares, "EUR") for one in (sums, shuffled))
    assert {holder: payout(lines, "EUR") for holder, lines in once.items()} == {
        holder: payout(lines, "EUR") for holder, lines in again.items()
    }
