"""The Money page: what came, what has to go back, where a provider says otherwise; and accounts and auto-pay."""

import csv
import io
import re
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from tests.server.elsewhere import elsewhere
from tests.server.pages.test_other_sites import browser as browser_of
from tests.server.pages.test_other_sites import limited
from tests.server.test_stays import enter
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Role
from gatehouse.server import keeping
from gatehouse.server.parking import accounts, actions, autopay, orders, payments, queries, testprovider
from gatehouse.server.parking.models import BuiltinEntry, Difference, Mandate, Payment, ProviderAccount, Refund
from gatehouse.server.parking.providers.protocol import Redirect
from gatehouse.server.people.vehicle_actions import register_vehicle

PLATE = "京A90909"


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


@pytest.fixture
def desk(house):
    return house.browser(Role.PARKING)


def paid(house, plate=PLATE, minutes=61) -> Payment:
    world = house.world
    payment, _ = payments.start_payment(enter(world, plate, minutes=minutes), "test", world.now())
    testprovider.pay(payment, world.now())
    return queries.payment(payment.pk)


def paid_twice(house) -> Payment:
    """The second of two payments of one debt."""
    world = house.world
    stay = enter(world, PLATE, minutes=61)
    payment, _ = payments.start_payment(stay, "test", world.now())
    actions.free_pass(stay, by=SETUP, at=world.now())
    testprovider.pay(payment, world.now())
    return queries.payment(payment.pk)


def page(browser, name="money", *args) -> str:
    answer = browser.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def _refund_id(text: str) -> str:
    return re.search(r'name="refund" value="([^"]+)"', text)[1]


def test_a_months_payments_are_shown_with_their_sum_and_no_plate(house, desk) -> None:
    payment = paid(house)
    paid(house, "京A90908", minutes=100)
    text = page(desk)
    assert str(payment.pk) in text
    assert "¥20.00" in text
    assert "2 payments" in text
    assert PLATE not in text


def test_an_auditor_reads_and_is_shown_no_button(house) -> None:
    paid_twice(house)
    text = page(house.browser(Role.AUDITOR))
    assert "Has to go back" in text
    assert "<form" not in text.split("Has to go back")[1].split("</section>")[0]
    assert "money-refund" not in text
    assert "/refund" not in text


def test_a_payment_of_another_site_is_neither_shown_nor_found_nor_paid_back(house) -> None:
    far = elsewhere(house.world)
    row = far[Payment]
    browser = browser_of(limited(house, Role.PARKING, "ticket"))
    assert "42.42" not in page(browser)
    assert "No payment has this number." in browser.post(reverse("money"), {"q": str(row.pk)}).content.decode()
    assert browser.get(reverse("money-refund", args=[row.pk])).status_code == 404
    assert browser.post(reverse("money-pay-back", args=[row.pk])).status_code == 404


def test_a_payment_is_found_by_its_receipt_or_the_providers_number(house, desk) -> None:
    payment = paid(house)
    for q in (str(payment.pk), payment.pk.hex, f" {payment.provider_ref} "):
        assert str(payment.pk) in desk.post(reverse("money"), {"q": q}).content.decode()
    assert "No payment has this number." in desk.post(reverse("money"), {"q": "x"}).content.decode()


def test_a_refund_in_part_goes_back_once_and_the_receipt_says_so(house, desk) -> None:
    payment = paid(house)
    address = reverse("money-refund", args=[payment.pk])
    form = {"refund": _refund_id(page(desk, "money-refund", payment.pk)), "amount": "4.50", "reason": "complaint"}
    for _ in range(2):
        assert "went back" in desk.post(address, form).content.decode()
    assert [(one.amount_minor, one.state) for one in Refund.objects.all()] == [(450, "done")]
    assert BuiltinEntry.objects.get(kind="refund").amount_minor == 450
    receipt = reverse("pay-receipt", args=[house.world.garage.pay_code, payment.pk])
    assert "¥4.50" in house.browser().get(receipt).content.decode()


@pytest.mark.parametrize("amount", ["0", "-1", "10.01", "1.005", "", "x", "1e3", "9" * 30, "١", "\0"])
def test_an_amount_that_can_not_go_back_is_said_and_nothing_is_written(house, desk, amount) -> None:
    payment = paid(house)
    form = {"refund": str(uuid4()), "amount": amount, "reason": "complaint"}
    answer = desk.post(reverse("money-refund", args=[payment.pk]), form)
    assert (answer.status_code, "at most what is left" in answer.content.decode()) == (422, True)
    assert not Refund.objects.exists()


def test_a_refund_without_a_reason_is_asked_for_one(house, desk) -> None:
    payment = paid(house)
    for reason in ("", "because"):
        form = {"refund": str(uuid4()), "amount": "1", "reason": reason}
        answer = desk.post(reverse("money-refund", args=[payment.pk]), form)
        assert (answer.status_code, "Choose why." in answer.content.decode()) == (422, True)
    assert not Refund.objects.exists()


def test_what_was_paid_too_much_goes_back_with_one_click_and_leaves_the_list(house, desk) -> None:
    payment = paid_twice(house)
    text = page(desk)
    assert "More was paid than owed" in text
    form = {"refund": _refund_id(text)}
    for _ in range(3):
        desk.post(reverse("money-pay-back", args=[payment.pk]), form)
    desk.post(reverse("money-pay-back", args=[payment.pk]), {"refund": str(uuid4())})
    assert [one.amount_minor for one in Refund.objects.all()] == [1000]
    assert "Has to go back" not in page(desk)


def test_the_export_holds_the_months_money_and_no_formula(house, desk) -> None:
    payment = paid(house)
    Payment.objects.filter(pk=payment.pk).update(provider_ref="=1+1")
    answer = desk.get(reverse("money-csv", args=[house.world.now().astimezone().strftime("%Y-%m")]))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["payment"], row["amount"], row["provider_ref"]) for row in rows] == [
        (str(payment.pk), "10.00", "'=1+1")
    ]


def test_a_difference_is_listed_explained_and_gone_from_the_list(house, desk) -> None:
    paid(house)
    BuiltinEntry.objects.all().delete()
    day = house.world.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    desk.post(reverse("money-compare"), {"date": day.isoformat()})
    text = page(desk)
    assert "We have a payment that the provider does not" in text
    row = Difference.objects.get()
    desk.post(reverse("money-explain", args=[row.pk]), {"why": "nothing"})
    assert Difference.objects.get().state == "open"
    desk.post(reverse("money-explain", args=[row.pk]), {"why": "provider_fault"})
    assert "We have a payment that the provider does not" not in page(desk)


@pytest.mark.parametrize("day", ["", "x", "9999-12-31", "0001-01-01", "2026-02-30"])
def test_a_date_that_is_none_is_not_compared(house, desk, day) -> None:
    assert desk.post(reverse("money-compare"), {"date": day}).status_code == 422


# --- accounts --------------------------------------------------------------------------------------------------------

STRIPE = {"provider": "stripe", "secret_key": "sk_test_velvet", "webhook_secret": "whsec_velvet"}


def test_keys_are_entered_once_and_never_shown_again(house) -> None:
    owner = house.browser(Role.OWNER)
    form = STRIPE | {"site": house.world.site.pk, "garage": "", "base_url": "http://127.0.0.1:9"}
    assert owner.post(reverse("money-accounts"), form).status_code == 302
    account = ProviderAccount.objects.get()
    text = page(owner, "money-accounts")
    assert f"/pay/notice/stripe/{account.code}" in text
    assert "velvet" not in text
    assert b"velvet" not in bytes(account.keys_cell)
    owner.post(reverse("money-account-try", args=[account.pk]))
    assert "The provider does not answer" in page(owner, "money-accounts")
    owner.post(reverse("money-account-turn", args=[account.pk]))
    assert not ProviderAccount.objects.get().active


def test_keys_that_are_missing_are_named(house) -> None:
    form = STRIPE | {"site": house.world.site.pk, "webhook_secret": ""}
    answer = house.browser(Role.OWNER).post(reverse("money-accounts"), form)
    assert (answer.status_code, "Signing secret of the webhook" in answer.content.decode()) == (422, True)
    assert not ProviderAccount.objects.exists()


def test_only_an_owner_sees_accounts(house, desk) -> None:
    assert desk.get(reverse("money-accounts")).status_code == 403
    assert "Accounts at providers" not in page(desk)


def test_with_several_ways_to_pay_the_driver_chooses(house) -> None:
    owner, driver = house.browser(Role.OWNER), house.browser()
    form = STRIPE | {"site": house.world.site.pk, "base_url": "http://127.0.0.1:9"}
    assert owner.post(reverse("money-accounts"), form).status_code == 302
    assert len(accounts.ways_to_pay(house.world.garage)) == 2
    house.world.tell(house.world.enters(PLATE, house.world.ago(minutes=61)))
    code = house.world.garage.pay_code
    card = driver.post(reverse("pay-find", args=[code]), {"plate": PLATE}, REMOTE_ADDR="192.0.2.55").content.decode()
    assert 'value="stripe"' in card
    assert 'value="test"' in card
    quote = re.search(r'name="quote" value="([^"]+)"', card)[1]
    started = driver.post(reverse("pay-start", args=[code]), {"quote": quote, "way": "test"})
    assert started.status_code == 302
    away = driver.post(reverse("pay-start", args=[code]), {"quote": quote, "way": "stripe"})
    assert (away.status_code, "does not answer" in away.content.decode()) == (503, True)
    assert driver.post(reverse("pay-start", args=[code]), {"quote": quote, "way": "gold"}).status_code == 503


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//elsewhere.example/", "/watch/", "data:text/html,x", ""])
def test_a_providers_answer_sends_a_browser_to_a_page_of_the_web_or_nowhere(house, monkeypatch, url) -> None:
    form = STRIPE | {"site": house.world.site.pk, "base_url": "http://127.0.0.1:9"}
    assert house.browser(Role.OWNER).post(reverse("money-accounts"), form).status_code == 302
    monkeypatch.setattr(orders, "begin", lambda payment, **_: Redirect(url, ""))
    house.world.tell(house.world.enters(PLATE, house.world.ago(minutes=61)))
    driver, code = house.browser(), house.world.garage.pay_code
    card = driver.post(reverse("pay-find", args=[code]), {"plate": PLATE}, REMOTE_ADDR="192.0.2.56").content.decode()
    quote = re.search(r'name="quote" value="([^"]+)"', card)[1]
    answer = driver.post(reverse("pay-start", args=[code]), {"quote": quote, "way": "stripe"})
    assert (answer.status_code, "Location" in answer.headers) == (503, False)


# --- auto-pay --------------------------------------------------------------------------------------------------------


def test_a_driver_reads_agrees_and_withdraws_on_a_page_of_their_own(house, desk) -> None:
    register_vehicle(house.world.site, PLATE, owner=None, by=SETUP, at=house.world.now())
    form = {"site": house.world.site.pk, "plate": PLATE}
    offered = desk.post(reverse("money-auto"), form).content.decode()
    mandate = Mandate.objects.get()
    address = reverse("auto-pay", args=[mandate.pk])
    assert address in offered
    assert address not in page(desk, "money-auto")  # shown once
    driver = house.browser()
    assert "never your plate" in driver.get(address).content.decode()
    assert Mandate.objects.get().state == "offered"
    driver.post(address, {"do": "agree"})
    assert "Auto-pay is on" in driver.get(address).content.decode()
    driver.post(address, {"do": "withdraw"})
    assert "you withdrew" in driver.get(address).content.decode()
    driver.post(address, {"do": "agree"})
    assert Mandate.objects.get().state == "withdrawn"


@pytest.mark.parametrize("plate", ["京A90908", "", "x" * 50, "\0"])
def test_auto_pay_is_offered_for_a_registered_vehicle_of_exactly_this_plate(house, desk, plate) -> None:
    register_vehicle(house.world.site, PLATE, owner=None, by=SETUP, at=house.world.now())
    answer = desk.post(reverse("money-auto"), {"site": house.world.site.pk, "plate": plate})
    assert answer.status_code == 422
    assert not Mandate.objects.exists()


def test_the_words_that_were_agreed_to_are_kept_word_for_word(house) -> None:
    vehicle = register_vehicle(house.world.site, PLATE, owner=None, by=SETUP, at=house.world.now())
    mandate = autopay.offer(vehicle, "test", None, by=SETUP, at=house.world.now())
    shown = house.browser().get(reverse("auto-pay", args=[mandate.pk])).content.decode()
    house.browser().post(reverse("auto-pay", args=[mandate.pk]), {"do": "agree"})
    mandate.refresh_from_db()
    cell = keeping.cell("mandate.consent/1", mandate.pk, mandate.consent_cell)
    (opened,) = keeping.reveal([cell], house.world.operator(Role.OWNER).authority, "money")
    for line in re.findall(r"<li>([^<]+)</li>", shown):
        assert line.replace("&#x27;", "'").encode() in opened


def test_a_month_shows_its_own_payments_only(house, desk) -> None:
    payment = paid(house)
    Payment.objects.filter(pk=payment.pk).update(at=house.world.now() - timedelta(days=40))
    assert str(payment.pk) not in page(desk)
    month = (house.world.now() - timedelta(days=40)).strftime("%Y-%m")
    assert str(payment.pk) in page(desk, "money-month", month)
