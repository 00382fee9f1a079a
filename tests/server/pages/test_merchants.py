"""A merchant's page: it says the same for every plate, opens only with link and PIN, and never overdraws a budget."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Role
from gatehouse.server.parking import merchants
from gatehouse.server.parking.actions import clear
from gatehouse.server.parking.merchants import Terms
from gatehouse.server.parking.models import GiftKind, Merchant, MerchantMonth, OpenStay, Validation
from gatehouse.server.portal import merchant as page

PLATE = "京N8P367"
HOUR = Terms(GiftKind.MINUTES, 60, 120, 6000)


@pytest.fixture
def shop(house):
    house.world.tell(house.world.enters(PLATE, at=house.world.ago(hours=2, minutes=18)))
    return merchants.add_merchant(house.world.garage, "Moss Books", HOUR, by=SETUP, at=house.world.now())


@pytest.fixture
def till(house, shop):
    browser = house.browser()
    assert browser.post(reverse("merchant-pin", args=[shop[1]]), {"pin": "2468"}).status_code == 302
    return browser


def _bare(answer) -> str:
    """The page without what is drawn by lot."""
    text = re.sub(
        r'name="undo" value="[^"]+"|csrfmiddlewaretoken" value="[^"]+"|X-CSRFToken[^}]+', "", answer.content.decode()
    )
    return re.sub(r"data-now=\S+", "", text)


def test_the_page_says_the_same_of_a_car_that_is_here_and_of_one_that_is_not(shop, till) -> None:
    address = reverse("merchant-give", args=[shop[1]])
    here = till.post(address, {"plate": PLATE})
    MerchantMonth.objects.update(taken=0)
    away = till.post(address, {"plate": "京N8P999"})
    assert here.status_code == away.status_code == 200
    assert _bare(here).replace(PLATE, "PLATE") == _bare(away).replace("京N8P999", "PLATE")


def test_the_budget_that_is_shown_does_not_tell_either(shop, till) -> None:
    address = reverse("merchant-give", args=[shop[1]])
    left = [
        re.search(r"budget: ([^<]+)\.", till.post(address, {"plate": p}).content.decode())[1]
        for p in (PLATE, "京N8P999")
    ]
    assert left == ["99 h", "98 h"]


def test_one_shop_tries_no_more_plates_than_the_keeper_lets_it(shop, till) -> None:
    address = reverse("merchant-give", args=[shop[1]])
    answers = [till.post(address, {"plate": f"京N8P{n:03}"}).status_code for n in range(100, 140)]
    assert answers[:30] == [200] * 30
    assert set(answers[30:]) == {429}


def test_a_link_without_its_pin_gives_nothing(house, shop, till) -> None:
    stranger = house.browser()
    for name in ("merchant-give", "merchant-code", "merchant-undo"):
        answer = stranger.post(reverse(name, args=[shop[1]]), {"plate": PLATE})
        assert "PIN" in answer.content.decode()
    assert not Validation.objects.exists()


def test_a_wrong_code_is_no_page_and_a_wrong_pin_no_way_in(house, shop, till) -> None:
    assert house.browser().get(reverse("merchant", args=["x" * 32])).status_code == 404
    browser = house.browser()
    for typed in ("1357", "", "٤٥٦٧", "9" * 500):
        assert browser.post(reverse("merchant-pin", args=[shop[1]]), {"pin": typed}).status_code in {404, 422}
    assert "Give 1 h" not in browser.get(reverse("merchant", args=[shop[1]])).content.decode()


def test_a_new_link_shuts_the_old_tills_page(house, shop, till) -> None:
    assert "Give 1 h" in till.get(reverse("merchant", args=[shop[1]])).content.decode()
    merchants.give_new_link(shop[0], by=SETUP, at=house.world.now())
    assert till.get(reverse("merchant", args=[shop[1]])).status_code == 404


def test_a_driver_scans_the_code_and_owes_less(house, shop, till) -> None:
    given = merchants.show_code(shop[0], at=house.world.now())
    code = page.validation_code(given.validation, house.world.now() + timedelta(minutes=10))
    driver = house.browser()
    assert "Moss Books gives you 1 h" in driver.get(reverse("validate", args=[code])).content.decode()
    assert (
        "No car with this plate"
        in driver.post(reverse("validate", args=[code]), {"plate": "京N8P999"}).content.decode()
    )
    done = driver.post(reverse("validate", args=[code]), {"plate": "京n8 p367"})
    assert "Moss Books gave you" in done.content.decode()
    owed = driver.post(reverse("pay-find", args=[house.world.garage.pay_code]), {"plate": PLATE}).content.decode()
    assert "¥10.00" in owed
    assert "Validated by Moss Books" in owed
    assert driver.post(reverse("validate", args=[code]), {"plate": PLATE}).status_code == 410


def test_a_code_tells_nobody_of_another_car_that_is_here(house, shop) -> None:
    """A car that has paid gets the answer of one that is not here, and a code is good for a few plates only."""
    page.TRIES.forget()
    at = house.world.now()
    given = merchants.show_code(shop[0], at=at)
    address = reverse("validate", args=[page.validation_code(given.validation, at + timedelta(minutes=10))])
    with transaction.atomic():
        clear(OpenStay.objects.get(), at + timedelta(minutes=15))
    stranger = house.browser()

    def ask(plate: str) -> tuple[int, str]:
        answer = stranger.post(address, {"plate": plate})
        return answer.status_code, _bare(answer).replace(plate, "P")

    assert ask(PLATE) == ask("京N8P999")
    assert [ask(f"京N8P{n}")[0] for n in range(900, 906)] == [200] * 3 + [429] * 3
    assert Validation.objects.get(pk=given.validation).stay == given.validation


def test_a_code_that_is_old_or_changed_is_good_for_nothing(house, shop) -> None:
    at = house.world.now()
    given = merchants.show_code(shop[0], at=at)
    old = page.validation_code(given.validation, at)
    later = old.replace(str(int(at.timestamp())), str(int(at.timestamp()) + 600))
    for code in (old, later, "x", "-", "--"):
        assert house.browser().post(reverse("validate", args=[code]), {"plate": PLATE}).status_code == 410
    assert not Validation.objects.filter(stay__in=[given.validation]).exclude(pk=given.validation).exists()


def test_undo_works_for_ten_minutes_and_says_the_same_for_every_plate(house, shop, till, moved) -> None:
    answers = []
    for plate in (PLATE, "京N8P999"):
        text = till.post(reverse("merchant-give", args=[shop[1]]), {"plate": plate}).content.decode()
        undo = re.search(r'name="undo" value="([^"]+)"', text)[1]
        answers.append(_bare(till.post(reverse("merchant-undo", args=[shop[1]]), {"undo": undo})))
    assert answers[0] == answers[1]
    assert not Validation.objects.exists()
    assert till.post(reverse("merchant-undo", args=[shop[1]]), {"undo": "x"}).status_code == 409


def test_an_operator_adds_a_merchant_hands_the_link_over_and_reads_the_statement(house) -> None:
    browser = house.browser(Role.PARKING)
    form = {"garage": house.world.garage.pk, "name": "=Tea", "kind": "amount", "gives": "5", "most_per_stay": "5.00",
            "month_budget": "500"}  # fmt: skip
    made = browser.post(reverse("merchants"), form).content.decode()
    code = re.search(r"/merchant/([\w-]+)/", made)[1]
    assert merchants.merchant_by_code(code).gives == 500
    assert code not in browser.get(reverse("merchants")).content.decode()
    one = Merchant.objects.get()
    statement = browser.get(reverse("merchant-csv", args=[one.pk, "2026-03"]))
    assert statement.status_code == 200
    bad = browser.post(reverse("merchants"), form | {"gives": "0.001"})
    assert bad.status_code == 422
    assert Merchant.objects.count() == 1
    assert browser.post(reverse("merchant-stop", args=[one.pk])).status_code == 302
    assert merchants.merchant_by_code(code) is None


def test_an_auditor_reads_and_changes_nothing(house, shop) -> None:
    browser = house.browser(Role.AUDITOR)
    assert browser.get(reverse("merchant-of", args=[shop[0].pk])).status_code == 200
    browser.post(reverse("merchant-of", args=[shop[0].pk]), {"gives": "1", "most_per_stay": "1", "month_budget": "1"})
    assert Merchant.objects.get().gives == 60
    assert browser.post(reverse("merchant-link", args=[shop[0].pk])).status_code == 403
