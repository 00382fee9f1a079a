"""What a garage took on a date: counted at night, once, anew when something came late, and never from the books."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from tests.server.garage_days import TAXED, come, days_ago, pay, today, visit
from tests.server.world import SETUP, reprice

from gatehouse.domain.money import Money
from gatehouse.domain.periods import DAY, Period
from gatehouse.keeper.protocol import Role
from gatehouse.server import bus, jobs, keeping
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import Opening
from gatehouse.server.parking import actions, refunds
from gatehouse.server.parking.facts import STAYS
from gatehouse.server.parking.lane_acts import OpeningError, open_lane
from gatehouse.server.parking.models import ClosedStay, OpenStay, Refund, RefundReason
from gatehouse.server.takings import counting, revenue
from gatehouse.server.takings.acts import acts, by_operator, exits, openings
from gatehouse.server.takings.models import DayTakings

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture
def provider(settings):
    settings.TEST_PROVIDER = True


def yesterday(world):
    return today(world) - DAY


def count(world, day=None):
    return counting.count_day(world.garage, day or yesterday(world), world.now())


def two_visits(world):
    """65 minutes for 10 yuan and 30 minutes for nothing, and one that stays on."""
    visit(world, "京A00001", days_ago(world, 1, 9), 65)
    come(world, "京A00002", days_ago(world, 1, 10))
    world.tell(world.leaves("京A00002", days_ago(world, 1, 10, 30)))
    come(world, "京A00003", days_ago(world, 1, 22, 15))


def test_a_date_is_counted_by_the_hour_by_length_and_by_money(world):
    two_visits(world)
    row = count(world)
    hours = counting.hours_of(row)
    assert (row.stays, row.inside) == (2, 1)
    assert [(hour.came, hour.left) for hour in hours[9:12]] == [(1, 0), (2 - 1, 2), (0, 0)]
    assert (hours[22].came, hours[23].peak, hours[3].peak) == (1, 1, 0)
    assert row.taken == [["test", None, 1000]]
    (lengths,) = counting.lengths_of([row])
    assert (lengths.counts[2], lengths.counts[3], sum(lengths.counts), lengths.unknown) == (1, 1, 2, 0)


def test_counting_twice_is_counting_once(world):
    two_visits(world)
    first, again = count(world), count(world)
    assert first.pk == again.pk
    assert (first.taken, first.hours, first.stays, first.inside) == (
        again.taken,
        again.hours,
        again.stays,
        again.inside,
    )
    assert DayTakings.objects.count() == 1


def test_what_is_known_by_no_row_in_the_clear_is_how_long_a_stay_lasted(world):
    two_visits(world)
    row = DayTakings.objects.filter(pk=count(world).pk).values().get()
    shown = json.dumps({name: str(value) for name, value in row.items() if name != "cell"})
    assert "counts" not in shown
    assert len({len(bytes(cell)) for cell in ClosedStay.objects.values_list("step_cell", flat=True)}) == 1


def test_nobody_opens_the_books_to_count(world, monkeypatch):
    two_visits(world)
    asked, reveal = [], keeping.reveal

    def listen(cells, by, purpose):
        asked.extend(cell.label for cell in cells)
        return reveal(cells, by, purpose)

    monkeypatch.setattr(keeping, "reveal", listen)
    count(world)
    assert "stay.step/1" in asked
    assert set(asked) <= {"stay.step/1", "stay.entry/1"}


def test_the_rate_of_tax_is_the_one_of_the_beginning_of_the_stay(world):
    reprice(world.garage.tariff, TAXED)
    world.garage.refresh_from_db()
    visit(world, "京A00001", days_ago(world, 1, 9), 65)
    inside = come(world, "京A00004", days_ago(world, 1, 11))
    pay(world, inside, days_ago(world, 1, 13))
    row = count(world)
    assert row.taken == [["test", "6", 2000]]
    assert revenue.tax_contained([row], "CNY") == Money(113, "CNY")  # 20.00 x 6 / 106


def test_a_stay_whose_entry_is_lost_is_counted_as_of_unknown_length(world):
    stay = come(world, "京A00001", days_ago(world, 1, 9))
    keeping.forget_stay(stay.pk, STAYS.authority)
    world.tell(world.leaves("京A00001", days_ago(world, 1, 10)))
    (lengths,) = counting.lengths_of([count(world)])
    assert (sum(lengths.counts), lengths.unknown) == (0, 1)


def test_the_night_counts_yesterday_and_what_late_reports_changed(world):
    visit(world, "京A00001", days_ago(world, 3, 9), 65)
    now = world.now()
    jobs._takings(world.site, now, now)
    assert set(DayTakings.objects.values_list("on", flat=True)) == {yesterday(world), today(world) - 3 * DAY}
    assert Entry.objects.filter(verb="takings.counted").count() == 2
    jobs._takings(world.site, now, now)
    assert Entry.objects.filter(verb="takings.counted").count() == 2  # nothing changed, nothing is written
    # The edge was cut off: two days later it tells of a car that left then.
    come(world, "京A00009", days_ago(world, 3, 12))
    world.tell(world.leaves("京A00009", days_ago(world, 3, 13)))
    jobs._takings(world.site, now, now)
    assert DayTakings.objects.get(on=today(world) - 3 * DAY).stays == 2


def test_a_night_that_was_interrupted_goes_on_where_it_stopped(world, monkeypatch):
    two_visits(world)
    visit(world, "京A00007", days_ago(world, 2, 9), 65)
    inner, done = counting.count_day, []

    def fails_at_the_second(garage, day, now):
        if done:
            raise keeping.KeeperAway("gone")
        done.append(day)
        return inner(garage, day, now)

    monkeypatch.setattr(counting, "count_day", fails_at_the_second)
    with pytest.raises(keeping.KeeperAway):
        jobs._takings(world.site, world.now(), world.now())
    assert DayTakings.objects.count() == 1
    monkeypatch.setattr(counting, "count_day", inner)
    jobs._takings(world.site, world.now(), world.now())
    assert DayTakings.objects.count() == 2


# --- revenue -----------------------------------------------------------------------------------------------------


def test_a_report_adds_up_by_date_by_garage_and_by_provider(world):
    visit(world, "京A00001", days_ago(world, 2, 9), 65)
    visit(world, "京A00002", days_ago(world, 1, 9), 125, "other")
    come(world, "京A00003", days_ago(world, 1, 9))
    world.tell(world.leaves("京A00003", days_ago(world, 1, 11)))  # the barrier was up: 10 yuan are owed
    found = revenue.report([world.garage], today(world) - 2 * DAY, today(world))
    whole = found.whole
    assert (whole.stays, whole.cost, whole.paid, whole.unpaid, whole.refunded) == (3, 3500, 2500, 1000, 0)
    assert dict(whole.providers) == {"test": 1000, "other": 1500}
    assert [found.by_date[today(world) - n * DAY].paid for n in (2, 1)] == [1000, 1500]
    assert found.by_garage[world.garage.pk].paid == 2500
    assert not revenue.report([world.garage], today(world) + DAY, today(world) + 2 * DAY).whole.stays


def test_money_counts_on_the_date_of_the_garages_clock(world):
    """At half past midnight in Shanghai it is still yesterday in UTC."""
    stay = come(world, "京A00001", days_ago(world, 2, 22))
    pay(world, stay, days_ago(world, 1, 0, 30))
    found = counting.paid_by_provider([world.garage], today(world) - DAY, today(world))
    assert found == {(world.garage.pk, "test", yesterday(world)): 1500}
    assert counting.paid_by_provider([world.garage], today(world) - 2 * DAY, yesterday(world)) == {}


# --- what was done by hand ---------------------------------------------------------------------------------------


def hold_at_the_exit(world, plate):
    world.tell(world.attempt("out", granted=False, reason="unpaid", plate=plate, direction="out"))


def test_a_free_pass_is_an_act_with_who_why_and_what_it_waived(world):
    stay = come(world, "京A00001", world.ago(minutes=61))
    parking = world.operator(Role.PARKING)
    actions.free_pass(stay, by=parking, at=world.now(), reason="goodwill")
    (row,) = by_operator(todays(world))
    assert (row.operator, row.kinds, row.waived) == (parking.actor, {"free_pass": 1}, {"CNY": 1000})
    assert row.reasons == {"goodwill": 1}


def todays(world, operator=None):
    return acts([world.garage], today(world), today(world) + DAY, operator)


def span(world):
    return Period(world.ago(hours=1), world.now() + timedelta(minutes=1))


def test_opening_a_lane_that_collects_needs_a_reason_and_keeps_what_the_held_car_owed(world):
    come(world, "京A00001", world.ago(minutes=61))
    hold_at_the_exit(world, "京A00001")
    assert bus.tile(world.site.pk, "out").owed.minor == 1000
    for why, note in (("", ""), ("  ", "x"), ("other", ""), ("other", "  ")):
        with pytest.raises(OpeningError):
            open_lane(world.lane_out, why, note, by=SETUP, at=world.now())
    assert not Opening.objects.exists()
    open_lane(world.lane_out, "fault", "it stuck", by=SETUP, at=world.now())
    open_lane(world.lane_in, "other", by=SETUP, at=world.now())
    assert {(act.reason, act.waived_minor) for act in todays(world)} == {("fault", 1000), ("other", 0)}
    opened = openings([world.garage], span(world), SETUP)
    assert {(one.gate, one.reason, one.note) for one in opened} == {
        ("Exit", "fault", "it stuck"),
        ("Entry", "other", ""),
    }


def test_a_door_of_the_site_is_no_lane_of_a_garage(world):
    open_lane(world.door, "visitor", by=SETUP, at=world.now())
    assert todays(world) == openings([world.garage], span(world), SETUP) == []


def test_who_opens_far_more_often_than_the_others_stands_out(world):
    crew = [world.operator(Role.PARKING) for _ in range(3)]
    for operator, times in zip(crew, (1, 2, 9), strict=True):
        for _ in range(times):
            open_lane(world.lane_out, "fault", by=operator, at=world.now())
    rows = by_operator(todays(world))
    assert [(row.operator, row.count, row.odd) for row in rows] == [
        (crew[2].actor, 9, {"opened"}), (crew[1].actor, 2, set()), (crew[0].actor, 1, set()),
    ]  # fmt: skip
    assert rows[0].reasons == Counter({"fault": 9})
    assert len(todays(world, crew[1].actor)) == 2


def test_exits_are_counted_at_the_garages_lanes_only(world):
    visit(world, "京A00001", world.ago(minutes=65), 64)
    world.tell(world.passage("door", direction="out"))
    assert exits([world.garage], span(world)) == 1


def test_the_free_pass_of_an_open_stay_is_no_money(world):
    stay = come(world, "京A00001", days_ago(world, 1, 9))
    actions.free_pass(stay, by=SETUP, at=days_ago(world, 1, 11), reason="goodwill")
    world.tell(world.leaves("京A00001", days_ago(world, 1, 11, 5)))
    whole = revenue.report([world.garage], yesterday(world), today(world)).whole
    assert (whole.cost, whole.paid, whole.unpaid) == (0, 0, 0)
    assert not OpenStay.objects.exists()


def test_a_date_that_is_counted_late_is_reckoned_back_from_the_next_that_is(world):
    come(world, "京A00001", days_ago(world, 3, 9))
    come(world, "京A00002", days_ago(world, 2, 9))
    come(world, "京A00003", days_ago(world, 1, 9))
    assert [count(world, today(world) - n * DAY).inside for n in (1, 2, 3)] == [3, 2, 1]
    DayTakings.objects.all().delete()
    assert [count(world, today(world) - n * DAY).inside for n in (3, 1, 2)] == [1, 3, 2]


def test_what_goes_back_lowers_the_date_of_the_refund_and_its_rate_of_tax(world):
    reprice(world.garage.tariff, TAXED)
    world.garage.refresh_from_db()
    paid = visit(world, "京A00001", days_ago(world, 2, 9), 65)
    asked = {"refund_id": world.site.pk, "by": SETUP, "at": days_ago(world, 1, 12)}
    refunds.request_refund(paid, Money(300, "CNY"), RefundReason.FAULT, **asked)
    assert [count(world, today(world) - n * DAY).taken for n in (2, 1)] == [
        [["test", "6", 1000]],
        [["test", "6", -300]],
    ]
    found = revenue.report([world.garage], today(world) - 2 * DAY, today(world))
    assert (found.whole.paid, found.whole.refunded, found.whole.kept) == (1000, 300, 700)
    Refund.objects.update(state="failed")
    assert counting.stale_days(world.garage, yesterday(world), today(world)) == [yesterday(world)]
    assert count(world).taken == []
