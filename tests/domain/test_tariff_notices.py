"""What is said about a tariff that may be saved, the probe that no price falls, and the curve that is drawn."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.domain.parking_cases import entries, tariff_forms

from gatehouse.domain import tariff_probe
from gatehouse.domain.money import Money
from gatehouse.domain.parking import StayError, StayFact, price
from gatehouse.domain.tariff_curve import curve
from gatehouse.domain.tariff_json import tariff_from_dict, tariff_to_dict
from gatehouse.domain.tariff_notices import Notice, notices
from gatehouse.domain.tariff_probe import check_never_falls
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.domain.tariffs import Tariff

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "parking.json").read_text("utf-8"))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def tariff_of(
    *rules: dict, zone: str = "Europe/Berlin", cap: dict | None = None, length: int = 60, **version
) -> Tariff:
    blocks = {"length_min": length, "rules": list(rules), "cap": cap}
    form = {"name": "t", "zone": zone, "currency": "EUR", "versions": [version | {"blocks": blocks}]}
    return tariff_from_dict(form)


def window(code: str, opens: str, closes: str, price: int = 100, **more) -> dict:
    return {"code": code, "price": price, "window": {"opens": opens, "closes": closes}} | more


def said(tariff: Tariff, now: datetime = NOW) -> list[tuple[str, str]]:
    return [(notice.code, notice.path) for notice in notices(tariff, 0, now)]


# --- notices -------------------------------------------------------------------------------------------------------


def test_a_window_in_the_skipped_hour_is_noticed_with_its_date():
    tariff = tariff_of(window("gap", "02:00", "02:30"), window("else", "02:30", "02:00"))
    found = {notice.path: notice for notice in notices(tariff, 0, NOW)}
    gap = found["blocks.rules[0].window"]
    assert gap == Notice("window_skipped", "blocks.rules[0].window", {"rule": "gap", "date": "2026-03-29"})


def test_an_edge_in_the_skipped_or_the_repeated_hour_is_noticed():
    tariff = tariff_of(window("early", "00:00", "02:30"), window("late", "02:30", "24:00"))
    found = [notice for notice in notices(tariff, 0, NOW) if notice.path == "blocks.rules[1].window.opens"]
    assert [(notice.code, notice.facts["date"], notice.facts["clock"]) for notice in found] == [
        ("edge_skipped", "2026-03-29", "02:30"),
        ("edge_twice", "2026-10-25", "02:30"),
    ]


def test_ordinary_windows_and_whole_dates_are_not_noticed():
    assert said(tariff_of(window("day", "07:00", "22:00"), window("night", "22:00", "07:00"))) == []
    assert said(tariff_of({"code": "all", "price": 1}, zone="America/Havana")) == []  # where midnight is skipped
    assert (
        said(tariff_of(window("day", "02:30", "22:00"), window("night", "22:00", "02:30"), zone="Asia/Shanghai")) == []
    )


def test_a_window_is_noticed_only_on_dates_on_which_it_opens():
    weekday = window("odd", "02:15", "02:45", days=["mon"])
    assert said(tariff_of(weekday, {"code": "all", "price": 1})) == []  # both changes are on Sundays
    night = window("night", "22:00", "02:30", days=["sat"])
    assert said(tariff_of(night, {"code": "all", "price": 1})) == [
        ("edge_skipped", "blocks.rules[0].window.closes"),
        ("edge_twice", "blocks.rules[0].window.closes"),
    ]


@pytest.mark.parametrize(
    ("tariff", "expected"),
    [
        (tariff_of({"code": "all", "price": 0}), ("all_free", "rules")),
        (tariff_of({"code": "all", "price": 1}, holidays=["2026-05-01"]), ("holidays_unused", "holidays")),
        (
            tariff_of({"code": "all", "price": 1}, {"code": "off", "price": 0, "days": "holiday"}),
            ("no_holidays", "blocks.rules[1].days"),
        ),
        (
            tariff_of(
                {"code": "all", "price": 1}, {"code": "off", "price": 0, "days": "holiday"}, holidays=["2025-05-01"]
            ),
            ("holidays_past", "holidays"),
        ),
        (
            tariff_of({"code": "all", "price": 1}, {"code": "fair", "price": 9, "days": ["2025-05-01"]}),
            ("dates_past", "blocks.rules[1].days"),
        ),
        (
            tariff_of({"code": "all", "price": 9}, cap={"amount": 8, "per": "calendar_day"}),
            ("cap_below_price", "blocks.cap.amount"),
        ),
        (
            tariff_of({"code": "all", "price": 9}, cap={"amount": 226, "per": "calendar_day"}),
            ("cap_never_reached", "blocks.cap.amount"),
        ),
        (tariff_of({"code": "all", "price": 9}, **{"from": "2026-03-01T12:00"}), ("starts_in_past", "from")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_is_allowed_and_odd_is_noticed(tariff, expected):
    assert said(tariff) == [expected]


def test_a_cap_that_the_day_of_25_hours_can_reach_is_not_noticed():
    assert said(tariff_of({"code": "all", "price": 9}, cap={"amount": 225, "per": "calendar_day"})) == []
    assert said(tariff_of({"code": "all", "price": 9}, cap={"amount": 217, "per": "24_hours"})) == [
        ("cap_never_reached", "blocks.cap.amount")
    ]


# --- the probe ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VECTORS["tariffs"])
def test_no_worked_tariff_falls(name):
    check_never_falls(tariff_from_dict(VECTORS["tariffs"][name]), NOW.date())


@settings(deadline=None, max_examples=12)
@given(tariff_forms())
def test_no_made_up_tariff_falls(form):
    check_never_falls(tariff_from_dict(form), NOW.date())


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Each test brings an engine of its own."""
    yield
    tariff_probe.fall.cache_clear()


@pytest.mark.parametrize("falls_after", [60 * MINUTE, 24 * HOUR, 48 * HOUR])
def test_the_probe_finds_a_price_that_falls(monkeypatch, falls_after):
    """An engine with a slip: after so long, everything is a third cheaper."""

    def slipped(stay, tariff, at):
        priced = price(stay, tariff, at)
        if at - stay.entry <= falls_after:
            return priced
        return replace(priced, total=Money(priced.total.minor * 2 // 3, priced.total.currency))

    monkeypatch.setattr(tariff_probe, "price", slipped)
    tariff = tariff_of({"code": "all", "price": 100}, length=20)
    with pytest.raises(TariffError) as found:
        check_never_falls(tariff, NOW.date())
    assert (found.value.code, found.value.path) == ("falls", "versions[0]")


def test_the_probe_finds_a_fall_that_only_a_clock_change_brings(monkeypatch):
    def slipped(stay, tariff, at):
        priced = price(stay, tariff, at)
        fallen = stay.entry.date() in (date(2026, 10, 24), date(2026, 10, 25)) and at.date() > date(2026, 10, 25)
        return replace(priced, total=Money(0, "EUR")) if fallen else priced

    monkeypatch.setattr(tariff_probe, "price", slipped)
    assert tariff_probe.fall(tariff_of({"code": "all", "price": 100}), 0, NOW.date()) is not None


def test_a_large_tariff_is_probed_with_fewer_prices(monkeypatch):
    asked = []
    monkeypatch.setattr(tariff_probe, "price", lambda stay, *rest: asked.append(stay) or price(stay, *rest))
    clocks = [f"{half // 2:02}:{half % 2 * 30:02}" for half in range(49)]
    rules = [window(f"w{i}", clocks[i], clocks[i + 1]) for i in range(48)]
    check_never_falls(tariff_of({"code": "all", "price": 1}), NOW.date())
    small = len(asked)
    check_never_falls(tariff_of(*rules, length=1), NOW.date())
    assert 0 < len(asked) - small < small / 4
    assert small < 4_000


# --- the curve ------------------------------------------------------------------------------------------------------


def test_a_curve_has_a_step_where_the_price_changes():
    tariff = tariff_of(
        {"code": "all", "price": 100}, grace_min=15, length=30, cap={"amount": 250, "per": "calendar_day"}
    )
    drawn = curve(tariff, datetime(2026, 6, 10, 8, tzinfo=UTC), "car", 24 * HOUR)
    assert [(step.after, step.total.minor, step.capped) for step in drawn.steps] == [
        (timedelta(0), 0, False),
        (15 * MINUTE, 100, False),
        (30 * MINUTE, 200, False),
        (60 * MINUTE, 250, True),
        (14 * HOUR, 350, False),
        (14 * HOUR + 30 * MINUTE, 450, False),
        (15 * HOUR, 500, True),
    ]


@settings(deadline=None, max_examples=40)
@given(tariff_forms(), entries())
def test_a_curve_says_at_each_step_what_the_stay_costs(form, entry):
    tariff = tariff_from_dict(form)
    drawn = curve(tariff, entry, "motorcycle", 24 * HOUR)
    assert len(drawn.steps) <= 250
    for step in drawn.steps:
        just_longer = entry + step.after + SECOND
        assert price(StayFact(entry, None, "motorcycle"), tariff, just_longer).total == step.total
    assert [step.total for step in drawn.steps] == sorted(step.total for step in drawn.steps)


def test_a_week_in_minutes_is_drawn_with_some_of_its_steps():
    drawn = curve(tariff_of({"code": "all", "price": 1}, length=1), NOW, "car", 7 * 24 * HOUR)
    assert (drawn.every, len(drawn.steps)) == (42, 240)


def test_a_curve_needs_a_version_in_force():
    with pytest.raises(StayError):
        curve(tariff_of({"code": "all", "price": 1}, **{"from": "2027-01-01T00:00"}), NOW, "car", HOUR)


# --- names on receipts ------------------------------------------------------------------------------------------------


def test_a_rule_is_called_on_the_line_by_its_label():
    tariff = tariff_of({"code": "night", "price": 1, "label": "夜间停车"})
    assert price(StayFact(NOW), tariff, NOW + HOUR).lines[0].params["name"] == "夜间停车"
    assert tariff_from_dict(tariff_to_dict(tariff)) == tariff


@pytest.mark.parametrize("label", ["a\nb", "\u202eevil", "x" * 61, " x", "a\0", 3, ["a"]])
def test_a_label_is_one_short_line_that_prints(label):
    with pytest.raises(TariffError) as found:
        tariff_of({"code": "night", "price": 1, "label": label})
    assert found.value.path == "versions[0].blocks.rules[0].label"
