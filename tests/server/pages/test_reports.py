"""The pages of the operator and the owner: reports, acts by hand, payouts, disputes, and the garages at a glance."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.server.elsewhere import elsewhere
from tests.server.garage_days import TAXED, come, days_ago, today, visit
from tests.server.pages.test_other_sites import browser, limited
from tests.server.test_payout_statements import came, mill, month
from tests.server.world import SETUP, TARIFF, reprice

from gatehouse.domain.periods import DAY
from gatehouse.keeper.protocol import Role
from gatehouse.server.gates.models import Gate, Opening
from gatehouse.server.parking import actions
from gatehouse.server.parking.lane_acts import open_lane
from gatehouse.server.parking.models import Garage, LaneAct, LaneException, OpenStay, Payment
from gatehouse.server.people import actions as people
from gatehouse.server.people.models import SiteType
from gatehouse.server.takings import counting, disputes, owners, statements
from gatehouse.server.takings.models import Correction, Dispute, PayoutStatement, Proprietor


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def text(answer) -> str:
    return answer.content.decode()


def dates(world, since=2, until=0) -> list[str]:
    return [(today(world) - n * DAY).isoformat() for n in (since, until)]


def a_busy_day(world) -> None:
    for number in range(4):
        visit(world, f"京A0000{number}", days_ago(world, 1, 8 + number), 65)
    counting.count_day(world.garage, today(world) - DAY, world.now())


# --- reports -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OWNER, Role.PARKING, Role.AUDITOR])
def test_a_report_shows_money_cars_and_lengths_as_drawings_with_their_numbers(house, role) -> None:
    reprice(house.world.garage.tariff, TAXED)
    a_busy_day(house.world)
    page = text(house.browser(role).get(reverse("reports-span", args=dates(house.world, 1))))
    assert page.count('<svg class="drawn"') >= 4
    assert page.count("<title id=") == page.count("<desc id=") == 4
    assert "¥40.00" in page
    assert "¥2.26" in page  # 6 % contained in 40.00
    assert "1 h to 2 h" in page
    assert "4 in all, most from" in page


def test_an_empty_house_says_so_and_draws_nothing(house) -> None:
    page = text(house.browser(Role.OWNER).get(reverse("reports")))
    assert "No money came on these dates." in page
    assert 'class="drawn"' not in page


def test_a_report_is_for_the_dates_that_were_chosen_and_the_span_before_stands_beside(house) -> None:
    visit(house.world, "京A00001", days_ago(house.world, 2, 9), 65)
    visit(house.world, "京A00002", days_ago(house.world, 1, 9), 125)
    page = text(house.browser(Role.OWNER).get(reverse("reports-span", args=dates(house.world, 1))))
    paid = re.search(r"<dt>Paid</dt><dd>([^<]+)<small>([^<]+)</small>", page)
    assert paid.groups() == ("¥15.00", "¥10.00 in the span before")


@pytest.mark.parametrize(
    ("since", "until"),
    [("", "2026-03-01"), ("2026-03-02", "2026-03-01"), ("2020-01-01", "2026-03-01"), ("x" * 5000, "\0"),
     ("9999-12-31", "9999-12-31"), ("0001-01-01", "0001-01-02"), ("²", "٣")],
)  # fmt: skip
def test_dates_that_can_not_be_are_said_to_be_and_this_month_is_shown(house, since, until) -> None:
    answer = house.browser(Role.OWNER).post(reverse("reports"), {"since": since, "until": until})
    assert (answer.status_code, "Choose a first and a last date" in text(answer)) == (422, True)


def test_a_span_in_an_address_that_is_too_long_is_not_reckoned(house) -> None:
    answer = house.browser(Role.OWNER).get(reverse("reports-span", args=["2001-01-01", "2026-01-01"]))
    assert "Choose a first and a last date" in text(answer)


def test_a_report_for_a_spreadsheet_has_a_line_for_each_date_to_the_cent(house) -> None:
    visit(house.world, "京A00001", days_ago(house.world, 2, 9), 65)
    visit(house.world, "京A00002", days_ago(house.world, 1, 9), 125)
    since, until = dates(house.world, 2, 1)
    answer = house.browser(Role.PARKING).post(reverse("reports"), {"since": since, "until": until, "as": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["date"], row["paid"], row["cost"], row["stays"]) for row in rows] == [
        (since, "10.00", "10.00", "1"), (until, "15.00", "15.00", "1"),
    ]  # fmt: skip
    assert answer["Content-Type"].startswith("text/csv")


def test_fewer_than_three_stays_have_no_drawing_of_their_lengths(house) -> None:
    for number in range(2):
        visit(house.world, f"京A0000{number}", days_ago(house.world, 1, 8 + number), 65)
    counting.count_day(house.world.garage, today(house.world) - DAY, house.world.now())
    page = text(house.browser(Role.OWNER).get(reverse("reports-span", args=dates(house.world, 1))))
    assert "Too few stays ended on the dates that are counted." in page
    assert "How long stays lasted" not in page


def test_one_garage_shows_who_is_inside_now_by_how_long_and_the_hours_until_now(house) -> None:
    world = house.world
    for number in range(3):
        come(world, f"京A0000{number}", world.ago(minutes=70 + number))
    form = {"garage": world.garage.pk, "since": dates(world)[1], "until": dates(world)[1]}
    page = text(house.browser(Role.PARKING).post(reverse("reports"), form))
    assert "Cars inside now, by how long they have been" in page
    assert "At most 3 inside" in page


# --- another site's ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["ticket", "row"])
def test_a_report_counts_and_names_the_readers_own_garages_only(house, how) -> None:
    other = elsewhere(house.world)
    Payment.objects.create(
        garage=other[Garage], stay=other.site.pk, provider="test", state="settled", at=house.world.now(),
        amount_minor=98765, currency="CNY", provider_ref="x",
    )  # fmt: skip
    page = text(browser(limited(house, Role.PARKING, how)).get(reverse("reports")))
    assert "987.65" not in page
    assert "Elsewhere" not in page
    assert "987.65" in text(house.browser(Role.OWNER).get(reverse("reports")))


def foreign(house) -> dict[str, object]:
    """Rows of another site, of every kind that stands in an address here."""
    other, at = elsewhere(house.world), house.world.now()
    paid = Payment.objects.create(
        garage=other[Garage], stay=other.site.pk, provider="test", state="settled", at=at, amount_minor=500,
        currency="CNY", provider_ref="far",
    )  # fmt: skip
    contested = disputes.open_dispute(paid, "Far away", by=disputes.DISPUTES, at=at)
    owner = owners.add_proprietor("Far Estates", by=SETUP, at=at)
    new = owners.NewHolding(other[Garage], starts=month(house.world).first)
    held = owners.add_holding(owner, new, by=SETUP, at=at)
    statement = PayoutStatement.objects.create(
        proprietor=owner, month="2026-01", currency="CNY", lines=[], payout_minor=1, prepared_by="somebody"
    )
    operator, lane = house.world.operator(Role.PARKING).actor, Gate.objects.get(site=other.site)
    open_lane(lane, "fault", by=SETUP, at=at)
    Opening.objects.filter(gate=lane).update(operator=operator)
    LaneAct.objects.filter(garage=other[Garage]).update(operator=operator)
    return {
        "payment": paid, "dispute": contested, "owner": owner, "holding": held, "statement": statement,
        "operator": operator, "garage": other[Garage],
    }  # fmt: skip


@pytest.mark.parametrize("how", ["ticket", "row"])
@pytest.mark.parametrize("role", [Role.OWNER, Role.PARKING])
def test_no_address_opens_what_is_another_sites(house, how, role) -> None:
    far = foreign(house)
    since, until = dates(house.world, 1, -1)
    reader = browser(limited(house, role, how))
    pages = [
        reverse("dispute", args=[far["dispute"].pk]),
        reverse("by-hand-acts", args=[far["operator"], since, until]),
    ]
    pages += [reverse("payouts-owner", args=[far["owner"].pk])]
    pages += [reverse(f"payouts-{one}", args=[far["statement"].pk]) for one in ("statement", "csv", "pdf")]
    refused = {404} if role is Role.OWNER else {403, 404}
    for address in pages:
        assert reader.get(address).status_code in refused, address
        for do in ("evidence", "uphold", "reject", "ask", "approve", "paid", "prepare", "account", "hold"):
            form = {
                "do": do,
                "text": "x",
                "code": "fault",
                "amount": "1",
                "seen": "1",
                "iban": "DE89370400440532013000",
            }
            assert reader.post(address, form).status_code in refused | {405}, (address, do)
    assert reader.post(reverse("reports"), {"garage": far["garage"].pk}).status_code == 404
    assert reader.post(reverse("by-hand"), {"garage": far["garage"].pk}).status_code == 404
    for name in ("disputes", "by-hand", "parking", "reports"):
        shown = text(reader.get(reverse(name)))
        assert not [one for one in ("Elsewhere", "Far Estates", str(far["dispute"].pk)) if one in shown], name
    answer = reader.post(reverse("disputes"), {"receipt": far["payment"].pk, "text": "Mine"})
    assert (answer.status_code, Dispute.objects.count()) == (422, 1)
    assert Dispute.objects.get().state == "open"
    assert PayoutStatement.objects.get().state == "draft"


@pytest.mark.parametrize("how", ["ticket", "row"])
def test_an_owner_of_garages_of_two_sites_is_seen_whole_or_not_at_all(house, how) -> None:
    far = foreign(house)
    mine = owners.NewHolding(house.world.garage, starts=month(house.world).first)
    owners.add_holding(far["owner"], mine, by=SETUP, at=house.world.now())
    reader = browser(limited(house, Role.OWNER, how))
    assert reader.get(reverse("payouts-owner", args=[far["owner"].pk])).status_code == 404
    assert "Far Estates" not in text(reader.get(reverse("payouts")))
    assert "Far Estates" in text(house.browser(Role.OWNER).get(reverse("payouts")))


def test_a_reader_of_one_site_adds_no_garage_of_another_to_an_owner(house) -> None:
    far, owner = foreign(house), mill(house.world)
    reader = browser(limited(house, Role.OWNER, "row"))
    form = {"do": "hold", "holding_garage": far["garage"].pk, "starts": "2026-01-01"}
    answer = reader.post(reverse("payouts-owner", args=[owner.pk]), form)
    assert (answer.status_code, "Choose a garage." in text(answer)) == (422, True)
    form = {"do": "end", "holding": far["holding"].pk, "ends": "2026-12-01"}
    assert reader.post(reverse("payouts-owner", args=[owner.pk]), form).status_code == 404


# --- by hand -----------------------------------------------------------------------------------------------------


def test_opening_a_lane_that_collects_asks_for_its_own_reasons(house) -> None:
    world, guard = house.world, house.browser(Role.SECURITY)
    exit_lane, entry = (reverse("watch-open", args=[gate.pk]) for gate in (world.lane_out, world.lane_in))
    assert "The plate was misread" in text(guard.get(exit_lane))
    assert "A visitor who is expected" in text(guard.get(entry))
    assert guard.post(exit_lane, {"reason": "visitor"}).status_code == 422
    assert guard.post(exit_lane, {"reason": "other"}).status_code == 422
    assert guard.post(exit_lane, {"reason": ""}).status_code == 422
    assert not Opening.objects.exists()
    assert guard.post(exit_lane, {"reason": "misread"}).status_code == 200
    assert Opening.objects.count() == 1


def test_by_hand_lists_who_did_what_and_marks_who_stands_out(house) -> None:
    world = house.world
    crew = [world.operator(Role.PARKING) for _ in range(2)]
    for operator, times in zip(crew, (1, 7), strict=True):
        for _ in range(times):
            open_lane(world.lane_out, "goodwill", "a <b>friend</b>", by=operator, at=world.now())
    stay = come(world, "京A00001", world.ago(minutes=61))
    actions.free_pass(stay, by=crew[0], at=world.now(), reason="fault")
    page = text(house.browser(Role.AUDITOR).get(reverse("by-hand")))
    assert page.count("stands out") == 1
    assert "¥10.00" in page
    assert "Goodwill: 7" in page
    drill = reverse("by-hand-acts", args=[crew[1].actor, *dates(world, 1, -1)])
    listed = text(house.browser(Role.PARKING).get(drill))
    assert listed.count("<td>Opened by hand</td>") == 7
    assert listed.count("a &lt;b&gt;friend") == 7
    nobody = reverse("by-hand-acts", args=[house.person.pk, *dates(world, 1, -1)])
    assert house.browser(Role.OWNER).get(nobody).status_code == 404


# --- payouts -----------------------------------------------------------------------------------------------------


def test_two_owners_prepare_and_approve_a_month_and_it_is_paid(house) -> None:
    world, first = house.world, house.browser(Role.OWNER)
    answer = first.post(reverse("payouts"), {"name": "Mill Estates"})
    page = answer["Location"]
    form = {
        "do": "hold", "holding_garage": world.garage.pk, "starts": "2026-01-01", "parts": "1", "commission": "12,5",
        "fixed_fee": "50.00", "vat": "6", "provider_1": "test", "percent_1": "0.6", "provider_2": "wechat",
        "percent_2": "", "percent_other": "1",
    }  # fmt: skip
    assert first.post(page, form).status_code == 302
    came(world, month(world).first, 100_000)
    where = first.post(page, {"do": "prepare", "month": str(month(world))})["Location"]
    shown = text(first.get(where))
    for said in ("¥1,000.00", "−¥6.00", "−¥125.00", "−¥50.00", "−¥10.50", "¥808.50", "somebody else approves it"):
        assert said in shown, said
    assert first.post(where, {"do": "approve", "seen": "80850"}).status_code == 422
    second = browser(limited(house, Role.OWNER, "ticket"))
    assert "Approve ¥808.50" in text(second.get(where))
    assert second.post(where, {"do": "approve", "seen": "80849"}).status_code == 422
    assert second.post(where, {"do": "approve", "seen": "80850"}).status_code == 302
    assert second.post(where, {"do": "paid"}).status_code == 302
    assert (PayoutStatement.objects.get().state, PayoutStatement.objects.get().paid_on) == ("paid", today(world))


def test_a_statement_is_had_as_paper_and_as_lines(house) -> None:
    owner = mill(house.world, "=Mill & 磨坊")
    came(house.world, month(house.world).first, 10_000)
    (row,) = statements.prepare(owner, month(house.world), by=SETUP, at=house.world.now())
    reader = house.browser(Role.AUDITOR)
    paper = reader.get(reverse("payouts-pdf", args=[row.pk]))
    assert paper.content.startswith(b"%PDF-")
    assert paper.content == reader.get(reverse("payouts-pdf", args=[row.pk])).content
    rows = list(
        csv.DictReader(io.StringIO(reader.get(reverse("payouts-csv", args=[row.pk])).content.decode("utf-8-sig")))
    )
    assert [(one["line"], one["amount"]) for one in rows] == [
        ("gross", "100.00"), ("commission", "-10.00"), ("payout", "90.00"),
    ]  # fmt: skip


def test_who_only_reads_changes_nothing(house) -> None:
    owner = mill(house.world)
    came(house.world, month(house.world).first, 10_000)
    (row,) = statements.prepare(owner, month(house.world), by=SETUP, at=house.world.now())
    reader = house.browser(Role.AUDITOR)
    assert reader.post(reverse("payouts"), {"name": "New"}).status_code == 200
    assert reader.post(reverse("payouts-owner", args=[owner.pk]), {"do": "prepare"}).status_code == 404
    assert (
        reader.post(reverse("payouts-statement", args=[row.pk]), {"do": "approve", "seen": "9000"}).status_code == 404
    )
    assert (Proprietor.objects.count(), PayoutStatement.objects.get().state) == (1, "draft")


@pytest.mark.parametrize(
    ("form", "said"),
    [({"do": "account", "iban": "DE00"}, "This is no valid IBAN"),
     ({"do": "prepare", "month": "9999-99"}, "Write a date from"),
     ({"do": "prepare", "month": ""}, "Write a date from"),
     ({"do": "hold", "starts": "2026-01-01"}, "Choose a garage."),
     ({"do": "end", "ends": "x"}, None)],
)  # fmt: skip
def test_what_can_not_be_is_said_and_nothing_is_kept(house, form, said) -> None:
    owner = owners.add_proprietor("Mill", by=SETUP, at=house.world.now())
    answer = house.browser(Role.OWNER).post(reverse("payouts-owner", args=[owner.pk]), form)
    assert answer.status_code == (404 if said is None else 422)
    assert said is None or said in text(answer)
    assert not owner.holdings.exists()


@pytest.mark.parametrize("odd", ["ten", "-1", "1e5", "²", "9" * 50, "1.2.3", "12.345", "1.", "٣"])
@pytest.mark.parametrize("field", ["fixed_fee", "commission", "vat", "parts", "starts", "ends", "percent_1"])
def test_odd_numbers_in_terms_are_refused(house, field, odd) -> None:
    if field in ("commission", "vat", "percent_1") and odd in ("12.345", "1."):
        pytest.skip("a percentage may have decimals")
    owner = owners.add_proprietor("Mill", by=SETUP, at=house.world.now())
    form = {
        "do": "hold",
        "holding_garage": house.world.garage.pk,
        "starts": "2026-01-01",
        "provider_1": "x",
        field: odd,
    }
    assert house.browser(Role.OWNER).post(reverse("payouts-owner", args=[owner.pk]), form).status_code == 422
    assert not owner.holdings.exists()


# --- disputes ----------------------------------------------------------------------------------------------------

WORDS = "I was charged for <b>two</b> hours."


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


# --- many garages ------------------------------------------------------------------------------------------------


def more_garages(world, numbers: range) -> None:
    """Each of a site of its own, with a car inside, money, something odd, and a day that is counted."""
    at = world.now()
    for number in numbers:
        name, made = f"Garage {number:03d}", {"by": SETUP, "at": at}
        site = people.add_site(f"g{number}", name, SiteType.GARAGE, zone="Asia/Shanghai", currency="CNY", **made)
        zone = people.add_zone(site, "garage", "Garage", **made)
        tariff = actions.add_tariff(site, "city", TARIFF, **made)
        garage = actions.add_garage(site, zone, "main", name, tariff, **made)
        paid = {"amount_minor": 500, "currency": "CNY", "provider": "test", "state": "settled"}
        payment = Payment.objects.create(garage=garage, stay=site.pk, at=at, provider_ref=name, **paid)
        OpenStay.objects.create(id=site.pk, garage=garage, token=site.pk.bytes, plate_cell=b"", entry_cell=b"")
        LaneException.objects.create(garage=garage, kind="entered_twice", at=at)
        disputes.open_dispute(payment, "Too much", by=disputes.DISPUTES, at=at)
        counting.count_day(garage, today(world) - DAY, at)
        owner = owners.add_proprietor(f"{name} Estates", **made)
        owners.add_holding(owner, owners.NewHolding(garage, starts=today(world)), **made)


def questions(reader, name: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert reader.get(reverse(name)).status_code == 200
    return len(asked)


@pytest.mark.parametrize("name", ["parking", "reports", "by-hand", "disputes", "payouts"])
def test_thirty_garages_take_as_many_questions_as_three(house, name) -> None:
    reader = house.browser(Role.OWNER)
    reader.get(reverse(name))
    more_garages(house.world, range(3))
    few = questions(reader, name)
    more_garages(house.world, range(3, 30))
    assert questions(reader, name) == few < 30


def test_many_garages_are_paged_and_found_by_name(house) -> None:
    more_garages(house.world, range(30))
    reader = house.browser(Role.PARKING)
    first = text(reader.get(reverse("parking")))
    assert (first.count("cars inside"), "Garage 029" in first) == (24, False)
    assert text(reader.get(reverse("parking-page", args=[2]))).count("cars inside") == 7
    found = text(reader.post(reverse("parking"), {"q": "gARAGE 029"}))
    assert (found.count("cars inside"), "Garage 029" in found) == (1, True)
    assert "7 more garages fit." in text(reader.post(reverse("parking"), {"q": "garage"}))
    assert "No garage has this name." in text(reader.post(reverse("parking"), {"q": "mill"}))
    table = text(reader.get(reverse("reports")))
    assert "Page 1 of 2" in table
    since = dates(house.world)
    later = text(reader.post(reverse("reports"), {"page": "2", "since": since[0], "until": since[1]}))
    assert "Page 2 of 2" in later


def test_a_card_tells_what_goes_on_today(house) -> None:
    more_garages(house.world, range(1))
    page = text(house.browser(Role.AUDITOR).get(reverse("parking")))
    assert "¥5.00" in page
    assert page.count('class="state warn"') == 2  # one thing to look at, one dispute


def test_money_of_two_currencies_is_never_added(house) -> None:
    at = house.world.now()
    site = people.add_site("euro", "Euro", SiteType.GARAGE, zone="Europe/Berlin", currency="EUR", by=SETUP, at=at)
    zone = people.add_zone(site, "garage", "Garage", by=SETUP, at=at)
    tariff = actions.add_tariff(site, "t", TARIFF | {"currency": "EUR", "zone": "Europe/Berlin"}, by=SETUP, at=at)
    garage = actions.add_garage(site, zone, "main", "Euro garage", tariff, by=SETUP, at=at)
    for one, currency, minor in ((garage, "EUR", 700), (house.world.garage, "CNY", 500)):
        Payment.objects.create(
            garage=one, stay=site.pk, provider="test", state="settled", at=at, amount_minor=minor, currency=currency,
            provider_ref=currency,
        )  # fmt: skip
    reader = house.browser(Role.OWNER)
    for currency, shown, hidden in (("EUR", "€7.00", "¥5.00"), ("CNY", "¥5.00", "€7.00")):
        page = text(reader.post(reverse("reports"), {"currency": currency}))
        assert shown in page
        assert hidden not in page
