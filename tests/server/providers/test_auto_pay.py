"""Auto-pay: only with consent, only while it stands, once, and never in the driver's way."""

import time
from datetime import timedelta

import pytest
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import bus, keeping
from gatehouse.server.parking import autopay, orders, payments, queries
from gatehouse.server.parking.models import ExitClearance, Mandate, OpenStay, Payment
from gatehouse.server.parking.providers.protocol import ProviderFault
from gatehouse.server.people.vehicle_actions import register_vehicle

pytestmark = pytest.mark.django_db(transaction=True)

PLATE = "京A90909"


@pytest.fixture(autouse=True)
def fresh():
    autopay.forget()


@pytest.fixture(params=["test", "stripe"])
def able(request):
    return request.getfixturevalue({"test": "builtin_desk", "stripe": "stripe_desk"}[request.param])


def car(desk):
    return register_vehicle(desk.site, PLATE, owner=None, by=SETUP, at=desk.now())


def agreed(desk, vehicle):
    mandate = autopay.offer(vehicle, desk.there.name, desk.account, by=SETUP, at=desk.now())
    autopay.agree(mandate, "I agree.", "en", return_url=desk.url + "/x", at=desk.now())
    if hasattr(desk.there, "agree"):
        desk.there.agree(mandate.pk)
    mandate.refresh_from_db()
    return autopay.confirm(mandate, desk.now())


def stays(desk, vehicle, minutes=61):
    came = desk.world.passage("in", reason="visitor", at=desk.world.ago(minutes=minutes), plate=PLATE,
                              subject=str(vehicle.pk))  # fmt: skip
    desk.world.tell(came)
    return OpenStay.objects.get()


def test_a_stay_of_a_vehicle_whose_driver_agreed_is_charged_and_cleared_once(able):
    vehicle = car(able)
    assert agreed(able, vehicle).state == "active"
    stay = stays(able, vehicle)
    for _ in range(3):
        autopay.charge(stay.pk, able.now())
    assert queries.open_stay(stay.pk).paid_minor == 1000
    assert ExitClearance.objects.exists()
    assert able.our_money() == able.their_money() == (1000, 0)


def test_a_car_held_at_the_exit_is_let_out_by_itself(able):
    vehicle = car(able)
    agreed(able, vehicle)
    stays(able, vehicle)
    able.world.tell(able.world.attempt("out", granted=False, reason="unpaid", plate=PLATE, direction="out",
                                       subject=str(vehicle.pk)))  # fmt: skip
    ends = time.monotonic() + 20
    while not ExitClearance.objects.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert ExitClearance.objects.exists()
    assert able.our_money() == able.their_money() == (1000, 0)


def test_nothing_is_charged_before_the_driver_agreed_or_the_provider_said_so(able):
    vehicle = car(able)
    mandate = autopay.offer(vehicle, able.there.name, able.account, by=SETUP, at=able.now())
    stay = stays(able, vehicle)
    assert autopay.charge(stay.pk, able.now()) is None
    autopay.agree(mandate, "I agree.", "en", return_url=able.url + "/x", at=able.now())
    assert autopay.charge(stay.pk, able.now()) is None
    assert not Payment.objects.exists()
    assert able.their_money() == (0, 0)


@pytest.mark.parametrize("away", ["provider", "keeper"])
def test_nothing_is_charged_any_more_once_it_is_withdrawn_whoever_is_away(stripe_desk, monkeypatch, away):
    desk, vehicle = stripe_desk, car(stripe_desk)
    mandate, stay = agreed(desk, vehicle), stays(desk, vehicle)

    def gone(*_args):
        raise keeping.KeeperAway("gone")

    with monkeypatch.context() as patched:
        if away == "provider":
            desk.there.faults.append("500")
        else:
            patched.setattr(keeping, "reveal", gone)
        autopay.withdraw(mandate, by=SETUP, at=desk.now())
    held = Mandate.objects.get()
    assert (held.state, bytes(held.token_cell)) == ("withdrawn", b"")
    assert autopay.charge(stay.pk, desk.now()) is None
    assert desk.their_money() == (0, 0)


def test_the_provider_is_told_to_forget_a_withdrawn_one(stripe_desk):
    autopay.withdraw(agreed(stripe_desk, car(stripe_desk)), by=SETUP, at=stripe_desk.now())
    assert stripe_desk.there.detached == ["pm_1"]


def test_a_card_that_is_declined_leaves_the_driver_to_pay_as_everybody(stripe_desk):
    desk, vehicle = stripe_desk, car(stripe_desk)
    agreed(desk, vehicle)
    stay = stays(desk, vehicle)
    desk.there.declines_charges = True
    assert autopay.charge(stay.pk, desk.now()).state == "failed"
    assert queries.open_stay(stay.pk).paid_minor == 0
    assert not ExitClearance.objects.exists()
    payment, _ = payments.start_payment(queries.open_stay(stay.pk), "stripe", desk.now(), desk.account)
    desk.open(payment)
    desk.pay(payment)
    assert desk.our_money() == desk.their_money() == (1000, 0)


def test_a_car_that_waits_at_the_exit_is_tried_once(stripe_desk):
    desk, vehicle = stripe_desk, car(stripe_desk)
    agreed(desk, vehicle)
    stay = stays(desk, vehicle)
    desk.there.declines_charges = True
    before = len(desk.there.requests)
    for second in range(5):
        autopay.charge_soon(stay, desk.now() + timedelta(seconds=second))
    ends = time.monotonic() + 20
    while not Payment.objects.filter(state="failed").exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert len(desk.there.requests) == before + 1


def test_a_charge_whose_answer_was_lost_is_found_by_asking_and_is_money_once(stripe_desk):
    desk, vehicle = stripe_desk, car(stripe_desk)
    agreed(desk, vehicle)
    stay = stays(desk, vehicle)
    desk.there.faults.append("lost")
    with pytest.raises(ProviderFault):
        autopay.charge(stay.pk, desk.now())
    assert desk.their_money() == (1000, 0)
    assert desk.our_money() == (0, 0)
    assert orders.ask_for_lost_notices(desk.now() + timedelta(minutes=1)) == 1
    assert autopay.charge(stay.pk, desk.now()) is None
    assert desk.our_money() == desk.their_money() == (1000, 0)


def test_wechat_and_alipay_say_that_they_can_not(line):
    if line.there.auto_pay:
        pytest.skip("it can")
    mandate = autopay.offer(car(line), line.there.name, line.account, by=SETUP, at=line.now())
    with pytest.raises(ProviderFault) as fault:
        autopay.agree(mandate, "I agree.", "en", return_url=line.url, at=line.now())
    assert fault.value.code == "not_supported"
    assert Mandate.objects.get().state == "offered"


def test_the_words_are_kept_sealed_for_whom_they_concern_and_the_token_is_for_the_job_alone(able):
    vehicle = car(able)
    mandate = agreed(able, vehicle)
    words = keeping.cell("mandate.consent/1", mandate.pk, mandate.consent_cell)
    token = keeping.cell("mandate.token/1", mandate.pk, mandate.token_cell)
    assert b"I agree" not in bytes(mandate.consent_cell)
    owner, hr = able.world.operator(Role.OWNER), able.world.operator(Role.HR)
    (opened,) = keeping.reveal([words], owner.authority, "money")
    assert b"I agree." in opened
    assert isinstance(keeping.reveal([words], hr.authority, "money"), Refused)
    assert isinstance(keeping.reveal([token], owner.authority, "money"), Refused)


def test_the_provider_learns_no_plate_and_no_vehicle(stripe_desk):
    desk, vehicle = stripe_desk, car(stripe_desk)
    agreed(desk, vehicle)
    autopay.charge(stays(desk, vehicle).pk, desk.now())
    told = " ".join(f"{asked.path} {asked.body.decode()}" for asked in desk.there.requests)
    assert PLATE not in told
    assert "A90909" not in told
    assert str(vehicle.pk) not in told


def test_a_stay_without_a_mandate_is_shown_as_owing_and_nothing_more(able):
    stays(able, car(able))
    able.world.tell(able.world.attempt("out", granted=False, reason="unpaid", plate=PLATE, direction="out"))
    assert bus.tile(able.site.pk, "out").owed.minor == 1000
    assert not Payment.objects.exists()
