"""What a driver claims whose plate was misread: the stay that fits, or nobody's."""

import pytest
from tests.server.lane_scenes import NEAR, OTHER, came, hold, pay

from gatehouse.server import bus
from gatehouse.server.parking import matching
from gatehouse.server.parking.models import ClosedStay, OpenStay


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def claim(world, plate=NEAR, address="192.0.2.7", **ago):
    return matching.claim(world.garage, plate, world.ago(**ago), address=address, at=world.now())


def test_a_driver_who_knows_when_he_came_in_finds_his_stay_and_leaves_with_it(world):
    stay = came(world, minutes=61)
    assert claim(world, minutes=61 + 14).pk == stay.pk
    pay(world, OpenStay.objects.get())
    world.tell(world.leaves(NEAR))
    assert ClosedStay.objects.get().pk == stay.pk


@pytest.mark.parametrize(
    ("plate", "said"),
    [(NEAR, 61 + 16), (NEAR, 61 - 16), (OTHER, 61), ("京A99345", 61), ("", 61)],
)
def test_a_claim_that_does_not_fit_finds_nobody(world, plate, said):
    came(world, minutes=61)
    assert claim(world, plate, minutes=said) is None
    assert OpenStay.objects.get().second_token is None


def test_a_claim_that_fits_two_is_nobodys(world):
    came(world, "京A12345", minutes=61), came(world, "京A12347", minutes=58)
    assert claim(world, "京A12349", minutes=60) is None


def test_a_stay_that_is_paid_keeps_the_plate_under_which_it_was(world):
    stay = came(world, minutes=61)
    assert claim(world, minutes=61).pk == stay.pk
    pay(world, OpenStay.objects.get())
    before = bytes(OpenStay.objects.get().second_token)
    assert claim(world, "京A12348", address="192.0.2.8", minutes=61) is None
    assert bytes(OpenStay.objects.get().second_token) == before


def test_a_claimed_plate_is_one_stays_and_yields_to_a_car_that_came_in_with_it(world):
    one, two = came(world, "京A12345", minutes=61), came(world, "京A12347", minutes=200)
    assert claim(world, NEAR, minutes=61).pk == one.pk
    assert claim(world, NEAR, minutes=200).pk == two.pk
    assert OpenStay.objects.get(pk=one.pk).second_token is None
    own = came(world, NEAR, minutes=20)
    assert {one.pk, two.pk, own.pk} == set(OpenStay.objects.values_list("pk", flat=True))
    assert claim(world, NEAR, address="192.0.2.8", minutes=62) is None
    world.tell(world.leaves(NEAR))
    assert ClosedStay.objects.get().pk == own.pk


def test_trying_times_for_a_plate_is_capped_from_wherever_it_is_tried(world):
    came(world, minutes=200)
    answers = [claim(world, address=f"192.0.2.{n}", minutes=1 + 31 * n) for n in range(12)]
    assert [getattr(one, "code", one) for one in answers[6:]] == ["capped"] * 6


def test_the_car_at_the_exit_is_claimed_by_what_was_read_and_sees_what_it_owes(world):
    stay = came(world, minutes=61)
    hold(world)
    found = matching.claim_at_exit(world.lane_out, world.ago(minutes=70), address="192.0.2.7", at=world.now())
    assert found.pk == stay.pk
    hold(world)
    assert bus.tile(world.site.pk, "out").owed.stay == str(stay.pk)
    assert matching.claim_at_exit(world.lane_in, world.now(), address="192.0.2.7", at=world.now()) is None
