"""The tariff editor: what is typed becomes a version ahead, never a change of one that has begun."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from tests.domain.test_parking_mutants import VECTORS
from tests.server.elsewhere import elsewhere
from tests.server.pages.test_garbage import ODD
from tests.server.pages.test_other_sites import browser as browser_of
from tests.server.pages.test_other_sites import limited
from tests.server.world import SETUP, TARIFF

from gatehouse.domain import tariff_notices
from gatehouse.domain.parking import StayFact, price
from gatehouse.domain.tariff_json import tariff_from_dict, tariff_to_dict
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.keeper.protocol import Role
from gatehouse.server.audit.models import Entry
from gatehouse.server.console import words_tariff
from gatehouse.server.console.garages.tariff_days import days_off
from gatehouse.server.console.garages.tariff_form import from_version, to_version
from gatehouse.server.moment import now
from gatehouse.server.parking import actions, tariffs
from gatehouse.server.parking.models import Tariff

NOTICED = Path(tariff_notices.__file__)
FORM = {
    "kind": "blocks", "length_min": "30", "grace_min": "15", "free_min": "", "cap": "40", "cap_per": "calendar_day",
    "tax_percent": "6", "holidays": "", "rules": "1", "classes": "0", "rule-0-label": "Parking",
    "rule-0-price": "4.50", "rule-0-per": "block", "rule-0-days": "any", "do": "save",
}  # fmt: skip


@pytest.fixture
def parker(house):
    return house.browser(Role.PARKING)


@pytest.fixture
def row(house) -> Tariff:
    return house.world.garage.tariff


def page_of(row: Tariff) -> str:
    return reverse("parking-tariff", args=[row.pk])


def save(browser, row: Tariff, **fields: str):
    form = FORM | {"seen": tariffs.seen_mark(row), "starts": "2090-01-01T00:00"} | fields
    return browser.post(page_of(row), form)


def versions(row: Tariff) -> list[dict]:
    row.refresh_from_db()
    return row.versions["versions"]


# --- reading -------------------------------------------------------------------------------------------------------


def test_the_list_names_tariffs_and_the_garages_that_use_them(parker, row) -> None:
    spare = actions.add_tariff(row.site, "spare", TARIFF | {"name": "spare"}, by=SETUP, at=now())
    said = parker.get(reverse("parking-tariffs")).content.decode()
    assert page_of(row) in said
    assert page_of(spare) in said
    assert said.count("No garage uses it.") == 1
    assert "¥5.00" in said


def test_the_form_shows_the_version_in_force_in_major_units(parker, row) -> None:
    said = parker.get(page_of(row)).content.decode()
    assert 'name="rule-0-price" inputmode="decimal" value="5.00"' in said
    assert 'name="length_min" inputmode="numeric" value="60"' in said
    assert 'name="grace_min" inputmode="numeric" value="30"' in said


def test_a_tariff_that_cannot_be_read_still_has_its_pages(parker, row) -> None:
    Tariff.objects.filter(pk=row.pk).update(versions={"odd": 1})
    for name in ("parking-tariff", "parking-tariff-json"):
        assert parker.get(reverse(name, args=[row.pk])).status_code == 200
    assert "Cannot be read" in parker.get(reverse("parking-tariffs")).content.decode()
    for name in ("parking-tariff-file", "parking-tariff-apds"):
        assert parker.get(reverse(name, args=[row.pk])).status_code == 404


# --- saving --------------------------------------------------------------------------------------------------------


def test_saving_adds_a_version_from_the_chosen_time_and_leaves_the_one_in_force(parker, row) -> None:
    before = tariff_from_dict(row.versions)
    assert save(parker, row).status_code == 302
    first, second = versions(row)
    assert (first["to"], second["from"], second["to"]) == ("2090-01-01T00:00", "2090-01-01T00:00", None)
    assert second["blocks"]["rules"][0] | {"price": 450, "label": "Parking"} == second["blocks"]["rules"][0]
    assert second["blocks"]["cap"] == {"amount": 4000, "per": "calendar_day"}
    entered = now()
    stay, until = StayFact(entered), entered + timedelta(hours=5)
    assert price(stay, tariff_from_dict(row.versions), until).total == price(stay, before, until).total
    assert Entry.objects.filter(verb="tariff.changed", object_id=str(row.pk)).count() == 1


def test_no_time_means_from_the_next_minute_on(parker, row) -> None:
    assert save(parker, row, starts="").status_code == 302
    tariff = tariff_from_dict({**row.versions, "versions": versions(row)})
    assert tariff.version_at(now()) == 0
    assert tariff.version_at(now() + timedelta(seconds=61)) == 1


def test_a_version_cannot_begin_in_the_past(parker, row) -> None:
    answer = save(parker, row, starts="2020-01-01T00:00")
    assert answer.status_code == 422
    assert "Begin now or later." in answer.content.decode()
    assert len(versions(row)) == 1


def test_saving_at_the_time_of_a_planned_version_replaces_that_one(parker, row) -> None:
    save(parker, row)
    row.refresh_from_db()
    shown = parker.get(page_of(row) + "?version=2").content.decode()
    assert 'value="2090-01-01T00:00"' in shown
    assert "This replaces the version that is planned for the same time." in shown
    assert save(parker, row, **{"rule-0-price": "7"}).status_code == 302
    assert [v["blocks"]["rules"][0]["price"] for v in versions(row)] == [500, 700]


def test_a_planned_version_is_taken_back(parker, row) -> None:
    before = versions(row)
    save(parker, row)
    row.refresh_from_db()
    form = {"starts": "2090-01-01T00:00", "seen": tariffs.seen_mark(row)}
    assert parker.post(reverse("parking-tariff-take-back", args=[row.pk]), form).status_code == 302
    assert tariff_from_dict({**row.versions, "versions": versions(row)}) == tariff_from_dict(
        {**row.versions, "versions": before}
    )


@pytest.mark.parametrize("starts", ["2090-01-01T00:01", "", "x", "9999-12-31T00:00"])
def test_what_is_not_planned_is_not_taken_back(parker, row, starts) -> None:
    save(parker, row)
    row.refresh_from_db()
    form = {"starts": starts, "seen": tariffs.seen_mark(row)}
    assert parker.post(reverse("parking-tariff-take-back", args=[row.pk]), form).status_code == 422
    assert len(versions(row)) == 2


def test_whoever_was_overtaken_writes_nothing(parker, row) -> None:
    seen = tariffs.seen_mark(row)
    save(parker, row)
    late = save(parker, row, seen=seen, starts="2091-01-01T00:00")
    assert "Somebody else changed this tariff meanwhile." in late.content.decode()
    assert len(versions(row)) == 2
    twice = parker.post(
        reverse("parking-tariff-take-back", args=[row.pk]), {"starts": "2090-01-01T00:00", "seen": seen}
    )
    assert (twice.status_code, len(versions(row))) == (422, 2)


def test_a_new_tariff_is_named_and_priced(parker, house) -> None:
    address = reverse("parking-tariff-new", args=[house.world.site.pk])
    assert parker.get(address).status_code == 200
    answer = parker.post(address, FORM | {"code": "Station"})
    made = Tariff.objects.get(code="station")
    assert answer.headers["Location"].startswith(page_of(made))
    assert made.versions["name"] == "station"
    for code, words in (("station", "There is a tariff of this name already."), ("Größe!", "Write a short name")):
        answer = parker.post(address, FORM | {"code": code})
        assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_a_copy_has_the_same_prices_under_another_name(parker, row) -> None:
    parker.post(reverse("parking-tariff-copy", args=[row.pk]), {"code": "second"})
    made = Tariff.objects.get(code="second")
    assert (made.versions["name"], made.versions["versions"]) == ("second", row.versions["versions"])
    again = parker.post(reverse("parking-tariff-copy", args=[row.pk]), {"code": "second"})
    assert again.status_code == 422


def test_what_has_begun_cannot_be_written_anew_by_any_way(house, parker, row) -> None:
    changed = {**row.versions, "versions": [{**row.versions["versions"][0], "grace_min": 5}]}
    with pytest.raises(TariffError) as fault:
        actions.change_tariff(row, changed, by=SETUP, at=now())
    assert fault.value.code == "begun_changed"
    office = reverse("admin:parking_tariff_change", args=[row.pk])
    answer = house.browser(Role.PARKING).post(office, {"versions": json.dumps(changed)})
    assert (answer.status_code, "has begun and stays as it is" in answer.content.decode()) == (200, True)
    assert versions(row)[0]["grace_min"] == 30


def test_a_tariff_that_no_garage_uses_may_be_written_anew(parker, row) -> None:
    spare = actions.add_tariff(row.site, "spare", TARIFF | {"name": "spare"}, by=SETUP, at=now())
    changed = {**spare.versions, "versions": [{**spare.versions["versions"][0], "grace_min": 5}]}
    actions.change_tariff(spare, changed, by=SETUP, at=now())
    assert versions(spare)[0]["grace_min"] == 5


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


# --- expert view, files ----------------------------------------------------------------------------------------


def test_the_files_are_the_tariff_and_its_apds_form(parker, row) -> None:
    plain = parker.get(reverse("parking-tariff-file", args=[row.pk]))
    assert tariff_from_dict(json.loads(plain.content)) == tariff_from_dict(row.versions)
    assert plain.headers["Content-Disposition"] == 'attachment; filename="city.json"'
    apds = json.loads(parker.get(reverse("parking-tariff-apds", args=[row.pk])).content)
    assert apds["rateTables"][0]["rateLineCollections"][1]["rateLines"][0]["value"] == 5


def test_a_whole_tariff_comes_back_as_a_file(parker, row) -> None:
    address = reverse("parking-tariff-json", args=[row.pk])
    planned = [{**row.versions["versions"][0], "to": "2090-01-01T00:00"}, FUTURE]
    content = json.dumps({**row.versions, "versions": planned}).encode()
    form = {"seen": tariffs.seen_mark(row), "versions": "", "file": SimpleUploadedFile("t.json", content)}
    assert parker.post(address, form).status_code == 302
    assert len(versions(row)) == 2


FUTURE = {"from": "2090-01-01T00:00", "blocks": {"length_min": 60, "rules": [{"code": "hour", "price": 700}]}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "This is not JSON."),
        ("[" * 50_000, "This is not JSON."),
        ("{" * 50_000, "This is not JSON."),
        ("9" * 5000, "This is not JSON."),
        ("NaN", "This cannot be read."),
        ('{"name": "\ud800"}'.encode("utf-8", "surrogatepass").decode("latin1"), ""),
        ('{"name": NaN, "zone": Infinity}', "name: This cannot be read."),
        (json.dumps(TARIFF | {"name": "x" * 600_000}), "too large"),
        (json.dumps(TARIFF | {"zone": "../../etc/passwd"}), "zone: There is no such time zone."),
        (json.dumps(TARIFF | {"zone": "Europe/Berlin"}), "zone: This is another time zone than the site"),
        (json.dumps(TARIFF | {"currency": "EUR"}), "currency: This is another currency than the site"),
        (json.dumps(TARIFF | {"versions": []}), "versions: Write at least one price."),
        (json.dumps(TARIFF | {"versions": [FUTURE]}), "A version that has begun stays as it is"),
        (json.dumps(TARIFF | {"versions": [FUTURE] * 5_00}), "These are too many."),
    ],
)
def test_garbage_in_the_expert_view_is_refused_in_words(parker, row, text, words) -> None:
    form = {"seen": tariffs.seen_mark(row), "versions": text}
    before = versions(row)
    answer = parker.post(reverse("parking-tariff-json", args=[row.pk]), form)
    assert answer.status_code == 422
    assert words in answer.content.decode().replace("&#x27;", "'")
    assert versions(row) == before


# --- garbage, roles, sites -------------------------------------------------------------------------------------


def test_garbage_in_every_field_of_the_form_is_answered(parker, row) -> None:
    names = [name for name in FORM if name != "do"] + [
        "starts", "entry", "exit", "days", "vehicle_class", "country", "seen", "rule-0-weekdays", "rule-0-dates",
        "rule-0-opens", "rule-0-closes", "rule-0-later", "rule-0-tier_from", "rule-0-tier_to", "class-0-name",
        "class-0-free_min", "class-0-percent",
    ]  # fmt: skip
    full = FORM | {"classes": "1", "rule-0-days": "dates", "rule-0-dates": "2026-05-01"}
    before = versions(row)
    for odd in ODD:
        for name in names:
            answer = parker.post(reverse("parking-tariff-preview", args=[row.pk]), full | {name: odd})
            assert answer.status_code in {200, 400}, (name, odd[:12])
    for place, name in enumerate(names):
        answer = parker.post(page_of(row), full | {name: ODD[place % len(ODD)], "seen": "other"})
        assert answer.status_code in {400, 422}, name
    for do in ("remove-rule-999", "remove-rule-²", "remove-class-5", "holidays", "makeup", "x" * 900, "add-rule"):
        assert parker.post(page_of(row), {"do": do}).status_code in {200, 400}
    assert versions(row) == before


def test_fifty_prices_are_previewed_and_no_more_are_made(parker, row) -> None:
    many = FORM | {"rules": "999", "do": "add-rule"}
    many |= {f"rule-{i}-price": "1" for i in range(60)}
    said = parker.post(page_of(row), many).content.decode()
    assert 'name="rules" value="50"' in said


@pytest.mark.parametrize("role", [Role.SECURITY, Role.HR, Role.AUDITOR, Role.WORKER])
def test_a_tariff_is_only_for_owners_and_parking(house, row, role) -> None:
    browser = house.browser(role)
    for name in ("", "-preview", "-copy", "-take-back", "-json", "-file", "-apds"):
        assert browser.post(reverse(f"parking-tariff{name}", args=[row.pk]), FORM).status_code == 403
    assert browser.get(reverse("parking-tariffs")).status_code == 403
    assert len(versions(row)) == 1


def test_a_tariff_of_another_site_is_not_there(house) -> None:
    other = elsewhere(house.world)
    browser, far = browser_of(limited(house, Role.PARKING, "ticket")), other[Tariff]
    before = far.versions
    for name in ("", "-preview", "-copy", "-take-back", "-json", "-file", "-apds"):
        address = reverse(f"parking-tariff{name}", args=[far.pk])
        assert browser.post(address, FORM | {"code": "mine"}).status_code in {404, 405}
        assert browser.get(address).status_code in {404, 405}
    for name in ("", "-preview"):
        assert browser.post(reverse(f"parking-tariff-new{name}", args=[other.site.pk]), FORM).status_code == 404
    far.refresh_from_db()
    assert far.versions == before
    assert str(far.pk) not in browser.get(reverse("parking-tariffs")).content.decode()
