"""Every payroll case of tests/vectors/payroll.toml, reproduced to the minor unit."""

from __future__ import annotations

import pytest
from tests.domain.payroll_vectors import BOOK, CASES, figure, money, months, run

from gatehouse.domain.earnings import Section
from gatehouse.domain.money import split, total
from gatehouse.domain.payroll import Reason, section_total

ALL = [pytest.param(raw, id=raw["name"]) for raw in CASES]
CURRENCY = {name: rules["currency"] for name, rules in BOOK["rules"].items()}


@pytest.mark.parametrize("raw", ALL)
def test_the_contract_gives_exactly_these_amounts(raw):
    found = run(raw)
    currency = CURRENCY[raw["rules"]]
    span = [str(of) for of in months(raw["months"])]
    for name, amounts in raw.get("rows", {}).items():
        assert [figure(name, of, found) for of in span] == [money(a, currency) for a in amounts], name
    for name, amount in raw.get("sum", {}).items():
        assert total((figure(name, of, found) for of in span), currency) == money(amount, currency)
    for of, amounts in raw.get("month", {}).items():
        wanted = {name: money(amount, currency) for name, amount in amounts.items()}
        assert {name: figure(name, of, found) for name in amounts} == wanted
    assert set(found.refusals) == set(raw.get("refused", {}))


@pytest.mark.parametrize("raw", [raw for raw in CASES if "refused" in raw], ids=lambda raw: raw["name"])
def test_a_net_below_zero_is_refused_with_what_it_would_be_and_books_nothing(raw):
    found = run(raw)
    for of, amounts in raw["refused"].items():
        refusal = found.refusals[of]
        assert refusal.reason is Reason.NET_BELOW_ZERO
        assert refusal.would_be == money(amounts["would_be"])
        assert -section_total(refusal.lines, Section.CONTRIBUTION, "CNY") == money(amounts["contributions"])
        assert -section_total(refusal.lines, Section.TAX, "CNY") == money(amounts["tax"])
        assert found.withheld[of] == money("0")


@pytest.mark.parametrize("raw", BOOK["split"], ids=lambda raw: f"{raw['amount']} by {raw['weights']}")
def test_a_split_adds_back(raw):
    parts = split(money(raw["amount"]), raw["weights"])
    assert parts == tuple(money(part) for part in raw["parts"])


def test_no_case_is_lost():
    assert (len(CASES), len(BOOK["split"])) == (18, 4)
