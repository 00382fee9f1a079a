"""What does not add up at a lane: whose stay it is, who is called, and what each answer does."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from tests.server.test_stay_days import Beside, needs_postgres
from tests.server.world import SETUP

from gatehouse import wire
from gatehouse.domain.matching import Likeness
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import bus, feed
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import Opening
from gatehouse.server.parking import (
    actions,
    evidence,
    facts,
    lane_answers,
    lane_exceptions,
    matching,
    payments,
    queries,
    stays,
    testprovider,
)
from gatehouse.server.parking.actions import add_garage
from gatehouse.server.parking.lane_acts import Why
from gatehouse.server.parking.lane_answers import Answer, Problem, Resolved, resolve
from gatehouse.server.parking.models import (
    ClosedStay,
    ExitClearance,
    LaneAct,
    LaneException,
    OpenStay,
    TakenAlong,
)
from gatehouse.server.people.actions import add_zone
from gatehouse.server.people.models import FeedVersion, Site

PLATE, NEAR, OTHER = "京A12345", "京A12349", "沪B88888"
ZERO, LETTER = "KA0123", "KAO123"  # they look the same


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


def came(world, plate=PLATE, **ago):
    """The stay of a car that came in."""
    before = set(OpenStay.objects.values_list("pk", flat=True))
    world.tell(world.enters(plate, world.ago(**(ago or {"minutes": 61}))))
    return OpenStay.objects.exclude(pk__in=before).get()


def hold(world, plate=NEAR, **ago):
    """The car is read at the exit and not let out."""
    at = world.ago(**ago) if ago else world.now()
    world.tell(world.attempt("out", granted=False, reason="unpaid", plate=plate, direction="out", at=at))


def waiting():
    return sorted(LaneException.objects.filter(done=False).values_list("kind", flat=True))


def only():
    return LaneException.objects.select_related("garage__site").get(done=False)


def pay(world, stay):
    payment, _ = payments.start_payment(stay, testprovider.NAME, world.now())
    body, signature = testprovider.message(payment)
    return testprovider.receive(body, signature, world.now())


def event(world, kind, gate="out", attempt=None, at=None):
    at = at or world.now()
    return wire.GateEvent(id=wire.new_id(at), gate=gate, at=at, kind=kind, attempt=attempt)


def answered(world, answer, stay=None, *, by=None, exception=None, why=Why.MISREAD):
    by = by or world.operator(Role.PARKING)
    return resolve(exception or only(), answer, why=why, stay_id=stay.pk if stay else None, by=by, at=world.now())


# --- what acts by itself -----------------------------------------------------------------------------------------


def test_a_plate_that_looks_the_same_is_the_only_such_stays(world):
    stay = came(world, ZERO)
    assert actions.find_stay(world.garage, LETTER, address="192.0.2.7").pk == stay.pk
    hold(world, LETTER)
    assert bus.tile(world.site.pk, "out").owed.stay == str(stay.pk)
    world.tell(world.leaves(LETTER))
    assert ClosedStay.objects.get().pk == stay.pk
    assert waiting() == []


def test_of_two_that_look_the_same_the_exact_one_leaves(world):
    first, second = came(world, ZERO), came(world, LETTER)
    world.tell(world.leaves(LETTER))
    assert ClosedStay.objects.get().pk == second.pk
    assert OpenStay.objects.get().pk == first.pk
    assert waiting() == []


def test_two_alike_act_for_nobody_and_a_person_is_asked(world):
    came(world, ZERO), came(world, LETTER)
    third = "KAО123"  # a Cyrillic O
    assert actions.find_stay(world.garage, third, address="192.0.2.7") is None
    hold(world, third)
    assert waiting() == ["two_alike"]
    assert bus.tile(world.site.pk, "out").owed is None
    assert OpenStay.objects.count() == 2


def test_a_plate_that_is_one_character_off_is_nobodys(world):
    stay = came(world)
    assert actions.find_stay(world.garage, NEAR, address="192.0.2.7") is None
    hold(world)
    world.tell(world.leaves(NEAR))
    assert OpenStay.objects.get().pk == stay.pk
    assert waiting() == ["exit_without_stay"]


def test_a_car_that_looks_like_a_cleared_one_keeps_it_from_leaving_by_its_looks(world):
    stay = came(world, ZERO)
    assert pay(world, stay).state == "settled"

    def alone():
        version = FeedVersion.objects.get().clearances
        (entry,) = feed.changes(world.edge, feed.Known(0, 0), now=world.now()).clearances.entries
        return entry.alone, version

    first, version = alone()
    came(world, LETTER)
    second, later = alone()
    world.tell(world.leaves(LETTER))
    third, last = alone()
    assert (first, second, third) == (True, False, True)
    assert version < later < last


def test_looks_and_second_plates_are_carried_over_midnight(world):
    looks, vouched = came(world, ZERO), came(world)
    hold(world)
    answered(world, Answer.CHARGE, vouched)
    before = OpenStay.objects.get(pk=vouched.pk)
    world.clock.advance(timedelta(days=1))
    assert stays.retoken_stays(Site.objects.get(), world.now(), by=SETUP)
    after = OpenStay.objects.get(pk=vouched.pk)
    assert bytes(after.folded) != bytes(before.folded)
    assert bytes(after.second_token) != bytes(before.second_token)
    world.tell(world.leaves(LETTER), world.leaves(NEAR))
    assert set(ClosedStay.objects.values_list("pk", flat=True)) == {looks.pk, vouched.pk}


def test_a_second_plate_that_was_tampered_with_is_dropped_and_the_stay_kept(world):
    one, other = came(world), came(world, OTHER)
    hold(world)
    answered(world, Answer.CHARGE, one)
    OpenStay.objects.filter(pk=one.pk).update(second_cell=bytes(other.plate_cell))
    world.clock.advance(timedelta(days=1))
    assert stays.retoken_stays(Site.objects.get(), world.now(), by=SETUP)
    assert OpenStay.objects.get(pk=one.pk).second_token is None
    world.tell(world.leaves(PLATE), world.leaves(OTHER))
    assert ClosedStay.objects.count() == 2


# --- who is called -----------------------------------------------------------------------------------------------


def test_a_held_car_is_told_once_however_often_it_is_read(world):
    came(world)
    for _ in range(3):
        hold(world)
    assert waiting() == ["held_without_stay"]
    hold(world, OTHER)
    assert waiting() == ["held_without_stay"] * 2


def test_what_held_a_car_is_over_when_one_has_left_there(world):
    came(world, OTHER)
    hold(world)
    hold(world, OTHER)
    assert waiting() == ["held_without_stay"]
    world.tell(world.leaves(OTHER))
    assert waiting() == []
    assert LaneException.objects.get().answer == "passed"


def test_a_car_of_which_the_edge_tells_after_it_left_calls_nobody_to_the_lane(world):
    at = world.now()
    refused = world.attempt("out", granted=False, reason="unpaid", plate=NEAR, direction="out", at=at)
    world.tell(refused, world.leaves(NEAR, at + timedelta(seconds=9)))
    assert waiting() == ["exit_without_stay"]


def test_the_same_letters_again_raise_nothing_new(world):
    hold(world)
    world.tell(event(world, "forced"), event(world, "not_confirmed"))
    before = waiting()
    assert before == ["held_without_stay", "reversed", "tailgate"]
    LaneException.objects.update(done=True)
    bodies = [event(world, "not_confirmed")]
    letter = world.sim.letter(bodies[0])
    world.receive([letter])
    world.receive([letter])
    # An edge that was restored from an old copy numbers a fact that is held anew.
    world.tell(bodies[0])
    assert waiting() == ["reversed"]


def test_whoever_follows_closely_is_read_behind_and_shown_with_the_alarm(world):
    stay = came(world, NEAR)
    hold(world, NEAR, seconds=4)
    world.tell(event(world, "forced"))
    exception = LaneException.objects.get(kind="tailgate")
    (likely,) = evidence.likely_stays(exception, world.operator(Role.PARKING), world.now())
    assert (likely.stay, likely.likeness) == (stay.pk, Likeness.EXACT)
    done = answered(world, Answer.CLOSE, stay, exception=exception, why=Why.TAILGATED)
    assert isinstance(done, Resolved)
    assert ClosedStay.objects.get().state == "unpaid"
    act = LaneAct.objects.get()
    assert (act.act, act.waived_minor, act.reason) == ("closed_unpaid", 1000, "tailgated")


def test_a_car_that_backs_out_of_the_entry_has_no_stay_and_calls_nobody(world):
    let_in = world.attempt("in", reason="visitor", plate=PLATE)
    world.tell(let_in, event(world, "not_confirmed", "in", let_in.id))
    assert not OpenStay.objects.exists()
    assert waiting() == []


def test_a_car_that_backs_away_from_the_exit_keeps_its_stay_until_somebody_says_that_it_left(world):
    stay = came(world)
    let_out = world.attempt("out", reason="cleared", plate=PLATE, direction="out")
    world.tell(let_out, event(world, "not_confirmed", "out", let_out.id))
    assert waiting() == ["reversed"]
    assert OpenStay.objects.get().pk == stay.pk
    answered(world, Answer.CLOSE, stay)
    assert ClosedStay.objects.get().pk == stay.pk


def test_a_car_that_paid_and_stayed_too_long_sees_the_rest_and_an_operator_sees_it(world):
    stay = came(world)
    pay(world, stay)
    world.clock.advance(timedelta(hours=2))
    hold(world, PLATE)
    assert waiting() == ["overstayed"]
    assert bus.tile(world.site.pk, "out").owed.minor == 1000
    answered(world, Answer.LET_OUT, OpenStay.objects.get(), why=Why.GOODWILL)
    assert LaneAct.objects.get().waived_minor == 1000
    world.tell(world.leaves(PLATE))
    closed = ClosedStay.objects.get()
    assert (closed.state, closed.amount_minor, closed.paid_minor) == ("settled", 1000, 1000)


def test_help_at_a_lane_is_one_call_until_it_is_answered(world):
    for _ in range(3):
        lane_exceptions.raise_exception(world.garage, "help", at=world.now(), gate="out")
    assert waiting() == ["help"]
    assert answered(world, Answer.HELPED, why=Why.OTHER).may_undo
    lane_exceptions.raise_exception(world.garage, "help", at=world.now(), gate="out")
    assert waiting() == ["help"]


def test_the_audit_log_and_the_tables_name_no_stay_and_no_plate(world):
    stay = came(world)
    hold(world)
    answered(world, Answer.CHARGE, stay)
    assert not Entry.objects.filter(object_id=str(stay.pk)).exists()
    rows = [*LaneException.objects.values(), *LaneAct.objects.values(), *OpenStay.objects.values()]
    cells = b"".join(bytes(value) for row in rows for value in row.values() if isinstance(value, bytes | memoryview))
    assert PLATE.encode() not in cells
    assert NEAR.encode() not in cells
    assert all(stay.pk not in row.values() for row in LaneException.objects.values())
    assert not any("at" in row for row in LaneAct.objects.values())


# --- what is shown -----------------------------------------------------------------------------------------------


def test_likely_stays_come_in_the_order_of_likeness_and_owe_what_they_owe(world):
    near, _, blurred = came(world, "京A12349"), came(world, OTHER), came(world, "京A12346")
    later = came(world, "京A12348", minutes=2)
    hold(world, "京A12345")
    found = evidence.likely_stays(only(), world.operator(Role.PARKING), world.now())
    assert [one.stay for one in found] == [blurred.pk, later.pk, near.pk]
    assert [one.likeness for one in found] == ["look_alike", "one", "one"]
    assert [one.owes.due.minor for one in found] == [1000, 0, 1000]


def test_looks_at_what_was_read_run_out(world):
    by = world.operator(Role.PARKING)
    came(world)
    answers = []
    for number in range(70):
        hold(world, f"京B{number:05}")
        answers.append(evidence.likely_stays(only(), by, world.now()))
        LaneException.objects.update(done=True)
    refused = [one.code for one in answers if isinstance(one, Refused)]
    assert refused == ["over_budget"] * 10


# --- what answers do ---------------------------------------------------------------------------------------------


def test_a_misread_entry_is_paid_and_leaves_under_the_plate_that_the_exit_reads(world):
    stay = came(world)
    hold(world)
    done = answered(world, Answer.CHARGE, stay)
    assert done == Resolved(Answer.CHARGE, stay.pk, may_undo=True)
    assert bus.tile(world.site.pk, "out").owed.minor == 1000
    pay(world, OpenStay.objects.get())
    entries = feed.changes(world.edge, feed.Known(0, 0), now=world.now()).clearances.entries
    plates = {world.sim.open("stay.plate/1", entry.id, entry.plate).decode() for entry in entries}
    assert plates == {PLATE, NEAR}
    world.tell(world.leaves(NEAR))
    closed = ClosedStay.objects.get()
    assert (closed.pk, closed.state, closed.amount_minor) == (stay.pk, "settled", 1000)
    assert waiting() == []


def test_a_car_of_which_nothing_is_owed_leaves_at_once(world):
    stay = came(world, minutes=5)
    hold(world)
    answered(world, Answer.CHARGE, stay)
    assert ExitClearance.objects.get().stay_id == stay.pk


def test_a_stay_that_is_let_out_free_is_waived_under_a_name_and_over_with_its_passage(world):
    stay, by = came(world), world.operator(Role.PARKING)
    hold(world)
    assert isinstance(answered(world, Answer.LET_OUT, stay, by=by, why=Why.GUEST), Resolved)
    assert not Opening.objects.exists()  # its clearance opens: an opening beside it would let somebody else out
    act = LaneAct.objects.get(act="free_pass")
    assert (act.operator, act.reason, act.waived_minor, act.currency) == (by.actor, "guest", 1000, "CNY")
    world.tell(world.leaves(NEAR))
    closed = ClosedStay.objects.get()
    assert (closed.pk, closed.amount_minor, closed.state) == (stay.pk, 0, "settled")


def test_a_car_without_a_stay_is_let_out_once_and_asked_about_no_more(world):
    hold(world)
    answered(world, Answer.LET_OUT)
    opening = Opening.objects.get()
    world.tell(passage_of(world, opening, NEAR))
    assert waiting() == []
    assert not TakenAlong.objects.exists()
    assert not ClosedStay.objects.exists()


def passage_of(world, opening, plate=None):
    """The passage that an edge tells of after an opening by hand."""
    at = world.now()
    return wire.Passage(
        id=wire.new_id(at), attempt=str(opening.pk), gate="out", at=at, direction="out", means="operator",
        plate=plate, reason="by_hand", sensed=True,
    )  # fmt: skip


def test_a_car_whose_plate_is_not_read_takes_its_stay_along(world):
    stay, other = came(world), came(world, OTHER)
    world.tell(event(world, "unread"))
    assert waiting() == ["unread"]
    by = world.operator(Role.PARKING)
    named = evidence.named_stay(only(), PLATE, by, world.now())
    assert named.stay == stay.pk
    answered(world, Answer.LET_OUT, stay, by=by, why=Why.DIRTY)
    passage = passage_of(world, Opening.objects.get())
    letter = world.sim.letter(passage)
    for _ in range(2):
        world.receive([letter])
    closed = ClosedStay.objects.get()
    assert (closed.pk, closed.amount_minor) == (stay.pk, 0)
    assert OpenStay.objects.get().pk == other.pk
    assert not TakenAlong.objects.exists()
    assert waiting() == []


def test_an_exit_that_was_opened_for_nobody_in_particular_asks_whose_stay_it_was(world):
    stay = came(world)
    lane_exceptions.raise_exception(world.garage, "help", at=world.now(), gate="out")
    answered(world, Answer.OPEN, why=Why.EMERGENCY)
    world.tell(passage_of(world, Opening.objects.get()))
    assert waiting() == ["exit_without_stay"]
    answered(world, Answer.CLOSE, stay)
    assert ClosedStay.objects.get().state == "unpaid"


def test_a_car_that_left_is_charged_until_it_left_and_not_until_it_was_named(world):
    stay = came(world)
    world.tell(world.leaves(NEAR))
    world.clock.advance(timedelta(hours=5))
    answered(world, Answer.CLOSE, stay)
    assert LaneAct.objects.get().waived_minor == 1000


def test_an_operator_who_is_slower_is_told_and_changes_nothing(world):
    stay = came(world)
    hold(world)
    seen_by_both = only()
    assert isinstance(answered(world, Answer.CHARGE, stay, exception=seen_by_both), Resolved)
    before = LaneAct.objects.count(), OpenStay.objects.values().get()
    assert answered(world, Answer.LET_OUT, stay, exception=seen_by_both) is Problem.ALREADY
    assert (LaneAct.objects.count(), OpenStay.objects.values().get()) == before


def test_a_stay_of_another_garage_or_one_that_left_answers_nothing(world):
    stay = came(world)
    hold(world)
    world.tell(world.leaves(PLATE))
    LaneException.objects.update(done=False)
    exception = LaneException.objects.get()
    assert answered(world, Answer.CHARGE, stay, exception=exception) is Problem.NO_STAY
    assert answered(world, Answer.CLOSE, stay, exception=exception) is Problem.NOT_OFFERED
    assert not LaneException.objects.get().done


def test_a_stay_of_another_garage_of_the_operators_is_no_answer(world):
    zone = add_zone(world.site, "annex", "Annex", by=SETUP, at=world.now())
    annex = add_garage(world.site, zone, "annex", "Annex", world.garage.tariff, by=SETUP, at=world.now())
    stay = came(world)
    OpenStay.objects.update(garage=annex)
    hold(world)
    assert evidence.likely_stays(only(), world.operator(Role.PARKING), world.now()) == []
    assert answered(world, Answer.CHARGE, stay) is Problem.NO_STAY
    assert answered(world, Answer.LET_OUT, stay) is Problem.NO_STAY
    assert OpenStay.objects.get().second_token is None
    assert not LaneAct.objects.exists()


def test_an_answer_is_taken_back_until_the_stay_is_paid(world):
    stay, by = came(world), world.operator(Role.PARKING)
    hold(world)
    exception = only()
    answered(world, Answer.CHARGE, stay, by=by)
    assert lane_answers.undo(exception, Answer.CHARGE, stay.pk, by=by, at=world.now())
    assert OpenStay.objects.get().second_token is None
    answered(world, Answer.CHARGE, stay, by=by)
    pay(world, OpenStay.objects.get())
    assert not lane_answers.undo(exception, Answer.CHARGE, stay.pk, by=by, at=world.now())
    assert LaneException.objects.get().done
    assert OpenStay.objects.get().second_token is not None


@needs_postgres
def test_of_two_operators_in_the_same_moment_one_wins_and_the_other_is_told(committed_world):
    world = committed_world
    stay = came(world)
    hold(world)
    exception, one, other = only(), world.operator(Role.PARKING), world.operator(Role.PARKING)
    beside = Beside(
        lambda: answered(world, Answer.LET_OUT, stay, by=other, exception=exception, why=Why.GUEST),
        'UPDATE "parking_laneexception"',
    )
    with connection.execute_wrapper(beside):
        first = answered(world, Answer.CHARGE, stay, by=one, exception=exception)
    assert isinstance(first, Resolved)
    assert beside.ended() is Problem.ALREADY
    assert list(LaneAct.objects.values_list("act", "operator")) == [("same_car", one.actor)]
    assert not ExitClearance.objects.exists()


@needs_postgres
@pytest.mark.parametrize("before", ['DELETE FROM "parking_openstay"', 'INSERT INTO "parking_openstay"'])
def test_an_answer_during_the_change_of_date_gives_no_stay_a_token_of_yesterday(committed_world, before):
    world = committed_world
    stay, by = came(world), world.operator(Role.PARKING)
    hold(world)
    exception, at = only(), world.now()
    beside = Beside(lambda: resolve(exception, Answer.CHARGE, why=Why.MISREAD, stay_id=stay.pk, by=by, at=at), before)
    with connection.execute_wrapper(beside):
        assert stays.retoken_stays(Site.objects.get(), world.now() + timedelta(days=1), by=SETUP)
    assert beside.ended() is Problem.CHANGED
    assert OpenStay.objects.get().second_token is None
    assert waiting() == ["held_without_stay"]
    assert isinstance(answered(world, Answer.CHARGE, stay, by=by), Resolved)


# --- nobody pays for hours elsewhere -----------------------------------------------------------------------------


def test_two_short_visits_never_become_a_long_one(world):
    """Out unseen in between: the first is charged for what is known, the second for itself."""
    world.tell(world.enters(PLATE, world.ago(hours=9)))
    world.tell(world.enters(PLATE, world.ago(minutes=40)))
    first = ClosedStay.objects.get()
    assert (first.state, first.amount_minor) == ("exit_missed", 0)
    assert facts.quote(queries.open_stay(OpenStay.objects.get().pk), world.now()).due.minor == 500
    assert waiting() == ["entered_twice"]


def test_what_was_paid_before_leaving_unseen_stands_and_nothing_is_added(world):
    stay = came(world)
    pay(world, stay)
    world.clock.advance(timedelta(hours=7))
    world.tell(world.enters(PLATE))
    first = ClosedStay.objects.get()
    assert (first.state, first.amount_minor, first.paid_minor) == ("exit_missed", 1000, 1000)
    assert waiting() == ["entered_twice"]


def test_a_stay_that_left_unseen_does_not_accrue_for_ever(world):
    stay, by = came(world, hours=100), world.operator(Role.PARKING)
    assert lane_answers.close_left_unseen(stay, Why.TAILGATED, by=by, at=world.now())
    closed = ClosedStay.objects.get()
    assert (closed.state, closed.amount_minor) == ("exit_missed", 0)
    assert (LaneAct.objects.get().act, LaneAct.objects.get().operator) == ("left_unseen", by.actor)
    assert not lane_answers.close_left_unseen(stay, Why.TAILGATED, by=by, at=world.now())
    assert LaneAct.objects.count() == 1


# --- what a driver claims ----------------------------------------------------------------------------------------


def claim(world, plate=NEAR, address="192.0.2.7", **ago):
    return matching.claim(world.garage, plate, world.ago(**ago), address=address, at=world.now())


def test_a_driver_who_knows_when_he_came_in_finds_his_stay_and_leaves_with_it(world):
    stay = came(world, minutes=61)
    assert claim(world, minutes=61 + 14).pk == stay.pk
    pay(world, OpenStay.objects.get())
    world.tell(world.leaves(NEAR))
    assert ClosedStay.objects.get().pk == stay.pk


@pytest.mark.parametrize(
    ("plate", "said"),
    [(NEAR, 61 + 16), (NEAR, 61 - 16), (OTHER, 61), ("京A99345", 61), ("", 61)],
)
def test_a_claim_that_does_not_fit_finds_nobody(world, plate, said):
    came(world, minutes=61)
    assert claim(world, plate, minutes=said) is None
    assert OpenStay.objects.get().second_token is None


def test_a_claim_that_fits_two_is_nobodys(world):
    came(world, "京A12345", minutes=61), came(world, "京A12347", minutes=58)
    assert claim(world, "京A12349", minutes=60) is None


def test_a_stay_that_is_paid_keeps_the_plate_under_which_it_was(world):
    stay = came(world, minutes=61)
    assert claim(world, minutes=61).pk == stay.pk
    pay(world, OpenStay.objects.get())
    before = bytes(OpenStay.objects.get().second_token)
    assert claim(world, "京A12348", address="192.0.2.8", minutes=61) is None
    assert bytes(OpenStay.objects.get().second_token) == before


def test_a_claimed_plate_is_one_stays_and_yields_to_a_car_that_came_in_with_it(world):
    one, two = came(world, "京A12345", minutes=61), came(world, "京A12347", minutes=200)
    assert claim(world, NEAR, minutes=61).pk == one.pk
    assert claim(world, NEAR, minutes=200).pk == two.pk
    assert OpenStay.objects.get(pk=one.pk).second_token is None
    own = came(world, NEAR, minutes=20)
    assert {one.pk, two.pk, own.pk} == set(OpenStay.objects.values_list("pk", flat=True))
    assert claim(world, NEAR, address="192.0.2.8", minutes=62) is None
    world.tell(world.leaves(NEAR))
    assert ClosedStay.objects.get().pk == own.pk


def test_an_opening_that_nobody_used_takes_no_stay_along_an_hour_later(world):
    by = world.operator(Role.PARKING)
    stay, other = came(world, minutes=20), came(world, OTHER, minutes=20)
    for held in (stay, other):
        lane_exceptions.raise_exception(world.garage, "unread", at=world.now(), gate="out")
        answered(world, Answer.LET_OUT, held, by=by, why=Why.DIRTY)
        world.clock.advance(timedelta(hours=1, seconds=1))
    assert TakenAlong.objects.get().stay == other.pk
    world.clock.advance(timedelta(days=1))
    assert stays.retoken_stays(Site.objects.get(), world.now(), by=SETUP)
    assert not TakenAlong.objects.exists()


def test_trying_times_for_a_plate_is_capped_from_wherever_it_is_tried(world):
    came(world, minutes=200)
    answers = [claim(world, address=f"192.0.2.{n}", minutes=1 + 31 * n) for n in range(12)]
    assert [getattr(one, "code", one) for one in answers[6:]] == ["capped"] * 6


def test_the_car_at_the_exit_is_claimed_by_what_was_read_and_sees_what_it_owes(world):
    stay = came(world, minutes=61)
    hold(world)
    found = matching.claim_at_exit(world.lane_out, world.ago(minutes=70), address="192.0.2.7", at=world.now())
    assert found.pk == stay.pk
    hold(world)
    assert bus.tile(world.site.pk, "out").owed.stay == str(stay.pk)
    assert matching.claim_at_exit(world.lane_in, world.now(), address="192.0.2.7", at=world.now()) is None


def test_an_exception_raised_from_a_recorded_attempt_shows_what_was_read_there(world):
    attempt = world.attempt("out", granted=False, reason="unknown_plate", plate=PLATE, direction="out")
    world.tell(attempt)
    found = lane_exceptions.raise_exception(world.garage, "help", at=world.now(), attempt=attempt.id)
    assert (found.gate, found.fact) == ("out", UUID(attempt.id))
    assert evidence.what_was_read(found, world.operator(Role.PARKING)) == PLATE
