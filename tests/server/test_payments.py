"""Money comes twice, late, out of order or for a stay that nobody can price: none of it is lost, none counts double."""

from datetime import date, timedelta

import msgspec
import pytest
from tests.server.test_stays import PLATE, enter, pay
from tests.server.world import SETUP, TARIFF, overtake

from gatehouse.domain.money import Money
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.server import keeping
from gatehouse.server.parking import actions, facts, payments, queries, testprovider
from gatehouse.server.parking.models import ClosedStay, ExitClearance, LaneException, OpenStay, Payment
from gatehouse.server.parking.providers import builtin
from gatehouse.server.people.actions import add_site
from gatehouse.server.people.models import SiteType
from gatehouse.server.people.vehicle_actions import register_vehicle

DUE = Money(1000, "CNY")  # of a stay of 61 minutes


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def start(world, stay, provider=testprovider.NAME, at=None):
    payment, _ = payments.start_payment(stay, provider, at or world.now())
    return payment


def settle(world, payment, event, at=None):
    amount = Money(payment.amount_minor, payment.currency)
    return payments.settle_payment(payment.pk, event, amount, by=SETUP, at=at or world.now())


def exceptions():
    return sorted(LaneException.objects.values_list("kind", flat=True))


def without_a_tariff(world):
    versions = {**TARIFF, "versions": [{**TARIFF["versions"][0], "from": "2090-01-01T00:00"}]}
    actions.change_tariff(world.garage.tariff, versions, by=SETUP, at=world.now())


def test_a_second_tap_takes_up_the_payment_that_was_started(world):
    stay = enter(world, minutes=61)
    first = start(world, stay)
    assert start(world, queries.open_stay(stay.pk)) == first
    assert Payment.objects.count() == 1


def test_a_payment_that_is_taken_up_again_holds_from_then_on(world):
    stay = enter(world, minutes=61)
    begun = world.now()
    again = start(world, stay, at=begun + timedelta(minutes=9)) if start(world, stay, at=begun) else None
    assert Payment.objects.get() == again
    settle(world, again, "e", at=begun + timedelta(minutes=18))
    assert ExitClearance.objects.exists()


def test_a_payment_is_begun_anew_for_another_amount_another_provider_or_after_a_while(world):
    stay, at = enter(world, minutes=61), world.now()
    begun = {start(world, stay, at=at), start(world, stay, "other", at=at)}
    begun.add(start(world, stay, at=at + payments.QUOTE_HOLDS))
    begun.add(start(world, stay, at=at + timedelta(hours=1)))
    assert len(begun) == 4


def test_two_payments_of_one_debt_count_once_and_the_second_waits_for_somebody_to_pay_it_back(world):
    stay = enter(world, minutes=61)
    first, second = start(world, stay), start(world, stay, "other")
    for _ in range(3):
        settle(world, first, "a")
        settle(world, second, "b")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.excess_minor) == ("settled", 0)
    assert (second.state, second.excess_minor) == ("settled", 1000)
    assert queries.open_stay(stay.pk).paid_minor == 1000
    assert exceptions() == ["excess_payment"]
    world.tell(world.leaves(PLATE))
    closed = ClosedStay.objects.get()
    assert (closed.state, closed.amount_minor, closed.paid_minor) == ("settled", 1000, 1000)


def test_money_that_comes_beside_an_operators_free_pass_waits_to_be_paid_back(world):
    stay = enter(world, minutes=61)
    payment = start(world, stay)
    ends = actions.free_pass(stay, by=SETUP, at=world.now())
    assert settle(world, payment, "e").excess_minor == 1000
    assert ExitClearance.objects.get().ends == ends
    assert exceptions() == ["excess_payment"]


def test_only_what_is_beyond_the_debt_is_to_be_paid_back(world):
    stay = enter(world, minutes=50)
    small, at = start(world, stay), world.now()
    large = start(world, stay, at=at + timedelta(minutes=11))
    assert (small.amount_minor, large.amount_minor) == (500, 1000)
    late = at + timedelta(minutes=15)
    settle(world, small, "small", at=late)
    assert not ExitClearance.objects.exists()
    assert settle(world, large, "large", at=late).excess_minor == 500
    assert queries.open_stay(stay.pk).paid_minor == 1000
    assert ExitClearance.objects.exists()


def test_a_second_payment_settles_what_an_overstayed_car_owes_by_then(world):
    stay = enter(world, minutes=61)
    first, second = start(world, stay), start(world, stay, "other")
    settle(world, first, "a")
    later = world.now() + timedelta(hours=2)
    assert settle(world, second, "b", at=later).excess_minor == 0
    assert queries.open_stay(stay.pk).paid_minor == 2000
    assert not facts.quote(queries.open_stay(stay.pk), later).due
    assert exceptions() == []


def test_a_payment_that_came_between_quote_and_start_is_not_asked_for_again(world, monkeypatch):
    stay = enter(world, minutes=61)
    overtake(monkeypatch, payments, "quote", lambda: pay(world, stay))
    assert isinstance(payments.start_payment(stay, "other", world.now()), payments.NothingDue)
    assert Payment.objects.count() == 1


def test_a_car_that_left_between_card_and_button_starts_and_clears_nothing(world):
    stay = enter(world, minutes=61)
    world.tell(world.leaves(PLATE))
    assert payments.start_payment(stay, testprovider.NAME, world.now()) is None
    actions.free_pass(stay, by=SETUP, at=world.now())
    actions.clear_free(stay, by=SETUP, at=world.now())
    assert not Payment.objects.exists()
    assert not ExitClearance.objects.exists()


def test_money_is_written_though_no_tariff_is_in_force_any_more(world):
    stay = enter(world, minutes=61)
    payment = start(world, stay)
    without_a_tariff(world)
    late = world.now() + timedelta(minutes=11)
    for _ in range(2):
        assert settle(world, payment, "e", at=late).state == "settled"
    assert queries.open_stay(stay.pk).paid_minor == 1000
    assert not ExitClearance.objects.exists()
    assert exceptions() == ["unpriced_payment"]


def test_money_is_written_and_the_quote_holds_though_the_keeper_does_not_price_it(world, monkeypatch):
    stay = enter(world, minutes=61)
    payment = start(world, stay)

    def away(*args):
        raise keeping.KeeperAway("gone")

    monkeypatch.setattr(keeping, "reveal", away)
    assert settle(world, payment, "e").state == "settled"
    assert queries.open_stay(stay.pk).paid_minor == 1000
    assert ExitClearance.objects.exists()
    assert exceptions() == []


def test_what_was_paid_after_the_car_had_left_waits_to_be_paid_back(world):
    """The edge was offline: the driver asked and paid before the exit was known here."""
    stay = enter(world, minutes=100)
    pay(world, stay)
    world.tell(world.leaves(PLATE, world.ago(minutes=80)))
    closed = ClosedStay.objects.get()
    assert (closed.state, closed.amount_minor, closed.paid_minor) == ("settled", 0, 1000)
    assert exceptions() == ["excess_payment"]


def test_the_word_that_a_payment_failed_changes_nothing_once_the_money_is_here(world):
    stay = enter(world, minutes=61)
    payment = start(world, stay)
    payments.fail_payment(payment.pk, by=SETUP, at=world.now())
    assert settle(world, payment, "e").state == "settled"
    payments.fail_payment(payment.pk, by=SETUP, at=world.now())
    assert Payment.objects.get().state == "settled"
    assert OpenStay.objects.get().paid_minor == 1000


def test_one_word_of_a_provider_is_never_money_for_two_payments(world):
    stay = enter(world, minutes=50)
    first, second = start(world, stay), start(world, stay, at=world.now() + timedelta(minutes=11))
    assert settle(world, first, "e").state == "settled"
    assert settle(world, second, "e") is None
    assert Payment.objects.get(pk=second.pk).state == "started"


@pytest.mark.parametrize("signature", ["é" * 64, "", "\0"])
def test_a_signature_of_any_characters_is_forged(world, signature):
    body, _ = testprovider.message(start(world, enter(world, minutes=61)))
    assert testprovider.receive(body, signature, world.now()) is None


def test_an_event_that_the_table_can_not_hold_settles_nothing(world):
    payment = start(world, enter(world, minutes=61))
    for event in ("e" * 81, "", "a\0b"):
        text = testprovider.Message(event, payment.pk, payment.amount_minor, payment.currency)
        body = msgspec.json.encode(text)
        assert testprovider.receive(body, builtin.signature_of(body), world.now()) is None
    assert Payment.objects.get().state == "started"


@pytest.mark.parametrize("wrong", [{"currency": "EUR"}, {"zone": "Europe/Berlin"}])
def test_a_tariff_counts_in_its_sites_own_money_and_time(world, wrong):
    with pytest.raises(TariffError):
        actions.add_tariff(world.site, "odd", TARIFF | wrong, by=SETUP, at=world.now())
    with pytest.raises(TariffError):
        actions.change_tariff(world.garage.tariff, TARIFF | wrong, by=SETUP, at=world.now())


def test_a_permit_is_for_a_vehicle_of_its_own_site_and_ends_after_it_starts(world):
    day, made = date(2026, 3, 1), {"by": SETUP, "at": world.now()}
    other = add_site("else", "Elsewhere", SiteType.GARAGE, zone="Europe/Berlin", currency="EUR", **made)
    foreign = register_vehicle(other, PLATE, owner=None, **made)
    own = register_vehicle(world.site, PLATE, owner=None, **made)
    with pytest.raises(actions.PermitError):
        actions.add_permit(foreign, world.garage, starts=day, ends=None, **made)
    for ends in (day, date(2026, 2, 1)):
        with pytest.raises(actions.PermitError):
            actions.add_permit(own, world.garage, starts=day, ends=ends, **made)
    permit = actions.add_permit(own, world.garage, starts=day, ends=date(2026, 3, 2), **made)
    with pytest.raises(actions.PermitError):
        actions.end_permit(permit, ends=date(2026, 2, 28), **made)
    actions.end_permit(permit, ends=day, **made)
    assert [row.ends for row in queries.permits(world.site)] == [day]
