"""The tariff editor: what is typed becomes a version ahead, never a change of one that has begun."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.server.elsewhere import elsewhere
from tests.server.pages.tariff_typing import FORM, page_of, save, versions
from tests.server.pages.test_garbage import ODD
from tests.server.pages.test_other_sites import browser as browser_of
from tests.server.pages.test_other_sites import limited
from tests.server.world import SETUP, TARIFF

from gatehouse.domain.parking import StayFact, price
from gatehouse.domain.tariff_json import tariff_from_dict
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.keeper.protocol import Role
from gatehouse.server.audit.models import Entry
from gatehouse.server.moment import now
from gatehouse.server.parking import actions, tariffs
from gatehouse.server.parking.models import Tariff


@pytest.fixture
def parker(house):
    return house.browser(Role.PARKING)


@pytest.fixture
def row(house) -> Tariff:
    return house.world.garage.tariff


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
