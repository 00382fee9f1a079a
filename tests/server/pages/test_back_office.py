"""The back office writes through actions, shows nobody's name in a list, and keeps everybody to their sites."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from tests.server.world import SETUP, TARIFF

from gatehouse.keeper.protocol import Authority, Role
from gatehouse.server.accounts.actions import add_operator, change_operator
from gatehouse.server.accounts.models import Operator
from gatehouse.server.audit import queries as audit
from gatehouse.server.audit.models import Entry
from gatehouse.server.backoffice.site import backoffice
from gatehouse.server.gates.models import Device, Gate
from gatehouse.server.parking.models import Permit
from gatehouse.server.people import looks
from gatehouse.server.people.actions import add_group, add_site
from gatehouse.server.people.models import Group, Person, SiteType, Vehicle, Zone
from gatehouse.server.people.vehicle_actions import register_vehicle

LISTS = [model._meta.label_lower.replace(".", "_") for model in backoffice._registry]
PERSON = {
    "number": "S-900", "name": "Wilma Ashby", "phone": "+44 20 5550 0101", "mail": "w@example.org", "address": "",
    "identity": "", "tax_number": "", "account": "", "holder": "", "bank": "", "department": "Yard", "manager": "",
    "post": "", "hired": "2026-02-01", "starts": "", "ends": "",
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_every_list_and_form_opens_for_an_owner(house, name) -> None:
    browser = house.browser(Role.OWNER)
    assert browser.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert browser.get(reverse(f"admin:{name}_add")).status_code in {200, 403}


def test_a_person_is_hired_by_an_action_and_sealed(house) -> None:
    browser = house.browser(Role.HR)
    form = PERSON | {"site": house.world.site.pk, "groups": [house.world.group.pk]}
    response = browser.post(reverse("admin:people_person_add"), form)
    assert response.status_code == 302, response.content.decode()
    person = Person.objects.exclude(pk=house.person.pk).get()
    assert [entry.verb for entry in audit.entries_about("person", person.pk)] == ["person.hired"]
    assert b"Ashby" not in b"".join(bytes(getattr(person, f"{c}_cell")) for c in ("brief", "name", "contact", "file"))
    assert LogEntry.objects.count() == 0


def test_a_list_of_people_shows_numbers_and_initials_and_no_name(house) -> None:
    page = house.browser(Role.HR).get(reverse("admin:people_person_changelist")).content.decode()
    assert "S-104" in page
    assert "LM" in page
    assert "Moss" not in page


def test_changing_a_person_keeps_what_was_not_touched(house) -> None:
    browser = house.browser(Role.HR)
    address = reverse("admin:people_person_change", args=[house.person.pk])
    shown = browser.get(address).content.decode()
    assert "Lin Moss" in shown
    form = PERSON | {"number": "S-104", "name": "Lin Moss", "groups": [house.world.group.pk]}
    assert browser.post(address, form).status_code == 302
    assert "w@example.org" in browser.get(address).content.decode()
    assert Entry.objects.filter(verb="person.edited").exists()


def test_a_form_that_is_wrong_writes_nothing(house) -> None:
    browser = house.browser(Role.HR)
    form = PERSON | {"number": "has spaces", "site": house.world.site.pk}
    assert browser.post(reverse("admin:people_person_add"), form).status_code == 200
    assert Person.objects.count() == 1


def test_a_code_that_is_taken_is_said_and_not_a_fault(house) -> None:
    form = {"site": house.world.site.pk, "code": "garage", "name": "Second"}
    response = house.browser(Role.OWNER).post(reverse("admin:people_zone_add"), form)
    assert response.status_code == 200
    assert Zone.objects.filter(code="garage").count() == 1
    assert house.browser(Role.OWNER).post(reverse("admin:people_zone_add"), form | {"code": "new"}).status_code == 302


def test_an_operator_of_one_site_sees_and_chooses_no_other(house) -> None:
    other = add_site(
        "else", "Elsewhere", SiteType.GARAGE, zone="Europe/Berlin", currency="EUR", by=SETUP, at=house.world.now()
    )
    add_group(other, "Far away", by=SETUP, at=house.world.now())
    browser = house.browser(Role.SECURITY)
    change_operator(
        house.operators[Role.SECURITY], role=Role.SECURITY, sites=[house.world.site.pk], active=True, by=SETUP,
        at=house.world.now(),
    )  # fmt: skip
    assert "Elsewhere" not in browser.get(reverse("admin:people_site_changelist")).content.decode()
    groups = browser.get(reverse("admin:people_group_changelist")).content.decode()
    assert "Staff" in groups
    assert "Far away" not in groups
    browser.post(reverse("admin:people_group_add"), {"site": other.pk, "name": "Ghosts"})
    assert not Group.objects.filter(name="Ghosts").exists()


@pytest.mark.parametrize("name", ["people_person", "parking_tariff", "accounts_operator"])
def test_a_guard_can_not_add_what_is_not_theirs(house, name) -> None:
    assert house.browser(Role.SECURITY).get(reverse(f"admin:{name}_add")).status_code == 403


def test_nothing_is_deleted_here(house) -> None:
    address = reverse("admin:people_person_delete", args=[house.person.pk])
    assert house.browser(Role.OWNER).post(address, {"post": "yes"}).status_code == 403
    assert Person.objects.filter(pk=house.person.pk).exists()


DEVICE = {"kind": "camera", "driver": "stream", "address": "/srv/door.mp4", "secret": ""}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"driver": "shelly", "address": "http://10.0.0.9"}, "driver"),
        ({"kind": "relay", "driver": "stream"}, "driver"),
        ({"address": "nonsense"}, "address"),
        ({"kind": "relay", "driver": "shelly", "address": "10.0.0.9"}, "address"),
    ],
)
def test_a_device_that_no_edge_could_open_is_refused_in_the_form(house, wrong, said) -> None:
    browser = house.browser(Role.OWNER)
    gate = Gate.objects.filter(site=house.world.site).first()
    before = Device.objects.count()
    response = browser.post(reverse("admin:gates_device_add"), DEVICE | {"gate": gate.pk} | wrong)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [said]
    assert Device.objects.count() == before
    assert browser.post(reverse("admin:gates_device_add"), DEVICE | {"gate": gate.pk}).status_code == 302
    assert Device.objects.count() == before + 1


def test_a_new_sites_time_zone_and_currency_are_never_the_first_of_the_alphabet(house) -> None:
    form = {"code": "mill", "name": "The Mill", "type": "workplace", "zone": "", "currency": ""}
    response = house.browser(Role.OWNER).post(reverse("admin:people_site_add"), form)
    assert set(response.context["adminform"].form.errors) == {"zone", "currency"}
    page = house.browser(Role.OWNER).get(reverse("admin:people_site_add")).content.decode()
    assert page.count('<option value="" selected') == 2


@pytest.fixture
def limited(house):
    """A browser of an owner of the world's site alone, and another site with a desk of its own."""
    at = house.world.now()
    other = add_site("else", "Elsewhere", SiteType.GARAGE, zone="Europe/Berlin", currency="EUR", by=SETUP, at=at)
    desk = add_operator("desk-else", Role.SECURITY, sites=[other.pk], by=SETUP, at=at)
    browser = house.browser(Role.OWNER)
    owner = house.operators[Role.OWNER]
    change_operator(owner, role=Role.OWNER, sites=[house.world.site.pk], active=True, by=SETUP, at=at)
    return browser, other, desk


def test_an_owner_of_some_sites_sees_only_those_who_work_at_no_other(house, limited) -> None:
    browser, _, desk = limited
    here = add_operator("desk-here", Role.SECURITY, sites=[house.world.site.pk], by=SETUP, at=house.world.now())
    everywhere = add_operator("desk-all", Role.SECURITY, by=SETUP, at=house.world.now())
    listed = browser.get(reverse("admin:accounts_operator_changelist")).content.decode()
    assert ("desk-here" in listed, "desk-else" in listed, "desk-all" in listed) == (True, False, False)
    form = {"role": "owner", "places": [house.world.site.pk], "active": "on"}
    for one in (desk, everywhere):
        assert browser.post(reverse("admin:accounts_operator_change", args=[one.pk]), form).status_code == 302
        assert browser.post(reverse("invite-operator", args=[one.pk])).status_code == 404
        one.refresh_from_db()
        assert one.role == Role.SECURITY
    assert browser.get(reverse("invite-operator", args=[here.pk])).status_code == 200
    api = browser.get("/api/operators").json()
    assert {row["handle"] for row in api} == {"desk-here", "test-owner"}


def test_an_owner_of_some_sites_gives_nobody_more(house, limited) -> None:
    browser, other, _ = limited
    form = {"handle": "desk-9", "role": "security", "contact": "", "active": "on"}
    for places in ([], [other.pk], [house.world.site.pk, other.pk]):
        answer = browser.post(reverse("admin:accounts_operator_add"), form | {"places": places})
        assert answer.status_code == 200
    assert not Operator.objects.filter(handle="desk-9").exists()
    assert (
        browser.post(reverse("admin:accounts_operator_add"), form | {"places": [house.world.site.pk]}).status_code
        == 302
    )


def test_an_owner_of_some_sites_adds_none_and_reads_no_log_of_all(limited) -> None:
    browser, _, _ = limited
    assert browser.get(reverse("admin:people_site_add")).status_code == 403
    assert browser.get(reverse("admin:audit_entry_changelist")).status_code == 403


def test_an_operator_who_may_not_sign_in_yet_is_made_so(house) -> None:
    form = {"handle": "desk-8", "role": "security", "contact": ""}
    assert house.browser(Role.OWNER).post(reverse("admin:accounts_operator_add"), form).status_code == 302
    assert not Operator.objects.get(handle="desk-8").active


def test_a_tariff_in_other_money_than_its_sites_is_said_and_not_a_fault(house) -> None:
    browser, tariff = house.browser(Role.PARKING), house.world.garage.tariff
    wrong = {"versions": json.dumps(TARIFF | {"currency": "EUR"})}
    change = browser.post(reverse("admin:parking_tariff_change", args=[tariff.pk]), wrong)
    add = browser.post(reverse("admin:parking_tariff_add"), wrong | {"site": house.world.site.pk, "code": "odd"})
    for page in (change, add):
        assert "CNY" in str(page.context["adminform"].form.errors["versions"])
    right = {"site": house.world.site.pk, "code": "odd", "versions": json.dumps(TARIFF)}
    assert browser.post(reverse("admin:parking_tariff_add"), right).status_code == 302


@pytest.fixture
def permits(house):
    """A browser of the parking office, the form's address, and what a right form holds."""
    at = house.world.now()
    register_vehicle(house.world.site, "京A12345", owner=None, by=SETUP, at=at)
    register_vehicle(house.world.site, "京A123456", owner=None, by=SETUP, at=at)
    form = {"plate": "京a·12345", "garage": house.world.garage.pk, "starts": "2026-03-01", "ends": "2026-04-01"}
    return house.browser(Role.PARKING), reverse("admin:parking_permit_add"), form


def test_a_permit_is_given_by_the_plate_as_people_write_it(house, permits) -> None:
    browser, address, form = permits
    page = browser.get(address).content.decode()
    assert not any(str(vehicle.pk) in page for vehicle in Vehicle.objects.all())
    assert browser.post(address, form).status_code == 302
    given = Permit.objects.get().vehicle
    seen = looks.plate(given, Authority(ticket=house.ticket(Role.PARKING)), "backoffice")
    assert seen == "京A12345"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"plate": "京A1234"}, "plate"),
        ({"plate": "沪B00001"}, "plate"),
        ({"plate": " - "}, "plate"),
        ({"ends": "2026-03-01"}, "ends"),
        ({"ends": "2026-02-01"}, "ends"),
    ],
)
def test_a_permit_that_can_not_be_is_refused_beside_its_field(permits, wrong, field) -> None:
    browser, address, form = permits
    response = browser.post(address, form | wrong)
    assert list(response.context["adminform"].form.errors) == [field]
    assert not Permit.objects.exists()


def test_a_vehicle_of_another_site_gets_no_permit_here(house, permits) -> None:
    browser, address, form = permits
    at = house.world.now()
    other = add_site("else", "Elsewhere", SiteType.GARAGE, zone="Europe/Berlin", currency="EUR", by=SETUP, at=at)
    register_vehicle(other, "BQG714", owner=None, by=SETUP, at=at)
    response = browser.post(address, form | {"plate": "BQG714"})
    assert "plate" in response.context["adminform"].form.errors


def test_plates_of_another_site_hide_none_of_this_one(house, permits) -> None:
    browser, address, form = permits
    at = house.world.now()
    other = add_site("else", "Elsewhere", SiteType.GARAGE, zone="Europe/Berlin", currency="EUR", by=SETUP, at=at)
    for letter in "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"[:26]:
        register_vehicle(other, f"沪D00001{letter}", owner=None, by=SETUP, at=at)
    register_vehicle(house.world.site, "沪D00001", owner=None, by=SETUP, at=at)
    assert browser.post(address, form | {"plate": "沪D00001"}).status_code == 302


def test_a_fragment_that_many_plates_hold_shows_none_of_them(house, permits) -> None:
    browser, address, form = permits
    for n in range(6):
        register_vehicle(house.world.site, f"沪C0000{n}", owner=None, by=SETUP, at=house.world.now())
    response = browser.post(address, form | {"plate": "沪C0000"})
    assert "Type the whole plate" in str(response.context["adminform"].form.errors["plate"])


def test_a_permit_ends_no_earlier_than_it_starts(permits) -> None:
    browser, address, form = permits
    browser.post(address, form)
    change = reverse("admin:parking_permit_change", args=[Permit.objects.get().pk])
    response = browser.post(change, {"ends": "2026-02-28"})
    assert list(response.context["adminform"].form.errors) == ["ends"]
    assert browser.post(change, {"ends": "2026-03-15"}).status_code == 302


def test_what_a_lane_does_alone_is_set_in_the_back_office(house) -> None:
    browser, lane = house.browser(Role.OWNER), house.world.lane_out
    address = reverse("admin:gates_gate_change", args=[lane.pk])
    shown = browser.get(address).content.decode()
    assert "An exit lets everybody out and records what is owed" in shown
    form = {
        "name": lane.name, "kind": lane.kind, "direction": lane.direction, "means": lane.means, "open_s": "3",
        "confirm_s": "15", "freshness_s": "10", "collects": "on", "server_away": "hold", "server_away_s": "600",
        "camera_lost": "operator", "liveness": "challenge",
    }  # fmt: skip
    assert browser.post(address, form).status_code == 302
    lane.refresh_from_db()
    assert (lane.server_away, lane.server_away_s, lane.camera_lost) == ("hold", 600.0, "operator")
    assert lane.liveness == "challenge"
    assert browser.post(address, form | {"server_away_s": "3"}).status_code == 200
    lane.refresh_from_db()
    assert lane.server_away_s == 600.0
