"""Every date's money against the provider's statement, with differences planted in it."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from tests.server.world import SETUP

from gatehouse.domain.periods import local_date, start_of_day
from gatehouse.server import jobs
from gatehouse.server.parking import orders, queries, reconciling
from gatehouse.server.parking.models import Difference, Payment, Refund, Statement

pytestmark = pytest.mark.django_db(transaction=True)


def today(desk):
    return local_date(desk.now(), ZoneInfo(desk.site.zone))


def compare(desk, day=None):
    if hasattr(desk.there, "plant"):
        desk.there.plant()
        desk.there.strange, desk.there.hidden, desk.there.changed = [], set(), {}
    return reconciling.compare_account(
        desk.site, desk.there.name, desk.account, day or today(desk), by=SETUP, at=desk.now()
    )


def listed(**more):
    found = Difference.objects.filter(state="open", **more).order_by("kind", "subject")
    return [(one.kind, one.subject, one.ours_minor, one.theirs_minor) for one in found]


def test_a_date_that_agrees_has_no_difference_and_its_sums(desk):
    paid = [desk.paid(minutes=61), desk.paid(minutes=100), desk.paid(minutes=150)]
    desk.begin()
    desk.refund(paid[0], 400)
    desk.refund(paid[0], 100)
    made = compare(desk)
    assert listed() == []
    assert (made.code, made.rows, made.paid_minor, made.refunded_minor) == ("", 5, 3500, 500)


def test_what_is_planted_is_what_is_listed(desk):
    gone, other, twice, fine = (desk.paid(minutes=61) for _ in range(4))
    back = desk.refund(fine, 300)
    desk.there.hidden.add(desk.there.key(gone.pk))
    desk.there.changed[desk.there.key(other.pk)] = 900
    desk.there.changed[desk.there.key(back.pk)] = 200
    expected = [
        ("amount", str(other.pk), 1000, 900),
        ("missing_there", str(gone.pk), 1000, None),
        ("refund_amount", str(back.pk), 300, 200),
    ]
    if desk.there.over_the_line:
        desk.there.doubled |= {desk.there.key(twice.pk)}
        expected.append(("double", str(twice.pk), 1000, 2000))
    desk.there.strange = [("payment", "shop-1", 4200), ("refund", uuid4().hex, 700)]
    compare(desk)
    found = listed()
    strange = [one for one in found if one[0] in ("missing_here", "refund_missing_here")]
    assert [(kind, ours, theirs) for kind, _, ours, theirs in strange] == [
        ("missing_here", None, 4200),
        ("refund_missing_here", None, 700),
    ]
    assert [one for one in found if one not in strange] == sorted(expected)


def test_compared_again_what_is_right_by_then_is_gone_and_what_was_explained_stays(line):
    hidden, other = line.paid(), line.paid()
    line.there.hidden.add(line.there.key(hidden.pk))
    line.there.changed[line.there.key(other.pk)] = 1
    compare(line)
    reconciling.explain(Difference.objects.get(kind="amount"), "provider_fault", by=SETUP, at=line.now())
    line.there.hidden.clear()
    for _ in range(2):
        compare(line)
    assert sorted(Difference.objects.values_list("kind", "state")) == [
        ("amount", "explained"),
        ("missing_there", "gone"),
    ]
    line.there.hidden.add(line.there.key(hidden.pk))
    compare(line)
    assert [one[0] for one in listed()] == ["missing_there"]
    assert Statement.objects.count() == 1


def test_a_payment_whose_notice_never_came_is_settled_by_the_statement(desk):
    payment = desk.begin()
    desk.there.pay(payment.pk)
    compare(desk)
    assert queries.payment(payment.pk).state == "settled"
    assert listed() == []


def test_money_of_the_minute_before_midnight_is_no_difference(line):
    payment = line.paid()
    late = start_of_day(today(line) + timedelta(days=1), ZoneInfo(line.site.zone))
    Payment.objects.filter(pk=payment.pk).update(at=late)  # told in the minute after
    assert compare(line).rows == 1
    assert listed() == []
    line.world.clock.advance(timedelta(days=2))
    compare(line, late.astimezone(ZoneInfo(line.site.zone)).date())
    assert listed() == []


def test_a_statement_that_is_not_ready_is_written_down_and_had_later(line):
    if line.there.name == "stripe":
        pytest.skip("its lists are always ready")
    line.paid()
    line.there.no_statement = True
    assert compare(line).code == "not_ready"
    assert listed() == []
    line.there.no_statement = False
    assert (compare(line).code, compare(line).rows) == ("", 1)


def test_a_provider_that_does_not_answer_makes_no_difference_of_everything(line):
    line.paid()
    compare(line)
    line.there.faults.append("500")
    made = compare(line)
    assert (made.code, made.rows) == ("", 1)  # what was compared before stands
    line.there.faults.append("cut")
    other = reconciling.compare_account(
        line.site, line.there.name, line.account, today(line) - timedelta(days=1), by=SETUP, at=line.now()
    )
    assert other.code == "away"
    assert listed() == []


def test_refunds_on_their_way_and_refunds_that_failed_are_not_missed(line):
    payment = line.paid()
    line.there.faults.extend(["", "500"] if line.there.name == "stripe" else ["500"])
    assert line.refund(payment, 100).state == "requested"
    compare(line)
    assert listed() == []
    Refund.objects.update(state="failed")
    compare(line)
    assert listed() == []


def test_the_nightly_job_compares_yesterday_and_what_was_missed_before(desk):
    desk.paid()
    jobs.run_due(desk.now())
    desk.world.clock.advance(timedelta(days=1, hours=12))
    if hasattr(desk.there, "no_statement"):
        desk.there.no_statement = desk.there.name in ("wechat", "alipay")
    jobs.run_due(desk.now())
    codes = set(Statement.objects.values_list("code", flat=True))
    assert codes == ({"not_ready"} if desk.there.no_statement else {""})
    desk.there.no_statement = False
    desk.world.clock.advance(timedelta(days=1))
    jobs.run_due(desk.now())
    assert set(Statement.objects.values_list("code", flat=True)) == {""}
    assert sum(one.paid_minor for one in Statement.objects.all()) == 1000
    assert listed() == []


def test_the_jobs_of_every_few_seconds_ask_and_pay_back(line):
    payment, other = line.begin(), line.paid()
    line.there.pay(payment.pk)
    line.there.faults.extend(["", "500"] if line.there.name == "stripe" else ["500"])
    line.refund(other, 100)
    line.world.clock.advance(timedelta(minutes=1))
    orders.forget()
    jobs.run_due(line.now())
    assert queries.payment(payment.pk).state == "settled"
    assert Refund.objects.get().state == "done"
    assert line.our_money() == line.their_money() == (2000, 100)
