"""A garage takes another tariff: a stay is priced by the one that was in force when it entered."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.server.test_stays import enter
from tests.server.world import SETUP, TARIFF, ZONE

from gatehouse.domain.tariff_rules import TariffError
from gatehouse.server.parking import facts, queries, tariff_switch
from gatehouse.server.parking.actions import add_tariff
from gatehouse.server.parking.models import ClosedStay, Garage, OpenStay, Tariff

PLATE = "京A12345"
DEAR = {
    **TARIFF,
    "name": "dear",
    "versions": [{"blocks": {"length_min": 60, "rules": [{"code": "hour", "price": 900}]}}],
}


@pytest.fixture
def dear(world):
    return add_tariff(world.site, "dear", DEAR, by=SETUP, at=world.now())


def wall(world, **ahead):
    local = (world.now() + timedelta(**ahead)).astimezone(ZoneInfo(ZONE))
    return local.replace(second=0, microsecond=0, tzinfo=None)


def switch(world, tariff, starts, seen=None):
    garage = Garage.objects.select_related("site", "tariff").get(pk=world.garage.pk)
    mark = seen or tariff_switch.seen_mark(garage)
    return tariff_switch.switch_tariff(garage, tariff, starts, seen=mark, by=SETUP, at=world.now())


def test_who_came_in_before_keeps_the_price_and_who_comes_after_pays_the_new_one(world, dear, moved):
    old = enter(world, PLATE, minutes=61)
    switch(world, dear, wall(world, minutes=1))
    assert facts.quote(queries.open_stay(old.pk), world.now()).due.minor == 1000
    moved(timedelta(minutes=5))
    new = enter(world, "京B00001")
    moved(timedelta(minutes=90))
    assert facts.quote(queries.open_stay(new.pk), world.now()).due.minor == 1800
    world.tell(world.leaves(PLATE), world.leaves("京B00001"))
    assert ClosedStay.objects.get(pk=old.pk).amount_minor == 1500
    assert ClosedStay.objects.get(pk=new.pk).amount_minor == 1800
    assert not OpenStay.objects.exists()


def test_an_entry_that_is_told_late_is_priced_by_what_was_in_force_then(world, dear, moved):
    came = world.now()
    switch(world, dear, wall(world, minutes=1))
    moved(timedelta(hours=3))
    world.tell(world.enters(PLATE, came))
    assert facts.quote(OpenStay.objects.get(), came + timedelta(minutes=61)).due.minor == 1000


def test_other_garages_keep_the_tariff_and_the_chosen_one_stays_as_it_is(world, dear):
    before = Tariff.objects.get(pk=world.garage.tariff_id)
    own = switch(world, dear, wall(world, hours=1))
    assert Garage.objects.get(pk=world.garage.pk).tariff == own
    assert own.code == "dear-main"
    assert Tariff.objects.get(pk=before.pk).versions == before.versions
    assert Tariff.objects.get(pk=dear.pk).versions == dear.versions
    assert switch(world, dear, wall(world, hours=2)).code == "dear-main-2"


def test_no_switch_lies_in_the_past_and_of_two_clerks_the_second_is_told(world, dear):
    with pytest.raises(TariffError, match="now or later"):
        switch(world, dear, wall(world, minutes=-5))
    seen = tariff_switch.seen_mark(Garage.objects.select_related("tariff").get(pk=world.garage.pk))
    switch(world, dear, wall(world, hours=1), seen)
    with pytest.raises(tariff_switch.ChangedMeanwhile):
        switch(world, dear, wall(world, hours=1), seen)
    assert Tariff.objects.count() == 3


def test_a_tariff_without_prices_at_that_time_is_refused(world):
    later = {**DEAR, "versions": [{**DEAR["versions"][0], "from": "2199-01-01T00:00"}]}
    chosen = add_tariff(world.site, "later", later, by=SETUP, at=world.now())
    with pytest.raises(TariffError) as fault:
        switch(world, chosen, wall(world, hours=1))
    assert fault.value.code == "not_covered"
