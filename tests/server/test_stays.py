"""A car comes in, owes, pays or not, and leaves; and everything that can go another way."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from tests.server.world import SETUP, TARIFF, ZONE, overtake

from gatehouse import wire
from gatehouse.domain.money import Money
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import bus, feed, keeping
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import Edge
from gatehouse.server.parking import actions, facts, payments, queries, stays, testprovider
from gatehouse.server.parking.models import (
    ClosedStay,
    ExitClearance,
    LaneException,
    OpenStay,
    Payment,
    SpentKey,
    Tariff,
)
from gatehouse.server.people.models import FeedVersion, Site

PLATE = "京A12345"


def enter(world, plate=PLATE, **ago):
    world.tell(world.enters(plate, world.ago(**ago)))
    found = actions.find_stay(world.garage, plate, address="192.0.2.7")
    assert isinstance(found, OpenStay)
    return found


def pay(world, stay):
    payment, _ = payments.start_payment(stay, testprovider.NAME, world.now())
    body, signature = testprovider.message(payment)
    return testprovider.receive(body, signature, world.now())


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def test_a_passage_in_opens_a_stay_without_time_or_plate_in_the_clear(world):
    stay = enter(world, hours=2)
    row = OpenStay.objects.values().get()
    assert {type(value).__name__ for value in row.values()} <= {"UUID", "bytes", "str", "int", "NoneType"}
    assert PLATE.encode() not in b"".join(value for value in row.values() if isinstance(value, bytes))
    # Its id must tell no time, so it is none of the edge's ids, which do.
    assert stay.pk.version != 7


def test_the_driver_finds_the_stay_by_plate_as_typed_and_nobody_elses(world):
    stay = enter(world)
    assert actions.find_stay(world.garage, "京a·12345", address="192.0.2.7") == stay
    assert actions.find_stay(world.garage, "京A12346", address="192.0.2.7") is None
    assert actions.find_stay(world.garage, " - ", address="192.0.2.7") is None


def test_asking_for_many_plates_from_one_address_is_capped(world):
    answers = [actions.find_stay(world.garage, f"沪B{n:05}", address="192.0.2.99") for n in range(200)]
    assert any(isinstance(answer, Refused) and answer.code == "capped" for answer in answers)


def test_a_stay_is_priced_by_the_hour_that_has_begun(world):
    stay = enter(world, minutes=61)
    asked = facts.quote(stay, world.now())
    assert asked.due == Money(1000, "CNY")
    assert sum(line.amount.minor for line in asked.price.lines) == 1000


def test_many_stays_are_priced_with_one_question_to_the_keeper(world, monkeypatch):
    stays_inside = [enter(world, f"京B{n:05}", minutes=61) for n in range(4)]
    keeping.forget_stay(stays_inside[0].pk, facts.STAYS.authority)
    odd = queries.open_stay(stays_inside[1].pk)
    odd.garage.tariff.versions = {**TARIFF, "versions": [{**TARIFF["versions"][0], "from": "2090-01-01T00:00"}]}
    asked, inner = [], keeping.reveal
    monkeypatch.setattr(keeping, "reveal", lambda *args: asked.append(args) or inner(*args))
    found = facts.quotes([stays_inside[0], odd, *stays_inside[2:]], world.now())
    assert len(asked) == 1
    assert list(found.values())[:2] == ["unreadable", "no_price"]
    assert [found[stay.pk].due.minor for stay in stays_inside[2:]] == [1000, 1000]


def test_an_unpaid_car_at_the_exit_sees_what_it_owes_and_leaves_once_it_paid(world):
    stay = enter(world, minutes=61)
    refusal = world.attempt("out", granted=False, reason="unpaid", plate=PLATE, direction="out")
    world.tell(refusal)
    tile = bus.tile(world.site.pk, "out")
    assert (tile.owed.minor, tile.owed.stay) == (1000, str(stay.pk))
    before = FeedVersion.objects.get().clearances
    assert pay(world, stay).state == "settled"
    assert FeedVersion.objects.get().clearances == before + 1
    assert ExitClearance.objects.get().ends - world.now() > timedelta(minutes=14)
    world.tell(world.leaves(PLATE))
    closed = ClosedStay.objects.get()
    assert (closed.state, closed.amount_minor, closed.paid_minor) == ("settled", 1000, 1000)
    assert not OpenStay.objects.exists()
    assert not ExitClearance.objects.exists()
    assert bus.tile(world.site.pk, "out").owed is None


def test_a_relay_that_stumbles_in_the_same_batch_hides_neither_answer_nor_amount(world):
    enter(world, minutes=61)
    at = world.now()
    events = [wire.GateEvent(id=wire.new_id(at), gate="out", at=at, kind=kind) for kind in ("relay_back", "relay_lost")]
    world.tell(world.attempt("out", granted=False, reason="unpaid", plate=PLATE, direction="out"), *events)
    tile = bus.tile(world.site.pk, "out")
    assert (tile.outcome, tile.reason, tile.fault, tile.owed.minor) == ("refused", "unpaid", "relay_lost", 1000)


@pytest.mark.parametrize(("later_s", "shown"), [(5, True), (31, False)])
def test_a_held_car_that_is_misread_once_still_sees_what_it_owes(world, later_s, shown):
    enter(world, minutes=61)
    at = world.now()
    for plate, when in ((PLATE, at), ("沪Z99999", at + timedelta(seconds=later_s))):
        world.tell(world.attempt("out", granted=False, reason="unpaid", plate=plate, direction="out", at=when))
    assert (bus.tile(world.site.pk, "out").owed is not None) is shown


def test_an_operator_lets_a_car_out_for_the_time_to_leave_and_is_named_for_it(world):
    stay = enter(world, minutes=61)
    parking = world.operator(Role.PARKING)
    at = world.now()
    assert actions.free_pass(stay, by=parking, at=at) == at + timedelta(minutes=15)
    assert Entry.objects.get(verb="stay.free_pass").actor == parking.actor
    world.tell(world.leaves(PLATE))
    assert (ClosedStay.objects.get().state, ClosedStay.objects.get().amount_minor) == ("settled", 0)


def test_a_car_within_its_grace_is_let_out_without_payment(world):
    enter(world, minutes=10)
    world.tell(world.attempt("out", granted=False, reason="unpaid", plate=PLATE, direction="out"))
    assert ExitClearance.objects.count() == 1
    world.tell(world.leaves(PLATE))
    assert ClosedStay.objects.get().amount_minor == 0


def test_a_stay_that_left_without_paying_says_so(world):
    enter(world, minutes=90)
    world.tell(world.leaves(PLATE))
    closed = ClosedStay.objects.get()
    assert (closed.state, closed.amount_minor, closed.paid_minor) == ("unpaid", 1000, 0)


def test_a_stay_under_a_permit_costs_nothing(world):
    world.tell(world.passage("in", reason="permit", at=world.ago(hours=9), plate=PLATE))
    world.tell(world.leaves(PLATE))
    closed = ClosedStay.objects.get()
    assert (closed.state, closed.amount_minor) == ("settled", 0)


def test_in_and_out_in_one_late_batch_make_one_closed_stay(world):
    world.tell(world.enters(PLATE, world.ago(hours=3)), world.leaves(PLATE, world.ago(hours=2)))
    assert ClosedStay.objects.get().amount_minor == 500
    assert not OpenStay.objects.exists()


def test_an_exit_without_a_stay_is_kept_for_somebody_to_look_at(world):
    world.tell(world.leaves(PLATE))
    assert LaneException.objects.get().kind == "exit_without_stay"


def test_coming_in_twice_closes_the_first_stay_without_charging_it(world):
    first = enter(world, hours=30)
    second = enter(world, minutes=5)
    assert first.pk != second.pk
    closed = ClosedStay.objects.get()
    assert (closed.pk, closed.state, closed.amount_minor) == (first.pk, "exit_missed", 0)
    assert LaneException.objects.get().kind == "entered_twice"


def test_the_providers_word_twice_counts_once(world):
    stay = enter(world, minutes=61)
    payment, _ = payments.start_payment(stay, testprovider.NAME, world.now())
    body, signature = testprovider.message(payment)
    for _ in range(3):
        assert testprovider.receive(body, signature, world.now()).state == "settled"
    assert queries.open_stay(stay.pk).paid_minor == 1000
    assert Entry.objects.filter(verb="payment.settled").count() == 1


def test_a_forged_word_another_amount_or_a_switched_off_provider_settle_nothing(world, settings):
    stay = enter(world, minutes=61)
    payment, _ = payments.start_payment(stay, testprovider.NAME, world.now())
    body, signature = testprovider.message(payment)
    assert testprovider.receive(body.replace(b"1000", b"1001"), signature, world.now()) is None
    assert testprovider.receive(body, "0" * len(signature), world.now()) is None
    assert payments.settle_payment(payment.pk, "e", Money(1, "CNY"), by=SETUP, at=world.now()) is None
    settings.TEST_PROVIDER = False
    assert testprovider.receive(body, signature, world.now()) is None
    assert queries.open_stay(stay.pk).paid_minor == 0


def test_money_that_comes_long_after_the_start_clears_only_what_it_covers(world):
    stay = enter(world, minutes=50)
    payment, _ = payments.start_payment(stay, testprovider.NAME, world.now())
    later = world.now() + timedelta(minutes=30)
    payments.settle_payment(payment.pk, "late", Money(500, "CNY"), by=SETUP, at=later)
    assert not ExitClearance.objects.exists()
    assert facts.quote(queries.open_stay(stay.pk), later).due == Money(500, "CNY")


def test_money_for_a_car_that_is_gone_is_kept_for_somebody_to_look_at(world):
    stay = enter(world, minutes=61)
    payment, _ = payments.start_payment(stay, testprovider.NAME, world.now())
    world.tell(world.leaves(PLATE))
    payments.settle_payment(payment.pk, "gone", Money(1000, "CNY"), by=SETUP, at=world.now())
    assert Payment.objects.get().state == "late"
    assert LaneException.objects.get().kind == "late_payment"


def test_overstaying_the_time_to_leave_owes_again(world):
    stay = enter(world, minutes=59)
    pay(world, stay)
    soon, late = world.now() + timedelta(minutes=14), world.now() + timedelta(minutes=16)
    assert not facts.quote(queries.open_stay(stay.pk), soon).due
    assert facts.quote(queries.open_stay(stay.pk), late).due == Money(500, "CNY")


def test_a_payment_between_pricing_and_writing_begins_the_intake_anew(world, monkeypatch):
    stay = enter(world, minutes=61)
    overtake(monkeypatch, stays, "prepare", lambda: pay(world, stay))
    world.tell(world.leaves(PLATE))
    closed = ClosedStay.objects.get()
    assert (closed.state, closed.paid_minor) == ("settled", 1000)


def test_at_the_change_of_date_every_stay_gets_a_new_token_and_still_closes(world, moved):
    plates = [f"京B{n:05}" for n in range(12)]
    found = [enter(world, plate) for plate in plates]
    pay_later = found[0]
    before = {row.pk: bytes(row.token) for row in OpenStay.objects.all()}
    order = stored_order()
    actions.free_pass(pay_later, by=SETUP, at=world.now())
    moved(timedelta(days=1))
    assert stays.retoken_stays(world.site, world.now(), by=SETUP)
    after = {row.pk: bytes(row.token) for row in OpenStay.objects.all()}
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    assert Site.objects.get().stay_day == local_date(world.now(), ZoneInfo(ZONE))
    assert ExitClearance.objects.get().stay_id == pay_later.pk
    assert (stored_order() == sorted(order)) if connection.vendor == "sqlite" else (stored_order() != order)
    assert actions.find_stay(world.garage, plates[3], address="192.0.2.7").pk == found[3].pk
    world.tell(world.leaves(plates[3]))
    assert OpenStay.objects.count() == 11
    assert not stays.retoken_stays(world.site, world.now(), by=SETUP)


def test_letters_admitted_before_the_change_of_date_are_admitted_anew_after_it(world, monkeypatch, moved):
    enter(world)
    letter = world.sim.letter(world.leaves(PLATE))

    def change_the_date():
        moved(timedelta(days=1))
        stays.retoken_stays(world.site, world.now(), by=SETUP)

    overtake(monkeypatch, keeping, "admit", change_the_date)
    world.receive([letter])
    assert ClosedStay.objects.count() == 1
    assert not LaneException.objects.exists()


def test_a_closed_stays_key_is_destroyed_so_that_an_old_copy_opens_nothing(world):
    stay = enter(world, hours=1)
    copy = keeping.cell("stay.entry/1", stay.pk, stay.entry_cell)
    world.tell(world.leaves(PLATE))
    assert stays.forget_spent_keys() == 1
    assert keeping.reveal([copy], facts.STAYS.authority, "test") == [None]
    assert not SpentKey.objects.exists()


def test_a_tariff_that_covers_no_such_entry_never_holds_up_the_letters(world):
    versions = {**world.garage.tariff.versions}
    versions["versions"] = [{**versions["versions"][0], "from": "2090-01-01T00:00"}]
    Tariff.objects.filter(pk=world.garage.tariff_id).update(versions=versions)  # no action would
    enter(world, hours=2)
    world.tell(world.leaves(PLATE))
    assert ClosedStay.objects.get().state == "unpriced"


def test_no_audit_entry_names_a_stay(world):
    stay = enter(world, minutes=61)
    pay(world, stay)
    world.tell(world.leaves(PLATE))
    assert not Entry.objects.filter(object_id=str(stay.pk)).exists()
    assert Entry.objects.filter(verb="stay.closed", object_id=str(world.garage.pk)).count() == 1


def test_the_clearance_travels_to_the_edge_with_the_plate_for_its_eyes_only(world):
    stay = enter(world, minutes=61)
    pay(world, stay)
    found = feed.changes(Edge.objects.get(), feed.Known(0, 0), now=world.now())
    (entry,) = found.clearances.entries
    assert entry.id == str(stay.pk)
    assert world.sim.open("stay.plate/1", entry.id, entry.plate).decode() == PLATE
    assert PLATE.encode() not in entry.plate


def stored_order():
    """Ids in the order in which the rows lie in the file: on SQLite that of the keys, see `keyorder`."""
    place = "" if connection.vendor == "sqlite" else " ORDER BY ctid"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM parking_openstay{place}")
        return [str(row[0]) for row in cursor.fetchall()]
