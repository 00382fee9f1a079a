"""Numbered receipts: without a gap, once for each payment, frozen as it was, and telling a thief no order."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from tests.server.world import SETUP, overtake, reprice

from gatehouse.domain.money import Money
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import jobs
from gatehouse.server.audit.models import Entry
from gatehouse.server.parking import invoices, payments, queries, receipts
from gatehouse.server.parking.models import (
    InvoiceRequest,
    OpenStay,
    Payment,
    PaymentState,
    Receipt,
    ReceiptCount,
)

PLATES = ["京N8P36" + str(n) for n in range(6)]


def pays(world, plate, at=None):
    """A car that came in two hours and 18 minutes ago has paid."""
    at = at or world.now()
    before = set(OpenStay.objects.values_list("pk", flat=True))
    world.tell(world.enters(plate, at=at - timedelta(hours=2, minutes=18)))
    (stay,) = OpenStay.objects.exclude(pk__in=before)
    payment, asked = payments.start_payment(queries.open_stay(stay.pk), "test", at)
    return payments.settle_payment(payment.pk, f"e-{payment.pk}", asked.due, by=SETUP, at=at)


def facts_of(payment):
    return receipts.read_receipt(queries.receipt(payment.pk))


def test_numbers_run_without_a_gap_in_the_order_of_payment(world):
    paid = [pays(world, plate) for plate in PLATES[:3]]
    for payment in paid:
        receipts.give_receipt(payment.pk, at=world.now())
    assert [facts_of(payment).number for payment in paid] == [1, 2, 3]
    assert receipts.number_text(world.garage, facts_of(paid[2])) == f"MAIN-{facts_of(paid[2]).year}-000003"
    assert ReceiptCount.objects.get().last == Receipt.objects.count() == 3


def test_asked_again_it_is_the_same_receipt(world):
    payment = pays(world, PLATES[0])
    first = receipts.give_receipt(payment.pk, at=world.now())
    again = receipts.give_receipt(payment.pk, at=world.now())
    assert first.pk == again.pk
    assert ReceiptCount.objects.get().last == 1
    assert Entry.objects.filter(verb="receipt.given").count() == 1


def test_a_payment_that_did_not_come_has_none(world):
    world.tell(world.enters(PLATES[0], at=world.ago(hours=2)))
    payment, _ = payments.start_payment(queries.open_stay(OpenStay.objects.get().pk), "test", world.now())
    assert receipts.give_receipt(payment.pk, at=world.now()) is None
    assert ReceiptCount.objects.count() == 0


def test_who_is_overtaken_between_number_and_counter_takes_the_next(world, monkeypatch):
    mine, other = pays(world, PLATES[0]), pays(world, PLATES[1])
    overtake(monkeypatch, receipts, "_facts", lambda: receipts.give_receipt(other.pk, at=world.now()))
    receipts.give_receipt(mine.pk, at=world.now())
    assert {facts_of(other).number, facts_of(mine).number} == {1, 2}
    assert ReceiptCount.objects.get().last == 2


def test_it_says_what_was_paid_and_why(world):
    facts = facts_of_given(world, pays(world, PLATES[0]))
    assert (facts.amount, facts.total_minor, facts.before_minor) == (Money(1500, "CNY"), 1500, 0)
    assert [(line.kind, line.minor) for line in facts.lines] == [("blocks", 1500)]
    assert facts.paid_at - facts.entered_at == timedelta(hours=2, minutes=18)


def facts_of_given(world, payment):
    receipts.give_receipt(payment.pk, at=world.now())
    return facts_of(payment)


def test_it_is_frozen_whatever_the_tariff_becomes(world):
    facts = facts_of_given(world, pays(world, PLATES[0]))
    dearer = {"name": "city", "zone": "Asia/Shanghai", "currency": "CNY",
              "versions": [{"blocks": {"length_min": 60, "rules": [{"code": "hour", "price": 900}]}}]}  # fmt: skip
    reprice(world.garage.tariff, dearer)
    assert facts_of(Payment.objects.get()) == facts


def test_a_second_payment_says_what_was_paid_before(world, moved):
    first = pays(world, PLATES[0])
    facts_of_given(world, first)
    moved(timedelta(minutes=50))
    payment, asked = payments.start_payment(queries.open_stay(first.stay), "test", world.now())
    second = payments.settle_payment(payment.pk, "e-2", asked.due, by=SETUP, at=world.now())
    facts = facts_of_given(world, second)
    assert (facts.amount_minor, facts.before_minor, facts.total_minor) == (500, 1500, 2000)


def test_an_amount_that_held_over_a_block_is_explained_by_the_price_it_was_asked_at(world):
    world.tell(world.enters(PLATES[0], at=world.ago(hours=2, minutes=55)))
    stay = queries.open_stay(OpenStay.objects.get().pk)
    payment, asked = payments.start_payment(stay, "test", world.now())
    later = world.now() + timedelta(minutes=9)
    paid = payments.settle_payment(payment.pk, "e-1", asked.due, by=SETUP, at=later)
    facts = facts_of_given(world, paid)
    assert (facts.amount_minor, sum(line.minor for line in facts.lines)) == (1500, 1500)


def test_money_for_a_car_that_has_left_has_a_receipt_without_lines(world):
    payment = pays(world, PLATES[0])
    world.tell(world.leaves(PLATES[0]))
    facts = facts_of_given(world, payment)
    assert (facts.amount_minor, facts.lines, facts.entered_at) == (1500, [], None)


def test_what_nobody_looked_at_gets_its_number_from_the_job(world):
    payment = pays(world, PLATES[0])
    assert Receipt.objects.count() == 0
    jobs.run_due(world.now())
    assert facts_of(payment).number == 1
    assert receipts.give_missing(world.now()) == 0


def test_killed_between_payment_and_receipt_nothing_is_lost(world, monkeypatch):
    payment = pays(world, PLATES[0])
    monkeypatch.setattr(receipts, "record", _die)
    with pytest.raises(KeyboardInterrupt):
        receipts.give_receipt(payment.pk, at=world.now())
    assert (Receipt.objects.count(), ReceiptCount.objects.get().last) == (0, 0)
    monkeypatch.undo()
    assert facts_of_given(world, payment).number == 1


def _die(*args, **more):
    raise KeyboardInterrupt


def test_a_thief_reads_no_number_and_no_order(world):
    for plate in PLATES:
        receipts.give_receipt(pays(world, plate).pk, at=world.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'parking_receipt'")
        assert cursor.fetchone()[0].endswith("WITHOUT ROWID")
    sizes = {len(bytes(row.cell)) for row in Receipt.objects.all()}
    assert len(sizes) == 1
    assert not any(b'"number"' in bytes(row.cell) for row in Receipt.objects.all())
    named = Entry.objects.filter(verb="receipt.given").values_list("object_id", flat=True)
    assert all(name.startswith("~") for name in named)


# --- invoices ------------------------------------------------------------------------------------------------------


def _invoice(world, title="Northgate Tools Ltd."):
    return invoices.Invoice("company", title, "91350100M000100Y43", "books@example.org", world.now())


def test_an_invoice_is_asked_for_once_and_marked_issued_once(world):
    payment = pays(world, PLATES[0])
    receipt = receipts.give_receipt(payment.pk, at=world.now())
    first = invoices.ask_invoice(receipt, _invoice(world), at=world.now())
    second = invoices.ask_invoice(receipt, _invoice(world, "Somebody else"), at=world.now())
    assert first.pk == second.pk
    by = world.operator(Role.PARKING)
    (read,) = invoices.read_invoices([first], by.authority)
    assert read.title == "Northgate Tools Ltd."
    assert invoices.mark_issued(first, by=by, at=world.now())
    assert not invoices.mark_issued(first, by=by, at=world.now())
    assert InvoiceRequest.objects.get().state == "issued"


def test_a_guard_reads_no_invoice(world):
    receipt = receipts.give_receipt(pays(world, PLATES[0]).pk, at=world.now())
    request = invoices.ask_invoice(receipt, _invoice(world), at=world.now())
    assert isinstance(invoices.read_invoices([request], world.operator(Role.SECURITY).authority), Refused)


# --- the code ------------------------------------------------------------------------------------------------------


def test_the_code_is_there_while_the_stay_may_leave(world, moved):
    payment = pays(world, PLATES[0])
    assert receipts.exit_code(payment, world.now()).startswith("GH1.")
    moved(timedelta(minutes=16))
    assert receipts.exit_code(payment, world.now()) is None


def test_the_code_of_a_car_that_has_left_is_gone(world):
    payment = pays(world, PLATES[0])
    world.tell(world.leaves(PLATES[0]))
    assert receipts.exit_code(Payment.objects.get(pk=payment.pk), world.now()) is None


def test_many_at_once_take_each_their_own_number(committed_world):
    world = committed_world
    paid = [pays(world, plate) for plate in PLATES]

    def give(payment):
        try:
            receipts.give_receipt(payment.pk, at=world.now())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=give, args=(payment,)) for payment in paid for _ in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    receipts.give_missing(world.now())
    assert sorted(facts_of(payment).number for payment in paid) == list(range(1, len(paid) + 1))
    assert Payment.objects.filter(state=PaymentState.SETTLED).count() == len(paid)
