"""Pay and the exit display: what a driver sees, and what a stranger does not learn."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Refused
from gatehouse.server import bus, keeping
from gatehouse.server.parking import actions, payments
from gatehouse.server.parking.actions import add_garage
from gatehouse.server.parking.models import ExitClearance, OpenStay, Payment, PaymentState
from gatehouse.server.people.actions import add_zone
from gatehouse.server.portal import asking, pay
from gatehouse.server.portal.display import display_address

PLATE = "京N8P367"


@pytest.fixture
def driver(house, settings):
    settings.TEST_PROVIDER = True
    asking.forget()
    house.world.tell(house.world.enters(PLATE, at=house.world.ago(hours=2, minutes=18)))
    return house.browser()


def _code(house) -> str:
    return house.world.garage.pay_code


def _find(driver, house, plate=PLATE):
    return driver.post(reverse("pay-find", args=[_code(house)]), {"plate": plate})


def _quote(page) -> str:
    return re.search(r'name="quote" value="([^"]+)"', page.content.decode())[1]


@pytest.mark.parametrize("typed", [PLATE, "京N8 P367", "京n8-p367", " 京N8·P367 "])
def test_a_plate_is_found_as_people_write_it(driver, house, typed) -> None:
    page = _find(driver, house, typed).content.decode()
    assert "¥15.00" in page
    assert "3 × ¥5.00" in page
    assert "2 h 18 min" in page


def test_a_car_whose_gate_is_ahead_of_our_clock_has_stayed_no_time(driver, house) -> None:
    house.world.tell(house.world.enters("京N8P368", at=house.world.now() + timedelta(minutes=3)))
    page = _find(driver, house, "京N8P368").content.decode()
    assert "Nothing to pay for this plate now" in page
    assert not re.search(r"[-−]\s*\d+ (h|min|s|d)", page)


def test_a_plate_that_is_not_here_gets_a_card_and_no_hint(driver, house) -> None:
    page = _find(driver, house, "京N8P368")
    assert page.status_code == 200
    text = page.content.decode()
    assert "Nothing to pay for this plate now" in text
    assert "京N8P367" not in text


def test_who_does_not_hold_the_garages_code_learns_nothing(driver, house) -> None:
    assert driver.post(reverse("pay-find", args=["guess"]), {"plate": PLATE}).status_code == 404


def test_too_many_tries_are_answered_in_words(driver, house, monkeypatch) -> None:
    monkeypatch.setattr(keeping, "locate", lambda *a: Refused("capped"))
    page = _find(driver, house)
    assert page.status_code == 429
    assert "Too many plates were tried from here" in page.content.decode()


def test_another_refusal_of_the_keepers_is_not_put_down_to_too_many_tries(driver, house, monkeypatch) -> None:
    monkeypatch.setattr(keeping, "locate", lambda *a: Refused("day_destroyed"))
    page = _find(driver, house).content.decode()
    assert "We can not work out what you owe" in page
    assert "Too many plates" not in page


def test_one_plate_is_asked_for_so_often_and_no_more_from_wherever(driver, house) -> None:
    def ask(source: str, plate: str = "京n8p36b") -> int:
        found = driver.post(reverse("pay-find", args=[_code(house)]), {"plate": plate}, REMOTE_ADDR=source)
        return found.status_code

    for number in range(asking.PER_PLATE.most):
        assert ask(f"192.0.2.{number}") == 200, number
    assert ask("192.0.2.100") == ask("192.0.2.0") == 429
    assert ask("192.0.2.100", PLATE) == 200


def test_no_single_address_takes_a_plates_answers_from_its_driver(driver, house) -> None:
    def ask(source: str, plate: str = PLATE) -> int:
        found = driver.post(reverse("pay-find", args=[_code(house)]), {"plate": plate}, REMOTE_ADDR=source)
        return found.status_code

    answers = [ask("192.0.2.1") for _ in range(asking.PER_PLATE.most + 5)]
    assert answers.count(200) == asking.PER_PLATE_AND_SOURCE.most
    assert ask("198.51.100.7") == 200
    for number in range(40):  # far beyond the keeper's cap of plates for one source
        ask("192.0.2.9", f"沪A0{number:04d}")
    assert [ask("192.0.2.9") for _ in range(20)] == [429] * 20
    assert ask("198.51.100.8") == 200
    assert len(asking.PER_PLATE._times) <= 40  # whoever is refused leaves nothing in memory


def test_an_ipv6_network_is_one_source(driver, house) -> None:
    same = {keeping.source_of(f"2001:db8:1:2::{number:x}") for number in range(1, 300)}
    other = {
        keeping.source_of("2001:db8:1:3::1"),
        keeping.source_of("192.0.2.1"),
        keeping.source_of("::ffff:192.0.2.1"),
    }
    assert (len(same), len(other), same & other) == (1, 2, set())


@pytest.mark.parametrize("typed", ["Ｎ８Ｐ３６７", "n8p367", "N8P-367"])
def test_a_missing_province_is_asked_for_and_never_guessed(driver, house, typed) -> None:
    page = _find(driver, house, typed).content.decode()
    assert "Which province does it begin with?" in page
    assert "¥15.00" not in page
    address = reverse("pay-find", args=[_code(house)])
    assert "¥15.00" in driver.post(address, {"plate": typed, "province": "京"}).content.decode()
    assert "¥15.00" not in driver.post(address, {"plate": typed, "province": "沪"}).content.decode()
    assert "¥15.00" not in driver.post(address, {"plate": typed, "as_is": "yes"}).content.decode()


@pytest.mark.parametrize("typed", ["京ＮＢＰ３６Ｏ", "京n.8p·36 0".replace("8", "B"), "京NBP36o"])
def test_look_alikes_that_a_chinese_serial_does_not_have_are_read_as_digits(driver, house, typed) -> None:
    house.world.tell(house.world.enters("京NBP360", at=house.world.ago(hours=1, minutes=5)))
    assert "¥10.00" in _find(driver, house, typed).content.decode()


def test_a_plate_of_no_letters_is_asked_for_again(driver, house) -> None:
    assert "Please type your plate" in _find(driver, house, " ··· ").content.decode()


def test_a_plate_to_be_corrected_stands_in_the_field_again(driver, house) -> None:
    page = driver.post(reverse("pay", args=[_code(house)]), {"plate": "京N8P368"}).content.decode()
    assert 'value="京N8P368"' in page


def test_the_plate_stands_in_no_address(driver, house) -> None:
    quote = _quote(_find(driver, house))
    started = driver.post(reverse("pay-start", args=[_code(house)]), {"quote": quote})
    assert started.status_code == 302
    assert "8P367" not in started["Location"]


def test_paying_opens_the_exit_and_the_receipt_says_for_how_long(driver, house) -> None:
    started = driver.post(reverse("pay-start", args=[_code(house)]), {"quote": _quote(_find(driver, house))})
    assert "no money moves" in driver.get(started["Location"]).content.decode()
    paid = driver.post(started["Location"], {"outcome": "paid"})
    receipt = driver.get(paid["Location"]).content.decode()
    assert "Paid. You can leave." in receipt
    assert "14 min" in receipt
    assert ExitClearance.objects.count() == 1
    again = driver.post(started["Location"], {"outcome": "paid"})
    assert again.status_code == 302
    assert Payment.objects.filter(state=PaymentState.SETTLED).count() == 1
    house.world.tell(house.world.leaves(PLATE))
    assert "Goodbye" in driver.get(paid["Location"] + "state").content.decode()


def test_a_second_tab_leads_to_the_payment_that_the_first_one_began(driver, house) -> None:
    quote, address = _quote(_find(driver, house)), reverse("pay-start", args=[_code(house)])
    first = driver.post(address, {"quote": quote})
    assert driver.post(address, {"quote": quote})["Location"] == first["Location"]


def test_the_receipt_of_money_beyond_the_debt_says_that_it_is_paid_back(driver, house) -> None:
    started = driver.post(reverse("pay-start", args=[_code(house)]), {"quote": _quote(_find(driver, house))})
    actions.free_pass(OpenStay.objects.get(), by=SETUP, at=house.world.now())
    paid = driver.post(started["Location"], {"outcome": "paid"})["Location"]
    assert "pays back what is too much" in driver.get(paid).content.decode()
    house.world.tell(house.world.leaves(PLATE))
    assert "pays back what is too much" in driver.get(paid).content.decode()


def test_a_card_of_a_car_that_leaves_while_the_button_is_pressed_is_asked_for_anew(driver, house, monkeypatch) -> None:
    quote, inner = _quote(_find(driver, house)), payments.start_payment

    def leave_and_start(*args):
        house.world.tell(house.world.leaves(PLATE))
        return inner(*args)

    monkeypatch.setattr(payments, "start_payment", leave_and_start)
    page = driver.post(reverse("pay-start", args=[_code(house)]), {"quote": quote}).content.decode()
    assert "Type your plate again." in page


def test_a_card_that_was_changed_or_is_old_is_asked_for_anew(driver, house, monkeypatch) -> None:
    address = reverse("pay-start", args=[_code(house)])
    quote = _quote(_find(driver, house))
    for wrong in ("", "x" + quote, quote[:-1] + "_"):
        page = driver.post(address, {"quote": wrong})
        assert "Type your plate again." in page.content.decode()
    assert Payment.objects.count() == 0


def test_without_a_provider_nothing_is_started(driver, house, settings) -> None:
    quote = _quote(_find(driver, house))
    settings.TEST_PROVIDER = False
    page = driver.post(reverse("pay-start", args=[_code(house)]), {"quote": quote})
    assert page.status_code == 503
    assert "Paying by phone is not set up here yet" in page.content.decode()


def test_without_the_keeper_a_driver_is_told_what_to_do(driver, house, keeper) -> None:
    keeping.configure(None)
    try:
        page = _find(driver, house)
    finally:
        keeping.configure(keeper)
    assert page.status_code == 503
    assert "Paying does not work right now" in page.content.decode()


def test_a_card_is_good_for_a_while_only(driver, house, monkeypatch) -> None:
    quote = _quote(_find(driver, house))
    monkeypatch.setattr(pay, "ASK_HOLDS", timedelta(seconds=-1))
    page = driver.post(reverse("pay-start", args=[_code(house)]), {"quote": quote})
    assert "That took a while" in page.content.decode()
    assert Payment.objects.count() == 0


def test_a_card_and_a_receipt_belong_to_one_garage(driver, house) -> None:
    world = house.world
    zone = add_zone(world.site, "annex", "Annex", by=SETUP, at=world.now())
    annex = add_garage(world.site, zone, "annex", "Annex", world.garage.tariff, by=SETUP, at=world.now())
    quote = _quote(_find(driver, house))
    there = driver.post(reverse("pay-start", args=[annex.pay_code]), {"quote": quote})
    assert "Type your plate again." in there.content.decode()
    started = driver.post(reverse("pay-start", args=[_code(house)]), {"quote": quote})
    assert driver.get(started["Location"].replace(_code(house), annex.pay_code)).status_code == 404


# --- the exit display --------------------------------------------------------------------------------------------


def test_the_display_needs_its_own_code(house) -> None:
    right = display_address(house.world.lane_out)
    assert house.browser().get(right).status_code == 200
    assert house.browser().get(right[:-3] + "00/").status_code == 404


def test_the_display_shows_the_amount_then_thanks_then_goodbye_then_nobody(driver, house, moved) -> None:
    world, screen = house.world, display_address(house.world.lane_out) + "screen"
    world.tell(world.attempt("out", granted=False, reason="unpaid", plate=PLATE, direction="out"))
    held = driver.get(screen).content.decode()
    assert "¥15.00" in held
    assert "<svg" in held
    assert "8P367" not in held
    started = driver.post(reverse("pay-start", args=[_code(house)]), {"quote": _quote(_find(driver, house))})
    driver.post(started["Location"], {"outcome": "paid"})
    assert "Paid. Thank you." in driver.get(screen).content.decode()
    world.tell(world.leaves(PLATE))
    assert "Goodbye" in driver.get(screen).content.decode()
    moved(timedelta(minutes=1))
    assert "Please drive up to the line." in driver.get(screen).content.decode()


def test_the_display_words_a_refusal_without_naming_anybody(house) -> None:
    lane = house.world.lane_out
    bus.set_tile(
        lane.site_id, lane.code, at=house.world.now(), outcome="refused", reason="unknown_plate", direction="out"
    )
    page = house.browser().get(display_address(lane)).content.decode()
    assert "This plate is not on the list for this lane" in page
    assert "Press the help button" in page
