"""The change of date: what was paid meanwhile stays paid, and a stay that can no longer be read jams nothing."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.db import connection, connections
from tests.server.test_stays import PLATE, enter
from tests.server.world import SETUP, ZONE

from gatehouse.domain.money import Money
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Role
from gatehouse.server import keeping
from gatehouse.server.parking import actions, facts, payments, queries, stays
from gatehouse.server.parking.models import ClosedStay, LaneException, OpenStay, Payment, SpentKey
from gatehouse.server.people.models import Site

needs_postgres = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")


def change_date(world):
    return stays.retoken_stays(Site.objects.get(), world.now(), by=SETUP)


def destroy_key(stay):
    assert keeping.forget_stay(stay.pk, facts.STAYS.authority) is None


def exceptions():
    return sorted(LaneException.objects.values_list("kind", flat=True))


# --- stays that can not be read ----------------------------------------------------------------------------------


def test_stays_whose_keys_are_gone_are_closed_for_somebody_to_look_at(world, moved):
    lost = [enter(world, f"京B{n:05}", hours=2) for n in range(3)]
    kept = enter(world)
    OpenStay.objects.filter(pk=lost[0].pk).update(paid_minor=700)
    for stay in lost:
        destroy_key(stay)
    moved(timedelta(days=1))
    assert change_date(world)
    assert OpenStay.objects.get().pk == kept.pk
    assert exceptions() == ["stay_unreadable"] * 3
    assert {closed.state for closed in ClosedStay.objects.all()} == {"unpriced"}
    first = ClosedStay.objects.get(pk=lost[0].pk)
    assert (first.amount_minor, first.paid_minor) == (700, 700)
    assert SpentKey.objects.count() == 3
    world.tell(world.leaves(PLATE))
    assert not OpenStay.objects.exists()


def test_a_stay_whose_plate_was_tampered_with_does_not_jam_the_others(world, moved):
    odd, kept = enter(world, "京B00001", hours=2), enter(world)
    OpenStay.objects.filter(pk=odd.pk).update(plate_cell=bytes(kept.plate_cell))
    moved(timedelta(days=1))
    assert change_date(world)
    assert OpenStay.objects.get().pk == kept.pk
    assert exceptions() == ["stay_unreadable"]


def test_a_stay_whose_entry_was_tampered_with_leaves_the_others_their_price(world):
    odd, kept = enter(world, "京B00001", hours=2), enter(world, hours=1.5)
    OpenStay.objects.filter(pk=odd.pk).update(entry_cell=bytes(kept.entry_cell))
    world.tell(world.leaves("京B00001"), world.leaves(PLATE))
    assert ClosedStay.objects.get(pk=odd.pk).state == "unpriced"
    assert ClosedStay.objects.get(pk=kept.pk).amount_minor == 1000


def test_an_exit_closes_its_stay_though_the_key_of_the_stays_day_is_destroyed(world, moved):
    stay = enter(world)
    moved(timedelta(days=10))
    owner = world.operator(Role.OWNER).authority
    world.keeper.forget_days(str(world.site.pk), local_date(world.now(), ZoneInfo(ZONE)), owner)
    world.tell(world.leaves(PLATE))
    assert ClosedStay.objects.get().pk == stay.pk
    assert exceptions() == []
    assert Site.objects.get().stay_day == local_date(world.now(), ZoneInfo(ZONE))


def test_an_exit_without_a_token_is_kept_for_somebody_to_look_at(world, monkeypatch):
    enter(world)
    inner = keeping.admit

    def without_tokens(*args):
        return [msgspec.structs.replace(result, lane=None) for result in inner(*args)]

    monkeypatch.setattr(keeping, "admit", without_tokens)
    world.tell(world.leaves(PLATE))
    assert OpenStay.objects.count() == 1
    assert exceptions() == ["exit_without_stay"]


# --- side by side ------------------------------------------------------------------------------------------------


class Beside:
    """Work in a thread of its own, begun while a statement of ours is about to run and given time to overtake it."""

    def __init__(self, work, before):
        self._work, self._before = work, before
        self._threads, self._begun = ThreadPoolExecutor(1), None

    def __call__(self, execute, sql, params, many, context):
        if self._begun is None and sql.startswith(self._before):
            self._begun = self._threads.submit(self._run)
            wait([self._begun], timeout=1)
        return execute(sql, params, many, context)

    def _run(self):
        try:
            return self._work()
        finally:
            connections.close_all()

    def ended(self):
        assert self._begun is not None, f"nothing began with {self._before}"
        return self._begun.result(20)


@needs_postgres
@pytest.mark.parametrize("before", ['DELETE FROM "parking_openstay"', 'INSERT INTO "parking_openstay"'])
def test_money_that_comes_during_the_change_of_date_is_not_written_over(committed_world, moved, before):
    world = committed_world
    stay = enter(world, minutes=61)
    payment, _ = payments.start_payment(stay, "test", world.now())
    moved(timedelta(days=1))
    beside = Beside(
        lambda: payments.settle_payment(payment.pk, "e", Money(1000, "CNY"), by=SETUP, at=payment.at), before
    )
    with connection.execute_wrapper(beside):
        assert change_date(world)
    assert beside.ended().state == "settled"
    assert queries.open_stay(stay.pk).paid_minor == 1000
    assert queries.open_stay(stay.pk).state == "cleared"


@needs_postgres
@pytest.mark.parametrize("before", ['DELETE FROM "parking_openstay"', 'INSERT INTO "parking_openstay"'])
def test_a_free_pass_during_the_change_of_date_is_not_written_over(committed_world, moved, before):
    world = committed_world
    stay = enter(world, minutes=61)
    moved(timedelta(days=1))
    beside = Beside(lambda: actions.free_pass(stay, by=SETUP, at=world.now()), before)
    with connection.execute_wrapper(beside):
        assert change_date(world)
    assert beside.ended() > world.now()
    assert queries.open_stay(stay.pk).clearance is not None
    assert queries.open_stay(stay.pk).state == "cleared"


@needs_postgres
def test_a_car_that_comes_in_during_the_change_of_date_is_found_afterwards(committed_world):
    """Its letter was admitted under the old date."""
    world = committed_world
    enter(world, "京B00001")
    tomorrow = world.now() + timedelta(days=1)

    def change():
        try:
            return stays.retoken_stays(Site.objects.get(), tomorrow, by=SETUP)
        except stays.Outdated:
            return stays.retoken_stays(Site.objects.get(), tomorrow, by=SETUP)

    beside = Beside(change, 'INSERT INTO "parking_openstay"')
    with connection.execute_wrapper(beside):
        world.tell(world.enters(PLATE))
    assert beside.ended()
    assert isinstance(actions.find_stay(world.garage, PLATE, address="192.0.2.7"), OpenStay)
    world.tell(world.leaves(PLATE))
    assert OpenStay.objects.count() == 1


@needs_postgres
def test_two_tabs_in_the_same_moment_begin_one_payment(committed_world):
    world = committed_world
    stay = enter(world, minutes=61)
    beside = Beside(lambda: payments.start_payment(stay, "test", world.now()), 'INSERT INTO "parking_payment"')
    with connection.execute_wrapper(beside):
        first, _ = payments.start_payment(stay, "test", world.now())
    second, _ = beside.ended()
    assert first == second
    assert Payment.objects.count() == 1


@needs_postgres
def test_two_payments_in_the_same_moment_count_once(committed_world):
    world = committed_world
    stay = enter(world, minutes=61)
    (first, _), (second, _) = (payments.start_payment(stay, name, world.now()) for name in ("test", "other"))
    due = Money(1000, "CNY")
    beside = Beside(
        lambda: payments.settle_payment(second.pk, "b", due, by=SETUP, at=world.now()), 'UPDATE "parking_openstay"'
    )
    with connection.execute_wrapper(beside):
        payments.settle_payment(first.pk, "a", due, by=SETUP, at=world.now())
    assert beside.ended().excess_minor == 1000
    assert queries.open_stay(stay.pk).paid_minor == 1000
    assert exceptions() == ["excess_payment"]
