"""Worked stays with every line; the vectors say what each one settles."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gatehouse.domain.money import Money
from gatehouse.domain.parking import StayFact, ValidatedAmount, ValidatedTime, price
from gatehouse.domain.tariff_json import tariff_from_dict

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "parking.json").read_text("utf-8"))
TARIFFS = {name: tariff_from_dict(form) for name, form in VECTORS["tariffs"].items()}


def stay_of(case: dict) -> StayFact:
    currency = TARIFFS[case["tariff"]].currency
    validations: list[ValidatedTime | ValidatedAmount] = []
    if "validated_min" in case:
        validations.append(ValidatedTime(timedelta(minutes=case["validated_min"]), by="cafe"))
    if "validated_amount" in case:
        validations.append(ValidatedAmount(Money(case["validated_amount"], currency), by="cafe"))
    entry, exit_at = (datetime.fromisoformat(case[key]) for key in ("entry", "exit"))
    return StayFact(entry, exit_at, case["class"], tuple(validations))


@pytest.mark.parametrize("case", VECTORS["stays"], ids=lambda case: case["says"])
def test_stay(case):
    stay, tariff = stay_of(case), TARIFFS[case["tariff"]]
    priced = price(stay, tariff, at=stay.exit)
    lines = [
        {"kind": line.kind.value, "covered_s": line.covered_s, "amount": line.amount.minor}
        | ({"params": dict(line.params)} if line.params else {})
        for line in priced.lines
    ]
    assert lines == case["lines"]
    assert priced.total == Money(case["total"], tariff.currency)
    assert priced.tax == (None if case["tax"] is None else Money(case["tax"], tariff.currency))


def test_there_are_twenty_four_stays_under_eight_tariffs():
    assert len(VECTORS["stays"]) == 24
    assert {case["tariff"] for case in VECTORS["stays"]} == set(TARIFFS)
    assert len(TARIFFS) == 8
