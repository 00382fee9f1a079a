"""Merchants give time or money to stays: within budgets, once, undone in time, and without learning who is parked."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.server.test_stays import PLATE, enter, pay
from tests.server.world import SETUP, overtake

from gatehouse.domain.money import Money
from gatehouse.server.parking import facts, merchants, queries, stays
from gatehouse.server.parking.merchants import BudgetSpent, Given, MerchantError, Terms
from gatehouse.server.parking.models import (
    ClosedStay,
    GiftKind,
    LaneException,
    MerchantDay,
    MerchantMonth,
    Validation,
)

HOUR = Terms(GiftKind.MINUTES, 60, 120, 600)
FIVE = Terms(GiftKind.AMOUNT, 500, 500, 5000)


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def shop(world, terms=HOUR, name="Moss Books"):
    return merchants.add_merchant(world.garage, name, terms, by=SETUP, at=world.now())[0]


def due(world, stay):
    return facts.quote(queries.open_stay(stay.pk), world.now()).due


def taken():
    return MerchantMonth.objects.values_list("taken", flat=True).first() or 0


def give(world, merchant, plate=PLATE):
    return merchants.validate(merchant, plate, at=world.now())


def test_validated_time_and_money_lower_what_the_driver_owes_and_the_price_says_by_whom(world):
    stay = enter(world, minutes=130)
    assert due(world, stay) == Money(1500, "CNY")
    give(world, shop(world))
    assert due(world, stay) == Money(1000, "CNY")
    give(world, shop(world, FIVE, "Ashby Tea"))
    asked = facts.quote(queries.open_stay(stay.pk), world.now())
    assert asked.due == Money(500, "CNY")
    assert {line.params.get("by") for line in asked.price.lines} == {None, "Moss Books", "Ashby Tea"}


def test_the_exit_and_the_books_know_of_it_and_the_statement_says_what_it_was_worth(world):
    stay = enter(world, minutes=130)
    give(world, shop(world))
    give(world, shop(world, FIVE, "Ashby Tea"))
    pay(world, queries.open_stay(stay.pk))
    world.tell(world.leaves(PLATE))
    closed = ClosedStay.objects.get()
    assert (closed.amount_minor, closed.paid_minor, closed.state) == (500, 500, "settled")
    assert sorted(MerchantDay.objects.values_list("stays", "given", "worth_minor")) == [(1, 60, 500), (1, 500, 500)]
    assert not Validation.objects.exists()
    assert not LaneException.objects.exists()


def test_a_validation_between_pricing_and_closing_is_not_lost(world, monkeypatch):
    stay, merchant = enter(world, minutes=130), shop(world)
    pay_later = world.leaves(PLATE)
    overtake(monkeypatch, stays, "close_all", lambda: give(world, merchant))
    world.tell(pay_later)
    closed = ClosedStay.objects.get(pk=stay.pk)
    assert closed.amount_minor == 1000
    assert MerchantDay.objects.get().worth_minor == 500


def test_a_letter_that_comes_twice_counts_for_the_merchant_once(world):
    enter(world, minutes=130)
    give(world, shop(world))
    letter = world.sim.letter(world.leaves(PLATE))
    for _ in range(3):
        world.receive([letter])
    assert MerchantDay.objects.get().stays == 1


def test_an_absent_plate_takes_the_same_and_writes_the_same_and_the_night_gives_it_back(world):
    enter(world, minutes=110)
    merchant = shop(world)
    answers = [give(world, merchant), give(world, merchant, "京B99999")]
    assert all(isinstance(answer, Given) for answer in answers)
    assert taken() == 120
    assert Validation.objects.count() == 2
    assert merchants.give_back_unused(world.site, at=world.now()) == 1
    assert merchants.give_back_unused(world.site, at=world.now()) == 0
    assert taken() == 60


def test_a_stay_gets_no_more_of_one_merchant_than_its_most(world):
    stay, merchant = enter(world, minutes=290), shop(world)
    before = due(world, stay)
    for _ in range(4):
        assert isinstance(give(world, merchant), Given)
    assert due(world, stay) == before - Money(1000, "CNY")


def test_a_budget_is_never_overdrawn(world):
    merchant = shop(world, Terms(GiftKind.MINUTES, 60, 120, 150))
    enter(world, minutes=290)
    give(world, merchant)
    merchants.show_code(merchant, at=world.now())
    with pytest.raises(BudgetSpent):
        give(world, merchant)
    with pytest.raises(BudgetSpent):
        merchants.show_code(merchant, at=world.now())
    assert taken() == 120


def test_two_tills_at_once_do_not_overdraw_the_budget(committed_world):
    world = committed_world
    merchant = shop(world, Terms(GiftKind.MINUTES, 60, 120, 180))
    answers, gate = [], threading.Barrier(6)

    def till():
        gate.wait(10)
        try:
            answers.append(merchants.show_code(merchant, at=world.now()))
        except BudgetSpent:
            answers.append(None)
        finally:
            connection.close()

    tills = [threading.Thread(target=till) for _ in range(6)]
    for one in tills:
        one.start()
    for one in tills:
        one.join(30)
    assert len([one for one in answers if one]) == 3
    assert taken() == 180


def test_a_code_serves_the_first_stay_that_scans_it_and_nobody_after(world):
    first, second = enter(world, minutes=110), enter(world, "京B22222", minutes=110)
    merchant = shop(world)
    code = merchants.show_code(merchant, at=world.now()).validation
    before = due(world, second)
    assert merchants.scan(code, first, at=world.now())
    assert not merchants.scan(code, first, at=world.now())
    assert not merchants.scan(code, second, at=world.now())
    assert due(world, second) == before
    world.tell(world.leaves(PLATE))
    assert not merchants.scan(code, second, at=world.now())


def test_a_validation_is_taken_back_and_the_budget_with_it(world):
    stay, merchant = enter(world, minutes=110), shop(world)
    before = due(world, stay)
    given = give(world, merchant)
    for _ in range(2):
        merchants.take_back(merchant, given.validation, at=world.now())
    assert due(world, stay) == before
    assert taken() == 0


def test_nobody_takes_back_what_another_merchant_gave(world):
    enter(world, minutes=110)
    given = give(world, shop(world))
    merchants.take_back(shop(world, name="Ashby Tea"), given.validation, at=world.now())
    assert Validation.objects.count() == 1


def test_what_is_given_stays_with_the_stay_over_midnight(world, moved):
    stay, merchant = enter(world, minutes=110), shop(world)
    give(world, merchant)
    moved(timedelta(days=1))
    stays.retoken_stays(type(world.site).objects.get(), world.now(), by=SETUP)
    merchants.give_back_unused(world.site, at=world.now())
    assert len(facts.quote(queries.open_stay(stay.pk), world.now()).given) == 1


def test_a_paid_stay_takes_nothing_more(world):
    stay, merchant = enter(world, minutes=110), shop(world)
    pay(world, stay)
    give(world, merchant)
    assert not Validation.objects.filter(stay=stay.pk).exists()


def test_a_validation_between_quote_and_payment_lowers_what_is_asked_for(world, monkeypatch):
    from gatehouse.server.parking import payments

    stay, merchant = enter(world, minutes=130), shop(world)
    overtake(monkeypatch, payments, "quote", lambda: give(world, merchant))
    payment, _ = payments.start_payment(stay, "test", world.now())
    assert payment.amount_minor == 1000


@pytest.mark.parametrize("numbers", [(0, 10, 10), (10, 9, 100), (10, 20, 9), (-1, 1, 1)])
def test_terms_that_cannot_be_are_refused(numbers):
    with pytest.raises(MerchantError):
        Terms(GiftKind.MINUTES, *numbers)


def test_a_link_is_dead_after_ten_wrong_pins_and_when_a_new_one_is_given(world):
    merchant, code = merchants.add_merchant(world.garage, "Moss Books", HOUR, by=SETUP, at=world.now())
    assert merchants.choose_pin(merchant, "2468", at=world.now())
    assert not merchants.choose_pin(merchant, "1357", at=world.now())
    merchant = merchants.merchant_by_code(code)
    assert merchants.is_pin(merchant, "2468")
    for _ in range(merchants.WRONG_PINS):
        assert not merchants.is_pin(merchant, "1357")
    assert not merchants.is_pin(merchant, "2468")
    assert merchants.merchant_by_code(code) is None
    fresh = merchants.give_new_link(merchant, by=SETUP, at=world.now())
    assert merchants.merchant_by_code(code) is None
    assert merchants.merchant_by_code(fresh) is not None
