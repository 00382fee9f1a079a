"""The export in APDS terms: every table, line and reference in the form of the Alliance's API specification 4.0."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.domain.parking_cases import tariff_forms
from typer.testing import CliRunner

from gatehouse.cli import app
from gatehouse.domain.tariff_apds import UNSAID, tariff_to_apds
from gatehouse.domain.tariff_json import tariff_from_dict

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "parking.json").read_text("utf-8"))
DURATION = re.compile(
    r"P(?!$)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?)?"
)  # the specification's pattern, as far as it is used here
CLOCK = re.compile(r"([0-1]?[0-9]|2[0-3]):[0-5][0-9]")
SINCE = re.compile(r"([0-9]{2,3}:)?([0-1][0-9]|2[0-3]):[0-5][0-9]")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
DAYS = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
LINE = {
    "id", "version", "sequence", "rateLineType", "description", "durationStart", "durationEnd", "incrementPeriod",
    "value", "usageCondition",
}  # fmt: skip
COLLECTION = {
    "id", "version", "collectionSequence", "applicableCurrency", "minTime", "maxTime", "resetTime",
    "maxValueCollection", "validStart", "validEnd", "relativeTimes", "taxIncluded", "taxRate", "rateLines",
}  # fmt: skip


def exported(name: str) -> dict:
    return tariff_to_apds(tariff_from_dict(VECTORS["tariffs"][name]))


def check(found: dict) -> None:
    """What the specification's schemas demand of the parts that are written."""
    tables = {(table["id"], table["version"]) for table in found["rateTables"]}
    assert len(tables) == len(found["rateTables"])
    for table in found["rateTables"]:
        assert table["rateTableName"][0]["language"] == "en"
        assert table["availability"] == "public"
        assert table.get("rateType", "hourly") in {"hourly", "daily"}
        _check_validity(table["validity"])
        collections = table["rateLineCollections"]
        assert [one["collectionSequence"] for one in collections] == list(range(1, len(collections) + 1))
        for collection in collections:
            _check_collection(collection)
    for right in found["rightSpecifications"]:
        assert right["type"] == "oneTimeUseParking"
        for eligible in right["rateEligibility"]:
            assert eligible["priority"] >= 1
            assert (eligible["rateTable"]["id"], eligible["rateTable"]["version"]) in tables
            assert 0 <= eligible.get("rateDiscount", {"discountRate": 0})["discountRate"] <= 100
    assert {one["code"] for one in found["notExpressed"]} <= set(UNSAID)


def _check_validity(validity: dict) -> None:
    assert validity["validityStatus"] == "definedByValidityTimeSpec"
    spec = validity["validityTimeSpecification"]
    assert INSTANT.fullmatch(spec["overallStartTime"])
    for period in spec.get("validPeriods", []):
        assert set(period) <= {
            "periodName", "startOfPeriod", "endOfPeriod", "recurringDayWeekMonthPeriod", "recurringTimePeriodOfDay",
        }  # fmt: skip
        for span in period.get("recurringTimePeriodOfDay", []):
            assert CLOCK.fullmatch(span["startTimeOfPeriod"])
            assert CLOCK.fullmatch(span["endTimeOfPeriod"])
            assert span["startTimeOfPeriod"] < span["endTimeOfPeriod"]
        for days in period.get("recurringDayWeekMonthPeriod", []):
            assert set(days["applicableDay"]) <= DAYS


def _check_collection(collection: dict) -> None:
    assert set(collection) <= COLLECTION
    assert {"applicableCurrency", "resetTime", "validStart", "relativeTimes", "taxIncluded"} <= set(collection)
    for name in ("minTime", "maxTime"):
        assert DURATION.fullmatch(collection.get(name, "PT1M"))
    assert [line["sequence"] for line in collection["rateLines"]] == list(range(1, len(collection["rateLines"]) + 1))
    for line in collection["rateLines"]:
        assert set(line) <= LINE
        assert line["rateLineType"] in {"flatRate", "flatRateTier", "incrementingRate"}
        assert line["usageCondition"] in {"once", "unlimited"}
        assert isinstance(line["value"], Decimal)
        assert line["value"] >= 0
        assert DURATION.fullmatch(line.get("incrementPeriod", "PT1M"))
        assert all(SINCE.fullmatch(line.get(name, "00:00")) for name in ("durationStart", "durationEnd"))


@pytest.mark.parametrize("name", VECTORS["tariffs"])
def test_every_worked_tariff_is_written_in_the_form_of_the_specification(name):
    check(exported(name))


@settings(deadline=None, max_examples=60)
@given(tariff_forms())
def test_every_made_up_tariff_is_written_in_the_form_of_the_specification(form):
    check(tariff_to_apds(tariff_from_dict(form)))


def test_tiers_count_from_entry_with_the_free_minutes_before_them():
    found = exported("station")
    (collection,) = found["rateTables"][0]["rateLineCollections"]
    lines = [
        (line["rateLineType"], line["durationStart"], line.get("durationEnd"), line["value"])
        for line in collection["rateLines"]
    ]
    assert lines == [
        ("flatRateTier", "00:00", "00:30", Decimal("0.00")),
        ("incrementingRate", "00:30", "02:30", Decimal("6.00")),
        ("incrementingRate", "02:30", "05:30", Decimal("8.00")),
        ("incrementingRate", "05:30", None, Decimal("10.00")),
    ]
    assert collection["maxValueCollection"] == {"currencyType": "CNY", "currencyValue": Decimal("60.00")}
    assert (collection["taxIncluded"], collection["taxRate"]) == (True, Decimal(6))
    assert "cap_rolling" in {one["code"] for one in found["notExpressed"]}


def test_grace_is_a_free_collection_for_short_stays_only():
    short, long = exported("shopping-centre")["rateTables"][0]["rateLineCollections"]
    assert (short["maxTime"], short["rateLines"][0]["value"]) == ("PT15M", 0)
    assert (long["minTime"], long["rateLines"][0]["incrementPeriod"]) == ("PT15M", "PT30M")


def test_a_night_is_a_flat_rate_used_once_and_cut_at_midnight():
    found = exported("old-town")
    night = found["rateTables"][1]
    line = night["rateLineCollections"][0]["rateLines"][0]
    assert (line["rateLineType"], line["usageCondition"], line["value"]) == ("flatRate", "once", Decimal("5.00"))
    periods = night["validity"]["validityTimeSpecification"]["validPeriods"]
    spans = [tuple(period["recurringTimePeriodOfDay"][0].values()) for period in periods]
    assert spans == [("22:00", "23:59"), ("00:00", "07:00")]
    assert {"window_end", "flat_opening"} <= {one["code"] for one in found["notExpressed"]}


def test_holidays_go_before_weekdays_by_priority():
    found = exported("offices")
    by_table = {one["rateTable"]["id"]: one["priority"] for one in found["rightSpecifications"][0]["rateEligibility"]}
    names = {table["id"]: table["rateTableName"][0]["string"] for table in found["rateTables"]}
    found_by_name = {names[key]: priority for key, priority in by_table.items()}
    assert found_by_name == {"holiday": 2, "workday": 4, "saturday": 4, "sunday": 4}


def test_a_discount_for_a_class_goes_before_the_price_for_everybody():
    found = exported("event")
    first, everybody = found["rightSpecifications"][0]["rateEligibility"]
    assert first["eligibility"]["qualifications"] == [{"vehicleTypes": ["motorcycle"]}]
    assert first["rateDiscount"] == {"discountRate": Decimal(50)}
    assert (first["priority"], everybody["priority"]) == (1, 2)
    assert "eligibility" not in everybody


def test_a_night_of_some_weekdays_names_the_morning_after():
    rules = [
        {"code": "fri", "price": 1, "days": ["fri", "sun"], "window": {"opens": "22:00", "closes": "07:00"}},
        {"code": "all", "price": 2},
    ]
    form = {"name": "t", "zone": "Europe/Berlin", "currency": "EUR"}
    form["versions"] = [{"blocks": {"length_min": 60, "rules": rules}}]
    table = tariff_to_apds(tariff_from_dict(form))["rateTables"][0]
    periods = table["validity"]["validityTimeSpecification"]["validPeriods"]
    assert [period["recurringDayWeekMonthPeriod"][0]["applicableDay"] for period in periods] == [
        ["friday", "sunday"],
        ["monday", "saturday"],
    ]


def test_listed_dates_and_holidays_are_instants_of_the_site():
    rules = [{"code": "off", "price": 0, "days": "holiday"}, {"code": "all", "price": 2}]
    form = {"name": "t", "zone": "Europe/Berlin", "currency": "EUR"}
    form["versions"] = [{"blocks": {"length_min": 60, "rules": rules}, "holidays": ["2026-05-01"]}]
    table = tariff_to_apds(tariff_from_dict(form))["rateTables"][0]
    (period,) = table["validity"]["validityTimeSpecification"]["validPeriods"]
    assert (period["startOfPeriod"], period["endOfPeriod"]) == ("2026-04-30T22:00:00Z", "2026-05-01T22:00:00Z")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"classes": {"truck": {"percent": 100}}}, "class_surcharge"),
        ({"classes": {"car": {"free_min": 10}}}, "class_free"),
        ({"classes": {"hovercraft": {"percent": -1}}}, "class_unknown"),
        ({"grace_min": 5}, "grace_edge"),
    ],
)
def test_what_apds_has_no_words_for_is_marked(change, code):
    version = {"blocks": {"length_min": 60, "rules": [{"code": "all", "price": 2}]}} | change
    form = {"name": "t", "zone": "Europe/Berlin", "currency": "EUR", "versions": [version]}
    assert code in {one["code"] for one in tariff_to_apds(tariff_from_dict(form))["notExpressed"]}


def test_the_command_writes_it_as_json_with_exact_decimals(tmp_path):
    file = tmp_path / "t.json"
    file.write_text(json.dumps(VECTORS["tariffs"]["station"]), "utf-8")
    said = CliRunner().invoke(app, ["price", str(file), "--apds"])
    assert said.exit_code == 0
    read = json.loads(said.stdout, parse_float=Decimal)
    assert read["rateTables"][0]["rateLineCollections"][0]["maxValueCollection"]["currencyValue"] == Decimal("60.00")
    assert '"value": 6.00' in said.stdout
