"""The pages of a contested payment: the driver's, and those of who decides."""

from datetime import timedelta

import pytest
from django.urls import reverse
from tests.server.garage_days import days_ago, today, visit

from gatehouse.domain.periods import DAY
from gatehouse.keeper.protocol import Role
from gatehouse.server.takings import disputes
from gatehouse.server.takings.models import Correction, Dispute

WORDS = "I was charged for <b>two</b> hours."


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def text(answer) -> str:
    return answer.content.decode()


def contested(house) -> tuple[Dispute, str]:
    """A driver contests their payment from the receipt; the dispute and the address of its page."""
    paid = visit(house.world, "京A00001", house.world.ago(minutes=70), 65)
    address = reverse("pay-dispute", args=[house.world.garage.pay_code, paid.pk])
    stranger = house.browser()
    assert address in text(stranger.get(reverse("pay-receipt", args=[house.world.garage.pay_code, paid.pk])))
    assert stranger.post(address, {"text": WORDS, "reach": "lin@example.org"}).status_code == 302
    return Dispute.objects.get(), address


def test_a_driver_contests_and_reads_the_answer_and_never_their_own_words_again(house) -> None:
    row, address = contested(house)
    stranger = house.browser()
    shown = text(stranger.get(address))
    assert "Somebody looks at it." in shown
    assert "two" not in shown
    assert "example.org" not in shown
    parking = house.browser(Role.PARKING)
    page = reverse("dispute", args=[row.pk])
    assert "two" not in text(parking.get(page))
    opened = text(parking.post(page, {"do": "evidence"}))
    assert "&lt;b&gt;two" in opened
    assert "lin@example.org" in opened
    assert "1 h 5 min" in opened
    assert parking.post(page, {"do": "uphold", "code": "merged", "text": "Sorry.", "amount": "5.00"}).status_code == 302
    shown = text(stranger.get(address))
    assert "¥5.00 goes back" in shown
    assert "Two visits were counted as one. Sorry." in shown
    assert Correction.objects.get().amount_minor == -500


@pytest.mark.parametrize(
    ("form", "said"),
    [({"do": "uphold", "code": "merged", "text": "Yes", "amount": "10.01"}, "Write an amount"),
     ({"do": "uphold", "code": "merged", "text": "Yes", "amount": "all"}, "Write an amount"),
     ({"do": "uphold", "code": "x", "text": "Yes", "amount": "1"}, "Choose why."),
     ({"do": "reject", "code": "merged", "text": "No"}, "Choose why."),
     ({"do": "reject", "code": "right_price", "text": " "}, "Write what it is about."),
     ({"do": "ask", "text": "x" * 1001}, "Write at most 1,000 characters."),
     ({"do": "dance"}, "It was decided meanwhile.")],
)  # fmt: skip
def test_a_decision_without_what_it_needs_is_none(house, form, said) -> None:
    row, _ = contested(house)
    answer = house.browser(Role.PARKING).post(reverse("dispute", args=[row.pk]), form)
    assert (answer.status_code, said in text(answer)) == (422, True)
    assert Dispute.objects.get().state == "open"


def test_an_auditor_sees_that_something_is_contested_and_no_word_of_it(house) -> None:
    row, _ = contested(house)
    auditor = house.browser(Role.AUDITOR)
    page = reverse("dispute", args=[row.pk])
    assert "Open words and evidence" not in text(auditor.get(page))
    for do in ("evidence", "uphold", "reject", "ask"):
        assert auditor.post(page, {"do": do}).status_code == 404


def test_a_stranger_without_the_receipts_number_contests_nothing(house) -> None:
    visit(house.world, "京A00001", house.world.ago(minutes=70), 65)
    address = reverse("pay-dispute", args=[house.world.garage.pay_code, house.world.site.pk])
    assert house.browser().get(address).status_code == 404
    assert house.browser().post(address, {"text": "x"}).status_code == 404
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(("typed", "said"), [("", "Write what it is about."), ("x" * 1001, "Write at most")])
def test_a_driver_who_wrote_nothing_or_too_much_is_told_so(house, typed, said) -> None:
    paid = visit(house.world, "京A00001", house.world.ago(minutes=70), 65)
    address = reverse("pay-dispute", args=[house.world.garage.pay_code, paid.pk])
    answer = house.browser().post(address, {"text": typed})
    assert (answer.status_code, said in text(answer)) == (422, True)


def test_an_operator_opens_a_dispute_for_somebody_by_the_number_of_the_receipt(house) -> None:
    paid = visit(house.world, "京A00001", house.world.ago(minutes=70), 65)
    parking = house.browser(Role.PARKING)
    for odd in ("", "x", "\0", str(house.world.site.pk)):
        assert parking.post(reverse("disputes"), {"receipt": odd, "text": "x"}).status_code == 422
    answer = parking.post(reverse("disputes"), {"receipt": f" {paid.pk} ", "text": "By telephone"})
    assert answer["Location"] == reverse("dispute", args=[Dispute.objects.get().pk])
    assert "1 waits." in text(parking.get(reverse("disputes")))


def test_keys_that_are_gone_are_said_to_be(house) -> None:
    world = house.world
    at = days_ago(world, 12, 9)
    world.tell(world.attempt("in", reason="visitor", plate="京A00001", at=at - timedelta(seconds=3)))
    paid = visit(world, "京A00001", at, 65)
    row = disputes.open_dispute(paid, WORDS, by=disputes.DISPUTES, at=world.now())
    world.keeper.forget_days(str(world.site.pk), today(world) - 8 * DAY, world.operator(Role.OWNER).authority)
    page = text(house.browser(Role.PARKING).post(reverse("dispute", args=[row.pk]), {"do": "evidence"}))
    assert "What the camera read can not be had any more" in page
    assert "¥10.00" in page
