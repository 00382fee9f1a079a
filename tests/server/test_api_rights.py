"""A program keeps lists, contracts, bookings and merchants, and learns no plate."""

import pytest
from tests.server.callers import caller

from gatehouse.keeper.protocol import Role
from gatehouse.server.parking.models import Booking, ListEntry, PoolVehicle

PLATE = "京A12345"


@pytest.fixture
def clerk(world):
    return caller(world, Role.PARKING)


def test_lists_are_written_once_for_a_batch_read_without_plates_and_taken_off(world, clerk):
    body = {
        "kind": "blocked",
        "vehicles": [{"plate": PLATE, "until": "2199-01-01", "reason": "Damage"}, {"plate": "京B22222"}],
        "batch": "00000000-0000-4000-8000-000000000001",
    }
    first = clerk.made(f"sites/{world.site.pk}/lists", **body)
    assert clerk.made(f"sites/{world.site.pk}/lists", **body)["ids"] == first["ids"] or ListEntry.objects.count() == 2
    rows = clerk.got(f"sites/{world.site.pk}/lists/blocked")
    assert {row["until"] for row in rows} == {"2199-01-01", None}
    assert PLATE not in str(rows)
    assert clerk.call("DELETE", f"lists/{first['ids'][0]}")[0] == 204
    assert clerk.call("DELETE", f"lists/{first['ids'][0]}")[0] == 404
    status, _ = clerk.call("POST", f"sites/{world.site.pk}/lists", body | {"vehicles": [{"plate": "--"}]})
    assert status == 422


def test_a_contract_is_made_joined_and_renewed(world, clerk):
    pool = clerk.made(
        f"garages/{world.garage.pk}/pools",
        code="offices",
        bays=2,
        starts="2026-01-01",
        ends="2026-02-01",
        period="month",
    )
    again = {"code": "offices", "bays": 2, "starts": "2026-01-01"}
    assert clerk.call("POST", f"garages/{world.garage.pk}/pools", again)[0] == 422
    vehicle = clerk.made(f"sites/{world.site.pk}/vehicles", plate=PLATE)
    for _ in range(2):
        clerk.made(f"pools/{pool['id']}/vehicles", vehicle=vehicle["id"])
    assert PoolVehicle.objects.count() == 1
    assert clerk.call("POST", f"permits/{pool['id']}/renew")[1] == {"renewed": 1}


def test_a_booking_is_made_listed_and_cancelled(world, clerk):
    body = {"plate": PLATE, "starts": "2190-01-01T08:00:00+08:00", "ends": "2190-01-01T18:00:00+08:00"}
    made = clerk.made(f"garages/{world.garage.pk}/bookings", **body, prepaid_minor=2000)
    assert clerk.call("POST", f"garages/{world.garage.pk}/bookings", body | {"ends": body["starts"]})[0] == 422
    (row,) = clerk.got(f"sites/{world.site.pk}/bookings")
    assert (row["id"], row["state"], row["prepaid_minor"]) == (made["id"], "expected", 2000)
    assert clerk.call("DELETE", f"bookings/{made['id']}")[0] == 204
    assert Booking.objects.get().state == "cancelled"


def test_a_merchant_is_made_and_its_code_told_once(world, clerk):
    body = {"name": "Moss Books", "kind": "minutes", "gives": 60, "most_per_stay": 120, "month_budget": 600}
    code = clerk.made(f"garages/{world.garage.pk}/merchants", **body)["code"]
    rows = clerk.got(f"sites/{world.site.pk}/merchants")
    assert rows[0]["left"] == 600
    assert code not in str(rows)
    assert clerk.call("POST", f"garages/{world.garage.pk}/merchants", body | {"most_per_stay": 1})[0] == 422


def test_room_is_told_and_corrected_by_a_count(world, clerk):
    assert clerk.got(f"garages/{world.garage.pk}/room") == {
        "inside": 0, "capacity": None, "free": None, "full": False, "correction": 0,
    }  # fmt: skip
    assert clerk.call("POST", f"garages/{world.garage.pk}/room/count", {"counted": 3})[1]["inside"] == 3
    assert clerk.call("POST", f"garages/{world.garage.pk}/room/count", {"counted": -1})[0] == 422
