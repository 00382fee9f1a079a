"""Permits, lists, bookings, who is inside, and the sign: what an operator does, and what no list shows."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping
from gatehouse.server.parking import lists, queries, room
from gatehouse.server.parking.models import (
    Booking,
    ClosedStay,
    FreedBay,
    Garage,
    ListEntry,
    ListKind,
    OpenStay,
    Permit,
    PermitPool,
)

PLATE = "京N8P367"


@pytest.fixture
def clerk(house):
    return house.browser(Role.PARKING)


def text(answer) -> str:
    assert answer.status_code < 400 or answer.status_code in {409, 422}, answer.status_code
    return answer.content.decode()


def test_empty_tabs_say_what_to_do_first(clerk) -> None:
    for name, said in [
        ("permits", "Add the first plate below."), ("lists", "Nobody is blocked."), ("bookings", "Add one below"),
        ("merchants", "Add the first shop below"), ("inside", "Cars appear here when they come in."),
    ]:  # fmt: skip
        page = text(clerk.get(reverse(name)))
        assert said in page, name
        assert page.count('aria-current="page"') >= 2


def test_without_a_garage_the_page_says_what_it_takes_and_what_of_it_is_there(house, clerk) -> None:
    Garage.objects.all().delete()
    lines = re.findall(
        r"<li.*?</li>", text(house.browser(Role.OWNER).get(reverse("parking"))).split('id="h-steps"')[1], re.S
    )
    assert len(lines) == 5
    assert ["there" in line for line in lines] == [True, True, True, True, False]
    assert reverse("admin:parking_garage_add") in lines[-1]
    house.world.site.gates.filter(direction="out").delete()
    page = text(clerk.get(reverse("parking")))
    assert "/backoffice/" not in page.split('id="h-steps"')[1]
    assert page.split('id="h-steps"')[1].count("</svg>") == 3


def test_a_reader_sees_the_tabs_of_their_role_only(house) -> None:
    seen = {
        role: re.search(r'<div class="tabs.*?</div>', text(house.browser(role).get(reverse("money"))), re.S)[0]
        for role in (Role.OWNER, Role.PARKING, Role.AUDITOR)
    }
    assert all(said in seen[Role.OWNER] for said in ("Prices", "Invoices", "Payouts"))
    assert "Payouts" not in seen[Role.PARKING]
    assert "Prices" not in seen[Role.AUDITOR]
    assert "Invoices" not in seen[Role.AUDITOR]


def test_a_plate_is_put_on_a_list_shown_on_a_click_and_taken_off(house, clerk) -> None:
    form = {"plate": PLATE, "place": f"site {house.world.site.pk}", "until": "2199-01-01", "reason": "Unpaid damage"}
    assert clerk.post(reverse("lists-of", args=["blocked"]), form).status_code == 302
    page = text(clerk.get(reverse("lists")))
    assert "Until 1 Jan 2199" in page
    assert PLATE not in page
    assert "damage" not in page
    entry = ListEntry.objects.get()
    seen = text(clerk.post(reverse("list-plate", args=[entry.pk])))
    assert "京N·8P367" in seen
    assert "Unpaid damage" in seen
    assert house.browser(Role.AUDITOR).post(reverse("list-plate", args=[entry.pk])).status_code == 403
    clerk.post(reverse("list-remove", args=[entry.pk]))
    assert not ListEntry.objects.exists()


def test_a_list_is_searched_by_plate_and_what_is_found_counts(house, clerk, monkeypatch) -> None:
    lists.add_entries(
        house.world.site,
        ListKind.WELCOME,
        [lists.Wanted(PLATE), lists.Wanted("京N8P999")],
        by=SETUP,
        at=house.world.now(),
    )
    find = reverse("lists-find", args=["welcome"])
    assert text(clerk.post(find, {"q": "京n8 p367"})).count("list-plate") == 0
    assert text(clerk.post(find, {"q": "京n8 p367"})).count("Show the plate") == 1
    assert "No vehicle of this list" in text(clerk.post(find, {"q": "沪A00000"}))
    monkeypatch.setattr(keeping, "find", lambda *_: Refused("over_budget"))
    assert "Show the plate" not in text(clerk.post(find, {"q": PLATE}))


def test_an_import_is_looked_at_first_then_kept_once_and_can_be_taken_back(house, clerk) -> None:
    address = reverse("lists-import", args=["welcome"])
    table = "plate,until\n京N8P367,2199-01-01\n京N8P999\n京N8P999\nwhat\n"
    form = {"place": f"garage {house.world.garage.pk}", "table": table}
    page = text(clerk.post(address, form))
    assert "2 vehicles are ready" in page
    assert "Row 4: this plate stands here twice" in page
    assert not ListEntry.objects.exists()
    batch = re.search(r'name="batch" value="([^"]+)"', page)[1]
    for _ in range(2):
        assert clerk.post(address, form | {"batch": batch}).status_code == 302
    assert ListEntry.objects.count() == 2
    page = text(clerk.get(reverse("lists-of", args=["welcome"])))
    assert "An import of 2 vehicles" in page
    entry = ListEntry.objects.first()
    page = text(clerk.post(reverse("lists-undo", args=["welcome", entry.batch])))
    assert "2 vehicles were taken off again." in page
    assert not ListEntry.objects.exists()


def test_a_csv_file_is_imported_as_well(house, clerk) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    form = {
        "place": f"site {house.world.site.pk}",
        "table": "",
        "file": SimpleUploadedFile("a.csv", "京N8P367\n".encode()),
    }
    assert "1 vehicle is ready" in text(clerk.post(reverse("lists-import", args=["blocked"]), form))


def test_permits_are_added_renewed_and_ended_by_a_click(house, clerk) -> None:
    day = house.world.now().date()
    from datetime import timedelta

    form = {"plate": PLATE, "garage": house.world.garage.pk, "starts": day - timedelta(days=20),
            "ends": day + timedelta(days=5), "period": "month", "grace_days": "3"}  # fmt: skip
    assert clerk.post(reverse("permits"), form | {"ends": form["starts"]}).status_code == 422
    assert clerk.post(reverse("permits"), form | {"ends": "", "renews": "on"}).status_code == 422
    assert clerk.post(reverse("permits"), form).status_code == 302
    permit = Permit.objects.get()
    page = text(clerk.get(reverse("permits")))
    assert "Ending within two weeks" in page
    assert PLATE not in page
    assert "1 was renewed" in text(
        clerk.post(reverse("permits-renew"), {"right": [f"permit {permit.pk}", "permit x", "?"]})
    )
    assert Permit.objects.get().ends > permit.ends
    assert "京N·8P367" in text(clerk.post(reverse("permit-plate", args=[permit.pk])))
    clerk.post(reverse("permit-end", args=[permit.pk]))
    assert Permit.objects.get().ends <= day + timedelta(days=1)


def test_a_contract_is_made_gets_its_cars_and_a_bay_is_freed(house, clerk) -> None:
    world = house.world
    form = {"code": "offices", "garage": world.garage.pk, "bays": "1", "starts": "2026-01-01", "ends": "",
            "period": "none", "grace_days": "0"}  # fmt: skip
    assert clerk.post(reverse("pool-add"), form | {"bays": "0"}).status_code == 422
    assert clerk.post(reverse("pool-add"), form).status_code == 302
    assert clerk.post(reverse("pool-add"), form).status_code == 422
    pool = PermitPool.objects.get()
    address = reverse("pool", args=[pool.pk])
    assert clerk.post(address, {"plate": PLATE}).status_code == 302
    assert clerk.post(address, {"plate": "--"}).status_code == 422
    member = pool.members.get()
    world.tell(world.passage("in", reason="permit", plate=PLATE, subject=str(member.vehicle_id)))
    page = text(clerk.get(address))
    assert "In a bay" in page
    assert PLATE not in page
    assert clerk.post(reverse("pool-free", args=[pool.pk, member.pk])).status_code == 302
    assert FreedBay.objects.count() == 1
    assert ClosedStay.objects.get().state == "exit_missed"
    clerk.post(reverse("pool-drop", args=[pool.pk, member.pk]))
    assert not pool.members.exists()


def test_a_booking_is_made_by_the_garages_clock_and_cancelled(house, clerk) -> None:
    form = {"plate": PLATE, "garage": house.world.garage.pk, "starts": "2190-03-01T08:00", "ends": "2190-03-01T20:00",
            "tolerance_min": "30", "prepaid": "25.50"}  # fmt: skip
    for wrong in ({"ends": "2190-03-01T08:00"}, {"starts": "soon"}, {"prepaid": "0.001"}, {"plate": "--"}):
        assert clerk.post(reverse("bookings"), form | wrong).status_code == 422, wrong
    assert clerk.post(reverse("bookings"), form).status_code == 302
    booking = Booking.objects.get()
    assert (booking.starts.hour, booking.prepaid_minor) == (0, 2550)
    timezone.deactivate()  # whatever page was looked at before
    assert "1 Mar 08:00" in text(clerk.get(reverse("bookings")))
    clerk.post(reverse("booking-cancel", args=[booking.pk]))
    assert Booking.objects.get().state == "cancelled"


def test_who_is_inside_over_night_and_for_too_long_without_a_plate(house, clerk) -> None:
    world = house.world
    world.tell(world.enters(PLATE, at=world.ago(days=5)), world.enters("京N8P999", at=world.now()))
    page = text(clerk.get(reverse("inside")))
    assert "Here for long" in page
    assert "Over night" in page
    assert PLATE not in page
    stay = queries.open_stay(re.search(r'name="stay" value="([0-9a-f-]{36})"', page)[1])
    plate = reverse("inside-plate", args=[world.garage.pk])
    assert "京N·8P367" in text(clerk.post(plate, {"stay": stay.pk}))
    assert clerk.post(plate, {"stay": "x"}).status_code == 404
    auditor = house.browser(Role.AUDITOR)
    assert "Show the plate" not in text(auditor.get(reverse("inside")))
    assert auditor.post(plate, {"stay": stay.pk}).status_code == 403
    close = reverse("inside-close", args=[world.garage.pk])
    assert "1 stay was closed as left unseen" in text(clerk.post(close, {"stay": [stay.pk]}))
    assert "0 stays were closed" in text(clerk.post(close, {"stay": [stay.pk]}))
    assert OpenStay.objects.count() == 1


def test_a_count_by_hand_and_the_sign_that_follows(house, clerk) -> None:
    world = house.world
    settings = reverse("garage-room", args=[world.garage.pk])
    form = {"capacity": "3", "reopen_free": "1", "overstay_days": "3", "emergency_forms": "on"}
    assert clerk.post(settings, form | {"capacity": "0"}).status_code == 422
    assert clerk.post(settings, form).status_code == 302
    address = re.search(r"/sign/[\w-]+/", text(clerk.get(settings)))[0]
    stranger = house.browser()
    world.tell(world.enters(PLATE))
    assert ">2<" in text(stranger.get(address))
    count = reverse("inside-count", args=[world.garage.pk])
    assert "Corrected by +2 cars" in text(clerk.post(count, {"counted": "3"}))
    assert "Full" in text(stranger.get(address + "screen"))
    assert room.room(world.garage).full
    for odd in ("", "-1", "٣", "9" * 30, "many"):
        assert clerk.post(count, {"counted": odd}).status_code == 422
    assert stranger.get("/sign/unknown/").status_code == 404
    assert "Full" in text(clerk.get(reverse("parking")))


def test_nothing_of_another_site_is_reached(house, clerk) -> None:
    from uuid import uuid4

    for name in ("inside-garage", "inside-plate", "inside-close", "inside-count", "garage-room", "pool",
                 "merchant-of", "list-plate", "list-remove", "permit-plate", "permit-end", "booking-plate",
                 "booking-cancel"):  # fmt: skip
        answers = {
            clerk.get(reverse(name, args=[uuid4()])).status_code,
            clerk.post(reverse(name, args=[uuid4()])).status_code,
        }
        assert answers <= {404, 405}, name
