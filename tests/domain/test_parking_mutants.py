"""The checks of pricing see the slips that pricing is prone to: each is made once in the source, and must be found.

The checks are the worked stays, line by line, and a few stays held against a plain block-by-block pricing.
"""

import importlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.domain.mutants import ROOM, Mutant, failed, fresh_domain
from tests.domain.parking_cases import entries, lengths, plain_total, tariff_forms

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "parking.json").read_text("utf-8"))

MUTANTS = [
    Mutant(
        "exactly the grace costs", "parking", "case.length <= case.version.grace", "case.length < case.version.grace"
    ),
    Mutant("a window holds its end", "parking_blocks", "* _DAY < rule.window.closes", "* _DAY <= rule.window.closes"),
    Mutant("a tier holds its end", "tariff_rules", "since_start < self.ends", "since_start <= self.ends"),
    Mutant(
        "the cap goes by the other period",
        "parking_blocks",
        "day if cap.period is CapPeriod",
        "day if cap.period is not CapPeriod",
    ),
    Mutant(
        "the cap is for the whole stay",
        "parking_lines",
        "found.setdefault(charge.period, [])",
        "found.setdefault(None, [])",
    ),
    Mutant(
        "24 h periods count from the chargeable start",
        "parking",
        "BlockGrid(case.stay.entry, start,",
        "BlockGrid(start, start,",
    ),
    Mutant("24 h periods are not cut", "parking_blocks", "range(1, periods + 1)", "range(1, 1)"),
    Mutant("midnight is not cut", "parking_blocks", "edges.add(_ZERO)", "edges.discard(_ZERO)"),
    Mutant(
        "tiers count from entry",
        "parking_blocks",
        "_rule_at(grid, shown, first * length)",
        "_rule_at(grid, shown, begins - grid.entry)",
    ),
    Mutant(
        "the block at the exit is started",
        "parking_blocks",
        "-((grid.start - cut) // grid.pricing.length)",
        "(cut - grid.start) // grid.pricing.length + 1",
    ),
    Mutant("a run of blocks costs one", "parking_blocks", "count * rule.price)", "rule.price)"),
    Mutant("a flat window costs at every visit", "parking_blocks", "paid.add(occurrence)", "paid.discard(occurrence)"),
    Mutant("a night belongs to the morning", "parking_blocks", "return rule, opened_on", "return rule, today"),
    Mutant(
        "any day goes before a holiday",
        "parking_blocks",
        "key=lambda rule: rule.days.kind)",
        "key=lambda rule: -rule.days.kind)",
    ),
    Mutant(
        "the second pass of a repeated hour is not cut", "parking_blocks", "for fold in (0, 1))", "for fold in (0,))"
    ),
    Mutant(
        "the day of a clock change is cut as any other",
        "parking_blocks",
        "if opens.utcoffset() == ends.utcoffset() and not (opens.hour or opens.minute):",
        "if True:",
    ),
    Mutant("one half is rounded down", "money", "2 * rest >= value.denominator", "2 * rest > value.denominator"),
    Mutant("tax is taken as added on top", "money", "/ (100 + Fraction(percent)))", "/ 100)"),
    Mutant(
        "the class percentage is rounded block by block",
        "parking",
        "changed = so_far.share(1 + percent / 100)",
        "changed = total((line.amount.share((1 + percent / 100) / line.params.get('blocks', 1))"
        " * line.params.get('blocks', 1) for line in lines), case.tariff.currency)",
    ),
    Mutant(
        "a class without a mention pays nothing",
        "tariffs",
        "or ClassRule(CAR)",
        "or ClassRule(CAR, change_percent=Fraction(-100))",
    ),
    Mutant(
        "validated minutes come before the free ones",
        "parking",
        "for kind, length, params in offered:",
        "for kind, length, params in reversed(offered):",
    ),
    Mutant("free minutes are given whole though validated ones used them", "parking", "left -= used", "left -= _ZERO"),
    Mutant(
        "a validated amount leaves a credit", "parking", "off = min(validation.amount, left)", "off = validation.amount"
    ),
    Mutant("the version at the exit prices", "parking", "tariff.version_at(stay.entry)", "tariff.version_at(until)"),
    Mutant(
        "a version begins an instant late",
        "tariffs",
        "self._instant(version.starts) <= moment",
        "self._instant(version.starts) < moment",
    ),
    Mutant(
        "a version holds its end",
        "tariffs",
        "moment < self._instant(version.ends)",
        "moment <= self._instant(version.ends)",
    ),
]


def check_worked_stays() -> None:
    names = ("money", "parking", "tariff_json")
    money, parking, reading = (importlib.import_module(f"{ROOM}.{name}") for name in names)
    for case in VECTORS["stays"]:
        tariff = reading.tariff_from_dict(VECTORS["tariffs"][case["tariff"]])
        given = []
        if "validated_min" in case:
            given.append(parking.ValidatedTime(timedelta(minutes=case["validated_min"]), by="cafe"))
        if "validated_amount" in case:
            given.append(parking.ValidatedAmount(money.Money(case["validated_amount"], tariff.currency), by="cafe"))
        entry, leaves = (datetime.fromisoformat(case[key]) for key in ("entry", "exit"))
        priced = parking.price(parking.StayFact(entry, leaves, case["class"], tuple(given)), tariff, leaves)
        lines = [(line.kind.value, line.covered_s, line.amount.minor) for line in priced.lines]
        assert lines == [(line["kind"], line["covered_s"], line["amount"]) for line in case["lines"]], case["says"]
        tax = None if priced.tax is None else priced.tax.minor
        assert (priced.total.minor, tax) == (case["total"], case["tax"]), case["says"]


def check_against_plain_pricing() -> None:
    parking, reading = (importlib.import_module(f"{ROOM}.{name}") for name in ("parking", "tariff_json"))

    @settings(
        max_examples=120, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(tariff_forms(), entries(), lengths())
    def alike(form, entry, length) -> None:
        for vehicle_class in ("car", "motorcycle"):
            stay = parking.StayFact(entry, entry + length, vehicle_class)
            priced = parking.price(stay, reading.tariff_from_dict(form), entry + length)
            assert priced.total.minor == plain_total(form, entry, entry + length, vehicle_class, 0)
            assert sum((line.covered for line in priced.lines), timedelta(0)) == length

    alike()


def check_clock_changes() -> None:
    """Two prices with an edge inside the hour that is shown twice or never, from midnight on through the change."""
    parking, reading = (importlib.import_module(f"{ROOM}.{name}") for name in ("parking", "tariff_json"))
    windows = [("00:00", "02:30"), ("02:30", "24:00")]
    rules = [
        {"code": f"w{i}", "price": 1 + 9 * i, "window": {"opens": a, "closes": b}} for i, (a, b) in enumerate(windows)
    ]
    for zone, days in CHANGES.items():
        version = {"grace_min": 0, "free_min": 0, "blocks": {"length_min": 10, "rules": rules}, "classes": {}}
        form = {"name": "edges", "zone": zone, "currency": "EUR", "versions": [version | {"holidays": []}]}
        for day in days:
            entry = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo(zone))
            until = entry.astimezone(UTC) + timedelta(hours=6)
            priced = parking.price(parking.StayFact(entry, until), reading.tariff_from_dict(form), until)
            assert priced.total.minor == plain_total(form, entry.astimezone(UTC), until, "car", 0), day


CHANGES = {"Europe/Berlin": ("2026-03-29", "2025-10-26"), "America/New_York": ("2026-03-08", "2026-11-01")}
CHECKS = (check_worked_stays, check_clock_changes, check_against_plain_pricing)


def test_the_checks_pass_on_a_fresh_copy_of_the_source_as_it_is() -> None:
    with fresh_domain(None):
        copied = importlib.import_module(f"{ROOM}.parking")
        for check in CHECKS:
            check()
    assert sys.modules[f"{ROOM}.parking"] is not copied


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.says)
def test_a_slip_in_pricing_is_found(mutant: Mutant) -> None:
    with fresh_domain(mutant):
        found = failed(CHECKS)
    assert found is not None, f"nothing noticed that {mutant.says}"
