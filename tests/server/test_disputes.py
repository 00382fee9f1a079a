"""A driver contests a payment: what they write is sealed, the evidence is looked at by ticket, the books stand."""

import json
from datetime import timedelta

import pytest
from tests.server.garage_days import come, days_ago, pay, today, visit
from tests.server.world import SETUP

from gatehouse.domain.money import Money
from gatehouse.domain.periods import DAY
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import Attempt, Passage
from gatehouse.server.parking import payments, refunds
from gatehouse.server.parking.facts import STAYS
from gatehouse.server.parking.lane_acts import open_lane
from gatehouse.server.parking.models import ClosedStay, Payment, Refund, RefundReason
from gatehouse.server.takings import disputes, evidence, revenue
from gatehouse.server.takings.disputes import DisputeError
from gatehouse.server.takings.models import Correction, Dispute, Message
from gatehouse.server.takings.refunds import refund_state

PLATE = "京A12345"
WORDS = "The barrier was broken, I could not leave for an hour."


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def contested(world, text=WORDS, **more) -> Dispute:
    paid = visit(world, PLATE, world.ago(minutes=70), 65)
    return disputes.open_dispute(paid, text, by=disputes.DISPUTES, at=world.now(), **more)


def refused(work, *args, **more) -> str:
    with pytest.raises(DisputeError) as why:
        work(*args, **more)
    return why.value.code


def test_what_was_written_lies_sealed_and_the_row_tells_a_date_alone(world):
    row = contested(world, reach="lin@example.org")
    held = str(Dispute.objects.values().get()) + str(Message.objects.values().get())
    assert "barrier" not in held
    assert "example" not in held
    assert {type(v).__name__ for v in Dispute.objects.values().get().values()} <= {"UUID", "date", "str", "int"}
    (said,) = disputes.said(row, world.operator(Role.PARKING), "dispute.page")
    assert (said.side, said.words.text, said.words.reach) == ("claimant", WORDS, "lin@example.org")


def test_no_job_and_no_auditor_reads_what_a_driver_wrote(world):
    row = contested(world)
    for by in (disputes.DISPUTES, SETUP, world.operator(Role.AUDITOR), world.operator(Role.HR)):
        assert isinstance(disputes.said(row, by, "dispute.page"), Refused), by


def test_a_payment_is_contested_once(world):
    paid = visit(world, PLATE, world.ago(minutes=70), 65)
    disputes.open_dispute(paid, WORDS, by=disputes.DISPUTES, at=world.now())
    assert refused(disputes.open_dispute, paid, WORDS, by=disputes.DISPUTES, at=world.now()) == "there"
    assert Dispute.objects.count() == Message.objects.count() == 1


@pytest.mark.parametrize(("text", "code"), [("", "no_text"), (" \0 ", "no_text"), ("x" * 1001, "too_long")])
def test_a_dispute_needs_words_that_somebody_can_read(world, text, code):
    paid = visit(world, PLATE, world.ago(minutes=70), 65)
    assert refused(disputes.open_dispute, paid, text, by=disputes.DISPUTES, at=world.now()) == code
    assert not Dispute.objects.exists()


def test_only_money_that_came_is_contested_and_not_for_ever(world):
    stay = come(world, PLATE, world.ago(minutes=61))
    started, _ = payments.start_payment(stay, "test", world.now())
    assert refused(disputes.open_dispute, started, WORDS, by=SETUP, at=world.now()) == "not_paid"
    paid = pay(world, stay, world.now())
    late = world.now() + timedelta(days=disputes.OPEN_DAYS + 1)
    assert refused(disputes.open_dispute, paid, WORDS, by=SETUP, at=late) == "too_late"


def test_words_go_to_and_fro_until_somebody_decides(world):
    row, parking = contested(world), world.operator(Role.PARKING)
    disputes.ask_back(row, "Which barrier was it?", by=parking, at=world.now())
    assert row.state == "answered"
    disputes.say_more(row, "The one at the ramp.", at=world.now())
    assert row.state == "open"
    disputes.reject(row, "right_price", "The lane opened at 10:02, see the log.", by=parking, at=world.now())
    assert row.state == "rejected"
    for work, more in ((disputes.ask_back, {"by": parking}), (disputes.say_more, {})):
        assert refused(work, row, "More", at=world.now(), **more) == "decided"
    assert refused(disputes.uphold, row, "fault", "Well", 100, by=parking, at=world.now()) == "decided"
    assert [said.words.text for said in disputes.answers(row)] == [
        "Which barrier was it?", "The lane opened at 10:02, see the log.",
    ]  # fmt: skip
    assert not Correction.objects.exists()


def test_a_dispute_is_no_endless_talk(world):
    row = contested(world)
    for _ in range(disputes.MOST_MESSAGES - 1):
        disputes.say_more(row, "And another thing.", at=world.now())
    assert refused(disputes.say_more, row, "And", at=world.now()) == "too_many"
    disputes.reject(row, "right_price", "No.", by=SETUP, at=world.now())


def test_an_upheld_dispute_lays_a_correction_over_books_that_stand(world):
    row, parking = contested(world), world.operator(Role.PARKING)
    before = ClosedStay.objects.values().get()
    disputes.uphold(row, "fault", "Sorry, the barrier failed.", 400, by=parking, at=world.now())
    assert (row.state, row.refund_minor) == ("upheld", 400)
    assert ClosedStay.objects.values().get() == before
    correction = Correction.objects.get()
    assert (correction.amount_minor, correction.on, correction.garage) == (-400, today(world), world.garage)
    whole = revenue.report([world.garage], today(world) - DAY, today(world) + DAY).whole  # paid before midnight perhaps
    assert (whole.paid, whole.corrected, whole.refunded, whole.kept) == (1000, -400, 400, 600)
    refund = Refund.objects.get()
    assert (refund.pk, str(refund.payment_id), refund.amount_minor, refund.reason) == (
        row.pk, str(row.payment), 400, "complaint",
    )  # fmt: skip
    refunds.send_open_refunds(world.now())
    assert refund_state(row) == "done"


def test_what_went_back_already_can_not_go_back_again(world):
    row = contested(world)
    paid = Payment.objects.get()
    refunds.request_refund(
        paid, Money(700, "CNY"), RefundReason.FAULT, refund_id=world.site.pk, by=SETUP, at=world.now()
    )
    assert refused(disputes.uphold, row, "fault", "Sorry", 400, by=SETUP, at=world.now()) == "bad_amount"
    assert Dispute.objects.get().state == "open"
    assert Refund.objects.count() == 1


def test_a_refund_under_anothers_id_is_refused_and_takes_nothing_from_it(world):
    row = contested(world)
    paid, ask = Payment.objects.get(), {"refund_id": row.pk, "by": SETUP, "at": world.now()}
    refunds.request_refund(paid, Money(1, "CNY"), RefundReason.FAULT, **ask)  # under the dispute's own id, before it
    assert refused(disputes.uphold, row, "fault", "Sorry", 400, by=SETUP, at=world.now()) == "bad_amount"
    assert (Dispute.objects.get().state, Dispute.objects.get().refund_minor) == ("open", 0)
    other = visit(world, "京A54321", world.ago(minutes=70), 65)
    with pytest.raises(refunds.RefundError):
        refunds.request_refund(other, Money(1, "CNY"), RefundReason.FAULT, **ask)
    assert refunds.request_refund(paid, Money(1, "CNY"), RefundReason.FAULT, **ask).pk == row.pk


@pytest.mark.parametrize("amount", [0, -1, 1001, 10**15])
def test_no_more_goes_back_than_was_paid(world, amount):
    row = contested(world)
    assert refused(disputes.uphold, row, "fault", "Sorry", amount, by=SETUP, at=world.now()) == "bad_amount"
    assert Dispute.objects.get().state == "open"
    assert Message.objects.count() == 1
    assert not Refund.objects.exists()


def test_two_who_decide_at_once_decide_once(world):
    row = contested(world)
    stale = Dispute.objects.get()
    disputes.uphold(row, "fault", "Yes", 100, by=SETUP, at=world.now())
    assert refused(disputes.reject, stale, "right_price", "No", by=SETUP, at=world.now()) == "decided"
    assert refused(disputes.uphold, stale, "fault", "Yes", 200, by=SETUP, at=world.now()) == "decided"
    assert (Correction.objects.count(), Refund.objects.get().amount_minor) == (1, 100)


# --- evidence ----------------------------------------------------------------------------------------------------


def a_whole_visit(world) -> Dispute:
    """Read twice on the way in, the second time rightly; held at the exit; let out by hand."""
    came, left = world.ago(minutes=70), world.ago(minutes=5)
    world.tell(
        world.attempt("in", granted=True, reason="visitor", plate="京A12346", at=came - timedelta(seconds=40)),
        world.attempt("in", granted=True, reason="visitor", plate=PLATE, at=came - timedelta(seconds=3)),
    )
    stay = come(world, PLATE, came)
    paid = pay(world, stay, left - timedelta(minutes=2))
    open_lane(world.lane_out, "fault", "it stuck", by=world.operator(Role.SECURITY), at=left)
    world.tell(world.attempt("out", reason="cleared", plate=PLATE, direction="out", at=left - timedelta(seconds=2)))
    world.tell(world.leaves(PLATE, left))
    return disputes.open_dispute(paid, WORDS, by=disputes.DISPUTES, at=world.now())


def test_evidence_is_the_stay_its_lines_the_reads_the_money_and_who_opened(world):
    row, parking = a_whole_visit(world), world.operator(Role.PARKING)
    found = evidence.gather(row, parking)
    assert (found.stay.left_at - found.stay.entered_at).total_seconds() // 1 == 65 * 60
    assert [(line.kind.value, line.amount.minor) for line in found.stay.lines] == [("blocks", 1000)]
    assert (found.stay.total.minor, found.stay.paid.minor, found.stay.tariff.code) == (1000, 1000, "city")
    assert (found.entry.gate, found.exit.gate, found.entry.sensed) == ("Entry", "Exit", True)
    assert [seen.facts.plate for seen in found.entry.reads] == [PLATE]
    assert [seen.facts.reason for seen in found.exit.reads] == ["cleared"]
    assert found.entry.others == 1  # another plate was read there: whose, is nobody's business here
    assert [payment.amount_minor for payment in found.payments] == [1000]
    assert [(one.reason, one.note) for one in found.openings] == [("fault", "it stuck")]


def test_a_look_at_evidence_is_counted_by_the_keeper_for_who_looked(world):
    row, parking = a_whole_visit(world), world.operator(Role.PARKING)
    before = used(world, parking)
    evidence.gather(row, parking)
    assert used(world, parking) > before


def used(world, by):
    rows = world.keeper.usage(by.authority.ticket).rows
    return sum(row.day for row in rows if row.actor == by.actor)


def test_nobody_without_a_ticket_of_the_site_gathers_evidence(world):
    row = a_whole_visit(world)
    for by in (SETUP, disputes.DISPUTES, world.operator(Role.HR)):
        assert isinstance(evidence.gather(row, by), Refused)


def test_once_the_days_key_is_destroyed_the_reads_are_gone_and_it_says_so(world):
    paid = visit(world, PLATE, days_ago(world, 12, 9), 65)
    row = disputes.open_dispute(paid, WORDS, by=disputes.DISPUTES, at=world.now())
    world.keeper.forget_days(str(world.site.pk), today(world) - 8 * DAY, world.operator(Role.OWNER).authority)
    found = evidence.gather(row, world.operator(Role.PARKING))
    assert found.stay.total.minor == 1000  # the year's books are kept
    assert (found.entry.found, found.exit.found) == (True, True)
    assert found.entry.reads == []


def test_a_read_whose_key_is_destroyed_is_said_to_be(world):
    came, left = days_ago(world, 12, 9), days_ago(world, 12, 10, 5)
    world.tell(world.attempt("in", reason="visitor", plate=PLATE, at=came - timedelta(seconds=3)))
    stay = come(world, PLATE, came)
    paid = pay(world, stay, left - timedelta(minutes=2))
    world.tell(world.leaves(PLATE, left))
    row = disputes.open_dispute(paid, WORDS, by=disputes.DISPUTES, at=world.now())
    assert not evidence.gather(row, world.operator(Role.PARKING)).entry.destroyed
    world.keeper.forget_days(str(world.site.pk), today(world) - 8 * DAY, world.operator(Role.OWNER).authority)
    found = evidence.gather(row, world.operator(Role.PARKING)).entry
    assert (found.destroyed, [seen.facts for seen in found.reads]) == (True, [None])


def test_a_passage_that_is_not_there_any_more_is_said_to_be(world):
    row = a_whole_visit(world)
    Passage.objects.all().delete()
    Attempt.objects.all().delete()
    found = evidence.gather(row, world.operator(Role.PARKING))
    assert (found.entry.found, found.exit.found, len(found.stay.lines)) == (False, False, 1)


def test_a_stay_that_is_still_inside_tells_its_entry(world):
    stay = come(world, PLATE, world.ago(minutes=61))
    row = disputes.open_dispute(pay(world, stay, world.now()), WORDS, by=disputes.DISPUTES, at=world.now())
    found = evidence.gather(row, world.operator(Role.PARKING))
    assert (found.stay.left_at, found.exit, found.entry.gate) == (None, None, "Entry")
    keeping.forget_stay(stay.pk, STAYS.authority)
    assert evidence.gather(row, world.operator(Role.PARKING)).stay is None


def test_no_audit_entry_names_the_stay_or_the_payment(world):
    row = contested(world)
    disputes.uphold(row, "fault", "Yes", 100, by=SETUP, at=world.now())
    text = json.dumps(list(Entry.objects.values_list("verb", "object_type", "object_id")))
    assert str(row.stay) not in text
    assert str(row.payment) not in text
    assert Payment.objects.count() == 1
