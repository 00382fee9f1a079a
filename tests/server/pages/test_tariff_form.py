"""The form of the tariff editor and its preview: what is typed, what is said about it, and nothing saved."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation
from tests.domain.test_parking_mutants import VECTORS
from tests.server.pages.tariff_typing import FORM, page_of, save, versions

from gatehouse.domain import tariff_notices
from gatehouse.domain.tariff_json import tariff_from_dict, tariff_to_dict
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.keeper.protocol import Role
from gatehouse.server.console import words_tariff
from gatehouse.server.console.garages.tariff_days import days_off
from gatehouse.server.console.garages.tariff_form import from_version, to_version
from gatehouse.server.moment import now
from gatehouse.server.parking.models import Tariff

NOTICED = Path(tariff_notices.__file__)


@pytest.fixture
def parker(house):
    return house.browser(Role.PARKING)


@pytest.fixture
def row(house) -> Tariff:
    return house.world.garage.tariff


# --- the form's buttons ----------------------------------------------------------------------------------------------


def test_prices_and_kinds_of_vehicle_are_added_and_taken_out(parker, row) -> None:
    said = parker.post(page_of(row), FORM | {"do": "add-rule"}).content.decode()
    assert 'name="rules" value="2"' in said
    assert 'name="rule-0-price" inputmode="decimal" value="4.50"' in said
    said = parker.post(page_of(row), FORM | {"do": "add-class"}).content.decode()
    assert 'name="classes" value="1"' in said
    two = FORM | {"rules": "2", "rule-1-price": "9", "do": "remove-rule-0"}
    said = parker.post(page_of(row), two).content.decode()
    assert 'name="rules" value="1"' in said
    assert 'value="9"' in said
    assert len(versions(row)) == 1


def test_the_holidays_of_a_country_come_on_a_click_with_the_days_worked_instead(parker, row) -> None:
    said = parker.post(page_of(row), FORM | {"do": "holidays", "country": "CN"}).content.decode()
    found = days_off("CN", now().year)
    assert found is not None
    assert all(day.isoformat() in said for day in found.off)
    if found.worked:
        assert "Working days at a weekend" in said
        form = FORM | {"do": "makeup", "country": "CN", "rule-0-days": "weekdays", "rule-0-weekdays": ["mon", "fri"]}
        said = parker.post(page_of(row), form).content.decode()
        assert 'name="rules" value="2"' in said
    assert parker.post(page_of(row), FORM | {"do": "holidays", "country": "??"}).status_code == 200


def test_chinas_exchange_of_working_days_is_known() -> None:
    found = days_off("CN", 2026)
    assert found is not None
    assert {"2026-02-14", "2026-02-28"} <= {day.isoformat() for day in found.worked}
    assert {"2026-02-20", "2026-02-23"} <= {day.isoformat() for day in found.off}
    assert not set(found.off) & set(found.worked)
    assert days_off("DE", 2026).worked == ()


def test_a_version_goes_through_the_form_unchanged() -> None:
    for form in VECTORS["tariffs"].values():
        tariff = tariff_from_dict(form)
        for version in tariff_to_dict(tariff)["versions"]:
            again = to_version(from_version(version, tariff.currency), tariff.currency)
            read = tariff_from_dict(
                {"name": "t", "zone": form["zone"], "currency": form["currency"],
                 "versions": [again | {"from": version["from"], "to": version["to"]}]}
            )  # fmt: skip
            expected = tariff_from_dict(form | {"name": "t", "versions": [version]})
            assert read.versions == expected.versions


# --- the preview -----------------------------------------------------------------------------------------------------


def previewed(browser, row: Tariff, **fields: str) -> str:
    form = FORM | {"starts": "2090-01-01T00:00", "entry": "2026-06-10T10:00", "exit": "2026-06-10T11:05"} | fields
    answer = browser.post(reverse("parking-tariff-preview", args=[row.pk]), form)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_preview_draws_prices_and_reckons_a_stay_and_saves_nothing(parker, row) -> None:
    before = versions(row)
    said = previewed(parker, row)
    assert '<path class="price-line" d="M 0 400 H10 V' in said
    assert '<strong id="preview-total">¥13.50</strong>' in said
    assert "3 × ¥4.50" in said
    assert "price-bar capped" in said
    assert versions(row) == before


@pytest.mark.parametrize("days", ["1", "3", "7"])
def test_the_preview_draws_up_to_a_week(parker, row, days) -> None:
    assert "price-line" in previewed(parker, row, days=days)


def test_the_preview_prices_a_class(parker, row) -> None:
    fields = {"classes": "1", "class-0-name": "motorcycle", "class-0-percent": "-50", "vehicle_class": "motorcycle"}
    assert '<strong id="preview-total">¥6.75</strong>' in previewed(parker, row, **fields)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"rule-0-price": "four"}, "rule-0-price", "Write an amount such as 4.50."),
        ({"rule-0-price": "-1"}, "rule-0-price", "Write an amount such as 4.50."),
        ({"rule-0-price": "4.505"}, "rule-0-price", "Write an amount such as 4.50."),
        ({"rule-0-price": "NaN"}, "rule-0-price", "Write an amount such as 4.50."),
        ({"rule-0-price": ""}, "rule-0-price", "Write a price; 0 where parking is free."),
        ({"length_min": "0"}, "length_min", "A block is from one minute to 366 days long."),
        ({"length_min": "1.5"}, "length_min", "Write a whole number of minutes."),
        ({"cap": "x"}, "cap", "Write an amount such as 4.50."),
        ({"tax_percent": "lots"}, "tax_percent", "Write a percentage such as 19 or 8.25."),
        ({"tax_percent": "101"}, "tax_percent", "Tax is from 0 to 100 percent."),
        ({"holidays": "2026-02-30"}, "holidays", "Write dates such as 2026-05-01, one a line."),
        ({"rule-0-days": "weekdays"}, "rule-0-days", "Tick at least one day, or write at least one date."),
        ({"rule-0-days": "dates", "rule-0-dates": "soon"}, "rule-0-dates", "Write dates such as"),
        ({"rule-0-opens": "07:00"}, "rule-0-closes", "Write both times of day"),
        ({"rule-0-opens": "07:00", "rule-0-closes": "22:00"}, "rules-part", "Nothing says the price on Monday 00:00."),
        (
            {"rules": "2", "rule-1-price": "1", "rule-1-days": "any", "rule-1-label": "Other"}, "rule-1",
            "“Parking” and “Other” both hold on Monday 00:00.",
        ),
        ({"rule-0-tier_to": "60"}, "rules-part", "from minute 60 of a stay on"),
        ({"rule-0-label": "x" * 61}, "rule-0-label", "Write a short name on one line"),
        ({"classes": "1", "class-0-name": "bus", "class-0-percent": "half"}, "class-0-percent", "-50 or 12.5"),
        ({"classes": "1", "class-0-name": "", "class-0-percent": "1"}, "class-0-name", "Write a short name"),
        (
            {"classes": "2", "class-0-name": "bus", "class-0-percent": "1", "class-1-name": "bus"}, "class-0-name",
            "Another one is named the same.",
        ),
        ({"starts": "yesterday"}, "starts", "Write a date or time of day that exists."),
        ({"starts": "9999-01-01T00:00"}, "starts", "Write a date or time of day that exists."),
        ({"entry": "x"}, "entry", "Write a date or time of day that exists."),
        ({"exit": "2026-06-10T09:00"}, "exit", "The car leaves after it comes in."),
    ],
)  # fmt: skip
def test_an_error_is_said_in_words_with_its_field(parker, row, fields, field, words) -> None:
    said = previewed(parker, row, **fields)
    assert words in said
    assert f'<a href="#{field}">' in said
    if not set(fields) & {"entry", "exit"}:
        saved = save(parker, row, **fields)
        assert (saved.status_code, f'id="{field}-wrong"' in saved.content.decode()) == (422, True)
        assert f'id="{field}"' in saved.content.decode()
        assert len(versions(row)) == 1


def test_a_notice_does_not_keep_from_saving(parker, row) -> None:
    assert "The most for a day is never reached" in previewed(parker, row, cap="99999")
    assert save(parker, row, cap="99999").status_code == 302


def test_one_minute_blocks_for_a_week_are_drawn_coarsely(parker, row) -> None:
    assert "the drawing shows one in 42" in previewed(parker, row, length_min="1", days="7")


def test_what_is_typed_cannot_become_markup(parker, row) -> None:
    said = previewed(parker, row, **{"rule-0-label": "<b onclick=x>"})
    assert "<b onclick" not in said
    assert "&lt;b onclick" in said


# --- words -----------------------------------------------------------------------------------------------------------


def test_every_error_and_notice_of_a_tariff_has_words() -> None:
    codes = set(re.findall(r"`([a-z_]+)`", (TariffError.__doc__ or "").split("`facts`")[0]))
    known = {key.split(".")[0] for key in words_tariff.ERRORS}
    assert {code for code in codes if code not in known and not code.startswith("tariff_")} == {"path"}
    noticed = set(re.findall(r'Notice\("([a-z_]+)"|code = "([a-z_]+)" if', NOTICED.read_text("utf-8")))
    assert len(noticed) >= 9
    assert {one or other for one, other in noticed} | {"edge_twice"} <= set(words_tariff.NOTICES)


def test_errors_are_said_in_the_readers_language_by_the_readers_calendar() -> None:
    fault = TariffError("overlap", "rules[1]", "x", one="a", other="b", weekday=6, clock="22:00")
    assert "Sunday 22:00" in words_tariff.error(fault)
    with translation.override("zh-hans"):
        assert "星期日" in words_tariff.weekday(6)
