"""Money that nobody owed raises an exception at the lanes; paying it back is the answer to it."""

import uuid

import pytest
from tests.server.test_payments import DUE, settle, start
from tests.server.test_stays import PLATE, enter
from tests.server.world import SETUP

from gatehouse.domain.money import Money
from gatehouse.server.parking import payments, queries, refunds, testprovider
from gatehouse.server.parking.models import ExceptionKind, LaneException, RefundReason
from gatehouse.server.parking.providers.protocol import Declined

EXCESS, LATE = RefundReason.EXCESS, RefundReason.LATE


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def pay_back(world, payment, minor, reason, refund_id=None):
    of = queries.payment(payment.pk)
    made = refund_id or uuid.uuid4()
    return refunds.request_refund(of, Money(minor, "CNY"), reason, refund_id=made, by=SETUP, at=world.now())


def late(world, plate=PLATE):
    """Money that came when its car had left."""
    payment = start(world, enter(world, plate, minutes=61))
    world.tell(world.leaves(plate))
    return settle(world, payment, f"event-{plate}")


def test_late_money_that_goes_back_closes_its_exception_and_no_other(world):
    first, second = late(world), late(world, "京B00001")
    assert LaneException.objects.filter(kind=ExceptionKind.LATE_PAYMENT, done=False).count() == 2
    pay_back(world, first, DUE.minor, LATE)
    closed = LaneException.objects.get(kind=ExceptionKind.LATE_PAYMENT, done=True)
    assert closed.pk == payments.exception_of(first.pk, ExceptionKind.LATE_PAYMENT)
    assert (closed.answer, closed.reason, closed.taken_by) == ("paid_back", "late", SETUP.actor)
    assert not LaneException.objects.get(pk=payments.exception_of(second.pk, ExceptionKind.LATE_PAYMENT)).done


def test_a_part_that_goes_back_leaves_it_waiting_until_the_rest_does(world):
    payment = late(world)
    pay_back(world, payment, 400, LATE)
    assert not LaneException.objects.get(kind=ExceptionKind.LATE_PAYMENT).done
    pay_back(world, payment, 600, LATE)
    assert LaneException.objects.get(kind=ExceptionKind.LATE_PAYMENT).done


def test_money_that_an_order_took_twice_closes_its_own_exception(world):
    payment = start(world, enter(world, minutes=61))
    settle(world, payment, "once")
    second = settle(world, payment, "twice")
    assert second.pk != payment.pk
    pay_back(world, second, DUE.minor, EXCESS)
    assert LaneException.objects.get(kind=ExceptionKind.EXCESS_PAYMENT).done


def test_a_refund_that_is_asked_for_twice_answers_once_and_an_operators_own_answer_stands(world):
    payment, refund_id = late(world), uuid.uuid4()
    LaneException.objects.filter(kind=ExceptionKind.LATE_PAYMENT).update(done=True, answer="kept", taken_by="them")
    pay_back(world, payment, DUE.minor, LATE, refund_id)
    pay_back(world, payment, DUE.minor, LATE, refund_id)
    held = LaneException.objects.get(kind=ExceptionKind.LATE_PAYMENT)
    assert (held.answer, held.taken_by) == ("kept", "them")


def test_no_exception_bears_the_id_of_its_payment(world):
    payment = late(world)
    assert not LaneException.objects.filter(pk=payment.pk).exists()


def test_a_refund_that_the_provider_declines_opens_the_exception_again(world):
    payment = late(world)
    refund = pay_back(world, payment, DUE.minor, LATE)
    for _ in range(2):
        assert refunds.hear(refund.pk, testprovider.NAME, None, Declined("closed"), at=world.now())
        held = LaneException.objects.get(kind=ExceptionKind.LATE_PAYMENT)
        assert (held.done, held.answer, held.taken_by) == (False, "", "")
