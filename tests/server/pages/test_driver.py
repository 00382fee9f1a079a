"""What a driver gets besides the amount: receipt, invoice, help, the lanes' codes, a way in without a plate."""

import base64
import re
import zlib
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.urls import reverse
from tests.server.world import ZONE

from gatehouse.crypto.tokens import check
from gatehouse.domain.virtual import is_virtual
from gatehouse.keeper.protocol import Role
from gatehouse.server import bus, feed, moment
from gatehouse.server.gates.actions import open_by_hand
from gatehouse.server.gates.models import Opening
from gatehouse.server.gates.virtual import plate_of
from gatehouse.server.parking import lane_exceptions, receipts
from gatehouse.server.parking.models import ExceptionKind, InvoiceRequest, LaneException, OpenStay, Payment
from gatehouse.server.portal import asking, help, lanes
from gatehouse.server.portal.display import display_address

PLATE = "京N8P367"
HERE = ZoneInfo(ZONE)
GOOD_NUMBER = "91350100M000100Y43"


@pytest.fixture
def driver(house, settings):
    settings.TEST_PROVIDER = True
    for limit in (asking.PER_PLATE, asking.PER_PLATE_AND_SOURCE, help.CALLS, lanes.PER_SOURCE, lanes.PER_LANE):
        limit.forget()
    house.world.tell(house.world.enters(PLATE, at=house.world.ago(hours=2, minutes=18)))
    return house.browser()


def _url(house, name, *args) -> str:
    return reverse(name, args=[house.world.garage.pay_code, *args])


def _quote(page) -> str:
    return re.search(r'name="quote" value="([^"]+)"', page.content.decode())[1]


def _pay(driver, house, card=None) -> str:
    """The address of the receipt."""
    card = card or driver.post(_url(house, "pay-find"), {"plate": PLATE})
    started = driver.post(_url(house, "pay-start"), {"quote": _quote(card)})
    return driver.post(started["Location"], {"outcome": "paid"})["Location"]


# --- the receipt ---------------------------------------------------------------------------------------------------


def test_a_receipt_has_its_number_its_code_and_what_happens_after_the_time(driver, house, keeper) -> None:
    page = driver.get(_pay(driver, house)).content.decode()
    assert re.search(r"MAIN-\d{4}-000001", page)
    assert "on you pay for what was added" in page
    assert "data-ends=" in page
    assert "QR code that opens the exit once" in page
    text = receipts.exit_code(Payment.objects.get(), moment.now())
    claims = check(text, "receipt", keeper.hello().verify_key, moment.now().timestamp()).claims
    assert claims["stay"] == str(OpenStay.objects.get().pk)
    assert "8P367" not in str(claims)
    assert str(Payment.objects.get().pk) not in str(claims)


def test_a_payment_that_came_meanwhile_draws_the_page_anew(driver, house) -> None:
    card = driver.post(_url(house, "pay-find"), {"plate": PLATE})
    started = driver.post(_url(house, "pay-start"), {"quote": _quote(card)})["Location"]
    payment = Payment.objects.get().pk
    waiting = driver.get(_url(house, "pay-receipt", payment)).content.decode()
    assert "Waiting for the payment" in waiting
    state = _url(house, "pay-state", payment)
    assert "HX-Refresh" not in driver.get(state, {"was": "started"}).headers
    driver.post(started, {"outcome": "paid"})
    assert driver.get(state, {"was": "started"}).headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in driver.get(state).headers


def test_after_the_time_only_what_was_added_is_paid(driver, house, moved) -> None:
    receipt = _pay(driver, house)
    moved(timedelta(minutes=50))
    page = driver.get(receipt).content.decode()
    assert "Paid, but you stayed longer" in page
    assert "QR code that opens" not in page
    card = driver.post(receipt + "more")
    assert "Pay ¥5.00" in card.content.decode()
    assert "Paid. You can leave." in driver.get(_pay(driver, house, card)).content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_printed_receipt_is_a_pdf_and_names_nobody(driver, house, language) -> None:
    receipt = _pay(driver, house)
    answer = driver.get(receipt + "receipt.pdf", headers={"accept-language": language})
    assert answer["Content-Type"] == "application/pdf"
    assert re.search(r'filename="MAIN-\d{4}-000001.pdf"', answer["Content-Disposition"])
    text = _words(answer.content)
    assert "15.00" in text
    assert "8P367" not in text


def _words(pdf: bytes) -> str:
    """What its compressed streams say; Latin letters stand there as they are."""
    streams = (part.strip() for part in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S))
    return "".join(zlib.decompress(base64.a85decode(b"<~" + one, adobe=True)).decode("latin-1") for one in streams)


def test_a_receipt_of_another_garage_or_of_no_money_has_no_pdf(driver, house) -> None:
    card = driver.post(_url(house, "pay-find"), {"plate": PLATE})
    driver.post(_url(house, "pay-start"), {"quote": _quote(card)})
    assert driver.get(_url(house, "pay-pdf", Payment.objects.get().pk)).status_code == 404
    assert driver.get(_url(house, "pay-invoice", Payment.objects.get().pk)).status_code == 404


# --- the invoice ---------------------------------------------------------------------------------------------------


def _form(**more):
    return {"kind": "company", "title": "Northgate Tools", "tax_number": GOOD_NUMBER, "mail": "b@example.org"} | more


def test_an_invoice_is_asked_for_and_an_operator_issues_it(driver, house) -> None:
    receipt = _pay(driver, house)
    assert driver.post(receipt + "invoice", _form())["Location"] == receipt
    assert "The invoice has been asked for" in driver.get(receipt).content.decode()
    operator = house.browser(Role.PARKING)
    listed = operator.get(reverse("parking-invoices")).content.decode()
    assert "¥15.00" in listed
    assert "Northgate Tools" not in listed
    request = InvoiceRequest.objects.get().pk
    shown = operator.get(reverse("parking-invoice", args=[request])).content.decode()
    assert "Northgate Tools" in shown
    assert GOOD_NUMBER in shown
    operator.post(reverse("parking-invoice-issued", args=[request]))
    assert "The invoice has been issued" in driver.get(receipt).content.decode()


def test_the_list_is_exported_by_a_ticket_and_cells_that_programs_run_are_defused(driver, house) -> None:
    driver.post(_pay(driver, house) + "invoice", _form(title="=1+1 Tools"))
    answer = house.browser(Role.PARKING).get(reverse("parking-invoices-csv"))
    assert answer["Content-Type"].startswith("text/csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "'=1+1 Tools" in lines[1]
    assert "15.00" in lines[1]
    assert house.browser(Role.SECURITY).get(reverse("parking-invoices-csv")).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tax_number": GOOD_NUMBER[:-1] + "4"}, "not the 18 characters"),
        ({"tax_number": ""}, "not the 18 characters"),
        ({"title": " "}, "Write the name"),
        ({"mail": "nobody"}, "Write the e-mail address"),
    ],
)
def test_a_wrong_entry_is_said_beside_its_field(driver, house, wrong, said) -> None:
    answer = driver.post(_pay(driver, house) + "invoice", _form(**wrong))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert InvoiceRequest.objects.count() == 0


def test_a_person_needs_no_tax_number(driver, house) -> None:
    driver.post(_pay(driver, house) + "invoice", _form(kind="person", tax_number=""))
    assert InvoiceRequest.objects.count() == 1


# --- when it does not work -----------------------------------------------------------------------------------------


def test_help_reaches_the_queue_and_says_when_it_is_seen_and_answered(driver, house) -> None:
    page = driver.post(_url(house, "pay-help"), {"gate": "out"}, follow=True)
    assert "Somebody has been told" in page.content.decode()
    raised = LaneException.objects.get(kind=ExceptionKind.HELP)
    assert raised.gate == "out"
    address = _url(house, "pay-help-state", raised.pk)
    by = house.world.operator(Role.PARKING)
    lane_exceptions.take(raised, by=by, at=house.world.now())
    assert "Somebody is looking at it now" in driver.get(address, headers={"hx-request": "true"}).content.decode()
    LaneException.objects.update(done=True)
    assert "Somebody has answered" in driver.get(address).content.decode()


def test_help_at_a_lane_that_is_none_is_still_help(driver, house) -> None:
    driver.post(_url(house, "pay-help"), {"gate": "door"})
    assert LaneException.objects.get().gate == ""


def test_who_presses_again_and_again_does_not_fill_the_queue(driver, house) -> None:
    answers = [driver.post(_url(house, "pay-help")).status_code for _ in range(6)]
    assert answers == [302] * 4 + [429] * 2


def test_a_driver_whose_plate_was_misread_says_when_he_came(driver, house) -> None:
    world = house.world
    world.tell(world.enters("沪B12348", at=world.ago(hours=1, minutes=20)))
    came = (world.ago(hours=1, minutes=20)).astimezone(HERE)
    form = {"plate": "沪B12345", "came": f"{came:%H:%M}", "day": str((today() - came.date()).days)}
    page = driver.post(_url(house, "pay-lost"), form).content.decode()
    assert "Pay ¥10.00" in page
    assert "12348" not in page


def today():
    return moment.now().astimezone(HERE).date()


def test_a_wrong_time_an_absent_plate_and_nonsense_are_answered_in_words(driver, house) -> None:
    came = house.world.ago(hours=9).astimezone(HERE)
    day = str((today() - came.date()).days)
    address = _url(house, "pay-lost")
    wrong = driver.post(address, {"plate": "京N8P361", "came": f"{came:%H:%M}", "day": day})
    absent = driver.post(address, {"plate": "沪Z99999", "came": f"{came:%H:%M}", "day": day})
    assert "No car fits these two together" in wrong.content.decode()
    secret = re.compile(r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|data-now=")[^"]+')
    bare = [secret.sub("", page.content.decode()) for page in (wrong, absent)]
    assert bare[0].replace("京N8P361", "") == bare[1].replace("沪Z99999", "")
    for form in ({"came": "25:99"}, {"came": "x", "day": "-1"}, {"came": "12:00", "day": "99"}):
        assert driver.post(address, {"plate": PLATE} | form).status_code == 422


# --- at the lanes --------------------------------------------------------------------------------------------------


def _held(house) -> str:
    world = house.world
    world.tell(world.attempt("out", granted=False, reason="unpaid", plate=PLATE, direction="out"))
    return lanes.held_code(str(OpenStay.objects.get().pk), moment.now())


def test_the_code_of_the_exit_leads_to_the_card_without_typing(driver, house) -> None:
    card = driver.get(_url(house, "pay-held", _held(house)))
    assert "Your car at the exit" in card.content.decode()
    assert "8P367" not in card.content.decode()
    assert "Paid. You can leave." in driver.get(_pay(driver, house, card)).content.decode()


def test_the_code_of_the_exit_is_good_for_minutes_and_for_one_stay(driver, house, moved) -> None:
    code = _held(house)
    for wrong in (code[:-1] + ("0" if code[-1] != "0" else "1"), "x", code.replace("-", "")):
        assert "Pay ¥" not in driver.get(_url(house, "pay-held", wrong)).content.decode()
    moved(timedelta(minutes=7))
    assert "Type your plate again" in driver.get(_url(house, "pay-held", code)).content.decode()


def test_the_display_of_an_exit_shows_another_code_for_the_car_it_holds(driver, house) -> None:
    screen = display_address(house.world.lane_out) + "screen"
    empty = driver.get(screen).content.decode()
    _held(house)
    held = driver.get(screen).content.decode()
    assert "No typing" in held
    assert re.search(r'd="[^"]+"', held)[0] != re.search(r'd="[^"]+"', empty)[0]


def test_a_car_that_was_misread_on_its_way_in_says_at_the_exit_when_it_came(driver, house) -> None:
    world = house.world
    came = world.ago(hours=1, minutes=20)
    world.tell(world.enters("沪B12348", at=came))
    world.tell(world.attempt("out", granted=False, reason="unpaid", plate="沪B12345", direction="out"))
    screen = driver.get(display_address(world.lane_out) + "screen").content.decode()
    assert "When did you come in?" in screen
    assert "12345" not in screen
    address = _url(house, "pay-unfound", "out", lanes.unfound_code(world.lane_out, moment.now()))
    assert 'name="plate"' not in driver.get(address).content.decode().split("</form>")[2]
    local = came.astimezone(HERE)
    said = {"came": f"{local:%H:%M}", "day": str((today() - local.date()).days)}
    wrong = driver.post(address, said | {"came": f"{local - timedelta(hours=3):%H:%M}"}).content.decode()
    assert "Pay ¥" not in wrong
    card = driver.post(address, said)
    assert "Pay ¥10.00" in card.content.decode()
    assert "Paid. You can leave." in driver.get(_pay(driver, house, card)).content.decode()


def test_a_code_of_another_lane_or_an_old_one_asks_nothing(driver, house, moved) -> None:
    lane = house.world.lane_out
    code = lanes.unfound_code(lane, moment.now())
    assert "When did you come in?" in driver.get(_url(house, "pay-unfound", "out", code)).content.decode()
    for gate, wrong in (("in", code), ("door", code), ("out", "0" * lanes.CODE_LENGTH)):
        assert "When did you" not in driver.get(_url(house, "pay-unfound", gate, wrong)).content.decode()
    moved(timedelta(minutes=7))
    assert "When did you" not in driver.get(_url(house, "pay-unfound", "out", code)).content.decode()


def _entry(house, name="pay-entry"):
    lane = house.world.lane_in
    return _url(house, name, lane.code, lanes.entry_code(lane))


def test_a_car_without_a_plate_comes_in_pays_and_has_its_receipt(driver, house) -> None:
    world = house.world
    assert "Open the barrier for me" in driver.get(_entry(house)).content.decode()
    mine = driver.post(_entry(house, "pay-come-in"))["Location"]
    assert "The barrier opens now" in driver.get(mine).content.decode()
    opening = Opening.objects.get()
    (order,) = feed.changes(world.edge, feed.Known(0, 0), now=world.now()).openings
    assert order.plate == plate_of(opening.pk)
    assert is_virtual(order.plate)
    attempt = world.attempt("in", reason="by_hand", plate=order.plate)
    world.tell(_as(attempt, id=order.id, means="operator"))
    assert "Welcome" in driver.get(mine, headers={"hx-request": "true"}).content.decode()
    world.tell(
        _as(world.passage("in", reason="by_hand", plate=order.plate, at=world.ago(minutes=50)), means="operator")
    )
    card = driver.post(_url(house, "pay-find"), {"plate": order.plate, "as_is": "yes"})
    assert "Pay ¥5.00" in card.content.decode()
    assert "opens the exit once" in driver.get(_pay(driver, house, card)).content.decode()


def _as(body, **more):
    return msgspec.structs.replace(body, **more)


def test_nobody_is_let_in_behind_a_car_that_has_just_passed(driver, house) -> None:
    lane = house.world.lane_in
    bus.set_tile(lane.site_id, lane.code, at=moment.now(), outcome="passed", direction="in")
    assert driver.post(_entry(house, "pay-come-in")).status_code == 409
    assert Opening.objects.count() == 0


def test_two_taps_and_a_source_that_goes_on_open_once_and_then_seldom(driver, house, moved) -> None:
    address = _entry(house, "pay-come-in")
    bus.clear()
    assert [driver.post(address).status_code for _ in range(2)] == [302, 409]
    answers = []
    for _ in range(4):
        moved(timedelta(seconds=20))
        answers.append(driver.post(address).status_code)
    assert answers == [302, 302, 429, 429]


def test_of_two_who_ask_in_the_same_moment_one_is_let_in(driver, house, monkeypatch) -> None:
    bus.clear()
    monkeypatch.setattr(lanes, "_is_busy", lambda gate, at: False)  # both have looked before either asked
    assert [driver.post(_entry(house, "pay-come-in")).status_code for _ in range(2)] == [302, 409]
    assert Opening.objects.count() == 1


def test_only_a_lane_that_lets_everybody_in_lets_in_who_was_not_read(driver, house) -> None:
    lane = house.world.lane_in
    type(lane).objects.filter(pk=lane.pk).update(admits_unknown=False)
    assert driver.get(_entry(house)).status_code == 404
    out = house.world.lane_out
    assert driver.get(_url(house, "pay-entry", out.code, lanes.entry_code(out))).status_code == 404
    assert driver.get(_url(house, "pay-entry", lane.code, "0" * lanes.CODE_LENGTH)).status_code == 404


def test_a_page_of_an_opening_by_an_operator_is_nobodys(driver, house) -> None:
    opening = open_by_hand(house.world.lane_in, "", by=house.world.operator(Role.OWNER), at=house.world.now())
    assert driver.get(_url(house, "pay-mine", opening.pk)).status_code == 404
    (order,) = feed.changes(house.world.edge, feed.Known(0, 0), now=house.world.now()).openings
    assert order.plate is None


# --- the pay station -----------------------------------------------------------------------------------------------


def test_a_station_keeps_its_large_keys_through_the_flow_and_leads_back_to_its_start(driver, house) -> None:
    start = _url(house, "pay-station")
    assert 'class="driver station"' in driver.get(start).content.decode()
    card = driver.post(_url(house, "pay-find"), {"plate": PLATE})
    assert 'data-idle="60"' in card.content.decode()
    receipt = driver.get(_pay(driver, house, card))
    assert f'href="{start}"' in receipt.content.decode()
    assert "receipt.pdf" not in receipt.content.decode()
    assert receipt["Cache-Control"] == "no-store"
    assert 'class="driver station"' not in driver.get(_url(house, "pay")).content.decode()


def test_a_change_of_language_on_a_card_begins_anew(driver, house) -> None:
    """The card came from a form, whose address alone shows nothing."""
    driver.get(_url(house, "pay-station"))
    for name in ("pay-find", "pay-start", "pay-help"):
        assert driver.get(_url(house, name))["Location"] == _url(house, "pay-station")
    assert driver.put(_url(house, "pay-find")).status_code == 405


def test_a_station_holds_nothing_of_whoever_stood_there(driver, house) -> None:
    driver.get(_url(house, "pay-station"))
    _pay(driver, house)
    kept = "".join(cookie.value for cookie in driver.cookies.values())
    assert "8P367" not in kept
    assert PLATE not in driver.get(_url(house, "pay-station")).content.decode()


# --- posters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"), [("parking-poster", "application/pdf"), ("parking-poster-svg", "image/svg+xml")]
)
def test_a_poster_leads_to_the_garages_page(house, name, kind) -> None:
    answer = house.browser(Role.PARKING).get(reverse(name, args=[house.world.garage.pk]))
    assert answer["Content-Type"] == kind
    assert len(answer.content) > 1000


def test_an_entry_lane_has_a_poster_of_its_own(house) -> None:
    page = house.browser(Role.OWNER).get(reverse("parking")).content.decode()
    assert reverse("parking-lane-poster", args=[house.world.lane_in.pk]) in page
    assert reverse("parking-lane-poster", args=[house.world.lane_out.pk]) not in page
    answer = house.browser(Role.OWNER).get(reverse("parking-lane-poster", args=[house.world.lane_in.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert (
        house.browser(Role.OWNER).get(reverse("parking-lane-poster", args=[house.world.lane_out.pk])).status_code == 404
    )
