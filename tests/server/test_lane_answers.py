"""What an operator is shown of what does not add up at a lane, and what each answer does."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from tests.server.lane_scenes import NEAR, OTHER, PLATE, answered, came, event, hold, only, pay, waiting
from tests.server.test_stay_days import Beside, needs_postgres
from tests.server.world import SETUP

from gatehouse import wire
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import bus, feed
from gatehouse.server.gates.models import Opening
from gatehouse.server.parking import evidence, lane_answers, lane_exceptions, stays
from gatehouse.server.parking.actions import add_garage
from gatehouse.server.parking.lane_acts import Why
from gatehouse.server.parking.lane_answers import Answer, Problem, Resolved, resolve
from gatehouse.server.parking.models import ClosedStay, ExitClearance, LaneAct, LaneException, OpenStay, TakenAlong
from gatehouse.server.people.actions import add_zone
from gatehouse.server.people.models import Site


@pytest.fixture(autouse=True)
def provider(settings):
    settings.TEST_PROVIDER = True


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


def test_an_exception_raised_from_a_recorded_attempt_shows_what_was_read_there(world):
    attempt = world.attempt("out", granted=False, reason="unknown_plate", plate=PLATE, direction="out")
    world.tell(attempt)
    found = lane_exceptions.raise_exception(world.garage, "help", at=world.now(), attempt=attempt.id)
    assert (found.gate, found.fact) == ("out", UUID(attempt.id))
    assert evidence.what_was_read(found, world.operator(Role.PARKING)) == PLATE


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
