"""What every provider must do, against a stand-in on a socket that signs, loses, doubles, delays and reorders.

One suite for all four. Notices arrive over HTTP at the server's own door. At the end the money there equals ours.
"""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from django.urls import reverse
from tests.server.providers.standin import Told
from tests.server.test_stays import enter
from tests.server.world import SETUP

from gatehouse.domain.money import Money
from gatehouse.server import keeping
from gatehouse.server.parking import accounts, orders, payments, queries, refunds
from gatehouse.server.parking.models import ExitClearance, LaneException, OpenStay, Payment, Refund
from gatehouse.server.parking.providers import known
from gatehouse.server.parking.providers.protocol import Declined, Order, ProviderFault

pytestmark = pytest.mark.django_db(transaction=True)


def looked_for(desk, payment):
    """Some time later the job asks about what was not heard of."""
    return orders.ask_for_lost_notices(max(desk.now(), queries.payment(payment.pk).at) + timedelta(minutes=1))


def state(payment):
    return queries.payment(payment.pk).state


# --- paying ----------------------------------------------------------------------------------------------------------


def test_a_driver_pays_and_may_leave(desk):
    payment = desk.begin()
    assert state(payment) == "started"
    desk.pay(payment)
    assert state(payment) == "settled"
    assert OpenStay.objects.get().paid_minor == 1000
    assert ExitClearance.objects.exists()
    assert desk.our_money() == desk.their_money() == (1000, 0)


@pytest.mark.parametrize("times", [2, 5])
def test_a_notice_that_comes_again_and_again_is_money_once(desk, times):
    payment = desk.begin()
    desk.pay(payment, times)
    desk.pay(payment, times)
    assert OpenStay.objects.get().paid_minor == 1000
    assert not LaneException.objects.exists()
    assert desk.our_money() == desk.their_money() == (1000, 0)


def test_notices_that_overtake_each_other_each_find_their_payment(desk):
    begun = [desk.begin(minutes=50), desk.begin(minutes=100), desk.begin(minutes=150)]
    for payment in begun:
        desk.there.pay(payment.pk)
    told = [desk.there.notice(payment.pk) for payment in begun]
    for notice in [*reversed(told), *told]:
        assert notice.deliver() in (200, 204)
    assert {state(payment) for payment in begun} == {"settled"}
    assert desk.our_money() == desk.their_money() == (500 + 1000 + 1500, 0)


def test_a_notice_that_was_lost_is_asked_for(desk):
    payment = desk.begin()
    assert looked_for(desk, payment) == 1
    assert state(payment) == "started"
    desk.there.pay(payment.pk)
    orders.forget()
    assert looked_for(desk, payment) == 1
    assert state(payment) == "settled"
    assert ExitClearance.objects.exists()
    assert desk.there.notice(payment.pk).deliver() in (200, 204)  # and then it comes after all
    assert desk.our_money() == desk.their_money() == (1000, 0)


def test_the_receipts_page_asks_by_itself_and_not_at_every_look(desk):
    payment = desk.begin()
    desk.there.pay(payment.pk)
    desk.world.clock.advance(timedelta(seconds=5))
    asked = len(desk.there.requests)
    page = desk.url + reverse("pay-receipt", args=[desk.world.garage.pay_code, payment.pk])
    assert "Paid. You can leave." in httpx.get(page, headers={"accept-language": "en"}).text
    other = desk.begin(minutes=50)
    at = desk.now() + timedelta(seconds=4)
    before = len(desk.there.requests)
    for _ in range(5):
        orders.look_again(queries.payment(other.pk), at)
    if desk.there.over_the_line:
        assert before > asked
        assert len(desk.there.requests) == before + 1


def test_two_taps_are_one_order(desk):
    payment = desk.begin()
    desk.open(payment)
    desk.open(payment)
    desk.pay(payment)
    assert Payment.objects.count() == 1
    if desk.there.over_the_line:
        assert len(desk.there.orders) == 1
    assert desk.our_money() == desk.their_money() == (1000, 0)


def test_money_that_comes_when_the_car_is_gone_is_written_and_waits(desk):
    payment = desk.begin(plate="京L88888")
    desk.there.pay(payment.pk)
    desk.world.tell(desk.world.leaves("京L88888"))
    assert desk.there.notice(payment.pk).deliver() in (200, 204)
    assert state(payment) == "late"
    assert desk.our_money() == desk.their_money() == (1000, 0)


def test_an_order_that_ended_is_failed_and_its_money_counts_should_it_come(desk):
    payment = desk.begin()
    if desk.there.over_the_line:
        desk.there.close(payment.pk)
        looked_for(desk, payment)
    else:
        orders.ask(queries.payment(payment.pk), desk.now() + timedelta(hours=2))
    assert state(payment) == "failed"
    desk.pay(payment)
    assert state(payment) == "settled"
    assert desk.our_money() == desk.their_money() == (1000, 0)


# --- what a provider learns ------------------------------------------------------------------------------------------


def test_a_provider_learns_an_opaque_id_an_amount_and_the_garage(line):
    plate = "京S54321"
    payment = line.paid(plate=plate)
    line.refund(payment, 400)
    told = " ".join(f"{asked.path} {asked.body.decode()}" for asked in line.there.requests)
    for secret in (plate, "S54321", "%E4%BA%ACS54321", str(payment.stay), payment.stay.hex, "Lin Moss"):
        assert secret not in told
    assert line.there.key(payment.pk) in told


@pytest.mark.parametrize("amount", [Money(0, "CNY"), Money(-5, "CNY"), Money(10**14, "CNY")])
def test_an_amount_that_nobody_takes_is_declined_here(line, amount):
    order = Order(uuid4(), amount, "Garage", payer_address="192.0.2.7")
    begun = known.speak(line.account).begin(order, return_url="https://x.example/", notify_url="https://x.example/n",
                                            at=line.now())  # fmt: skip
    assert begun == Declined("amount")
    assert line.there.orders == {}


# --- forged, stale, foreign ------------------------------------------------------------------------------------------


def _odd(desk, payment):
    other = "whsec_other" if desk.there.name == "stripe" else "somebody"
    yield "forged", desk.there.notice(payment.pk, key=other)
    yield "another amount", desk.there.notice(payment.pk, minor=999)
    yield "more money", desk.there.notice(payment.pk, minor=100_000)
    yield "another currency", desk.there.notice(payment.pk, currency="EUR")
    yield "unknown id", desk.there.notice(payment.pk, id=uuid4())
    if desk.there.over_the_line:
        days = timedelta(days=3)
        yield "stale", desk.there.notice(payment.pk, signed_at=desk.now() - days)
        yield "from the future", desk.there.notice(payment.pk, signed_at=desk.now() + days)
    genuine = desk.there.notice(payment.pk)
    yield "changed", Told(genuine.url, genuine.headers, genuine.body.replace(b"0", b"1", 1))
    yield "unsigned", Told(genuine.url, {}, genuine.body.replace(b"&sign=", b"&signe="))
    yield "cut", Told(genuine.url, genuine.headers, genuine.body[:-9])
    for garbage in (b"", b"\0", b"{}", b"[]", b"null", b"\xff" * 500, b"[" * 30_000, b'{"resource":[]}', b"a=b&a=c"):
        yield f"garbage {garbage[:9]!r}", Told(genuine.url, genuine.headers, garbage)


def test_what_is_not_genuine_not_ours_or_not_this_amount_is_refused_and_writes_nothing(desk):
    payment = desk.begin()
    desk.there.pay(payment.pk)
    before = desk.written()
    for what, told in _odd(desk, payment):
        assert told.deliver() == 400, what
        assert desk.written() == before, what
    huge = desk.there.notice(payment.pk)
    assert Told(huge.url, huge.headers, huge.body + b" " * 70_000).deliver() == 413
    assert httpx.get(huge.url).status_code == 405
    assert Told(huge.url + "x", huge.headers, huge.body).deliver() == 404
    assert desk.written() == before
    assert huge.deliver() in (200, 204)
    assert state(payment) == "settled"


def test_a_notice_for_one_account_settles_nothing_of_another(line):
    payment = line.begin()
    line.there.pay(payment.pk)
    second = accounts.add_account(line.site, line.there.name, line.there.keys(), by=SETUP, at=line.now())
    told = line.there.notice(payment.pk)
    elsewhere = told.url.replace(line.account.code, second.code)
    before = line.written()
    assert Told(elsewhere, told.headers, told.body).deliver() == 400
    assert line.written() == before


def test_a_genuine_notice_replayed_later_is_refused(line):
    payment = line.begin()
    line.there.pay(payment.pk)
    told = line.there.notice(payment.pk)
    line.world.clock.advance(timedelta(hours=30))
    assert told.deliver() == 400
    assert state(payment) == "started"


def test_what_the_door_answers_is_what_the_provider_listens_for(line):
    payment = line.begin()
    line.there.pay(payment.pk)
    told = line.there.notice(payment.pk)
    bad = httpx.post(told.url, content=b"x", headers=told.headers)
    good = httpx.post(told.url, content=told.body, headers=told.headers)
    expected = {
        "stripe": (400, "", 200, ""),
        "wechat": (400, '{"code": "FAIL", "message": "not taken"}', 204, ""),
        "alipay": (400, "failure", 200, "success"),
    }
    assert (bad.status_code, bad.text, good.status_code, good.text) == expected[line.there.name]


def test_with_the_keeper_away_the_provider_is_told_to_come_again(desk, monkeypatch):
    payment = desk.begin()
    desk.there.pay(payment.pk)
    told = desk.there.notice(payment.pk)
    known.forget()
    asker = keeping._asker[0]
    keeping.configure(None)
    assert told.deliver() == 503
    assert state(payment) == "started"
    keeping.configure(asker)
    assert told.deliver() in (200, 204)
    assert state(payment) == "settled"
    assert desk.our_money() == desk.their_money() == (1000, 0)


# --- a line that breaks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["500", "cut", "lost", "garbage", "unsigned"])
def test_a_line_that_breaks_while_an_order_is_made_leaves_one_order(line, fault):
    if line.there.name == "alipay":
        pytest.skip("an order is made by the driver's browser")
    if fault == "unsigned" and line.there.name == "stripe":
        pytest.skip("its answers are not signed")
    stay = enter(line.world, minutes=61)
    payment, _ = payments.start_payment(stay, line.there.name, line.now(), line.account)
    line.there.faults.append(fault)
    with pytest.raises(ProviderFault):
        line.ask_to_pay(payment)
    assert state(payment) == "started"
    line.open(payment)
    assert len(line.there.orders) == 1
    line.pay(payment)
    assert line.our_money() == line.their_money() == (1000, 0)


@pytest.mark.parametrize("fault", ["500", "cut", "lost", "garbage", "unsigned"])
def test_a_line_that_breaks_while_a_payment_is_asked_about_changes_nothing(line, fault):
    if fault == "unsigned" and line.there.name == "stripe":
        pytest.skip("its answers are not signed")
    payment = line.begin()
    line.there.pay(payment.pk)
    line.there.faults.append(fault)
    assert looked_for(line, payment) == 0
    assert state(payment) == "started"
    orders.forget()
    assert looked_for(line, payment) == 1
    assert state(payment) == "settled"


def test_a_provider_that_is_away_is_asked_once_a_round_and_not_for_every_payment(line):
    begun = [line.begin() for _ in range(4)]
    before = len(line.there.requests)
    line.there.faults.extend(["500"] * 4)
    assert looked_for(line, begun[-1]) == 0
    assert len(line.there.requests) == before + 1
    line.there.faults.clear()
    orders.forget()
    assert looked_for(line, begun[-1]) == 4


def test_keys_that_the_provider_does_not_know_are_said_to_be_bad(line):
    accounts.try_account(line.account, line.now())
    accounts.change_keys(line.account, line.there.wrong_keys(), by=SETUP, at=line.now())
    with pytest.raises(ProviderFault) as fault:
        accounts.try_account(line.account, line.now())
    assert fault.value.code == "bad_keys"


def test_keys_that_can_not_be_are_refused_with_the_name_of_the_field(line):
    keys = line.there.keys()
    for field in keys:
        if field in ("base_url", "gateway", "way"):
            continue
        with pytest.raises(known.BadKeys) as fault:
            accounts.add_account(line.site, line.there.name, keys | {field: " "}, by=SETUP, at=line.now())
        assert fault.value.field == field


def test_keys_lie_sealed_and_only_the_job_opens_them(line):
    from gatehouse.keeper.protocol import Authority, Refused, Role

    cell = keeping.cell("provider.account/1", line.account.pk, line.account.keys_cell)
    owner = line.world.operator(Role.OWNER)
    for by in (owner.authority, Authority(job="stays"), Authority(job="feed")):
        assert isinstance(keeping.reveal([cell], by, "payments"), Refused)
    (opened,) = keeping.reveal([cell], known.PAYMENTS.authority, "payments")
    secret = next(value for name, value in line.there.keys().items() if name in ("secret_key", "private_key"))
    assert secret.encode() not in bytes(line.account.keys_cell)
    assert secret.splitlines()[0].encode() in opened


# --- paying back -----------------------------------------------------------------------------------------------------


def test_a_payment_goes_back_in_parts_and_never_more_than_was_paid(desk):
    payment = desk.paid()
    assert desk.refund(payment, 300).state == "done"
    assert desk.refund(payment, 300).state == "done"
    with pytest.raises(refunds.RefundError):
        desk.refund(payment, 401)
    assert desk.refund(payment, 400).state == "done"
    with pytest.raises(refunds.RefundError):
        desk.refund(payment, 1)
    assert queries.payment(payment.pk).refunded_minor == 1000
    assert desk.our_money() == desk.their_money() == (1000, 1000)


def test_a_payment_that_went_back_whole_is_still_one_that_was_paid(desk):
    payment = desk.paid()
    desk.refund(payment, 1000)
    orders.ask(queries.payment(payment.pk), desk.now())
    assert state(payment) == "settled"
    if desk.there.name != "alipay":  # it tells both by one kind of notice, which then says no more than that
        assert desk.there.notice(payment.pk).deliver() in (200, 204)
    assert desk.our_money() == desk.their_money() == (1000, 1000)


def test_the_same_refund_asked_for_again_goes_back_once(desk):
    payment, one = desk.paid(), uuid4()
    for _ in range(3):
        desk.refund(payment, 400, one)
    assert Refund.objects.count() == 1
    assert desk.our_money() == desk.their_money() == (1000, 400)


@pytest.mark.parametrize("fault", ["500", "cut", "lost", "garbage", "unsigned"])
def test_a_line_that_breaks_in_the_middle_of_a_refund_pays_it_back_once(line, fault):
    if fault == "unsigned" and line.there.name == "stripe":
        pytest.skip("its answers are not signed")
    payment = line.paid()
    if line.there.name == "stripe":
        line.there.faults.append("")  # it looks first whether the refund is there
    line.there.faults.append(fault)
    refund = line.refund(payment, 600)
    assert refund.state == "requested"
    if line.there.name == "stripe":
        line.there.forget_idempotency()  # a day later: only its own looking keeps it from going back twice
    assert refunds.send_open_refunds(line.now()) == 1
    refunds.forget()
    refunds.send_open_refunds(line.now())
    assert Refund.objects.get().state == "done"
    assert line.our_money() == line.their_money() == (1000, 600)


def test_a_refund_that_the_provider_will_never_do_frees_its_money(line):
    payment = line.paid()
    line.there.refuse_refunds = {"wechat": "PARAM_ERROR", "alipay": "ACQ.REASON_TRADE_REFUND_FEE_ERR"}.get(
        line.there.name, "charge_disputed"
    )
    refund = line.refund(payment, 1000)
    assert (refund.state, queries.payment(payment.pk).refunded_minor) == ("failed", 0)
    line.there.refuse_refunds = ""
    refunds.send_open_refunds(line.now())
    assert line.refund(payment, 1000).state == "done"
    assert line.our_money() == line.their_money() == (1000, 1000)


def test_a_refund_that_takes_its_time_is_done_when_the_provider_says_so(line):
    payment = line.paid()
    line.there.slow_refunds = True
    refund = line.refund(payment, 700)
    assert refund.state == "sent"
    next(iter(line.there.backs.values())).pending = False
    line.there.slow_refunds = False
    if hasattr(line.there, "refund_notice"):
        for _ in range(2):
            assert line.there.refund_notice(refund.pk).deliver() in (200, 204)
    else:
        refunds.send_open_refunds(line.now())
    assert Refund.objects.get().state == "done"
    assert line.our_money() == line.their_money() == (1000, 700)


def test_nothing_goes_back_of_what_never_came(desk):
    payment = desk.begin()
    with pytest.raises(refunds.RefundError):
        desk.refund(payment, 100)
    assert desk.their_money() == (0, 0)


# --- accounts --------------------------------------------------------------------------------------------------------


def test_an_account_that_was_stopped_begins_nothing_and_still_settles(line):
    payment = line.begin()
    accounts.stop_account(line.account, by=SETUP, at=line.now())
    assert line.there.name not in dict(accounts.ways_to_pay(line.world.garage))
    line.pay(payment)
    assert state(payment) == "settled"
    assert line.refund(payment, 1000).state == "done"


def test_money_that_an_order_took_twice_is_written_and_waits_to_be_paid_back(stripe_desk):
    """A driver who paid in two windows: Stripe knows two intents of one payment of ours."""
    desk = stripe_desk
    payment = desk.paid()
    order = desk.there.orders[str(payment.pk)]
    first, order.ref = order.ref, uuid4().hex
    for _ in range(3):
        assert desk.there.notice(payment.pk).deliver() == 200
    order.ref = first
    assert desk.there.notice(payment.pk).deliver() == 200
    second = Payment.objects.exclude(pk=payment.pk).get()
    assert (second.state, second.excess_minor, second.stay) == ("settled", 1000, payment.stay)
    assert OpenStay.objects.get().paid_minor == 1000
    assert [row.kind for row in LaneException.objects.all()] == ["excess_payment"]
    assert isinstance(second.pk, UUID)
