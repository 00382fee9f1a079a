"""Tariffs that can not be are refused with the path of the field and what to change."""

import copy
import json
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.domain.tariff_json import tariff_from_dict, tariff_to_dict
from gatehouse.domain.tariff_rules import ANY_DAY, BlockRule, DayKind, Days, TariffError, Tier, Window
from gatehouse.domain.tariffs import BlockPricing, Cap, CapPeriod, ClassRule, Tariff, TariffVersion

GOOD = {
    "name": "old-town",
    "zone": "Europe/Berlin",
    "currency": "EUR",
    "versions": [
        {
            "to": "2026-07-01T00:00",
            "grace_min": 10,
            "blocks": {
                "length_min": 30,
                "rules": [
                    {"code": "day", "price": 150, "window": {"opens": "07:00", "closes": "22:00"}},
                    {
                        "code": "night",
                        "price": 500,
                        "per": "occurrence",
                        "window": {"opens": "22:00", "closes": "07:00"},
                    },
                    {"code": "holiday", "price": 0, "days": "holiday"},
                    {"code": "fair", "price": 900, "days": ["2026-05-02"], "tier": {"to_min": 60}},
                ],
                "cap": {"amount": 4000, "per": "calendar_day"},
            },
            "classes": {"motorcycle": {"free_min": 60, "percent": "-12.5"}},
            "tax_percent": "8.25",
            "holidays": ["2026-05-01"],
        },
        {
            "from": "2026-07-01T00:00",
            "entry": {
                "rules": [
                    {"code": "week", "price": 1500, "days": ["mon", "tue", "wed", "thu", "fri"]},
                    {"code": "weekend", "price": 2500, "days": ["sat", "sun"]},
                ]
            },
        },
    ],
}
V = ("versions", 0)
B = (*V, "blocks")
R = (*B, "rules")


def changed(path, value):
    form = copy.deepcopy(GOOD)
    spot = form
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    return form


def refusal_of(form) -> TariffError:
    with pytest.raises(TariffError) as refusal:
        tariff_from_dict(form)
    assert str(refusal.value).startswith(refusal.value.path)
    return refusal.value


def test_a_tariff_in_json_becomes_the_facts_it_names():
    tariff = tariff_from_dict(json.loads(json.dumps(GOOD)))
    first, second = tariff.versions
    assert tariff.zone == ZoneInfo("Europe/Berlin")
    assert first.ends == second.starts == datetime.fromisoformat("2026-07-01T00:00")
    assert first.grace == timedelta(minutes=10)
    assert isinstance(first.pricing, BlockPricing)
    assert first.pricing.cap == Cap(4000, CapPeriod.CALENDAR_DAY)
    assert first.pricing.rules[1].window == Window(timedelta(hours=22), timedelta(hours=31))
    assert first.pricing.rules[3].tier == Tier(timedelta(0), timedelta(hours=1))
    assert first.pricing.rules[3].days == Days.on_dates(date(2026, 5, 2))
    assert first.classes == (ClassRule("motorcycle", timedelta(hours=1), Fraction("-12.5")),)
    assert first.tax_percent == Fraction("8.25")
    assert first.holidays == {date(2026, 5, 1)}
    assert tariff_from_dict(json.loads(json.dumps(tariff_to_dict(tariff)))) == tariff


def test_a_window_can_close_days_later():
    form = changed((*R, 2), {"code": "weekend", "price": 9, "days": ["sat"]})
    form["versions"][0]["blocks"]["rules"][2]["window"] = {
        "opens": "00:00",
        "closes": "24:00",
        "closes_days_later": 1,
    }
    tariff = tariff_from_dict(form)
    assert tariff.versions[0].pricing.rules[2].window.closes == timedelta(hours=48)
    assert tariff_from_dict(tariff_to_dict(tariff)) == tariff


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        (("name",), "Old Town", "bad_code", "name"),
        (("name",), None, "missing_field", "name"),
        (("name",), 7, "wrong_type", "name"),
        (("colour",), "red", "unknown_field", "colour"),
        (("zone",), "Europe/Atlantis", "unknown_zone", "zone"),
        (("zone",), "../../etc/passwd", "unknown_zone", "zone"),
        (("zone",), "/etc/passwd", "unknown_zone", "zone"),
        (("zone",), "Europe", "unknown_zone", "zone"),
        (("zone",), "", "unknown_zone", "zone"),
        (("zone",), "a\0b", "unknown_zone", "zone"),
        (("currency",), "EURO", "unknown_currency", "currency"),
        (("versions",), [], "empty", "versions"),
        (("versions",), {}, "wrong_type", "versions"),
        (("versions",), [None] * 51, "too_many", "versions"),
        (("versions", 1), None, "wrong_type", "versions[1]"),
        (("versions", 1, "from"), "2026-07-02T00:00", "not_covered", "versions[1]"),
        (("versions", 1, "from"), "2026-06-30T00:00", "overlap", "versions[1]"),
        (("versions", 1, "from"), None, "overlap", "versions[1]"),
        ((*V, "to"), None, "overlap", "versions[1]"),
        ((*V, "to"), "2026-07-01T00:00+02:00", "bad_time", "versions[0].to"),
        ((*V, "to"), "2026-13-01T00:00", "bad_time", "versions[0].to"),
        ((*V, "to"), "0001-01-01T00:00", "out_of_range", "versions[0].to"),
        ((*V, "from"), "2026-07-01T00:00", "out_of_range", "versions[0].to"),
        ((*V, "grace_min"), -1, "out_of_range", "versions[0].grace_min"),
        ((*V, "grace_min"), 1.5, "not_whole", "versions[0].grace_min"),
        ((*V, "free_min"), True, "not_whole", "versions[0].free_min"),
        ((*V, "entry"), {"rules": []}, "missing_field", "versions[0].blocks"),
        (B, None, "missing_field", "versions[0].blocks"),
        ((*B, "length_min"), 0, "out_of_range", "versions[0].blocks.length_min"),
        ((*B, "length_min"), "30", "not_whole", "versions[0].blocks.length_min"),
        ((*B, "length_min"), None, "missing_field", "versions[0].blocks.length_min"),
        (R, [], "empty", "versions[0].blocks.rules"),
        ((*R, 1, "price"), -1, "out_of_range", "versions[0].blocks.rules[1].price"),
        ((*R, 1, "price"), 10**10, "out_of_range", "versions[0].blocks.rules[1].price"),
        ((*R, 1, "price"), 5.0, "not_whole", "versions[0].blocks.rules[1].price"),
        ((*R, 1, "price"), "500", "not_whole", "versions[0].blocks.rules[1].price"),
        ((*R, 1, "code"), "day", "duplicate", "versions[0].blocks.rules[1].code"),
        ((*R, 1, "code"), "<b>", "bad_code", "versions[0].blocks.rules[1].code"),
        ((*R, 1, "per"), "night", "wrong_type", "versions[0].blocks.rules[1].per"),
        ((*R, 1, "per"), ["block"], "wrong_type", "versions[0].blocks.rules[1].per"),
        ((*R, 1, "days"), [], "empty", "versions[0].blocks.rules[1].days"),
        ((*R, 1, "days"), "mon", "wrong_type", "versions[0].blocks.rules[1].days"),
        ((*R, 1, "days"), ["mon", "2026-05-01"], "wrong_type", "versions[0].blocks.rules[1].days"),
        ((*R, 1, "days"), [["mon"]], "wrong_type", "versions[0].blocks.rules[1].days[0]"),
        ((*R, 1, "days"), ["2026-02-30"], "bad_time", "versions[0].blocks.rules[1].days[0]"),
        ((*R, 1, "days"), ["9999-12-31"], "out_of_range", "versions[0].blocks.rules[1].days"),
        ((*R, 1, "window", "opens"), "24:00", "out_of_range", "versions[0].blocks.rules[1].window.opens"),
        ((*R, 1, "window", "opens"), "7:00", "bad_time", "versions[0].blocks.rules[1].window.opens"),
        ((*R, 1, "window", "opens"), "٠٧:٠٠", "bad_time", "versions[0].blocks.rules[1].window.opens"),
        ((*R, 1, "window", "closes_days_later"), 0, "out_of_range", "versions[0].blocks.rules[1].window.closes"),
        (
            (*R, 1, "window", "closes_days_later"),
            8,
            "out_of_range",
            "versions[0].blocks.rules[1].window.closes_days_later",
        ),
        ((*R, 1, "window", "closes"), "07:30", "overlap", "versions[0].blocks.rules[1]"),
        ((*R, 1, "window", "closes"), "06:30", "not_covered", "versions[0].blocks.rules"),
        ((*R, 1, "days"), ["fri"], "not_covered", "versions[0].blocks.rules"),
        ((*R, 1, "tier"), {"from_min": 60}, "not_covered", "versions[0].blocks.rules"),
        ((*R, 3, "tier"), {"from_min": 60, "to_min": 60}, "out_of_range", "versions[0].blocks.rules[3].tier.to_min"),
        ((*B, "cap", "amount"), -1, "out_of_range", "versions[0].blocks.cap.amount"),
        ((*B, "cap", "per"), "week", "wrong_type", "versions[0].blocks.cap.per"),
        ((*V, "classes"), [], "wrong_type", "versions[0].classes"),
        ((*V, "classes", "Motor Cycle"), {}, "bad_code", "versions[0].classes.?"),
        ((*V, "classes", "motorcycle", "percent"), -101, "out_of_range", "versions[0].classes.motorcycle.percent"),
        ((*V, "classes", "motorcycle", "percent"), 0.5, "wrong_type", "versions[0].classes.motorcycle.percent"),
        ((*V, "classes", "motorcycle", "price"), 5, "unknown_field", "versions[0].classes.motorcycle.price"),
        ((*V, "tax_percent"), "1e2", "wrong_type", "versions[0].tax_percent"),
        ((*V, "tax_percent"), "101", "out_of_range", "versions[0].tax_percent"),
        ((*V, "holidays"), ["2026-05-01", 20260502], "wrong_type", "versions[0].holidays[1]"),
        ((*V, "holidays"), ["2026-05-01"] * 501, "too_many", "versions[0].holidays"),
        ((*V, "holidays"), ["1969-12-31"], "out_of_range", "versions[0].holidays"),
        (("versions", 1, "entry", "rules", 1, "days"), ["sat"], "not_covered", "versions[1].entry.rules"),
        (("versions", 1, "entry", "rules", 1, "days"), ["fri", "sat", "sun"], "overlap", "versions[1].entry.rules[1]"),
        (("versions", 1, "entry", "rules", 1, "price"), -5, "out_of_range", "versions[1].entry.rules[1].price"),
    ],
)
def test_a_bad_field_is_named_by_its_path(path, value, code, where):
    error = refusal_of(changed(path, value))
    assert (error.code, error.path) == (code, where)
    assert error.advice


@pytest.mark.parametrize("garbage", [None, 7, "tariff", [], [GOOD], {}, {1: 2}, {"name": {}}])
def test_garbage_is_refused_and_never_breaks_the_reader(garbage):
    refusal_of(garbage)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def spots(form, path=()):
    yield path
    items = form.items() if isinstance(form, dict) else enumerate(form) if isinstance(form, list) else ()
    for step, inner in items:
        yield from spots(inner, (*path, step))


def outcome_of(form) -> Tariff | TariffError:
    try:
        return tariff_from_dict(form)
    except TariffError as error:
        return error


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([path for path in spots(GOOD) if path]), json_values)
def test_any_json_in_any_field_is_a_tariff_or_a_short_refusal(path, value):
    outcome = outcome_of(changed(path, value))
    if isinstance(outcome, TariffError):
        assert outcome.code
        assert len(str(outcome)) < 500
    else:
        assert tariff_from_dict(tariff_to_dict(outcome)) == outcome


@pytest.mark.parametrize("path", [p for p in spots(GOOD) if p], ids=lambda path: ".".join(map(str, path)))
def test_a_number_of_five_thousand_digits_is_refused_anywhere(path):
    assert refusal_of(changed(path, 10**5000)).code
    assert refusal_of(changed(path, -(10**5000))).code


def test_the_message_says_who_overlaps_when_and_what_to_do():
    error = refusal_of(changed((*R, 1, "window", "closes"), "07:30"))
    assert error.advice == "night and day both price Monday 07:00; end one where the other begins"


def test_the_message_says_which_moment_has_no_price():
    error = refusal_of(changed((*R, 1, "window", "closes"), "06:30"))
    assert error.advice == "no rule prices Monday 06:30; add one, with price 0 if it is free"


def test_a_window_longer_than_the_way_to_its_next_opening_overlaps_itself():
    two_days = BlockRule("long", 1, window=Window(timedelta(0), timedelta(hours=25)))
    with pytest.raises(TariffError) as refusal:
        TariffVersion(BlockPricing(timedelta(hours=1), (two_days,)))
    assert refusal.value.code == "overlap"
    assert refusal.value.advice.startswith("two openings of long price Monday 00:00")


def test_a_window_over_the_turn_of_the_week_is_seen_to_overlap():
    sunday_night = BlockRule(
        "sunday", 1, days=Days.on_weekdays(6), window=Window(timedelta(hours=22), timedelta(hours=31))
    )
    monday = BlockRule("monday", 1, days=Days.on_weekdays(0))
    rest = BlockRule("rest", 1)
    with pytest.raises(TariffError) as refusal:
        TariffVersion(BlockPricing(timedelta(hours=1), (sunday_night, monday, rest)))
    assert refusal.value.code == "overlap"


def test_tiers_side_by_side_do_not_overlap_and_a_gap_between_them_is_refused():
    hours = [timedelta(hours=h) for h in range(4)]
    first, last = BlockRule("first", 1, tier=Tier(hours[0], hours[1])), BlockRule("last", 1, tier=Tier(hours[1]))
    TariffVersion(BlockPricing(hours[1], (first, last)))
    with pytest.raises(TariffError) as refusal:
        TariffVersion(BlockPricing(hours[1], (first, BlockRule("last", 1, tier=Tier(hours[2])))))
    assert refusal.value.code == "not_covered"
    assert "60 minutes after" in refusal.value.advice


def test_facts_made_in_code_are_checked_too():
    hour = timedelta(hours=1)
    for attempt in (
        lambda: BlockPricing(timedelta(0), ()),
        lambda: BlockPricing(timedelta(seconds=90), ()),
        lambda: BlockRule("x", -1),
        lambda: BlockRule("x", True),
        lambda: Cap(-1, CapPeriod.CALENDAR_DAY),
        lambda: Days(DayKind.WEEKDAYS),
        lambda: Days(DayKind.ANY, dates=frozenset({date(2026, 1, 1)})),
        lambda: Days.on_weekdays(7),
        lambda: Window(hour, hour),
        lambda: Window(timedelta(0), timedelta(days=8)),
        lambda: ClassRule("truck", change_percent=Fraction(1, 3)),
        lambda: ClassRule("truck", change_percent=50.0),
        lambda: TariffVersion(BlockPricing(hour, (BlockRule("x", 1),)), tax_percent=Fraction(-1)),
        lambda: TariffVersion(BlockPricing(hour, (BlockRule("x", 1),)), classes=(ClassRule("a"), ClassRule("a"))),
        lambda: Tariff("x", "Europe/Berlin", "EUR", ()),
    ):
        with pytest.raises(TariffError):
            attempt()
    assert BlockRule("x", 1).days == ANY_DAY


def test_many_rules_and_dates_are_checked_in_a_moment():
    days = Days.on_dates(*(date(2026, 1, 1) + timedelta(days=n) for n in range(500)))
    rules = tuple(
        BlockRule(f"r{n}", n, days=days, tier=Tier(timedelta(minutes=n), timedelta(minutes=n + 1))) for n in range(49)
    )
    TariffVersion(BlockPricing(timedelta(hours=1), (*rules, BlockRule("rest", 1))))
